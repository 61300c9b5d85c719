from datetime import date
from decimal import Decimal

import pytest
from shop import BERLIN, SCREW, Shop, stock
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kanban import items, orders, scans, suppliers


def test_signals_of_one_supplier_join_one_draft(shop: Shop) -> None:
    answers = [shop.scan(code) for code in (*shop.screws, *shop.gloves)]
    assert {answer.order_id for answer in answers} == {answers[0].order_id}
    order = shop.order(answers[0].order_id)
    assert (order.state, order.number, order.supplier_id) == ("draft", None, shop.ids["bolts"])
    assert {line.supplier_item.item.sku: orders.need_of(line) for line in order.lines} == {
        "SCREW": 75,
        "GLOVE": 20,
    }


def test_a_line_remembers_the_cards_that_it_serves(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[2], shop.screws[0])
    turns = shop.line(order_id).replenishments
    assert [turn.card.code for turn in turns] == [shop.screws[2], shop.screws[0]]
    assert [turn.quantity for turn in turns] == [25, 25]


def test_each_supplier_has_a_draft_of_its_own(shop: Shop) -> None:
    assert shop.scan(shop.screws[0]).order_id != shop.scan(shop.paper[0]).order_id


def test_each_site_has_a_draft_of_its_own(shop: Shop) -> None:
    def open_second_site(session: Session) -> list[str]:
        site = items.add_location(session, deed, "Store")
        supplier = session.get_one(suppliers.Supplier, shop.ids["bolts"])
        return stock(session, deed, site, supplier, "NUT", SCREW, 5, 1)

    deed = shop.deed()
    nut = shop.write(open_second_site)[0]
    there, here = shop.order(shop.scan(nut).order_id), shop.order(shop.scan(shop.screws[0]).order_id)
    assert there.ship_to_id != here.ship_to_id == shop.ids["site"]


def test_a_released_order_has_a_number_and_whole_packs_at_the_price_they_reach(shop: Shop) -> None:
    line = shop.line(shop.ordered(*shop.screws))
    assert (line.order.number, line.order.state) == ("PO-000001", "released")
    assert (line.quantity, line.pack_size, line.unit_price) == (80, 10, Decimal("2.25"))
    assert (line.sku, line.supplier_sku, line.name, line.unit) == ("SCREW", "B-100", "Screw", "pcs")
    assert line.due == date(2026, 3, 9)
    assert (line.order.released_at, line.order.released_by) == (shop.at, shop.ids["owner"])


def test_the_price_break_is_chosen_at_the_final_quantity(shop: Shop) -> None:
    order_id = shop.scan(shop.screws[0]).order_id
    shop.scan(shop.screws[1])
    assert orders.need_of(shop.line(order_id)) == 50
    shop.change_loop(shop.screws[2], card_quantity=Decimal(2))
    shop.scan(shop.screws[2])
    shop.release(order_id)
    line = shop.line(order_id)
    assert (line.quantity, line.unit_price) == (60, Decimal("2.25"))


def test_numbers_of_orders_run_without_repeat(shop: Shop) -> None:
    released = [shop.ordered(code) for code in (shop.screws[0], shop.paper[0], shop.screws[1])]
    assert [shop.order(each).number for each in released] == ["PO-000001", "PO-000002", "PO-000003"]


def test_later_signals_open_the_next_draft(shop: Shop) -> None:
    first = shop.ordered(shop.screws[0])
    second = shop.scan(shop.screws[1]).order_id
    assert second != first
    assert shop.line(first).quantity == 30
    assert [turn.card.code for turn in shop.line(first).replenishments] == [shop.screws[0]]


def test_a_released_line_stays_as_it_was_sent(shop: Shop) -> None:
    order_id = shop.ordered(*shop.screws)
    frozen = ("quantity", "unit_price", "pack_size", "sku", "supplier_sku", "name", "unit", "due")
    before = {name: getattr(shop.line(order_id), name) for name in frozen}

    def change_everything(session: Session) -> None:
        offer = session.get_one(orders.OrderLine, shop_line).supplier_item
        items.change(session, deed, offer.item, items.ItemFacts("OTHER", "Other", "kg"))
        suppliers.change_offer(
            session, deed, offer, suppliers.OfferFacts("X", Decimal(7), prices=((Decimal(1), Decimal(9)),))
        )

    deed, shop_line = shop.deed(), shop.line(order_id).id
    shop.write(change_everything)
    shop.change_loop(shop.screws[0], card_quantity=Decimal(99))
    assert {name: getattr(shop.line(order_id), name) for name in frozen} == before
    assert [turn.quantity for turn in shop.line(order_id).replenishments] == [25, 25, 25]


