"""A loop's stock, its changes, its planned withdrawals, and the plan of counts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, g, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import codes, counts, journal, languages, plans, scans
from kanban.languages import gettext as _
from kanban.loops import Loop
from kanban.reports import counting
from kanban.web import forms, respond, security
from kanban.web.reading import session
from kanban.web.running import running
from kanban.web.stock import acts, page

bp = Blueprint("stock", __name__)


@bp.get("/loops/<int:loop_id>/stock")
@security.access("viewer")
def show(loop_id: int) -> str:
    """What the record says, the ledger, what is planned, and the ways to change them."""
    return page.shown(loop_id, {}, {})


@bp.post("/loops/<int:loop_id>/stock")
@security.access("buyer")
def begin(loop_id: int) -> Response:
    """Count this loop from now on, or with other levels."""
    return _change(
        loop_id, acts.LevelsForm, acts.begin, _("Counted. The record follows what is taken and what arrives.")
    )


@bp.post("/loops/<int:loop_id>/stock/end")
@security.access("buyer")
def end(loop_id: int) -> Response:
    """Run the loop by its cards alone."""

    def verb(session: Session, deed: journal.Deed) -> str:
        counts.end(session, deed, session.get_one(Loop, loop_id))
        return page.address(loop_id)

    return respond.seen(respond.change(verb), _("Run by its cards alone from now on."))


@bp.post("/loops/<int:loop_id>/takings")
@security.access("signaller")
def take(loop_id: int) -> Response:
    """Units were taken; what is missing now is on order."""
    return _change(loop_id, acts.AmountForm, acts.take, _("Booked."))


@bp.post("/c/<code>/takings")
@security.access("signaller")
def take_by_card(code: str) -> Response:
    """Units were taken, by scanning the card; the answer is the loop's stock."""
    card = scans.look(session(), codes.read(code))
    if card is None:
        raise codes.BadCode(_("no card has this code"))
    return _change(card.loop_id, acts.AmountForm, acts.take, _("Booked."))


@bp.post("/loops/<int:loop_id>/returns")
@security.access("operator")
def bring_back(loop_id: int) -> Response:
    """Units came back unused."""
    return _change(loop_id, acts.AmountForm, acts.bring_back, _("Booked: back on the shelf."))


@bp.post("/loops/<int:loop_id>/counts")
@security.access("operator")
def count(loop_id: int) -> Response:
    """What stands there was counted."""
    return _change(loop_id, acts.CountForm, acts.count, _("Counted. The record says the same now."))


@bp.post("/loops/<int:loop_id>/withdrawals")
@security.access("buyer")
def plan(loop_id: int) -> Response:
    """Plan a big withdrawal."""
    return _change(loop_id, acts.PlanForm, acts.plan, _("Planned. It is ordered in time for its day."))


@bp.post("/loops/<int:loop_id>/temporary-cards")
@security.access("buyer")
def add_temporary(loop_id: int) -> Response:
    """Cards that leave by themselves after their last day."""
    return _change(
        loop_id,
        acts.TemporaryForm,
        acts.add_temporary,
        _("Made. Print them; they leave after their last day."),
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


def _change(loop_id: int, form: type[Any], act: Any, said: str) -> Response:
    """Do ``act`` with the checked form on the loop, or show the page again with what is wrong."""
    typed = forms.typed_fields()

    def verb(session: Session, deed: journal.Deed) -> str:
        act(session, deed, session.get_one(Loop, loop_id), sent)
        return page.address(loop_id)

    try:
        sent = forms.sent(form, typed)
        return respond.seen(respond.change_and_size(verb), said)
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: page.shown(loop_id, typed, errors))


def _settle(withdrawal_id: int, act: Any, said: str) -> Response:
    known = session().get(plans.PlannedWithdrawal, withdrawal_id)
    if known is None:
        abort(404)
    address = page.address(known.loop_id)

    def verb(session: Session, deed: journal.Deed) -> str:
        act(session, deed, session.get_one(plans.PlannedWithdrawal, withdrawal_id))
        return address

    respond.change(verb)
    return respond.seen(address, said)


def _due_row(row: counting.Due) -> dict[str, Any]:
    return {
        "href": page.address(row.loop.id),
        "sku": row.loop.item.sku,
        "name": row.loop.item.name,
        "place": row.loop.location.path,
        "abc": row.abc,
        "counted_at": row.counted_at,
        "due": row.due,
        "late": row.late,
    }
