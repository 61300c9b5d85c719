from decimal import Decimal
from itertools import permutations

import pytest
from shop import Shop
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import orders, receipts


def test_a_line_received_whole_fills_its_cards_and_closes_the_order(shop: Shop) -> None:
    order_id = shop.on_its_way(*shop.screws)
    receipt = shop.receive(shop.line(order_id).id, 80, delivery_note="DN-1")
    assert (receipt.quantity, receipt.over, receipt.at) == (80, 0, shop.at)
    with shop.database.read() as session:
        note = session.get_one(receipts.DeliveryNote, receipt.delivery_note_id)
    assert (note.number, note.supplier_id) == ("DN-1", shop.ids["bolts"])
    line = shop.line(order_id)
    assert (line.received, line.pending, line.outcome, line.order.state) == (80, 0, "received", "received")
    assert {shop.supply(code) for code in shop.screws} == {"full"}


def test_a_part_receipt_fills_the_oldest_signal_first(shop: Shop) -> None:
    shop.scan(shop.screws[2])
    shop.later(minutes=1)
    order_id = shop.on_its_way(shop.screws[0], shop.screws[1])
    shop.receive(shop.line(order_id).id, 40)
    line = shop.line(order_id)
    assert [(turn.card.code, turn.received) for turn in line.replenishments] == [
        (shop.screws[2], 25),
        (shop.screws[0], 15),
        (shop.screws[1], 0),
    ]
    assert (line.pending, line.closed_at, line.order.state) == (40, None, "partly_received")
    assert [shop.supply(code) for code in shop.screws] == ["in_transit", "in_transit", "full"]


def test_a_short_receipt_leaves_the_rest_open_until_it_is_closed_short(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0], shop.screws[1])
    line_id = shop.line(order_id).id
    shop.receive(line_id, 30)
    assert shop.line(order_id).pending == 20
    shop.close_short(line_id)
    line = shop.line(order_id)
    assert (line.pending, line.outcome, line.order.state) == (0, "short", "received")
    assert [turn.outcome for turn in line.replenishments] == ["received", "short"]
    assert shop.supply(shop.screws[1]) == "full"
    assert shop.events("closed_short")[0].facts == {"missing": "20"}
    assert shop.scan(shop.screws[1]).effect == "signalled"


def test_more_than_was_ordered_is_accepted_and_flagged(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    receipt = shop.receive(shop.line(order_id).id, 37)
    assert (receipt.quantity, receipt.over) == (37, 7)
    line = shop.line(order_id)
    assert (line.received, line.pending, line.order.state) == (37, 0, "received")


def test_only_what_exceeds_the_rest_is_over(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    shop.receive(shop.line(order_id).id, 20)
    assert shop.receive(shop.line(order_id).id, 15).over == 5


def test_what_comes_after_the_line_was_closed_short_is_over_for_nobody_waits_for_it(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0], shop.gloves[0])
    screws = shop.line(order_id, "SCREW").id
    shop.receive(screws, 20)
    shop.close_short(screws)
    assert shop.receive(screws, 10).over == 10


def test_the_surplus_of_rounding_stays_to_come_after_the_cards_are_full(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    shop.receive(shop.line(order_id).id, 25)
    assert shop.supply(shop.screws[0]) == "full"
    assert (shop.line(order_id).pending, shop.order(order_id).state) == (5, "partly_received")
    shop.receive(shop.line(order_id).id, 5)
    assert shop.order(order_id).state == "received"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_cards_come_back_whole_in_any_order_and_the_last_brings_the_surplus(
    shop: Shop, order: tuple[int, ...]
) -> None:
    order_id = shop.on_its_way(*shop.screws)
    counted = []
    for each in order:
        before = shop.line(order_id).received
        assert shop.scan(shop.screws[each]).effect == "received"
        counted.append(shop.line(order_id).received - before)
    assert counted == [25, 25, 30]
    line = shop.line(order_id)
    assert (line.received, line.pending, line.order.state) == (80, 0, "received")
    with shop.database.read() as session:
        assert session.scalar(select(func.sum(receipts.Receipt.over))) == 0


STEPS = [("line", 30), ("card 0", None), ("card 1", 5), ("line", 7)]


@pytest.mark.parametrize("steps", list(permutations(STEPS)))
def test_receipts_add_up_in_every_order_of_lines_and_cards(
    sqlite_shop: Shop, steps: list[tuple[str, int | None]]
) -> None:
    shop = sqlite_shop
    order_id = shop.ordered(shop.screws[0], shop.screws[1], shop.screws[2])
    line_id = shop.line(order_id).id
    for what, quantity in steps:
        if what == "line":
            shop.receive(line_id, quantity or 0)
        else:
            part = Decimal(quantity) if quantity else None
            shop.scan(shop.screws[int(what[-1])], mode="receive", quantity=part)
    line = shop.line(order_id)
    with shop.database.read() as session:
        assert session.scalar(select(func.sum(receipts.Receipt.quantity))) == line.received
    assert line.pending == max(0, 80 - line.received)
    for turn in line.replenishments:
        assert 0 <= turn.received <= turn.quantity
        assert (turn.received == turn.quantity) == (turn.closed_at is not None)
    assert sum(turn.received for turn in line.replenishments) <= line.received


def test_one_card_overfilled_leaves_the_others_waiting_for_themselves(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0], shop.screws[1])
    shop.scan(shop.screws[0], quantity=Decimal(40))
    assert (shop.supply(shop.screws[0]), shop.supply(shop.screws[1])) == ("full", "in_transit")
    assert shop.line(order_id).pending == 10
    shop.scan(shop.screws[1])
    assert (shop.line(order_id).received, shop.order(order_id).state) == (65, "received")


def test_a_card_that_waits_keeps_its_line_open_though_all_units_came(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0], shop.screws[1])
    shop.scan(shop.screws[0], quantity=Decimal(50))
    line = shop.line(order_id)
    assert (line.pending, line.closed_at, line.order.state) == (0, None, "partly_received")
    assert shop.supply(shop.screws[1]) == "in_transit"
    shop.close_short(line.id)
    assert (shop.order(order_id).state, shop.supply(shop.screws[1])) == ("received", "full")