def test_a_draft_is_worked_out_from_the_turns_open_on_it_at_the_release(shop: Shop) -> None:
    def look_signal_and_release(session: Session) -> Decimal | None:
        order = session.get_one(orders.Order, order_id)
        assert orders.need_of(order.lines[0]) == 25
        scans.scan(session, deed, shop.screws[1])
        scans.scan(session, deed, shop.gloves[0])
        orders.release(session, deed, order, BERLIN)
        return order.lines[0].quantity

    order_id, deed = shop.scan(shop.screws[0]).order_id, shop.deed()
    assert shop.write(look_signal_and_release) == 50
    assert [line.quantity for line in shop.order(order_id).lines] == [50, 24]


def test_an_order_is_released_once(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    with pytest.raises(orders.NotAllowed, match="PO-000001"):
        shop.release(order_id)
    assert len(shop.events("released")) == 1


def test_a_draft_without_open_need_is_not_released(shop: Shop) -> None:
    order_id = shop.scan(shop.screws[0]).order_id
    shop.undo(shop.screws[0])
    with pytest.raises(orders.NothingToOrder):
        shop.release(order_id)
    assert shop.order(order_id).state == "draft"


def test_a_line_whose_signals_were_withdrawn_orders_nothing(shop: Shop) -> None:
    order_id = shop.scan(shop.screws[0]).order_id
    shop.scan(shop.gloves[0])
    shop.undo(shop.screws[0])
    shop.release(order_id)
    empty = shop.line(order_id, "SCREW")
    assert (empty.quantity, empty.outcome, empty.closed_at) == (0, "withdrawn", shop.at)
    shop.receive(shop.line(order_id, "GLOVE").id, 24)
    assert shop.order(order_id).state == "received"


def test_one_more_card_quantity_joins_the_order_beside_the_cards(shop: Shop) -> None:
    order_id = shop.scan(shop.screws[0]).order_id
    shop.add_extra(shop.screws[0])
    assert orders.need_of(shop.line(order_id)) == 50
    shop.release(order_id)
    assert shop.line(order_id).quantity == 50


def test_an_order_goes_from_released_over_confirmed_to_shipped(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    line_id = shop.line(order_id).id
    shop.confirm(order_id, {line_id: date(2026, 3, 11)})
    assert (shop.order(order_id).state, shop.line(order_id).confirmed_due) == ("confirmed", date(2026, 3, 11))
    assert shop.look(shop.screws[0]).due == "2026-03-11"
    assert shop.supply(shop.screws[0]) == "ordered"
    shop.ship(order_id)
    assert (shop.order(order_id).state, shop.supply(shop.screws[0])) == ("shipped", "in_transit")
    assert shop.line(order_id).due == date(2026, 3, 9)


@pytest.mark.parametrize("state", ["draft", "shipped", "received", "cancelled"])
@pytest.mark.parametrize("step", ["confirm", "ship"])
def test_a_step_that_the_state_does_not_allow_is_refused(shop: Shop, state: str, step: str) -> None:
    order_id = order_in(shop, state)
    with pytest.raises(orders.NotAllowed):
        getattr(shop, step)(order_id)
    assert shop.order(order_id).state == state


def order_in(shop: Shop, state: str) -> int:
    """An order in this state."""
    order_id = shop.scan(shop.screws[0]).order_id
    assert order_id is not None
    if state != "draft":
        shop.release(order_id)
    if state in ("shipped", "received"):
        shop.ship(order_id)
    if state == "received":
        shop.scan(shop.screws[0])
    if state == "cancelled":
        shop.cancel(order_id)
    return order_id


def test_cancelling_an_order_signals_its_cards_again(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0], shop.screws[1])
    shop.cancel(order_id)
    order = shop.order(order_id)
    assert (order.state, order.closed_at, order.lines[0].outcome) == ("cancelled", shop.at, "cancelled")
    situation = shop.look(shop.screws[0])
    assert (situation.supply, situation.last_cycle) == ("empty", 2)
    assert orders.need_of(shop.line(situation.order_id)) == 50
    assert shop.events("signalled")[-1].facts["because"] == "cancelled"


def test_the_need_of_a_cancelled_order_joins_the_draft_that_is_there(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    draft_id = shop.scan(shop.screws[1]).order_id
    shop.cancel(order_id)
    assert shop.look(shop.screws[0]).order_id == draft_id
    assert orders.need_of(shop.line(draft_id)) == 50


def test_only_what_has_not_arrived_is_signalled_again(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0], shop.screws[1])
    shop.receive(shop.line(order_id).id, 30)
    shop.cancel(order_id)
    assert shop.order(order_id).state == "received"
    assert (shop.supply(shop.screws[0]), shop.supply(shop.screws[1])) == ("full", "empty")
    assert orders.need_of(shop.line(shop.look(shop.screws[1]).order_id)) == 20


def test_a_cancelled_need_goes_to_the_supplier_that_the_loop_has_now(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    shop.move_to_paper_ltd(shop.screws[0])
    shop.cancel(order_id)
    assert shop.order(shop.look(shop.screws[0]).order_id).supplier_id == shop.ids["paper_ltd"]


def test_an_urgent_need_stays_urgent_when_it_is_given_back(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    shop.set_urgent(shop.screws[0])
    shop.cancel(order_id)
    assert shop.look(shop.screws[0]).urgent


def test_the_need_of_a_cancelled_order_can_be_dropped(shop: Shop) -> None:
    shop.cancel(shop.ordered(shop.screws[0]), give_back=False)
    assert shop.supply(shop.screws[0]) == "full"
    assert shop.count(orders.Order) == 1


def test_a_retired_card_is_not_signalled_again(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    shop.set_life(shop.screws[0], "retired", "lost")
    shop.cancel(order_id)
    assert shop.supply(shop.screws[0]) == "full"


def test_cancelling_a_line_leaves_the_others_on_their_way(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0], shop.gloves[0])
    shop.cancel_line(shop.line(order_id, "SCREW").id)
    assert shop.order(order_id).state == "released"
    assert (shop.supply(shop.screws[0]), shop.supply(shop.gloves[0])) == ("empty", "ordered")
    shop.cancel_line(shop.line(order_id, "GLOVE").id)
    assert shop.order(order_id).state == "cancelled"


@pytest.mark.parametrize("state", ["draft", "received", "cancelled"])
def test_only_an_order_on_its_way_is_cancelled(shop: Shop, state: str) -> None:
    order_id = order_in(shop, state)
    line_id = shop.line(order_id).id
    with pytest.raises(orders.AlreadyReleased):
        shop.cancel(order_id)
    with pytest.raises(orders.AlreadyReleased):
        shop.cancel_line(line_id)
    assert shop.order(order_id).state == state


def test_the_database_refuses_a_second_open_turn_of_a_card(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    shop.scan(shop.screws[1])
    with pytest.raises(IntegrityError, match=r"uq_replenishment_one_open|replenishment\.card_id"):
        shop.write(
            lambda session: session.execute(
                text(
                    "UPDATE replenishment SET card_id = (SELECT min(card_id) FROM replenishment), cycle = id"
                )
            )
        )
    assert shop.supply(shop.screws[1]) == "empty"


def test_the_database_allows_many_closed_turns_of_a_card(shop: Shop) -> None:
    for _ in range(3):
        shop.scan(shop.screws[0])
        shop.undo(shop.screws[0])
    assert shop.count(orders.Replenishment) == 3


def test_the_database_refuses_a_second_draft_of_a_supplier_and_site(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    facts = "supplier_id, ship_to_id, state, created_at"
    copy = f'INSERT INTO "order" ({facts}) SELECT {facts} FROM "order"'
    with pytest.raises(IntegrityError, match=r"uq_order_one_draft|order\.supplier_id"):
        shop.write(lambda session: session.execute(text(copy)))
    assert shop.count(orders.Order) == 1


def test_the_database_refuses_a_state_that_no_order_has(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    with pytest.raises(IntegrityError):
        shop.write(lambda session: session.execute(text("UPDATE \"order\" SET state = 'lost', number = 'x'")))


def test_quantities_and_prices_are_decimals_from_end_to_end(shop: Shop) -> None:
    line = shop.line(shop.ordered(*shop.screws))
    turn = line.replenishments[0]
    values = [
        line.quantity,
        line.unit_price,
        line.pack_size,
        line.pending,
        line.received,
        orders.need_of(line),
    ]
    values += [turn.quantity, turn.received, shop.look(shop.screws[0]).card_quantity]
    assert {type(value) for value in values} == {Decimal}


def test_the_minimum_the_multiple_and_the_packs_hold_at_once(shop: Shop) -> None:
    line = shop.line(shop.ordered(shop.gloves[0]))
    assert (line.quantity, line.unit_price) == (24, None)
