"""Classes that people sort items by, and the seed's question: consequence and fragility of supply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kanban.sizing.distributions import whole_up

TARGETS = {1: 0.90, 2: 0.95, 3: 0.98, 4: 0.995}
"""Share of pieces to be served at once, by consequence (critical ratios 9:1, 19:1, 49:1, 199:1)."""
VITAL = {1: "D", 2: "E", 3: "V", 4: "V"}
"""VED by consequence: desirable, essential, vital."""

LONG_LEAD_TIME = 20
UNRELIABLE_BELOW = 0.8
UNSTEADY_FROM = 2.0
VOLATILE_FROM = 5.0

WORDS = {
    1: ("lean", "lean", "lean"),
    2: ("lean", "watched", "buffered"),
    3: ("watched", "buffered", "buffered"),
    4: ("buffered", "protected", "protected"),
}
"""By consequence and class of supply (robust, watch, fragile)."""


class SupplyClass(NamedTuple):
    """What is believed of a lead time before there is history: mean over quote, variation, late tail.

    ``late_share`` of the orders take ``late_times`` lead times (at least ``late_days``) more.
    """

    name: str
    mean_over_quote: float
    cv: float
    late_share: float
    late_times: float
    late_days: float


ROBUST = SupplyClass("robust", 1.1, 0.3, 0.02, 1.0, 0.0)
WATCH = SupplyClass("watch", 1.2, 0.5, 0.05, 1.0, 0.0)
FRAGILE = SupplyClass("fragile", 1.4, 0.7, 0.10, 2.0, 15.0)


@dataclass(frozen=True, slots=True)
class Supply:
    """What is known of how an item comes; unknown is None and gives no point.

    ``quoted`` lead time in working days; ``on_time_low`` the Wilson lower bound of on-time deliveries;
    ``late_over_usual`` p95/p50 of scan to shelf; ``vmr`` variance over mean of the use in pieces.
    """

    quoted: float
    second_source: bool = False
    overseas: bool = False
    seasonal: bool = False
    on_time_low: float | None = None
    late_over_usual: float | None = None
    vmr: float | None = None
    volatile_class: bool = False


def fragility(supply: Supply) -> list[str]:
    """The reasons why this supply may fail, one word a point; *single source* counts twice."""
    reasons = []
    if not supply.second_source:
        reasons += ["single_source", "single_source"]
    if supply.overseas or supply.quoted > LONG_LEAD_TIME:
        reasons.append("overseas" if supply.overseas else "long_lead_time")
    if supply.on_time_low is not None and supply.on_time_low < UNRELIABLE_BELOW:
        reasons.append("unreliable")
    if supply.late_over_usual is not None and supply.late_over_usual > UNSTEADY_FROM:
        reasons.append("unsteady")
    if supply.seasonal:
        reasons.append("seasonal")
    if supply.volatile_class or (supply.vmr is not None and supply.vmr > VOLATILE_FROM):
        reasons.append("volatile")
    return reasons


def supply_class(points: int) -> SupplyClass:
    """0-1 robust, 2-3 watch, 4 and more fragile."""
    if points <= 1:
        return ROBUST
    return WATCH if points <= 3 else FRAGILE


def word(consequence: int, supply: SupplyClass) -> str:
    """*lean*, *watched*, *buffered* or *protected*."""
    return WORDS[consequence][(ROBUST, WATCH, FRAGILE).index(supply)]


def abc(values: Sequence[tuple[str, float]], a: float = 0.80, b: float = 0.15) -> dict[str, str]:
    """Class of each item by its share of the yearly value: A up to ``a``, B the next ``b``, C the rest."""
    total = sum(value for _, value in values)
    classes, so_far = {}, 0.0
    for name, value in sorted(values, key=lambda each: (-each[1], each[0])):
        share = so_far / total if total > 0 else 1.0
        classes[name] = "A" if share < a - 1e-12 else "B" if share < a + b - 1e-12 else "C"
        so_far += value
    return classes


def abc_by_rank(values: Sequence[tuple[str, float]], a: float, b: float) -> dict[str, str]:
    """Class of each item by its place: the first ``a`` of the items are A, the next ``b`` are B (Heizer)."""
    ranked = sorted(values, key=lambda each: (-each[1], each[0]))
    first, second = whole_up(a * len(ranked)), whole_up((a + b) * len(ranked))
    return {name: "A" if n < first else "B" if n < second else "C" for n, (name, _) in enumerate(ranked)}


def abc_ved(abc_class: str, ved: str) -> str:
    """Category I (AV AE AD BV CV), II (BE CE BD) or III (CD) (Devnani 2010)."""
    if abc_class == "A" or ved == "V":
        return "I"
    return "III" if (abc_class, ved) == ("C", "D") else "II"


def xyz(cv: float, x: float = 0.5, y: float = 1.0) -> str:
    """X steady, Y varying, Z erratic, by the variation of the use per period."""
    return "X" if cv <= x else "Y" if cv <= y else "Z"


def fsn(days_since_last: float | None, fast: float = 90, slow: float = 365) -> str:
    """F fast, S slow, N not moving (no scan for a year, or never), by days since the last scan."""
    if days_since_last is None or days_since_last > slow:
        return "N"
    return "F" if days_since_last <= fast else "S"
