"""The board as a browser sees it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from kanban import clock, journal, languages
from kanban.db import Database
from kanban.orders import OrderLine
from tests.web.conftest import Client, ShopData, revision

HTMX = {"HX-Request": "true"}


def signal(operator: Client, code: str) -> int:
    order: int = operator.post(f"/c/{code}/scans", json={}).get_json()["order"]
    return order


def test_a_scanned_card_stands_on_the_board(operator: Client, buyer: Client, shop: ShopData) -> None:
    order_id = signal(operator, shop.codes[0])
    page = buyer.get("/").text
    assert f'id="row-{shop.codes[0]}"' in page
    assert f'action="/orders/{order_id}/release"' in page
    assert "waits for your click" in page


def test_who_may_not_send_sees_no_price_and_no_button(
    operator: Client, viewer: Client, shop: ShopData
) -> None:
    order_id = signal(operator, shop.codes[0])
    page = viewer.get("/").text
    assert f'id="row-{shop.codes[0]}"' in page
    assert f"/orders/{order_id}/release" not in page
    assert "€" not in page


def test_a_poll_is_answered_304_until_something_changes(operator: Client, shop: ShopData) -> None:
    first = operator.get("/", headers=HTMX)
    seen = {**HTMX, "HX-PTag": first.headers["HX-PTag"]}
    assert operator.get("/", headers=seen).status_code == 304
    signal(operator, shop.codes[0])
    changed = operator.get("/", headers=seen)
    assert changed.status_code == 200
    assert changed.text.lstrip().startswith('<div id="board"')


def test_a_press_on_the_board_shows_the_board_again(operator: Client, buyer: Client, shop: ShopData) -> None:
    order_id = signal(operator, shop.codes[0])
    from_board = {**HTMX, "HX-Current-URL": "http://localhost/?by=item&q=screw"}
    answer = buyer.post(f"/orders/{order_id}/release", {}, headers=from_board)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?by=item&q=screw")
    page = buyer.get("/?by=item&q=screw", headers=HTMX).text
    assert "PO-000001" in page
    received = operator.post(f"/c/{shop.codes[0]}/receipt", {}, headers=from_board)
    assert received.status_code == 303
    assert f'id="row-{shop.codes[0]}"' not in operator.get("/").text


def test_the_board_is_grouped_and_searched(operator: Client, shop: ShopData) -> None:
    signal(operator, shop.codes[0])
    assert "Rack A</bdi></a></h3>" in operator.get("/?by=location").text
    assert "SCREW · Hexagon screw M8" in operator.get("/?by=item").text
    assert f'id="row-{shop.codes[0]}"' in operator.get("/?q=hexagon").text
    assert f'id="row-{shop.codes[0]}"' not in operator.get("/?q=washer").text


def test_odd_addresses_of_the_board_are_harmless(operator: Client, database: Database) -> None:
    before = revision(database)
    for address in (
        "/?by=%00",
        "/?q=" + "%25_!" * 40,
        "/?lane=nowhere&page=-3",
        "/?lane=to_order&page=9e9",
        "/?page=x",
    ):
        assert operator.get(address).status_code == 200, address
    assert revision(database) == before


def test_a_risky_card_says_so_in_words(operator: Client, shop: ShopData) -> None:
    for code in shop.codes:
        signal(operator, code)
    assert re.search(r"Last full bin", operator.get("/").text)


@pytest.mark.parametrize(("days", "late"), [(-1, True), (0, False)])
def test_an_order_that_is_late_says_so_wherever_its_card_is_shown(
    operator: Client,
    buyer: Client,
    database: Database,
    shop: ShopData,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    late: bool,
) -> None:
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at)  # midnight may be near
    order_id = signal(operator, shop.codes[0])
    buyer.post(f"/orders/{order_id}/release", {})
    due = at.date() + timedelta(days=days)  # the shop's clock is UTC
    database.write(lambda session: session.execute(update(OrderLine).values(due=due)))
    said = languages.day(due)
    for address in ("/", f"/items/{shop.screw}", f"/loops/{shop.loop}"):
        assert (f"Late, due {said}" in buyer.get(address).text) is late, address
    answer = operator.post(f"/c/{shop.codes[0]}/scans", {"key": "again"}).text
    assert (f"{said}, late" in answer, said in answer) == (late, True)


def test_a_shop_in_which_nothing_circulates_is_told_where_to_begin(
    buyer: Client, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No empty bins." in buyer.get("/").text
    monkeypatch.setattr("kanban.reports.catalogue.has_no_loop", lambda session: True)
    page = buyer.get("/").text
    assert "Nothing circulates yet" in page
    assert "No empty bins." not in page
    assert "Nothing circulates yet" not in buyer.get("/?q=screw").text


def test_a_draft_whose_prices_nobody_knows_is_not_worth_nothing(
    operator: Client, buyer: Client, shop: ShopData
) -> None:
    order_id = signal(operator, shop.codes[0])
    buyer.post(f"/offers/{shop.offer}", {"pack_size": "10"})
    for address in ("/", f"/orders/{order_id}"):
        page = buyer.get(address).text
        assert "€0.00" not in page
        assert "Total</td>" not in page


def test_whom_to_call_is_not_said_of_an_order_that_has_come(
    operator: Client, buyer: Client, database: Database, shop: ShopData
) -> None:
    buyer.post(f"/suppliers/{shop.bolts}", {"name": "Bolts & Co", "kind": "external", "lead_time": "5"})
    order_id = signal(operator, shop.codes[0])
    buyer.post(f"/orders/{order_id}/release")
    with database.read() as session:
        (line,) = session.scalars(select(OrderLine.id))
    assert 'id="delivery-' in buyer.get("/").text
    operator.post(f"/order-lines/{line}/receipts", {"units": "30"})
    assert 'id="delivery-' not in buyer.get("/").text


def test_the_wall_shows_the_same_without_the_menu(operator: Client, shop: ShopData) -> None:
    signal(operator, shop.codes[0])
    page = operator.get("/?wall=1").text
    assert f'id="row-{shop.codes[0]}"' in page
    assert 'class="panel"' not in page


def test_revision_grows_with_every_event(operator: Client, database: Database, shop: ShopData) -> None:
    with database.read() as session:
        before = journal.revision(session)
    signal(operator, shop.codes[0])
    assert revision(database) > before
