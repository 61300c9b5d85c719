"""Counted loops, planned withdrawals and cards for a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from shop import BERLIN, Shop

from kanban import counts, loops, plans
from kanban.loops import Loop


def loop_id(shop: Shop) -> int:
    return shop.look(shop.paper[0]).loop_id


def act(shop: Shop, verb: Callable[..., Any], *rest: Any, **how: Any) -> Any:
    deed = shop.deed()
    return shop.write(lambda session: verb(session, deed, session.get_one(Loop, loop_id(shop)), *rest, **how))


def begin(shop: Shop, counted: int = 40, point: int = 20, target: int = 50) -> None:
    levels = {"reorder_point": Decimal(point), "target_level": Decimal(target)}
    act(shop, counts.begin, counted=Decimal(counted), **levels)


def level(shop: Shop) -> counts.Level:
    with shop.database.read() as session:
        return counts.level(session, session.get_one(Loop, loop_id(shop)))


def test_taking_down_to_the_reorder_point_orders_up_to_the_target(shop: Shop) -> None:
    begin(shop)
    assert act(shop, counts.take, Decimal(19)).on_order == 0
    after = act(shop, counts.take, Decimal(1))
    assert (after.recorded, after.on_order) == (20, 30), "at or below the point"
    order_id = shop.look(shop.paper[0]).order_id
    assert order_id is not None
    assert shop.order(order_id).lines[0].replenishments[0].quantity == 30


def test_what_is_on_order_counts_and_more_goes_on_another_card(shop: Shop) -> None:
    begin(shop, point=40, target=50)
    assert level(shop)[:2] == (40, 10)
    assert act(shop, counts.take, Decimal(9)).on_order == 10
    after = act(shop, counts.take, Decimal(1))
    assert after[:2] == (30, 20), "a second card carries the second ten"
    act(shop, counts.take, Decimal(10))
    with shop.database.read() as session:
        assert loops.count_cards(session, loop_id(shop)) == 3, "and where no card is free, one more"


def test_what_arrives_is_recorded(shop: Shop) -> None:
    begin(shop)
    act(shop, counts.take, Decimal(20))
    order_id = shop.look(shop.paper[0]).order_id or 0
    shop.release(order_id)
    shop.later(days=1)
    shop.receive(shop.line(order_id).id, 30)
    assert level(shop)[:2] == (50, 0)


def test_a_count_sets_the_record_right_with_its_reason(shop: Shop) -> None:
    begin(shop)
    shop.later(days=3)
    assert act(shop, counts.count, Decimal(38), reason="two broken").recorded == 38
    assert act(shop, counts.bring_back, Decimal(2)).recorded == 40
    with shop.database.read() as session:
        ledger = counts.movements(session, loop_id(shop))
        assert [(each.kind, each.quantity) for each in ledger] == [
            ("return", 2),
            ("count", -2),
            ("count", 40),
        ]
        assert counts.counts_since(session, shop.at - timedelta(days=1)) == [(loop_id(shop), 40, 38)]


def test_more_than_the_record_knows_cannot_be_taken(shop: Shop) -> None:
    begin(shop)
    with pytest.raises(counts.TooMuch):
        act(shop, counts.take, Decimal(41))
    with pytest.raises(counts.BadLevels):
        begin(shop, point=50, target=50)


def test_a_loop_that_is_not_counted_takes_no_bookings(shop: Shop) -> None:
    for verb in (counts.take, counts.bring_back, counts.count):
        with pytest.raises(counts.NotCounted):
            act(shop, verb, Decimal(1))
    begin(shop)
    act(shop, counts.end)
    with pytest.raises(counts.NotCounted):
        act(shop, counts.take, Decimal(1))
    shop.later(days=1)
    begin(shop, counted=30)
    assert level(shop).recorded == 30


def plan(shop: Shop, day: date, quantity: int = 500) -> plans.PlannedWithdrawal:
    made: plans.PlannedWithdrawal = act(shop, plans.plan, Decimal(quantity), day, zone=BERLIN, note="Big job")
    return made


def do_due(shop: Shop) -> int:
    deed = shop.deed()
    return shop.write(lambda session: plans.do_due(session, deed, BERLIN))


def test_a_big_withdrawal_is_ordered_in_time_for_its_day(shop: Shop) -> None:
    planned = plan(shop, shop.at.date() + timedelta(days=30))
    assert shop.at.date() < planned.order_by < planned.day
    assert do_due(shop) == 0
    shop.later(days=(planned.order_by - shop.at.date()).days)
    assert do_due(shop) == 1
    assert do_due(shop) == 0
    with shop.database.read() as session:
        done = plans.of_loop(session, loop_id(shop))[0]
    assert done.state == "ordered"
    assert shop.line(done.order_id).extra == 500
    assert shop.supply(shop.paper[0]) == "full", "the cards go on as ever"


def test_one_that_is_due_already_is_ordered_at_once(shop: Shop) -> None:
    assert plan(shop, shop.at.date() + timedelta(days=1)).state == "ordered"


def test_a_plan_is_called_off_once(shop: Shop) -> None:
    planned = plan(shop, shop.at.date() + timedelta(days=60))
    deed = shop.deed()

    def off(session: Any) -> None:
        plans.call_off(session, deed, session.get_one(plans.PlannedWithdrawal, planned.id))

    shop.write(off)
    with pytest.raises(plans.PlanSettled):
        shop.write(off)


@pytest.mark.parametrize("days", [-1, 1000])
def test_no_day_that_is_over_or_far_away(shop: Shop, days: int) -> None:
    with pytest.raises(plans.BadPlan):
        plan(shop, shop.at.date() + timedelta(days=days))


def test_cards_for_a_while_leave_after_their_last_day(shop: Shop) -> None:
    last = shop.at.date() + timedelta(days=10)
    act(shop, loops.add_cards, 1, "active", last)
    act(shop, loops.add_cards, 1, "new", last)
    shop.later(days=10)
    assert do_due(shop) == 0
    shop.later(days=1)
    assert do_due(shop) == 2
    with shop.database.read() as session:
        cards = loops.cards_in_service(session, session.get_one(Loop, loop_id(shop)))
        assert [card.life for card in cards] == ["active", "active", "surplus"]
