"""Counted loops: what the record says, taking and counting; and big withdrawals planned beside a loop."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, g, render_template
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import advice, codes, counts, journal, languages, loops, plans, scans
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.loops import Loop
from kanban.reports import catalogue, counting
from kanban.web import formats, forms, respond, security
from kanban.web.forms.fields import Day, Name, Quantity, QuantityOrZero, WholeNumber
from kanban.web.reading import session
from kanban.web.running import running

bp = Blueprint("stock", __name__)

KINDS = {"take": mark("taken"), "return": mark("brought back"), "count": mark("counted")}


class LevelsForm(forms.Form):
    """How a loop is counted, and what stands there now."""

    counted: QuantityOrZero = Field(title=mark("What stands there"))
    reorder_point: QuantityOrZero = Field(title=mark("The reorder point"))
    target_level: Quantity = Field(title=mark("The target level"))


class AmountForm(forms.Form):
    """Units taken or brought back."""

    quantity: Quantity = Field(title=mark("The quantity"))


class CountForm(forms.Form):
    """What was counted, and why it differs."""

    counted: QuantityOrZero = Field(title=mark("What stands there"))
    reason: Name = Field("", title=mark("The reason"))


class PlanForm(forms.Form):
    """A big withdrawal: how much, on which day, and what for."""

    quantity: Quantity = Field(title=mark("The quantity"))
    day: Day = Field(title=mark("The day"))
    note: Name = Field("", title=mark("The note"))


class TemporaryForm(forms.Form):
    """Cards for a while."""

    count: WholeNumber = Field(1, ge=1, le=100, title=mark("The number of cards"))
    leaves_on: Day = Field(title=mark("The last day"))


@bp.get("/loops/<int:loop_id>/stock")
@security.access("viewer")
def show(loop_id: int) -> str:
    """What the record says, the ledger, what is planned, and the ways to change them."""
    return _page(loop_id, {}, {})


@bp.post("/loops/<int:loop_id>/stock")
@security.access("buyer")
def begin(loop_id: int) -> Response:
    """Count this loop from now on, or with other levels."""
    return _change(
        loop_id, LevelsForm, _begin, _("Counted. The record follows what is taken and what arrives.")
    )


@bp.post("/loops/<int:loop_id>/stock/end")
@security.access("buyer")
def end(loop_id: int) -> Response:
    """Run the loop by its cards alone."""

    def verb(session: Session, deed: journal.Deed) -> str:
        counts.end(session, deed, session.get_one(Loop, loop_id))
        return _address(loop_id)

    return respond.seen(respond.change(verb), _("Run by its cards alone from now on."))


@bp.post("/loops/<int:loop_id>/takings")
@security.access("signaller")
def take(loop_id: int) -> Response:
    """Units were taken; what is missing now is on order."""
    return _change(loop_id, AmountForm, _take, _("Booked."))


@bp.post("/c/<code>/takings")
@security.access("signaller")
def take_by_card(code: str) -> Response:
    """Units were taken, by scanning the card; the answer is the loop's stock."""
    card = scans.look(session(), codes.read(code))
    if card is None:
        raise codes.BadCode(_("no card has this code"))
    return _change(card.loop_id, AmountForm, _take, _("Booked."))


@bp.post("/loops/<int:loop_id>/returns")
@security.access("operator")
def bring_back(loop_id: int) -> Response:
    """Units came back unused."""
    return _change(loop_id, AmountForm, _bring_back, _("Booked: back on the shelf."))


@bp.post("/loops/<int:loop_id>/counts")
@security.access("operator")
def count(loop_id: int) -> Response:
    """What stands there was counted."""
    return _change(loop_id, CountForm, _count, _("Counted. The record says the same now."))


@bp.post("/loops/<int:loop_id>/withdrawals")
@security.access("buyer")
def plan(loop_id: int) -> Response:
    """Plan a big withdrawal."""
    return _change(loop_id, PlanForm, _plan, _("Planned. It is ordered in time for its day."))


@bp.post("/loops/<int:loop_id>/temporary-cards")
@security.access("buyer")
def add_temporary(loop_id: int) -> Response:
    """Cards that leave by themselves after their last day."""
    return _change(
        loop_id, TemporaryForm, _add_temporary, _("Made. Print them; they leave after their last day.")
    )


