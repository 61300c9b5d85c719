"""Batches, printers, stocks and blank labels on the screens."""

from __future__ import annotations

import io
import re
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from playedprinter import asleep, played, told
from sqlalchemy import select
from test_labels import pages
from waiting import LONGEST_WAIT, wait_until

from kanban import config, create_app, journal, prints
from kanban.db import Database
from kanban.labels import jobs, wire
from kanban.web.labels import pressroom, progress
from web.conftest import Client, ShopData
from web.test_labels import card, order, pdf_of, text_of

ROLL = ("small", "zebra-57x32")


def codes_of(browser: Client, address: str) -> list[str]:
    return re.findall(r'class="code" href="/c/([0-9A-Z]{12})"', browser.get(address).text)


def test_a_print_has_a_page_with_its_files(operator: Client, shop: ShopData) -> None:
    answer = operator.post("/labels", order(*shop.cards, paper=ROLL))
    page = operator.get(answer.location).text
    for ending in (".pdf", ".zpl", ".zip", "/page-1.svg", "/page-1.png"):
        assert f"{answer.location}{ending}" in page
        assert operator.get(f"{answer.location}{ending}").status_code == 200
    assert operator.get(f"{answer.location}/page-3.png").status_code == 404
    assert b"^XA" in operator.get(f"{answer.location}.zpl").data
    with zipfile.ZipFile(io.BytesIO(operator.get(f"{answer.location}.zip").data)) as archive:
        assert archive.testzip() is None
        pictures = [Image.open(io.BytesIO(archive.read(name))) for name in archive.namelist()]
    assert [zxingcpp.read_barcode(each.convert("L")).text[-12:] for each in pictures] == list(shop.codes)
    listed = operator.get("/labels/batches").text
    assert "2 labels" in listed
    assert "Operator" in listed


def test_opening_a_print_again_gives_the_same_and_new_labels_make_it_old(
    operator: Client, database: Database, shop: ShopData
) -> None:
    first = operator.post("/labels", order(*shop.cards))
    once = pdf_of(operator, first)
    assert operator.get(f"{first.location}.pdf").data == once
    again = operator.post(f"{first.location}/reprint", {})
    assert again.location != first.location
    assert card(database, shop.cards[0]).print_version == 2
    assert set(codes_of(operator, first.location)) & set(codes_of(operator, again.location)) == set()
    assert "replaced" in operator.get(first.location).text
    old = operator.get(f"/c/{shop.codes[0]}").text
    assert "An old label." in old
    answer = operator.post(f"/c/{shop.codes[0]}/scans", json={})
    assert (answer.json["effect"], answer.json["card"]["label"]) == ("signalled", "replaced")


def test_void_labels_are_told_to_the_scanner(buyer: Client, database: Database, shop: ShopData) -> None:
    made = buyer.post("/labels", order(*shop.cards)).location
    assert buyer.post(f"{made}/voiding", {}).status_code == 303
    answer = buyer.post(f"/c/{shop.codes[0]}/scans", json={})
    assert (answer.status_code, answer.json["reason"]) == (409, "void_label")
    assert "This label is void" in buyer.post(f"/c/{shop.codes[0]}/scans", {}).text
    assert "void" in buyer.get("/labels?which=worn").text


def test_a_blank_label_is_claimed_where_it_is_scanned(
    operator: Client, stranger: Client, viewer: Client, shop: ShopData
) -> None:
    made = operator.post("/labels/blanks", order(count="3", paper=ROLL) | {"card": []}).location
    code, other, _third = codes_of(operator, made)
    assert "This label is blank" in operator.get(f"/c/{code}").text
    assert 'action="/c/' not in stranger.get(f"/c/{code}").text
    assert operator.post(f"/c/{code}/scans", json={}).json["reason"] == "blank"
    assert viewer.post(f"/c/{code}/claim", {"card": str(shop.cards[0])}).status_code == 403
    assert operator.post(f"/c/{code}/claim", {"card": str(shop.cards[0])}).status_code == 303
    assert "Hexagon screw M8" in operator.get(f"/c/{code}").text
    assert operator.post(f"/c/{code}/claim", {"card": str(shop.cards[1])}).status_code == 409
    assert operator.post(f"/c/{other}/claim", {"loop": str(shop.loop)}).status_code == 403
    assert operator.post(f"/c/{other}/claim", {"card": "1 OR 1"}).status_code == 400
    assert operator.post(f"/c/{other}/claim", {"card": "99999"}).status_code == 404


