"""What acts by itself: scanners, buttons and programs, each with a token of its own."""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, languages, people
from kanban.languages import gettext as _
from kanban.web import forms, respond, security
from kanban.web.people.blueprint import bp
from kanban.web.people.fields import DeviceForm
from kanban.web.people.staff import ROLES
from kanban.web.running import running


@bp.get("/devices/new")
@security.access("admin")
def new_device() -> str:
    """An empty form."""
    return _form_page({"role": "operator"}, {})


@bp.post("/devices")
@security.access("admin")
def add_device() -> AnyResponse:
    """Make a token, and show it once."""
    typed = forms.typed_fields()
    try:
        form = forms.sent(DeviceForm, typed)
    except forms.BadFields as bad:
        errors = bad.errors
        return forms.refused(bad, lambda: _form_page(typed, errors))
    this = respond.deed()

    def once(session: Session) -> str | None:
        if journal.replayed(session, this):
            return None
        return people.add_device(session, this, form.name, form.role)[1]

    return make_response(_token_page(form.name, respond.write(once)))


@bp.post("/devices/<int:device_id>/revocation")
@security.access("admin")
def revoke_device(device_id: int) -> AnyResponse:
    """End a token: the device's next request is refused."""

    def verb(session: Session, deed: journal.Deed) -> str:
        people.revoke_device(session, deed, session.get_one(people.Device, device_id))
        return "/people"

    return respond.seen(respond.change(verb), _("That token no longer opens anything."))


def _token_page(name: str, token: str | None) -> str:
    base_url = running().settings.base_url
    return render_template("people/token.html", name=name, token=token, base_url=base_url)


def _form_page(values: dict[str, Any], errors: dict[str, str]) -> str:
    return render_template("people/device.html", values=values, errors=errors, roles=languages.choices(ROLES))
