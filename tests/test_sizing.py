"""Promises of the sizing engine: it fits what really happens, and moves the right way."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanban.sizing import (
    advice,
    alarms,
    classes,
    history,
    lead_times,
    policy,
    quantities,
    reorder,
    simulation,
    sittings,
)
from kanban.sizing.history import Use
from kanban.sizing.intervals import Rate, garwood
from kanban.sizing.policy import Demand
from kanban.sizing.sittings import Burst
from kanban.sizing.working_time import WorkingTime, seasonal

BERLIN = ZoneInfo("Europe/Berlin")
SURE = 10_000.0
"""So many effective scans that a rate is as good as known."""


def known(per_day: float, cv2: float = 1.0) -> Use:
    return Use(Rate(SURE, SURE / per_day), cv2, SURE, None)


def use_of(pieces: float, quantity: float, vmr: float = 1.0) -> Use:
    return known(pieces / quantity, vmr / quantity)


FIXED = [lead_times.Node(3.0, 1.0)]
SPREAD = [lead_times.Node(2.0, 0.5), lead_times.Node(4.0, 0.3), lead_times.Node(8.0, 0.2)]


@pytest.mark.parametrize(
    ("cards", "left", "per_day", "size"),
    [(2, 0, 10, 1), (3, 0, 10, 1), (2, 10, 10, 1), (2, 19, 10, 1), (4, 0, 10, 5), (3, 0, 3, 1)],
)
def test_a_loop_stays_in_stock_as_often_as_was_said(cards: int, left: int, per_day: int, size: int) -> None:
    days = 200_000 / per_day
    issues = simulation.poisson_issues(Random(7), per_day, size, days)
    played = simulation.run(simulation.Rules(cards, 20, left), issues, lambda _: 3.0, days)
    over_lead_time = Demand(3 * per_day, 3 * per_day * size)
    assert played.in_stock == pytest.approx(policy.fill(cards, 20, over_lead_time, left), abs=0.01)
    assert played.fill == pytest.approx(
        policy.fill(cards, 20, over_lead_time.with_issue_before(size), left), abs=0.01
    )


@pytest.mark.parametrize(
    ("cards", "quantity", "left", "per_day", "waits"),
    [
        (1, 20, 19, 5, True),
        (1, 80, 79, 20, True),
        (2, 20, 0, 7, True),
        (4, 5, 2, 4, True),
        (2, 30, 0, 10, False),
    ],
)
def test_no_more_cards_are_under_way_than_there_are(
    cards: int, quantity: int, left: int, per_day: int, waits: bool
) -> None:
    days = 100_000 / per_day
    demands = [(1.0, Demand(3.0 * per_day, 3.0 * per_day))]
    rules = simulation.Rules(cards, quantity, left, waits)
    played = simulation.run(
        rules, simulation.poisson_issues(Random(7), per_day, 1, days), lambda _: 3.0, days
    )
    free = policy.share_over(cards, quantity, demands, left).short
    bound = policy.share_in_a_loop(cards, quantity, demands, left, waits).short
    missed = 1 - played.in_stock
    assert abs(bound - missed) <= abs(free - missed) + 1e-3
    assert bound == pytest.approx(missed, abs=0.03)


def test_a_hundred_pieces_more_or_less_are_no_step_in_what_is_promised() -> None:
    fills = [policy.fill(2, quantity, Demand(quantity * 1.0, quantity * 5.0)) for quantity in range(395, 405)]
    assert all(abs(after - before) < 1e-3 for before, after in pairwise(fills))


@given(cards=st.integers(1, 9), quantity=st.integers(1, 60), mean=st.floats(0.1, 200), vmr=st.floats(1, 20))
def test_more_cards_and_bigger_bins_never_serve_less(
    cards: int, quantity: int, mean: float, vmr: float
) -> None:
    demand = Demand(mean, vmr * mean)
    now = policy.fill(cards, quantity, demand)
    assert 0 <= now <= 1
    assert policy.fill(cards + 1, quantity, demand) >= now - 1e-9
    assert policy.fill(cards + 1, quantity + 1, demand) >= policy.fill(cards + 1, quantity, demand) - 1e-9
    assert policy.fill(cards, quantity, demand, 1) >= now - 1e-9


@given(
    consequence=st.integers(1, 3), quote=st.integers(1, 20), pieces=st.floats(0.5, 100), vmr=st.floats(1, 15)
)
def test_what_hurts_more_comes_later_or_is_used_more_needs_no_fewer_cards(
    consequence: int, quote: int, pieces: float, vmr: float
) -> None:
    def cards(consequence: int, quote: float, pieces: float, vmr: float) -> int:
        loop = advice.Loop(40, 3, consequence, quote)
        nodes = lead_times.expected(quote, classes.WATCH)
        return advice.advise(loop, use_of(pieces, 40, vmr), nodes).cards

    now = cards(consequence, quote, pieces, vmr)
    assert cards(consequence + 1, quote, pieces, vmr) >= now
    assert cards(consequence, quote + 2, pieces, vmr) >= now
    assert cards(consequence, quote, pieces * 1.3, vmr) >= now
    assert cards(consequence, quote, pieces, vmr * 1.5) >= now


def test_counting_in_dozens_needs_the_same_cards() -> None:
    nodes = lead_times.expected(5, classes.WATCH)
    by_piece = advice.advise(advice.Loop(1200, 3, 3, 5), use_of(600, 1200, 24), nodes)
    by_dozen = advice.advise(advice.Loop(100, 3, 3, 5), use_of(50, 100, 2), nodes)
    assert by_piece.cards == by_dozen.cards


def test_cards_cannot_be_fewer_than_carry_the_flow() -> None:
    flow = advice.advise(advice.Loop(1, 2, 1, 20), use_of(2, 1), lead_times.expected(20, classes.ROBUST))
    assert flow.cards >= 1.1 * 2 * 20
    vital = advice.advise(advice.Loop(1000, 2, 4, 1), use_of(1, 1000), FIXED)
    assert vital.cards == 3, "one forgotten scan must not stop the site"
    assert advice.advise(advice.Loop(1000, 2, 1, 1), use_of(1, 1000), FIXED).cards == 2


def test_the_bin_of_a_two_bin_system_and_the_mark_of_a_signal_card_meet_the_target() -> None:
    loop, use = advice.Loop(60, 2, 3, 5), use_of(30, 60, 4)
    bin_size = advice.quantity_for(loop, use, SPREAD, pack=10)
    assert bin_size % 10 == 0
    sized = advice.advise(advice.Loop(bin_size, 2, 2, 5), use_of(30, bin_size, 4), SPREAD)
    assert sized.option(2).fill >= 0.98
    mark = advice.mark_for(advice.Loop(500, 1, 3, 5), use_of(30, 500, 4), SPREAD)
    assert 120 < mark < 500
    point = advice.reorder_for(0.98, use_of(30, 1, 4), SPREAD, quantity=100)
    assert point > 30 * lead_times.mean_of(SPREAD)


def test_the_textbook_is_one_bin_short_for_those_who_scan_empties() -> None:
    sized = advice.advise(advice.Loop(30, 2, 2, 3), use_of(10, 30), FIXED)
    assert sized.textbook == 2
    assert sized.option(2).fill < 0.95 <= sized.option(sized.cards).fill


class TestDecision:
    def decide(self, cards: int, use: Use, **past: float) -> advice.Decision:
        loop = advice.Loop(20, cards, 2, 3)
        return advice.decide(loop, advice.advise(loop, use, FIXED), advice.Past(**past))  # type: ignore[arg-type]

    def test_too_few_cards_are_raised_at_once(self) -> None:
        assert self.decide(2, use_of(10, 20)) == ("add", 3, "below_target")

    def test_cards_leave_one_at_a_time(self) -> None:
        assert self.decide(9, use_of(10, 20)) == ("take_out", 8, "more_than_needed")

    @pytest.mark.parametrize(
        ("use", "past", "because"),
        [
            (Use(Rate(3, 6), 0.05, 4, None), {}, "too_few_scans"),
            (use_of(10, 20), {"days_since_out": 20}, "was_out"),
            (use_of(10, 20), {"days_since_change": 9.0}, "just_changed"),
        ],
    )
    def test_no_card_leaves_in_doubt(self, use: Use, past: dict[str, float], because: str) -> None:
        decision = self.decide(12, use, **past)
        assert (decision.what, decision.because) == ("keep", because)

    def test_no_card_leaves_where_the_upper_end_of_the_use_needs_it(self) -> None:
        doubtful = Use(Rate(10, 10 / 1.0), 0.05, 12, None)
        enough = advice.advise(advice.Loop(20, 1, 1, 3), doubtful, FIXED).cards
        because = {}
        for cards in range(enough, enough + 4):
            loop = advice.Loop(20, cards, 1, 3)
            because[cards - enough] = advice.decide(loop, advice.advise(loop, doubtful, FIXED)).because
        assert because[0] == "fits"
        assert because[1] == "close_to_limit"
        assert because[3] == "more_than_needed"


def test_the_gaps_between_scans_tell_how_lumpy_the_use_is() -> None:
    for size in (1, 5):
        issues = simulation.poisson_issues(Random(3), 10, size, 12_000)
        scans = simulation.run(simulation.Rules(8, 30), issues, lambda _: 3.0, 12_000).signals
        assert history.vmr(30, history.gap_cv2(history.gaps_of(scans))) == pytest.approx(size, rel=0.15)


def test_scans_take_over_from_the_estimate() -> None:
    belief = history.prior(1.0, "guess")
    times = [2.0 * n for n in range(1, 41)]
    learnt = history.learn(times, 80.0, belief)
    assert belief.mean == pytest.approx(1.0)
    assert learnt.rate.mean == pytest.approx(0.5, rel=0.05)
    assert learnt.rate.band().high - learnt.rate.band().low < belief.band().high - belief.band().low
    assert learnt.effective > 20


def test_silence_lowers_what_is_believed() -> None:
    assert history.learn([], 100.0, history.prior(1.0)).rate.mean < 0.1
    assert history.learn([], 0.0, history.prior(1.0)).rate.mean == pytest.approx(1.0)


def test_time_without_stock_does_not_count_where_people_go_elsewhere() -> None:
    times = [2.0 * n for n in range(1, 21)]
    waits, elsewhere = (history.learn(times, 40.0, history.prior(0.5), out=out) for out in (0.0, 10.0))
    assert elsewhere.rate.mean > waits.rate.mean


def test_twice_the_use_is_noticed_after_enough_scans_only() -> None:
    steady = [2.0 * n for n in range(1, 31)]
    faster = [*steady, *(60 + 0.7 * n for n in range(1, 9))]
    found = history.learn(faster, faster[-1], history.prior(0.5)).change
    assert found is not None
    assert found.factor == 2.0
    assert found.since >= 28
    assert history.learn(steady, 60.0, history.prior(0.5)).change is None
    assert history.learn(faster[26:33], faster[32], history.prior(0.5)).change is None


def test_a_later_change_to_half_the_use_is_noticed_too() -> None:
    slower = [1.0 * n for n in range(1, 41)]
    slower += [40 + 4.0 * n for n in range(1, 9)]
    found = history.learn(slower, slower[-1], history.prior(1.0)).change
    assert found is not None
    assert found.factor == 0.5


def in_one_go(at: float, scans: int) -> list[float]:
    return [at + n / 2_000 for n in range(scans)]


def sized(times: list[float], now: float, cards: int, guess: float = 2.0) -> tuple[Use, advice.Decision]:
    use = history.learn(times, now, history.prior(guess))
    loop = advice.Loop(20, cards, 2, 5)
    return use, advice.decide(loop, advice.advise(loop, use, lead_times.expected(5, classes.WATCH)))


@pytest.mark.parametrize("later", [0.1, 1.0, 5.0, 20.0])
def test_all_empty_bins_of_a_first_day_are_no_use_of_that_day(later: float) -> None:
    use, decision = sized(in_one_go(0.0, 30), later, 30, guess=0.2)
    assert use.rate.mean < 0.201
    assert use.effective == 0
    assert decision.what == "keep"
    assert use.burst == Burst(0, 30, "before")
    known = [later + 2.0 * n for n in range(1, 6)]
    both = history.learn([*in_one_go(0.0, 30), *known], later + 10.0, history.prior(0.2))
    assert 0.1 < both.rate.mean < 0.5, "five scans since, and the guess"


def test_a_week_that_was_caught_up_with_is_no_change() -> None:
    """Two bins a day, nobody scans for five days, then ten at once: what was used stays what it was."""
    steady = [0.5 * n for n in range(1, 110)]
    before, _ = sized(steady, 55.0, 30)
    for scans in (5, 10):
        times = [*steady, *in_one_go(60.0, scans)]
        for later in (0.1, 5.0):
            after = [60.0 + 0.5 * n for n in range(1, int(2 * later) + 1)]
            use, decision = sized([*times, *after], 60.0 + later, 30)
            assert use.change is None
            assert use.rate.mean == pytest.approx(before.rate.mean, rel=0.08)
            assert decision.cards <= 30
            assert use.burst == Burst(109, scans, "spread")


def test_more_than_a_silence_explains_is_counted_whole_and_said() -> None:
    steady = [0.5 * n for n in range(1, 110)]
    for later in (0.1, 5.0):
        times = [*steady, *in_one_go(60.0, 30), *(60.5 + 0.5 * n for n in range(int(2 * later)))]
        use, decision = sized(times, 60.0 + later, 30)
        assert use.change is None
        assert 2.1 < use.rate.mean < 2.6
        assert decision.cards <= 33, "one day on which somebody scanned is no new rate"
        assert use.burst == Burst(109, 30, "whole")


def test_a_shop_that_scans_in_rounds_has_no_burst() -> None:
    rounds = [time for week in range(1, 13) for time in in_one_go(5.0 * week, 10)]
    use, _ = sized(rounds, 61.0, 30)
    assert use.burst is None
    assert use.change is None
    assert use.rate.mean == pytest.approx(2.0, rel=0.1)
    assert use.cv2 > 1, "bins wait for their round: that needs cards"


def test_a_burst_is_forgotten_like_its_scans() -> None:
    times = [*(0.5 * n for n in range(1, 110)), *in_one_go(60.0, 30)]
    assert sized(times, 119.0, 30)[0].burst is not None
    assert sized(times, 121.0, 30)[0].burst is None


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.floats(0.2, 20))
def test_sittings_hold_every_scan_once_and_spreading_keeps_their_order(sizes: list[int], gap: float) -> None:
    times = [time for n, scans in enumerate(sizes) for time in in_one_go(gap * (n + 1), scans)]
    found = sittings.sittings_of(times)
    assert [number for each in found for number in each.numbers()] == list(range(len(times)))
    even = sittings.spread(times, found)
    assert even == sorted(even)
    assert even[-1] == pytest.approx(times[-1])


def test_open_orders_count_as_long_as_they_have_taken() -> None:
    belief = lead_times.expected(5, classes.ROBUST)
    received = [5.0] * 10
    naive = lead_times.observed(received, [True] * 10, belief)
    with_open = lead_times.observed([*received, 15.0, 20.0], [True] * 10 + [False] * 2, belief)
    assert lead_times.mean_of(with_open) > lead_times.mean_of(naive)
    assert sum(node.weight for node in with_open) == pytest.approx(1.0)
    assert lead_times.observed([3.0], [False], belief) == belief


@given(st.lists(st.tuples(st.floats(0, 500), st.booleans()), max_size=80), st.floats(0.1, 60))
def test_any_history_of_deliveries_gives_a_mixture(times: list[tuple[float, bool]], quote: float) -> None:
    belief = lead_times.expected(quote, classes.FRAGILE, 5.0, 0.5)
    nodes = lead_times.observed([days for days, _ in times], [came for _, came in times], belief)
    assert sum(node.weight for node in nodes) == pytest.approx(1.0)
    assert all(node.days >= 0 and node.weight >= 0 for node in nodes)
    assert lead_times.quantile_of(nodes, 0.5) <= lead_times.quantile_of(nodes, 0.9)


@given(
    st.lists(st.floats(0, 400), max_size=60).map(sorted),
    st.floats(0.01, 20),
    st.sampled_from(["guess", "estimate", "records"]),
)
def test_any_history_of_scans_gives_advice(times: list[float], guess: float, sureness: str) -> None:
    use = history.learn(times, 400.0, history.prior(guess, sureness))
    sized = advice.advise(
        advice.Loop(25, 3, 4, 10, unit_cost=2.5), use, lead_times.expected(10, classes.FRAGILE)
    )
    assert 1 <= sized.cards <= advice.MOST_CARDS
    assert sized.band.low <= sized.use <= sized.band.high
    assert sized.option(sized.cards).fill >= 0


def test_ten_thousand_scans_in_a_day_give_advice_too() -> None:
    times = [n / 10_000 for n in range(10_000)]
    use = history.learn(times, 1.0, history.prior(1.0))
    sized = advice.advise(advice.Loop(1, 2, 2, 5), use, FIXED)
    assert sized.cards == advice.MOST_CARDS


class TestWorkingTime:
    week = ((time(6), time(14)),)
    clock = WorkingTime(BERLIN, [week] * 5 + [(), ()], lambda day: day == date(2026, 4, 6))

    def test_a_day_is_a_day_of_work(self) -> None:
        morning = datetime(2026, 3, 2, 6, 0, tzinfo=BERLIN)
        assert self.clock.between(morning, morning + timedelta(days=7)) == pytest.approx(5)
        assert self.clock.between(morning, morning + timedelta(hours=4)) == pytest.approx(0.5)

    def test_nights_weekends_and_holidays_take_no_time(self) -> None:
        friday = datetime(2026, 4, 3, 14, 0, tzinfo=BERLIN)
        assert self.clock.between(friday, datetime(2026, 4, 7, 6, 0, tzinfo=BERLIN)) == 0

    def test_the_hour_that_the_clock_skips_is_no_work(self) -> None:
        before, after = (datetime(2026, 3, day, 6, 0, tzinfo=BERLIN) for day in (27, 30))
        assert self.clock.between(before, after) == pytest.approx(1)

    def test_earlier_than_ever_asked_is_no_trouble(self) -> None:
        now = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
        assert self.clock.between(now - timedelta(days=365), now) > 250
        assert self.clock.between(now, now - timedelta(days=1)) == 0

    def test_a_closed_week_changes_no_advice(self) -> None:
        def advised(closed: bool) -> advice.Advice:
            off = {date(2026, 3, 9) + timedelta(days=n) for n in range(7)} if closed else set()
            clock = WorkingTime(BERLIN, [self.week] * 5 + [(), ()], lambda day: day in off)
            start = datetime(2026, 2, 2, 6, 0, tzinfo=BERLIN)
            moments, moment = [], start
            while len(moments) < 20:
                moment += timedelta(days=1)
                if clock.works_on(moment.date()):
                    moments.append(moment)
            times = [clock.between(start, each) for each in moments]
            use = history.learn(times, times[-1], history.prior(1.0))
            return advice.advise(advice.Loop(10, 3, 3, 5), use, FIXED)

        assert advised(True) == advised(False)

    def test_a_season_weighs_the_days(self) -> None:
        clock = WorkingTime(BERLIN, [self.week] * 7, lambda _: False, seasonal({7: 2.0}))
        july = datetime(2026, 7, 1, 6, 0, tzinfo=BERLIN)
        assert clock.between(july, july + timedelta(days=5)) == pytest.approx(10)


def test_frozen_cards_and_silent_loops_are_told_from_slow_ones() -> None:
    assert alarms.is_frozen(9, 3)
    assert not alarms.is_frozen(8, 3)
    assert not alarms.is_frozen(50, 1)
    assert alarms.silence_limit(2) == pytest.approx(18, abs=0.01)
    assert alarms.silence_limit(10) == pytest.approx(5.9, abs=0.06)
    assert alarms.silence_limit(50) == pytest.approx(4.8, abs=0.06)


@pytest.mark.parametrize(
    ("consequence", "points", "word"),
    [(1, 5, "lean"), (2, 0, "lean"), (2, 3, "watched"), (2, 4, "buffered"), (3, 0, "watched"),
     (3, 2, "buffered"), (4, 1, "buffered"), (4, 4, "protected")],
)  # fmt: skip
def test_consequence_and_supply_give_the_word(consequence: int, points: int, word: str) -> None:
    assert classes.word(consequence, classes.supply_class(points)) == word


def test_each_risk_of_a_supply_is_a_point_and_a_single_source_two() -> None:
    everything = classes.Supply(
        30, overseas=True, seasonal=True, on_time_low=0.5, late_over_usual=3.0, vmr=9.0
    )
    assert len(classes.fragility(everything)) == 7
    assert classes.fragility(classes.Supply(5, second_source=True)) == []


def test_classes_by_value_and_by_rest() -> None:
    values = [("a", 80.0), ("b", 15.0), ("c", 4.0), ("d", 1.0)]
    assert classes.abc(values) == {"a": "A", "b": "B", "c": "C", "d": "C"}
    assert classes.abc([("x", 0.0)]) == {"x": "C"}
    assert [classes.fsn(days) for days in (3, 200, 400, None)] == ["F", "S", "N", "N"]
    assert [classes.xyz(cv) for cv in (0.2, 0.8, 1.4)] == ["X", "Y", "Z"]


def test_orders_are_rounded_and_price_breaks_pay() -> None:
    assert quantities.rounded_up(0.1) == 1
    assert quantities.rounded_up(37, 12, 100) == 108
    assert quantities.rounded_up(7, 4, 0, 6) == 12
    assert quantities.rounded_up(0, 12, 100) == 0
    backorders = quantities.economic_order(8, 0.225, 1300, short=5)
    assert backorders.quantity > quantities.economic_order(8, 0.225, 1300).quantity


def test_base_stock_is_a_loop_of_single_pieces() -> None:
    assert reorder.base_stock_fill(15, 10) == pytest.approx(policy.fill(15, 1, Demand(10, 10)), abs=1e-9)


def test_a_rate_without_events_has_an_upper_end() -> None:
    assert garwood(0, 10).low == 0
    assert garwood(0, 10).high == pytest.approx(0.369, abs=0.001)


def test_unmet_need_waits_or_goes_elsewhere() -> None:
    issues = [(0.1, 40.0), (0.2, 10.0)]
    waits = simulation.run(simulation.Rules(2, 20), issues, lambda _: 1.0, 5.0)
    lost = simulation.run(simulation.Rules(2, 20, waits=False), issues, lambda _: 1.0, 5.0)
    assert (waits.fill, lost.fill) == (0.8, 0.8)
    assert waits.levels[-1][1] == 30
    assert lost.levels[-1][1] == 40
    assert waits.stock_outs == [(0.1, 1.1)]


def test_a_slow_loop_remembers_longer_than_a_quick_one() -> None:
    """Forty working days between scans: sixty days of memory would never hold two of them."""
    times = [40.0 * n for n in range(1, 31)]
    slow = history.learn(times, times[-1], history.prior(0.2))
    assert slow.effective > advice.SETTLED
    assert slow.rate.mean == pytest.approx(1 / 40, rel=0.2)


def test_what_is_known_since_a_change_grows() -> None:
    before = [2.0 * n for n in range(1, 41)]
    effective = []
    for scans in (10, 30):
        times = [*before, *(before[-1] + 0.7 * n for n in range(1, scans + 1))]
        learnt = history.learn(times, times[-1], history.prior(0.5))
        assert learnt.change is not None
        effective.append(learnt.effective)
    assert effective[1] > 2 * effective[0]
