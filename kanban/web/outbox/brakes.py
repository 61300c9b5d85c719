"""The brakes: limits for what leaves by itself, and the switch that stops everything."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import render_template
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import journal, outbox
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.web import forms, respond, security
from kanban.web.forms.fields import Money, Short, WholeNumber
from kanban.web.outbox.blueprint import bp
from kanban.web.reading import session
from kanban.web.running import running


class BrakesForm(forms.Form):
    """The limits; an empty one is none."""

    order_value: Money | None = Field(None, title=mark("The highest value"))
    orders_a_day: Annotated[WholeNumber, Field(ge=1, le=1000)] | None = Field(
        None, title=mark("The orders a day")
    )
    mails_an_hour: Annotated[WholeNumber, Field(ge=1, le=100_000)] | None = Field(
        None, title=mark("The mails an hour")
    )
    new_suppliers_ask: Literal["yes"] | None = Field(None, title=mark("New suppliers"))
    rest_seconds: Annotated[WholeNumber, Field(ge=0, le=3600)] = Field(0, title=mark("The rest"))

    def limits(self) -> outbox.brakes.Limits:
        """The same in the domain's words."""
        return outbox.brakes.Limits(**(dict(self) | {"new_suppliers_ask": self.new_suppliers_ask == "yes"}))


class PauseForm(forms.Form):
    """Why everything shall wait."""

    because: Short = Field("", title=mark("The reason"))


@bp.get("/shop/brakes")
@security.access("buyer")
def show_brakes() -> str:
    """The limits, and the switch."""
    brakes = outbox.brakes.get(session())
    values = {
        "order_value": forms.plain(brakes.order_value),
        "orders_a_day": brakes.orders_a_day or "",
        "mails_an_hour": brakes.mails_an_hour or "",
        "new_suppliers_ask": brakes.new_suppliers_ask,
        "rest_seconds": str(brakes.rest_seconds),
    }
    return _page(values, {})


@bp.post("/shop/brakes")
@security.access("admin")
def change_brakes() -> Response:
    """Other limits."""
    typed = forms.typed_fields()
    try:
        limits = forms.sent(BrakesForm, typed).limits()
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _page(typed, errors))

    def verb(session: Session, deed: journal.Deed) -> str:
        outbox.brakes.set_limits(session, deed, limits)
        return "/shop/brakes"

    return respond.seen(respond.change(verb), _("Saved. The limits hold from the next order on."))


@bp.post("/shop/brakes/pause")
@security.access("buyer")
def pause() -> Response:
    """Stop everything that leaves."""
    because = forms.sent(PauseForm, forms.typed_fields()).because or _("no reason given")

    def verb(session: Session, deed: journal.Deed) -> str:
        outbox.brakes.pause(session, deed, because)
        return "/shop/brakes"

    return respond.seen(respond.change(verb))


@bp.post("/shop/brakes/going-on")
@security.access("buyer")
def go_on() -> Response:
    """Let everything leave again."""

    def verb(session: Session, deed: journal.Deed) -> str:
        outbox.brakes.go_on(session, deed)
        return "/shop/brakes"

    return respond.seen(respond.change(verb), _("Everything may leave again."))


def _page(values: dict[str, Any], errors: dict[str, str]) -> str:
    return render_template(
        "outbox/brakes.html",
        values=values,
        errors=errors,
        currency=running().settings.currency,
        may_change=security.who().may("admin"),
    )
