"""What if: a loop's own history, or one made like it, played through the rules that the product runs by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from random import Random
from statistics import fmean

from kanban.advice.review import Reviewed, loop_of
from kanban.sizing import simulation
from kanban.sizing.lead_times import Node

DAYS = 250.0
"""A year of work is played."""
RUNS = 12
SCANS_OF_ITS_OWN = 8
"""From so many scans on, the loop's own gaps are played; before, random ones of the same rate."""
MOST_ISSUES = 1_500
MOST_BINS = 10_000
"""Bins a year above which nobody plays a loop: forty a day are no cards on bins."""
FAILS_FROM = 60.0

Issues = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Wonder:
    """What may change: factors on lead time and use, and working days on which nothing arrives."""

    lead_time: float = 1.0
    use: float = 1.0
    failure: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a number of cards fares: shares of time in stock and of pieces served, stock-outs a year, the
    longest of them in days, pieces on hand on average, and one run's stock over time."""

    cards: int
    in_stock: float
    fill: float
    stock_outs: float
    longest: float
    on_hand: float
    levels: Sequence[tuple[float, float]]


def play(reviewed: Reviewed, wonder: Wonder, cards: Sequence[int]) -> list[Outcome]:
    """The outcome for each number of cards; every one meets the same issues and the same deliveries."""
    return [_outcome(reviewed, wonder, number) for number in cards]


def is_played(reviewed: Reviewed, wonder: Wonder) -> bool:
    """Whether so little is used that a year of it can be played while somebody waits."""
    return reviewed.advice.use * wonder.use * DAYS <= MOST_BINS * loop_of(reviewed.told).quantity


def is_its_own(reviewed: Reviewed) -> bool:
    """Whether the loop's own history is played."""
    return len(reviewed.gaps) >= SCANS_OF_ITS_OWN


def _outcome(reviewed: Reviewed, wonder: Wonder, cards: int) -> Outcome:
    loop = loop_of(reviewed.told)
    waits = reviewed.told.sizing.when_out == "waits"
    rules = simulation.Rules(cards, loop.quantity, loop.left, waits)
    runs = [
        simulation.run(
            rules, _issues(reviewed, wonder, _dice(seed)), _deliveries(reviewed, wonder, seed), DAYS
        )
        for seed in range(RUNS)
    ]
    lasting = [(until or DAYS) - since for run in runs for since, until in run.stock_outs]
    return Outcome(
        cards=cards,
        in_stock=fmean(run.in_stock for run in runs),
        fill=fmean(run.fill for run in runs),
        stock_outs=len(lasting) / RUNS,
        longest=max(lasting, default=0.0),
        on_hand=fmean(run.on_hand for run in runs),
        levels=runs[0].levels,
    )


def _issues(reviewed: Reviewed, wonder: Wonder, random: Random) -> Iterable[tuple[float, float]]:
    quantity = loop_of(reviewed.told).quantity
    per_day = reviewed.advice.use * wonder.use
    if not is_its_own(reviewed):
        size = max(min(quantity, quantity * reviewed.use.cv2), per_day * DAYS / MOST_ISSUES)
        return simulation.poisson_issues(random, per_day, size, DAYS)
    return _own_issues(reviewed.gaps, quantity * wonder.use, per_day, random)


def _own_issues(gaps: Sequence[float], quantity: float, per_day: float, random: Random) -> Issues:
    """The pieces of a bin, taken evenly over each gap; the gaps come round again from a random one on.

    They are stretched so that the use on average is what is believed now.
    """
    start = random.randrange(len(gaps))
    turned = [*gaps[start:], *gaps[:start]]
    stretch = quantity / per_day / max(fmean(turned), 1e-9)
    rounds = int(DAYS / max(sum(turned) * stretch, 1e-9)) + 1
    ends = list(accumulate([gap * stretch for gap in turned] * min(rounds, MOST_ISSUES), initial=0.0))
    parts = max(1, min(10, int(quantity), MOST_ISSUES // max(len(ends), 1)))
    return [
        (since + (until - since) * (n + 0.5) / parts, quantity / parts)
        for since, until in pairwise(ends)
        if since < DAYS
        for n in range(parts)
    ]


def _deliveries(reviewed: Reviewed, wonder: Wonder, seed: int) -> Callable[[float], float]:
    """Lead times drawn from what is believed; what would arrive while the supplier fails comes afterwards."""
    random = _dice(1_000 + seed)
    nodes: Sequence[Node] = reviewed.nodes
    days, weights = [node.days for node in nodes], [node.weight for node in nodes]

    def lead_time(now: float) -> float:
        drawn = random.choices(days, weights)[0] * wonder.lead_time
        if wonder.failure and FAILS_FROM <= now + drawn < FAILS_FROM + wonder.failure:
            return FAILS_FROM + wonder.failure - now
        return drawn

    return lead_time


def _dice(seed: int) -> Random:
    """The same throws every time: the same question gets the same answer."""
    return Random(seed)  # noqa: S311 - a game, not a secret