def test_a_buyer_adds_a_card_to_a_loop_by_a_blank_label(
    buyer: Client, database: Database, shop: ShopData
) -> None:
    made = buyer.post("/labels/blanks", order(count="1") | {"card": []}).location
    [code] = codes_of(buyer, made)
    assert buyer.post(f"/c/{code}/claim", {"loop": str(shop.loop)}).status_code == 303
    assert "Card 3 of 3" in buyer.get(f"/c/{code}").text


@pytest.mark.parametrize("count", ["0", "-1", "3000", "many", ""])
def test_a_strange_number_of_blank_labels_is_refused(operator: Client, count: str) -> None:
    answer = operator.post("/labels/blanks", order(count=count) | {"card": []})
    assert answer.status_code == 422
    assert "a whole number from 1 to" in answer.text


def test_a_lost_card_is_replaced_and_ready_to_print_in_one_press(
    buyer: Client, database: Database, shop: ShopData
) -> None:
    answer = buyer.post(f"/cards/{shop.cards[0]}/replacement", {"because": "lost", "then": "print"})
    assert answer.location == f"/labels?loop={shop.loop}&which=new"
    text = buyer.get(answer.location).text
    assert re.findall(r'name="card" value="(\d+)" checked', text) != []
    assert buyer.post(f"/c/{shop.codes[0]}/scans", json={}).json["reason"] == "lost"


