"""Has something changed? Control charts, CUSUM, the interval CUSUM of scans, and cards that stand still."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log, sqrt
from typing import NamedTuple

from kanban.sizing.distributions import lomax_quantile

LIMIT = 4.0
"""Of the interval CUSUM: 421 steady scans between false alarms at twice the rate, 20 scans to notice it."""
SCANS_BEFORE_ALARMS = 20
OVERTAKEN = 3
"""A card is frozen when the others were scanned this many times N since it was."""


class Chart(NamedTuple):
    """Centre and limits of a control chart; ``outside`` are the numbers of the samples beyond, from 1."""

    center: float
    low: float
    high: float
    outside: list[int]


class Cusum(NamedTuple):
    """Sums above and below the target after each sample; ``first`` numbers the first alarm, from 1."""

    high: list[float]
    low: list[float]
    first: int | None


class Change(NamedTuple):
    """The rate is about ``factor`` of what it was, since the gap with number ``since`` (from 0)."""

    factor: float
    since: int
    scans: int


def c_chart(counts: Sequence[int]) -> Chart:
    """Mean and three-sigma limits of Poisson counts (Montgomery, Introduction to SQC, 7.3)."""
    center = sum(counts) / len(counts)
    reach = 3 * sqrt(center)
    low, high = max(0.0, center - reach), center + reach
    return Chart(center, low, high, [n for n, count in enumerate(counts, 1) if not low <= count <= high])


def g_chart(gaps: Sequence[float]) -> Chart:
    """Mean and three-sigma limits of the numbers of cases between events (Montgomery, 7.3)."""
    center = sum(gaps) / len(gaps)
    reach = 3 * sqrt(center * (center + 1))
    low, high = max(0.0, center - reach), center + reach
    return Chart(center, low, high, [n for n, gap in enumerate(gaps, 1) if not low <= gap <= high])


def cusum(values: Sequence[float], target: float, slack: float, limit: float) -> Cusum:
    """Tabular CUSUM: max(0, x - (target + k) + S), alarm above ``limit`` (Montgomery, 9.1; NIST 6.3.2.3)."""
    high, low, first = [0.0], [0.0], None
    for n, value in enumerate(values, 1):
        high.append(max(0.0, value - target - slack + high[-1]))
        low.append(max(0.0, target - slack - value + low[-1]))
        if first is None and max(high[-1], low[-1]) > limit:
            first = n
    return Cusum(high[1:], low[1:], first)


def interval_cusum(
    gaps: Sequence[float], rate: float, cv2: float, factor: float, limit: float = LIMIT
) -> Change | None:
    """The last change of the scan rate by about ``factor`` (2: twice as often, 0.5: half as often).

    Log-likelihood of gamma gaps of shape k = 1/cv²: S = max(0, S + k (ln q - (q - 1) rate gap)); the
    excursion that passed the limit tells since when. ``rate`` in scans per day, gaps in working days.
    """
    shape, total, began = 1 / cv2, 0.0, 0
    found: Change | None = None
    for n, gap in enumerate(gaps):
        total += shape * (log(factor) - (factor - 1) * rate * gap)
        if total <= 0:
            total, began = 0.0, n + 1
        elif total > limit:
            found = Change(factor, began, n + 1 - began)
    return found


def silence_limit(effective_scans: float, p: float = 0.01) -> float:
    """Silence, in expected gaps, of probability ``p`` when the rate rests on so few scans (Lomax)."""
    return effective_scans * lomax_quantile(p, effective_scans, 1.0)


def overtaken_limit(cards: int, p: float = 0.01) -> int:
    """How often a full card is passed by the others with probability ``p`` when bins are taken at random."""
    return 1 if cards < 2 else ceil(log(p) / log((cards - 1) / cards) - 1e-9)


def is_frozen(overtaken: int, cards: int) -> bool:
    """Whether the other cards were scanned so often since that this one is lost or forgotten."""
    return cards > 1 and overtaken >= OVERTAKEN * cards
