"""The screens of loops and of what one does with their cards."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kanban import loops, orders, scans
from kanban.db import Database
from kanban.loops import Card, Loop
from kanban.orders import Order
from web.conftest import Client, ShopData, deed, do, revision


def loop_of(database: Database, loop_id: int) -> Loop:
    with database.read() as session:
        return session.get_one(Loop, loop_id)


def cards_of(database: Database, loop_id: int) -> list[Card]:
    with database.read() as session:
        return loops.cards_in_service(session, session.get_one(Loop, loop_id))


def fields(shop: ShopData, **other: str) -> dict[str, str]:
    usual = {"offer_id": str(shop.offer), "location_id": str(shop.site), "kind": "purchase"}
    return {
        **usual,
        "card_quantity": "2,5",
        "minimum_cycle": "1.5",
        "owner": "Priya",
        "colour": "#2e7d32",
        **other,
    }


def empty(database: Database, code: str) -> int:
    this = deed()
    order_id = database.write(lambda session: scans.scan(session, this, code).order_id)
    assert order_id is not None
    return order_id


def test_a_buyer_makes_a_loop_with_its_cards(buyer: Client, database: Database, shop: ShopData) -> None:
    assert f"/loops/new?item={shop.screw}" in buyer.get("/loops/new?q=screw").text
    assert "Bolts &amp; Co, packs of 10 pcs" in buyer.get(f"/loops/new?item={shop.screw}").text
    answer = buyer.post("/loops", fields(shop, cards="3"))
    assert answer.status_code == 303
    loop_id = int(answer.location.rsplit("/", 1)[1])
    loop = loop_of(database, loop_id)
    assert (loop.card_quantity, loop.minimum_cycle, loop.owner) == (Decimal("2.5"), 90, "Priya")
    assert [card.number for card in cards_of(database, loop_id)] == [1, 2, 3]
    page = buyer.get(answer.location).text
    for said in (
        "2.5 pcs",
        "3 not on a bin yet",
        "1.5 h",
        "Not printed yet",
        f"/labels?loop={loop_id}",
        'fill="#2e7d32"',
    ):
        assert said in page


def test_a_second_try_makes_no_second_loop(buyer: Client, database: Database, shop: ShopData) -> None:
    first = buyer.post("/loops", fields(shop, cards="3"), key="one-press")
    before = revision(database)
    assert buyer.post("/loops", fields(shop, cards="3"), key="one-press").location == first.location
    assert revision(database) == before


def test_the_page_shows_where_each_card_stands(buyer: Client, database: Database, shop: ShopData) -> None:
    order_id = empty(database, shop.codes[0])
    page = buyer.get(f"/loops/{shop.loop}").text
    assert "1 of 2" in page
    assert f'href="/orders/{order_id}">draft order</a>' in page
    assert "Card 1: signalled, joined the draft for Bolts &amp; Co" in page
    do(database, orders.release, Order, order_id, buyer.application.extensions["kanban"].settings.zone)
    page = buyer.get(f"/loops/{shop.loop}").text
    assert f'href="/orders/{order_id}">PO-000001</a>, <time' in page


def test_a_viewer_sees_the_cards_and_no_buttons(viewer: Client, shop: ShopData) -> None:
    page = viewer.get(f"/loops/{shop.loop}").text
    assert "Card 2 of 2" in page
    assert "Change" not in page
    assert "/edit" not in page
    assert "closure" not in page


def test_a_loop_is_changed_and_its_printed_cards_want_new_paper(
    buyer: Client, database: Database, shop: ShopData
) -> None:
    this = deed()
    database.write(lambda s: loops.note_printed(s, this, [s.get_one(Card, card) for card in shop.cards]))
    form = buyer.get(f"/loops/{shop.loop}/edit").text
    assert 'value="25"' in form
    answer = buyer.post(f"/loops/{shop.loop}", fields(shop, card_quantity="30", location_id=str(shop.rack)))
    assert answer.location == f"/loops/{shop.loop}"
    loop = loop_of(database, shop.loop)
    assert (loop.card_quantity, loop.safety_factor) == (Decimal(30), Decimal("0.2"))
    assert all(card.reprint_requested for card in cards_of(database, shop.loop))
    assert "the card quantity to 30" in buyer.get(answer.location).text


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"card_quantity": "0"}, "The card quantity must be more than 0."),
        ({"card_quantity": ""}, "The card quantity is empty."),
        ({"location_id": ""}, "The place is empty."),
        ({"location_id": "999"}, "The place does not exist."),
        ({"minimum_cycle": "9000"}, "The minimum cycle must be at most 8,760."),
        ({"cards": "1000"}, "The number of cards must be at most 999."),
        ({"cards": "0"}, "The number of cards must be at least 1."),
        ({"colour": "red"}, "The colour is not a colour such as #c62828."),
        ({"kind": "other"}, "The kind must be"),
    ],
)
def test_a_bad_loop_is_refused_with_what_was_typed(
    buyer: Client, database: Database, shop: ShopData, other: dict[str, str], said: str
) -> None:
    before = revision(database)
    answer = buyer.post("/loops", fields(shop, **({"cards": "2"} | other)))
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Priya"' in answer.text
    assert revision(database) == before


def test_a_source_of_another_item_is_refused(buyer: Client, shop: ShopData) -> None:
    item = buyer.post("/items", {"sku": "NUT", "name": "Nut"}).location
    buyer.post(f"{item}/offers", {"supplier_id": str(shop.bolts), "pack_size": "1"})
    other = shop.offer + 1
    answer = buyer.post(f"/loops/{shop.loop}", fields(shop, offer_id=str(other)))
    assert answer.status_code == 422
    assert "This source offers another item." in answer.text


def test_an_item_that_nobody_supplies_leads_to_the_offer(buyer: Client) -> None:
    item = buyer.post("/items", {"sku": "NUT", "name": "Nut"}).location
    page = buyer.get(f"/loops/new?item={item.rsplit('/', 1)[1]}").text
    assert f"{item}/offers/new" in page


def test_more_cards_take_the_next_positions(buyer: Client, database: Database, shop: ShopData) -> None:
    assert buyer.post(f"/loops/{shop.loop}/cards", {"count": "2"}).location == f"/loops/{shop.loop}"
    assert [card.number for card in cards_of(database, shop.loop)] == [1, 2, 3, 4]


@pytest.mark.parametrize("count", ["0", "-1", "1.5", "many", "", "998", "9" * 40])
def test_impossible_numbers_of_cards_are_refused(
    buyer: Client, database: Database, shop: ShopData, count: str
) -> None:
    before = revision(database)
    assert buyer.post(f"/loops/{shop.loop}/cards", {"count": count}).status_code == 422
    assert revision(database) == before


def test_a_card_goes_on_hold_and_comes_back(buyer: Client, database: Database, shop: ShopData) -> None:
    address = f"/cards/{shop.cards[0]}/life"
    assert buyer.post(address, {"life": "on_hold"}).location == f"/loops/{shop.loop}"
    assert "on hold" in buyer.get(f"/loops/{shop.loop}").text
    assert buyer.post(address, {"life": "active"}).status_code == 303
    assert buyer.post(address, {"life": "surplus"}).status_code == 303
    assert buyer.post(address, {"life": "on_hold"}).status_code == 409
    assert buyer.post(address, {"life": "retired"}).status_code == 422
    assert cards_of(database, shop.loop)[0].life == "surplus"


def test_a_lost_card_is_replaced_at_its_position(buyer: Client, database: Database, shop: ShopData) -> None:
    address = f"/cards/{shop.cards[0]}/replacement"
    assert buyer.post(address, {"because": "lost"}, key="once-only").location == f"/loops/{shop.loop}"
    first, second = cards_of(database, shop.loop)
    assert (first.number, first.life) == (1, "new")
    assert first.code != shop.codes[0]
    assert second.id == shop.cards[1]
    assert "Card 1: reported lost" in buyer.get(f"/loops/{shop.loop}").text
    assert buyer.post(address, {"because": "lost"}, key="once-only").location == f"/loops/{shop.loop}"
    assert buyer.post(address, {"because": "lost"}).status_code == 409


def test_an_operator_asks_for_a_new_print_and_nothing_else(
    operator: Client, database: Database, shop: ShopData
) -> None:
    assert operator.post(f"/cards/{shop.cards[0]}/reprint").status_code == 303
    assert cards_of(database, shop.loop)[0].reprint_requested
    assert operator.post(f"/cards/{shop.cards[0]}/life", {"life": "on_hold"}).status_code == 403
    assert operator.post(f"/loops/{shop.loop}/closure").status_code == 403


def test_a_closed_loop_keeps_its_history_and_takes_no_more_changes(
    buyer: Client, database: Database, shop: ShopData
) -> None:
    assert buyer.post(f"/loops/{shop.loop}/closure").location == f"/loops/{shop.loop}"
    page = buyer.get(f"/loops/{shop.loop}").text
    assert "This loop is closed since" in page
    assert "Card 1: retired with its loop" in page
    assert f"/loops/{shop.loop}/edit" not in page
    assert buyer.post(f"/loops/{shop.loop}/cards", {"count": "1"}).status_code == 409
    assert buyer.post(f"/loops/{shop.loop}", fields(shop)).status_code == 409
    assert buyer.get("/loops?state=closed").text.count('id="loop-') == 1
    assert buyer.get("/loops").text.count('id="loop-') == 0


def test_the_list_shows_the_loops_with_an_empty_bin(
    viewer: Client, database: Database, shop: ShopData
) -> None:
    assert viewer.get("/loops?state=empty").text.count('id="loop-') == 0
    empty(database, shop.codes[0])
    page = viewer.get("/loops?state=empty").text
    assert page.count('id="loop-') == 1
    assert "1 of 2 empty" in page


@pytest.mark.parametrize("of", ["item", "supplier", "location"])
def test_the_list_is_narrowed_to_one_thing(viewer: Client, shop: ShopData, of: str) -> None:
    known = {"item": shop.screw, "supplier": shop.bolts, "location": shop.rack}[of]
    assert viewer.get(f"/loops?{of}={known}").text.count('id="loop-') == 1
    assert viewer.get(f"/loops?{of}=999").text.count('id="loop-') == 0
    assert viewer.get(f"/loops?{of}=x").status_code == 400


@pytest.mark.parametrize(
    "path", ["/cards/999/life", "/cards/99999999999999999999/life", "/loops/999/closure"]
)
def test_what_does_not_exist_is_not_there(buyer: Client, path: str) -> None:
    assert buyer.post(path, {"life": "active"}).status_code in (404, 405)


def test_looking_changes_nothing(buyer: Client, database: Database, shop: ShopData) -> None:
    before = revision(database)
    for path in ("/loops", "/loops/new", f"/loops/{shop.loop}", f"/loops/{shop.loop}/edit"):
        assert buyer.get(path).status_code == 200
    for path in (f"/loops/{shop.loop}/closure", f"/cards/{shop.cards[0]}/life"):
        assert buyer.get(path).status_code == 405
    assert revision(database) == before
