"""On time in full: how one order line is judged, and what many of them say of their supplier."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, pstdev
from typing import NamedTuple

from kanban.sizing.intervals import Interval, wilson
from kanban.sizing.lead_times import Step, kaplan_meier, quantile

MOST_EARLY = 2.0
"""Working days before the promised day that still count as on time."""
FEWEST = 5
"""Judged lines below which a share says nothing yet."""
JUDGEMENTS = ("on_time", "early", "late", "short")


class Arrived(NamedTuple):
    """Units that came on a day; ``day`` is its place among working days."""

    day: float
    units: float


class Score(NamedTuple):
    """How many lines were judged, and how."""

    on_time: int
    early: int
    late: int
    short: int

    @property
    def judged(self) -> int:
        """All lines of which something can be said."""
        return self.on_time + self.early + self.late + self.short

    @property
    def share(self) -> float:
        """The share that was on time and in full; none judged counts as none."""
        return self.on_time / self.judged if self.judged else 0.0

    @property
    def interval(self) -> Interval:
        """Where the true share lies, 95 % sure; a supplier is ranked by its lower end (Wilson)."""
        return wilson(self.on_time, self.judged)


class Spread(NamedTuple):
    """How long something takes in working days. ``p50`` and ``p90`` count what is still open
    (Kaplan-Meier) and are none where too little has come; ``cv`` is of what has come."""

    done: int
    still_open: int
    p50: float | None
    p90: float | None
    cv: float | None
    times: Sequence[float]
    steps: Sequence[Step]


def judge(
    promised: float, ordered: float, arrivals: Sequence[Arrived], *, today: float, closed: bool
) -> str | None:
    """How a line of ``ordered`` units, promised for a day, came; none where the day is still ahead.

    *on_time*: all of it by the promised day and at most two working days before; *early*: before that;
    *late*: all of it, but later, or still not there after the day; *short*: closed without all of it.
    """
    complete = completed(ordered, arrivals)
    if complete is None:
        if closed:
            return "short"
        return "late" if today > promised else None
    if complete > promised:
        return "late"
    return "early" if promised - complete > MOST_EARLY else "on_time"


def completed(ordered: float, arrivals: Sequence[Arrived]) -> float | None:
    """The day on which the whole quantity was there; none where it never was."""
    total = 0.0
    for arrived in sorted(arrivals):
        total += arrived.units
        if total >= ordered - 1e-9:
            return arrived.day
    return None


def score(judgements: Sequence[str | None]) -> Score:
    """Count judgements."""
    return Score(*(sum(1 for each in judgements if each == name) for name in JUDGEMENTS))


def spread(done: Sequence[float], still_open: Sequence[float]) -> Spread:
    """The distribution behind times that are over and times that still run."""
    times = [*done, *still_open]
    steps = kaplan_meier(times, [True] * len(done) + [False] * len(still_open))
    mean = fmean(done) if done else 0.0
    cv = pstdev(done) / mean if len(done) > 1 and mean > 0 else None
    return Spread(len(done), len(still_open), quantile(steps, 0.5), quantile(steps, 0.9), cv, done, steps)
