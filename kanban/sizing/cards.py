"""How many cards the textbooks say, each form under its own name, for comparison with :mod:`policy`.

``demand`` in pieces per day, ``lead_time`` and other times in days, ``container`` in pieces per card
(any other unit of time does as well, as long as all agree). Each returns the number before rounding;
:func:`rounded` gives cards.
"""

from __future__ import annotations

from math import sqrt

from kanban.sizing.distributions import whole_up


def rounded(raw: float) -> int:
    """Whole cards: up, but not for a last digit that arithmetic alone made."""
    return whole_up(raw)


def toyota(demand: float, lead_time: float, container: float, alpha: float = 0.0) -> float:
    """N = D (Tw + Tp) (1 + alpha) / C, scan at the *first piece* (Sugimori et al. 1977, IJPR 15:553)."""
    return demand * lead_time * (1 + alpha) / container


def withdrawal(demand: float, waiting: float, container: float, alpha: float = 0.0) -> float:
    """Withdrawal cards: D Tw (1 + alpha) / C, first piece (Monden, Toyota Production System)."""
    return toyota(demand, waiting, container, alpha)


def production(demand: float, processing: float, container: float, alpha: float = 0.0) -> float:
    """Production cards: D Tp (1 + alpha) / C, first piece (Monden, Toyota Production System)."""
    return toyota(demand, processing, container, alpha)


def constant_cycle(
    demand: float, interval: float, lead_time: float, safety_time: float, container: float
) -> float:
    """N = D (order interval + lead time + safety time) / C, scheduled pick-up (Monden)."""
    return demand * (interval + lead_time + safety_time) / container


def supplier_cycle(
    demand: float, container: float, days: float, deliveries: float, later: float, safety_days: float = 0.0
) -> float:
    """The a-b-c form: ``deliveries`` (b) in ``days`` (a), a card comes back ``later`` (c) deliveries on.

    N = D / C * (a (1 + c) / b + safety days) (Monden).
    """
    return demand / container * (days * (1 + later) / deliveries + safety_days)


def with_safety_pieces(demand: float, lead_time: float, safety: float, container: float) -> float:
    """N = (D L + SS) / C, first piece (Russell & Taylor; Heizer)."""
    return (demand * lead_time + safety) / container


def z_form(demand: float, replenishment_time: float, z: float, deviation: float, container: float) -> float:
    """N = (AD RT + z sd) / C, first piece; ``deviation`` in pieces over the replenishment time."""
    return (demand * replenishment_time + z * deviation) / container


def oracle(demand: float, lead_time: float, size: float) -> float:
    """N from (N - 1) S = D L, *empty* bin (Oracle, as quoted by resourcesystemsconsulting, 2009)."""
    return demand * lead_time / size + 1


def sap(
    replenishment_time: float, consumption: float, container: float, factor: float, constant: float
) -> float:
    """N = RT AC / CONT (SF + C0); C0 tells the trigger, 1 by default (SAP help, kanban calculation)."""
    return replenishment_time * consumption / container * (factor + constant)


def ifs_basic(demand: float, lead_time: float, safety: float, lot: float, container: float) -> float:
    """N = (D L + SS + lot) / C, scan at the last piece (IFS, kanban calculation rules)."""
    return (demand * lead_time + safety + lot) / container


def ifs_constant_cycle(demand: float, lead_time: float, safety: float, lot: float, container: float) -> float:
    """N = (SS + lot) / C where the lot covers D L + SS, else (D L + SS) / C; first piece (IFS)."""
    need = demand * lead_time + safety
    return (safety + lot if lot >= need else need) / container


def triangle(demand: float, lead_time: float, safety: float, container: float) -> int:
    """At which box from the bottom a triangle (signal) card stands: ceil((D L + SS) / C) (leanmath.com)."""
    return rounded(with_safety_pieces(demand, lead_time, safety, container))


def two_bin(demand: float, lead_time: float, z: float = 0.0, deviation: float = 0.0) -> float:
    """Pieces per bin of a two-bin system: the second bin covers the lead time, D L + z sd sqrt(L)."""
    return demand * lead_time + z * deviation * sqrt(lead_time)
