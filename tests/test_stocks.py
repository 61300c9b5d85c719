"""Stocks: geometry that closes, held against published measures; stocks of one's own, and what is refused."""

from __future__ import annotations

import collections
import csv
import itertools
from pathlib import Path

import pytest

from kanban import labels
from kanban.labels import Stock, stockfiles, stocks

ASSETS = Path(__file__).parent.parent / "labels"
OURS = stocks.every(ASSETS)
SHEETS = [stock for stock in OURS.values() if not stock.is_roll]
ROLLS = [stock for stock in OURS.values() if stock.is_roll]
INCH = 25.4

PUBLISHED = Path(__file__).parent / "data" / "published-sheets.csv"
"""Sheets as others publish them, typed from there in their own units; hmm is a hundredth of a millimetre."""

UNITS = {"mm": 1.0, "in": INCH, "pt": INCH / 72, "hmm": 0.01}
MEASURES = ("width", "height", "columns", "rows", "left", "top", "pitch_x", "pitch_y")

ROUNDED = 0.1
"""What a source may be off by, in mm: it says tenths of a millimetre, or rounded inches."""

PRINTABLE = {
    # Brother, raster command reference of the QL series: printable dots of 300 dpi, as the label is read
    "brother-dk-11201": (991, 306), "brother-dk-11202": (1109, 696), "brother-dk-11203": (956, 165),
    "brother-dk-11204": (566, 165), "brother-dk-11208": (991, 413), "brother-dk-11209": (696, 271),
    "brother-dk-11215": (425, 306), "brother-dk-11220": (495, 425), "brother-dk-11221": (202, 202),
    "brother-dk-11226": (578, 271), "brother-dk-11234": (954, 672), "brother-dk-11240": (1164, 526),
    "brother-dk-11241": (1660, 1164), "brother-dk-11247": (1822, 1200),
}  # fmt: skip
TAPES = {
    # the same, and the reference of the PT series: width of the tape in mm, printable dots across, dpi
    "brother-dk-22214": (12, 106, 300), "brother-dk-22210": (29, 306, 300),
    "brother-dk-22225": (38, 413, 300),
    "brother-dk-22223": (50, 554, 300), "brother-dk-n55224": (53.8, 590, 300),
    "brother-dk-22205": (62, 696, 300), "brother-dk-22243": (102, 1164, 300),
    "brother-dk-22246": (103.6, 1200, 300),
    "brother-tze-12": (12, 70, 180), "brother-tze-18": (18, 112, 180), "brother-tze-24": (24, 128, 180),
    "brother-tze-36": (36, 454, 360),
}  # fmt: skip
CUT = {
    # as sold, as the label is read: DYMO in mm, Zebra in inches and mm
    "dymo-99010": (89, 28), "dymo-99012": (89, 36), "dymo-99014": (101, 54), "dymo-99015": (70, 54),
    "dymo-99017": (50, 12), "dymo-99019": (190, 59), "dymo-11352": (54, 25), "dymo-11354": (57, 32),
    "dymo-11355": (51, 19), "dymo-11356": (89, 41), "dymo-30256": (4 * INCH, 2.3125 * INCH),
    "dymo-30327": (87, 14), "dymo-30332": (INCH, INCH), "dymo-30374": (89, 51), "dymo-1933081": (89, 25),
    "dymo-1933085": (64, 19), "dymo-s0904980": (159, 104),
    "zebra-2x1": (2 * INCH, INCH), "zebra-3x1": (3 * INCH, INCH), "zebra-3x2": (3 * INCH, 2 * INCH),
    "zebra-4x2": (4 * INCH, 2 * INCH), "zebra-4x3": (4 * INCH, 3 * INCH), "zebra-4x6": (6 * INCH, 4 * INCH),
    "zebra-225x125": (2.25 * INCH, 1.25 * INCH), "zebra-100x50": (100, 50), "zebra-100x150": (150, 100),
    "zebra-50x25": (50, 25), "zebra-51x25": (51, 25), "zebra-57x32": (57, 32), "zebra-76x51": (76, 51),
}  # fmt: skip


def published() -> list[dict[str, str]]:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def measure(text: str) -> float:
    """``2.625in`` in mm; a number of labels as it is."""
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    return float(number) * UNITS.get(text.removeprefix(number), 1.0)


