"""The supplier's page without an account: only presses act, and only on the link's own order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban import answers, clock, config, journal, orders, suppliers
from kanban.db import Database
from web.conftest import Client, ShopData, do, revision


@pytest.fixture
def order_id(operator: Client, buyer: Client, shop: ShopData) -> int:
    """An order of both cards, sent: 50 screws in packs of 10."""
    for code in shop.codes:
        found: int = operator.post(f"/c/{code}/scans", json={}).get_json()["order"]
    buyer.post(f"/orders/{found}/release")
    return found


@pytest.fixture
def link(app: Flask, order_id: int) -> str:
    secret = config.secret_key(app.extensions["kanban"].settings.data)
    return f"/s/{answers.token(answers.Link(order_id), secret)}"


def order_of(database: Database, order_id: int) -> orders.Order:
    with database.read() as session:
        order = session.get_one(orders.Order, order_id)
        assert order.lines
    return order


def test_a_supplier_confirms_everything_by_one_press(
    stranger: Client, buyer: Client, database: Database, link: str, order_id: int
) -> None:
    page = stranger.get(link)
    assert page.status_code == 200
    for told in ("B-100", "our SCREW", "5 × 10 pcs", "50 pcs", "Confirm everything as ordered", "€125.00"):
        assert told in page.text
    answer = stranger.post(f"{link}/confirmation", {})
    assert answer.location == f"{link}?said=confirmed"
    assert "Thank you" in stranger.get(answer.location).text
    assert order_of(database, order_id).state == "confirmed"
    shown = buyer.get(f"/orders/{order_id}").text
    assert "What the supplier said" in shown
    assert "confirmed for" in shown
    assert "the supplier answered: everything confirmed" in shown.lower()


def test_the_page_needs_no_script_and_keeps_quiet(stranger: Client, link: str) -> None:
    page = stranger.get(link)
    assert "<script" not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers.getlist("Referrer-Policy") == ["no-referrer"]
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize(
    "headers",
    [{}, {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"User-Agent": "BarracudaLinkScan"}],
)
def test_a_mail_scanner_that_opens_the_link_answers_nothing(
    stranger: Client, database: Database, link: str, order_id: int, method: str, headers: dict[str, str]
) -> None:
    before = revision(database)
    for path in (link, f"{link}?said=confirmed", f"{link}/order.pdf", f"/api/v1/answers/{link[3:]}"):
        assert stranger.open(path, method=method, headers=headers).status_code == 200
    assert stranger.get(f"{link}/confirmation").status_code == 405
    assert revision(database) == before
    assert order_of(database, order_id).state == "released"


def test_a_double_press_answers_once(stranger: Client, database: Database, link: str) -> None:
    first = stranger.post(f"{link}/confirmation", {}, key="one-gesture")
    before = revision(database)
    second = stranger.post(f"{link}/confirmation", {}, key="one-gesture")
    assert (first.status_code, second.status_code, revision(database)) == (303, 303, before)
    assert stranger.post(f"{link}/confirmation", {"note": "else"}, key="one-gesture").status_code == 422


def test_a_line_gets_another_day_less_and_another_price(
    stranger: Client, buyer: Client, database: Database, link: str, order_id: int
) -> None:
    (line,) = order_of(database, order_id).lines
    day = (clock.now() + timedelta(days=9)).date()
    fields = {
        f"quantity_{line.id}": "20", f"due_{line.id}": day.isoformat(), f"unit_price_{line.id}": "2,75",
        f"note_{line.id}": "steel is dear", "note": "Sorry!",
    }  # fmt: skip
    assert stranger.post(f"{link}/confirmation", fields).status_code == 303
    (line,) = order_of(database, order_id).lines
    assert (line.confirmed_quantity, line.confirmed_due, line.confirmed_price) == (20, day, None)
    page = buyer.get(f"/orders/{order_id}").text
    assert "costs €2.75 each, ordered at €2.50" in page
    assert "30 pcs cannot come" in page
    assert "Nobody else offers it" in page
    assert "Sorry!" in page
    assert "steel is dear" in page
    assert "€2.75: the buyer is asked" in stranger.get(link).text
    assert buyer.post("/line-answers/1/acceptance").status_code == 303
    assert order_of(database, order_id).lines[0].confirmed_price == Decimal("2.75")
    assert "the buyer accepts" in stranger.get(link).text


def test_a_shortage_goes_elsewhere_by_one_press_which_says_before_for_how_much(
    stranger: Client, buyer: Client, database: Database, shop: ShopData, link: str, order_id: int
) -> None:
    (line,) = order_of(database, order_id).lines

    def offer(session: Session, deed: journal.Deed, line: orders.OrderLine) -> int:
        paper = suppliers.add(session, deed, suppliers.SupplierFacts("Paper Ltd"))
        facts = suppliers.OfferFacts(rank=2)
        return suppliers.add_offer(session, deed, paper, line.supplier_item.item, facts).id

    offer_id = do(database, offer, orders.OrderLine, line.id)
    stranger.post(f"{link}/confirmation", {f"quantity_{line.id}": "44"})
    page = buyer.get(f"/orders/{order_id}").text
    for told in ("6 pcs cannot come", "As much would be asked elsewhere", "Ask Paper Ltd"):
        assert told in page
    assert buyer.post(f"/order-lines/{line.id}/alternatives/{offer_id}").status_code == 303
    with database.read() as session:
        (draft,) = session.scalars(select(orders.Order).where(orders.Order.state == "draft"))
        assert (draft.supplier.name, orders.need_of(draft.lines[0])) == ("Paper Ltd", 6)
    card, rest = f"/c/{shop.codes[1]}", "19 of 25 pcs still come from Bolts"
    told = buyer.get(card).text
    assert "It is on the next order to Paper Ltd." in told
    assert f"{rest} &amp; Co." in told
    assert rest not in buyer.get(f"/c/{shop.codes[0]}").text
    buyer.post(f"/orders/{draft.id}/release")
    received = buyer.post(f"{card}/scans", json={"mode": "receive"}).get_json()
    assert received["effect"] == "received"
    assert rest in received["verdict"]["text"]


def test_the_page_is_shown_again_with_what_was_typed_and_what_is_wrong(
    stranger: Client, database: Database, link: str, order_id: int
) -> None:
    (line,) = order_of(database, order_id).lines
    before = revision(database)
    for field, value, said in (
        ("quantity", "60", "At most the 50 pcs"), ("quantity", "many", "is not a number"),
        ("due", "2020-01-01", "lies in the past"), ("due", "soon", "is not a day"),
        ("unit_price", "-1", "must be at least 0"), ("note", "x" * 3000, ""),
    ):  # fmt: skip
        answer = stranger.post(f"{link}/confirmation", {f"{field}_{line.id}": value})
        assert answer.status_code == 422, field
        assert said in answer.text
        assert f'href="#{field}_{line.id}"' in answer.text
    assert stranger.post(f"{link}/confirmation", {"quantity_999": "1"}).status_code == 409
    assert stranger.post(f"{link}/confirmation", {"cheat": "1"}).status_code == 400
    assert revision(database) == before


def test_a_wanted_day_that_is_over_is_not_filled_in_and_may_stay_empty(
    stranger: Client, database: Database, link: str, order_id: int
) -> None:
    def age(session: Any) -> None:
        (line,) = session.get_one(orders.Order, order_id).lines
        line.due -= timedelta(days=60)

    database.write(age)
    (line,) = order_of(database, order_id).lines
    assert f'name="due_{line.id}" type="date" value=""' in stranger.get(link).text
    fields = {f"due_{line.id}": "", f"out_{line.id}": "yes"}
    assert stranger.post(f"{link}/confirmation", fields).status_code == 303
    assert order_of(database, order_id).lines[0].confirmed_quantity == 0


def test_goods_that_have_left_stand_on_the_order_with_their_tracking(
    stranger: Client, buyer: Client, database: Database, link: str, order_id: int
) -> None:
    (line,) = order_of(database, order_id).lines
    part = {f"quantity_{line.id}": "20", "carrier": "DHL", "tracking": "JJD 1"}
    assert stranger.post(f"{link}/shipment", part).location == f"{link}?said=left"
    assert order_of(database, order_id).state == "released"
    assert "20 pcs on the way" in buyer.get(f"/orders/{order_id}").text
    assert stranger.post(f"{link}/shipment", {f"quantity_{line.id}": "31"}).status_code == 422
    assert stranger.post(f"{link}/shipment", {}).status_code == 303
    assert order_of(database, order_id).state == "shipped"
    assert "DHL JJD 1" in buyer.get(f"/orders/{order_id}").text


def test_a_system_answers_by_the_same_verbs_in_json(
    stranger: Client, database: Database, link: str, order_id: int
) -> None:
    address = f"/api/v1/answers/{link[3:]}"
    (asked,) = stranger.get(address).get_json()["lines"]
    assert (asked["sku"], asked["buyer_sku"], asked["quantity"], asked["unit_price"]) == (
        "B-100",
        "SCREW",
        "50",
        "2.5",
    )
    said: dict[str, Any] = {"lines": [{"line": asked["line"], "quantity": "40", "due": "2030-01-02"}]}
    answer = stranger.post(f"{address}/confirmation", json=said)
    assert answer.status_code == 200
    assert answer.get_json()["lines"][0]["confirmed_quantity"] == "40"
    assert answer.get_json()["lines"][0]["confirmed_due"] == "2030-01-02"
    shipped = stranger.post(
        f"{address}/shipment", json={"carrier": "UPS", "lines": [{"line": asked["line"], "quantity": 10}]}
    )
    assert shipped.get_json()["lines"][0]["shipped"] == "10"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"lines": "all"}, 400), ({"lines": [1]}, 400), ({"lines": [{"quantity": 1}]}, 400),
        ({"lines": [{"line": True}]}, 400), ({"lines": [{"line": 1, "colour": "red"}]}, 400),
        ({"lines": [{"line": 1, "quantity": {}}]}, 422), ({"lines": [{"line": 1, "quantity": "NaN"}]}, 422),
        ({"lines": [{"line": 1, "due": 5}]}, 422), ({"lines": [{"line": 10**30}]}, 400), ([], 400),
        ({"note": "\ud800"}, 422), ({"note": 5}, 422),
    ],
)  # fmt: skip
def test_nonsense_is_answered_and_changes_nothing(
    stranger: Client, database: Database, link: str, sent: Any, status: int
) -> None:
    before = revision(database)
    answer = stranger.post(f"/api/v1/answers/{link[3:]}/confirmation", json=sent)
    assert answer.status_code == status, answer.get_json()
    assert answer.is_json
    assert revision(database) == before


def test_a_link_that_opens_nothing_says_what_became_of_it(
    stranger: Client, buyer: Client, database: Database, link: str, order_id: int
) -> None:
    for path in (link[:-1] + "x", "/s/nonsense", f"/s/{order_id}-1-", link + "%00"):
        for answer in (stranger.get(path), stranger.post(f"{path}/confirmation", {})):
            assert answer.status_code == 404, path
            assert "link is not complete" in answer.text
            assert "<script" not in answer.text
    assert stranger.get(f"/api/v1/answers/{link[3:-1]}x").is_json
    buyer.post(f"/orders/{order_id}/answer-link")
    for answer in (stranger.get(link), stranger.post(f"{link}/confirmation", {})):
        assert answer.status_code == 410
        assert "sent a newer one" in answer.text
    assert order_of(database, order_id).state == "released"


def test_the_buyer_sees_the_link_renews_and_closes_it(
    stranger: Client, buyer: Client, operator: Client, link: str, order_id: int
) -> None:
    assert f"http://kanban.example{link}" in buyer.get(f"/orders/{order_id}").text
    assert link not in operator.get(f"/orders/{order_id}").text
    buyer.post(f"/orders/{order_id}/answer-link/revocation")
    assert stranger.get(link).status_code == 410
    assert "link is closed" in buyer.get(f"/orders/{order_id}").text


def test_who_tries_links_is_held_up(stranger: Client, link: str) -> None:
    for number in range(100):
        stranger.post(f"/s/{number + 1}-1-{'A' * 22}/confirmation", {})
    assert stranger.post(f"{link}/confirmation", {}).status_code == 429
    assert stranger.get(link).status_code == 200


def test_a_finished_order_is_shown_and_takes_no_answer(
    stranger: Client, buyer: Client, database: Database, link: str, order_id: int
) -> None:
    do(database, orders.cancel, orders.Order, order_id)
    page = stranger.get(link)
    assert page.status_code == 200
    assert "was cancelled" in page.text
    assert "<form" not in page.text
    assert stranger.post(f"{link}/confirmation", {}).status_code == 409


def test_hostile_words_of_a_supplier_stay_words(
    stranger: Client, buyer: Client, database: Database, link: str, order_id: int
) -> None:
    (line,) = order_of(database, order_id).lines
    nasty = "<img src=x onerror=alert(1)>\"'"
    stranger.post(f"{link}/confirmation", {f"substitute_{line.id}": nasty, "note": nasty})
    for page in (buyer.get(f"/orders/{order_id}").text, stranger.get(link).text):
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page
