"""What a phone does about itself: it is paired, says who holds it, and can be forgotten."""

from __future__ import annotations

from typing import Any

from flask import g, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, people
from kanban.items import Location
from kanban.languages import gettext as _
from kanban.web import phones, respond, security
from kanban.web.people.blueprint import bp
from kanban.web.people.entrance import discreet
from kanban.web.people.pairing import PHONE_ROLES
from kanban.web.reading import session
from kanban.web.running import running

WANTED_COOKIE = "kanban-wanted"
WANTED_LASTS = 15 * 60  # seconds: the way to the desk, and the pairing


@bp.get("/pair")
@security.access(security.ANYONE)
def show_pair() -> AnyResponse:
    """The page that the square on the desk screen opens; its code stands behind the #, where no log sees it.

    Where somebody came from (a card, say) is kept in a short-lived cookie: the camera opens a new tab.
    """
    response = make_response(_pair_page(""))
    wanted = respond.local_path(request.args.get("next"))
    if wanted != "/":
        response.set_cookie(
            WANTED_COOKIE, wanted, max_age=WANTED_LASTS, httponly=True, samesite="Lax",
            secure=running().settings.is_https,
        )  # fmt: skip
    return response


@bp.post("/pair")
@security.access(security.ANYONE)
def pair() -> AnyResponse:
    """Make this phone a device, and lead on to the card that it came from."""
    this, code = discreet("pairing"), str(respond.body().get("code", ""))[: people.LONGEST_CODE]
    address = request.remote_addr or ""
    people.refuse_guessing_codes(session(), address, g.at)
    try:
        device, token = respond.write(lambda session: people.pair(session, this, code))
    except people.PairingClosed as closed:
        respond.write(lambda session: people.note_wrong_code(session, address, code, this.at))
        return make_response(_pair_page(f"{closed}"), 410)
    wanted = respond.local_path(request.cookies.get(WANTED_COOKIE))
    response = respond.seen(
        wanted if wanted != "/" else "/device", _("This phone is “%(name)s” now.", name=device.name)
    )
    phones.give(response, token)
    response.delete_cookie(WANTED_COOKIE, httponly=True, samesite="Lax", secure=running().settings.is_https)
    return response


@bp.get("/device")
@security.access(security.ANYONE)
def show_phone() -> AnyResponse:
    """This phone: what it is and may do, who holds it, and the question who does."""
    phone = security.phone()
    if phone is None:
        wanted = respond.local_path(request.args.get("next"))
        return redirect("/pair" if wanted == "/" else f"/pair?next={wanted}", code=303)
    return make_response(_phone_page(phone))


@bp.post("/device/holder")
@security.access(security.ANYONE)
def hold() -> AnyResponse:
    """Somebody says that they hold this phone: by a tap, or with their PIN."""
    phone, sent = _my_phone(), respond.body()
    person_id, pin = _row_id(sent.get("person")), str(sent.get("pin", ""))[:10]
    wanted = respond.local_path(sent.get("next"))
    if phone.asks == "nobody":
        raise Forbidden(_("This phone asks nobody."))
    if phone.asks == "pin" and not _pin_is_right(phone, person_id, pin):
        return make_response(_phone_page(phone, error=_("That PIN does not fit.")), 422)
    this = discreet(f"holder {person_id}")

    def verb(session: Session) -> None:
        if not journal.replayed(session, this):
            device = session.get_one(people.Device, phone.device_id)
            person = next((each for each in people.may_hold(session, device) if each.id == person_id), None)
            if person is None:
                raise Forbidden(_("This person may not hold this phone."))
            people.hold(session, this, device, person)

    respond.write(verb)
    return respond.seen(wanted if wanted != "/" else "/device")


@bp.post("/device/rest")
@security.access(security.ANYONE)
def let_go() -> AnyResponse:
    """Not me any more: the next one says who they are."""
    phone, this = _my_phone(), respond.deed()

    def verb(session: Session) -> None:
        if not journal.replayed(session, this):
            people.let_go(session, this, session.get_one(people.Device, phone.device_id))

    respond.write(verb)
    return respond.seen("/device")


@bp.post("/device/leaving")
@security.access(security.ANYONE)
def forget_pairing() -> AnyResponse:
    """Forget the pairing in this browser; the device itself ends where this one is the true one."""
    phone, this = security.phone(), respond.deed()
    if phone is not None and not phone.is_copy:

        def verb(session: Session) -> None:
            people.revoke_device(session, this, session.get_one(people.Device, phone.device_id))

        respond.write(verb)
    response = respond.seen("/pair", _("This phone is paired no more."))
    phones.take(response)
    return response


def _my_phone() -> people.Phone:
    phone = security.phone()
    if phone is None or phone.is_copy:
        raise Forbidden(_("This phone is not paired."))
    return phone


def _pin_is_right(phone: people.Phone, person_id: int, pin: str) -> bool:
    """Whether the PIN fits; a wrong one is counted against this phone. Raises ``people.TooManyTries``."""
    at, device_id = g.at, phone.device_id
    people.refuse_guessing_pins(session(), device_id, at)
    if people.pin_fits(session().get(people.Person, person_id), pin):
        return True
    respond.write(lambda session: people.note_wrong_pin(session, device_id, at))
    return False


def _row_id(value: Any) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _phone_page(phone: people.Phone, error: str = "") -> str:
    device = session().get_one(people.Device, phone.device_id)
    place = session().get(Location, device.location_id) if device.location_id else None
    asks = security.is_asking() or "other" in request.args
    people_here = people.may_hold(session(), device) if asks and phone.asks != "nobody" else []
    chosen = _row_id(request.values.get("person"))
    return render_template(
        "people/this_phone.html",
        phone=phone,
        place=place.path if place else "",
        may=PHONE_ROLES[phone.role],
        chips=[(each.id, people.initials(each), each.name) for each in people_here],
        chosen=next((each for each in people_here if each.id == chosen), None),
        wanted=respond.local_path(request.values.get("next")),
        error=error,
    )


def _pair_page(error: str) -> str:
    wanted = request.args.get("next") or request.cookies.get(WANTED_COOKIE)
    return render_template(
        "people/pair_phone.html", error=error, phone=security.phone(), wanted=respond.local_path(wanted)
    )
