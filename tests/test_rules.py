from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from shop import BERLIN, Shop
from sqlalchemy.orm import Session

from kanban import journal, orders, suppliers
from kanban.orders import rules
from kanban.orders.rules import Facts, RuleFacts
from kanban.suppliers import Terms

UNDO = timedelta(seconds=10)
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FAR = datetime(2030, 1, 1, tzinfo=UTC)

AT_ONCE = RuleFacts("at_once")
CUT_OFF = RuleFacts("cut_off")
TERMS = Terms(5, "", "15:00", "", "", "")


def at(text: str) -> datetime:
    """A moment, UTC: ``2026-03-02 13:50``."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def draft(**facts: object) -> Facts:
    """A draft whose only signal came on Monday at 9 (UTC)."""
    usual = Facts(AT_ONCE, TERMS, MONDAY, MONDAY, False, Decimal(50), None, FAR)
    return replace(usual, **facts)  # type: ignore[arg-type]


def decided(facts: Facts, moment: datetime, zone: ZoneInfo = BERLIN) -> tuple[bool, str]:
    decision = rules.decide(facts, moment, undo=UNDO, zone=zone)
    return decision.leaves, decision.why


def left(shop: Shop, release: Callable[..., None] | None = None) -> list[int]:
    """The orders that leave by their rules at the shop's time."""

    def usual(session: Session, deed: journal.Deed, order: orders.Order) -> None:
        orders.release(session, deed, order, BERLIN)

    deed = shop.deed()
    return shop.write(
        lambda session: rules.release_due(session, deed, release or usual, undo=UNDO, zone=BERLIN)
    ).order_ids


def give_rule(
    shop: Shop, supplier: str = "bolts", *, region: str = "", time_zone: str = "", **facts: object
) -> None:
    deed = shop.deed()

    def give(session: Session) -> None:
        found = session.get_one(suppliers.Supplier, shop.ids[supplier])
        wanted = RuleFacts(**facts)
        rules.set_rule(session, deed, found, wanted, region=region, time_zone=time_zone)

    shop.write(give)


def standing(shop: Shop, order_id: int | None) -> rules.Standing:
    with shop.database.read() as session:
        return rules.standings(session, shop.at, undo=UNDO, zone=BERLIN)[order_id or 0]


# At once


def test_a_draft_leaves_at_once_when_nobody_can_undo_it_any_more(shop: Shop) -> None:
    give_rule(shop, leaves="at_once")
    order_id = shop.scan(shop.screws[0]).order_id
    shop.later(seconds=9.9)
    assert left(shop) == []
    shop.later(seconds=0.1)
    assert left(shop) == [order_id]
    assert shop.order(order_id).state == "released"
    assert [event.facts for event in shop.events("due")] == [{"because": "at_once"}]


def test_a_second_signal_keeps_the_draft_until_it_cannot_be_undone_either(shop: Shop) -> None:
    give_rule(shop, leaves="at_once")
    shop.scan(shop.screws[0])
    shop.later(seconds=8)
    shop.scan(shop.gloves[0])
    shop.later(seconds=8)
    assert left(shop) == []
    shop.undo(shop.gloves[0])
    assert len(left(shop)) == 1, "the second one is withdrawn, so only the first one counts"


def test_a_draft_of_another_supplier_stays(shop: Shop) -> None:
    give_rule(shop, leaves="at_once")
    ours, theirs = shop.scan(shop.screws[0]).order_id, shop.scan(shop.paper[0]).order_id
    shop.later(minutes=1)
    assert left(shop) == [ours]
    assert shop.order(theirs).state == "draft"
    assert left(shop) == []


def test_a_phone_clock_that_is_wrong_releases_nothing_early(shop: Shop) -> None:
    give_rule(shop, leaves="at_once")
    shop.scan(shop.screws[0], shop.deed(occurred_at=shop.at - timedelta(days=2)))
    shop.later(seconds=5)
    assert left(shop) == []


