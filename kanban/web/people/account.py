"""One's own account: who one is here, and another password."""

from __future__ import annotations

from flask import redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, people
from kanban.languages import gettext as _
from kanban.web import forms, respond, security
from kanban.web.people.blueprint import bp
from kanban.web.people.entrance import checked, discreet, let_in
from kanban.web.people.fields import PasswordForm
from kanban.web.reading import session


@bp.get("/account")
@security.access("viewer")
def show_account() -> str:
    """Name, sign-in name, role, and the form for another password."""
    return _page(_me(), {})


@bp.post("/account/password")
@security.access("viewer")
def change_password() -> AnyResponse:
    """Take another password, end the sign-ins made with the old one, and stay signed in here.

    The old one is asked, under the same brake as at sign-in: an unlocked screen is not enough.
    """
    me = _me()
    this = discreet(f"password of {me.id}")
    if journal.replayed(session(), this):
        return redirect("/account", code=303)
    try:
        form = forms.sent(PasswordForm, forms.typed_fields())
        if checked(me.login, form.old_password) is None:
            raise forms.BadFields({"old_password": _("This is not your present password.")})
        password_hash = form.hashed(me.login)
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _page(me, errors))

    def change(session: Session) -> str:
        person = session.get_one(people.Person, me.id)
        people.set_password(session, this, person, password_hash)
        return people.sign_in(session, this, person)

    said = _("Your password is changed. Other browsers have to sign in with it.")
    return let_in(respond.seen("/account", said), respond.write(change), me.role)


def _me() -> people.Person:
    """The person who asks; a device has no account."""
    who = security.who()
    if who.person_id is None or who.is_holder:
        raise Forbidden(_("A device has no account."))
    return session().get_one(people.Person, who.person_id)


def _page(me: people.Person, errors: dict[str, str]) -> str:
    return render_template("people/account.html", me=me, errors=errors)
