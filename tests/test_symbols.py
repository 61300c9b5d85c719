"""Symbols that survive the floor: blur, tilt, dirt, low contrast, distance; and two makers that agree."""

from __future__ import annotations

import io
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import segno
import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps
from segno import consts
from test_labels import codes, pages, typical

from kanban import labels
from kanban.labels import faces, rasters, stocks, symbols

ASSETS = Path(__file__).parent.parent / "labels"
HOST = "https://kanban.example"
FACES = [
    ("card", "a4-cards"), ("pocket", "a4-id1"), ("pocket", "avery-5371"), ("bin", "avery-l7163"),
    ("strip", "avery-5161"), ("small", "avery-l7160"), ("small", "avery-5160"), ("home", "avery-l7173"),
    ("qr", "avery-l7651"), ("qr", "avery-22805"), ("qr", "avery-l7120"), ("drawer", "avery-5167"),
    ("drawer", "avery-l7651"), ("place", "avery-l7160"), ("pair", "a4-id1"), ("poster", "a4-whole"),
]  # fmt: skip


def one(face: str, stock: str, dpi: int, code: str = "") -> tuple[Image.Image, labels.Place]:
    """A printed label as a grey picture, and where its symbol stands."""
    known = stocks.every(ASSETS)[stock]
    how = labels.plan(ASSETS, HOST, face, known)
    code = code or codes(1)[0]
    label = replace(typical()[0], code=code)
    if how.face.of != faces.CARDS:
        label = labels.Label(link=f"{HOST}/places/{code}", location="A-03-2", name="Bench 2", shop="Works")
    [page] = pages(labels.pdf([label], how), dpi)
    dots, (x, y) = dpi / 25.4, known.corner(1)
    box = (x * dots, y * dots, (x + known.label[0]) * dots, (y + known.label[1]) * dots)
    return page.crop(tuple(round(edge) for edge in box)), how.place()


def zxing(image: Image.Image) -> bool:
    return any(found.text.endswith(codes(1)[0]) for found in zxingcpp.read_barcodes(image))