def test_what_one_draft_does_not_allow_is_not_half_done(shop: Shop) -> None:
    def broken(session: Session, deed: journal.Deed, order: orders.Order) -> None:
        raise RuntimeError("no network card")

    give_rule(shop, leaves="at_once")
    order_id = shop.scan(shop.screws[0]).order_id
    shop.later(minutes=1)
    with pytest.raises(RuntimeError):
        left(shop, broken)
    assert shop.order(order_id).state == "draft"
    assert shop.events("due") == []


def test_a_draft_that_is_refused_does_not_hold_up_the_others(shop: Shop) -> None:
    def refusing(session: Session, deed: journal.Deed, order: orders.Order) -> None:
        if order.id == refused:
            raise orders.NothingToOrder("nothing")
        orders.release(session, deed, order, BERLIN)

    give_rule(shop, leaves="at_once")
    give_rule(shop, "paper_ltd", leaves="at_once")
    refused, other = shop.scan(shop.screws[0]).order_id, shop.scan(shop.paper[0]).order_id
    shop.later(minutes=1)
    assert left(shop, refusing) == [other]
    assert len(shop.events("due")) == 1


# The cut-off of an order day


@pytest.mark.parametrize(
    ("moment", "leaves"),
    [("2026-03-02 13:49", False), ("2026-03-02 13:50", True), ("2026-03-02 20:00", True)],
)
def test_a_draft_leaves_ten_minutes_before_the_cut_off(moment: str, leaves: bool) -> None:
    assert decided(draft(rule=CUT_OFF), at(moment)) == (leaves, "cut_off")


@pytest.mark.parametrize(
    ("time_zone", "moment"),
    [
        ("Europe/London", "2026-03-02 14:50"),
        ("America/New_York", "2026-03-02 19:50"),
        ("Asia/Taipei", "2026-03-03 06:50"),
        ("Pacific/Auckland", "2026-03-03 01:50"),
    ],
)
def test_the_cut_off_is_that_of_the_suppliers_own_clock(time_zone: str, moment: str) -> None:
    facts = draft(rule=CUT_OFF, terms=replace(TERMS, time_zone=time_zone))
    assert not decided(facts, at(moment) - timedelta(minutes=1))[0]
    assert decided(facts, at(moment)) == (True, "cut_off")


@pytest.mark.parametrize(
    ("signal", "leaves_at"),
    [
        ("2026-03-27 14:30", "2026-03-30 12:50"),  # Friday evening in winter time, Monday in summer time
        ("2026-10-23 14:30", "2026-10-26 13:50"),  # and back
    ],
)
def test_a_cut_off_keeps_its_hour_over_both_changes_of_the_clock(signal: str, leaves_at: str) -> None:
    facts = draft(rule=CUT_OFF, oldest=at(signal), newest=at(signal))
    assert not decided(facts, at(leaves_at) - timedelta(minutes=1))[0]
    assert decided(facts, at(leaves_at)) == (True, "cut_off")


def test_weeks_in_which_only_one_of_two_places_has_changed_its_clock_are_right() -> None:
    """New York changes on 8 March, Berlin on 29 March: between them lie five hours instead of six."""
    facts = draft(rule=CUT_OFF, terms=replace(TERMS, time_zone="America/New_York"))
    facts = replace(facts, oldest=at("2026-03-16 09:00"), newest=at("2026-03-16 09:00"))
    assert not decided(facts, at("2026-03-16 18:49"))[0]
    assert decided(facts, at("2026-03-16 18:50")) == (True, "cut_off")


def test_an_hour_that_the_clock_skips_is_read_as_before_the_change() -> None:
    terms = Terms(1, "sun", "02:30", "")
    assert terms.cut_off(date(2026, 3, 29), BERLIN) == at("2026-03-29 01:30")
    assert terms.cut_off(date(2026, 10, 25), BERLIN) == at("2026-10-25 00:30")


def test_a_draft_waits_over_the_week_end_and_over_holidays() -> None:
    german = replace(TERMS, country="DE")
    before_easter = draft(
        rule=CUT_OFF, terms=german, oldest=at("2026-04-02 15:00"), newest=at("2026-04-02 15:00")
    )
    assert not decided(before_easter, at("2026-04-03 20:00"))[0]  # Good Friday
    assert not decided(before_easter, at("2026-04-06 20:00"))[0]  # Easter Monday
    assert decided(before_easter, at("2026-04-07 12:50")) == (True, "cut_off")


