"""Labels for thermal printers: exact dots, ZPL that is taken apart again, and a printer on the network."""

from __future__ import annotations

import base64
import binascii
import io
import re
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from test_labels import HOSTILE, codes, typical
from test_stocks import PRINTABLE, TAPES

from kanban import labels
from kanban.labels import Label, Plan, Shift, faces, rasters, status, stocks, wire, zpl

ASSETS = Path(__file__).parent.parent / "labels"
HOST = "https://kanban.example"
PAIRS = [
    ("card", "zebra-4x6"), ("bin", "zebra-100x50"), ("small", "zebra-57x32"), ("strip", "brother-dk-11201"),
    ("small", "brother-dk-11209"), ("qr", "brother-dk-11221"), ("small", "dymo-11354"), ("qr", "zebra-51x25"),
    ("bin", "brother-dk-22205"),
]  # fmt: skip


def plan(face: str, stock: str, dpi: int = 0, **more: object) -> Plan:
    known = stocks.every(ASSETS)[stock]
    return labels.plan(ASSETS, HOST, face, replace(known, dpi=dpi or known.dpi), **more)


def job(some: list[Label], how: Plan, **more: bool) -> bytes:
    return b"".join(zpl.job(some, how, **more))


COMMAND = re.compile(rb"[\^~][A-Z0-9]{2}")


def pictures(sent: bytes) -> list[Image.Image]:
    """What a printer would burn: each label's ``^GF`` unpacked, its checksum checked."""
    found = []
    for label in sent.split(b"^XA")[1:]:
        width, height = (int(re.search(rb"\^%s(\d+)" % name, label)[1]) for name in (b"PW", b"LL"))
        size, total, row, data, crc = re.search(
            rb"\^GFA,(\d+),(\d+),(\d+),:Z64:([A-Za-z0-9+/=]+):([0-9A-F]{4})\^FS", label
        ).groups()
        assert int(crc, 16) == binascii.crc_hqx(data, 0)
        dots = zlib.decompress(base64.b64decode(data))
        assert int(size) == int(total) == len(dots) == int(row) * height
        image = Image.frombytes("1", (int(row) * 8, height), dots).crop((0, 0, width, height))
        found.append(image.convert("L").point(lambda dark: 255 - dark))
    return found