@pytest.fixture
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A printer that answers has all the time that it needs, on any machine."""
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 30.0)
    monkeypatch.setattr(pressroom, "PATIENCE", 60.0)


@pytest.fixture
def zebra(admin: Client) -> Callable[[int], str]:
    """Sets up a printer at a port of this machine; gives its id."""

    def add(port: int) -> str:
        fields = {"name": "Zebra", "host": "127.0.0.1", "port": str(port), "dpi": "203"}
        answer = admin.post("/printers", fields)
        assert answer.status_code == 303, answer.text
        return answer.location.rsplit("/", 1)[1]

    return add


def test_labels_go_straight_to_a_printer_and_count_when_all_went_through(
    operator: Client, database: Database, shop: ShopData, zebra: Callable[[int], str]
) -> None:
    taken = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                while some := connection.recv(65_536):
                    taken.extend(some)

        thread = threading.Thread(target=serve)
        thread.start()
        printer = zebra(server.getsockname()[1])
        answer = operator.post("/labels", order(*shop.cards, paper=ROLL, printer=printer))
        thread.join(20)
    assert taken.count(b"^XA") == 2
    assert "printed" in operator.get(answer.location).text
    assert card(database, shop.cards[0]).print_version == 1


def test_a_printer_that_is_off_prints_nothing_and_can_be_tried_again(
    operator: Client, database: Database, shop: ShopData, zebra: Callable[[int], str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as off:
        port = off.getsockname()[1]
    answer = operator.post("/labels", order(*shop.cards, paper=ROLL, printer=zebra(port)))
    text = operator.get(answer.location).text
    assert "takes nothing on port" in text
    assert "not printed" in text
    assert card(database, shop.cards[0]).print_version == 0
    assert operator.post(f"/c/{shop.codes[0]}/scans", json={}).json["effect"] == "signalled"
    assert operator.post(f"{answer.location}/sending", {}).status_code == 303
    assert card(database, shop.cards[0]).print_version == 0
    assert operator.post(f"{answer.location}/handover", {}).status_code == 303
    assert card(database, shop.cards[0]).print_version == 1
    assert operator.post(f"{answer.location}/sending", {}).status_code == 409


@pytest.mark.usefixtures("no_hurry")
def test_a_printer_without_labels_is_named_before_anything_is_sent(
    operator: Client, database: Database, shop: ShopData, zebra: Callable[[int], str]
) -> None:
    with played(told(paper=1, paused=1), told(), connections=2) as printer:
        answer = operator.post("/labels", order(*shop.cards, paper=ROLL, printer=zebra(printer.port)))
        text = operator.get(answer.location).text
        assert "Zebra is out of labels: put new ones in. Nothing was sent." in text
        assert printer.labels == b""
        assert card(database, shop.cards[0]).print_version == 0
        assert operator.post(f"{answer.location}/sending", {}).status_code == 303
    assert printer.labels.count(b"^XA") == 2
    assert card(database, shop.cards[0]).print_version == 1


@pytest.mark.usefixtures("no_hurry")
def test_a_printer_that_runs_out_in_the_middle_prints_nothing_that_counts(
    operator: Client, database: Database, shop: ShopData, zebra: Callable[[int], str]
) -> None:
    with played(told(), told(paper=1, paused=1, formats=1)) as printer:
        answer = operator.post("/labels", order(*shop.cards, paper=ROLL, printer=zebra(printer.port)))
    text = operator.get(answer.location).text
    assert "Zebra is out of labels: put new ones in. It has the whole job" in text
    assert "Send it to Zebra again" in text
    assert "count them as printed" in text
    assert card(database, shop.cards[0]).print_version == 0


@pytest.mark.usefixtures("no_hurry")
def test_no_transaction_is_open_while_labels_are_on_their_way(
    operator: Client, database: Database, shop: ShopData, zebra: Callable[[int], str]
) -> None:
    open_then: list[int] = []

    def look(connection: socket.socket) -> None:
        open_then.append(database.reader.pool.checkedout())
        connection.sendall(told())

    with played(look) as printer:
        operator.post("/labels", order(*shop.cards, paper=ROLL, printer=zebra(printer.port)))
    assert open_then == [0, 0, 0], "before the job, and twice after it"
    assert card(database, shop.cards[0]).print_version == 1


@pytest.mark.parametrize("ending", ["zpl", "zip"])
def test_no_transaction_is_open_while_somebody_takes_a_file_slowly(
    operator: Client, database: Database, shop: ShopData, ending: str
) -> None:
    address = operator.post("/labels", order(*shop.cards, paper=ROLL)).location
    taken = operator.get(f"{address}.{ending}", buffered=False)
    parts = taken.iter_encoded()
    assert next(parts)
    assert database.reader.pool.checkedout() == 0
    assert sum(1 for _part in parts) > 0


def test_a_page_that_a_batch_does_not_have_is_not_found(operator: Client, shop: ShopData) -> None:
    address = operator.post("/labels", order(*shop.cards)).location
    for number, status in ((0, 404), (1, 200), (2, 404), (2**53, 404)):
        assert operator.get(f"{address}/page-{number}.png").status_code == status


def test_who_sends_to_a_printer_that_takes_nothing_sees_a_page_soon_and_sends_once(
    operator: Client,
    database: Database,
    shop: ShopData,
    zebra: Callable[[int], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pressroom, "PATIENCE", 0.2)
    with asleep() as port:
        sent = order(*shop.cards, paper=("card", "zebra-4x6"), printer=zebra(port))
        answer = operator.post("/labels", sent)
        assert "On its way to the printer" in operator.get(answer.location).text
        refused = operator.post(f"{answer.location}/sending", {})
        assert refused.status_code == 409
        assert "on its way to the printer already" in refused.text
        monkeypatch.setattr(wire, "SEND_SECONDS", 3.0)
        wait_until(lambda: "On its way" not in operator.get(answer.location).text)
    text = operator.get(answer.location).text
    assert "stopped taking labels" in text
    assert "not printed" in text
    assert card(database, shop.cards[0]).print_version == 0


def test_a_label_printer_is_given_no_sheets(
    operator: Client, shop: ShopData, zebra: Callable[[int], str]
) -> None:
    answer = operator.post("/labels", order(*shop.cards, printer=zebra(9100)))
    assert answer.status_code == 422
    assert "Zebra prints on rolls" in answer.text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": ""}, "The name is empty"),
        ({"host": "http://10.0.0.7/"}, "An address is a host name"),
        ({"host": "a b"}, "An address is a host name"),
        ({"host": "10.0.0.7", "port": "0"}, "A port is a number"),
        ({"host": "10.0.0.7", "port": "x"}, "A port is a number"),
        ({"host": "10.0.0.7", "dpi": "999"}, "The dots an inch are one of"),
    ],
)
def test_a_printer_that_cannot_be_is_refused(admin: Client, fields: dict[str, str], says: str) -> None:
    answer = admin.post("/printers", {"name": "Zebra", "host": "", "port": "9100", "dpi": "203"} | fields)
    assert answer.status_code in (409, 422)
    assert says in answer.text


def test_a_printer_is_calibrated_by_two_numbers(
    admin: Client, operator: Client, database: Database, shop: ShopData
) -> None:
    address = admin.post("/printers", {"name": "Office"}).location
    assert "Calibration of Office" in text_of(operator.get(f"{address}/calibration-a4.pdf").data)
    assert admin.post(f"{address}/calibration", {"left": "20,4", "top": "19.2"}).status_code == 303
    with database.read() as session:
        found = session.get_one(prints.Printer, int(address.rsplit("/", 1)[1]))
    assert (found.offset_x, found.offset_y, found.scale_x) == (-400, 800, 1_000_000)
    plain = pdf_of(operator, operator.post("/labels", order(shop.cards[0])))
    moved = pdf_of(
        operator, operator.post("/labels", order(shop.cards[1], printer=address.rsplit("/", 1)[1]))
    )
    (x, y), (at_x, at_y) = corner(plain), corner(moved)
    assert (at_x - x, at_y - y) == pytest.approx((-0.4, 0.8), abs=0.05)


def corner(pdf: bytes) -> tuple[float, float]:
    """Where the first symbol stands on its page, in mm."""
    [page] = pages(pdf, 600)
    where = zxingcpp.read_barcodes(page)[0].position.top_left
    return where.x * 25.4 / 600, where.y * 25.4 / 600


def test_the_calibration_page_reads_back_what_it_corrects(admin: Client) -> None:
    """A ruler on its lines reads 20 mm; once it is calibrated, they move by what the printer misses."""
    address = admin.post("/printers", {"name": "Office"}).location
    assert lines_of(admin.get(f"{address}/calibration-a4.pdf").data) == pytest.approx((20, 20), abs=0.1)
    admin.post(f"{address}/calibration", {"left": "21.5", "top": "18"})
    assert lines_of(admin.get(f"{address}/calibration-a4.pdf").data) == pytest.approx((18.5, 22), abs=0.1)


def lines_of(pdf: bytes) -> tuple[float, float]:
    """Where the long upright and the long level line of the calibration page stand, in mm from the edges."""
    [page] = pages(pdf, 600)
    dark = page.point(lambda value: 255 if value < 128 else 0)
    columns = dark.resize((page.width, 1), Image.Resampling.BOX).tobytes()
    rows = dark.resize((1, page.height), Image.Resampling.BOX).tobytes()
    left, top = (each.index(max(each[: len(each) // 6])) for each in (columns, rows))
    return (left + 0.5) * 25.4 / 600, (top + 0.5) * 25.4 / 600


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"left": "", "top": "20"}, "Enter what you measured"),
        ({"left": "abc", "top": "20"}, "Enter what you measured"),
        ({"left": "-3", "top": "20"}, "Enter what you measured"),
        ({"left": "20", "top": "9999"}, "Enter what you measured"),
        ({"left": "2,0,4", "top": "20"}, "Enter what you measured"),
        ({"left": "20", "top": "٢٠"}, "Enter what you measured"),
        ({"left": "90", "top": "20"}, "more than 30 mm"),
        ({"left": "20", "top": "20", "across": "120"}, "more than 5 % off"),
    ],
)
def test_a_measure_that_cannot_be_is_refused(admin: Client, fields: dict[str, str], says: str) -> None:
    address = admin.post("/printers", {"name": "Office"}).location
    answer = admin.post(f"{address}/calibration", fields)
    assert answer.status_code in (409, 422)
    assert says in answer.text


def test_a_printer_leaves_the_list_and_its_prints_keep_its_name(
    admin: Client, operator: Client, shop: ShopData
) -> None:
    address = admin.post("/printers", {"name": "Office"}).location
    made = operator.post("/labels", order(*shop.cards, printer=address.rsplit("/", 1)[1])).location
    assert admin.post(f"{address}/retirement", {}).status_code == 303
    assert "Office" not in operator.get("/printers").text
    assert "Office" in operator.get(made).text
    assert admin.get(address).status_code == 404


SHEET = {
    "title": "Our own 3 × 8", "width": "60", "height": "30", "columns": "3", "rows": "8", "left": "10",
    "top": "20", "pitch_x": "65", "pitch_y": "32", "paper_x": "210", "paper_y": "297",
}  # fmt: skip


def test_a_sheet_of_ones_own_is_added_printed_on_and_taken_away(
    buyer: Client, database: Database, shop: ShopData
) -> None:
    assert buyer.post("/stocks", SHEET).status_code == 303
    assert "Our own 3 × 8" in buyer.get("/stocks?q=own").text
    assert buyer.get("/stocks/our-own-3-8.pdf").content_type == "application/pdf"
    made = buyer.post("/labels", order(*shop.cards, paper=("small", "our-own-3-8")))
    pdf_of(buyer, made)
    assert buyer.post("/stocks", SHEET).status_code == 409
    assert buyer.post("/stocks/our-own-3-8/removal", {}).status_code == 303
    assert "Our own" not in buyer.get("/stocks?q=own").text
    assert buyer.get(f"{made.location}.pdf").status_code == 200, "what was printed can be printed again"
    assert buyer.post("/stocks/a4-cards/removal", {}).status_code == 404


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"title": "???"}, "Give the stock a name"),
        ({"width": "abc"}, "A length is a number"),
        ({"columns": "4"}, "off the paper"),
        ({"rows": "x"}, "whole numbers"),
        ({"pitch_x": "50"}, "columns overlap"),
    ],
)
def test_a_sheet_that_cannot_be_is_refused(buyer: Client, change: dict[str, str], says: str) -> None:
    answer = buyer.post("/stocks", SHEET | change)
    assert answer.status_code == 422
    assert says in answer.text


@pytest.mark.parametrize(
    ("typed", "mm"),
    [
        ("60,5", 60.5),
        ("60.5 mm", 60.5),
        ("2 in", 50.8),
        ("2 5/8 in", 66.675),
        ('5/8"', 15.875),
        (".5in", 12.7),
    ],
)
def test_a_length_is_typed_in_millimetres_or_inches(buyer: Client, typed: str, mm: float) -> None:
    change = {"width": typed, "columns": "1", "title": "Measured", "pitch_x": ""}
    assert buyer.post("/stocks", SHEET | change).status_code == 303
    facts = buyer.get("/stocks?q=measured").text
    assert f"{round(mm, 1):g} × 30 mm" in facts


@pytest.mark.parametrize(
    "typed", ["-3", "1e3", "nan", "2 5/8", "5/0 in", "in", "38.", "٦٠", "3/4 mm", "1/2/3 in", ""]
)
def test_what_is_no_length_is_refused(buyer: Client, typed: str) -> None:
    answer = buyer.post("/stocks", SHEET | {"left": typed, "top": typed})
    assert answer.status_code == 422
    assert answer.text.count('<p class="field__error"') == 2, "each field says its own"


def test_a_sheet_may_be_called_in_any_script_and_no_longer_than_a_line(buyer: Client) -> None:
    assert buyer.post("/stocks", SHEET | {"title": "棚札"}).status_code == 303
    assert "棚札" in buyer.get("/stocks?q=棚札").text
    assert buyer.post("/stocks", SHEET | {"title": "棚札"}).status_code == 409
    assert buyer.post("/stocks", SHEET | {"title": "x" * 81}).status_code == 422
    assert "at most" in buyer.post("/stocks", SHEET | {"columns": "999", "rows": "999"}).text


def test_a_broken_stock_file_in_the_data_folder_is_named_and_the_others_stay(
    app: Flask, operator: Client
) -> None:
    folder = app.extensions["kanban"].settings.data / "stocks"
    folder.mkdir()
    (folder / "torn.toml").write_text("label = [60,")
    answer = operator.get("/stocks?q=L7160")
    assert answer.status_code == 200
    assert "torn.toml: Invalid value" in answer.text
    assert "Avery L7160" in answer.text
    assert operator.get("/labels?which=all").status_code == 200


def test_the_poster_and_the_labels_of_places(viewer: Client, shop: ShopData) -> None:
    assert "Bin empty? Scan the card." in text_of(viewer.get("/labels/poster.pdf").data)
    assert "Bin empty" in text_of(viewer.get("/labels/poster.pdf?stock=letter-whole&languages=en+de").data)
    places = viewer.get(f"/labels/places.pdf?location={shop.site}")
    assert "Rack A" in text_of(places.data)
    assert viewer.get("/labels/places.pdf?stock=avery-5167").status_code == 422


def test_a_large_job_is_made_in_the_background_with_progress(
    app: Flask, operator: Client, database: Database, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pressroom, "AT_ONCE", 1)
    go, made = threading.Event(), pressroom.jobs.write_pdf

    def slow(some, how, target: Path, progress) -> int:
        time.sleep(0.4)  # what follows too soon is not written down
        progress(1)
        go.wait(LONGEST_WAIT)
        return made(some, how, target, progress)

    monkeypatch.setattr(pressroom.jobs, "write_pdf", slow)
    answer = operator.post("/labels", order(*shop.cards))
    wait_for("The file is being made: 1 of 2 labels.", operator, answer.location)
    assert operator.get(f"{answer.location}.pdf").status_code == 409
    go.set()
    wait_until(lambda: operator.get(f"{answer.location}.pdf").status_code == 200)
    assert "being made" not in operator.get(answer.location).text
    assert jobs.SMALL > 2


def wait_for(said: str, operator: Client, address: str) -> None:
    wait_until(lambda: said in operator.get(f"{address}/progress").text, said)


def test_a_job_that_was_cut_off_is_begun_anew_when_its_file_is_asked_for(
    app: Flask, operator: Client, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pressroom, "_work", lambda now, work: None)  # the process dies
    monkeypatch.setattr(pressroom, "AT_ONCE", 1)
    address = operator.post("/labels", order(*shop.cards)).location
    assert operator.get(f"{address}.pdf").status_code == 409
    monkeypatch.undo()
    monkeypatch.setattr(pressroom, "AT_ONCE", 1)
    monkeypatch.setattr(progress, "SILENT", -1.0)
    assert operator.get(f"{address}.pdf").location == address
    wait_for("Open the PDF", operator, address)
    wait_until(lambda: operator.get(f"{address}.pdf").data.startswith(b"%PDF"))


@pytest.mark.parametrize(("error", "said"), [(28, "disk is full"), (5, "the log says what")])
def test_a_file_that_cannot_be_made_is_told_and_made_once_there_is_room(
    app: Flask, operator: Client, shop: ShopData, monkeypatch: pytest.MonkeyPatch, error: int, said: str
) -> None:
    def broken(*_all: object) -> int:
        raise OSError(error, "no")

    monkeypatch.setattr(pressroom, "AT_ONCE", 1)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(pressroom.jobs, "write_pdf", broken)
        address = operator.post("/labels", order(*shop.cards)).location
        wait_for(said, operator, address)
        assert said in operator.get(address).text
    assert operator.get(f"{address}.pdf").status_code == 303
    wait_until(lambda: operator.get(f"{address}.pdf").status_code == 200)
    assert said not in operator.get(address).text


@pytest.fixture
def large(app: Flask, operator: Client, shop: ShopData, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A large file that is being made for as long as nobody cancels it; the address of its print."""
    monkeypatch.setattr(pressroom, "AT_ONCE", 1)
    made, go = pressroom.jobs.write_pdf, threading.Event()

    def slow(some, how, target: Path, told) -> int:
        while not go.wait(0.01):
            told(1)
        return made(some, how, target, told)

    monkeypatch.setattr(pressroom.jobs, "write_pdf", slow)
    yield operator.post("/labels", order(*shop.cards), key="print-it-1").location
    go.set()
    wait_until(nothing_runs)


