"""What becomes of open turns when a card or a loop leaves."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kanban import items, orders
from tests.shop import Shop


def test_a_lost_cards_order_goes_on_with_its_successor(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    successor = shop.replace(shop.screws[0])
    assert shop.look(successor).order_id == order_id
    assert shop.supply(shop.screws[0]) == "full"
    assert shop.scan(successor).effect == "received"
    assert shop.supply(successor) == "full"


def test_the_bin_of_a_lost_card_is_not_ordered_twice(shop: Shop) -> None:
    first = shop.scan(shop.screws[0])
    successor = shop.replace(shop.screws[0])
    again = shop.scan(successor)
    assert (again.effect, again.order_id) == ("already", first.order_id)
    shop.release(first.order_id or 0)
    assert shop.line(first.order_id).quantity == 30  # one card of 25, in packs of 10


def test_a_full_card_is_replaced_without_a_turn(shop: Shop) -> None:
    assert shop.supply(shop.replace(shop.screws[0])) == "full"


def test_a_closed_loop_orders_nothing_more(shop: Shop) -> None:
    draft = shop.scan(shop.screws[0]).order_id
    shop.close_loop(shop.screws[0])
    with pytest.raises(orders.NothingToOrder):
        shop.release(draft or 0)


def test_what_a_closed_loop_has_on_order_still_arrives(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    shop.close_loop(shop.screws[0])
    shop.receive(shop.line(order_id).id, 30)
    assert shop.order(order_id).state == "received"


def test_cancelling_keeps_what_was_wanted_beside_the_cards(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    shop.add_extra(shop.screws[0])
    order_id = shop.scan(shop.screws[0]).order_id or 0
    shop.release(order_id)
    assert shop.line(order_id).quantity == 50
    shop.cancel(order_id)
    draft = shop.look(shop.screws[0]).order_id
    assert draft != order_id
    shop.release(draft or 0)
    assert shop.line(draft).quantity == 50


def test_a_place_cannot_be_named_like_a_path(shop: Shop) -> None:
    with pytest.raises(items.BadPlaceName):
        shop.write(lambda session: items.add_location(session, shop.deed(), "A › B"))


def test_a_journal_row_cannot_be_replaced_either(sqlite_shop: Shop) -> None:
    replace = text("INSERT OR REPLACE INTO event SELECT * FROM event WHERE id = 1")
    with pytest.raises(DBAPIError, match="append-only"):
        sqlite_shop.write(lambda session: session.execute(replace))


def test_quantities_stay_exact(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    assert isinstance(shop.line(order_id).quantity, Decimal)
