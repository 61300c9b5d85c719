from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from shop import Shop

from kanban import codes, journal, loops, orders, scans


def test_a_scan_of_a_full_card_queues_its_order_at_once(shop: Shop) -> None:
    answer = shop.scan(shop.screws[0])
    assert answer.effect == "signalled"
    line = shop.line(answer.order_id)
    assert [turn.card.code for turn in line.replenishments] == [shop.screws[0]]
    assert orders.need_of(line) == 25
    assert shop.supply(shop.screws[0]) == "empty"
    event = shop.events("signalled")[0]
    assert (event.id, event.card_id, event.order_id) == (
        answer.event_id,
        answer.card.card_id,
        answer.order_id,
    )
    assert event.person_id == shop.ids["owner"]


def test_the_answer_to_a_signal_tells_what_the_database_then_holds(shop: Shop) -> None:
    told = shop.scan(shop.screws[0]).card
    held = shop.look(shop.screws[0])
    for name in (
        "supply",
        "order_id",
        "order_state",
        "signalled_at",
        "supplier",
        "item_name",
        "card_quantity",
    ):
        assert getattr(told, name) == getattr(held, name), name


def test_a_typed_code_means_the_same_as_a_read_one(shop: Shop) -> None:
    typed = codes.grouped(shop.screws[0]).lower()
    assert shop.scan(typed).effect == "signalled"


@pytest.mark.parametrize("state", ["empty", "ordered"])
def test_a_repeated_scan_says_who_when_and_which_order_and_changes_nothing(shop: Shop, state: str) -> None:
    first = shop.scan(shop.screws[0], shop.deed(who="colleague"))
    if state == "ordered":
        shop.release(first.order_id)
    signalled_at = shop.at
    shop.later(hours=3)
    again = shop.scan(shop.screws[0])
    assert again.effect == "already"
    assert again.order_id == first.order_id
    assert (again.card.supply, again.card.signalled_by, again.card.signalled_at) == (
        state,
        "Colleague",
        signalled_at,
    )
    assert shop.count(orders.Replenishment) == 1
    assert orders.need_of(shop.line(first.order_id)) == 25
    assert again.card.order_number == ("PO-000001" if state == "ordered" else None)
    assert again.card.due == ("2026-03-09" if state == "ordered" else None)


