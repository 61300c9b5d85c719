"""A delivery note: what came with it, its photo, and what was decided since."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import abort, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import journal, photos
from kanban.languages import gettext as _
from kanban.receipts import DeliveryNote, judging
from kanban.reports import receiving
from kanban.reports.receiving import Taken
from kanban.web import forms, respond, security
from kanban.web import photos as photo_fields
from kanban.web.formats import quantity, units
from kanban.web.reading import session
from kanban.web.receiving.blueprint import bp
from kanban.web.receiving.screens import apart_view, return_view
from kanban.web.running import running


@bp.get("/receiving/notes/<int:note_id>")
@security.access("viewer")
def show_note(note_id: int) -> str:
    """What one delivery brought."""
    return note_page(note_id, {})


@bp.post("/receiving/notes/<int:note_id>/photo")
@security.access("operator")
def add_photo(note_id: int) -> Response:
    """The photo of the paper, taken later."""
    photo_fields.expect()
    try:
        photo = photo_fields.sent()
        if photo is None:
            raise forms.BadFields({"photo": _("No photo was chosen.")})
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: note_page(note_id, errors))

    def verb(session: Session, deed: journal.Deed) -> str:
        note = session.get_one(DeliveryNote, note_id)
        note.photo_id = photos.add(session, deed, photo).id
        facts = {"photo": note.photo_id}
        journal.append(session, deed, "photographed", "delivery_note", note_id, facts)
        return f"/receiving/notes/{note_id}"

    return respond.seen(respond.change(verb), _("The photo is kept with the delivery."))


def note_page(note_id: int, errors: dict[str, str]) -> str:
    """The page of a delivery note; 404 where there is none."""
    found = receiving.brought(session(), note_id)
    if found is None:
        abort(404)
    who = security.who()
    return render_template(
        "receiving/note.html",
        note={
            "number": found.note.number,
            "supplier": found.note.supplier.name,
            "supplier_href": f"/suppliers/{found.note.supplier_id}",
            "more_href": f"/receiving/suppliers/{found.note.supplier_id}",
            "labels_href": f"/labels?note={note_id}",
            "problem_href": f"/problems/new?delivery={note_id}",
            "at": found.note.at,
            "by": found.by,
            "photo": photo_fields.address(found.note.photo_id),
            "photo_post": f"/receiving/notes/{note_id}/photo",
        },
        taken=[_taken(each) for each in found.taken],
        apart=[apart_view(each) for each in found.apart],
        returns=[return_view(each) for each in found.returns],
        errors=errors,
        may_correct=who.may("operator"),
        may_decide=who.may("buyer"),
    )


def _taken(each: Taken) -> dict[str, Any]:
    receipt, line = each.receipt, each.receipt.order_line
    over = max(Decimal(0), line.received - (line.quantity or 0))
    unit = line.unit or ""
    took = _took(each)
    return {
        "id": receipt.id,
        "sku": line.sku,
        "name": line.name,
        "unit": unit,
        "order_number": line.order.number,
        "order_href": f"/orders/{line.order_id}",
        "now": forms.plain(each.now),
        "now_text": units(each.now, unit),
        "first_text": units(receipt.quantity, unit) if each.corrections else "",
        "packs_text": _packs(each),
        "corrections": [
            {"text": f"{entry.quantity:+,f}".rstrip("0").rstrip("."), "why": entry.note, "at": entry.at}
            for entry in each.corrections
        ],
        "took_text": took,
        "over_text": units(over, unit) if over else "",
        "pending_text": units(line.pending, unit) if line.pending else "",
        "may_return": each.now > 0,
        "correct_post": f"/receipts/{receipt.id}/correction",
        "return_post": f"/order-lines/{line.id}/returns",
    }


def _took(each: Taken) -> str:
    """How long it was on its way: order sent to goods here, in working days of the supplier's country."""
    order = each.receipt.order_line.order
    if order.released_at is None:
        return ""
    working = judging.working_time(order.supplier.country, running().settings.zone)
    days = Decimal(str(round(working.between(order.released_at, each.receipt.at), 1)))
    return _("%(days)s working days after it was ordered", days=days.normalize())


def _packs(each: Taken) -> str:
    size = each.receipt.order_line.pack_size or Decimal(1)
    packs = each.now / size
    return f"{quantity(packs)} × {quantity(size)}" if size != 1 and packs == int(packs) else ""
