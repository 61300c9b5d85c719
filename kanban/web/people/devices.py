"""The devices of the shop: paired phones, and buttons, scanners and programs with a token of their own."""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, languages, people
from kanban.items import Location
from kanban.languages import gettext as _
from kanban.web import forms, respond, security
from kanban.web.people.blueprint import bp
from kanban.web.people.fields import DeviceForm, PhoneForm
from kanban.web.people.pairing import (
    PHONE_ROLES,
    phone_choices,
    phone_values,
    refuse_anothers,
    refuse_more_than_mine,
)
from kanban.web.people.staff import ROLES
from kanban.web.reading import session
from kanban.web.running import running


@bp.get("/devices")
@security.access("buyer")
def show_devices() -> str:
    """All phones, buttons and programs: what each may do, when it was here last, and how to stop it."""
    stands = {each.id: each.path for each in session().execute(select(Location.id, Location.path))}
    all_of_them = people.devices(session())
    return render_template(
        "people/devices.html",
        phones=[each for each in all_of_them if each.paired_at],
        programs=[each for each in all_of_them if not each.paired_at],
        stands=stands,
        may=PHONE_ROLES,
    )


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
        return forms.refused(bad, lambda errors: _form_page(typed, errors))
    this = respond.deed()

    def once(session: Session) -> str | None:
        if journal.replayed(session, this):
            return None
        return people.add_device(session, this, form.name, form.role)[1]

    return make_response(_token_page(form.name, respond.write(once)))


@bp.get("/devices/<int:device_id>")
@security.access("buyer")
def show_device(device_id: int) -> str:
    """One device: its name and place, and what it may do."""
    device = session().get_one(people.Device, device_id)
    return _device_page(device, phone_values(device), {})


@bp.post("/devices/<int:device_id>")
@security.access("buyer")
def change_device(device_id: int) -> AnyResponse:
    """Rename a device, or let it do more or less."""
    typed = forms.typed_fields()
    try:
        form = forms.sent(PhoneForm, typed)
        refuse_more_than_mine(form.role)
    except forms.BadFields as bad:
        device = session().get_one(people.Device, device_id)
        return forms.refused(bad, lambda errors: _device_page(device, typed, errors))
    facts = form.facts()

    def verb(session: Session, deed: journal.Deed) -> str:
        device = session.get_one(people.Device, device_id)
        refuse_anothers(device)
        people.change_device(session, deed, device, facts)
        return "/devices"

    return respond.seen(respond.change(verb), _("%(name)s is changed.", name=form.name))


@bp.post("/devices/<int:device_id>/revocation")
@security.access("buyer")
def revoke_device(device_id: int) -> AnyResponse:
    """End a device: its next request is refused."""

    def verb(session: Session, deed: journal.Deed) -> str:
        device = session.get_one(people.Device, device_id)
        refuse_anothers(device)
        people.revoke_device(session, deed, device)
        return "/devices"

    return respond.seen(respond.change(verb), _("That device no longer opens anything."))


def _token_page(name: str, token: str | None) -> str:
    base_url = running().settings.base_url
    return render_template("people/token.html", name=name, token=token, base_url=base_url)


def _form_page(values: dict[str, Any], errors: dict[str, str]) -> str:
    return render_template("people/device.html", values=values, errors=errors, roles=languages.choices(ROLES))


def _device_page(device: people.Device, values: dict[str, Any], errors: dict[str, str]) -> str:
    return render_template(
        "people/phone.html", device=device, values=values, errors=errors, **phone_choices()
    )
