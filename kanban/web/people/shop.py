"""The shop's name and address, as they stand on screens, cards and orders."""

from __future__ import annotations

from typing import Any

from flask import render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, shop
from kanban.languages import gettext as _
from kanban.web import forms, respond, security
from kanban.web.people.blueprint import bp
from kanban.web.people.fields import ShopForm
from kanban.web.reading import session


@bp.get("/shop")
@security.access("admin")
def show_shop() -> str:
    """The form."""
    ours = shop.get(session())
    return _page({"name": ours.name, "address": ours.address}, {})


@bp.post("/shop")
@security.access("admin")
def change_shop() -> AnyResponse:
    """Give the shop its name and address."""
    typed = forms.typed_fields()
    try:
        form = forms.sent(ShopForm, typed)
    except forms.BadFields as bad:
        errors = bad.errors
        return forms.refused(bad, lambda: _page(typed, errors))

    def verb(session: Session, deed: journal.Deed) -> str:
        shop.describe(session, deed, form.name, form.address)
        return "/people"

    respond.change(verb)
    return respond.seen("/people", _("Saved. New cards and orders carry it."))


def _page(values: dict[str, Any], errors: dict[str, str]) -> str:
    return render_template("people/shop.html", values=values, errors=errors)