def read(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize("dpi", [203, 300, 600])
@pytest.mark.parametrize(("face", "stock"), [("small", "zebra-57x32"), ("card", "zebra-4x6")])
def test_a_zpl_label_is_taken_apart_and_read(face: str, stock: str, dpi: int) -> None:
    pyzbar = pytest.importorskip("pyzbar.pyzbar", exc_type=ImportError)
    some = typical(3)
    found = pictures(job(some, plan(face, stock, dpi)))
    for label, image in zip(some, found, strict=True):
        assert read(image) == [f"{HOST}/c/{label.code}"]
        assert [each.data.decode() for each in pyzbar.decode(image)] == [f"{HOST}/c/{label.code}"]


@pytest.mark.parametrize(("face", "stock"), PAIRS)
def test_every_module_is_a_whole_number_of_dots_in_the_place_that_was_promised(face: str, stock: str) -> None:
    how = plan(face, stock)
    place, per_mm = how.place(), stocks.dots_a_mm(how.stock.dpi)
    [(_label, image)] = rasters.each(typical(1), how)
    size = tuple(round(length * per_mm) for length in how.stock.label)
    assert image.size == size
    x, y, side = (round(length * per_mm) for length in (place.left, place.top, place.side))
    symbol = image.convert("L").crop((x, y, x + side, y + side))
    count = side // place.dots
    assert side == count * place.dots
    small = symbol.resize((count, count), Image.Resampling.NEAREST)
    assert small.resize((side, side), Image.Resampling.NEAREST).tobytes() == symbol.tobytes()
    quiet = 4 * place.dots
    ring = symbol.copy()
    ring.paste(255, (quiet, quiet, side - quiet, side - quiet))
    assert ring.getextrema() == (255, 255)
    assert read(image.convert("L")) == [f"{HOST}/c/{typical(1)[0].code}"]


@pytest.mark.parametrize(("face", "stock"), PAIRS)
def test_the_exact_size_pdf_has_the_same_symbol_in_the_same_place(face: str, stock: str) -> None:
    from test_labels import pages

    how = plan(face, stock)
    [page] = pages(labels.pdf(typical(1), how), 300)
    width, height = how.stock.label
    size = (height, width) if how.stock.turned else (width, height)
    assert [length / 300 * 25.4 for length in page.size] == pytest.approx(size, abs=0.2)
    upright = page.rotate(90, expand=True) if how.stock.turned else page
    [found] = zxingcpp.read_barcodes(upright)
    corners = found.position
    middle = (corners.top_left.x + corners.bottom_right.x) / 2 * 25.4 / 300
    place = how.place()
    assert middle == pytest.approx(place.left + place.side / 2, abs=0.15)


def test_a_turned_label_leaves_the_printer_narrow_side_first() -> None:
    [image] = pictures(job(typical(1), plan("card", "zebra-4x6")))
    assert image.size == (813, 1219)
    assert read(image.rotate(90, expand=True)) == [f"{HOST}/c/{typical(1)[0].code}"]


def test_the_printer_may_draw_the_symbol_itself() -> None:
    label = typical(1)[0]
    sent = job([label], plan("small", "zebra-57x32"), own_symbol=True)
    assert b"^FDMA,https://kanban.example/c/" + label.code.encode() + b"^FS" in sent
    assert re.search(rb"\^FO\d+,\d+\^BQN,2,5,M\^FH_", sent)
    assert read(pictures(sent)[0]) == [], "its place is left white"


def test_a_label_is_moved_by_what_the_printer_misses() -> None:
    sent = job(typical(1), plan("small", "zebra-57x32", shift=Shift(x=1.0, y=-0.5)))
    assert b"^LS-8^LT-4" in sent


def test_no_name_becomes_a_command() -> None:
    """Only our own commands, whatever stands on the label (R36)."""
    some = [replace(typical(1)[0], name=text, sku=text, location=text) for text in HOSTILE]
    some.append(replace(typical(1)[0], name="^XZ~JA^CC/^FD", sku="^XZ", location="~HS"))
    sent = job(some, plan("small", "zebra-57x32"), own_symbol=True)
    ours = {b"^XA", b"^CI", b"^PW", b"^LL", b"^LH", b"^LS", b"^LT", b"^FO", b"^GF", b"^FS", b"^BQ", b"^FH",
            b"^FD", b"^PQ", b"^XZ"}  # fmt: skip
    assert set(COMMAND.findall(sent)) == ours
    assert sent.count(b"^XA") == sent.count(b"^XZ") == len(some)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_data_for_the_printers_own_symbol_holds_no_sign_of_a_command(text: str) -> None:
    assert not re.search(rb"[\^~,\x00-\x1f]", zpl._plain(text))


def test_a_png_has_one_bit_a_dot_and_says_its_resolution() -> None:
    [(_label, image)] = rasters.each(typical(1), plan("small", "brother-dk-11209"))
    opened = Image.open(io.BytesIO(rasters.png(image, 300)))
    assert opened.mode == "1"
    assert opened.size == (732, 343)
    assert opened.info["dpi"] == pytest.approx((300, 300), abs=0.1)


BROTHER = [
    (face.name, stock.name)
    for face in faces.every(ASSETS).values()
    if face.of == faces.CARDS
    for stock, _place in faces.papers(ASSETS, face, stocks.every(ASSETS), 29)
    if stock.name.startswith("brother")
]


@pytest.mark.parametrize(("face", "stock"), BROTHER)
def test_a_brother_picture_has_the_dots_that_its_printer_takes_and_loses_nothing(
    face: str, stock: str
) -> None:
    how = plan(face, stock)
    [(label, image)] = rasters.each(typical(1), how)
    bare = rasters.trimmed(image, how.stock)
    narrow = bare.size[1] if how.stock.turned else bare.size[0]
    if stock in PRINTABLE:
        assert bare.size == PRINTABLE[stock]
    else:
        assert narrow == TAPES[stock][1]
    dark = [picture.convert("L").point(lambda value: 255 - value).getbbox() for picture in (image, bare)]
    per_mm = stocks.dots_a_mm(how.stock.dpi)
    x, y = (round(length * per_mm) for length in how.stock.edge)
    assert dark[0] == (dark[1][0] + x, dark[1][1] + y, dark[1][2] + x, dark[1][3] + y), (
        "only white was cut off"
    )
    if not how.face.micro:
        assert read(bare.convert("L")) == [f"{HOST}/c/{label.code}"]


def test_pictures_of_other_rolls_are_of_the_whole_label() -> None:
    how = plan("small", "dymo-11354")
    [(_label, image)] = rasters.each(typical(1), how)
    assert rasters.trimmed(image, how.stock) is image


def test_a_sheet_is_nothing_for_a_label_printer() -> None:
    with pytest.raises(labels.FaceDoesNotFit, match="is no roll"):
        list(zpl.job(typical(1), labels.plan(ASSETS, HOST, "card", stocks.every(ASSETS)["a4-cards"])))


@contextmanager
def printer(*, take: int = 10**9, pause: float = 0.0) -> Iterator[tuple[int, bytearray]]:
    """A printer that takes so many bytes and then breaks off; yields its port and what it took.

    ``pause``: it rests so many seconds after each piece.
    """
    taken = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                while len(taken) < take:
                    some = connection.recv(min(65_536, take - len(taken)))
                    if not some:
                        return
                    taken.extend(some)
                    time.sleep(pause)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], taken
        thread.join(10)


