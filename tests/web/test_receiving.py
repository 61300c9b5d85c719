"""The dock on the screen: a delivery taken in, corrected, set apart, sent back."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from kanban.db import Database
from tests.web.conftest import Client, ShopData, revision


@pytest.fixture
def order(operator: Client, buyer: Client, shop: ShopData) -> int:
    """An order of 30 screws (25 needed, packs of 10) that is on its way."""
    order: int = operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()["order"]
    buyer.post(f"/orders/{order}/release", {})
    buyer.post(f"/orders/{order}/shipment", {})
    return order


@pytest.fixture
def line(buyer: Client, order: int) -> int:
    return int(buyer.get(f"/orders/{order}").text.split('id="line-')[1].split('"')[0])


def take_in(browser: Client, shop: ShopData, order: int, line: int, **fields: str) -> str:
    """Send the receiving form with fields of its one line; the address it leads to."""
    said = {f"order-{line}": str(order), f"whole-{line}": "30", f"pack-{line}": "10"}
    whole = {"number", "sure", "shown"}
    said |= {name if name in whole else f"{name}-{line}": value for name, value in fields.items()}
    answer = browser.post(f"/receiving/suppliers/{shop.bolts}/receipts", said)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def photo(colour: str) -> tuple[io.BytesIO, str]:
    """A file that a form sends."""
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return io.BytesIO(file.getvalue()), "note.png"


def test_a_delivery_is_expected_taken_in_and_shown(
    operator: Client, shop: ShopData, order: int, line: int
) -> None:
    listed = operator.get("/receiving").text
    assert "PO-000001" in listed
    assert f"/receiving/suppliers/{shop.bolts}?order={order}" in listed
    form = operator.get(f"/receiving/suppliers/{shop.bolts}?order={order}").text
    assert "30 pcs" in form
    assert "3 × 10 pcs" in form
    page = operator.get(take_in(operator, shop, order, line, all="yes", number="LS 4711")).text
    assert "LS 4711" in page
    assert "<strong>30 pcs</strong>" in page
    assert "LS 4711" in operator.get("/receiving").text
    assert operator.get(f"/c/{shop.codes[0]}").text.count("Full")
    assert "Everything has come" in operator.get(f"/receiving/suppliers/{shop.bolts}").text


def test_packs_and_single_units_add_up(operator: Client, shop: ShopData, order: int, line: int) -> None:
    page = operator.get(take_in(operator, shop, order, line, packs="1", units="4")).text
    assert "<strong>14 pcs</strong>" in page
    assert "16 pcs still to come" in page


def test_more_than_ordered_is_taken_and_flagged(
    operator: Client, shop: ShopData, order: int, line: int
) -> None:
    page = operator.get(take_in(operator, shop, order, line, packs="4")).text
    assert "10 pcs more than ordered" in page


def test_of_all_that_came_some_is_damaged_and_kept_apart(
    operator: Client, buyer: Client, shop: ShopData, order: int, line: int
) -> None:
    page = buyer.get(take_in(operator, shop, order, line, all="yes", damaged="5", wrong="1", said="wet"))
    assert "<strong>24 pcs</strong>" in page.text
    assert "wet" in buyer.get("/receiving/returns").text
    post = re.findall(r"/quarantine/[0-9]+/return", page.text)[0]
    fields = {"units": "5", "reason": "damaged", "expected": "credit", "give_back": "yes"}
    assert operator.post(post, fields).status_code == 403
    assert buyer.post(post, fields).status_code == 303
    assert buyer.post(post, fields).status_code == 409
    settle = re.findall(r"/returns/[0-9]+/settlement", buyer.get("/receiving/returns").text)[0]
    assert buyer.post(settle, {"settlement": "CN 12"}).status_code == 303
    assert buyer.post(settle, {"settlement": "CN 12"}).status_code == 409
    assert "CN 12" in buyer.get("/receiving/returns").text
    accept = re.findall(r"/quarantine/[0-9]+/acceptance", buyer.get("/receiving/returns").text)[-1]
    assert buyer.post(accept, {"units": "1", "reason": "it fits"}).status_code == 303


def test_a_count_is_corrected_beside_the_first(
    operator: Client, shop: ShopData, order: int, line: int
) -> None:
    page = operator.get(take_in(operator, shop, order, line, all="yes", number="LS 1")).text
    post = re.findall(r"/receipts/[0-9]+/correction", page)[0]
    assert operator.post(post, {"units": "3", "reason": ""}).status_code == 422
    answer = operator.post(post, {"units": "3", "reason": "typed 30 for 3"})
    page = operator.get(answer.location).text
    assert "<strong>3 pcs</strong>" in page
    assert "corrected, first 30 pcs" in page
    assert "typed 30 for 3" in page
    assert "27 pcs still to come" in page


def test_received_goods_go_back(buyer: Client, shop: ShopData, order: int, line: int) -> None:
    take_in(buyer, shop, order, line, all="yes")
    post = f"/order-lines/{line}/returns"
    assert buyer.post(post, {"units": "31", "expected": "replacement"}).status_code == 422
    assert buyer.post(post, {"units": "30", "expected": "replacement"}).status_code == 303
    assert "30 pcs" in buyer.get(f"/receiving/suppliers/{shop.bolts}").text


def test_a_known_note_is_asked_about_once(operator: Client, shop: ShopData, order: int, line: int) -> None:
    take_in(operator, shop, order, line, units="1", number="LS 1")
    said = {f"order-{line}": str(order), f"units-{line}": "2", "number": "LS 1"}
    asked = operator.post(f"/receiving/suppliers/{shop.bolts}/receipts", said)
    assert asked.status_code == 409
    assert "received before" in asked.text
    assert 'value="LS 1"' in asked.text
    assert operator.get(take_in(operator, shop, order, line, units="2", number="LS 1", sure="yes")).text


def test_the_photo_of_the_paper_is_kept(operator: Client, shop: ShopData, order: int, line: int) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(file, "PNG")
    fields = {
        f"order-{line}": str(order),
        f"units-{line}": "3",
        "photo": (io.BytesIO(file.getvalue()), "n.png"),
    }
    answer = operator.post(f"/receiving/suppliers/{shop.bolts}/receipts", fields)
    assert "/photos/" in operator.get(answer.location).text
    other = io.BytesIO()
    Image.new("RGB", (40, 30), "black").save(other, "PNG")
    later = operator.post(f"{answer.location}/photo", {"photo": (io.BytesIO(other.getvalue()), "n.png")})
    assert later.status_code == 303
    assert (
        operator.post(f"{answer.location}/photo", {"photo": (io.BytesIO(b"x"), "n.png")}).status_code == 422
    )


def test_the_same_press_twice_is_one_delivery(
    operator: Client, database: Database, shop: ShopData, order: int, line: int
) -> None:
    said = {f"order-{line}": str(order), f"units-{line}": "3"}
    address = f"/receiving/suppliers/{shop.bolts}/receipts"
    first = operator.post(address, said, key="press-of-receive")
    before = revision(database)
    again = operator.post(address, said, key="press-of-receive")
    assert (again.status_code, again.location) == (303, first.location)
    assert revision(database) == before


def test_a_program_takes_a_delivery_in(operator: Client, shop: ShopData, order: int, line: int) -> None:
    address = f"/receiving/suppliers/{shop.bolts}/receipts"
    lines = [{"line": line, "order": order, "units": "20", "damaged": 2}]
    told = operator.post(address, json={"number": "LS 9", "lines": lines}).get_json()
    assert told["href"].startswith("/receiving/notes/")
    asked = operator.post(address, json={"number": "LS 9", "lines": lines})
    assert (asked.status_code, "received before" in asked.get_json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("units", "NaN"), ("units", "-1"), ("units", "1e9"), ("units", "0.0001"), ("packs", "9" * 40),
        ("damaged", "ten"), ("damaged", "31"), ("order", "x"), ("order", "9" * 30), ("units", "\u0000"),
    ],
)  # fmt: skip
def test_a_count_that_nobody_can_mean_is_refused(
    operator: Client, database: Database, shop: ShopData, order: int, line: int, field: str, value: str
) -> None:
    before = revision(database)
    said = {f"order-{line}": str(order), f"whole-{line}": "30", f"all-{line}": "yes"}
    if field == "order":
        said[f"units-{line}"] = "1"
        said.pop(f"all-{line}")
    answer = operator.post(f"/receiving/suppliers/{shop.bolts}/receipts", said | {f"{field}-{line}": value})
    assert answer.status_code == 422
    assert revision(database) == before


def test_nothing_counted_and_unknown_fields_are_refused(
    operator: Client, shop: ShopData, order: int, line: int
) -> None:
    address = f"/receiving/suppliers/{shop.bolts}/receipts"
    assert operator.post(address, {}).status_code == 422
    assert operator.post(address, {"role": "admin"}).status_code == 400
    assert operator.post(address, {f"short-{line}": "yes", f"order-{line}": str(order)}).status_code == 403
    assert operator.post(address, json={"lines": "all"}).status_code == 400
    assert operator.post(address, json={"lines": [{"line": None}]}).status_code == 400
    assert operator.post(address, json={"lines": [[]]}).status_code == 400
    other = {f"order-{line}": str(order + 1), f"units-{line}": "1"}
    assert operator.post(address, other).status_code == 422
    assert operator.post("/receiving/suppliers/999/receipts", other).status_code == 404
    assert operator.get("/receiving/suppliers/999").status_code == 404
    assert operator.get("/receiving/notes/999").status_code == 404


def test_what_is_expected_is_found_by_part_order_supplier_and_note(
    operator: Client, shop: ShopData, order: int, line: int
) -> None:
    for wanted in ("bolts", "PO-000001", "b-100", "hexagon"):
        assert "PO-000001" in operator.get(f"/receiving?q={wanted}").text
    assert "PO-000001" not in operator.get("/receiving?q=zebra").text
    take_in(operator, shop, order, line, all="yes", number="LS 77")
    fragment = operator.get("/receiving?q=ls", headers={"HX-Request": "true"}).text
    assert "LS 77" in fragment
    assert "<html" not in fragment
