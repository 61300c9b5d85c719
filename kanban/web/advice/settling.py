"""What a buyer does with advice: accept it in one press, refuse it with a reason, put it off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, request
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import advice, journal
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.loops import Loop
from kanban.web import forms, respond, security
from kanban.web.advice.blueprint import bp
from kanban.web.forms.fields import Name, WholeNumber

SNOOZE_DAYS = 30


class RefusalForm(forms.Form):
    """Why advice is refused."""

    reason: Name = Field("", title=mark("The reason"))


class SnoozeForm(forms.Form):
    """For how many days advice is put off."""

    days: WholeNumber = Field(SNOOZE_DAYS, ge=1, le=366, title=mark("The number of days"))


@bp.post("/loops/<int:loop_id>/advice/acceptance")
@security.access("buyer")
def accept(loop_id: int) -> Response:
    """Do what is advised: the new cards wait to be printed, a card too many leaves at its next emptying."""

    def verb(session: Session, deed: journal.Deed) -> str:
        advice.accept(session, deed, session.get_one(Loop, loop_id))
        return f"/loops/{loop_id}/advice"

    respond.change_and_size(verb)
    said = _("Accepted. New cards wait to be printed; a card too many leaves when its bin is empty next.")
    return respond.seen(_back(loop_id), said)


@bp.post("/loops/<int:loop_id>/advice/refusal")
@security.access("buyer")
def refuse(loop_id: int) -> Response:
    """Keep the cards as they are."""
    reason = forms.sent(RefusalForm, _fields()).reason

    def verb(session: Session, deed: journal.Deed) -> str:
        advice.refuse(session, deed, session.get_one(Loop, loop_id), reason)
        return f"/loops/{loop_id}/advice"

    respond.change(verb)
    return respond.seen(_back(loop_id), _("Noted. It is asked again only if more is needed than now."))


@bp.post("/loops/<int:loop_id>/advice/snooze")
@security.access("buyer")
def snooze(loop_id: int) -> Response:
    """Ask again later."""
    days = forms.sent(SnoozeForm, _fields()).days
    until = g.at + timedelta(days=days)

    def verb(session: Session, deed: journal.Deed) -> str:
        advice.snooze(session, deed, session.get_one(Loop, loop_id), until)
        return f"/loops/{loop_id}/advice"

    respond.change(verb)
    return respond.seen(_back(loop_id), _("Put off for %(days)s days.", days=days))


def _back(loop_id: int) -> str:
    """The loop's advice, or the list of all where the press was made there."""
    return "/advice" if request.form.get("back") == "list" else f"/loops/{loop_id}/advice"


def _fields() -> dict[str, Any]:
    return {name: value for name, value in forms.typed_fields().items() if name != "back"}