def test_a_printer_on_the_network_takes_the_whole_job() -> None:
    how, some = plan("small", "zebra-57x32"), [replace(typical(1)[0], code=code) for code in codes(30)]
    with printer() as (port, taken):
        assert wire.send("127.0.0.1", port, zpl.job(some, how)) == 30
    assert bytes(taken) == status.QUESTION + job(some, how)


def test_a_printer_that_stops_half_way_is_told() -> None:
    some = [replace(typical(1)[0], code=code) for code in codes(2)]
    parts = [part * 400 for part in zpl.job(some, plan("small", "zebra-57x32"))] * 40
    with printer(take=5_000) as (port, _), pytest.raises(labels.PrinterTrouble, match=r"127\.0\.0\.1"):
        wire.send("127.0.0.1", port, parts)


def test_a_printer_that_breaks_off_after_the_last_byte_was_handed_over_is_told() -> None:
    """A short job fits into the buffers on the way, so nothing refuses it while it is handed over."""
    some = list(zpl.job(typical(2), plan("small", "zebra-57x32")))
    with (
        printer(take=1_000) as (port, _),
        pytest.raises(labels.PrinterTrouble, match="broke the connection off"),
    ):
        wire.send("127.0.0.1", port, some)


def test_a_slow_printer_takes_the_whole_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SEND_SECONDS", 1.5)
    with printer(pause=0.1) as (port, taken):
        assert wire.send("127.0.0.1", port, [b"x" * 50_000] * 30) == 30
    assert len(taken) == len(status.QUESTION) + 1_500_000


def test_a_printer_that_is_off_or_nobody_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(labels.PrinterTrouble, match="takes nothing on port"):
        wire.send("127.0.0.1", port, [b""])
    with pytest.raises(labels.PrinterTrouble, match=r"nobody knows a printer|cannot be reached"):
        wire.send("printer.invalid", 9100, [b""])


def test_a_printer_that_takes_nothing_for_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SEND_SECONDS", 0.3)
    with (
        socket.create_server(("127.0.0.1", 0), backlog=1) as asleep,
        pytest.raises(labels.PrinterTrouble, match=r"stopped taking labels|does not answer"),
    ):
        wire.send("127.0.0.1", asleep.getsockname()[1], [b"x" * 1_000_000] * 40)


def test_what_still_waits_on_our_side_was_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last bytes are handed over at once, to the buffer of our own machine."""
    monkeypatch.setattr(wire, "SEND_SECONDS", 0.3)
    with socket.socket() as asleep:
        asleep.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        asleep.bind(("127.0.0.1", 0))
        asleep.listen(1)
        with pytest.raises(labels.PrinterTrouble, match=r"stopped taking labels.* none counts as printed"):
            wire.send("127.0.0.1", asleep.getsockname()[1], [b"x" * 8_000] * 3)