def test_an_order_of_two_lines_is_received_when_both_are(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0], shop.gloves[0])
    shop.scan(shop.screws[0])
    assert shop.order(order_id).state == "partly_received"
    shop.scan(shop.gloves[0])
    assert shop.order(order_id).state == "received"
    assert shop.line(order_id, "GLOVE").received == 24


def test_what_arrives_is_in_the_journal(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    shop.scan(shop.screws[0], quantity=Decimal(40))
    event = shop.events("received")[0]
    assert (event.noun, event.order_id, event.card_id) == (
        "scan",
        order_id,
        shop.look(shop.screws[0]).card_id,
    )
    assert event.facts == {"line": shop.line(order_id).id, "quantity": "40", "over": "10"}


@pytest.mark.parametrize("quantity", ["0", "-1", "0.0001", "1000000.001", "1e9", "NaN", "Infinity"])
def test_an_amount_that_nobody_can_mean_is_refused(shop: Shop, quantity: str) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    with pytest.raises(receipts.BadReceipt):
        shop.receive(shop.line(order_id).id, quantity)
    with pytest.raises(receipts.BadReceipt):
        shop.scan(shop.screws[0], quantity=Decimal(quantity))
    assert (shop.line(order_id).received, shop.count(receipts.Receipt)) == (0, 0)


def test_a_draft_receives_nothing(shop: Shop) -> None:
    order_id = shop.scan(shop.screws[0]).order_id
    with pytest.raises(receipts.NothingComing):
        shop.receive(shop.line(order_id).id, 1)


def test_a_finished_order_receives_nothing(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    shop.scan(shop.screws[0])
    with pytest.raises(receipts.NothingComing):
        shop.receive(shop.line(order_id).id, 1)
    with pytest.raises(receipts.NothingComing):
        shop.close_short(shop.line(order_id).id)


def test_a_card_that_is_full_already_is_not_filled_twice(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0], shop.screws[1])
    shop.scan(shop.screws[0])
    turn_id = shop.line(order_id).replenishments[0].id

    def fill_again(session: Session) -> None:
        receipts.receive_card(session, deed, session.get_one(orders.Replenishment, turn_id), Decimal(5))

    deed = shop.deed()
    with pytest.raises(receipts.NothingComing):
        shop.write(fill_again)
    assert shop.line(order_id).received == 25


def test_a_line_closed_short_before_anything_came_cancels_the_order(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    shop.close_short(shop.line(order_id).id)
    assert shop.order(order_id).state == "cancelled"
    with pytest.raises(receipts.NothingComing):
        shop.close_short(shop.line(order_id).id)


def test_what_is_on_order_still_arrives_after_its_loop_was_closed(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    shop.close_loop(shop.screws[0])
    shop.receive(shop.line(order_id).id, 30)
    assert shop.order(order_id).state == "received"
