"""Our own stores: goods picked for a card, bins emptied there, chains that feed themselves refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from shop import BERLIN, SCREW, Shop, stock
from sqlalchemy.orm import Session

from kanban import items, journal, loops, orders, scans, suppliers
from kanban.items import Location
from kanban.keeping import verify
from kanban.reports import picking
from kanban.suppliers import OfferFacts, Supplier, SupplierFacts


class Depot:
    """A store in the shop of the tests: it takes screws from its own rack, which a firm fills, to a bench."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        deed = shop.deed()

        def fill(session: Session) -> tuple[int, list[str], list[str]]:
            site = session.get_one(Location, shop.ids["site"])
            area = items.add_location(session, deed, "Store", site)
            rack = items.add_location(session, deed, "S1", area)
            bench = items.add_location(session, deed, "Bench", site)
            store = suppliers.add(session, deed, SupplierFacts("Central store", kind="internal", lead_time=1))
            suppliers.set_place(session, deed, store, area)
            firm = session.get_one(Supplier, shop.ids["bolts"])
            shelf = stock(session, deed, rack, firm, "NUT", SCREW, 40, 2)
            nut = items.by_sku(session, "NUT")
            assert nut is not None
            offer = suppliers.add_offer(session, deed, store, nut, OfferFacts())
            loop = loops.add(session, deed, bench, offer, loops.LoopFacts(Decimal(10), kind="transfer"))
            cards = [card.code for card in loops.add_cards(session, deed, loop, 3, "active")]
            shop.ids |= {"store": store.id, "area": area.id, "s1": rack.id, "bench": bench.id, "nut": nut.id}
            return store.id, cards, shelf

        self.id, self.bench, self.shelf = shop.write(fill)

    def pick(self, code: str, **wish: Any) -> scans.Answer:
        return self.shop.scan(code, mode="pick", zone=BERLIN, **wish)


@pytest.fixture
def depot(shop: Shop) -> Depot:
    return Depot(shop)


def test_a_card_goes_from_signal_to_pick_to_its_bin(shop: Shop, depot: Depot) -> None:
    order_id = shop.ordered(depot.bench[0], depot.bench[1])
    picked = depot.pick(depot.bench[0])
    assert (picked.effect, picked.order_id) == ("picked", order_id)
    assert [shop.supply(code) for code in depot.bench] == ["in_transit", "ordered", "full"]
    assert shop.order(order_id).state == "released"
    assert shop.scan(depot.bench[0]).effect == "received"
    assert shop.supply(depot.bench[0]) == "full"
    depot.pick(depot.bench[1])
    assert shop.order(order_id).state == "partly_received"
    assert shop.scan(depot.bench[1]).effect == "received"
    assert shop.order(order_id).state == "received"
    with shop.database.read() as session:
        assert list(verify.verify(session)) == []


def test_an_order_is_on_its_way_when_all_its_cards_are(shop: Shop, depot: Depot) -> None:
    order_id = shop.ordered(depot.bench[0], depot.bench[1])
    depot.pick(depot.bench[0])
    depot.pick(depot.bench[1])
    assert (shop.order(order_id).state, shop.order(order_id).shipped_at) == ("shipped", shop.at)


def test_picking_from_a_draft_sends_it(shop: Shop, depot: Depot) -> None:
    order_id = shop.scan(depot.bench[0]).order_id
    assert depot.pick(depot.bench[0]).effect == "picked"
    assert (shop.order(order_id).state, shop.order(order_id).number) == ("shipped", "PO-000001")
    assert shop.scan(depot.bench[1]).order_id != order_id


def test_the_pick_that_empties_a_bin_signals_it_upstream(shop: Shop, depot: Depot) -> None:
    shop.scan(depot.bench[0])
    depot.pick(depot.bench[0], emptied=depot.shelf[0])
    assert [shop.supply(code) for code in depot.shelf] == ["empty", "full"]
    assert shop.look(depot.shelf[0]).supplier == "Bolts & Co"
    assert [event.facts for event in shop.events("picked")] == [{}]