def boxes(stock: Stock) -> list[tuple[float, float, float, float]]:
    corners = [stock.corner(position) for position in range(1, stock.per_sheet + 1)]
    return [(x, y, x + stock.label[0], y + stock.label[1]) for x, y in corners]


def test_there_are_the_sheets_and_rolls_that_people_buy() -> None:
    assert len(SHEETS) >= 40
    makers = ("avery-l", "avery-5", "zweckform", "herma")
    assert {
        name: sum(stock.name.startswith(name) for stock in SHEETS) >= 4 for name in makers
    } == dict.fromkeys(makers, True)
    for maker in ("zebra", "brother-dk", "brother-tze", "dymo"):
        assert any(stock.name.startswith(maker) for stock in ROLLS)
    also = {number for stock in OURS.values() for number in (stock.name.rsplit("-", 1)[-1], *stock.also)}
    assert {
        "5160",
        "5163",
        "5167",
        "5267",
        "5371",
        "5520",
        "22805",
        "8163",
        "94107",
        "L7160".lower(),
    } <= also | {each.lower() for each in also}


@pytest.mark.parametrize("stock", OURS.values(), ids=lambda stock: stock.name)
def test_every_stock_says_where_its_measures_come_from(stock: Stock) -> None:
    assert stock.source
    assert stock.title
    assert stock.said


@pytest.mark.parametrize("stock", SHEETS, ids=lambda stock: stock.name)
def test_each_label_lies_on_the_paper_and_none_over_another(stock: Stock) -> None:
    found = boxes(stock)
    for left, top, right, bottom in found:
        assert left >= -0.01
        assert top >= -0.01
        assert right <= stock.paper[0] + 0.01
        assert bottom <= stock.paper[1] + 0.01
    for one, other in itertools.combinations(found, 2):
        apart = one[2] <= other[0] + 0.01 or other[2] <= one[0] + 0.01
        below = one[3] <= other[1] + 0.01 or other[3] <= one[1] + 0.01
        assert apart or below


@pytest.mark.parametrize("stock", SHEETS, ids=lambda stock: stock.name)
def test_columns_rows_and_pitch_close_to_the_paper(stock: Stock) -> None:
    """What is left at the right and at the bottom is what is left at the other side, nearly."""
    right = stock.paper[0] - boxes(stock)[-1][2]
    bottom = stock.paper[1] - boxes(stock)[-1][3]
    loose = {"avery-6570": (2, 13), "avery-l7161": (1, 1), "avery-l7159": (2, 1), "avery-l7173": (1, 1)}
    wide, high = loose.get(stock.name, (2.2, 3.0))
    assert right == pytest.approx(stock.left, abs=wide)
    assert bottom == pytest.approx(stock.top, abs=high)


@pytest.mark.parametrize(
    "row", published(), ids=lambda row: f"{row['stock']}, {row['source']} {row['entry']}"
)
def test_stocks_have_the_published_geometry(row: dict[str, str]) -> None:
    stock = OURS[row["stock"]]
    said = [measure(row[name]) for name in MEASURES]
    if stock.columns == 1:
        said[6] = stock.pitch[0]  # no second column has a distance
    if stock.rows == 1:
        said[7] = stock.pitch[1]
    found = (*stock.label, stock.columns, stock.rows, stock.left, stock.top, *stock.pitch)
    assert found == pytest.approx(said, abs=ROUNDED + 1e-6)


def test_nearly_every_sheet_is_held_against_a_source_that_is_not_ours() -> None:
    held = {row["stock"] for row in published()}
    assert {stock.name for stock in SHEETS if not stock.name.startswith(("a4-", "letter-"))} - held == {
        "avery-8195"
    }


def test_every_roll_is_held_against_a_source_that_is_not_ours() -> None:
    assert {stock.name for stock in ROLLS} - {*PRINTABLE, *TAPES, *CUT} == {"zebra-4in-continuous"}


@pytest.mark.parametrize("name", PRINTABLE)
def test_what_a_brother_printer_reaches_of_a_label_are_its_own_dots(name: str) -> None:
    assert OURS[name].room == pytest.approx([dots * INCH / 300 for dots in PRINTABLE[name]], abs=0.02)