def test_a_regional_holiday_counts_where_it_is_kept() -> None:
    corpus_christi = at("2026-06-04 06:00")
    for region, day in (("BY", "2026-06-05"), ("HH", "2026-06-04")):
        facts = draft(
            rule=CUT_OFF, terms=replace(TERMS, country="DE", region=region),
            oldest=corpus_christi, newest=corpus_christi,
        )  # fmt: skip
        assert not decided(facts, at(f"{day} 12:49"))[0], region
        assert decided(facts, at(f"{day} 12:50")) == (True, "cut_off"), region


def test_a_draft_waits_over_the_year_end() -> None:
    signal = at("2026-12-31 15:00")
    facts = draft(rule=CUT_OFF, terms=replace(TERMS, country="DE"), oldest=signal, newest=signal)
    assert not decided(facts, at("2027-01-02 12:00"))[0]
    assert decided(facts, at("2027-01-04 13:50")) == (True, "cut_off")


def test_only_order_days_have_a_cut_off() -> None:
    facts = draft(rule=CUT_OFF, terms=replace(TERMS, order_days="thu"))
    assert rules.decide(facts, at("2026-03-02 20:00"), undo=UNDO, zone=BERLIN).until == at("2026-03-05 13:50")
    assert decided(facts, at("2026-03-05 13:50")) == (True, "cut_off")


def test_a_signal_in_the_last_minutes_before_the_cut_off_waits_for_the_next() -> None:
    facts = draft(rule=CUT_OFF, oldest=at("2026-03-02 13:55"), newest=at("2026-03-02 13:55"))
    assert not decided(facts, at("2026-03-02 14:30"))[0]
    assert decided(facts, at("2026-03-03 13:50"))[0]


def test_a_cut_off_that_passed_while_the_program_was_down_is_made_up_for() -> None:
    assert decided(draft(rule=CUT_OFF), at("2026-03-03 08:00")) == (True, "cut_off")


def test_below_its_limit_a_draft_waits_for_a_later_cut_off_while_the_stock_is_safe() -> None:
    rule = RuleFacts("cut_off", waits_for="minimum")
    low = draft(rule=rule, minimum=Decimal(60))
    assert decided(low, at("2026-03-02 13:50")) == (False, "limit")
    assert decided(replace(low, value=Decimal(60)), at("2026-03-02 13:50")) == (True, "cut_off")
    assert decided(replace(low, value=Decimal(60)), at("2026-03-02 18:00")) == (False, "cut_off")
    pressing = replace(low, order_by=at("2026-03-03 08:00"))
    assert decided(pressing, at("2026-03-02 13:50")) == (True, "order_by")


# A limit


def test_a_draft_leaves_when_its_limit_is_reached() -> None:
    rule = RuleFacts("limit", waits_for="free_freight", free_freight=Decimal(300))
    low = draft(rule=rule, value=Decimal("299.99"), minimum=Decimal(20))
    assert decided(low, at("2026-03-02 20:00")) == (False, "limit")
    assert low.missing == Decimal("0.01")
    assert decided(replace(low, value=Decimal(300)), at("2026-03-02 20:00")) == (True, "limit")


def test_a_draft_below_its_limit_leaves_before_the_stock_is_in_danger() -> None:
    rule = RuleFacts("limit", waits_for="minimum")
    low = draft(rule=rule, minimum=Decimal(60), order_by=at("2026-03-05 13:50"))
    assert decided(low, at("2026-03-05 13:49")) == (False, "limit")
    assert decided(low, at("2026-03-05 13:50")) == (True, "order_by")


# A person


def test_a_draft_of_a_supplier_without_a_rule_waits_for_a_buyer(shop: Shop) -> None:
    order_id = shop.scan(shop.screws[0]).order_id
    shop.later(days=30)
    assert left(shop) == []
    assert standing(shop, order_id).decision.why == "buyer"


