"""Lead times as they were: Kaplan-Meier with open orders counted, and the mixture that sizing works on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from math import inf, sqrt
from operator import itemgetter
from typing import NamedTuple

from kanban.sizing.classes import SupplyClass
from kanban.sizing.distributions import gamma_quantile

EDGES = (0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.86, 0.91, 0.95, 0.975, 0.99, 1.0)
"""Up to which share of the deliveries the nodes of a mixture reach."""
PRIOR_WEIGHT = 3.0
"""The belief before any receipt weighs as much as this many receipts."""
SPREAD = 5  # nodes of equal weight that stand for one gamma
WAITS = (1 / 6, 1 / 2, 5 / 6)  # of the days between two order days


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
    left, spread, waiting = 1.0, 0.0, len(times)
    for time, together in groupby(sorted(zip(times, arrived, strict=True)), key=itemgetter(0)):
        done = [came for _time, came in together]
        came = sum(done)
        if came:
            left *= 1 - came / waiting
            spread += came / (waiting * (waiting - came)) if waiting > came else inf
            steps.append(Step(time, left, left * sqrt(spread) if left > 0 else 0.0))
        waiting -= len(done)
    return steps


def quantile(steps: Sequence[Step], p: float) -> float | None:
    """The time by which the share ``p`` has arrived; none where so few have arrived that nobody knows."""
    return next((step.time for step in steps if 1 - step.left >= p - 1e-12), None)


def expected(quote: float, supply: SupplyClass, review: float = 0.0, put_away: float = 0.0) -> list[Node]:
    """Scan-to-shelf times believed before there is history.

    A gamma around the quoted lead time as the class of supply has it, a late tail, the wait for the
    next order day spread evenly over 0 .. ``review`` days, and ``put_away`` days to the shelf.
    """
    mean = max(quote, 0.1) * supply.mean_over_quote
    prompt = 1 - supply.late_share
    waits = [share * review for share in WAITS] if review > 0 else [0.0]
    nodes = [
        Node(mean * times + wait + put_away, prompt / SPREAD / len(waits))
        for times in _unit_nodes(supply.cv)
        for wait in waits
    ]
    late = mean + max(supply.late_times * mean, supply.late_days)
    return sorted([*nodes, Node(late + review / 2 + put_away, supply.late_share)])


def observed(times: Sequence[float], arrived: Sequence[bool], belief: Sequence[Node]) -> list[Node]:
    """The mixture after the scan-to-shelf ``times``, open ones censored at today.

    The belief keeps the weight 3 / (3 + m) after m receipts; Kaplan-Meier's steps share the rest, and
    what they leave open above the last receipt goes to the belief's longer times.
    """
    received = sum(1 for came in arrived if came)
    if not received:
        return list(belief)
    steps = kaplan_meier(times, arrived)
    seen = [
        Node(step.time, before - step.left)
        for before, step in zip([1.0, *(step.left for step in steps)], steps, strict=False)
    ]
    seen += _beyond(steps[-1], belief)
    weight = received / (PRIOR_WEIGHT + received)
    mixed = [Node(node.days, node.weight * (1 - weight)) for node in belief]
    return _merged([*mixed, *(Node(node.days, node.weight * weight) for node in seen)])


def mean_of(nodes: Sequence[Node]) -> float:
    """Days on average."""
    return sum(node.days * node.weight for node in nodes)


def quantile_of(nodes: Sequence[Node], p: float) -> float:
    """Days within which the share ``p`` is back on the shelf."""
    total = 0.0
    for node in sorted(nodes):
        total += node.weight
        if total >= p - 1e-12:
            return node.days
    return max(node.days for node in nodes)


def share_beyond(nodes: Sequence[Node], days: float) -> float:
    """The share that takes longer than ``days``."""
    return sum(node.weight for node in nodes if node.days > days)


def _beyond(last: Step, belief: Sequence[Node]) -> list[Node]:
    if last.left <= 0:
        return []
    longer = [node for node in belief if node.days > last.time] or [Node(last.time, 1.0)]
    total = sum(node.weight for node in longer)
    return [Node(node.days, last.left * node.weight / total) for node in longer]


def _merged(nodes: Sequence[Node]) -> list[Node]:
    """Few nodes for many, each at the mean of those that it stands for; finer where it gets late."""
    if len(nodes) <= len(EDGES):
        return sorted(nodes)
    merged: list[Node] = []
    edges = iter(EDGES)
    edge = next(edges)
    days = weight = so_far = 0.0
    for node in sorted(nodes):
        days += node.days * node.weight
        weight += node.weight
        so_far += node.weight
        if so_far >= edge - 1e-12:
            merged.append(Node(days / weight, weight))
            days = weight = 0.0
            while edge <= so_far + 1e-12 and edge < 1:
                edge = next(edges)
    return [*merged, Node(days / weight, weight)] if weight > 1e-12 else merged


@lru_cache(maxsize=32)
def _unit_nodes(cv: float) -> tuple[float, ...]:
    """Times of equal weight that stand for a gamma of mean 1."""
    shape = 1 / cv**2
    raw = [gamma_quantile(shape, (n + 0.5) / SPREAD) / shape for n in range(SPREAD)]
    return tuple(value * SPREAD / sum(raw) for value in raw)
