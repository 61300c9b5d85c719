"""What a shop's own orders and receipts say of its suppliers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from shop import BERLIN, MONDAY_MORNING, Shop
from sqlalchemy import select

from kanban import advice, receipts
from kanban.reports import figures, scorecard
from kanban.reports.scorecard import Card

SINCE = MONDAY_MORNING - timedelta(days=365)


def card_of(shop: Shop, supplier: str = "bolts") -> Card:
    with shop.database.read() as session:
        return scorecard.supplier(session, shop.at, BERLIN, SINCE, shop.ids[supplier])


def test_goods_on_the_promised_day_are_on_time(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])  # sent on Monday, due in five working days
    shop.later(days=7)
    shop.receive(shop.line(order_id).id, 30)
    card = card_of(shop)
    assert (card.lines, card.against_promised) == (1, (1, 0, 0, 0))
    assert card.against_confirmed.judged == 0
    assert card.lead.p50 == pytest.approx(5.0)  # working days, not seven
    assert card.replenishment.p50 == pytest.approx(5.0)
    assert card.missing == 0


def test_the_confirmed_day_is_judged_by_itself(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    shop.later(hours=12)
    shop.confirm(order_id, {shop.line(order_id).id: date(2026, 3, 12)})
    shop.later(days=9)
    shop.receive(shop.line(order_id).id, 30)
    card = card_of(shop)
    assert (card.against_confirmed, card.against_promised) == ((1, 0, 0, 0), (0, 0, 1, 0))
    assert card.answer.p50 == pytest.approx(0.5)


def test_what_is_overdue_and_open_is_late_already_and_its_wait_counts(shop: Shop) -> None:
    shop.ordered(shop.screws[0])
    assert card_of(shop).against_promised.judged == 0
    shop.later(days=14)
    card = card_of(shop)
    assert card.against_promised == (0, 0, 1, 0)
    assert (card.lead.done, card.lead.still_open, card.lead.p50) == (0, 1, None)
    assert (card.answer.done, card.answer.still_open) == (0, 1)


def test_a_line_closed_short_is_short_and_its_units_are_missing(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    shop.later(days=7)
    shop.receive(shop.line(order_id).id, 24)
    shop.close_short(shop.line(order_id).id)
    card = card_of(shop)
    assert (card.against_promised, card.short_lines, card.missing) == ((0, 0, 0, 1), 1, pytest.approx(0.2))


def test_a_corrected_count_is_judged_as_it_should_have_been(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    shop.later(days=7)
    receipt = shop.receive(shop.line(order_id).id, 30)
    shop.later(days=3)
    deed = shop.deed()
    shop.write(
        lambda session: receipts.correct(
            session, deed, session.get_one(receipts.Receipt, receipt.id), Decimal(3), "typed 30 for 3"
        )
    )
    assert card_of(shop).against_promised == (0, 0, 1, 0)


def test_cancelled_lines_are_not_held_against_a_supplier(shop: Shop) -> None:
    shop.cancel(shop.ordered(shop.screws[0]))
    assert card_of(shop).lines == 0


def test_a_line_cancelled_after_a_part_came_is_short_by_the_rest(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    shop.later(days=2)
    shop.receive(shop.line(order_id).id, 24)
    shop.cancel(order_id)
    card = card_of(shop)
    assert (card.lines, card.against_promised, card.short_lines) == (1, (0, 0, 0, 1), 1)
    assert card.missing == pytest.approx(0.2)
    assert (card.lead.done, card.lead.still_open) == (0, 1)


def test_advice_and_the_dashboard_judge_a_supplier_as_its_scorecard_does(shop: Shop) -> None:
    in_time = shop.ordered(shop.screws[0])
    shop.later(days=7)
    shop.receive(shop.line(in_time).id, 30)
    late = shop.ordered(shop.screws[0])
    shop.later(days=14)
    shop.receive(shop.line(late).id, 30)
    shop.ordered(shop.screws[0])
    with shop.database.read() as session:
        told = advice.collect(session, shop.at, BERLIN)
        dashboard = figures.shop(session, shop.at, BERLIN)
    assert {each.delivered for each in told if each.supplier.id == shop.ids["bolts"]} == {(1, 0, 1, 0)}
    assert card_of(shop).against_promised == (1, 0, 1, 0)
    assert dashboard.on_time == (1, 2)


def test_each_item_and_each_supplier_has_its_own(shop: Shop) -> None:
    bolts = shop.ordered(shop.screws[0], shop.gloves[0])
    shop.ordered(shop.paper[0])
    shop.later(days=7)
    shop.receive(shop.line(bolts, "SCREW").id, 30)
    with shop.database.read() as session:
        items = scorecard.items(session, shop.at, BERLIN, SINCE, shop.ids["bolts"])
        cards = scorecard.suppliers(session, shop.at, BERLIN, SINCE)
        later = scorecard.suppliers(session, shop.at, BERLIN, shop.at)
    assert [(each.sku, each.card.against_promised.on_time) for each in items] == [("GLOVE", 0), ("SCREW", 1)]
    assert [each.name for each in cards] == ["Bolts & Co", "Paper Ltd"]
    assert later == []
    ranked = scorecard.sorted_by(cards, "-promised")
    assert [each.name for each in ranked] == ["Bolts & Co", "Paper Ltd"]
    assert [each.name for each in scorecard.sorted_by(cards, "answer")] == ["Bolts & Co", "Paper Ltd"]


def test_a_replacement_that_came_late_makes_the_line_late(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    shop.later(days=7)
    shop.receive(shop.line(order_id).id, 30)
    line_id = shop.line(order_id).id
    deed = shop.deed()
    wish = receipts.ReturnWish(Decimal(30), "damaged", "replacement")
    from kanban.orders import OrderLine

    shop.write(
        lambda session: receipts.return_goods(session, deed, session.get_one(OrderLine, line_id), wish)
    )
    shop.later(days=5)
    shop.receive(line_id, 30)
    assert card_of(shop).against_promised == (0, 0, 1, 0)
    with shop.database.read() as session:
        assert session.scalars(select(receipts.Return.expected)).one() == "replacement"