def state_of(database: Database, address: str) -> str:
    with database.read() as session:
        return session.get_one(prints.Batch, int(address.rsplit("/", 1)[1])).state


def nothing_runs() -> bool:
    return not any(thread.name == "press" for thread in threading.enumerate())


def test_a_large_file_that_is_cancelled_counts_nothing_and_leaves_nothing(
    app: Flask, operator: Client, viewer: Client, database: Database, shop: ShopData, large: str
) -> None:
    page = operator.get(large).text
    assert f'action="{large}/cancellation"' in page
    assert "not printed yet" in page
    assert f"{large}/cancellation" not in viewer.get(large).text
    assert card(database, shop.cards[0]).print_version == 0, "it counts when its file is there"
    assert operator.post(f"{large}/cancellation", {}, key="cancel-it-1").location == large
    wait_until(nothing_runs)
    text = operator.get(large).text
    assert "This print was cancelled. None of its labels counts as printed." in text
    assert f'action="{large}/cancellation"' not in text
    assert state_of(database, large) == "cancelled"
    assert card(database, shop.cards[0]).print_version == 0
    assert list((app.extensions["kanban"].settings.data / "prints").iterdir()) == []
    for ending in ("pdf", "zpl", "zip"):
        refused = operator.get(f"{large}.{ending}")
        assert refused.status_code == 409
        assert "was cancelled" in refused.text


