import hashlib
import io
import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from kanban import labels
from kanban.labels import Label, faces, glyphs, stocks, symbols

ASSETS = Path(__file__).parent.parent / "labels"
HOST = "https://kanban.example"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PAIRS = [
    ("card", "a4-cards"),
    ("card", "letter-cards"),
    ("card", "avery-l7165"),
    ("bin", "avery-l7163"),
    ("bin", "avery-5163"),
    ("small", "avery-l7160"),
    ("small", "avery-5160"),
]
MM = 72 / 25.4

HOSTILE = [
    '#import "x": * #panic() $x^2$ */ // *bold* _it_ `raw` @ref <label> \\ ~ -- ---',
    "<b>bold</b> &amp; \"double\" 'single' {{ jinja }} %s \x00\x07\n\t\x85\u2028 end",
    "long " * 40,
    "W" * 200,
    "i" * 200,
    "Schraube🔩 🧤📦 六角ボルト 스패너 " * 4,
    "مستودع البراغي الرئيسي رقم ٣ " * 7,
    "ב" * 200,
    "六角螺栓不锈钢全螺纹带垫圈和螺母套装" * 4,
    "스테인리스육각볼트" * 4,
    "123456 / 123456 / 123456 ! 9",
    "\u202eevil\u202c \u2066x\u2069 Z" + "\u0335\u0327\u0301\u0310" * 30 + " Ẫ Ǻ",
    "\ud800 lone surrogate",
    "",
    " ",
]


