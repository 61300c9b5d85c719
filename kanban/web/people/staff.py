"""Who works here: the list of people, and their names, roles, access and passwords."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from flask import g, make_response, render_template
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import codes, journal, languages, people
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.web import formats, forms, respond, security
from kanban.web.people.blueprint import bp
from kanban.web.people.entrance import discreet
from kanban.web.people.fields import NewPersonForm, PersonForm, PinForm
from kanban.web.reading import session

ROLES = (
    ("viewer", mark("Viewer: looks")),
    ("signaller", mark("Signaller: says that bins are empty")),
    ("operator", mark("Operator: scans, receives, prints")),
    ("buyer", mark("Buyer: also orders, items, suppliers")),
    ("admin", mark("Admin: also people and the shop")),
)


@dataclass(frozen=True)
class PersonRow:
    """One line of the list."""

    href: str
    name: str
    login: str
    role: str
    active: bool
    browsers: int
    is_me: bool


@bp.get("/people")
@security.access("admin")
def show_people() -> str:
    """Everybody, and everything that acts by itself."""
    live = [each for each in people.devices(session()) if each.revoked_at is None]
    phones = sum(each.paired_at is not None for each in live)
    return render_template("people/list.html", rows=_rows(), phones=phones, programs=len(live) - phones)


@bp.get("/people/new")
@security.access("admin")
def new_person() -> str:
    """An empty form."""
    return _form_page(None, {"role": "operator"}, {})


@bp.post("/people")
@security.access("admin")
def add_person() -> AnyResponse:
    """Add somebody, and show their first password once."""
    typed = forms.typed_fields()
    try:
        form = forms.sent(NewPersonForm, typed)
        return make_response(_password_page(form.name, form.login, _add(form)))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _form_page(None, typed, errors))


def _add(form: NewPersonForm) -> str | None:
    """The new person's password; none where this is a replay, since it was shown before."""
    password = _easy_to_copy()
    password_hash, this = people.hash_password(password), respond.deed()

    def once(session: Session) -> str | None:
        if journal.replayed(session, this):
            return None
        people.add(
            session, this, login=form.login, name=form.name, role=form.role, password_hash=password_hash
        )
        return password

    with forms.taken(people.LoginTaken, "login"):
        return respond.write(once)


@bp.get("/people/<int:person_id>")
@security.access("admin")
def show_person(person_id: int) -> str:
    """One person: name, role, access and password."""
    person = session().get_one(people.Person, person_id)
    return _form_page(person, {"name": person.name, "role": person.role}, {})


@bp.post("/people/<int:person_id>")
@security.access("admin")
def change_person(person_id: int) -> AnyResponse:
    """Give another name or role."""
    typed = forms.typed_fields()
    try:
        form = forms.sent(PersonForm, typed)
        with forms.taken(people.LastAdmin, "role"):
            return _changed(
                person_id,
                _("%(name)s is now: %(role)s.", name=form.name, role=formats.role(form.role)),
                name=form.name,
                role=form.role,
            )
    except forms.BadFields as bad:
        person = session().get_one(people.Person, person_id)
        return forms.refused(bad, lambda errors: _form_page(person, typed, errors))


@bp.post("/people/<int:person_id>/leaving")
@security.access("admin")
def end_access(person_id: int) -> AnyResponse:
    """Somebody leaves: their next request is refused. Raises :class:`people.LastAdmin`."""
    return _changed(person_id, _("That access has ended, in every browser."), active=False)


@bp.post("/people/<int:person_id>/return")
@security.access("admin")
def give_access_back(person_id: int) -> AnyResponse:
    """Somebody is back, with the old password."""
    return _changed(person_id, _("They may sign in again."), active=True)


@bp.post("/people/<int:person_id>/password")
@security.access("admin")
def reset_password(person_id: int) -> AnyResponse:
    """Make a new password, show it once, and end all sign-ins made with the old one."""
    password = _easy_to_copy()
    password_hash, this = people.hash_password(password), respond.deed()

    def once(session: Session) -> tuple[str, str, str | None]:
        person = session.get_one(people.Person, person_id)
        if journal.replayed(session, this):
            return person.name, person.login, None
        people.set_password(session, this, person, password_hash)
        return person.name, person.login, password

    return make_response(_password_page(*respond.write(once)))


@bp.post("/people/<int:person_id>/pin")
@security.access("admin")
def set_pin(person_id: int) -> AnyResponse:
    """Give somebody a PIN for shared phones, or take it away."""
    person, this = session().get_one(people.Person, person_id), discreet(f"pin of {person_id}")
    try:
        pin_hash = forms.sent(PinForm, forms.typed_fields()).hashed()
    except forms.BadFields as bad:
        return forms.refused(
            bad, lambda errors: _form_page(person, {"name": person.name, "role": person.role}, errors)
        )

    def once(session: Session) -> None:
        if not journal.replayed(session, this):
            people.set_pin(session, this, session.get_one(people.Person, person_id), pin_hash)

    respond.write(once)
    said = _("%(name)s has a PIN.", name=person.name) if pin_hash else _("That PIN is gone.")
    return respond.seen(f"/people/{person_id}", said)


def _changed(
    person_id: int,
    said: str,
    *,
    name: str | None = None,
    role: str | None = None,
    active: bool | None = None,
) -> AnyResponse:
    """Change what is given, and keep the rest."""

    def verb(session: Session, deed: journal.Deed) -> str:
        person = session.get_one(people.Person, person_id)
        people.change(
            session,
            deed,
            person,
            name=person.name if name is None else name,
            role=role or person.role,
            active=person.active if active is None else active,
        )
        return "/people"

    return respond.seen(respond.change(verb), said)


def _rows() -> list[PersonRow]:
    browsers = (
        select(people.SignIn.person_id, func.count().label("n"))
        .where(people.SignIn.expires_at > g.at)
        .group_by(people.SignIn.person_id)
        .subquery()
    )
    query = (
        select(people.Person, func.coalesce(browsers.c.n, 0))
        .outerjoin(browsers, browsers.c.person_id == people.Person.id)
        .order_by(people.Person.active.desc(), people.Person.name, people.Person.id)
    )
    me = security.who().person_id
    return [
        PersonRow(f"/people/{each.id}", each.name, each.login, each.role, each.active, count, each.id == me)
        for each, count in session().execute(query)
    ]


def _easy_to_copy() -> str:
    """A password of 80 random bits in four groups: easy to read from one screen and type at another."""
    letters = [secrets.choice(codes.ALPHABET.lower()) for _each in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


def _form_page(person: people.Person | None, values: dict[str, Any], errors: dict[str, str]) -> str:
    me = security.who().person_id
    return render_template(
        "people/form.html",
        somebody=person,
        values=values,
        errors=errors,
        roles=languages.choices(ROLES),
        me=me,
    )


def _password_page(name: str, login: str, password: str | None) -> str:
    return render_template("people/password.html", name=name, login=login, password=password)
