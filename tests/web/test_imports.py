"""The screens of an import: choose a file, see what it would do, do it once."""

from __future__ import annotations

import io
import random
import re
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import Workbook
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from kanban import items, journal
from kanban.db import Database
from kanban.imports import uploads
from kanban.items import Item
from kanban.loops import Card
from web.conftest import Client, ShopData, do, revision

SHEET = """\
SKU,Name,Supplier,Location,Cards,Quantity per bin,Shelf life
SCREW,Hexagon screw,Bolts & Co,Works › Rack A,3,25,
GLOVE,"Gloves, size 9",Bolts & Co,Works › Rack B,2,12,1 year
"""


def send(client: Client, data: bytes | str, name: str = "stock.csv") -> TestResponse:
    content = data.encode() if isinstance(data, str) else data
    return client.post("/import", {"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")


def upload(client: Client, data: bytes | str, name: str = "stock.csv") -> str:
    """The address of the preview."""
    answer = send(client, data, name)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def agree(client: Client, address: str, key: str | None = None) -> TestResponse:
    """Press the preview's one button."""
    found = re.search(r'name="plan" value="(\w+)"', client.get(address).text)
    return client.post(address, {"plan": found[1] if found else ""}, key=key)


def kept(app: Flask) -> list[Path]:
    return list((app.extensions["kanban"].settings.data / "imports").glob("*"))


def test_a_sheet_is_shown_then_imported_and_its_cards_can_be_printed(
    buyer: Client, database: Database, app: Flask
) -> None:
    before = revision(database)
    address = upload(buyer, SHEET)
    page = buyer.get(address).text
    assert "stock.csv" in page
    assert "Gloves, size 9" in page
    assert "loop with 2 cards" in page
    assert "Hexagon screw M8" in page  # the old name
    assert "“Shelf life” (column G)" in page
    assert revision(database) == before
    answer = agree(buyer, address)
    assert answer.status_code == 303
    done = buyer.get(answer.location)
    assert "print the 3 new cards" in done.text
    assert 'href="/labels"' in done.text
    with database.read() as session:
        assert items.by_sku(session, "SCREW").name == "Hexagon screw"
        assert session.scalar(select(func.count()).where(Card.life == "active")) == 5
    assert kept(app) == []


def test_the_button_pressed_twice_imports_once_and_leads_to_the_same_page(
    buyer: Client, database: Database
) -> None:
    address = upload(buyer, SHEET)
    first_plan = re.search(r'name="plan" value="(\w+)"', buyer.get(address).text)[1]  # type: ignore[index]
    first = buyer.post(address, {"plan": first_plan}, key="pressed-twice")
    after = revision(database)
    with database.read() as session:
        event = session.scalars(select(journal.Event).where(journal.Event.key == "pressed-twice")).one()
        assert event.via == "import"
    again = buyer.post(address, {"plan": first_plan}, key="pressed-twice")
    assert again.location == first.location
    assert revision(database) == after
    assert buyer.get(first.location).status_code == 200


def test_a_second_import_of_the_same_sheet_has_nothing_to_press(buyer: Client, database: Database) -> None:
    agree(buyer, upload(buyer, SHEET))
    before = revision(database)
    address = upload(buyer, SHEET)
    page = buyer.get(address).text
    assert "The shop holds all of this already" in page
    assert 'name="plan"' not in page
    assert buyer.post(address, {}).location == "/import"
    assert revision(database) == before


def test_errors_come_first_and_nothing_can_be_pressed(buyer: Client, database: Database) -> None:
    before = revision(database)
    address = upload(buyer, "SKU,Name,Cards\nSCREW,a,-1\nNEW,<i>b</i>,\nNEW,c,\n")
    page = buyer.get(address).text
    assert "2 cells need your attention" in page
    assert "must be at least 1" in page
    assert "contradicts row 3: &lt;i&gt;b&lt;/i&gt;" in page
    assert 'name="plan"' not in page
    answer = buyer.post(address, {})
    assert (answer.status_code, answer.location) == (303, address)
    assert "Nothing was imported" in buyer.get(address).text
    assert revision(database) == before


def test_a_shop_that_changed_since_the_preview_is_shown_again(
    buyer: Client, database: Database, shop: ShopData
) -> None:
    address = upload(buyer, SHEET)
    seen = re.search(r'name="plan" value="(\w+)"', buyer.get(address).text)[1]  # type: ignore[index]
    do(database, items.change, Item, shop.screw, items.ItemFacts("SCREW", "Another name"))
    answer = buyer.post(address, {"plan": seen})
    assert (answer.status_code, answer.location) == (303, address)
    page = buyer.get(address).text
    assert "was changed meanwhile" in page
    assert "Another name" in page
    assert agree(buyer, address).location.startswith("/import/done/")


def test_leaving_between_preview_and_import_harms_nothing(
    buyer: Client, database: Database, app: Flask
) -> None:
    before = revision(database)
    address = upload(buyer, SHEET)
    buyer.get(address)
    assert revision(database) == before
    for file in kept(app):
        file.unlink()
    assert buyer.get(address).status_code == 410
    answer = buyer.post(address, {})
    assert answer.status_code == 410
    assert "Choose the file again" in answer.text


def test_a_half_written_upload_is_gone_and_not_an_error_of_ours(buyer: Client, app: Flask) -> None:
    address = upload(buyer, SHEET)
    (file,) = kept(app)
    file.write_text(file.read_text()[:100])
    assert buyer.get(address).status_code == 410


def test_only_who_uploaded_a_sheet_can_see_it(buyer: Client, admin: Client) -> None:
    address = upload(buyer, SHEET)
    assert admin.get(address).status_code == 410
    assert admin.post(address, {}).status_code == 410


@pytest.mark.parametrize("token", ["x", "..", "a" * 22, "..%2f..%2fsecret_key", "%00" * 22])
def test_an_address_that_nobody_was_given_finds_nothing(buyer: Client, token: str) -> None:
    assert buyer.get(f"/import/{token}").status_code in (404, 410)


@pytest.mark.parametrize("number", [0, 1, 2**53, 2**64])
def test_another_event_is_no_import(buyer: Client, number: int) -> None:
    assert buyer.get(f"/import/done/{number}").status_code == 404


@pytest.mark.parametrize(
    "address", ["/import", "/import/shop.csv", "/import/template.csv", "/import/" + "a" * 22]
)
def test_only_buyers_import(client: Callable[[str], Client], address: str) -> None:
    assert client("operator").get(address).status_code == 403
    assert client("stranger").get(address).status_code == 303
    assert client("operator").post("/import", {}).status_code == 403


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no headings"),
        (b"%PDF-1.7", "is a PDF"),
        (b"PK\x03\x04" + b"junk" * 99, "damaged or not a workbook"),
        (b"a,b\n\x81\xfc,2", "neither a workbook nor text"),
        (b"a,b\n1,\x002\n", "a NUL byte"),
        (b"Foo,Bar\n1,2\n", "no column holds: our number of the item"),
        (b"SKU,Name\n" + b"x,y\n" * 10_001, "more than 10,000 rows"),
        (b"a,b\n" * 1_260_000, "larger than 5 MB"),
    ],
    ids=["empty", "pdf", "junk", "bytes", "nul", "headings", "rows", "size"],
)
def test_a_file_that_is_no_sheet_is_refused_beside_its_field(
    buyer: Client, app: Flask, data: bytes, sentence: str
) -> None:
    answer = send(buyer, data)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'id="file-error"' in answer.text
    assert kept(app) == []