def codes(count: int) -> list[str]:
    """Codes that look random and are the same in every run."""
    digests = (hashlib.sha256(bytes([n // 256, n % 256])).digest() for n in range(count))
    return ["".join(ALPHABET[byte % 32] for byte in digest[:12]) for digest in digests]


def typical(count: int = 1) -> list[Label]:
    example = Label(
        code="0" * 12,
        sku="M6-20-A2",
        name="Hexagon screw M6 × 20, A2 stainless",
        quantity="200 pcs",
        number=2,
        of=3,
        supplier="Bossard",
        supplier_sku="BN 610-M6x20",
        location="A-03-2",
        lead_time="5 working days",
        colour="#0b5cad",
        print_version=4,
        printed_on="2026-11-23",
        shop="Musterwerk",
    )
    return [replace(example, code=code) for code in codes(count)]


def hostile() -> list[Label]:
    return [
        replace(
            typical()[0],
            code=code,
            sku=text,
            name=text,
            quantity=text,
            number=123456,
            of=123456,
            supplier=text,
            supplier_sku=text,
            location=text,
            lead_time=text,
            printed_on=text,
            shop=text,
        )
        for code, text in zip(codes(len(HOSTILE)), HOSTILE, strict=True)
    ]


def plan(face: str, stock: str, start: int = 1, host: str = HOST, **more) -> labels.Plan:
    return labels.plan(ASSETS, host, face, stocks.known(stocks.every(ASSETS), stock), start, **more)


def printed(some: list[Label], face: str, stock: str, start: int = 1, host: str = HOST) -> bytes:
    return labels.pdf(some, plan(face, stock, start, host))


def stock_of(name: str) -> labels.Stock:
    return stocks.every(ASSETS)[name]


def poppler(*command: str, pdf: bytes, output: tuple[str, ...] = ("-",)) -> bytes:
    return subprocess.run([*command, "-", *output], input=pdf, capture_output=True, check=True).stdout


def pages(pdf: bytes, dpi: int) -> list[Image.Image]:
    rest = poppler("pdftoppm", "-gray", "-r", str(dpi), pdf=pdf, output=())
    found = []
    while rest:
        _, size, _, rest = rest.split(b"\n", 3)
        width, height = map(int, size.split())
        found.append(Image.frombytes("L", (width, height), rest[: width * height]))
        rest = rest[width * height :]
    return found


def read_on(page: Image.Image) -> list[str]:
    return sorted(code.text[-12:] for code in zxingcpp.read_barcodes(page))


def text_of(pdf: bytes) -> str:
    return poppler("pdftotext", "-raw", pdf=pdf).decode().replace("\u200b", "")


Box = tuple[float, float, float, float]


def words(pdf: bytes) -> Iterator[tuple[int, str, Box]]:
    """Page, word and the box of its letters in mm; a font's own margin above and below them is taken off."""
    tree = ElementTree.fromstring(poppler("pdftotext", "-bbox", pdf=pdf))
    for number, page in enumerate(tree.iter("{http://www.w3.org/1999/xhtml}page")):
        for word in page.iter("{http://www.w3.org/1999/xhtml}word"):
            x0, y0, x1, y1 = (float(word.get(edge, "0")) / MM for edge in ("xMin", "yMin", "xMax", "yMax"))
            air = 0.27 * (y1 - y0)
            yield number, word.text or "", (x0, y0 + air, x1, y1 - air)


def overlap(one: Box, other: Box, slack: float = 0.05) -> bool:
    return (
        one[0] < other[2] - slack
        and other[0] < one[2] - slack
        and one[1] < other[3] - slack
        and other[1] < one[3] - slack
    )


def within(inner: Box, outer: Box, slack: float = 0.05) -> bool:
    return (
        inner[0] >= outer[0] - slack
        and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )


def label_box(stock: labels.Stock, position: int) -> Box:
    x, y = stock.corner(position)
    return x, y, x + stock.label[0], y + stock.label[1]


def symbol_box(face: str, stock: labels.Stock, position: int) -> Box:
    place = plan(face, stock.name).place()
    x, y = stock.corner(position)
    left, top = x + place.left, y + place.top
    return left, top, left + place.side, top + place.side


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize(("face", "stock"), PAIRS)
def test_two_decoders_read_every_printed_code(face, stock, dpi):
    pyzbar = pytest.importorskip("pyzbar.pyzbar", exc_type=ImportError)
    known = stock_of(stock)
    some = typical(known.per_sheet)
    wanted = sorted(f"{HOST}/c/{label.code}" for label in some)
    [page] = pages(printed(some, face, stock), dpi)
    assert sorted(code.text for code in zxingcpp.read_barcodes(page)) == wanted
    dots = dpi / 25.4
    read = []
    for position in range(1, known.per_sheet + 1):
        cut = page.crop(tuple(round(edge * dots) for edge in label_box(known, position)))
        read += [code.data.decode() for code in pyzbar.decode(cut, symbols=[pyzbar.ZBarSymbol.QRCODE])]
    assert sorted(read) == wanted


@pytest.mark.parametrize(("face", "stock"), PAIRS)
def test_every_symbol_stands_within_a_tenth_of_a_millimetre_of_its_place(face, stock):
    known = stock_of(stock)
    some = typical(known.per_sheet)
    [page] = pages(printed(some, face, stock), 300)
    found = {code.text[-12:]: code.position for code in zxingcpp.read_barcodes(page)}
    for position, label in enumerate(some, 1):
        corners = found[label.code]
        points = [corners.top_left, corners.top_right, corners.bottom_left, corners.bottom_right]
        x = sum(point.x + 0.5 for point in points) / 4 * 25.4 / 300
        y = sum(point.y + 0.5 for point in points) / 4 * 25.4 / 300
        left, top, right, bottom = symbol_box(face, known, position)
        assert x == pytest.approx((left + right) / 2, abs=0.1)
        assert y == pytest.approx((top + bottom) / 2, abs=0.1)


def test_a_card_says_everything_its_bin_needs():
    text = text_of(printed(typical(), "card", "a4-cards"))
    label = typical()[0]
    for value in (label.sku, label.name, label.quantity, label.supplier_sku, label.location, label.lead_time):
        assert value in text
    for value in ("2 of 3", "PURCHASE CARD", "Bossard", "→", "v4 · 2026-11-23 · Musterwerk"):
        assert value in text
    assert " ".join([label.code[:4], label.code[4:8], label.code[8:]]) in text


@pytest.mark.parametrize("stock", ["a4-cards", "letter-cards", "avery-l7165"])
def test_the_symbol_of_a_card_is_at_least_37_millimetres_wide(stock):
    place = plan("card", stock).place()
    assert place.side >= 37
    assert place.module >= 1.0


@pytest.mark.parametrize("stock", ["a4-cards", "letter-cards", "avery-l7165"])
def test_a_card_keeps_five_millimetres_clear_at_its_edges(stock):
    known = stock_of(stock)
    [page] = pages(printed(typical(), "card", stock), 300)
    dots = 300 / 25.4
    left, top, right, bottom = (edge * dots for edge in label_box(known, 1))
    inked = page.point(lambda grey: 255 if grey < 128 else 0)
    cross = 3 * dots if known.cut else 0  # cut marks reach 2.5 mm along the edges
    near = 4.9 * dots
    for strip in (
        (left + cross, top + 2, right - cross, top + near),
        (left + cross, bottom - near, right - cross, bottom - 2),
        (left + 2, top + cross, left + near, bottom - cross),
        (right - near, top + cross, right - 2, bottom - cross),
    ):
        assert inked.crop(tuple(round(edge) for edge in strip)).getbbox() is None


def test_a_location_of_eight_characters_has_capitals_of_seven_millimetres():
    some = [replace(typical()[0], supplier="", location=place) for place in ("A-03-2", "Bench 12")]
    pdf = printed(some, "card", "a4-cards")
    [page] = pages(pdf, 300)
    dots = 300 / 25.4
    for position in (1, 2):
        x, y = stock_of("a4-cards").corner(position)
        block = page.crop(tuple(round(edge * dots) for edge in (x + 5.5, y + 57.6, x + 20, y + 68.7)))
        white = block.point(lambda grey: 255 if grey > 128 else 0).getbbox()
        assert white is not None
        assert (white[3] - white[1]) / dots >= 7


@pytest.mark.parametrize(("face", "stock"), PAIRS)
def test_every_loop_keeps_good_modules_on_every_stock(face, stock):
    assert plan(face, stock).place().module >= labels.GOOD_MODULE_MM


def test_scheme_and_host_go_in_lower_case_and_the_code_in_upper_case():
    symbol = symbols.symbol("HTTPS://Kanban.Example:8443/Shop/", "7K3M9QX2FT4Z")
    assert decoded(symbol) == "https://kanban.example:8443/Shop/c/7K3M9QX2FT4Z"


def decoded(symbol) -> str:
    picture = io.BytesIO()
    symbol.save(picture, kind="png", scale=4, border=4)
    return zxingcpp.read_barcode(Image.open(picture)).text


def test_a_host_of_21_characters_still_fits_version_3_and_one_more_does_not():
    # 44 characters in one byte segment would need version 4, so 21 also proves the segment of its own.
    shortest, longer = (symbols.symbol("https://" + "h" * size, "7K3M9QX2FT4Z") for size in (21, 22))
    assert (shortest.version, shortest.error) == (3, "M")
    assert (longer.version, longer.error) == (4, "M")
    assert len(decoded(shortest)) == 44


def test_the_level_is_m_and_never_boosted():
    assert symbols.symbol("http://a.b", "7K3M9QX2FT4Z").designator == "2-M"


def test_printing_starts_where_a_used_sheet_goes_on():
    stock = stock_of("avery-l7160")
    some = typical(3)
    first, second = pages(printed(some, "small", "avery-l7160", start=20), 150)
    left, top, right, bottom = symbol_box("small", stock, 20)
    assert read_on(first) == sorted(label.code for label in some[:2])
    assert read_on(second) == [some[2].code]
    here = next(code for code in zxingcpp.read_barcodes(first) if code.text.endswith(some[0].code))
    assert left < here.position.top_left.x * 25.4 / 150 < right
    assert top < here.position.top_left.y * 25.4 / 150 < bottom


def test_the_same_labels_give_the_same_bytes():
    once = printed(typical(9), "card", "a4-cards")
    assert printed(typical(9), "card", "a4-cards") == once
    assert b"CreationDate" not in once


def test_symbols_are_vectors_and_every_font_is_embedded():
    pdf = printed(typical(), "card", "a4-cards")
    assert len(poppler("pdfimages", "-list", pdf=pdf, output=()).splitlines()) == 2  # the heading alone
    fonts = poppler("pdffonts", pdf=pdf, output=()).decode().splitlines()[2:]
    assert fonts
    assert all("IBMPlex" in font and " yes yes " in font for font in fonts)


def jpeg(size: tuple[int, int] = (320, 240)) -> bytes:
    file = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(file, "JPEG", quality=80)
    return file.getvalue()


def test_a_photo_is_printed_once_for_all_its_cards():
    photo = jpeg()
    pdf = printed([replace(typical()[0], photo=photo)] * 4, "card", "a4-cards")
    listed = poppler("pdfimages", "-list", pdf=pdf, output=()).splitlines()[2:]
    assert listed
    assert len(pdf) < 60_000 + 2 * len(photo)


def test_a_photo_that_cannot_be_read_does_not_stop_the_card():
    some = [replace(typical()[0], photo=photo) for photo in (b"\xff\xd8\xff not a picture", jpeg()[:300])]
    assert "M6-20-A2" in text_of(printed(some, "card", "a4-cards"))


@pytest.mark.parametrize(("face", "stock"), PAIRS)
def test_hostile_values_stay_inside_their_label_and_off_symbol_and_neighbours(face, stock):
    known = stock_of(stock)
    some = hostile()
    pdf = printed(some, face, stock)
    boxes: dict[tuple[int, int], list[Box]] = {}
    for page, word, box in words(pdf):
        positions = range(1, known.per_sheet + 1)
        at = next((place for place in positions if within(box, label_box(known, place))), None)
        assert at is not None, f"{word!r} leaves its label"
        assert not overlap(box, symbol_box(face, known, at)), f"{word!r} reaches into the quiet zone"
        boxes.setdefault((page, at), []).append(box)
    assert len(boxes) == len(some)
    for found in boxes.values():
        assert not any(overlap(one, other, slack=0.3) for one, other in itertools.combinations(found, 2))


@pytest.mark.parametrize(("face", "stock"), [("card", "a4-cards"), ("small", "avery-5160")])
def test_codes_beside_hostile_values_are_read(face, stock):
    some = hostile()
    read = [code for page in pages(printed(some, face, stock), 203) for code in read_on(page)]
    assert sorted(read) == sorted(label.code for label in some)


@pytest.mark.parametrize(("face", "stock"), [pair for pair in PAIRS if not stock_of(pair[1]).cut])
def test_no_ink_falls_between_the_labels(face, stock):
    known = stock_of(stock)
    for page in pages(printed(hostile(), face, stock), 150):
        drawing = ImageDraw.Draw(page)
        for position in range(1, known.per_sheet + 1):
            drawing.rectangle([edge * 150 / 25.4 for edge in label_box(known, position)], fill=255)
        assert page.getextrema() == (255, 255)


def test_marks_of_a_language_are_set_as_plain_text():
    name = "#import $x$ <b>b</b> *s* _u_ `c` @a \\ // \"q\" 'q'"
    text = text_of(printed([replace(typical()[0], name=name, sku="#set page()")], "card", "a4-cards"))
    assert re.sub(r"\s", "", name) in re.sub(r"\s", "", text)
    assert "#set page()" in text


def test_a_long_name_shrinks_then_wraps_then_ends_in_an_ellipsis():
    sizes = {}
    for name in ("Short", "A name that fits on one line, smaller", "wrapped " * 12, "cut off " * 25):
        pdf = printed([replace(typical()[0], name=name, shop="", printed_on="")], "card", "a4-cards")
        first = name.split()[0]
        boxes = [box for _, word, box in words(pdf) if word == first]
        lines = {round(box[1]) for _, word, box in words(pdf) if word in name.split()}
        sizes[first] = (boxes[0][3] - boxes[0][1], len(lines), "…" in text_of(pdf))
    assert sizes["Short"][0] > sizes["A"][0] > sizes["cut"][0]
    assert [one[1] > 1 for one in sizes.values()] == [False, False, True, True]
    assert [one[2] for one in sizes.values()] == [False, False, False, True]


@pytest.mark.parametrize("name", ["שלום", "مخزن", "Θερμό", "Вал", "Ծառ"])
def test_other_scripts_are_set_with_the_vendored_fonts(name):
    pdf = printed([replace(typical()[0], name=name)], "card", "a4-cards")
    assert sorted(text_of(pdf)) != []
    fonts = poppler("pdffonts", pdf=pdf, output=()).decode().splitlines()[2:]
    assert all("IBMPlex" in font or "DejaVuSans" in font for font in fonts)
    if not re.search("[א-ת؀-ۿ]", name):  # a reader may turn right-to-left text around
        assert name in text_of(pdf)


SCRIPTS = {
    "Sechskantschraube verzinkt": "", "Винт с шестигранной головкой": "", "Βίδα εξάγωνη": "",
    "برغي سداسي الرأس": "", "בורג משושה": "", "Վեցանկյուն պտուտակ": "", "ექვსკუთხა ხრახნი": "",
    "Bulon şestgen ğıșț": "", "Šroub se šestihrannou hlavou ř": "", "Bu lông lục giác ệ": "",
    "六角ボルト": "六", "육각 볼트": "육", "षट्कोणीय पेंच": "ष", "สกรูหกเหลี่ยม": "ส",
}  # fmt: skip
"""Names in fourteen scripts and alphabets; for those that need a font of the system, a character of it."""


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_is_set_or_named_as_missing(name):
    """Never an empty box: it prints, or card and characters are named and a question mark stands there."""
    label = replace(typical()[0], name=name)
    gaps = list(glyphs.gaps([(label.sku, label.name), (label.sku, label.name)], ASSETS / "fonts"))
    pdf = printed([label], "card", "a4-cards")
    if not SCRIPTS[name]:
        assert gaps == []
    elif gaps:
        assert SCRIPTS[name] in gaps[0].characters
        assert [gap.item for gap in gaps] == [label.sku], "once"
        assert "?" in text_of(pdf)
    assert read_on(pages(pdf, 150)[0]) == [label.code]


def test_a_mark_on_a_letter_that_no_font_has_leaves_no_box_behind(monkeypatch):
    monkeypatch.setattr(glyphs, "_covers", lambda point, _fonts: point < 0x300 or point == 0x2699)
    assert glyphs.replaced("สกรู M6 ที่", ASSETS / "fonts") == "? M6 ?"
    assert glyphs.replaced("\u2699\ufe0f M6", ASSETS / "fonts") == "\u2699\ufe0f M6"


def test_control_characters_overrides_and_piled_marks_are_taken_out():
    assert labels.plain(" a\x00b\u2028c\td ") == "a b c d"
    assert labels.plain("x\u202ey\u2066z") == "xyz"
    assert labels.plain("e" + "\u0335" * 9) == "e" + "\u0335" * 3
    assert labels.plain("1\u202f000\u00a0pcs") == "1\u202f000\u00a0pcs"
    assert labels.plain("\ud800") == "?"
    assert len(labels.plain("x" * 9999)) == 400


def test_a_new_design_and_a_new_stock_need_no_python(tmp_path):
    folder = tmp_path / "labels"
    shutil.copytree(ASSETS, folder)
    (folder / "tag.typ").write_text(
        '#import "press/type.typ": *\n#let title = "Tag"\n#let least = (40, 40)\n'
        "#let symbol(width, height) = (0, 0, 30)\n"
        "#let draw(label, width, height) = field(0, 32, 30, 6, label.sku, 12, 6)\n"
    )
    shutil.copy(folder / "stocks" / "avery-5163.toml", folder / "stocks" / "mine.toml")
    assert "tag" in faces.every(folder)
    assert "mine" in stocks.every(folder)
    pdf = labels.pdf(typical(), labels.plan(folder, HOST, "tag", stocks.every(folder)["mine"]))
    assert "M6-20-A2" in text_of(pdf)


def test_faces_are_listed_with_their_titles():
    assert {face.name: face.title for face in faces.every(ASSETS).values()} == {
        "bin": "Bin label",
        "card": "Kanban card",
        "drawer": "Drawer label (Micro QR)",
        "home": "Way-home tag",
        "pair": "Pairing card",
        "place": "Location label",
        "pocket": "Pocket card",
        "poster": "Poster",
        "qr": "QR label",
        "small": "Small bin label",
        "strip": "Shelf strip",
    }
    assert {face.title for face in faces.every(ASSETS).values()} == set(faces.TITLES)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"face": "painting"}, labels.UnknownFace),
        ({"face": "../labels/card"}, labels.UnknownFace),
        ({"stock": "papyrus"}, labels.UnknownStock),
        ({"stock": "../stocks/a4-cards"}, labels.UnknownStock),
        ({"stock": "avery-5160"}, labels.FaceDoesNotFit),
        ({"start": 0}, labels.StartOffSheet),
        ({"start": 9}, labels.StartOffSheet),
        ({"labels": []}, labels.NothingToPrint),
        ({"base_url": "ftp://kanban.example"}, labels.NotAnAddress),
        ({"base_url": "https://kanban.example/?q"}, labels.NotAnAddress),
        ({"base_url": "https://user@kanban.example"}, labels.NotAnAddress),
        ({"base_url": "https://bücher.example"}, labels.NotAnAddress),
        ({"base_url": "kanban.example"}, labels.NotAnAddress),
        (
            {"face": "small", "stock": "avery-5160", "base_url": "https://" + "h" * 300},
            labels.ModuleTooSmall,
        ),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else value.__name__,
)
def test_it_refuses_what_cannot_be_printed(changes, refusal):
    asked = {"base_url": HOST, "face": "card", "stock": "a4-cards", "start": 1, "labels": typical()} | changes
    with pytest.raises(refusal):
        labels.pdf(asked["labels"], plan(asked["face"], asked["stock"], asked["start"], asked["base_url"]))


@pytest.mark.parametrize("code", ["", "7K3M9QX2FT4", "7k3m9qx2ft4z", "7K3M9QX2FT4U", "7K3M9QX2FT4Z\n"])
def test_it_refuses_a_code_that_is_none(code):
    with pytest.raises(labels.NotACode):
        symbols.symbol(HOST, code)
    with pytest.raises(labels.NotACode):
        Label(code=code, sku="", name="", quantity="")


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", '#000000")', "rgb(0,0,0)"])
def test_it_refuses_a_colour_that_is_none(colour):
    with pytest.raises(labels.NotAColour):
        replace(typical()[0], colour=colour)


def test_the_page_on_printing_names_every_face_and_stock_with_its_measures():
    page = (ASSETS.parent / "docs" / "printing.md").read_text()
    for face in faces.every(ASSETS).values():
        assert f"(`{face.name}`)" in page
        assert "{:g} × {:g} mm".format(*face.least) in page
    for stock in stocks.every(ASSETS).values():
        assert f"`{stock.name}`" in page
    assert f"squares of {labels.GOOD_MODULE_MM} mm" in page.lower()
    assert f"below {labels.LEAST_MODULE_MM} mm" in page


def test_the_vendored_fonts_are_the_ones_that_were_written_down():
    table = (ASSETS / "fonts" / "VENDOR.md").read_text()
    for font in (ASSETS / "fonts").glob("*.ttf"):
        assert f"| {font.name} |" in table
        assert hashlib.sha256(font.read_bytes()).hexdigest() in table
    assert sum(file.stat().st_size for file in (ASSETS / "fonts").iterdir()) < 2_500_000
