"""The shop's name and address, as they stand on screens, cards and orders."""

from __future__ import annotations

from typing import Any

from flask import render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, shop
from kanban import photos as stored_photos
from kanban.languages import gettext as _
from kanban.web import forms, photos, respond, security
from kanban.web.people.blueprint import bp
from kanban.web.people.fields import ShopForm
from kanban.web.reading import session


@bp.get("/shop")
@security.access("admin")
def show_shop() -> str:
    """The form."""
    ours = shop.get(session())
    head = shop.letterhead(session())
    kept = {name: getattr(head, name) for name in shop.Letterhead.__dataclass_fields__}
    return _page({"name": ours.name, "address": ours.address} | kept, {})


@bp.post("/shop")
@security.access("admin")
def change_shop() -> AnyResponse:
    """Give the shop its name, address, letterhead and logo."""
    photos.expect()
    typed = forms.typed_fields()
    gone = bool(typed.pop("photo_gone", ""))
    try:
        form = forms.sent(ShopForm, typed)
        logo = photos.sent()
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _page(typed, errors))

    def verb(session: Session, deed: journal.Deed) -> str:
        shop.describe(session, deed, form.name, form.address)
        shop.write_letterhead(session, deed, form.letterhead())
        if logo is not None:
            shop.set_logo(session, deed, stored_photos.add(session, deed, logo).id)
        elif gone:
            shop.set_logo(session, deed, None)
        return "/people"

    respond.change(verb)
    return respond.seen("/people", _("Saved. New cards and orders carry it."))


def _page(values: dict[str, Any], errors: dict[str, str]) -> str:
    logo = photos.address(shop.get(session()).logo_photo_id, small=True)
    return render_template("people/shop.html", values=values, errors=errors, photo=logo)