def test_a_request_far_too_large_is_not_read(buyer: Client) -> None:
    assert send(buyer, b"x" * 5_200_000).status_code == 413


def test_no_file_at_all_is_asked_for(buyer: Client) -> None:
    assert buyer.post("/import", {}).status_code == 422
    assert send(buyer, b"", "").status_code == 422


@pytest.mark.parametrize(
    "name",
    ["مسمار", "🔩 bolt", "<script>alert(1)</script>", "=HYPERLINK(0)", "a\u202eb", "{{7*7}}", "e\u0301" * 20],
)
def test_odd_names_are_shown_as_they_are_and_kept(buyer: Client, database: Database, name: str) -> None:
    address = upload(buyer, f"SKU,Name\nODD,{name}\n", f"{name}.csv")
    assert "<script>alert" not in buyer.get(address).text
    assert agree(buyer, address).location.startswith("/import/done/")
    with database.read() as session:
        assert items.by_sku(session, "ODD").name[0] == unicodedata.normalize("NFC", name)[0]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_german_sheet_in_any_encoding_arrives(buyer: Client, database: Database, encoding: str) -> None:
    text = "Artikelnummer;Bezeichnung;Preis;Lieferant\nGR-1;Größe ß;1.234,50;Müller\n"
    assert agree(buyer, upload(buyer, text.encode(encoding))).location.startswith("/import/done/")
    with database.read() as session:
        assert items.by_sku(session, "GR-1").name == "Größe ß"