def test_cancelling_again_is_harmless_and_the_cards_can_be_printed_anew(
    operator: Client, database: Database, shop: ShopData, large: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("cancel-it-1", "cancel-it-1", "cancel-it-2"):
        assert operator.post(f"{large}/cancellation", {}, key=key).location == large
    with database.read() as session:
        kinds = list(session.scalars(select(journal.Event.kind).where(journal.Event.noun == "print_batch")))
    assert kinds == ["made", "cancelled"]
    assert operator.post(f"{large}/handover", {}).status_code == 409
    assert operator.post(f"{large}/sending", {}).status_code == 409
    monkeypatch.setattr(pressroom, "AT_ONCE", 80)
    anew = operator.post(f"{large}/reprint", {}).location
    assert state_of(database, anew) == "printed"
    assert card(database, shop.cards[0]).print_version == 1


def test_a_press_that_comes_again_begins_no_cancelled_print_anew(
    operator: Client, database: Database, shop: ShopData, large: str
) -> None:
    again = operator.post("/labels", order(*shop.cards), key="print-it-1")
    assert again.location == large, "it is under way"
    operator.post(f"{large}/cancellation", {})
    wait_until(nothing_runs)
    assert operator.post("/labels", order(*shop.cards), key="print-it-1").location == large
    assert nothing_runs()
    assert "This print was cancelled" in operator.get(large).text


def test_a_large_file_whose_cards_were_printed_meanwhile_counts_nothing(
    operator: Client, database: Database, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pressroom, "AT_ONCE", 1)
    made, go = pressroom.jobs.write_pdf, threading.Event()

    def slow(some, how, target: Path, told) -> int:
        go.wait(60)
        return made(some, how, target, told)

    monkeypatch.setattr(pressroom.jobs, "write_pdf", slow)
    address = operator.post("/labels", order(*shop.cards)).location
    other = operator.post("/labels", order(shop.cards[0])).location
    assert state_of(database, other) == "printed"
    go.set()
    wait_until(nothing_runs)
    assert state_of(database, address) == "failed"
    assert "While the file was made, one of these cards was printed" in operator.get(address).text
    assert card(database, shop.cards[0]).print_version == 1
    assert card(database, shop.cards[1]).print_version == 0


def test_a_print_is_cancelled_from_whichever_process(
    app: Flask, operator: Client, database: Database, large: str
) -> None:
    settings = app.extensions["kanban"].settings
    other = create_app(config.load({"KANBAN_DATA": str(settings.data), "KANBAN_BASE_URL": settings.base_url}))
    other.test_client_class = Client
    browser = other.test_client()
    for cookie in operator._cookies.values():
        browser.set_cookie(cookie.key, cookie.value)
    assert browser.post(f"{large}/cancellation", {}).location == large
    wait_until(nothing_runs)
    assert state_of(database, large) == "cancelled"
    other.extensions["kanban"].database.close()


def test_a_large_file_counts_as_printed_when_it_is_there(
    operator: Client, database: Database, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pressroom, "AT_ONCE", 1)
    address = operator.post("/labels", order(*shop.cards)).location
    wait_until(lambda: state_of(database, address) == "printed")
    assert operator.get(f"{address}.pdf").status_code == 200
    assert card(database, shop.cards[0]).print_version == 1
    late = operator.post(f"{address}/cancellation", {})
    assert late.location == address
    assert "Too late: these labels count as printed already." in operator.get(address).text
    assert state_of(database, address) == "printed"
    ended = operator.get(f"{address}/progress", headers={"HX-Request": "true"})
    assert (ended.status_code, ended.headers["HX-Redirect"]) == (204, address)


def test_a_file_that_is_made_again_is_stopped_and_stays_printed(
    operator: Client, database: Database, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = operator.post("/labels", order(*shop.cards)).location
    monkeypatch.setattr(pressroom, "AT_ONCE", 1)

    def endless(some, how, target: Path, told) -> int:
        while True:
            time.sleep(0.01)
            told(1)

    monkeypatch.setattr(pressroom.jobs, "write_pdf", endless)
    assert operator.get(f"{address}.pdf").location == address
    operator.post(f"{address}/cancellation", {})
    wait_until(nothing_runs)
    assert "made no further" in operator.get(address).text
    assert state_of(database, address) == "printed"


def test_a_print_on_its_way_to_a_printer_that_takes_nothing_is_cancelled(
    operator: Client,
    database: Database,
    shop: ShopData,
    zebra: Callable[[int], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pressroom, "PATIENCE", 0.2)
    with asleep() as port:
        sent = order(*shop.cards, paper=("card", "zebra-4x6"), printer=zebra(port))
        address = operator.post("/labels", sent).location
        assert "On its way to the printer" in operator.get(address).text
        assert operator.post(f"{address}/cancellation", {}).location == address
        wait_until(nothing_runs)
    text = operator.get(address).text
    assert "This print was cancelled" in text
    assert "may still come out" in text
    assert card(database, shop.cards[0]).print_version == 0


@pytest.mark.usefixtures("no_hurry")
def test_a_print_that_the_printer_has_already_cannot_be_cancelled(
    operator: Client,
    database: Database,
    shop: ShopData,
    zebra: Callable[[int], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pressroom, "PATIENCE", 0.2)
    out = threading.Event()

    def busy(connection: socket.socket) -> None:
        connection.sendall(told() if out.is_set() else told(formats=1))

    with played(told(), busy) as printer:
        address = operator.post(
            "/labels", order(*shop.cards, paper=ROLL, printer=zebra(printer.port))
        ).location
        wait_until(lambda: "waiting until the last one is out" in operator.get(address).text)
        assert f'action="{address}/cancellation"' not in operator.get(address).text
        late = operator.post(f"{address}/cancellation", {})
        assert late.status_code == 409
        assert "the printer has the whole job" in late.text
        out.set()
        wait_until(nothing_runs)
    assert state_of(database, address) == "printed"
    assert card(database, shop.cards[0]).print_version == 1


def test_a_small_file_on_a_full_disk_is_503_with_what_to_do(
    operator: Client, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = operator.post("/labels", order(*shop.cards)).location

    def full(*_all: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pressroom.jobs, "write_pdf", full)
    answer = operator.get(f"{address}.pdf")
    assert answer.status_code == 503
    assert "Make room there" in answer.text


def test_a_former_address_leads_cards_on_and_nothing_else(
    app: Flask, operator: Client, shop: ShopData
) -> None:
    settings = app.extensions["kanban"].settings
    moved = create_app(
        config.load(
            {
                "KANBAN_DATA": str(settings.data),
                "KANBAN_BASE_URL": "https://kanban.example",
                "KANBAN_FORMER_URLS": "http://old.example, http://older.example:8000",
            }
        )
    )
    browser = moved.test_client()
    answer = browser.get(f"/c/{shop.codes[0]}", base_url="http://old.example")
    assert (answer.status_code, answer.location) == (302, f"https://kanban.example/c/{shop.codes[0]}")
    assert browser.get(f"/c/{shop.codes[0]}", base_url="http://older.example:8000").status_code == 302
    assert browser.get("/sign-in", base_url="http://old.example").status_code == 404
    assert browser.post(f"/c/{shop.codes[0]}/scans", base_url="http://old.example").status_code == 404
    assert browser.get(f"/c/{shop.codes[0]}", base_url="http://strange.example").status_code == 400
    with pytest.raises(config.BadSetting, match="KANBAN_FORMER_URLS"):
        config.load({"KANBAN_FORMER_URLS": "nonsense"})
    moved.extensions["kanban"].database.close()


def test_every_print_is_in_the_journal(operator: Client, database: Database, shop: ShopData) -> None:
    made = operator.post("/labels", order(*shop.cards)).location
    operator.post(f"{made}/reprint", {})
    with database.read() as session:
        assert not list(journal.verify(session))
    text = operator.get("/journal?noun=print_batch").text
    assert text.casefold().count("labels made") == 2
