"""Stocks: geometry that closes, held against published measures; stocks of one's own, and what is refused."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from kanban import labels
from kanban.labels import Stock, stocks

ASSETS = Path(__file__).parent.parent / "labels"
OURS = stocks.every(ASSETS)
SHEETS = [stock for stock in OURS.values() if not stock.is_roll]
ROLLS = [stock for stock in OURS.values() if stock.is_roll]
INCH = 25.4

PUBLISHED = {
    # LibreOffice core, labels.xml: width, height, columns, rows, left, top, pitch x, pitch y; mm
    "avery-l7160": (63.5, 38.1, 3, 7, 7.20, 15.15, 66.04, 38.10),
    "avery-l7161": (63.5, 46.56, 3, 6, 7.21, 8.82, 66.04, 46.56),
    "avery-l7162": (99.06, 33.87, 2, 8, 4.67, 13.02, 101.6, 33.87),
    "avery-l7163": (99.06, 38.1, 2, 7, 4.67, 15.15, 101.6, 38.10),
    "avery-l7165": (99.06, 67.73, 2, 4, 4.67, 13.04, 101.6, 67.73),
    "avery-l7651": (38.1, 21.17, 5, 13, 4.67, 10.90, 40.64, 21.17),
    "avery-l7173": (99.06, 57.0, 2, 5, 4.67, 6.0, 101.6, 57.0),
    "avery-l7654": (45.72, 25.4, 4, 10, 9.75, 21.43, 48.26, 25.4),
    "avery-5160": (66.68, 25.4, 3, 10, 4.78, 12.7, 69.85, 25.4),
    "avery-5161": (101.6, 25.4, 2, 10, 3.96, 12.7, 106.36, 25.4),
    "avery-5162": (101.6, 33.87, 2, 7, 3.96, 21.17, 106.36, 33.87),
    "avery-5163": (101.6, 50.8, 2, 5, 3.96, 12.7, 106.36, 50.8),
    "avery-5164": (101.6, 84.67, 2, 3, 3.96, 12.7, 106.36, 84.67),
    "avery-5167": (44.45, 12.7, 4, 20, 7.14, 12.7, 52.40, 12.7),
    "avery-5371": (88.9, 50.8, 2, 5, 19.05, 12.7, 88.9, 50.8),
    # gLabels, avery-us-templates.xml
    "avery-8373": (88.9, 50.8, 2, 4, 12.7, 19.05, 101.6, 63.5),
    "avery-5388": (127, 76.2, 1, 3, 44.45, 25.4, 127, 76.2),
    "avery-5395": (85.72, 59.27, 2, 4, 17.46, 14.82, 95.25, 63.5),
    # two public projects; closes to 8.5 × 11 in
    "avery-22805": (38.1, 38.1, 4, 6, 19.84, 12.7, 46.04, 43.18),
    # gLabels, herma-iso-templates.xml and zweckform-iso-templates.xml
    "herma-4606": (38, 21.2, 5, 13, 9.5, 10.5, 38, 21.2),
    "zweckform-32015": (85, 54, 2, 4, 17, 31.5, 91, 60),
    "zweckform-3477": (105, 41, 2, 7, 0, 4.93, 105, 41),
}


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


@pytest.mark.parametrize("name", PUBLISHED)
def test_stocks_have_the_published_geometry(name: str) -> None:
    stock = OURS[name]
    found = (*stock.label, stock.columns, stock.rows, stock.left, stock.top, *stock.pitch)
    assert found == pytest.approx(PUBLISHED[name], abs=0.1)


@pytest.mark.parametrize("stock", ROLLS, ids=lambda stock: stock.name)
def test_a_roll_has_one_label_a_page_and_room_inside_its_edges(stock: Stock) -> None:
    assert stock.per_sheet == 1
    assert stock.paper == stock.label
    assert min(stock.room) > 8
    assert stock.dpi in stocks.DPI


def test_the_printable_width_of_a_brother_label_is_the_printers_own() -> None:
    """DK-11209: 696 dots of 300 dpi of its 62 mm."""
    assert OURS["brother-dk-11209"].room[0] == pytest.approx(696 * INCH / 300, abs=0.02)
    assert OURS["brother-dk-22205"].room[1] == pytest.approx(696 * INCH / 300, abs=0.02)


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


def test_a_missing_measure_and_a_bad_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(labels.BadStock, match="label, paper, columns"):
        stocks.made("mine", {key: GOOD[key] for key in ("label", "columns")})
    with pytest.raises(labels.BadStock, match="small letters"):
        stocks.made("../mine", GOOD)
    (tmp_path / "torn.toml").write_text("label = [60,")
    with pytest.raises(labels.BadStock, match=r"torn\.toml"):
        stocks.every(ASSETS, tmp_path)


def test_an_endless_roll_is_set_to_a_length() -> None:
    longer = stocks.lengthened(OURS["brother-dk-22205"], 150)
    assert longer.label == longer.paper == (150, 62)
    with pytest.raises(labels.BadStock, match="one length"):
        stocks.lengthened(OURS["avery-l7160"], 150)
