"""Lead times as they were: Kaplan-Meier with open orders counted, and the mixture that sizing works on."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt
from typing import NamedTuple


class Step(NamedTuple):
    """After ``time`` days the share ``left`` is still waiting; ``error`` is Greenwood's standard error."""

    time: float
    left: float
    error: float


class Node(NamedTuple):
    """One lead time that happens: ``days`` with probability ``weight``."""

    days: float
    weight: float


def kaplan_meier(times: Sequence[float], arrived: Sequence[bool]) -> list[Step]:
    """The share still waiting after each time at which something arrived.

    ``times`` are days from order to receipt, or to today where ``arrived`` is false: an order that is
    still open has taken at least that long (Kaplan & Meier 1958, JASA 53:457; error by Greenwood).
    """
    steps: list[Step] = []
    left, spread = 1.0, 0.0
    for time in sorted({time for time, came in zip(times, arrived, strict=True) if came}):
        waiting = sum(1 for other in times if other >= time)
        came = sum(1 for other, done in zip(times, arrived, strict=True) if done and other == time)
        left *= 1 - came / waiting
        spread += came / (waiting * (waiting - came)) if waiting > came else inf
        steps.append(Step(time, left, left * sqrt(spread) if left > 0 else 0.0))
    return steps


def quantile(steps: Sequence[Step], p: float) -> float | None:
    """The time by which the share ``p`` has arrived; none where so few have arrived that nobody knows."""
    return next((step.time for step in steps if 1 - step.left >= p - 1e-12), None)
