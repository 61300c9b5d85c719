"""How much to order at once: EOQ, price breaks, packs."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import NamedTuple

HOLDING_PER_YEAR = 0.25
"""What a year of holding costs as a share of the unit cost, until somebody says better (books: 0.15-0.40)."""


class EconomicOrder(NamedTuple):
    """``quantity`` in pieces, ``cost`` per period (ordering and holding; with price breaks the goods too)."""

    quantity: float
    cost: float
    tier: int = 0


def economic_order(
    order_cost: float, holding: float, demand: float, short: float | None = None
) -> EconomicOrder:
    """sqrt(2 K D / h); with backorders at ``short`` per piece and period, sqrt(2 K D (h + p) / (h p)).

    Harris 1913; Snyder & Shen, 3.2 and 3.5. ``holding`` per piece and period, ``demand`` per period.
    """
    factor = 1.0 if short is None else (holding + short) / short
    return EconomicOrder(
        sqrt(2 * order_cost * demand / holding * factor), sqrt(2 * order_cost * demand * holding / factor)
    )


def with_price_breaks(
    order_cost: float, holding_rate: float, demand: float, breaks: Sequence[tuple[float, float]]
) -> EconomicOrder:
    """The cheapest order under all-units discounts; ``breaks`` are (from quantity, unit price), ascending.

    EOQ of each tier, lifted to its break, left out where it reaches the next; the cheapest total wins
    (Snyder & Shen, 3.4). ``holding_rate`` is a share of the unit price per period.
    """
    best: EconomicOrder | None = None
    for tier, (start, price) in enumerate(breaks):
        quantity = max(economic_order(order_cost, holding_rate * price, demand).quantity, start)
        if tier + 1 < len(breaks) and quantity >= breaks[tier + 1][0]:
            continue
        cost = price * demand + order_cost * demand / quantity + holding_rate * price * quantity / 2
        if best is None or cost < best.cost:
            best = EconomicOrder(quantity, cost, tier)
    if best is None:
        raise ValueError("price breaks are given from the smallest quantity up")
    return best


def rounded_up(need: float, pack: float = 1.0, minimum: float = 0.0, multiple: float = 0.0) -> float:
    """At least the minimum, up to the multiple, whole packs; nothing needed stays nothing."""
    if need <= 0:
        return 0.0
    quantity = max(need, minimum)
    if multiple > 0:
        quantity = ceil(quantity / multiple - 1e-9) * multiple
    return ceil(quantity / pack - 1e-9) * pack
