"""What scans alone tell: the rate of use, how lumpy it is, and whether it has changed.

The gaps between a loop's scans are all there is: a scan says that C pieces were used since the one
before. Times are working days, 0 at the first that counts; ``now`` is on the same scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import expm1, log
from statistics import fmean
from typing import NamedTuple

from kanban.sizing import sittings
from kanban.sizing.alarms import SCANS_BEFORE_ALARMS, Change, interval_cusum
from kanban.sizing.intervals import Rate
from kanban.sizing.sittings import Burst, Sitting

HALF_LIFE, KEPT_GAPS = 60.0, 20.0
"""Working days after which a scan counts half; of a slow or lumpy loop as many as this many of its gaps take
that count, or it would never know more than its last few scans."""
PRIOR_CV2, PRIOR_GAPS = 1.0, 3.0
"""Before anything is known gaps vary as those of a Poisson do, and this belief weighs three gaps."""
PAUSE = 12.0
"""So many times the usual gap (the mean without the longest tenth) no gap is taken to be."""
SURENESS = {"guess": 0.7, "estimate": 0.5, "records": 0.3}
"""Coefficient of variation of what a person says about the use, by how they know."""
AFTER_A_CHANGE = 4.0
"""Effective scans that the rate since a change rests on at least."""


class Use(NamedTuple):
    """What is believed of a loop's use: scans per working day, and the variation of the gaps between them.

    ``effective`` scans speak from the history (old ones count less, lumpy ones too); ``change`` is the
    last alarm, if any; ``burst`` the last sitting with far more scans than the others, if it still counts.
    """

    rate: Rate
    cv2: float
    effective: float
    change: Change | None
    burst: Burst | None = None


def vmr(quantity: float, cv2: float) -> float:
    """Variance over mean of the use in pieces: C cv² of the gaps (renewal theory: Cox 1962)."""
    return quantity * cv2


def gaps_of(times: Sequence[float]) -> list[float]:
    """Working days between one scan and the next."""
    return [later - before for before, later in pairwise(times)]


def gap_cv2(gaps: Sequence[float]) -> float:
    """Squared variation of the gaps, drawn to that of a Poisson while they are few.

    cv² = (3 · 1 + (n - 1) s² / m²) / (3 + n - 1). Never below a hundredth: no use is a clockwork. A gap
    many times longer than the others is a pause, which the rate knows of, and no lump.
    """
    n = len(gaps)
    if n < 2 or sum(gaps) <= 0:
        return PRIOR_CV2
    usual = fmean(sorted(gaps)[: n - max(1, n // 10)])
    gaps = [min(gap, PAUSE * usual) for gap in gaps] if usual > 0 else gaps
    mean = sum(gaps) / n
    spread = sum((gap - mean) ** 2 for gap in gaps) / mean**2
    return max(0.01, (PRIOR_GAPS * PRIOR_CV2 + spread) / (PRIOR_GAPS + n - 1))


def prior(guess: float, sureness: str = "guess") -> Rate:
    """A person's own estimate of bins per working day as a belief: a = 1/cv², b = a/G."""
    shape = 1 / SURENESS[sureness] ** 2
    return Rate(shape, shape / guess)


def learn(times: Sequence[float], now: float, belief: Rate, *, out: float = 0.0) -> Use:
    """The belief after the scans at ``times``, watched from day 0 to ``now``.

    A = a + n / cv², B = b + T / cv², each scan and each day weighted by 0.5 ** (age / half-life). ``out`` are
    days without stock to be left out where people then go elsewhere. An interval CUSUM that sounds
    after 20 effective scans starts the belief anew from the scans since the change. Scans made in one go
    are no use made in one go: see :mod:`kanban.sizing.sittings`.
    """
    found = sittings.sittings_of(times)
    before = found[0].scans if found and found[0].scans > 1 else 0
    start = times[before - 1] if before else 0.0  # since when those bins were empty, nobody knows
    watched = now - start
    use = _learn([time - start for time in times[before:]], watched, belief, min(out, watched))
    if use.burst is not None:
        return use._replace(burst=use.burst._replace(first=use.burst.first + before))
    told = before and found[0] in sittings.odd_ones(found) and watched <= HALF_LIFE
    return use._replace(burst=Burst(0, before, "before")) if told else use


def _learn(times: Sequence[float], now: float, belief: Rate, out: float) -> Use:
    """The same after the first sitting of several scans, which tells of a time that nobody watched."""
    found = sittings.sittings_of(times)
    odd = sittings.odd_ones(found)
    late = [each for each in odd if sittings.is_catching_up(each, times)]
    even = gaps_of(sittings.spread(times, found))
    calm = sittings.spread(times, late)
    gaps = gaps_of(calm)
    cv2 = gap_cv2(gaps)
    half_life = max(HALF_LIFE, KEPT_GAPS * max(cv2, 1.0) * fmean(gaps)) if gaps else HALF_LIFE
    scans = sum(_weight(now - time, half_life) for time in calm)
    days = _weighted_days(now, half_life) * max(0.0, 1 - out / now) if now > 0 else 0.0
    rate = Rate(belief.shape + scans / cv2, belief.exposure + days / cv2)
    effective = scans / cv2
    burst = _burst(odd, late, now, half_life)
    plain = [even[n - 1] for each in found if each not in odd for n in each.numbers() if n]
    change = change_of(plain, gap_cv2(gaps_of(times))) if effective >= SCANS_BEFORE_ALARMS else None
    if change is None:
        return Use(rate, cv2, effective, None, burst)
    since = plain[change.since :]
    recent, cv2 = len(since) / max(sum(since) + now - times[-1], 1e-9), gap_cv2(since)
    effective = max(AFTER_A_CHANGE, len(since) / cv2)
    return Use(Rate(effective, effective / recent), cv2, effective, change, burst)


def change_of(gaps: Sequence[float], cv2: float) -> Change | None:
    """The change that still holds at the end: twice as fast or half as fast as before it."""
    total = sum(gaps)
    if total <= 0:
        return None
    steady = _steady_part(gaps)
    rate = len(steady) / sum(steady)
    found = [interval_cusum(gaps, rate, cv2, factor) for factor in (2.0, 0.5)]
    alive = [each for each in found if each is not None and each.since + each.scans == len(gaps)]
    return max(alive, key=lambda each: each.since, default=None)


def _burst(odd: Sequence[Sitting], late: Sequence[Sitting], now: float, half_life: float) -> Burst | None:
    """The last odd sitting while it counts at least half."""
    if not odd or _weight(now - odd[-1].at, half_life) < 0.5:
        return None
    return Burst(odd[-1].first, odd[-1].scans, "spread" if odd[-1] in late else "whole")


def _steady_part(gaps: Sequence[float]) -> Sequence[float]:
    """The older half, at least twenty: what a change is measured against."""
    return gaps[: max(len(gaps) // 2, min(len(gaps), SCANS_BEFORE_ALARMS))]


def _weight(age: float, half_life: float) -> float:
    return float(0.5 ** (max(age, 0.0) / half_life))


def _weighted_days(days: float, half_life: float) -> float:
    """The sum of the weights of all days from ``days`` ago to now."""
    return -expm1(-log(2) * days / half_life) * half_life / log(2)