def test_how_a_number_was_read_is_shown(buyer: Client) -> None:
    sheet = "SKU;Name;Supplier;Location;Cards;Quantity\nA;a;S;H;2;1.000\nB;b;S;H;2;2,5\n"
    assert "“1.000” is read as 1,000" in buyer.get(upload(buyer, sheet)).text


def test_mutated_workbooks_never_break_the_screen(buyer: Client) -> None:
    book = Workbook()
    for line in (["SKU", "Name"], ["A", "a"], ["B", "b"]):
        book.active.append(line)  # type: ignore[union-attr]
    file = io.BytesIO()
    book.save(file)
    dice = random.Random(3)
    for round_ in range(6):
        data = bytearray(file.getvalue())
        if round_ % 2:  # damage inside an intact archive
            source = zipfile.ZipFile(io.BytesIO(bytes(data)))
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as target:
                for part in source.namelist():
                    content = bytearray(source.read(part))
                    content[dice.randrange(len(content))] = dice.randrange(256)
                    target.writestr(part, bytes(content))
            data = bytearray(out.getvalue())
        else:
            data[dice.randrange(len(data))] ^= 0xFF
        answer = send(buyer, bytes(data), "x.xlsx")
        assert answer.status_code in (303, 422)
        if answer.status_code == 303:
            assert buyer.get(answer.location).status_code == 200


def test_many_rows_are_shown_in_part_with_their_counts(buyer: Client) -> None:
    sheet = "SKU,Name\n" + "".join(f"S{number},Item\n" for number in range(1_000))
    page = buyer.get(upload(buyer, sheet)).text
    assert "Import 1,000 rows" in page
    assert "And 800 more rows" in page


@pytest.mark.parametrize("what", ["template", "shop"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_sheets_that_are_handed_out_come_in_again(buyer: Client, what: str, ending: str) -> None:
    answer = buyer.get(f"/import/{what}.{ending}")
    assert f'filename="kanban-{what}.{ending}"' in answer.headers["Content-Disposition"]
    page = buyer.get(upload(buyer, answer.data, f"x.{ending}")).text
    assert ("The shop holds all of this already" in page) == (what == "shop")
    assert "your attention" not in page


def test_a_program_gets_the_plan_as_json(buyer: Client) -> None:
    answer = send(buyer, SHEET)
    plan = buyer.get(answer.location, headers={"Accept": "application/json"}).json
    assert plan["counts"]["loops"] == {"new": 1, "changed": 1, "same": 0}
    assert plan["errors"] == []


def test_uploads_of_yesterday_are_gone(buyer: Client, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    address = upload(buyer, SHEET)
    monkeypatch.setattr(uploads, "KEPT", -uploads.KEPT)
    assert buyer.get(address).status_code == 410
    assert len(kept(app)) == 1
    send(buyer, SHEET)
    assert len(kept(app)) == 1
