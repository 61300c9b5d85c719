"""Advice on the number of cards: from a loop's own scans, never silent, settled by a person."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from shop import BERLIN, Shop

from kanban import advice, calendars, journal, loops
from kanban.items import Location
from kanban.loops import Loop


def played(shop: Shop, days: int = 90, every: int = 4) -> None:
    """Empty one screw bin after the other, each back after five working days or so."""
    away: list[tuple[datetime, str]] = []
    for day in range(days):
        shop.later(days=1)
        if shop.at.weekday() >= 5:
            continue
        while away and shop.at - away[0][0] > timedelta(days=5):
            shop.scan(away.pop(0)[1])
        if day % every == 0:
            taken = {code for _, code in away}
            full = [code for code in shop.screws if code not in taken]
            if full:
                shop.on_its_way(full[0])
                away.append((shop.at, full[0]))


def reviewed(shop: Shop) -> int:
    deed = shop.deed()
    return shop.write(lambda session: advice.review_all(session, deed, BERLIN))


def loop_id(shop: Shop) -> int:
    return shop.look(shop.screws[0]).loop_id


def latest(shop: Shop) -> advice.Advice:
    with shop.database.read() as session:
        found = advice.latest(session, loop_id(shop))
        assert found is not None
        assert found.loop
    return found


def to_loop(shop: Shop, verb: object, *rest: object) -> object:
    deed = shop.deed()
    return shop.write(lambda session: verb(session, deed, session.get_one(Loop, loop_id(shop)), *rest))  # type: ignore[operator]


def describe(shop: Shop, **facts: object) -> None:
    to_loop(shop, advice.describe, advice.SizingFacts(**facts))  # type: ignore[arg-type]


def test_scans_alone_give_advice(shop: Shop) -> None:
    played(shop)
    assert reviewed(shop) == 3
    figures = latest(shop).figures
    assert figures["scans"] > 15
    assert figures["confidence"] == "settled"
    assert figures["use"] == pytest.approx(25 / 3, rel=0.35), "25 screws every three working days or so"
    assert 4 <= figures["usual"] <= 8
    assert figures["band"][0] < figures["use"] < figures["band"][1]
    assert set(figures["options"]) >= {"2", "3", "4"}


def test_what_has_not_changed_is_not_sized_again(shop: Shop) -> None:
    reviewed(shop)
    assert reviewed(shop) == 0
    shop.scan(shop.screws[0])
    assert reviewed(shop) == 1
    shop.later(days=1)
    assert reviewed(shop) == 3


def test_the_same_log_gives_the_same_advice(shop: Shop) -> None:
    played(shop, 40)
    reviewed(shop)
    first = latest(shop).facts
    deed = shop.deed()

    def again(session: object) -> str:
        told = advice.collect(session, deed.at, BERLIN, [loop_id(shop)])[0]  # type: ignore[arg-type]
        import json

        return json.dumps(advice.figures_of(advice.review(told, advice.Calendars(session, BERLIN), deed.at)))  # type: ignore[arg-type]

    assert shop.write(again) == first


def test_a_longer_lead_time_brings_new_advice_at_once(shop: Shop) -> None:
    played(shop, 20)
    reviewed(shop)
    before = latest(shop)
    with shop.database.read() as session:
        supplier = session.get_one(Loop, loop_id(shop)).supplier_item.supplier
        facts = {name: getattr(supplier, name) for name in advice_supplier_fields()}
    from kanban import suppliers

    deed = shop.deed()
    shop.write(
        lambda session: suppliers.change(
            session, deed, session.get_one(suppliers.Supplier, shop.ids["bolts"]),
            suppliers.SupplierFacts(**(facts | {"lead_time": 40})),
        )
    )  # fmt: skip
    assert reviewed(shop) == 2, "both loops of this supplier"
    assert latest(shop).cards >= before.cards
    assert latest(shop).inputs != before.inputs


def advice_supplier_fields() -> list[str]:
    from kanban.suppliers import SupplierFacts

    return list(SupplierFacts.__dataclass_fields__)


def test_accepting_more_cards_makes_them_and_lets_them_wait_for_paper(shop: Shop) -> None:
    describe(shop, use_per_day=Decimal(40), sureness="records")
    reviewed(shop)
    advised = latest(shop)
    assert advised.decision == "add"
    made = to_loop(shop, advice.accept)
    assert len(made) == advised.cards - advised.cards_now  # type: ignore[arg-type]
    with shop.database.read() as session:
        cards = loops.cards_in_service(session, session.get_one(Loop, loop_id(shop)))
        assert [card.life for card in cards if card.number > 3] == ["new"] * (advised.cards - 3)
    assert latest(shop).state == "accepted"
    assert [event.kind for event in shop.events()][-1] == "advice_accepted"
    with pytest.raises(advice.NothingAdvised):
        to_loop(shop, advice.accept)


def test_a_card_that_is_too_many_leaves_at_its_next_emptying(shop: Shop) -> None:
    deed = shop.deed()
    shop.write(
        lambda session: loops.add_cards(session, deed, session.get_one(Loop, loop_id(shop)), 6, "active")
    )
    describe(shop, use_per_day=Decimal(6), sureness="records")
    played(shop, 90, every=3)
    reviewed(shop)
    advised = latest(shop)
    assert (advised.decision, advised.cards, advised.because) == ("take_out", 8, "more_than_needed")
    to_loop(shop, advice.accept)
    with shop.database.read() as session:
        cards = loops.cards_in_service(session, session.get_one(Loop, loop_id(shop)))
        assert [card.life for card in cards][-1] == "surplus"


def test_refused_advice_says_why_and_stays_away_until_it_differs(shop: Shop) -> None:
    describe(shop, use_per_day=Decimal(40), sureness="records")
    reviewed(shop)
    to_loop(shop, advice.refuse, "The job ends in May")
    shop.later(days=2)
    reviewed(shop)
    assert latest(shop).state == "refused"
    with shop.database.read() as session:
        assert [each.reason for each in advice.past_advice(session, loop_id(shop))] == ["The job ends in May"]
    describe(shop, use_per_day=Decimal(90), sureness="records")
    reviewed(shop)
    assert latest(shop).state == "open"


def test_put_off_advice_comes_back_on_its_day(shop: Shop) -> None:
    describe(shop, use_per_day=Decimal(40), sureness="records")
    reviewed(shop)
    to_loop(shop, advice.snooze, shop.at + timedelta(days=7))
    shop.later(days=3)
    reviewed(shop)
    assert latest(shop).state == "snoozed"
    shop.later(days=5)
    reviewed(shop)
    assert latest(shop).state == "open"


def test_a_closed_week_changes_no_advice(shop: Shop) -> None:
    describe(shop, use_per_day=Decimal(10))
    reviewed(shop)
    first = latest(shop).figures
    closed_from = shop.at.date() + timedelta(days=7)
    deed = shop.deed()
    shop.write(
        lambda session: calendars.close(
            session, deed, session.get_one(Location, shop.ids["site"]),
            closed_from, closed_from + timedelta(days=6), "Works holidays",
        )
    )  # fmt: skip
    assert reviewed(shop) == 3, "the calendar belongs to what advice is made from"
    assert latest(shop).figures == first


def test_history_of_any_kind_gives_advice(shop: Shop) -> None:
    reviewed(shop)
    shop.scan(shop.screws[0])
    reviewed(shop)
    shop.later(days=400)
    reviewed(shop)
    early = shop.deed(occurred_at=shop.at - timedelta(days=25))
    shop.scan(shop.screws[1], early)
    reviewed(shop)
    shop.close_loop(shop.gloves[0])
    assert reviewed(shop) == 0


def test_a_season_has_twelve_factors(shop: Shop) -> None:
    describe(shop, season=(Decimal(1),) * 11 + (Decimal(2),))
    reviewed(shop)
    with pytest.raises(advice.BadSeason):
        describe(shop, season=(Decimal(1),) * 11)
    with pytest.raises(advice.BadSeason):
        describe(shop, season=(Decimal(0),) * 12)


class TestCalendars:
    def site(self, shop: Shop, verb: object, *rest: object) -> object:
        deed = shop.deed()
        return shop.write(
            lambda session: verb(session, deed, session.get_one(Location, shop.ids["site"]), *rest)  # type: ignore[operator]
        )

    def test_a_site_says_when_it_works(self, shop: Shop) -> None:
        facts = calendars.Facts("DE", "BY", calendars.USUAL_WEEK)
        assert self.site(shop, calendars.describe, facts)
        assert not self.site(shop, calendars.describe, facts)
        with shop.database.read() as session:
            assert calendars.facts_of(session, shop.ids["site"]) == facts
        assert calendars.is_holiday(date(2026, 1, 6), facts), "Epiphany, in Bavaria"
        assert not calendars.is_holiday(date(2026, 1, 6), calendars.Facts("DE", "BE"))
        assert "BY" in calendars.known_regions("DE")

    def test_shifts_follow_each_other(self, shop: Shop) -> None:
        from datetime import time

        bad = ((time(14), time(6)),)
        with pytest.raises(calendars.BadWeek):
            self.site(shop, calendars.describe, calendars.Facts(week=(bad, *calendars.USUAL_WEEK[1:])))

    def test_a_closure_ends_after_it_begins(self, shop: Shop) -> None:
        with pytest.raises(calendars.BadClosure):
            self.site(shop, calendars.close, date(2026, 8, 9), date(2026, 8, 1), "")
        closure = self.site(shop, calendars.close, date(2026, 8, 1), date(2026, 8, 9), "Summer")
        with shop.database.read() as session:
            assert len(calendars.closed_days(session, shop.ids["site"])) == 9
        deed = shop.deed()
        shop.write(
            lambda session: calendars.reopen(session, deed, session.get_one(calendars.Closure, closure.id))  # type: ignore[attr-defined]
        )
        with shop.database.read() as session:
            assert calendars.closures(session, shop.ids["site"]) == []


def test_every_step_of_advice_is_on_record(shop: Shop) -> None:
    describe(shop, use_per_day=Decimal(40), sureness="records")
    reviewed(shop)
    to_loop(shop, advice.accept)
    with shop.database.read() as session:
        assert list(journal.verify(session)) == []
    kinds = [each.kind for each in shop.events() if (each.noun, each.noun_id) == ("loop", loop_id(shop))]
    assert kinds[-3:] == ["sizing_changed", "advised", "advice_accepted"]


def test_nothing_is_advised_of_a_use_that_nobody_has_said_and_no_scan_tells(shop: Shop) -> None:
    reviewed(shop)
    found = latest(shop)
    assert (found.decision, found.because, found.cards) == ("keep", "use_unknown", found.cards_now)
    describe(shop, use_per_day=Decimal(90), sureness="guess")
    reviewed(shop)
    assert (latest(shop).decision, latest(shop).because) == ("add", "below_target")


def test_only_what_the_journal_speaks_of_is_sized_again(shop: Shop) -> None:
    def some(most: int = 10) -> bool:
        deed = shop.deed()
        return shop.write(lambda session: advice.review_due(session, deed, BERLIN, most))

    def stale() -> int:
        with shop.database.read() as session:
            return sum(
                1 for each in session.query(advice.Advice) if each.inputs == "" and each.state == "open"
            )

    assert some(2), "two of three, and one waits"
    assert not some()
    sized = shop.count(advice.Advice)
    assert sized == 3
    shop.later(minutes=1)
    shop.scan(shop.screws[0])
    before = latest(shop).at
    assert not some()
    assert latest(shop).at > before
    assert stale() == 0
    shop.later(days=1)
    assert not some()
    assert latest(shop).at == shop.at


def test_cards_leave_again_after_the_first_has_left(shop: Shop) -> None:
    """A change is let stand for two weeks, and then what is still too much leaves too."""
    shop.write(
        lambda session: loops.add_cards(
            session, shop.deed(), session.get_one(Loop, loop_id(shop)), 9, "active"
        )
    )
    played(shop, days=120)
    for days in (0, 7, 14):
        shop.later(days=days)
        reviewed(shop)
        found = latest(shop)
        if days == 7:
            assert (found.decision, found.because) == ("keep", "just_changed")
        else:
            assert found.decision == "take_out"
            to_loop(shop, advice.accept)