@pytest.mark.parametrize("name", TAPES)
def test_what_a_brother_printer_reaches_of_a_tape_are_its_own_dots(name: str) -> None:
    width, dots, dpi = TAPES[name]
    assert OURS[name].dpi == dpi
    assert OURS[name].label[1] == width
    assert OURS[name].room[1] == pytest.approx(dots * INCH / dpi, abs=0.02)


@pytest.mark.parametrize("name", CUT)
def test_a_cut_label_has_the_size_that_is_sold(name: str) -> None:
    assert OURS[name].label == pytest.approx(CUT[name], abs=ROUNDED)


@pytest.mark.parametrize("stock", ROLLS, ids=lambda stock: stock.name)
def test_a_roll_has_one_label_a_page_and_room_inside_its_edges(stock: Stock) -> None:
    assert stock.per_sheet == 1
    assert stock.paper == stock.label
    assert min(stock.room) > 8
    assert stock.dpi in stocks.DPI


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("L7160", "avery-l7160"), ("7160", "avery-l7160"), ("j8160", "avery-l7160"),
        ("L7160-100", "avery-l7160"),
        ("5160", "avery-5160"), ("8160", "avery-5160"), ("avery 5520", "avery-5160"), ("94200", "avery-5160"),
        ("L4731REV-25", "avery-l7658"), ("6009", "avery-l6009"), ("C32011-25", "zweckform-32010"),
        ("zweckform 3490", "zweckform-3475"), ("herma 4357", "herma-4474"), ("30252", "dymo-99010"),
        ("DK11201", "brother-dk-11201"), ("DK-1201", "brother-dk-11201"), ("tze 12", "brother-tze-12"),
        ("63,5 x 38.1", "herma-4677"), ("63.5x38.1", "herma-4677"),
        ("zebra 100 × 150", "zebra-100x150"), ("8163", "avery-5163"),
    ],
)  # fmt: skip
def test_a_stock_is_found_by_any_of_its_numbers_with_letters_and_without(typed: str, name: str) -> None:
    assert name in [stock.name for stock in stocks.sought(OURS.values(), typed)]


def test_what_no_stock_is_called_finds_none_and_nothing_typed_finds_all() -> None:
    assert stocks.sought(OURS.values(), "4711-nix") == []
    assert stocks.sought(OURS.values(), "  ") == list(OURS.values())


def test_a_number_with_its_letters_finds_that_one_alone() -> None:
    assert [stock.name for stock in stocks.sought(OURS.values(), "J8160")] == ["avery-l7160"]
    assert [stock.name for stock in stocks.sought(OURS.values(), "L4743REV-25")] == ["avery-l7177"]
    assert {stock.name for stock in stocks.sought(OURS.values(), "8160")} == {"avery-l7160", "avery-5160"}


def test_no_number_stands_for_two_sheets_of_one_maker() -> None:
    """The number on a box names one die; Avery's own numbers for A4 and for Letter are two lists."""
    sheets = [(stock, stock.name.split("-", 1)[1]) for stock in SHEETS if not stock.cut]
    named = collections.Counter(
        (stock.name.startswith("herma"), stock.paper, number.casefold())
        for stock, own in sheets
        for number in {own, *(each.casefold() for each in stock.also)}
    )
    assert [number for number, times in named.items() if times > 1] == []


GOOD = {
    "paper": [210, 297], "label": [60, 30], "columns": 3, "rows": 8, "left": 10, "top": 20, "pitch": [65, 32],
}  # fmt: skip


def test_a_stock_of_ones_own_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        "\n".join(f"{key} = {value}" for key, value in GOOD.items()) + '\ntitle = "Mine"\n'
    )
    found = stocks.every(ASSETS, tmp_path)
    assert found["mine"].per_sheet == 24
    assert found["mine"].corner(5) == (75, 52)
    assert stocks.made("mine", stocks.facts(found["mine"])) == found["mine"]