def zbar(image: Image.Image) -> bool:
    from pyzbar import pyzbar

    found = pyzbar.decode(image, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return any(each.data.decode().endswith(codes(1)[0]) for each in found)


@pytest.mark.parametrize("dpi", [203, 300, 600])
@pytest.mark.parametrize(("face", "stock"), FACES)
def test_two_decoders_read_every_face_at_every_resolution(face: str, stock: str, dpi: int) -> None:
    image, _ = one(face, stock, dpi)
    assert zxing(image)
    assert zbar(image) or face == "drawer"  # a Micro QR is for our own engine: nothing else reads it


def test_every_face_is_tried() -> None:
    assert {face for face, _ in FACES} == set(faces.every(ASSETS))


@pytest.mark.parametrize(("face", "stock"), FACES)
def test_a_blurred_tilted_faint_label_is_read(face: str, stock: str) -> None:
    image, place = one(face, stock, 300)
    pixels = place.module * 300 / 25.4
    assert zxing(image.filter(ImageFilter.GaussianBlur(0.42 * pixels)))
    assert zxing(image.rotate(17, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC))
    assert zxing(tilted(image, 40))
    image = ImageOps.expand(image, round(4 * pixels), 255)  # the sheet or shelf around the label
    faint = image.point(lambda grey: 120 + grey * 50 // 255)
    assert zxing(faint)
    assert zxing(
        image.point(lambda grey: 60 + grey * 60 // 255).filter(ImageFilter.GaussianBlur(0.2 * pixels))
    )


@pytest.mark.parametrize(("face", "stock"), [each for each in FACES if each[0] != "drawer"])
def test_a_second_decoder_reads_a_worn_label_too(face: str, stock: str) -> None:
    """Blurred, turned, tilted, faint, far away, stained; a little gentler than for our own engine."""
    image, place = one(face, stock, 300)
    pixels = place.module * 300 / 25.4
    assert sum(zbar(stained(image, place, 0.20, seed)) for seed in range(10)) >= 9
    image = ImageOps.expand(image, round(4 * pixels), 255)
    far = tuple(round(side * 2.5 / pixels) for side in image.size)
    assert zbar(image.filter(ImageFilter.GaussianBlur(0.36 * pixels)))
    assert zbar(image.rotate(17, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC))
    assert zbar(tilted(image, 40))
    assert zbar(image.point(lambda grey: 120 + grey * 50 // 255))
    assert zbar(image.resize(far, Image.Resampling.LANCZOS))


@pytest.mark.parametrize(("face", "stock"), FACES)
def test_a_label_far_away_is_read_at_two_pixels_a_module(face: str, stock: str) -> None:
    """A Micro QR has one finder pattern and no other: it needs half a pixel more."""
    image, place = one(face, stock, 300)
    scale = (2.5 if face == "drawer" else 2.0) / (place.module * 300 / 25.4)
    size = (round(image.width * scale), round(image.height * scale))
    assert zxing(image.resize(size, Image.Resampling.BOX))


def tilted(image: Image.Image, degrees: float) -> Image.Image:
    """The label seen from the side: its far edge is shorter."""
    import math

    width, height = image.size
    squeeze = math.cos(math.radians(degrees))
    far = 0.12 * height
    corners = [(0, 0), (0, height), (width, height), (width, 0)]
    seen = [(0, 0), (0, height), (width * squeeze, height - far), (width * squeeze, far)]
    return image.transform(
        (int(width * squeeze), height), Image.Transform.PERSPECTIVE, coefficients(seen, corners),
        Image.Resampling.BICUBIC, fillcolor=255,
    )  # fmt: skip


def coefficients(seen: list[tuple[float, float]], flat: list[tuple[float, float]]) -> list[float]:
    """The eight numbers of a perspective, by Gauss."""
    rows = []
    for (x, y), (u, v) in zip(seen, flat, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for n in range(8):
        pivot = max(range(n, 8), key=lambda row: abs(rows[row][n]))
        rows[n], rows[pivot] = rows[pivot], rows[n]
        rows[n] = [value / rows[n][n] for value in rows[n]]
        for row in range(8):
            if row != n:
                rows[row] = [a - rows[row][n] * b for a, b in zip(rows[row], rows[n], strict=True)]
    return [row[8] for row in rows]


def stained(image: Image.Image, place: labels.Place, share: float, seed: int) -> Image.Image:
    """One round grey stain over ``share`` of the symbol, off its three finder patterns."""
    dots, rng = 300 / 25.4, random.Random(seed)
    side = place.side * 29 / 37
    radius = (share / 3.1416) ** 0.5 * side
    left, top = place.left + (place.side - side) / 2, place.top + (place.side - side) / 2
    finder = side * 8 / 29
    clear = [(0, 0), (side - finder, 0), (0, side - finder)]
    for _try in range(5_000):
        x, y = rng.uniform(0.3, 1.0) * side, rng.uniform(0.3, 1.0) * side
        if all(distance(x, y, fx, fy, finder) > radius for fx, fy in clear):
            break
    else:
        x, y = side * 0.72, side * 0.72
    mask = Image.new("L", image.size, 255)
    ImageDraw.Draw(mask).ellipse(
        [(left + x - radius) * dots, (top + y - radius) * dots, (left + x + radius) * dots,
         (top + y + radius) * dots], fill=150,
    )  # fmt: skip
    return ImageChops.multiply(image, mask.filter(ImageFilter.GaussianBlur(3)))


def distance(x: float, y: float, fx: float, fy: float, size: float) -> float:
    """From a point to a square."""
    dx, dy = max(fx - x, 0, x - fx - size), max(fy - y, 0, y - fy - size)
    return float((dx * dx + dy * dy) ** 0.5)


@pytest.mark.parametrize(("face", "stock"), FACES)
def test_a_translucent_stain_over_a_fifth_of_the_symbol_does_not_stop_it(face: str, stock: str) -> None:
    """Oil, coffee: what darkens and does not hide. Finder patterns are spared."""
    image, place = one(face, stock, 300)
    read = Counter(zxing(stained(image, place, 0.20, seed)) for seed in range(20))
    assert read[True] >= 19


def test_opaque_dirt_over_a_twentieth_of_the_symbol_does_not_stop_most() -> None:
    """Level M mends 15 % of the codewords; paint that hides 5 % of the area hits about twice as many."""
    image, place = one("card", "a4-cards", 300)
    dots, hits = 300 / 25.4, 0
    for seed in range(20):
        rng, dirty = random.Random(seed), image.copy()
        side = place.side * 29 / 37
        left, top = place.left + (place.side - side) / 2, place.top + (place.side - side) / 2
        patch = (0.05**0.5) * side
        x, y = rng.uniform(0.35, 0.95) * side - patch / 2, rng.uniform(0.35, 0.95) * side - patch / 2
        box = ((left + x) * dots, (top + y) * dots, (left + x + patch) * dots, (top + y + patch) * dots)
        ImageDraw.Draw(dirty).rectangle(box, fill=90)
        hits += zxing(dirty)
    assert hits >= 15


def rendered(made: symbols.Matrix, scale: int = 4) -> Image.Image:
    size = made.size
    dark = bytes(0 if bit else 255 for bit in made.bits)
    image = Image.new("L", (made.modules, made.modules), 255)
    image.paste(Image.frombytes("L", (size, size), dark), (made.quiet, made.quiet))
    return image.resize((made.modules * scale, made.modules * scale), Image.Resampling.NEAREST)


def test_segno_and_qrcode_say_the_same() -> None:
    """Byte segments are padded differently, so pictures may differ; what they say must not."""
    how = labels.plan(ASSETS, HOST, "small", stocks.every(ASSETS)["zebra-57x32"])
    for code in codes(40):
        ours = zxingcpp.read_barcode(rendered(symbols.matrix(HOST, code))).text
        dots = rasters.dots_of(replace(typical()[0], code=code), how, how.place()).convert("L")
        theirs = zxingcpp.read_barcode(dots).text
        assert ours == theirs == f"{HOST}/c/{code}"


def test_segno_and_qrcode_are_equal_bit_by_bit_for_capitals() -> None:
    from qrcode import QRCode
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.util import MODE_ALPHA_NUM, QRData

    for code in codes(25):
        one = segno.make(code, version=2, mask=3, error="m", boost_error=False, mode="alphanumeric")
        other = QRCode(version=2, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=3)
        other.add_data(QRData(code.encode(), mode=MODE_ALPHA_NUM), optimize=0)
        other.make(fit=False)
        assert [[bool(bit) for bit in row] for row in one.matrix] == other.modules


def test_the_mask_is_chosen_and_not_fixed() -> None:
    assert len({symbols.symbol(HOST, code).mask for code in codes(60)}) > 2


def test_a_micro_symbol_holds_the_bare_code_and_is_read_by_our_engine_alone() -> None:
    for code in codes(20):
        made = symbols.micro(code)
        assert made.is_micro
        assert zxingcpp.read_barcode(rendered(symbols.matrix(HOST, code, small=True))).text == code
    assert not zbar(rendered(symbols.matrix(HOST, codes(1)[0], small=True)))
    image, place = one("drawer", "avery-5167", 300)
    assert place.module >= 0.5
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [codes(1)[0]]


@pytest.mark.parametrize(
    ("module", "centimetres"), [(0.51, 18), (0.63, 22), (0.78, 27), (1.0, 35), (1.62, 56)]
)
def test_the_reading_distance_is_the_measured_one(module: float, centimetres: int) -> None:
    assert symbols.reading_distance(module) == pytest.approx(centimetres, abs=1)


def test_kept_matrices_are_the_computed_ones(tmp_path: Path) -> None:
    kept = symbols.Kept(tmp_path / "some" / "kept.symbols")
    made = [kept.get(HOST, code) for code in codes(9)]
    kept.save()
    again = symbols.Kept(kept.file)
    again.load()
    assert [again.get(HOST, code) for code in codes(9)] == made
    assert again.new == {}
    kept.file.write_text("torn\t29\tff\nworse")
    torn = symbols.Kept(kept.file)
    torn.load()
    assert torn.get(HOST, codes(1)[0]) == made[0]


def test_the_segments_are_bytes_and_capitals() -> None:
    made = symbols.symbol("HTTPS://Kanban.Example", codes(1)[0])
    assert made.version == 3
    assert made.error == "M"
    assert consts.MODE_ALPHANUMERIC
    file = io.BytesIO()
    made.save(file, kind="png", scale=3)
    assert zxingcpp.read_barcode(Image.open(file)).text == f"{HOST}/c/{codes(1)[0]}"


def test_every_symbol_lies_with_its_quiet_zone_on_its_label() -> None:
    """White that hangs over the edge is white of the neighbour, or of the wall behind."""
    found = stocks.every(ASSETS)
    for face in faces.every(ASSETS).values():
        for stock, place in faces.papers(ASSETS, face, found, symbols.modules(HOST, small=face.micro)):
            width, height = stock.label
            assert min(place.left, place.top) >= -1e-9, (face.name, stock.name)
            assert place.left + place.side <= width + 1e-9, (face.name, stock.name)
            assert place.top + place.side <= height + 1e-9, (face.name, stock.name)


def test_500_codes_say_the_same_by_both_libraries_in_every_version_and_mask() -> None:
    """Versions 3 to 6, all masks in turn: alike bit by bit for capitals, in what they say for the rest."""
    from qrcode import QRCode
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData

    before = f"{HOST}/c/"
    for number, code in enumerate(codes(500)):
        forced, mask = 3 + number // 8 % 4, number % 8
        capitals = segno.make(
            code, version=forced, mask=mask, error="m", boost_error=False, mode="alphanumeric"
        )
        segments = [(before, consts.MODE_BYTE), (code, consts.MODE_ALPHANUMERIC)]
        address = segno.make(segments, version=forced, mask=mask, error="m", boost_error=False)  # type: ignore[arg-type]
        for ours, parts in ((capitals, ("", code)), (address, (before, code))):
            other = QRCode(version=forced, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=mask)
            for text, mode in zip(parts, (MODE_8BIT_BYTE, MODE_ALPHA_NUM), strict=True):
                if text:
                    other.add_data(QRData(text.encode(), mode=mode), optimize=0)
            theirs = b"".join(bytes(row) for row in other.get_matrix())
            mine = b"".join(bytes(row) for row in ours.matrix)
            if mine != theirs:
                assert parts[0], "bytes alone are padded differently"
                size = len(ours.matrix)
                for bits in (mine, theirs):
                    image = rendered(symbols.Matrix(size, bits))
                    assert zxingcpp.read_barcode(image).text == "".join(parts)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("https://KANBAN.Example", "https://kanban.example"),
        ("https://xn--mller-kva.example:8443", "https://xn--mller-kva.example:8443"),
        ("http://192.168.1.50:8000", "http://192.168.1.50:8000"),
        ("http://[fd00::1]:8000", "http://[fd00::1]:8000"),
        ("https://intra.example/Shop/kanban/", "https://intra.example/Shop/kanban"),
        ("https://" + "long-host-name." * 8 + "example", "https://" + "long-host-name." * 8 + "example"),
    ],
)
def test_odd_addresses_get_the_smallest_version_that_holds_them(host: str, said: str) -> None:
    code = codes(1)[0]
    found = zxingcpp.read_barcode(rendered(symbols.matrix(host, code)))
    assert found.text == f"{said}/c/{code}"
    segments = [(f"{said}/c/", consts.MODE_BYTE), (code, consts.MODE_ALPHANUMERIC)]
    with pytest.raises(segno.DataOverflowError):
        segno.make(segments, version=symbols.version(host) - 1, error="m", boost_error=False)  # type: ignore[arg-type]


def test_an_address_too_long_for_a_label_is_refused_and_a_small_module_is_told() -> None:
    roll = stocks.every(ASSETS)["zebra-51x25"]
    small = labels.plan(ASSETS, "https://" + "long-host-name." * 8 + "example", "qr", roll).place()
    assert (small.dots, small.is_small) == (3, True)
    with pytest.raises(labels.ModuleTooSmall, match=r"modules of 0\.25 mm are below 0\.33 mm"):
        labels.plan(ASSETS, "https://" + "long-host-name." * 16 + "example", "qr", roll)
