"""What a draft waits for, in words: on the board, on its page, and what can be done about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from flask import g

from kanban import languages
from kanban.languages import gettext as _
from kanban.orders import Order, rules
from kanban.orders.rules import Candidate, Standing
from kanban.web import formats, security
from kanban.web.reading import session
from kanban.web.running import running, today

PRESSING = timedelta(hours=24)
"""An order-by time that is nearer than this stands out."""


class Waiting(NamedTuple):
    """What a draft waits for (a sentence), by when it must leave, and whether that is near or past."""

    text: str
    order_by: str
    pressing: bool
    urgent: bool


def standings(only: int = 0) -> dict[int, Standing]:
    """How the drafts stand now (see :func:`kanban.orders.rules.standings`)."""
    settings = running().settings
    return rules.standings(session(), g.at, undo=settings.undo, zone=settings.zone, only=only)


def waiting(standing: Standing) -> Waiting:
    """A standing in words."""
    facts = standing.facts
    late = facts.order_by <= g.at
    return Waiting(
        text=_text(standing),
        order_by=_("as soon as possible") if late else near(facts.order_by),
        pressing=facts.order_by - g.at < PRESSING,
        urgent=facts.urgent,
    )


def near(at: datetime) -> str:
    """A moment of about now in the shop's time: ``today 13:50``, ``Thu 3 Dec, 13:50``."""
    zone = running().settings.zone
    there = at.astimezone(zone)
    hour = there.strftime("%H:%M")
    if there.date() == today():
        return _("today %(hour)s", hour=hour)
    if there.date() == today() + timedelta(days=1):
        return _("tomorrow %(hour)s", hour=hour)
    return f"{languages.day(there.date())}, {hour}"


def panel(order: Order) -> dict[str, Any] | None:
    """What the page of a draft shows of its rule; none once the order has left or asks for nothing."""
    standing = standings(order.id).get(order.id) if order.state == "draft" else None
    if standing is None:
        return None
    facts, buyer = standing.facts, security.who().may("buyer")
    shown = waiting(standing)._asdict()
    if facts.limit and buyer:
        shown["meter"] = {
            "value": min(facts.value, facts.limit),
            "most": facts.limit,
            "missing": facts.missing,
        }
    return shown | {
        "runs_out": languages.day(standing.runs_out.date()) if standing.runs_out else "",
        "sku": standing.pressing_sku,
        "approve_post": f"/orders/{order.id}/approval" if _may_approve(facts) else None,
        "pull_post": f"/orders/{order.id}/early-cards" if buyer else None,
        "rules_href": f"/suppliers/{order.supplier_id}/rules" if buyer else None,
        "candidates": _chosen(rules.candidates(session(), order, g.at), facts.missing) if buyer else [],
    }


def _may_approve(facts: rules.Facts) -> bool:
    return bool(facts.approver) and security.who().may(facts.approver)


def _chosen(found: list[Candidate], missing: Decimal) -> list[dict[str, Any]]:
    """The candidates; those that reach the limit, the earliest first, are ticked already."""
    shown = []
    for each in found:
        shown.append(
            {
                "id": each.card_id,
                "sku": each.sku,
                "name": each.item_name,
                "number": each.number,
                "quantity_text": formats.units(each.quantity, each.unit),
                "due_text": _("empty by now") if each.due <= g.at else languages.day(each.due.date()),
                "adds": each.adds,
                "ticked": missing > 0 and each.adds > 0,
            }
        )
        missing -= each.adds
    return shown


def _text(standing: Standing) -> str:
    facts, decision = standing.facts, standing.decision
    if decision.leaves:
        return _("leaves within seconds: urgent") if decision.why == "urgent" else _("leaves within seconds")
    until = near(decision.until) if decision.until else ""
    if decision.why == "limit":
        missing = formats.money(facts.missing)
        named = _("free freight") if facts.rule.waits_for == "free_freight" else _("the minimum order")
        return _(
            "%(missing)s missing to %(limit)s; looked at again %(until)s",
            missing=missing,
            limit=named,
            until=until,
        )
    words = {
        "undo": _("leaves when nobody can undo it any more"),
        "approval": _("waits for a buyer’s approval"),
        "admin": _("waits for an administrator’s approval"),
        "cut_off": _("leaves %(until)s, before the cut-off", until=until),
        "buyer": _("waits for your click")
        if security.who().may("buyer")
        else _("waits for the buyer’s click"),
    }
    return words[decision.why]