def test_the_same_gesture_again_picks_and_signals_once(shop: Shop, depot: Depot) -> None:
    shop.scan(depot.bench[0])
    deed = shop.deed("pick-once")
    first = shop.scan(depot.bench[0], deed, mode="pick", emptied=depot.shelf[0])
    again = shop.scan(depot.bench[0], deed, mode="pick", emptied=depot.shelf[0])
    assert (first.effect, again.effect, again.replayed) == ("picked", "picked", True)
    assert len(shop.events("picked")) == 1


def test_a_bin_that_does_not_feed_the_card_is_not_signalled(shop: Shop, depot: Depot) -> None:
    shop.scan(depot.bench[0])
    for code in (shop.screws[0], depot.bench[1]):
        with pytest.raises(scans.NotUpstream):
            depot.pick(depot.bench[0], emptied=code)
    assert shop.supply(depot.bench[0]) == "empty"


def test_what_is_full_of_a_firm_or_gone_already_is_not_picked(shop: Shop, depot: Depot) -> None:
    assert depot.pick(depot.bench[0]).reason == "not_to_pick"
    shop.scan(shop.screws[0])
    assert depot.pick(shop.screws[0]).reason == "of_a_firm"
    shop.scan(depot.bench[0])
    depot.pick(depot.bench[0])
    assert depot.pick(depot.bench[0]).effect == "already"


def test_a_store_is_not_filled_from_itself(shop: Shop, depot: Depot) -> None:
    """The store's own rack cannot be a bin that the store replenishes."""
    deed = shop.deed()

    def add(session: Session) -> None:
        place = session.get_one(Location, shop.ids["s1"])
        offer = suppliers.offer_of(
            session, session.get_one(Supplier, depot.id), session.get_one(items.Item, shop.ids["nut"])
        )
        assert offer is not None
        loops.add(session, deed, place, offer, loops.LoopFacts(Decimal(10), kind="transfer"))

    with pytest.raises(suppliers.SupplyCircle, match="NUT"):
        shop.write(add)
    assert shop.count(loops.Loop) == 5


def test_two_stores_do_not_fill_each_other(shop: Shop, depot: Depot) -> None:
    deed = shop.deed()

    def add(session: Session) -> None:
        nut = session.get_one(items.Item, shop.ids["nut"])
        kiosk = suppliers.add(session, deed, SupplierFacts("Kiosk", kind="internal"))
        suppliers.set_place(session, deed, kiosk, session.get_one(Location, shop.ids["bench"]))
        offer = suppliers.add_offer(session, deed, kiosk, nut, OfferFacts())
        place = session.get_one(Location, shop.ids["s1"])
        loops.add(session, deed, place, offer, loops.LoopFacts(Decimal(10), kind="transfer"))

    with pytest.raises(suppliers.SupplyCircle):
        shop.write(add)


WINDOW = timedelta(seconds=10)


def put_back(shop: Shop, code: str, **how: Any) -> scans.Answer:
    deed = shop.deed()
    return shop.write(lambda session: scans.put_back(session, deed, code, window=WINDOW, **how))


def test_a_pick_is_put_back_within_the_time_for_undo(shop: Shop, depot: Depot) -> None:
    order_id = shop.ordered(depot.bench[0])
    depot.pick(depot.bench[0])
    assert shop.order(order_id).state == "shipped"
    shop.later(seconds=9)
    assert put_back(shop, depot.bench[0]).effect == "put_back"
    assert (shop.order(order_id).state, shop.order(order_id).shipped_at) == ("released", None)
    assert shop.supply(depot.bench[0]) == "ordered"
    assert depot.pick(depot.bench[0]).effect == "picked"
    assert shop.scan(depot.bench[0]).effect == "received"