def test_over_the_limit_a_draft_waits_for_an_approval_of_what_it_is_worth() -> None:
    dear = draft(rule=replace(AT_ONCE, approve_over=Decimal(40), admin_over=Decimal(400)))
    assert decided(dear, at("2026-03-02 10:00")) == (False, "approval")
    assert decided(replace(dear, approved=Decimal(49)), at("2026-03-02 10:00")) == (False, "approval")
    assert decided(replace(dear, approved=Decimal(50)), at("2026-03-02 10:00")) == (True, "at_once")
    dearest = replace(dear, value=Decimal(401), approved=Decimal(401))
    assert decided(dearest, at("2026-03-02 10:00")) == (False, "admin")
    assert decided(replace(dearest, approved_by_admin=True), at("2026-03-02 10:00")) == (True, "at_once")


def test_an_approved_draft_leaves_and_one_that_grew_since_does_not(shop: Shop) -> None:
    give_rule(shop, leaves="at_once", approve_over=Decimal(10))
    order_id = shop.scan(shop.screws[0]).order_id
    shop.later(minutes=1)
    assert left(shop) == []
    approve(shop, order_id)
    shop.scan(shop.screws[1])
    shop.later(minutes=1)
    assert left(shop) == [], "worth more than what was approved"
    approve(shop, order_id)
    assert left(shop) == [order_id]


def test_a_buyer_does_not_send_what_only_an_administrator_may(shop: Shop) -> None:
    give_rule(shop, leaves="at_once", admin_over=Decimal(10))
    order_id = shop.scan(shop.screws[0]).order_id
    shop.later(minutes=1)
    with pytest.raises(rules.NeedsApproval, match="administrator"):
        approve(shop, order_id, who="colleague")
    approve(shop, order_id)  # by the owner, who is one
    assert left(shop) == [order_id]


def approve(shop: Shop, order_id: int | None, who: str = "owner") -> None:
    deed, now = shop.deed(who=who), standing(shop, order_id)
    shop.write(lambda session: rules.approve(session, deed, session.get_one(orders.Order, order_id), now))


# Urgent


def test_an_urgent_card_overrides_the_cut_off_but_no_person(shop: Shop) -> None:
    give_rule(shop, leaves="cut_off")
    order_id = shop.scan(shop.screws[0]).order_id
    shop.later(minutes=1)
    assert left(shop) == []
    shop.set_urgent(shop.screws[0])
    assert left(shop) == [order_id]
    assert [event.facts for event in shop.events("due")] == [{"because": "urgent"}]
    asked = draft(rule=RuleFacts("ask"), urgent=True)
    assert decided(asked, at("2026-03-02 10:00")) == (False, "buyer")
    assert decided(
        draft(rule=replace(CUT_OFF, urgent_at_once=False), urgent=True), at("2026-03-02 10:00")
    ) == (
        False,
        "cut_off",
    )


# Order by


def test_a_loop_runs_out_when_its_full_bins_are_used_up_at_their_pace() -> None:
    first, last = at("2026-02-02 09:00"), at("2026-03-02 09:00")
    assert rules.run_out(first, last, 5, 2, Decimal(0)) == at("2026-03-16 09:00")  # a bin lasts seven days
    assert rules.run_out(first, last, 5, 2, Decimal("0.4")) == at("2026-03-12 09:00")
    assert rules.run_out(first, last, 5, 0, Decimal("0.4")) == last
    assert rules.run_out(first, last, 1, 2, Decimal(0)) is None
    assert rules.run_out(first, first, 3, 2, Decimal(0)) is None


def test_the_order_by_time_lies_a_lead_time_before_the_run_out() -> None:
    monday_in_two_weeks = at("2026-03-16 09:00")
    assert rules.order_by(TERMS, monday_in_two_weeks, MONDAY, BERLIN) == at("2026-03-09 13:50")
    only_thursdays = replace(TERMS, order_days="thu")
    assert rules.order_by(only_thursdays, monday_in_two_weeks, MONDAY, BERLIN) == at("2026-03-05 13:50")
    long = replace(TERMS, lead_time=25)
    assert rules.order_by(long, monday_in_two_weeks, MONDAY, BERLIN) == MONDAY
    assert rules.order_by(TERMS, None, MONDAY, BERLIN) == at("2026-03-02 13:50")
    over_easter = replace(TERMS, country="DE")
    assert rules.order_by(over_easter, at("2026-04-10 09:00"), MONDAY, BERLIN) == at("2026-04-01 12:50")


