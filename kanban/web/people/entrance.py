"""The ways in and out: the set-up link of the first administrator, sign-in and sign-out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import g, make_response, redirect, render_template, request
from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, people, shop
from kanban.items import Item
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.text import BadText, clean
from kanban.web import forms, offline, respond, security
from kanban.web.people.blueprint import bp
from kanban.web.people.fields import SetUpForm
from kanban.web.reading import session
from kanban.web.running import running

WELCOME = mark("Your shop is open.")
WRONG = mark("Name and password do not fit. Mind capital letters, and whether the name is yours.")


@bp.get("/set-up/<token>")
@security.access(security.ANYONE)
def show_set_up(token: str) -> str:
    """The page of the link that the server prints at its first start."""
    if not people.may_set_up(session(), token, g.at):
        raise people.SetUpClosed
    ours = shop.name(session())
    return _set_up_page({} if ours == shop.NAMELESS else {"shop": ours}, {})


@bp.post("/set-up/<token>")
@security.access(security.ANYONE)
def set_up(token: str) -> AnyResponse:
    """Name the shop, make its first administrator, and close this door for ever."""
    this = discreet("set-up")
    if journal.replayed(session(), this):
        return redirect("/", code=303)
    if not people.may_set_up(session(), token, g.at):
        raise people.SetUpClosed
    typed = forms.typed_fields()
    try:
        secret = _open_shop(this, token, forms.sent(SetUpForm, typed))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _set_up_page(typed, errors))
    return let_in(respond.seen(*_first_place()), secret, "admin")


def _first_place() -> tuple[str, str]:
    """Where a new shop goes on, and what is said there: to its first items, or to a board with life on it."""
    if session().scalar(select(exists().where(Item.id.is_not(None)))):
        return "/", _(WELCOME)
    return "/items", _("Your shop is open. Now its first items.")


def _open_shop(this: journal.Deed, token: str, form: SetUpForm) -> str:
    """Make the shop and its first administrator; the secret of their sign-in."""
    password_hash = form.hashed(form.login)

    def work(session: Session) -> str:
        admin = people.set_up(
            session, this, token, login=form.login, name=form.name, password_hash=password_hash
        )
        own = replace(this, by=journal.By("web", admin.id), key=None)
        shop.describe(session, own, form.shop, shop.get(session).address)
        return people.sign_in(session, own, admin)

    with forms.taken(people.LoginTaken, "login"):
        return respond.write(work)


@bp.get("/sign-in")
@security.access(security.ANYONE)
def show_sign_in() -> AnyResponse:
    """The sign-in form; who is signed in already goes on."""
    wanted = respond.local_path(request.args.get("next"))
    if security.who().role and security.phone() is None:
        return redirect(wanted, code=303)
    empty = session().scalar(select(people.Person.id).limit(1)) is None
    return make_response(_sign_in_page({"next": wanted}, {}, empty=empty))


@bp.post("/sign-in")
@security.access(security.ANYONE)
def sign_in() -> AnyResponse:
    """Let in whoever knows the password of a name, and lead on to where they wanted to go.

    It takes no key: a second sign-in is only a second door, and nothing that depends on the
    password, not even a fingerprint, may stand in the journal.
    """
    login, wanted = _login(), respond.local_path(request.form.get("next"))
    person = checked(login, request.form.get("password", ""))
    if person is None:
        return make_response(_sign_in_page({"login": login, "next": wanted}, {"form": _(WRONG)}), 401)
    this, address = journal.Deed(g.at, journal.By("web", person.id)), _address()
    left, leaving = security.cookie_token(), replace(this, by=journal.By("web", security.who().person_id))

    def admit(session: Session) -> str:
        people.refuse_guessing(session, login, address, this.at)
        known = session.get_one(people.Person, person.id)
        if not known.active or known.password_hash != person.password_hash:
            raise people.WrongSignIn
        if left and leaving.by.person_id:
            people.sign_out(session, leaving, left)
        return people.sign_in(session, this, known)

    try:
        secret = respond.write(admit)
    except people.WrongSignIn:
        return make_response(_sign_in_page({"login": login, "next": wanted}, {"form": _(WRONG)}), 401)
    return let_in(redirect(wanted, code=303), secret, person.role)


@bp.post("/sign-out")
@security.access(security.ANYONE)
def sign_out() -> AnyResponse:
    """End this browser's sign-in; harmless where there is none."""
    token = security.cookie_token()
    if token and security.who().person_id:
        this = journal.Deed(g.at, journal.By("web", security.who().person_id))
        respond.write(lambda session: people.sign_out(session, this, token))
    response = redirect("/sign-in", code=303)
    offline.clear(response)
    response.delete_cookie(
        security.cookie_name(), secure=running().settings.is_https, httponly=True, samesite="Lax"
    )
    return response


def checked(login: str, password: str) -> people.Person | None:
    """The person with this name and password; none, and the try is noted, where they do not fit.

    Takes alike long for names that exist and names that do not. The brake is asked again in the
    writing transaction, so that tries sent all at once are counted one by one. Raises
    :class:`people.TooManyTries`.
    """
    at, address = g.at, _address()
    people.refuse_guessing(session(), login, address, at)
    person = people.by_login(session(), login)
    if people.password_fits(person, password[: people.LONGEST_PASSWORD + 1]):
        return person

    def note(session: Session) -> None:
        people.refuse_guessing(session, login, address, at)
        people.note_wrong_try(session, login, address, at)

    respond.write(note)
    return None


def let_in(response: AnyResponse, secret: str, role: str) -> AnyResponse:
    """Put the sign-in's secret into the browser's cookie for as long as the sign-in lasts."""
    response.set_cookie(
        security.cookie_name(),
        secret,
        max_age=timedelta(days=people.SIGN_IN_LASTS[role]),
        secure=running().settings.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def discreet(what: str) -> journal.Deed:
    """This request as a deed whose fingerprint says ``what``, and nothing of the passwords in the form.

    The journal keeps fingerprints for ever, and they are hashed fast: one over a password would let
    whoever holds a copy of the database guess it without paying for Argon2.
    """
    return replace(respond.deed(), fingerprint=what)


def _login() -> str:
    """The name as typed; nobody's name where it cannot be one."""
    try:
        return clean(request.form.get("login", ""), limit=200, code=True)
    except BadText:
        return ""


def _address() -> str:
    return request.remote_addr or ""


def _set_up_page(values: dict[str, Any], errors: dict[str, str]) -> str:
    return render_template("people/set_up.html", post=request.path, values=values, errors=errors)


def _sign_in_page(values: dict[str, Any], errors: dict[str, str], *, empty: bool = False) -> str:
    return render_template(
        "people/sign_in.html", post="/sign-in", values=values, errors=errors, nobody_yet=empty
    )
