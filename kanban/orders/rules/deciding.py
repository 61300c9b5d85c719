"""The decision itself, pure: whether a draft leaves now, what it waits for, and by when it must leave.

All moments are UTC. What a supplier's day or hour is comes from its :class:`~kanban.suppliers.Terms`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from kanban.orders.rules.tables import RuleFacts
from kanban.suppliers import Terms

BEFORE_CUT_OFF = timedelta(minutes=10)
"""A draft leaves so long before the supplier's cut-off, so that it is there in time."""
SHORTEST_PACE = timedelta(days=1)
"""Signals of one loop that lie closer together than this say nothing about its use."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the decision about a draft stands on.

    ``oldest`` and ``newest``: when its open signals came; ``minimum``: the supplier's minimum order value;
    ``approved``: the value up to which somebody has approved it, and by which role it was done.
    """

    rule: RuleFacts
    terms: Terms
    oldest: datetime
    newest: datetime
    urgent: bool
    value: Decimal
    minimum: Decimal | None
    order_by: datetime
    approved: Decimal | None = None
    approved_by_admin: bool = False

    @property
    def limit(self) -> Decimal | None:
        """The value that the draft waits for; none where it waits for no value."""
        wanted = {"minimum": self.minimum, "free_freight": self.rule.free_freight}
        return wanted.get(self.rule.waits_for)

    @property
    def missing(self) -> Decimal:
        """What is still missing to the limit."""
        return max(Decimal(0), (self.limit or Decimal(0)) - self.value)

    @property
    def approver(self) -> str:
        """The role that must still approve; empty where nobody must."""
        if self.rule.admin_over is not None and self.value > self.rule.admin_over:
            if not (self.approved_by_admin and self._approved_all):
                return "admin"
        elif self.rule.approve_over is not None and self.value > self.rule.approve_over:
            return "" if self._approved_all else "buyer"
        return ""

    @property
    def _approved_all(self) -> bool:
        return self.approved is not None and self.approved >= self.value


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a draft leaves now, and ``why``; else ``why`` is what it waits for, at most ``until`` then.

    Leaving: ``at_once``, ``cut_off``, ``limit``, ``order_by``, ``urgent``. Waiting: ``undo``, ``buyer``,
    ``approval``, ``admin``, ``cut_off``, ``limit``.
    """

    leaves: bool
    why: str
    until: datetime | None = None


def decide(facts: Facts, at: datetime, *, undo: timedelta, zone: ZoneInfo) -> Decision:
    """What becomes of a draft at ``at``: ``undo`` is the time for undo, ``zone`` the shop's.

    Whoever must approve or send it keeps the draft; then whoever may still undo a signal. An urgent card
    overrides the wait for an order day and for a limit, never a person's approval.
    """
    rule = facts.rule
    if facts.approver:
        return Decision(False, "admin" if facts.approver == "admin" else "approval", facts.order_by)
    if rule.leaves == "ask":
        return Decision(False, "buyer", facts.order_by)
    if at < facts.newest + undo:
        return Decision(False, "undo", facts.newest + undo)
    if facts.urgent and rule.urgent_at_once:
        return Decision(True, "urgent")
    if rule.leaves == "at_once":
        return Decision(True, "at_once")
    if rule.leaves == "limit":
        return _at_limit(facts, at)
    return _at_cut_off(facts, at, zone)


def _at_limit(facts: Facts, at: datetime) -> Decision:
    if not facts.missing:
        return Decision(True, "limit")
    if facts.order_by <= at:
        return Decision(True, "order_by")
    return Decision(False, "limit", facts.order_by)


def _at_cut_off(facts: Facts, at: datetime, zone: ZoneInfo) -> Decision:
    """At the first cut-off after its oldest signal; below its limit at a later one, while the stock is safe.

    A cut-off that passed while nobody looked (the program was down) is made up for at once.
    """
    terms = facts.terms
    passed = terms.cut_off_before(at, zone, BEFORE_CUT_OFF)
    coming = terms.cut_off_after(at, zone, BEFORE_CUT_OFF) - BEFORE_CUT_OFF
    if facts.oldest > passed - BEFORE_CUT_OFF:
        return Decision(False, "cut_off", coming)
    if not facts.missing:
        is_open = at <= passed
        return Decision(True, "cut_off") if is_open or not facts.limit else Decision(False, "cut_off", coming)
    if facts.order_by < coming:
        return Decision(True, "order_by")
    return Decision(False, "limit", coming)


def run_out(
    first: datetime, last: datetime, signals: int, full_cards: int, safety_factor: Decimal
) -> datetime | None:
    """When a loop has eaten into its safety stock; none where its signals do not tell its pace yet.

    ``first`` and ``last`` are the first and the last of ``signals`` on record. Between them
    ``signals - 1`` bins were used up, so one bin lasts ``(last - first) / (signals - 1)``. At the last signal
    ``full_cards`` bins were left, of which the share ``α / (1 + α)`` is the safety stock of the card formula
    ``N = D·L·(1 + α) / q``; the rest lasts ``full_cards / (1 + α)`` bins:

        run-out = last + full_cards / (1 + α) × (last - first) / (signals - 1)
    """
    if signals < 2 or last - first < SHORTEST_PACE:
        return None
    lasts = (last - first) / (signals - 1)
    return last + lasts * float(full_cards / (1 + safety_factor))


def order_by(terms: Terms, runs_out: datetime | None, signalled: datetime, zone: ZoneInfo) -> datetime:
    """The last moment at which an order still keeps the stock safe.

    The goods must be here on the day on which the loop runs out (:func:`run_out`): that is the last order
    day that lies ``lead_time`` working days before it, less :data:`BEFORE_CUT_OFF`. Never before the signal
    itself. A loop whose pace nobody knows must not wait beyond the first cut-off after its signal.
    """
    if runs_out is None:
        return terms.cut_off_after(signalled, zone, BEFORE_CUT_OFF) - BEFORE_CUT_OFF
    day = terms.last_order_day_for(runs_out.astimezone(zone).date())
    return max(signalled, terms.cut_off(day, zone) - BEFORE_CUT_OFF)
