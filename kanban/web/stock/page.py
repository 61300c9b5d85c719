"""The page of a loop's stock: the record and its ledger, what is planned, what the engine proposes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import abort, g, render_template

from kanban import advice, counts, plans
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports import catalogue, counting
from kanban.web import formats, forms, security
from kanban.web.reading import session
from kanban.web.running import running

KINDS = {"take": mark("taken"), "return": mark("brought back"), "count": mark("counted")}


def address(loop_id: int) -> str:
    """Where the page of a loop is."""
    return f"/loops/{loop_id}/stock"


def shown(loop_id: int, values: dict[str, Any], errors: dict[str, str]) -> str:
    """The page, with what was typed and what is wrong with it."""
    loop = catalogue.loop(session(), loop_id)
    if loop is None:
        abort(404)
    counted = counts.is_counted(session(), loop_id)
    who = security.who()
    is_open = loop.closed_at is None
    return render_template(
        "stock/show.html",
        circuit=loop,
        unit=loop.item.unit,
        level=_level(counts.level(session(), loop)) if counted else None,
        entries=[_entry(each, loop.item.unit) for each in counts.movements(session(), loop_id)]
        if counted
        else [],
        proposed=_proposed(loop_id),
        planned=[_planned(each, loop.item.unit) for each in plans.of_loop(session(), loop_id)],
        values=values,
        errors=errors,
        may_take=who.may("signaller") and is_open,
        may_count=who.may("operator") and is_open,
        may_change=who.may("buyer") and is_open,
    )


def _level(level: counts.Level) -> dict[str, str]:
    return {
        "recorded": formats.quantity(level.recorded),
        "on_order": formats.quantity(level.on_order),
        "reorder_point": formats.quantity(level.reorder_point),
        "target_level": formats.quantity(level.target_level),
        "low": "yes" if level.recorded <= level.reorder_point else "",
    }


def _entry(each: counts.Movement, unit: str) -> dict[str, Any]:
    sign = "+" if each.quantity > 0 else ""
    return {
        "at": each.at,
        "kind": _(KINDS[each.kind]),
        "quantity": f"{sign}{formats.units(each.quantity, unit)}",
        "after": formats.units(each.recorded + each.quantity, unit),
        "reason": each.reason,
    }


def _planned(each: plans.PlannedWithdrawal, unit: str) -> dict[str, Any]:
    return {
        "id": each.id,
        "quantity": formats.units(each.quantity, unit),
        "day": each.day,
        "order_by": each.order_by,
        "note": each.note,
        "state": each.state,
        "order_href": f"/orders/{each.order_id}" if each.order_id else None,
    }


def _proposed(loop_id: int) -> dict[str, str] | None:
    """The levels that the engine of advice proposes, from the loop's own scans and deliveries."""
    zone = running().settings.zone
    found = advice.collect(session(), g.at, zone, [loop_id])
    if not found:
        return None
    reviewed = advice.review(found[0], advice.Calendars(session(), zone), g.at)
    point, level = counting.proposed_levels(reviewed)
    return {"reorder_point": forms.plain(Decimal(point)), "target_level": forms.plain(Decimal(level))}
