"""Scans made in one go: what was empty before anybody watched, and what a shop catches up with.

A scan says when somebody scanned, not when the bin became empty. One scan alone is late by hours, and
nobody can know; many at once are late for sure, all but the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

SITTING = 0.125
"""Working days, an hour of eight: scans of one loop so close after the first of them are one sitting."""
MANY, TIMES_THE_OTHERS = 3, 3.0
"""A sitting is odd from so many scans on, if it has this many times those of the others on average."""
SCANS_BEFORE_USUAL = 5
"""Scans before a sitting that say what is usual."""


class Sitting(NamedTuple):
    """Scans in one go: when, the number of the first of them (from 0), and how many."""

    at: float
    first: int
    scans: int

    def numbers(self) -> range:
        """The numbers of its scans."""
        return range(self.first, self.first + self.scans)


class Burst(NamedTuple):
    """A sitting with far more scans than the others: the number of its first scan, how many there were, and
    what is made of them.

    *before*: the first of all, which tells of a time that nobody watched; not counted. *spread*: no more
    than is usual for the silence before; counted evenly over it. *whole*: more than that; a big job and
    bins that were forgotten look alike, so it counts as it is.
    """

    first: int
    scans: int
    kind: str


def sittings_of(times: Sequence[float]) -> list[Sitting]:
    """The sittings of a loop, in their order."""
    found: list[Sitting] = []
    for number, time in enumerate(times):
        if found and time - found[-1].at <= SITTING:
            found[-1] = found[-1]._replace(scans=found[-1].scans + 1)
        else:
            found.append(Sitting(time, number, 1))
    return found


def spread(times: Sequence[float], which: Sequence[Sitting]) -> list[float]:
    """``times`` with the scans of some sittings put evenly over the time since the scan before each."""
    even = list(times)
    for sitting in which:
        start = times[sitting.first - 1] if sitting.first else 0.0
        end = times[sitting.first + sitting.scans - 1]
        for n, number in enumerate(sitting.numbers(), 1):
            even[number] = start + (end - start) * n / sitting.scans
    return even


def odd_ones(sittings: Sequence[Sitting]) -> list[Sitting]:
    """Those with far more scans than the others on average; a shop that scans in rounds has none."""
    total, others = sum(each.scans for each in sittings), len(sittings) - 1
    return [
        each
        for each in sittings
        if each.scans >= MANY and each.scans * others >= TIMES_THE_OTHERS * (total - each.scans)
    ]


def is_catching_up(sitting: Sitting, times: Sequence[float]) -> bool:
    """Whether no more was scanned than is usual for the silence before, two standard deviations allowed."""
    if sitting.first < SCANS_BEFORE_USUAL:
        return False
    last = times[sitting.first - 1]
    expected = sitting.first / last * (sitting.at - last) if last > 0 else 0.0
    return sitting.scans <= expected + 2 * sqrt(expected)
