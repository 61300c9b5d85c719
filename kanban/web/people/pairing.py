"""Pairing at the desk: what the phone will be, the code that it opens, and the word that it has come."""

from __future__ import annotations

from typing import Any

from flask import g, make_response, redirect, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, languages, people, shop
from kanban.items import Location
from kanban.labels import Label, rasters
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.web import forms, respond, security
from kanban.web.labels.wall import paper
from kanban.web.people.blueprint import bp
from kanban.web.people.fields import PairingForm
from kanban.web.reading import session
from kanban.web.running import running

PHONE_ROLES = {
    "viewer": mark("Only looks"),
    "signaller": mark("Signals empty bins"),
    "operator": mark("Signals and receives"),
    "buyer": mark("Also orders, items, suppliers"),
    "admin": mark("Also people and the shop"),
}
ASKS = {
    "nobody": mark("Nobody: who holds it may use it"),
    "initials": mark("For initials: one tap per shift"),
    "pin": mark("For a PIN: four to six digits per shift"),
}


@bp.get("/devices/pair")
@security.access("buyer")
def show_pairing_form() -> str:
    """What the phone will be called, and what it may do; filled in for a device that gets another phone."""
    values: dict[str, Any] = {"role": "signaller", "asks": "nobody", "self_signal": "yes", "lasts": "screen"}
    again = request.args.get("again", "")
    if again.isascii() and again.isdigit() and len(again) < 16:
        device = session().get(people.Device, int(again))
        if device is not None and device.paired_at:
            values = phone_values(device) | {"again": device.id, "lasts": "screen"}
    return _form_page(values, {})


@bp.post("/devices/pairings")
@security.access("buyer")
def open_pairing() -> AnyResponse:
    """Expect the phone, and show its code once."""
    typed = forms.typed_fields()
    try:
        form = forms.sent(PairingForm, typed)
        refuse_more_than_mine(form.role)
        code = respond.write(_opening(respond.deed(), form))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _form_page(typed, errors))
    if code is None:
        return redirect("/devices", code=303)
    return make_response(_code_page(form, code))


@bp.get("/devices/pairings/<int:pairing_id>")
@security.access("buyer")
def show_pairing(pairing_id: int) -> AnyResponse:
    """Whether the phone has come. The page of the code asks this every two seconds: 204 while it has not."""
    pairing = session().get_one(people.Pairing, pairing_id)
    waits = pairing.used_at is None and pairing.expires_at > g.at
    if respond.wants_fragment():
        if waits:
            return make_response("", 204)
        return make_response(render_template("people/_came.html", pairing=pairing, waits=False))
    return make_response(render_template("people/came.html", pairing=pairing, waits=waits))


@bp.post("/devices/pairings/<int:pairing_id>/end")
@security.access("buyer")
def end_pairing(pairing_id: int) -> AnyResponse:
    """Expect the phone no longer."""

    def verb(session: Session, deed: journal.Deed) -> str:
        people.end_pairing(session, deed, session.get_one(people.Pairing, pairing_id))
        return "/devices"

    return respond.seen(respond.change(verb), _("That code opens nothing any more."))


@bp.post("/devices/pairings/<int:pairing_id>/card")
@security.access("buyer")
def print_pairing(pairing_id: int) -> AnyResponse:
    """The open code as a card, for a phone that is elsewhere; only who sees the code can print it."""
    pairing, sent = session().get_one(people.Pairing, pairing_id), respond.body()
    secret, short = str(sent.get("secret", ""))[: people.LONGEST_CODE], str(sent.get("short", ""))[:10]
    if not people.is_code_of(pairing, secret, short, g.at):
        raise people.PairingClosed(_("this code was used already, or is too old"))
    address = f"{running().settings.base_url}/pair"
    until = languages.moment(pairing.expires_at, running().settings.zone)
    note = _("Or type %(code)s at %(address)s. Good until %(until)s.", code=f"{short[:4]} {short[4:]}",
             address=address, until=until)  # fmt: skip
    label = Label(link=f"{address}#{secret}", name=pairing.name, note=note, shop=shop.name(session()))
    return paper([label], "pair", "a4-cards", "pairing.pdf")


def refuse_more_than_mine(role: str) -> None:
    """Nobody hands on more than they may do themselves."""
    if not security.who().may(role):
        raise forms.BadFields({"role": _("You may not give more than you may do yourself.")}, 403)


def refuse_anothers(device: people.Device) -> None:
    """A device that may do more than oneself is not one's own to change."""
    if not security.who().may(device.role):
        raise Forbidden(_("This device may do more than you: ask an administrator."))


def phone_values(device: people.Device) -> dict[str, Any]:
    """A phone as its form shows it."""
    return {
        "name": device.name, "role": device.role, "location": device.location_id or "", "asks": device.asks,
        "self_signal": "yes" if device.self_signal else "",
    }  # fmt: skip


def phone_choices() -> dict[str, Any]:
    """What the forms about a phone offer: roles up to one's own, questions, places."""
    mine = people.up_to(security.who().role)
    places = session().execute(select(Location.id, Location.path).order_by(Location.path)).all()
    return {
        "roles": [(key, _(PHONE_ROLES[key])) for key in mine],
        "questions": [(key, _(word)) for key, word in ASKS.items()],
        "locations": [("", _("Anywhere")), *((each.id, each.path) for each in places)],
    }


def squares(text: str) -> tuple[int, str]:
    """A QR symbol as the side of its square and one SVG path, both in modules; quiet zone included."""
    return rasters.squares(text)


def _opening(this: journal.Deed, form: PairingForm) -> Any:
    lasts = people.LASTS_ON_PAPER if form.lasts == "paper" else people.LASTS

    def once(session: Session) -> people.PairingCode | None:
        if journal.replayed(session, this):
            return None
        if form.location is not None and session.get(Location, form.location) is None:
            raise forms.BadFields({"location": _("This place is gone.")})
        again = session.get(people.Device, form.again) if form.again else None
        if again is not None:
            refuse_anothers(again)
        return people.open_pairing(session, this, form.facts(), lasts=lasts, again=again)

    return once


def _code_page(form: PairingForm, code: people.PairingCode) -> str:
    address = f"{running().settings.base_url}/pair"
    side, path = squares(f"{address}#{code.secret}")
    place = session().get(Location, form.location) if form.location else None
    return render_template(
        "people/pairing.html", form=form, code=code, address=address, side=side, path=path,
        place=place.path if place else "", may=PHONE_ROLES[form.role],
    )  # fmt: skip


def _form_page(values: dict[str, Any], errors: dict[str, str]) -> str:
    return render_template("people/pair.html", values=values, errors=errors, **phone_choices())