def test_a_pick_that_is_long_ago_is_put_back_by_a_buyer_only(shop: Shop, depot: Depot) -> None:
    shop.ordered(depot.bench[0])
    depot.pick(depot.bench[0])
    shop.later(seconds=60)
    with pytest.raises(scans.TooLate):
        put_back(shop, depot.bench[0])
    assert put_back(shop, depot.bench[0], anyway=True).effect == "put_back"


def test_what_was_not_picked_or_is_received_is_not_put_back(shop: Shop, depot: Depot) -> None:
    with pytest.raises(scans.NothingToUndo):
        put_back(shop, depot.bench[0])
    shop.ordered(depot.bench[0], depot.bench[1])
    depot.pick(depot.bench[0])
    shop.scan(depot.bench[0])
    with pytest.raises(scans.NothingToUndo):
        put_back(shop, depot.bench[0], anyway=True)
    with pytest.raises(scans.NothingToUndo):
        put_back(shop, depot.bench[1], anyway=True)


def test_a_place_that_moves_so_that_bins_would_feed_themselves_stays(shop: Shop, depot: Depot) -> None:
    deed = shop.deed()

    def move(session: Session) -> bool:
        bench, area = (session.get_one(Location, shop.ids[name]) for name in ("bench", "area"))
        return suppliers.change_location(session, deed, bench, "Bench", area, "")

    with pytest.raises(suppliers.SupplyCircle):
        shop.write(move)
    with shop.database.read() as session:
        assert session.get_one(Location, shop.ids["bench"]).parent_id == shop.ids["site"]


def test_a_place_that_would_close_a_circle_is_refused(shop: Shop, depot: Depot) -> None:
    deed = shop.deed()

    def move(session: Session) -> None:
        place = session.get_one(Location, shop.ids["site"])
        suppliers.set_place(session, deed, session.get_one(Supplier, depot.id), place)

    with pytest.raises(suppliers.SupplyCircle):
        shop.write(move)


def test_a_firm_stands_nowhere_in_the_house(shop: Shop) -> None:
    deed = shop.deed()
    with pytest.raises(suppliers.NotInternal):
        shop.write(
            lambda session: suppliers.set_place(
                session, deed, session.get_one(Supplier, shop.ids["bolts"]), None
            )
        )


def test_goods_of_a_firm_are_not_picked_by_any_door(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    turn_id = shop.line(order_id).replenishments[0].id
    deed: journal.Deed = shop.deed()
    with pytest.raises(orders.NotOurs):
        shop.write(
            lambda session: orders.pick(session, deed, session.get_one(orders.Replenishment, turn_id), BERLIN)
        )


def test_the_pick_list_is_in_the_order_of_need_and_of_the_walk(shop: Shop, depot: Depot) -> None:
    for code in depot.bench[:2]:
        shop.scan(code)
        shop.later(minutes=1)
    shop.set_urgent(depot.bench[1])
    with shop.database.read() as session:
        rows = picking.to_pick(session, depot.id, shop.at.date(), making=False)
        assert [row.code for row in rows] == [depot.bench[1], depot.bench[0]]
        assert (rows[0].urgent, rows[0].risk, rows[0].drafted, rows[0].gone) == (True, False, True, False)
        assert (rows[0].from_place, rows[0].to_place) == ("Works › Store › S1", "Works › Bench")
        assert [each.code for each in rows[0].bins] == depot.shelf
        assert [(each.name, each.waiting) for each in picking.sources(session, making=False)] == [
            ("Central store", 2)
        ]
        assert picking.sources(session, making=True) == []
    shop.scan(depot.bench[2])
    depot.pick(depot.bench[1])
    with shop.database.read() as session:
        rows = picking.to_pick(session, depot.id, shop.at.date(), making=False)
    assert [row.code for row in rows] == [depot.bench[0], depot.bench[2], depot.bench[1]]
    assert [row.risk for row in rows] == [True, True, True]
    assert rows[-1].gone
