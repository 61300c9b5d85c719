"""Deliveries over several orders, mistakes corrected, goods set apart and sent back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from shop import Shop
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import journal, orders, receipts
from kanban.keeping import verify
from kanban.receipts import Arrival, ReturnWish
from kanban.reports import receiving as dock
from kanban.suppliers import Supplier

T = TypeVar("T")


def deliver(shop: Shop, *arrivals: Arrival, supplier: str = "bolts", **how: Any) -> receipts.DeliveryNote:
    deed = shop.deed()
    return shop.write(
        lambda session: receipts.receive(
            session, deed, session.get_one(Supplier, shop.ids[supplier]), arrivals, **how
        )
    )


def do(shop: Shop, verb: Callable[..., T], table: type[Any], row_id: int, *rest: Any) -> T:
    deed = shop.deed()
    return shop.write(lambda session: verb(session, deed, session.get_one(table, row_id), *rest))


def arrival(shop: Shop, order_id: int, good: int = 0, sku: str = "SCREW", **more: Any) -> Arrival:
    numbers = {name: Decimal(value) if isinstance(value, int) and value is not True else value
               for name, value in more.items()}  # fmt: skip
    return Arrival(order_id, shop.line(order_id, sku).id, Decimal(good), **numbers)


def first(shop: Shop, table: type[T]) -> T:
    with shop.database.read() as session:
        found = session.scalars(select(table)).first()
    assert found is not None
    return found


def receipt_of(shop: Shop, order_id: int, sku: str = "SCREW") -> int:
    with shop.database.read() as session:
        line_id = shop.line(order_id, sku).id
        query = select(receipts.Receipt.id).where(receipts.Receipt.order_line_id == line_id)
        return session.scalars(query.order_by(receipts.Receipt.id)).one()


def in_order(shop: Shop) -> None:
    """The tables hold what the journal says, and no invariant is broken."""
    with shop.database.read() as session:
        assert list(verify.verify(session)) == []


def test_a_delivery_covers_several_orders_of_one_supplier(shop: Shop) -> None:
    one = shop.on_its_way(shop.screws[0])
    other = shop.on_its_way(shop.gloves[0])
    note = deliver(shop, arrival(shop, one, 30), arrival(shop, other, 24, "GLOVE"), number="LS 4711")
    assert (note.number, note.supplier_id, note.at) == ("LS 4711", shop.ids["bolts"], shop.at)
    assert (shop.order(one).state, shop.order(other).state) == ("received", "received")
    assert (shop.supply(shop.screws[0]), shop.supply(shop.gloves[0])) == ("full", "full")
    with shop.database.read() as session:
        assert set(session.scalars(select(receipts.Receipt.delivery_note_id))) == {note.id}
    in_order(shop)


def test_a_line_that_is_not_of_the_named_order_receives_nothing(shop: Shop) -> None:
    one = shop.on_its_way(shop.screws[0])
    other = shop.on_its_way(shop.gloves[0])
    line = shop.line(one).id
    with pytest.raises(receipts.OtherSupplier):
        deliver(shop, Arrival(other, line, Decimal(30)))
    with pytest.raises(receipts.OtherSupplier):
        deliver(shop, Arrival(one, line, Decimal(30)), supplier="paper_ltd")
    assert shop.count(receipts.Receipt) == 0


def test_a_delivery_is_taken_in_whole_or_not_at_all(shop: Shop) -> None:
    one = shop.on_its_way(shop.screws[0])
    other = shop.on_its_way(shop.gloves[0])
    shop.receive(shop.line(other, "GLOVE").id, 24)
    with pytest.raises(receipts.NothingComing, match=r"GLOVE of PO-"):
        deliver(shop, arrival(shop, one, 30), Arrival(other, shop.line(other, "GLOVE").id, Decimal(1)))
    assert shop.line(one).received == 0


def test_an_empty_delivery_is_refused(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    with pytest.raises(receipts.BadReceipt, match="nothing is counted"):
        deliver(shop, arrival(shop, order_id))
    with pytest.raises(receipts.BadReceipt):
        deliver(shop, Arrival(order_id, shop.line(order_id).id, Decimal("NaN")))


def test_a_note_that_was_received_before_is_asked_about(shop: Shop) -> None:
    order_id = shop.on_its_way(*shop.screws)
    note = deliver(shop, arrival(shop, order_id, 10), number="LS 1")
    with pytest.raises(receipts.Doubtful) as doubt:
        deliver(shop, arrival(shop, order_id, 10), number="ls  1")
    assert len(doubt.value.questions) == 1
    assert shop.line(order_id).received == 10
    assert deliver(shop, arrival(shop, order_id, 10), number="ls 1", sure=True).id == note.id
    assert (shop.line(order_id).received, shop.count(receipts.DeliveryNote)) == (20, 1)


def test_far_more_than_was_ordered_is_asked_about_and_then_taken(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    with pytest.raises(receipts.Doubtful, match="300"):
        deliver(shop, arrival(shop, order_id, 300))
    deliver(shop, arrival(shop, order_id, 300), sure=True)
    assert shop.line(order_id).received == 300


def test_twice_what_was_ordered_and_a_pack_is_believed(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    assert (shop.line(order_id).pending, shop.line(order_id).pack_size) == (30, 10)
    with pytest.raises(receipts.Doubtful, match="71"):
        deliver(shop, arrival(shop, order_id, 71))
    deliver(shop, arrival(shop, order_id, 70))
    assert shop.line(order_id).received == 70


def test_the_buyer_may_say_that_the_rest_will_not_come(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0], shop.screws[1])
    deliver(shop, arrival(shop, order_id, 30, short=True))
    assert (shop.line(order_id).outcome, shop.order(order_id).state) == ("short", "received")
    assert shop.supply(shop.screws[1]) == "full"
    in_order(shop)


def test_damaged_and_wrong_goods_stay_apart_and_their_line_waits_for_good_ones(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    deliver(shop, arrival(shop, order_id, 20, damaged=6, wrong=4, note="wet box"))
    line = shop.line(order_id)
    assert (line.received, line.pending, line.order.state) == (20, 10, "partly_received")
    assert shop.supply(shop.screws[0]) == "in_transit"
    with shop.database.read() as session:
        kept = session.execute(select(receipts.Quarantine.reason, receipts.Quarantine.quantity)).all()
    assert sorted((row.reason, row.quantity) for row in kept) == [("damaged", 6), ("wrong_item", 4)]
    in_order(shop)


def test_what_was_set_apart_and_is_usable_after_all_fills_its_card(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    deliver(shop, arrival(shop, order_id, 20, damaged=10))
    kept = first(shop, receipts.Quarantine)
    do(shop, receipts.accept, receipts.Quarantine, kept.id, Decimal(10), "only the box was torn")
    assert (shop.order(order_id).state, shop.supply(shop.screws[0])) == ("received", "full")
    assert first(shop, receipts.Quarantine).closed_at == shop.at
    with pytest.raises(receipts.NotInQuarantine):
        do(shop, receipts.accept, receipts.Quarantine, kept.id, Decimal(1), "again")
    in_order(shop)


def test_damaged_goods_go_back_for_a_replacement_which_is_simply_still_to_come(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    deliver(shop, arrival(shop, order_id, 20, damaged=10))
    kept = first(shop, receipts.Quarantine)
    wish = ReturnWish(Decimal(10), "damaged", "replacement", "RMA 77")
    sent = do(shop, receipts.return_quarantined, receipts.Quarantine, kept.id, wish)
    assert (sent.reference, sent.settled_at, shop.line(order_id).pending) == ("RMA 77", None, 10)
    deliver(shop, arrival(shop, order_id, 10))
    do(shop, receipts.settle_return, receipts.Return, sent.id, "came with LS 4712")
    assert shop.order(order_id).state == "received"
    with pytest.raises(receipts.ReturnSettled):
        do(shop, receipts.settle_return, receipts.Return, sent.id, "again")
    in_order(shop)


def test_damaged_goods_go_back_for_credit_and_their_cards_are_signalled_again(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0], shop.screws[1])
    deliver(shop, arrival(shop, order_id, 25, damaged=25))
    kept = first(shop, receipts.Quarantine)
    wish = ReturnWish(Decimal(25), "damaged", "credit")
    do(shop, receipts.return_quarantined, receipts.Quarantine, kept.id, wish)
    line = shop.line(order_id)
    assert (line.returned, line.pending, line.order.state) == (25, 0, "received")
    assert (shop.supply(shop.screws[0]), shop.supply(shop.screws[1])) == ("full", "empty")
    assert shop.look(shop.screws[1]).order_id != order_id
    in_order(shop)


def test_goods_in_use_go_back_for_a_replacement_and_their_card_waits_again(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    deliver(shop, arrival(shop, order_id, 30))
    wish = ReturnWish(Decimal(30), "damaged", "replacement")
    do(shop, receipts.return_goods, orders.OrderLine, shop.line(order_id).id, wish)
    line = shop.line(order_id)
    assert (line.received, line.pending, line.order.state) == (0, 30, "shipped")
    assert shop.supply(shop.screws[0]) == "in_transit"
    in_order(shop)
    deliver(shop, arrival(shop, order_id, 30))
    assert shop.order(order_id).state == "received"
    in_order(shop)


def test_goods_in_use_go_back_for_credit_and_stay_received(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0], shop.screws[1])
    deliver(shop, arrival(shop, order_id, 50))
    line_id = shop.line(order_id).id
    do(shop, receipts.return_goods, orders.OrderLine, line_id, ReturnWish(Decimal(25), "damaged", "credit"))
    assert (shop.line(order_id).received, shop.order(order_id).state) == (50, "received")
    assert [shop.supply(code) for code in shop.screws[:2]] == ["full", "empty"]
    quietly = ReturnWish(Decimal(25), "not_needed", "nothing", give_back=False)
    sent = do(shop, receipts.return_goods, orders.OrderLine, line_id, quietly)
    assert (sent.settled_at, shop.supply(shop.screws[0])) == (shop.at, "full")
    with pytest.raises(receipts.BadReceipt, match="gone back"):
        do(shop, receipts.return_goods, orders.OrderLine, line_id, quietly)
    in_order(shop)


def test_a_mistaken_receipt_is_countered_and_its_line_and_card_are_open_again(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0], shop.screws[1])
    deliver(shop, arrival(shop, order_id, 50))
    receipt_id = receipt_of(shop, order_id)
    entry = do(shop, receipts.correct, receipts.Receipt, receipt_id, Decimal(5), "typed 50 for 5")
    assert (entry.quantity, entry.counters_id, entry.note) == (-45, receipt_id, "typed 50 for 5")
    line = shop.line(order_id)
    assert (line.received, line.pending, line.order.state) == (5, 45, "partly_received")
    assert [turn.received for turn in line.replenishments] == [5, 0]
    assert {shop.supply(code) for code in shop.screws[:2]} == {"in_transit"}
    with shop.database.read() as session:
        assert receipts.counted(session, session.get_one(receipts.Receipt, receipt_id)) == 5
        assert session.get_one(receipts.Receipt, receipt_id).quantity == 50
    in_order(shop)


def test_a_correction_to_nothing_leaves_the_order_as_before_the_receipt(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    deliver(shop, arrival(shop, order_id, 30))
    receipt_id = receipt_of(shop, order_id)
    do(shop, receipts.correct, receipts.Receipt, receipt_id, Decimal(0), "wrong order")
    assert (shop.order(order_id).state, shop.supply(shop.screws[0])) == ("shipped", "in_transit")
    do(shop, receipts.correct, receipts.Receipt, receipt_id, Decimal(30), "it was right")
    assert (shop.order(order_id).state, shop.supply(shop.screws[0])) == ("received", "full")
    in_order(shop)


def test_a_card_that_went_on_since_is_not_opened_again(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    deliver(shop, arrival(shop, order_id, 30))
    shop.later(hours=1)
    assert shop.scan(shop.screws[0]).effect == "signalled"
    do(shop, receipts.correct, receipts.Receipt, receipt_of(shop, order_id), Decimal(10), "counted wrongly")
    line = shop.line(order_id)
    assert (line.received, line.pending) == (10, 20)
    assert [(turn.received, turn.outcome) for turn in line.replenishments] == [(10, "short")]
    assert shop.supply(shop.screws[0]) == "empty"
    in_order(shop)


def test_a_correction_of_a_card_s_receipt_takes_from_that_card_first(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0], shop.screws[1])
    shop.scan(shop.screws[0])
    with shop.database.read() as session:
        receipt_id = session.scalars(select(receipts.Receipt.id)).one()
    shop.receive(shop.line(order_id).id, 25)
    do(shop, receipts.correct, receipts.Receipt, receipt_id, Decimal(0), "other card")
    assert [shop.supply(code) for code in shop.screws[:2]] == ["in_transit", "full"]
    in_order(shop)


@pytest.mark.parametrize(("right", "reason"), [("30", "same"), ("-1", "less"), ("NaN", "odd"), ("10", "")])
def test_a_correction_says_something_new_and_why(shop: Shop, right: str, reason: str) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    deliver(shop, arrival(shop, order_id, 30))
    with pytest.raises(receipts.BadCorrection):
        do(shop, receipts.correct, receipts.Receipt, receipt_of(shop, order_id), Decimal(right), reason)


def test_a_correction_is_not_corrected_itself(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    deliver(shop, arrival(shop, order_id, 30))
    entry = do(shop, receipts.correct, receipts.Receipt, receipt_of(shop, order_id), Decimal(10), "typo")
    with pytest.raises(receipts.BadCorrection):
        do(shop, receipts.correct, receipts.Receipt, entry.id, Decimal(1), "typo")


def test_what_was_over_is_no_longer_over_after_a_correction(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    deliver(shop, arrival(shop, order_id, 40))
    do(shop, receipts.correct, receipts.Receipt, receipt_of(shop, order_id), Decimal(30), "counted twice")
    with shop.database.read() as session:
        assert session.scalar(select(func.sum(receipts.Receipt.over))) == 0
    assert shop.order(order_id).state == "received"
    in_order(shop)


def test_a_lost_key_s_replay_takes_a_delivery_in_once(shop: Shop) -> None:
    order_id = shop.on_its_way(*shop.screws)
    deed = shop.deed("delivery-1")

    def once(session: Session) -> int:
        if journal.replayed(session, deed):
            return 0
        supplier = session.get_one(Supplier, shop.ids["bolts"])
        return receipts.receive(session, deed, supplier, [arrival(shop, order_id, 10)]).id

    assert shop.write(once) > 0
    assert shop.write(once) == 0
    assert shop.line(order_id).received == 10


def test_the_dock_s_questions_are_answered_by_either_database(shop: Shop) -> None:
    first_order = shop.on_its_way(shop.screws[0], shop.gloves[0])
    shop.later(minutes=5)
    shop.on_its_way(shop.screws[1])
    note = deliver(shop, arrival(shop, first_order, 20, damaged=5), number="LS 4711")
    do(shop, receipts.correct, receipts.Receipt, receipt_of(shop, first_order), Decimal(10), "counted twice")
    with shop.database.read() as session:
        expected = dock.expected(session)
        soonest = expected[0]
        assert (soonest.order_id, soonest.lines, soonest.supplier) == (first_order, 2, "Bolts & Co")
        assert len(expected) == 2
        assert [each.order_id for each in dock.expected(session, "glove")] == [first_order]
        assert dock.expected(session, "paper") == []
        assert [each.pending for each in dock.coming(session, shop.ids["bolts"], first_order)] == [20, 24]
        assert len(dock.coming(session, shop.ids["bolts"])) == 3
        brought = dock.brought(session, note.id)
        assert brought is not None
        assert [(each.receipt.quantity, each.now) for each in brought.taken] == [(20, 10)]
        assert [each.quantity for each in brought.apart] == [5]
        assert (brought.by, dock.undecided(session)) == ("Owner", (1, 0))
        assert [found.number for found, _count in dock.notes(session, "4711")] == ["LS 4711"]
        assert dock.brought(session, 999) is None


@pytest.mark.parametrize("units", [1, "0.5"])
def test_a_single_unit_of_many_is_nothing_too_much(shop: Shop, units: int | str) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    deliver(shop, Arrival(order_id, shop.line(order_id).id, Decimal(units)))
    with shop.database.read() as session:
        assert session.scalars(select(receipts.Receipt.over)).all() == [0]
