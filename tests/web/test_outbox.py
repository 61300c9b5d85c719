"""What leaves the house, on the screens: the board says what needs a person, who can do it there."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban import outbox
from kanban.db import Database
from kanban.outbox import Delivery
from tests.web.conftest import Client, ShopData, deed


@pytest.fixture
def order(operator: Client, buyer: Client, shop: ShopData) -> int:
    """A released order whose delivery waits for a mail server."""
    draft: int = operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()["order"]
    buyer.post(f"/orders/{draft}/release", {})
    return draft


def delivery(database: Database) -> Delivery:
    with database.read() as session:
        return session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()  # type: ignore[return-value]


def make_dead(database: Database) -> None:
    def verb(session: Session) -> None:
        row = session.scalars(select(Delivery)).one()
        (claim,) = outbox.claim(session, row.due_at, [row.channel], outbox.DELAYS[2])
        outbox.failed(session, deed(), claim, "550 no such user", final=True, unsure=False, chance=0)

    database.write(verb)


def make_held(database: Database, because: str = "value") -> None:
    def verb(session: Session) -> None:
        row = session.scalars(select(Delivery)).one()
        row.state, row.held_because = "held", because

    database.write(verb)


def test_a_dead_order_is_on_the_board_and_goes_out_again_from_there(
    buyer: Client, database: Database, order: int
) -> None:
    make_dead(database)
    board = buyer.get("/").text
    assert "1 order needs you to reach its supplier" in board
    assert "550 no such user" in board
    row = delivery(database)
    answer = buyer.post(
        f"/deliveries/{row.id}/trial",
        {},
        headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/?by=item"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?by=item")
    assert delivery(database).state == "queued"


def test_the_order_page_shows_how_it_reaches_its_supplier(buyer: Client, order: int) -> None:
    page = buyer.get(f"/orders/{order}").text
    assert "waits to leave" in page
    assert "orders@bolts.example" in page
    assert "No mail server is set" in page


def test_what_waits_for_a_mail_server_is_on_the_board(buyer: Client, order: int) -> None:
    assert "1 order waits for a mail server" in buyer.get("/").text


def test_operators_see_no_trouble_that_they_cannot_mend(operator: Client, order: int) -> None:
    assert "needs you to reach" not in operator.get("/").text


def test_a_held_order_leaves_when_a_buyer_says_so(buyer: Client, database: Database, order: int) -> None:
    make_held(database)
    assert "Its value is over the limit" in buyer.get("/").text
    buyer.post(f"/deliveries/{delivery(database).id}/letting-go", {})
    assert delivery(database).state == "queued"
    assert buyer.post(f"/deliveries/{delivery(database).id}/letting-go", {}).status_code == 409


def test_a_dead_order_goes_to_another_address(buyer: Client, database: Database, order: int) -> None:
    make_dead(database)
    dead = delivery(database)
    assert "orders@bolts.example" in buyer.get(f"/deliveries/{dead.id}/other-way").text
    refused = buyer.post(f"/deliveries/{dead.id}/other-way", {"channel": "email", "address": "no address"})
    assert refused.status_code == 422
    assert "is not one e-mail address" in refused.text
    buyer.post(f"/deliveries/{dead.id}/other-way", {"channel": "email", "address": "sales@bolts.example"})
    assert (delivery(database).address, delivery(database).state) == ("sales@bolts.example", "queued")


def test_a_call_is_made_from_its_sheet_and_noted(buyer: Client, database: Database, order: int) -> None:
    make_dead(database)
    buyer.post(f"/deliveries/{delivery(database).id}/other-way", {"channel": "phone", "address": "0123 456"})
    call = delivery(database)
    sheet = buyer.get(f"/deliveries/{call.id}/call-sheet").text
    for said in ("PO-000001", "B-100", "3 × 10 pcs", "our SCREW", "tel:0123456"):
        assert said in sheet
    assert "Call the supplier" in buyer.get("/").text
    buyer.post(f"/deliveries/{call.id}/handover", {"note": "Ms Bolt, Tuesday"})
    assert (delivery(database).state, delivery(database).answer) == ("delivered", "Ms Bolt, Tuesday")
    assert "needs you" not in buyer.get("/").text


def test_everything_is_paused_and_every_screen_says_so(
    buyer: Client, viewer: Client, database: Database
) -> None:
    buyer.post("/shop/brakes/pause", {"because": "wrong prices"})
    for address in ("/", "/items", "/orders"):
        page = viewer.get(address).text
        assert "Everything that leaves is paused" in page
        assert "wrong prices" in page
        assert "Buyer" in page
        assert "Let everything leave again" not in page
    assert "Let everything leave again" in buyer.get("/items").text
    buyer.post("/shop/brakes/going-on", {})
    assert "paused" not in buyer.get("/").text


def test_limits_are_set_and_bad_ones_refused(admin: Client, buyer: Client, database: Database) -> None:
    assert "200" in buyer.get("/shop/brakes").text
    refused = admin.post("/shop/brakes", {"order_value": "-1", "mails_an_hour": "0"})
    assert refused.status_code == 422
    admin.post("/shop/brakes", {"order_value": "1500.50", "rest_seconds": "30"})
    with database.read() as session:
        brakes = outbox.brakes.get(session)
    assert (str(brakes.order_value), brakes.orders_a_day, brakes.new_suppliers_ask) == (
        "1500.5000",
        None,
        False,
    )
    assert brakes.rest_seconds == 30


def test_an_order_over_the_limit_is_held_although_a_person_sent_it(
    admin: Client, buyer: Client, operator: Client, shop: ShopData
) -> None:
    admin.post("/shop/brakes", {"order_value": "10"})
    draft = operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()["order"]
    buyer.post(f"/orders/{draft}/release", {})
    assert "Send it anyway" in buyer.get(f"/orders/{draft}").text


def test_the_outbox_lists_and_finds(buyer: Client, order: int) -> None:
    assert "PO-000001" in buyer.get("/outbox").text
    assert "PO-000001" in buyer.get("/outbox?q=bolts&state=open", headers={"HX-Request": "true"}).text
    assert "PO-000001" not in buyer.get("/outbox?state=dead").text
    assert "PO-000001" not in buyer.get("/outbox?q=nobody").text


def test_without_a_mail_server_the_screen_says_what_to_do(admin: Client) -> None:
    assert "KANBAN_SMTP_HOST" in admin.get("/shop/mail").text


@pytest.mark.parametrize("address", ["", "no address", "a@b.example\nBcc: c@d.example", "x" * 300])
def test_a_test_mail_goes_to_one_address_only(admin: Client, database: Database, address: str) -> None:
    assert admin.post("/shop/mail/test", {"address": address}).status_code == 422
    with database.read() as session:
        assert session.scalars(select(Delivery)).all() == []


@pytest.mark.parametrize("step", ["letting-go", "trial", "handover", "other-way"])
def test_steps_of_a_delivery_that_is_not_there_are_404(buyer: Client, step: str) -> None:
    assert (
        buyer.post(f"/deliveries/999/{step}", {"channel": "phone"} if step == "other-way" else {}).status_code
        == 404
    )


def test_prices_stay_with_buyers(operator: Client, order: int) -> None:
    assert "orders@bolts.example" not in operator.get(f"/orders/{order}").text
