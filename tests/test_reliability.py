"""On time in full, and lead times with open orders counted, on published cases and on real orders.

``supplier_lead_times.csv`` holds orders of the largest vendors of the USAID supply chain (US government
open data): sent, delivered, lead time in days, days late.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanban.sizing import lead_times, reliability
from kanban.sizing.intervals import wilson
from kanban.sizing.reliability import Arrived, judge

ORDERS = Path(__file__).parent / "data" / "supplier_lead_times.csv"


def test_all_of_it_by_the_day_and_not_too_early_is_on_time() -> None:
    assert judge(10, 30, [Arrived(9, 30)], today=20, closed=True) == "on_time"
    assert judge(10, 30, [Arrived(8, 10), Arrived(10, 20)], today=20, closed=True) == "on_time"
    assert judge(10, 30, [Arrived(8, 30)], today=20, closed=True) == "on_time"


@pytest.mark.parametrize(
    ("arrivals", "closed", "said"),
    [
        ([Arrived(7, 30)], True, "early"),
        ([Arrived(11, 30)], True, "late"),
        ([Arrived(10, 29), Arrived(11, 1)], True, "late"),
        ([Arrived(10, 29)], True, "short"),
        ([], True, "short"),
        ([Arrived(10, 29)], False, "late"),
    ],
)
def test_a_miss_is_named(arrivals: list[Arrived], closed: bool, said: str) -> None:
    assert judge(10, 30, arrivals, today=20, closed=closed) == said


def test_a_line_that_is_not_due_yet_is_not_judged() -> None:
    assert judge(10, 30, [Arrived(5, 10)], today=10, closed=False) is None


def test_a_correction_counts_as_if_it_had_been_right_at_once() -> None:
    assert judge(10, 30, [Arrived(9, 30), Arrived(9, -20)], today=20, closed=False) == "late"
    assert (
        judge(10, 30, [Arrived(9, 30), Arrived(9, -20), Arrived(10, 20)], today=20, closed=True) == "on_time"
    )


def test_eighteen_of_twenty_may_be_seventy_to_ninety_seven_percent() -> None:
    score = reliability.score(["on_time"] * 18 + ["late", "short", None])
    assert (score.on_time, score.judged, score.share) == (18, 20, 0.9)
    assert score.interval == pytest.approx((0.698966, 0.972134), abs=1e-6)


@given(st.integers(0, 200), st.integers(1, 200))
def test_more_lines_narrow_the_interval_around_the_same_share(good: int, tries: int) -> None:
    good = min(good, tries)
    low, high = wilson(good, tries)
    closer_low, closer_high = wilson(good * 10, tries * 10)
    assert 0 <= low <= closer_low <= good / tries <= closer_high <= high <= 1


@pytest.fixture(scope="module")
def vendors() -> dict[str, list[tuple[date, date]]]:
    """When the orders of each vendor were sent and delivered."""
    found: dict[str, list[tuple[date, date]]] = defaultdict(list)
    with ORDERS.open(encoding="utf-8", newline="") as sheet:
        for row in csv.DictReader(sheet):
            found[row["vendor"]].append((date.fromisoformat(row["sent"]), date.fromisoformat(row["dl"])))
    return found


def test_open_orders_bring_the_lead_time_nearer_to_the_truth(
    vendors: dict[str, list[tuple[date, date]]],
) -> None:
    """Cut real histories in their middle: counting only what has come is short of what followed."""
    naive_misses, counted_misses = [], []
    for orders in vendors.values():
        cut = sorted(sent for sent, _ in orders)[len(orders) // 2] + timedelta(days=30)
        seen = [(sent, came) for sent, came in orders if sent < cut]
        truth = fmean((came - sent).days for sent, came in seen)
        done = [float((came - sent).days) for sent, came in seen if came <= cut]
        running = [float((cut - sent).days) for sent, came in seen if came > cut]
        if len(done) < 20 or len(running) < 5:
            continue
        steps = reliability.spread(done, running).steps
        naive_misses.append(abs(fmean(done) - truth) / truth)
        counted_misses.append(abs(_mean(steps) - truth) / truth)
    assert len(naive_misses) >= 2
    assert fmean(counted_misses) < fmean(naive_misses)


def test_half_and_nine_of_ten_are_those_of_what_came_where_nothing_is_open(
    vendors: dict[str, list[tuple[date, date]]],
) -> None:
    for orders in vendors.values():
        days = sorted(float((came - sent).days) for sent, came in orders)
        spread = reliability.spread(days, [])
        assert spread.p50 in (days[(len(days) - 1) // 2], days[len(days) // 2])
        assert sum(day <= (spread.p90 or 0) for day in days) >= 0.9 * len(days) - 1e-9
        assert sum(day < (spread.p90 or 0) for day in days) < 0.9 * len(days)


def test_where_nearly_all_is_open_nobody_knows_the_half() -> None:
    spread = reliability.spread([3.0], [5.0, 6.0, 7.0])
    assert (spread.p50, spread.p90, spread.done, spread.still_open) == (None, None, 1, 3)
    assert reliability.spread([], []).p50 is None


def _mean(steps: list[lead_times.Step]) -> float:
    """The area under what is still waiting, up to the last receipt."""
    area, before, left = 0.0, 0.0, 1.0
    for step in steps:
        area += (step.time - before) * left
        before, left = step.time, step.left
    return area
