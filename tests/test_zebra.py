"""Our ZPL drawn by a renderer that is not ours (zebrash), dot for dot.

The renderer knows whole dots a millimetre only: 12 for 300 dpi, 24 for 600. A label's size in dots decides
what is printed, so it is told the size that has as many of its dots. It draws a graphic without a look at its
checksum, which a printer checks: ``test_thermal`` does.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from test_labels import typical
from test_thermal import job, plan, read

from kanban import labels
from kanban.labels import faces, rasters, stocks, symbols, zpl

ZEBRA = Path(__file__).parent / "zebra"
DOTS_A_MM = {203: 8, 300: 12, 600: 24}
FACES = [
    ("bin", "zebra-100x50"), ("card", "zebra-4x6"), ("card", "zebra-4x3"), ("home", "zebra-4x2"),
    ("pair", "zebra-4x3"), ("place", "zebra-76x51"), ("pocket", "zebra-100x50"), ("qr", "zebra-51x25"),
    ("small", "zebra-57x32"), ("strip", "zebra-3x1"), ("drawer", "zebra-50x25"),
]  # fmt: skip


def rendered(jobs: list[tuple[bytes, tuple[int, int], int]]) -> list[list[Image.Image]]:
    """The labels of each job: its ZPL, the label's size in dots, the printer's dots an inch."""
    node = shutil.which("node")
    if node is None or not (ZEBRA / "node_modules").is_dir():
        pytest.fail("the ZPL renderer is not installed: tests/run does it")
    told = [
        {
            "zpl": sent.decode("ascii"),
            "width": size[0] / DOTS_A_MM[dpi],
            "height": size[1] / DOTS_A_MM[dpi],
            "dots": DOTS_A_MM[dpi],
        }
        for sent, size, dpi in jobs
    ]
    made = subprocess.run(
        [node, str(ZEBRA / "render.js")], input=json.dumps(told).encode(), capture_output=True, check=True
    )
    return [[picture(each) for each in drawn] for drawn in json.loads(made.stdout)]


def picture(drawn: str) -> Image.Image:
    opened = Image.open(io.BytesIO(base64.b64decode(drawn))).convert("L")
    assert set(opened.get_flattened_data()) <= {0, 255}, "a printer knows no grey"
    return opened


def zbar(image: Image.Image) -> list[str]:
    decoder = pytest.importorskip("pyzbar.pyzbar", exc_type=ImportError)
    return [each.data.decode() for each in decoder.decode(image)]


def shown(face: str, count: int = 2) -> list[labels.Label]:
    """Labels of a face: cards, or what has an address of its own."""
    some = typical(count)
    if faces.every(Path(labels.__file__).parents[2] / "labels")[face].of == faces.CARDS:
        return some
    return [replace(label, link=f"https://kanban.example/locations/{n}") for n, label in enumerate(some)]


def said(label: labels.Label) -> str:
    return label.link or f"https://kanban.example/c/{label.code}"


def sent_size(how: labels.Plan) -> tuple[int, int]:
    """The label in dots as it leaves the printer."""
    width, height = (round(length * stocks.dots_a_mm(how.stock.dpi)) for length in how.stock.label)
    return (height, width) if how.stock.turned else (width, height)


@pytest.mark.parametrize(("face", "stock"), FACES)
def test_a_graphic_is_our_own_raster_dot_for_dot_at_every_resolution(face: str, stock: str) -> None:
    some, plans = shown(face), [plan(face, stock, dpi) for dpi in DOTS_A_MM]
    drawn = rendered([(job(some, how), sent_size(how), how.stock.dpi) for how in plans])
    for how, found in zip(plans, drawn, strict=True):
        for image, (label, ours) in zip(found, rasters.each(some, how), strict=True):
            assert image.size == sent_size(how)
            upright = image.rotate(90, expand=True) if how.stock.turned else image
            assert upright.tobytes() == ours.convert("L").tobytes()
            expected = label.code if how.face.micro else said(label)
            assert read(upright) == [expected]
            assert how.face.micro or zbar(image) == [expected]


@pytest.mark.parametrize(("face", "stock"), FACES)
def test_the_printers_own_symbol_stands_where_ours_would(face: str, stock: str) -> None:
    """Both decoders read it, its black fills the place inside the quiet zone, and the rest is our raster."""
    some, plans = shown(face), [plan(face, stock, dpi) for dpi in DOTS_A_MM]
    plans = [how for how in plans if zpl.draws_symbol(how)]
    drawn = rendered([(job(some, how, own_symbol=True), sent_size(how), how.stock.dpi) for how in plans])
    for how, found in zip(plans, drawn, strict=True):
        place, per_mm = how.place(), stocks.dots_a_mm(how.stock.dpi)
        x, y, side = (round(length * per_mm) for length in (place.left, place.top, place.side))
        quiet = symbols.QUIET_ZONE * place.dots
        without = rasters.each(some, how, symbol=False)
        for (label, ours), image in zip(without, found, strict=True):
            upright = image.rotate(90, expand=True) if how.stock.turned else image
            assert read(upright) == zbar(image) == [said(label)]
            black = upright.crop((x, y, x + side, y + side)).point(lambda value: 255 - value).getbbox()
            assert black == (quiet, quiet, side - quiet, side - quiet)
            upright.paste(255, (x, y, x + side, y + side))
            assert upright.tobytes() == ours.convert("L").tobytes()


def test_a_symbol_that_the_printer_would_draw_larger_is_our_own() -> None:
    """With a host of 20 characters the segments fit into version 3; in bytes alone the text does not."""
    for letters, ours in ((19, False), (20, True)):
        how = replace(plan("small", "zebra-57x32"), base_url=f"https://{'k' * letters}")
        sent = job(typical(1), how, own_symbol=True)
        assert (b"^BQ" not in sent) == ours
        [[image]] = rendered([(sent, sent_size(how), 203)])
        assert read(image) == zbar(image) == [f"https://{'k' * letters}/c/{typical(1)[0].code}"]


def test_a_symbol_of_more_modules_than_a_cards_stays_in_its_place() -> None:
    label = replace(typical(1)[0], link=f"https://kanban.example/locations/{'7' * 40}")
    how = plan("place", "zebra-76x51")
    spot = how.spot(label)
    assert spot.dots < how.place().dots
    [(_label, image)] = rasters.each([label], how)
    assert read(image) == zbar(image) == [label.link]
    ((_, without),) = rasters.each([label], how, symbol=False)
    x, y, side = (round(length * 8) for length in (spot.left, spot.top, spot.side))
    image.paste(255, (x, y, x + side, y + side))
    assert image.tobytes() == without.tobytes()
    with pytest.raises(labels.ModuleTooSmall):
        list(rasters.each([replace(label, link=label.link + "7" * 500)], how))