@bp.post("/withdrawals/<int:withdrawal_id>/order")
@security.access("buyer")
def order_now(withdrawal_id: int) -> Response:
    """Do not wait for the day on which it must go out."""
    return _settle(withdrawal_id, plans.order, _("It is on the supplier’s next order."))


@bp.post("/withdrawals/<int:withdrawal_id>/call-off")
@security.access("buyer")
def call_off(withdrawal_id: int) -> Response:
    """It is not needed after all."""
    return _settle(withdrawal_id, plans.call_off, _("Called off."))


@bp.get("/counts")
@security.access("viewer")
def due() -> str:
    """Which counted loops to count when, and how right the records were."""
    rows, accuracy = counting.plan(session(), g.at, running().settings.zone)
    return render_template(
        "stock/counts.html",
        rows=[_due_row(row) for row in rows],
        accuracy=None if accuracy.total == 0 else languages.percent(accuracy.right / accuracy.total),
        total=accuracy.total,
        may_count=security.who().may("operator"),
    )


def _begin(session: Session, deed: journal.Deed, loop: Loop, sent: LevelsForm) -> None:
    try:
        counts.begin(
            session, deed, loop,
            counted=sent.counted, reorder_point=sent.reorder_point, target_level=sent.target_level,
        )  # fmt: skip
    except counts.BadLevels as wrong:
        raise _at("target_level", wrong) from wrong


def _take(session: Session, deed: journal.Deed, loop: Loop, sent: AmountForm) -> None:
    try:
        counts.take(session, deed, loop, sent.quantity)
    except counts.TooMuch as wrong:
        raise _at("quantity", wrong) from wrong


def _bring_back(session: Session, deed: journal.Deed, loop: Loop, sent: AmountForm) -> None:
    counts.bring_back(session, deed, loop, sent.quantity)


def _count(session: Session, deed: journal.Deed, loop: Loop, sent: CountForm) -> None:
    counts.count(session, deed, loop, sent.counted, reason=sent.reason)


def _plan(session: Session, deed: journal.Deed, loop: Loop, sent: PlanForm) -> None:
    zone = running().settings.zone
    try:
        plans.plan(session, deed, loop, sent.quantity, sent.day, zone=zone, note=sent.note)
    except plans.BadPlan as wrong:
        raise _at("day", wrong) from wrong


def _add_temporary(session: Session, deed: journal.Deed, loop: Loop, sent: TemporaryForm) -> None:
    if sent.leaves_on < deed.at.astimezone(running().settings.zone).date():
        raise forms.BadFields({"leaves_on": _("The last day is over.")})
    loops.add_cards(session, deed, loop, sent.count, leaves_on=sent.leaves_on)


def _change(loop_id: int, form: type[Any], act: Any, said: str) -> Response:
    """Do ``act`` with the checked form on the loop, or show the page again with what is wrong."""
    typed = forms.typed_fields()

    def verb(session: Session, deed: journal.Deed) -> str:
        act(session, deed, session.get_one(Loop, loop_id), sent)
        return _address(loop_id)

    try:
        sent = forms.sent(form, typed)
        return respond.seen(respond.change(verb), said)
    except forms.BadFields as bad:
        errors = bad.errors
        return forms.refused(bad, lambda: _page(loop_id, typed, errors))


def _settle(withdrawal_id: int, act: Any, said: str) -> Response:
    known = session().get(plans.PlannedWithdrawal, withdrawal_id)
    if known is None:
        abort(404)
    address = _address(known.loop_id)

    def verb(session: Session, deed: journal.Deed) -> str:
        act(session, deed, session.get_one(plans.PlannedWithdrawal, withdrawal_id))
        return address

    respond.change(verb)
    return respond.seen(address, said)


def _at(field: str, wrong: Exception) -> forms.BadFields:
    said = f"{wrong}."
    return forms.BadFields({field: said[:1].upper() + said[1:]})


def _address(loop_id: int) -> str:
    return f"/loops/{loop_id}/stock"


def _page(loop_id: int, values: dict[str, Any], errors: dict[str, str]) -> str:
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


def _due_row(row: counting.Due) -> dict[str, Any]:
    return {
        "href": _address(row.loop.id),
        "sku": row.loop.item.sku,
        "name": row.loop.item.name,
        "place": row.loop.location.path,
        "abc": row.abc,
        "counted_at": row.counted_at,
        "due": row.due,
        "late": row.late,
    }