def test_a_label_of_5_mm_is_the_smallest() -> None:
    assert stocks.made("mine", GOOD | {"label": [5, 5], "edge": [0, 0]}).label == (5, 5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"columns": 4}, "off the paper"),
        ({"rows": 10}, "off the paper"),
        ({"left": 30}, "off the paper"),
        ({"pitch": [59, 32]}, "columns overlap"),
        ({"pitch": [65, 29]}, "rows overlap"),
        ({"label": [4, 30]}, "at least 5 mm"),
        ({"label": [60]}, "two lengths"),
        ({"label": "60 x 30"}, "two lengths"),
        ({"top": -1}, "a length from 0"),
        ({"top": float("nan")}, "a length from 0"),
        ({"top": True}, "a length from 0"),
        ({"columns": 0}, "whole numbers"),
        ({"columns": 2.5}, "whole numbers"),
        ({"dpi": 72}, "dpi is one of"),
        ({"colour": "red"}, "there is no “colour” in a stock"),
    ],
)
def test_a_stock_that_cannot_be_is_refused_and_told_why(change: dict[str, object], says: str) -> None:
    with pytest.raises(labels.BadStock, match=says):
        stocks.made("mine", GOOD | change)


def test_a_missing_measure_and_a_bad_name_are_told() -> None:
    with pytest.raises(labels.BadStock, match="paper is two lengths"):
        stocks.made("mine", {key: GOOD[key] for key in ("label", "columns")})
    with pytest.raises(labels.BadStock, match="small letters"):
        stocks.made("../mine", GOOD)


FILE = "\n".join(f"{key} = {value}" for key, value in GOOD.items())


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("torn", "label = [60,", "torn.toml: Invalid value (at end of document)"),
        ("comma", FILE.replace("left = 10", "left = 10,5"), "(at line 5, column 10)"),
        ("tight", FILE.replace("[65, 32]", "[50, 32]"), "tight.toml, line 7: the columns overlap"),
        ("wide", FILE.replace("columns = 3", "columns = 9"), "wide.toml, line 3: the last label ends at"),
        ("inch", FILE.replace("left = 10", 'left = "0.5 in"'), "inch.toml, line 5: left is a length from 0"),
        ("strange", FILE + '\ncolour = "red"', "strange.toml, line 8: there is no “colour”"),
        ("number", FILE + "\ntitle = 5", "number.toml, line 8: title is one line"),
        ("table", FILE + "\n[title]\na = 1", "table.toml, line 8: title is one line"),
        ("told", FILE + "\nalso = [5160]", "told.toml, line 8: also is a list of texts"),
        ("cut", FILE + '\ncut = "yes"', "cut.toml, line 8: cut is true or false"),
        ("turned", FILE + '\nturned = "x"\ndpi = 300', "turned.toml, line 8: turned is true or false"),
        ("round", FILE + "\nradius = 16", "round.toml, line 8: the radius of a corner"),
        (
            "many",
            FILE.replace("rows = 8", "rows = 100000000"),
            "many.toml, line 4: a sheet has at most",
        ),
        ("none", "", "none.toml: label is two lengths in mm"),
        ("My Sheet", FILE, "My Sheet.toml: a stock's name has small letters"),
        ("avery-l7160", FILE, "avery-l7160.toml: there is a stock of that name already"),
        ("huge", "#" * 200_000, "huge.toml: too large for a stock"),
    ],
)
def test_a_file_that_is_wrong_is_told_with_its_line_and_hides_no_other(
    name: str, text: str, says: str, tmp_path: Path
) -> None:
    (tmp_path / f"{name}.toml").write_text(text)
    (tmp_path / "zz-right.toml").write_text(FILE)
    found, wrong = stockfiles.read(tmp_path, OURS)
    assert list(found) == ["zz-right"]
    assert len(wrong) == 1
    assert says in wrong[0]
    assert stocks.every(ASSETS, tmp_path) == OURS | found


def test_a_file_in_another_encoding_and_a_folder_of_that_name_are_told(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'# a\ntitle = "K\xe4se"\n')
    (tmp_path / "folder.toml").mkdir()
    assert stockfiles.read(tmp_path, OURS) == (
        {},
        ["folder.toml: Is a directory", "latin.toml, line 2: not saved as UTF-8"],
    )


def test_an_endless_roll_is_set_to_a_length() -> None:
    longer = stocks.lengthened(OURS["brother-dk-22205"], 150)
    assert longer.label == longer.paper == (150, 62)
    with pytest.raises(labels.BadStock, match="one length"):
        stocks.lengthened(OURS["avery-l7160"], 150)
