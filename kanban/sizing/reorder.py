"""Reorder points and target levels of the textbooks, and what being short costs.

``rate`` in pieces per day with standard deviation ``rate_sd``, ``lead_time`` in days with ``lead_time_sd``.
The normal forms break for skewed lead times (Chopra, Reinhardt & Dada 2004); the product sizes by
:mod:`policy` and shows these beside it.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from kanban.sizing import distributions as d
from kanban.sizing import losses
from kanban.sizing.distributions import STANDARD_NORMAL


class ReorderPoint(NamedTuple):
    """``point`` in pieces, of which ``safety`` are there for what varies."""

    point: float
    safety: float


class Newsvendor(NamedTuple):
    """The cheapest ``level`` in pieces, and its expected ``cost`` per period."""

    level: float
    cost: float


class NormalFill(NamedTuple):
    """Safety stock, P(no stock-out in a cycle), pieces short per cycle, share of pieces served at once."""

    safety: float
    cycle_service: float
    short_per_cycle: float
    fill: float


def lead_time_demand_sd(rate: float, rate_sd: float, lead_time: float, lead_time_sd: float = 0.0) -> float:
    """Standard deviation of the pieces used in a lead time: sqrt(L sd² + d² sdL²) (Chopra & Meindl)."""
    return sqrt(lead_time * rate_sd**2 + rate**2 * lead_time_sd**2)


def reorder_point(
    rate: float, rate_sd: float, lead_time: float, z: float, lead_time_sd: float = 0.0
) -> ReorderPoint:
    """r = d L + z sqrt(L sd² + d² sdL²) (Stevenson; Heizer; Chopra & Meindl)."""
    safety = z * lead_time_demand_sd(rate, rate_sd, lead_time, lead_time_sd)
    return ReorderPoint(rate * lead_time + safety, safety)


def target_level(
    rate: float, rate_sd: float, lead_time: float, review: float, z: float, lead_time_sd: float = 0.0
) -> float:
    """Order-up-to level of a periodic review: d (L + R) + z sqrt((L + R) sd² + d² sdL²)."""
    return reorder_point(rate, rate_sd, lead_time + review, z, lead_time_sd).point


def target_level_with_safety(rate: float, lead_time: float, review: float, safety: float) -> float:
    """Order-up-to level with a safety stock that is given in pieces: d (L + R) + SS."""
    return rate * (lead_time + review) + safety


def to_order(level: float, on_hand: float, on_order: float = 0.0) -> float:
    """Pieces to order up to ``level``; never less than none."""
    return max(0.0, level - on_hand - on_order)


def critical_ratio(short: float, holding: float) -> float:
    """The served share at which both costs balance: b / (b + h) (Snyder & Shen, ch. 4)."""
    return short / (short + holding)


def newsvendor_normal(holding: float, short: float, mean: float, deviation: float) -> Newsvendor:
    """Cheapest level against normal demand and its cost (Snyder & Shen, 4.3)."""
    z = STANDARD_NORMAL.inv_cdf(critical_ratio(short, holding))
    return Newsvendor(mean + z * deviation, (short + holding) * d.normal_density(z) * deviation)


def newsvendor_poisson(holding: float, short: float, mean: float) -> Newsvendor:
    """Cheapest whole level against Poisson demand: the smallest with P(D <= S) >= b / (b + h)."""
    ratio = critical_ratio(short, holding)
    level = d.smallest_whole(lambda s: d.poisson_below(s, mean) >= ratio, guess=int(mean))
    loss = losses.poisson(level, mean)
    return Newsvendor(level, holding * (level - mean + loss) + short * loss)


def fill_normal(point: float, quantity: float, mean: float, deviation: float) -> NormalFill:
    """What a reorder point and a quantity serve when lead-time demand is normal (Chopra & Meindl, ch. 12)."""
    short = d.normal_loss(point, mean, deviation)
    service = 1 - d.normal_beyond((point - mean) / deviation)
    return NormalFill(point - mean, service, short, 1 - short / quantity)


def base_stock_fill(level: int, mean: float) -> float:
    """Share served at once by a base stock against Poisson demand: P(D <= S - 1) (Hopp & Spearman)."""
    return d.poisson_below(level - 1, mean)


def on_order(rate: float, lead_time: float) -> float:
    """Pieces on order on average (Little's law)."""
    return rate * lead_time
