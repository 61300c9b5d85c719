"""What leaves the house: queued with the release, claimed by one, kept until the other side has it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from shop import BERLIN, Shop
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kanban import orders, outbox, suppliers
from kanban.outbox import Claim, Delivery

LEASE = timedelta(seconds=60)
ALL = ("email", "webhook", "csv", "ubl", "cxml", "push")


@pytest.fixture
def mailed(shop: Shop) -> Shop:
    """The shop; Bolts & Co takes orders by mail and has had one."""

    def address(session: Session) -> None:
        bolts = session.get_one(suppliers.Supplier, shop.ids["bolts"])
        bolts.email = "orders@bolts.example"

    shop.write(address)
    return shop


def deliveries(shop: Shop) -> list[Delivery]:
    with shop.database.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def only(shop: Shop) -> Delivery:
    (found,) = deliveries(shop)
    return found


def claim(shop: Shop, most: int = 1) -> list[Claim]:
    return shop.write(lambda session: outbox.claim(session, shop.at, ALL, LEASE, most))


def settle(shop: Shop, verb: Callable[..., bool], *rest: Any, **how: Any) -> bool:
    deed = shop.deed()
    return shop.write(lambda session: verb(session, deed, *rest, **how))


def press(shop: Shop, verb: Callable[..., Any], *rest: Any) -> Any:
    """A person's step with the shop's only delivery."""
    deed, delivery_id = shop.deed(), only(shop).id
    return shop.write(lambda session: verb(session, deed, session.get_one(Delivery, delivery_id), *rest))


def set_limits(shop: Shop, **limits: Any) -> None:
    deed = shop.deed()
    shop.write(lambda session: outbox.brakes.set_limits(session, deed, outbox.brakes.Limits(**limits)))


def test_a_released_order_is_queued_claimed_and_delivered(mailed: Shop) -> None:
    order_id = mailed.ordered(mailed.screws[0])
    queued = only(mailed)
    assert (queued.state, queued.channel, queued.address) == ("queued", "email", "orders@bolts.example")
    assert (queued.order_id, queued.about) == (order_id, "PO-000001 · Bolts & Co")
    (taken,) = claim(mailed)
    assert (taken.attempt, taken.possible_repeat, taken.payload) == (1, False, None)
    assert mailed.write(lambda session: outbox.keep(session, taken, b"the mail"))
    assert settle(mailed, outbox.delivered, taken, "250 taken")
    done = only(mailed)
    assert (done.state, done.payload, done.answer, done.attempts) == (
        "delivered",
        b"the mail",
        "250 taken",
        1,
    )
    assert [event.kind for event in mailed.events() if event.noun == "delivery"] == ["queued", "delivered"]
    assert claim(mailed) == []


def test_no_order_without_its_delivery_and_no_delivery_without_its_order(mailed: Shop) -> None:
    mailed.scan(mailed.screws[0])
    deed = mailed.deed()

    def release_and_fail(session: Session) -> None:
        orders.release(session, deed, session.scalars(select(orders.Order)).one(), BERLIN)
        raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError):
        mailed.write(release_and_fail)
    assert deliveries(mailed) == []


def test_a_supplier_without_address_is_called_by_a_person(shop: Shop) -> None:
    shop.ordered(shop.screws[0])
    waiting = only(shop)
    assert (waiting.state, waiting.channel, waiting.held_because) == ("held", "phone", "person")
    assert claim(shop) == []
    press(shop, outbox.hand_over, "told Ms Bolt")
    assert (only(shop).state, only(shop).answer) == ("delivered", "told Ms Bolt")


def test_two_dispatchers_never_claim_the_same(mailed: Shop) -> None:
    for code in mailed.screws:
        mailed.ordered(code)
    seen: list[int] = []
    starting = threading.Barrier(4)

    def take() -> None:
        starting.wait()
        while taken := claim(mailed):
            seen.extend(each.id for each in taken)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(each.id for each in deliveries(mailed))


def test_claims_come_in_the_order_of_their_times(mailed: Shop) -> None:
    for code in mailed.screws:
        mailed.ordered(code)
        mailed.later(seconds=1)
    taken = claim(mailed, 2)
    assert [each.id for each in taken] == [each.id for each in deliveries(mailed)][:2]
    assert len(claim(mailed, 5)) == 1


def test_what_a_dead_dispatcher_left_is_taken_over_after_its_lease(mailed: Shop) -> None:
    mailed.ordered(mailed.screws[0])
    claim(mailed)
    mailed.later(seconds=59)
    assert claim(mailed) == []
    mailed.later(seconds=1)
    (again,) = claim(mailed)
    assert (again.attempt, again.possible_repeat) == (2, False)  # nothing was made yet: nothing can have left
    mailed.write(lambda session: outbox.keep(session, again, b"the mail"))
    mailed.later(minutes=2)
    (third,) = claim(mailed)
    assert (third.attempt, third.possible_repeat, third.payload) == (3, True, b"the mail")
    assert third.message_id == again.message_id


def test_who_was_overtaken_settles_nothing(mailed: Shop) -> None:
    mailed.ordered(mailed.screws[0])
    (slow,) = claim(mailed)
    mailed.later(minutes=2)
    (quick,) = claim(mailed)
    assert not settle(mailed, outbox.delivered, slow, "late")
    assert not settle(mailed, outbox.failed, slow, "late", final=True, unsure=False, chance=0)
    assert not mailed.write(lambda session: outbox.keep(session, slow, b"other bytes"))
    assert settle(mailed, outbox.delivered, quick, "250")
    assert only(mailed).answer == "250"


def test_tries_follow_the_table_with_a_fifth_of_chance_and_end_dead(mailed: Shop) -> None:
    mailed.ordered(mailed.screws[0])
    mailed.later(seconds=1)
    for number, delay in enumerate(outbox.DELAYS[1:], start=1):
        (taken,) = claim(mailed)
        assert taken.attempt == number
        settle(mailed, outbox.failed, taken, "421 later", final=False, unsure=False, chance=0.6)
        assert only(mailed).due_at == mailed.at + delay * 1.04
        assert claim(mailed) == []
        mailed.at = only(mailed).due_at
    (last,) = claim(mailed)
    settle(mailed, outbox.failed, last, "421 later", final=False, unsure=False, chance=0.5)
    assert (only(mailed).state, only(mailed).attempts, only(mailed).answer) == ("dead", 10, "421 later")


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_after_72_hours_without_a_mail_server_everything_leaves_under_its_own_number(
    mailed: Shop, chance: float
) -> None:
    for code in mailed.screws:
        mailed.ordered(code)
    numbers = {each.id: each.message_id for each in deliveries(mailed)}
    back = mailed.at + timedelta(hours=72)
    while any(each.state == "queued" for each in deliveries(mailed)):
        mailed.at = min(each.due_at for each in deliveries(mailed) if each.state == "queued")
        for taken in claim(mailed, 5):
            if mailed.at < back:
                settle(mailed, outbox.failed, taken, "no answer", final=False, unsure=False, chance=chance)
            else:
                settle(mailed, outbox.delivered, taken, "250")
    assert {each.id: (each.state, each.message_id) for each in deliveries(mailed)} == {
        row_id: ("delivered", number) for row_id, number in numbers.items()
    }


def test_what_takes_every_dispatcher_down_is_not_tried_for_ever(mailed: Shop) -> None:
    mailed.ordered(mailed.screws[0])
    for _ in range(20):
        assert claim(mailed)
        mailed.later(minutes=2)
    assert claim(mailed) == []
    assert only(mailed).state == "dead"


def test_one_poison_holds_up_no_other(mailed: Shop) -> None:
    for code in mailed.screws:
        mailed.ordered(code)
    poison, *others = claim(mailed, 5)
    settle(mailed, outbox.failed, poison, "a bug", final=False, unsure=False, chance=0)
    for taken in others:
        settle(mailed, outbox.delivered, taken, "250")
    assert sorted(each.state for each in deliveries(mailed)) == ["delivered", "delivered", "queued"]


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 4), (1.0, 6)])
def test_chance_spreads_the_tries(mailed: Shop, chance: float, seconds: int) -> None:
    mailed.ordered(mailed.screws[0])
    (taken,) = claim(mailed)
    settle(mailed, outbox.failed, taken, "421", final=False, unsure=False, chance=chance)
    assert only(mailed).due_at == mailed.at + timedelta(seconds=seconds)


def test_a_final_refusal_is_dead_at_once_and_can_be_tried_again(mailed: Shop) -> None:
    mailed.ordered(mailed.screws[0])
    (taken,) = claim(mailed)
    mailed.write(lambda session: outbox.keep(session, taken, b"the mail"))
    settle(mailed, outbox.failed, taken, "550 no such user", final=True, unsure=False, chance=0)
    assert only(mailed).state == "dead"
    press(mailed, outbox.try_again)
    (again,) = claim(mailed)
    assert (again.attempt, again.message_id, again.payload) == (1, taken.message_id, b"the mail")


def test_an_unsure_failure_marks_the_next_copy(mailed: Shop) -> None:
    mailed.ordered(mailed.screws[0])
    (taken,) = claim(mailed)
    settle(mailed, outbox.failed, taken, "connection lost", final=False, unsure=True, chance=0)
    mailed.later(minutes=1)
    assert claim(mailed)[0].possible_repeat


def test_a_dead_delivery_goes_another_way(mailed: Shop) -> None:
    mailed.ordered(mailed.screws[0])
    (taken,) = claim(mailed)
    settle(mailed, outbox.failed, taken, "550", final=True, unsure=False, chance=0)
    press(mailed, outbox.other_way, "email", "sales@bolts.example")
    dead, other = deliveries(mailed)
    assert (dead.state, other.state, other.address) == ("dead", "queued", "sales@bolts.example")
    assert dead.message_id != other.message_id
    deed = mailed.deed()
    with pytest.raises(outbox.NotWaiting):
        mailed.write(lambda session: outbox.try_again(session, deed, session.get_one(Delivery, dead.id)))


def test_what_is_being_sent_goes_no_other_way(mailed: Shop) -> None:
    mailed.ordered(mailed.screws[0])
    claim(mailed)
    for step in (outbox.hand_over, outbox.try_again, outbox.let_go):
        with pytest.raises(outbox.NotWaiting):
            press(mailed, step)
    with pytest.raises(outbox.NotWaiting):
        press(mailed, outbox.other_way, "phone", "")


def test_the_database_refuses_a_second_live_delivery_by_the_same_way(mailed: Shop) -> None:
    order_id = mailed.ordered(mailed.screws[0])
    deed = mailed.deed()
    with pytest.raises(IntegrityError):
        mailed.write(
            lambda session: outbox.add(
                session,
                deed,
                kind="order",
                channel="email",
                address="a@b.example",
                about="twice",
                order_id=order_id,
            )
        )


def test_a_cancelled_order_that_has_not_left_never_leaves(mailed: Shop) -> None:
    order_id = mailed.ordered(mailed.screws[0])
    mailed.cancel(order_id)
    assert only(mailed).state == "cancelled"
    assert claim(mailed) == []


def test_a_supplier_that_has_the_order_is_told_of_its_cancellation(mailed: Shop) -> None:
    order_id = mailed.ordered(mailed.screws[0])
    (taken,) = claim(mailed)
    settle(mailed, outbox.delivered, taken, "250")
    mailed.cancel(order_id)
    _, told = deliveries(mailed)
    assert (told.kind, told.channel, told.state) == ("cancellation", "email", "queued")


def test_an_order_may_rest_before_it_leaves(mailed: Shop) -> None:
    set_limits(mailed, rest_seconds=60)
    mailed.ordered(mailed.screws[0])
    assert claim(mailed) == []
    mailed.later(seconds=60)
    assert len(claim(mailed)) == 1


def test_a_pause_stops_everything_until_somebody_goes_on(mailed: Shop) -> None:
    mailed.ordered(mailed.screws[0])
    deed = mailed.deed()
    mailed.write(lambda session: outbox.brakes.pause(session, deed, "a wrong price list"))
    assert claim(mailed) == []
    with mailed.database.read() as session:
        assert outbox.next_due(session, mailed.at, ALL) is None
    mailed.write(lambda session: outbox.brakes.go_on(session, deed))
    assert len(claim(mailed)) == 1


def test_an_order_over_the_limit_waits_for_a_person_even_if_one_sent_it(mailed: Shop) -> None:
    set_limits(mailed, order_value=Decimal(10))
    mailed.ordered(mailed.screws[0])
    assert (only(mailed).state, only(mailed).held_because) == ("held", "value")
    press(mailed, outbox.let_go)
    assert len(claim(mailed)) == 1


def by_rule(shop: Shop, code: str) -> None:
    """The order leaves by a rule: nobody pressed."""
    order_id = shop.scan(code).order_id
    deed = shop.deed(who="stranger")
    shop.write(lambda session: orders.release(session, deed, session.get_one(orders.Order, order_id), BERLIN))


def test_a_new_suppliers_first_order_waits_for_a_person(mailed: Shop) -> None:
    by_rule(mailed, mailed.screws[0])
    assert only(mailed).held_because == "new"
    press(mailed, outbox.let_go)
    (taken,) = claim(mailed)
    settle(mailed, outbox.delivered, taken, "250")
    by_rule(mailed, mailed.screws[1])
    assert deliveries(mailed)[1].state == "queued"


def test_more_orders_than_a_day_allows_wait_for_a_person(mailed: Shop) -> None:
    set_limits(mailed, orders_a_day=2, new_suppliers_ask=False)
    for code in mailed.screws:
        by_rule(mailed, code)
    assert [each.held_because for each in deliveries(mailed)] == ["", "", "day"]
    mailed.later(days=1)
    by_rule(mailed, mailed.gloves[0])
    assert deliveries(mailed)[3].state == "queued"


def test_mails_wait_while_their_limit_is_reached(mailed: Shop) -> None:
    set_limits(mailed, mails_an_hour=2)
    for code in mailed.screws:
        mailed.ordered(code)
    for taken in claim(mailed, 2):
        settle(mailed, outbox.delivered, taken, "250")
    assert claim(mailed) == []
    with mailed.database.read() as session:
        assert outbox.next_due(session, mailed.at, ALL) == mailed.at + timedelta(hours=1)
    mailed.later(hours=1)
    assert len(claim(mailed)) == 1


def test_a_bounced_mail_is_dead(mailed: Shop) -> None:
    mailed.ordered(mailed.screws[0])
    (taken,) = claim(mailed)
    settle(mailed, outbox.delivered, taken, "250")
    press(mailed, outbox.bounced, "550 mailbox full")
    assert (only(mailed).state, only(mailed).answer) == ("dead", "550 mailbox full")


def test_a_page_of_deliveries_is_newest_first_and_tells_how_many_there_are(mailed: Shop) -> None:
    for code in mailed.screws[:2]:
        mailed.on_its_way(code)
    with mailed.database.read() as session:
        rows, count = outbox.trouble.page(session, states=("queued",), limit=1)
        newest = max(deliveries(mailed), key=lambda each: each.id)
        assert ([each.id for each in rows], count) == ([newest.id], 2)
        found, count = outbox.trouble.page(session, states=("queued",), search=f" {newest.about.upper()} ")
        assert ([each.id for each in found], count) == ([newest.id], 1)
        assert outbox.trouble.page(session, states=("dead",)) == ([], 0)
