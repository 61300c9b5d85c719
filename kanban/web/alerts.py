"""What needs somebody: the list, how each person is told, and the calendar of expected deliveries."""

from __future__ import annotations

import re
from typing import Annotated, Any

from flask import Blueprint, Response, abort, g, make_response, render_template, request
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from kanban import alerts, journal, languages, people, shop, subscriptions
from kanban.alerts import KINDS, Alert, CalendarFeed, Choices
from kanban.alerts.tables import HOW
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.people import Person
from kanban.web import forms, respond, security
from kanban.web.forms.fields import Code, Email, matching
from kanban.web.reading import session
from kanban.web.running import running

bp = Blueprint("alerts", __name__)

HOW_WORDS = {"at_once": mark("At once"), "digest": mark("Once a day"), "off": mark("Only here")}


class NoticesForm(forms.Form):
    """How somebody is told; ``how_KIND`` for each kind."""

    email: Email = Field("", title=mark("The e-mail address"))
    push: str = Field("", title=mark("Messages"))
    digest_at: Annotated[
        Code, matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", mark("is not a time such as 07:00"))
    ] = Field("07:00", title=mark("The hour"))


@bp.get("/alerts")
@security.access("viewer")
def index() -> str:
    """What is open for the one who looks, the most pressing kinds first."""
    roles = _roles()
    resolved = request.args.get("show") == "resolved"
    found = alerts.listed(session(), roles, resolved=resolved)
    names = _names(found)
    groups = [
        {
            "name": _(about.name),
            "pressing": about.at_once,
            "alerts": [_view(alert, names) for alert in found if alert.kind == kind],
        }
        for kind, about in KINDS.items()
    ]
    return render_template(
        "alerts/list.html",
        groups=[group for group in groups if group["alerts"]],
        resolved=resolved,
        count=len(found),
    )


@bp.post("/alerts/<int:alert_id>/taking")
@security.access("operator")
def take(alert_id: int) -> AnyResponse:
    """The one who presses takes care; the others see it."""

    def verb(session: Session, deed: journal.Deed) -> str:
        alerts.take(session, deed, session.get_one(Alert, alert_id))
        return "/alerts"

    return respond.seen(respond.change(verb), _("You take care of it."))


@bp.get("/account/notices")
@security.access("viewer")
def show_notices() -> str:
    """The form with what somebody has chosen."""
    me = _me(session())
    choices = alerts.choices_of(session(), me)
    values = {"email": choices.email, "push": choices.push, "digest_at": choices.digest_at}
    return _page(me, values, choices.how, {})


@bp.post("/account/notices")
@security.access("viewer")
def change_notices() -> AnyResponse:
    """Other choices."""
    typed = forms.typed_fields()
    how = {kind: str(typed.pop(f"how_{kind}", "digest")) for kind in KINDS if f"how_{kind}" in typed}

    def verb(session: Session, deed: journal.Deed) -> str:
        alerts.choose(session, deed, _me(session), chosen)
        return "/account/notices"

    try:
        form = forms.sent(NoticesForm, typed)
        wrong = {
            f"how_{kind}": _("Choose one of the three.") for kind, each in how.items() if each not in HOW
        }
        if wrong:
            raise forms.BadFields(wrong)
        chosen = Choices(form.email, bool(form.push), form.digest_at, languages.spoken(), how)
        respond.change(verb)
        return respond.seen("/account/notices", _("Saved."))
    except forms.BadFields as bad:
        me = _me(session())
        return forms.refused(bad, lambda errors: _page(me, typed, how, errors))


@bp.post("/account/notices/calendar")
@security.access("viewer")
def open_calendar() -> AnyResponse:
    """A fresh secret address, shown this once."""
    this = respond.deed()

    def once(session: Session) -> str | None:
        if journal.replayed(session, this):
            return None
        return alerts.open_feed(session, this, _me(session))

    token = respond.write(once)
    address = f"{running().settings.base_url}/calendar/{token}.ics" if token else ""
    if respond.wants_json():
        return make_response({"href": address})
    return make_response(render_template("alerts/calendar.html", address=address))


@bp.post("/account/notices/calendar/revocation")
@security.access("viewer")
def close_calendar() -> AnyResponse:
    """The address opens nothing any more."""

    def verb(session: Session, deed: journal.Deed) -> str:
        alerts.revoke_feed(session, deed, _me(session))
        return "/account/notices"

    return respond.seen(respond.change(verb), _("The calendar’s address is closed."))


@bp.get("/calendar/<token>.ics")
@security.access(security.ANYONE)
def calendar(token: str) -> Response:
    """Expected deliveries for a calendar program; who has the address needs nothing else."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{32}", token) or alerts.feed_of(session(), token) is None:
        abort(404)
    name = _("%(shop)s: expected deliveries", shop=shop.name(session()))
    made = alerts.feed(session(), alerts.Feed(name, running().settings.base_url), g.at)
    response = Response(made, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="deliveries.ics"'
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _roles() -> tuple[str, ...]:
    return tuple(role for role in people.ROLES if security.who().may(role))


def _names(found: list[Alert]) -> dict[int, str]:
    taken = {alert.taken_by for alert in found if alert.taken_by}
    return {
        row[0]: row[1]
        for row in session().execute(select(Person.id, Person.name).where(Person.id.in_(taken)))
    }


def _view(alert: Alert, names: dict[int, str]) -> dict[str, Any]:
    return {
        "text": alerts.sentence(alert),
        "href": alert.path,
        "raised_at": alert.raised_at,
        "resolved_at": alert.resolved_at,
        "taken_by": names.get(alert.taken_by or 0, ""),
        "take_post": None
        if alert.taken_by or alert.resolved_at or not security.who().may("operator")
        else f"/alerts/{alert.id}/taking",
    }


def _me(session: Session) -> Person:
    who = security.who()
    person_id = None if who.is_holder else who.person_id
    if person_id is None:
        raise Forbidden(_("A device has no account."))
    return session.get_one(Person, person_id)


def _page(me: Person, values: dict[str, Any], how: Any, errors: dict[str, str]) -> str:
    usual = alerts.choices_of(session(), me).how
    feed = session().get(CalendarFeed, me.id)
    return render_template(
        "alerts/notices.html",
        values=values,
        errors=errors,
        kinds=[
            (kind, _(about.name), how.get(kind, usual[kind]))
            for kind, about in KINDS.items()
            if kind in usual
        ],
        hows=[(key, _(word)) for key, word in HOW_WORDS.items()],
        browsers=len(subscriptions.of(session(), people=[me.id])),
        has_mail=running().settings.mail is not None,
        calendar_since=feed.created_at if feed else None,
    )