def test_a_scan_of_a_card_in_transit_receives_it_whole(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    answer = shop.scan(shop.screws[0])
    assert (answer.effect, answer.order_id) == ("received", order_id)
    assert shop.supply(shop.screws[0]) == "full"
    assert shop.line(order_id).received == 30
    assert shop.order(order_id).state == "received"


def test_an_ordered_card_is_received_in_receiving_mode_only(shop: Shop) -> None:
    shop.ordered(shop.screws[0])
    assert shop.scan(shop.screws[0]).effect == "already"
    assert shop.scan(shop.screws[0], mode="receive").effect == "received"
    assert shop.supply(shop.screws[0]) == "full"


def test_a_part_receipt_leaves_the_card_open(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    assert shop.scan(shop.screws[0], quantity=Decimal(10)).effect == "received"
    assert shop.supply(shop.screws[0]) == "in_transit"
    assert shop.line(order_id).pending == 20


def test_receiving_mode_never_signals_a_full_card(shop: Shop) -> None:
    answer = shop.scan(shop.screws[0], mode="receive")
    assert (answer.effect, answer.reason) == ("nothing", "not_on_order")
    assert shop.count(orders.Replenishment) == 0


def test_receiving_mode_leaves_a_draft_alone(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    assert shop.scan(shop.screws[0], mode="receive").effect == "already"
    assert shop.supply(shop.screws[0]) == "empty"


def test_a_receipt_for_another_order_does_nothing_and_is_recorded(shop: Shop) -> None:
    first = shop.on_its_way(shop.screws[0])
    shop.scan(shop.screws[0])
    second = shop.on_its_way(shop.screws[0])
    answer = shop.scan(shop.screws[0], mode="receive", order_id=first)
    assert (answer.effect, answer.reason) == ("nothing", "other_order")
    assert shop.supply(shop.screws[0]) == "in_transit"
    assert shop.line(second).received == 0
    assert shop.events()[-1].kind == "nothing"
    assert shop.scan(shop.screws[0], mode="receive", order_id=second).effect == "received"


def test_a_receipt_for_a_named_order_does_nothing_once_the_card_is_full(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    shop.scan(shop.screws[0], mode="receive", order_id=order_id)
    assert shop.scan(shop.screws[0], mode="receive", order_id=order_id).effect == "nothing"
    assert shop.line(order_id).received == 30


def test_a_bin_emptied_again_within_the_minimum_cycle_is_asked_about_once(shop: Shop) -> None:
    shop.change_loop(shop.screws[0], minimum_cycle=60)
    shop.on_its_way(shop.screws[0])
    shop.scan(shop.screws[0])
    shop.later(minutes=59)
    assert shop.scan(shop.screws[0]).effect == "asked"
    assert shop.supply(shop.screws[0]) == "full"
    assert shop.scan(shop.screws[0], sure=True).effect == "signalled"


def test_a_bin_emptied_after_the_minimum_cycle_is_not_asked_about(shop: Shop) -> None:
    shop.change_loop(shop.screws[0], minimum_cycle=60)
    shop.on_its_way(shop.screws[0])
    shop.scan(shop.screws[0])
    shop.later(minutes=60)
    assert shop.scan(shop.screws[0]).effect == "signalled"


def test_a_withdrawn_signal_does_not_count_for_the_minimum_cycle(shop: Shop) -> None:
    shop.change_loop(shop.screws[0], minimum_cycle=60)
    shop.scan(shop.screws[0])
    shop.undo(shop.screws[0])
    assert shop.scan(shop.screws[0]).effect == "signalled"


def test_a_page_that_is_opened_again_after_the_refill_signals_nothing(shop: Shop) -> None:
    code = shop.screws[0]
    assert shop.scan(code, cycle=1).effect == "signalled"
    assert shop.scan(code, cycle=1).effect == "already"
    order_id = shop.look(code).order_id
    assert order_id
    shop.release(order_id)
    assert shop.scan(code, mode="receive").effect == "received"
    shop.later(hours=9)
    again = shop.scan(code, cycle=1)
    assert (again.effect, again.reason) == ("nothing", "other_turn")
    assert shop.supply(code) == "full"
    assert shop.scan(code, cycle=2).effect == "signalled"


def test_a_new_card_goes_into_service_and_orders_nothing(shop: Shop) -> None:
    code = shop.replace(shop.screws[0])
    answer = shop.scan(code)
    assert (answer.effect, answer.card.life) == ("in_service", "active")
    assert shop.look(code).life == "active"
    assert shop.count(orders.Replenishment) == 0
    assert shop.scan(code).effect == "signalled"


@pytest.mark.parametrize("because", loops.RETIRED_BECAUSE)
def test_a_retired_card_orders_nothing_and_says_why(shop: Shop, because: str) -> None:
    shop.set_life(shop.screws[0], "retired", because)
    answer = shop.scan(shop.screws[0])
    assert (answer.effect, answer.reason) == ("refused", because)
    assert shop.count(orders.Replenishment) == 0


def test_a_card_on_hold_orders_nothing_until_it_is_active_again(shop: Shop) -> None:
    shop.set_life(shop.screws[0], "on_hold")
    answer = shop.scan(shop.screws[0])
    assert (answer.effect, answer.reason) == ("refused", "on_hold")
    shop.set_life(shop.screws[0], "active")
    assert shop.scan(shop.screws[0]).effect == "signalled"


def test_a_surplus_card_leaves_at_its_next_emptying(shop: Shop) -> None:
    shop.set_life(shop.screws[0], "surplus")
    answer = shop.scan(shop.screws[0])
    assert (answer.effect, answer.reason) == ("refused", "surplus")
    assert (shop.look(shop.screws[0]).life, shop.count(orders.Replenishment)) == ("retired", 0)


def test_a_surplus_card_on_its_way_is_still_received(shop: Shop) -> None:
    shop.on_its_way(shop.screws[0])
    shop.set_life(shop.screws[0], "surplus")
    assert shop.scan(shop.screws[0]).effect == "received"
    assert shop.look(shop.screws[0]).life == "surplus"


def test_a_lost_card_that_was_replaced_never_orders_again(shop: Shop) -> None:
    successor = shop.replace(shop.screws[0], "lost")
    shop.scan(successor)
    assert shop.scan(shop.screws[0]).reason == "lost"
    assert shop.scan(successor).effect == "signalled"
    assert shop.count(orders.Replenishment) == 1


def test_a_card_of_a_closed_loop_says_so(shop: Shop) -> None:
    shop.close_loop(shop.screws[0])
    assert shop.scan(shop.screws[0]).reason == "loop_closed"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "not_a_code"), ("hello", "not_a_code"), ("\ud800" * 12, "not_a_code"), ("0" * 12, "unknown")],
)
def test_an_unknown_code_is_refused_and_in_the_journal(shop: Shop, text: str, reason: str) -> None:
    answer = shop.scan(text, shop.deed(who="colleague"))
    assert (answer.effect, answer.reason, answer.card) == ("refused", reason, None)
    event = shop.events("refused")[0]
    assert (event.facts["reason"], event.person_id, event.noun) == (reason, shop.ids["colleague"], "scan")


def test_every_refused_scan_is_in_the_journal_with_its_reason(shop: Shop) -> None:
    shop.set_life(shop.screws[0], "retired", "lost")
    shop.scan(shop.screws[0])
    event = shop.events("refused")[0]
    assert (event.facts, event.card_id) == ({"reason": "lost"}, shop.look(shop.screws[0]).card_id)


def test_a_late_scan_of_a_bin_refilled_meanwhile_orders_nothing(shop: Shop) -> None:
    gesture = shop.at
    shop.later(minutes=1)
    shop.on_its_way(shop.screws[0])
    shop.later(hours=1)
    shop.scan(shop.screws[0])
    shop.later(hours=1)
    answer = shop.scan(shop.screws[0], shop.deed(occurred_at=gesture))
    assert answer.effect == "stale"
    assert shop.supply(shop.screws[0]) == "full"
    event = shop.events("stale")[0]
    assert (event.occurred_at, event.recorded_at) == (gesture, shop.at)


def test_a_late_scan_of_a_bin_still_empty_orders(shop: Shop) -> None:
    shop.on_its_way(shop.screws[0])
    shop.scan(shop.screws[0])
    shop.later(hours=1)
    gesture = shop.at
    shop.later(days=3)
    assert shop.scan(shop.screws[0], shop.deed(occurred_at=gesture)).effect == "signalled"


def test_a_late_scan_from_before_the_shipping_receives_nothing(shop: Shop) -> None:
    gesture = shop.at
    shop.later(hours=1)
    order_id = shop.on_its_way(shop.screws[0])
    assert shop.scan(shop.screws[0], shop.deed(occurred_at=gesture)).effect == "already"
    assert shop.line(order_id).received == 0


def test_a_late_receipt_from_before_the_last_receipt_receives_nothing(shop: Shop) -> None:
    shop.on_its_way(shop.screws[0])
    gesture = shop.at
    shop.later(hours=1)
    shop.scan(shop.screws[0])
    shop.later(hours=1)
    second = shop.on_its_way(shop.screws[0])
    late = shop.deed(occurred_at=gesture)
    assert shop.scan(shop.screws[0], late, mode="receive").effect == "stale"
    assert shop.line(second).received == 0


def test_the_age_of_a_gesture_is_clamped_to_thirty_days(shop: Shop) -> None:
    assert scans.gesture_time(shop.at, 90_000) == shop.at - timedelta(seconds=90)
    assert scans.gesture_time(shop.at, -5) == shop.at
    assert scans.gesture_time(shop.at, 10**30) == shop.at - timedelta(days=30)


def test_undo_takes_the_quantity_off_the_draft(shop: Shop) -> None:
    order_id = shop.scan(shop.screws[0]).order_id
    shop.scan(shop.screws[1])
    answer = shop.undo(shop.screws[0])
    assert (answer.effect, answer.order_id, answer.card.supply) == ("withdrawn", order_id, "full")
    assert orders.need_of(shop.line(order_id)) == 25
    assert {turn.outcome for turn in shop.line(order_id).replenishments} == {"withdrawn", None}


def test_undo_still_works_in_the_last_moment_of_its_window(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    shop.later(seconds=15)
    assert shop.undo(shop.screws[0]).effect == "withdrawn"


def test_undo_is_refused_after_its_window(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    shop.later(seconds=15.001)
    with pytest.raises(scans.TooLate):
        shop.undo(shop.screws[0])
    assert shop.supply(shop.screws[0]) == "empty"


def test_the_window_counts_from_the_recording_not_from_the_gesture(shop: Shop) -> None:
    shop.scan(shop.screws[0], shop.deed(occurred_at=shop.at - timedelta(days=1)))
    assert shop.undo(shop.screws[0]).effect == "withdrawn"


def test_a_buyer_takes_a_signal_back_at_any_time_before_the_release(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    shop.later(days=1)
    assert shop.undo(shop.screws[0], anyway=True).effect == "withdrawn"


@pytest.mark.parametrize("anyway", [True, False])
def test_undo_is_refused_once_the_order_is_released(shop: Shop, anyway: bool) -> None:
    shop.ordered(shop.screws[0])
    with pytest.raises(orders.AlreadyReleased, match="PO-000001"):
        shop.undo(shop.screws[0], anyway=anyway)
    assert shop.supply(shop.screws[0]) == "ordered"


def test_undo_of_a_full_card_has_nothing_to_take_back(shop: Shop) -> None:
    with pytest.raises(scans.NothingToUndo):
        shop.undo(shop.screws[0])


def test_undo_of_an_unknown_card_has_nothing_to_take_back(shop: Shop) -> None:
    with pytest.raises(scans.NothingToUndo):
        shop.undo("0" * 12)


def test_a_replayed_scan_gets_the_first_answer_even_days_later(shop: Shop) -> None:
    first = shop.scan(shop.screws[0], shop.deed("k1"))
    shop.release(first.order_id)
    shop.ship(first.order_id)
    shop.later(days=9)
    events = len(shop.events())
    again = shop.scan(shop.screws[0], shop.deed("k1"))
    assert again.replayed
    assert replace(again, card=None, replayed=False) == replace(first, card=None)
    assert shop.supply(shop.screws[0]) == "in_transit"
    assert len(shop.events()) == events


@pytest.mark.parametrize(
    "effect", ["already", "received", "asked", "in_service", "nothing", "refused", "stale"]
)
def test_every_kind_of_answer_is_replayed_alike(shop: Shop, effect: str) -> None:
    code, deed, wish = _prepared(shop, effect)
    first = shop.scan(code, deed, **wish)
    assert first.effect == effect
    events = len(shop.events())
    again = shop.scan(code, deed, **wish)
    assert replace(again, card=None, replayed=False) == replace(first, card=None)
    assert len(shop.events()) == events


def _prepared(shop: Shop, effect: str) -> tuple[str, journal.Deed, dict[str, str]]:
    """A card that is about to give this answer, the deed, and what is wished."""
    code, wish, gesture = shop.screws[0], {}, None
    if effect == "already":
        shop.scan(code)
    elif effect == "received":
        shop.on_its_way(code)
    elif effect == "in_service":
        code = shop.replace(code)
    elif effect == "nothing":
        wish = {"mode": "receive"}
    elif effect == "refused":
        shop.set_life(code, "on_hold")
    else:
        shop.change_loop(code, minimum_cycle=60)
        gesture = shop.at - timedelta(minutes=1) if effect == "stale" else None
        shop.on_its_way(code)
        shop.scan(code)
    return code, shop.deed("key", occurred_at=gesture), wish


def test_a_replayed_undo_gets_the_first_answer(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    first = shop.undo(shop.screws[0], shop.deed("u1"))
    shop.scan(shop.screws[0])
    again = shop.undo(shop.screws[0], shop.deed("u1"))
    assert replace(again, card=None, replayed=False) == replace(first, card=None)
    assert shop.supply(shop.screws[0]) == "empty"


def test_a_key_used_for_something_else_is_refused_and_nothing_changes(shop: Shop) -> None:
    shop.scan(shop.screws[0], shop.deed("k1", fingerprint="this"))
    events = len(shop.events())
    with pytest.raises(journal.KeyReused):
        shop.scan(shop.screws[1], shop.deed("k1", fingerprint="that"))
    with pytest.raises(journal.KeyReused):
        shop.undo(shop.screws[0], shop.deed("k1", fingerprint="that"))
    assert len(shop.events()) == events
    assert shop.supply(shop.screws[1]) == "full"


def test_what_fails_after_the_signal_takes_the_signal_with_it(shop: Shop) -> None:
    def signal_and_fail(session: object) -> None:
        scans.scan(session, shop.deed("k1"), shop.screws[0])
        raise ZeroDivisionError

    events = len(shop.events())
    with pytest.raises(ZeroDivisionError):
        shop.write(signal_and_fail)
    assert (shop.count(orders.Order), shop.count(orders.Replenishment), len(shop.events())) == (0, 0, events)
    assert shop.supply(shop.screws[0]) == "full"


def test_reading_a_card_changes_nothing(shop: Shop) -> None:
    before = shop.events()[-1].id
    shop.look(shop.screws[0])
    assert shop.events()[-1].id == before


def test_a_scan_while_the_loop_has_moved_to_another_supplier_names_the_order_that_is_open(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    shop.move_to_paper_ltd(shop.screws[0])
    answer = shop.scan(shop.screws[0])
    assert (answer.order_id, answer.card.supplier) == (order_id, "Bolts & Co")