def test_the_order_by_time_comes_from_the_cards_and_the_signals_of_the_loop(shop: Shop) -> None:
    for _turn in range(3):  # one card a week
        order_id = shop.ordered(shop.screws[0])
        shop.receive(shop.line(order_id).id, 30)
        shop.later(days=7)
    order_id = shop.scan(shop.screws[0]).order_id or 0
    now = standing(shop, order_id)
    assert now.pressing_sku == "SCREW"
    assert now.runs_out == shop.at + timedelta(days=7) * 2 / 1.2  # two full bins, α = 0.2
    assert (now.lines, now.facts.value) == (1, Decimal("75.00"))
    assert now.facts.order_by > shop.at


# Pulled forward


def test_cards_that_will_soon_be_empty_are_offered_and_join_the_draft(shop: Shop) -> None:
    for _turn in range(2):
        order_id = shop.ordered(shop.gloves[0])
        shop.receive(shop.line(order_id).id, 24)
        shop.later(days=10)
    order_id = shop.scan(shop.screws[0]).order_id or 0

    def offered() -> list[rules.Candidate]:
        with shop.database.read() as session:
            return rules.candidates(session, session.get_one(orders.Order, order_id), shop.at)

    (glove,) = offered()
    assert (glove.sku, glove.due, glove.quantity) == ("GLOVE", shop.at, 10)
    assert pull(shop, order_id, [glove.card_id]) == 1
    assert shop.supply(glove.code) == "empty"
    assert [line.supplier_item.item.sku for line in shop.order(order_id).lines] == ["SCREW", "GLOVE"]
    assert pull(shop, order_id, [glove.card_id]) == 0, "it is on order by now"
    assert shop.scan(glove.code).effect == "already"


def test_of_the_cards_that_are_offered_the_one_that_is_empty_first_leads(shop: Shop) -> None:
    for code, units, days in ((shop.screws[0], 30, 20), (shop.gloves[0], 24, 5)):
        for _turn in range(2):
            order_id = shop.ordered(code)
            shop.receive(shop.line(order_id).id, units)
            shop.later(days=days)
    order_id = shop.scan(shop.screws[0]).order_id or 0
    with shop.database.read() as session:
        offered = rules.candidates(session, session.get_one(orders.Order, order_id), shop.at)
    assert [each.sku for each in offered] == ["GLOVE", "SCREW"]
    assert offered[0].due < offered[1].due


def test_a_card_of_another_supplier_cannot_be_pulled_forward(shop: Shop) -> None:
    order_id = shop.scan(shop.screws[0]).order_id or 0
    with pytest.raises(orders.NotAllowed, match="another supplier"):
        pull(shop, order_id, [shop.look(shop.paper[0]).card_id])


def pull(shop: Shop, order_id: int, cards: list[int]) -> int:
    deed = shop.deed()
    return shop.write(
        lambda session: rules.pull_forward(session, deed, session.get_one(orders.Order, order_id), cards)
    )


# The rule itself


def test_a_rule_is_journalled_once_with_what_changed(shop: Shop) -> None:
    give_rule(shop, leaves="limit", waits_for="minimum", region="BY", time_zone="Europe/Berlin")
    give_rule(shop, leaves="limit", waits_for="minimum", region="BY", time_zone="Europe/Berlin")
    (event,) = shop.events("rule_changed")
    assert event.facts["leaves"] == "limit"
    with shop.database.read() as session:
        assert rules.rule_of(session, shop.ids["bolts"]).waits_for == "minimum"
        assert session.get_one(suppliers.Supplier, shop.ids["bolts"]).terms().region == "BY"
        assert rules.rule_of(session, shop.ids["paper_ltd"]) == RuleFacts()
