"""Pick list and make list: what our own stores and work centres have to bring, on the phone and on paper."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, abort, g, make_response, render_template
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from werkzeug.wrappers import Response as AnyResponse

from kanban import codes, config, journal, labels, scans, suppliers
from kanban.items import Location, inside_site
from kanban.labels import symbols
from kanban.languages import gettext as _
from kanban.languages import mark, spoken
from kanban.reports import catalogue
from kanban.reports import picking as reports
from kanban.reports.picking import Source, ToPick
from kanban.suppliers import Supplier
from kanban.text import as_sentence
from kanban.web import formats, forms, listing, respond, scan, security
from kanban.web import photos as photo_fields
from kanban.web.formats import units
from kanban.web.forms.fields import Code, RowId
from kanban.web.reading import session
from kanban.web.running import running, today

bp = Blueprint("picking", __name__)

PAPERS = ("a4", "us-letter")


class PickForm(forms.Form):
    """Goods left: the code of the bin that this emptied, if it did; and the list to go back to."""

    emptied: Code = Field("", title=mark("The emptied bin"))
    source: RowId | None = Field(None, title=mark("The store"))


class PutBackForm(forms.Form):
    """The list to go back to; without it the card's page answers."""

    source: RowId | None = Field(None, title=mark("The store"))


class PlaceForm(forms.Form):
    """Where an internal supplier stands; empty: nobody has said so."""

    location_id: RowId | None = Field(None, title=mark("The place"))


@bp.get("/picking")
@security.access("operator")
def picking() -> str:
    """What is to be picked in a store."""
    return _screen(making=False)


@bp.get("/making")
@security.access("operator")
def making() -> str:
    """What is to be made at a work centre."""
    return _screen(making=True)


@bp.get("/picking/<int:supplier_id>.pdf")
@security.access("operator")
def pick_pdf(supplier_id: int) -> Response:
    """The pick list on paper, with the code of each card to scan."""
    return _pdf(supplier_id, making=False)


@bp.get("/making/<int:supplier_id>.pdf")
@security.access("operator")
def make_pdf(supplier_id: int) -> Response:
    """The make list on paper, with the code of each card to scan."""
    return _pdf(supplier_id, making=True)


@bp.post("/picking/<code>")
@security.access("operator")
def pick(code: str) -> Response:
    """The goods of a card left their source: one press on the list."""
    sent = forms.sent(PickForm, forms.typed_fields())
    this = respond.deed("scan")
    wish = scans.Wish("pick", emptied=sent.emptied, zone=running().settings.zone)
    answer = respond.write(lambda session: scans.scan(session, this, codes.read(code), wish))
    if answer.card is None:
        abort(404)
    screen = "making" if answer.card.loop_kind == "production" else "picking"
    place = inside_site(answer.card.location)
    said = {
        "picked": _("%(sku)s is on its way to %(place)s.", sku=answer.card.sku, place=place),
        "already": _("%(sku)s has left already.", sku=answer.card.sku),
    }.get(answer.effect, _("Nothing of %(sku)s is to be picked here.", sku=answer.card.sku))
    return respond.seen(f"/{screen}?from={sent.source}" if sent.source else f"/{screen}", said)


@bp.post("/picking/<code>/withdrawal")
@security.access("operator")
def put_back(code: str) -> AnyResponse:
    """The goods have not left after all: back on the list, within the time for *Undo*."""
    sent = forms.sent(PutBackForm, forms.typed_fields())
    this, window = respond.deed("scan"), running().settings.undo
    anyway = security.who().may("buyer")
    answer = respond.write(
        lambda session: scans.put_back(session, this, codes.read(code), window=window, anyway=anyway)
    )
    if sent.source is None or answer.card is None:
        return scan.answered(answer)
    screen = "making" if answer.card.loop_kind == "production" else "picking"
    return respond.seen(
        f"/{screen}?from={sent.source}", _("%(sku)s is on the list again.", sku=answer.card.sku)
    )


@bp.get("/suppliers/<int:supplier_id>/place")
@security.access("buyer")
def place(supplier_id: int) -> str:
    """The form: where this store or work centre stands."""
    return _place_form(supplier_id, {})


@bp.post("/suppliers/<int:supplier_id>/place")
@security.access("buyer")
def set_place(supplier_id: int) -> Response:
    """It stands here."""
    typed = forms.typed_fields()

    def verb(session: Session, deed: journal.Deed) -> str:
        location = session.get_one(Location, sent.location_id) if sent.location_id else None
        try:
            suppliers.set_place(session, deed, session.get_one(Supplier, supplier_id), location)
        except (suppliers.SupplyCircle, suppliers.NotInternal) as refused:
            raise forms.BadFields({"location_id": as_sentence(refused)}, 409) from refused
        return f"/suppliers/{supplier_id}"

    try:
        sent = forms.sent(PlaceForm, typed)
        return respond.seen(respond.change(verb), _("Saved."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _place_form(supplier_id, errors))


def _screen(*, making: bool) -> str:
    found = reports.sources(session(), making=making)
    chosen = _chosen(found)
    rows = reports.to_pick(session(), chosen.id, today(), making=making) if chosen else []
    waiting = [_row(row) for row in rows if not row.gone]
    return render_template(
        "picking/list.html",
        making=making,
        sources=[_source(each, chosen) for each in found],
        source=chosen,
        waiting=waiting,
        gone=[_row(row) for row in rows if row.gone],
        pdf_href=f"/{'making' if making else 'picking'}/{chosen.id}.pdf" if chosen and waiting else None,
        place_href=f"/suppliers/{chosen.id}/place" if chosen and security.who().may("buyer") else None,
    )


def _chosen(found: list[Source]) -> Source | None:
    """The source that the address names; the one with most to do without it."""
    wanted = listing.whole("from", 0)
    if wanted:
        chosen = next((each for each in found if each.id == wanted), None)
        return chosen or abort(404)
    return max(found, key=lambda each: each.waiting, default=None)


def _source(each: Source, chosen: Source | None) -> dict[str, Any]:
    return {
        "href": f"?from={each.id}",
        "name": each.name,
        "waiting": each.waiting,
        "now": chosen is not None and chosen.id == each.id,
    }


def _row(row: ToPick) -> dict[str, Any]:
    return {
        "code": row.code,
        "href": f"/c/{row.code}",
        "post": f"/picking/{row.code}",
        "number": row.number,
        "of": row.of,
        "sku": row.sku,
        "name": row.name,
        "photo": photo_fields.address(row.photo_id, small=True),
        "quantity": units(row.quantity, row.unit),
        "from_place": inside_site(row.from_place),
        "to_place": inside_site(row.to_place),
        "signalled_at": row.signalled_at,
        "due": row.due,
        "urgent": row.urgent,
        "risk": row.risk,
        "late": row.late,
        "order_number": row.order_number,
        "put_back_post": f"/picking/{row.code}/withdrawal" if _may_put_back(row) else None,
        "bins": [
            {
                "code": each.code,
                "word": _("bin %(number)s of %(of)s", number=each.number, of=each.of),
                "holds": units(each.quantity, row.unit),
                "full": each.supply == "full",
            }
            for each in row.bins
        ],
    }


def _may_put_back(row: ToPick) -> bool:
    """Whether *Undo* is offered: for the time for undo, to a buyer until the goods are received."""
    if row.left_at is None:
        return False
    return security.who().may("buyer") or g.at - row.left_at <= running().settings.undo


def _pdf(supplier_id: int, *, making: bool) -> Response:
    supplier = session().get(Supplier, supplier_id)
    if supplier is None or supplier.kind != "internal":
        abort(404)
    rows = [row for row in reports.to_pick(session(), supplier_id, today(), making=making) if not row.gone]
    folder = config.assets("templates") / "documents"
    words = {
        "lang": spoken(),
        "title": _("Make list") if making else _("Pick list"),
        "empty": _("Nothing waits."),
        "from": _("From"),
        "to": _("To"),
        "quantity": _("Quantity"),
        "item": _("Item"),
        "done": _("Done"),
        "scan": _("Scan when it leaves"),
    }
    inputs = {
        "paper": listing.choice("paper", PAPERS),
        "words": json.dumps(words),
        "data": json.dumps({
            "source": labels.plain(supplier.name),
            "printed": formats.when(g.at),
            "rows": [_printed(row) for row in rows],
        }),
    }  # fmt: skip
    made = labels.typeset(
        folder / "picking.typ", root=folder, fonts=config.assets("labels") / "fonts", inputs=inputs
    )
    answer = make_response(made)
    answer.mimetype = "application/pdf"
    name = "make-list" if making else "pick-list"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer


def _printed(row: ToPick) -> dict[str, str]:
    marks = [
        word
        for held, word in ((row.urgent, _("urgent")), (row.risk, _("last bin")), (row.late, _("late")))
        if held
    ]
    said = {
        "sku": row.sku,
        "name": row.name,
        "quantity": units(row.quantity, row.unit),
        "from": inside_site(row.from_place),
        "to": inside_site(row.to_place),
        "card": _("card %(number)s of %(of)s", number=row.number, of=row.of),
        "code": codes.grouped(row.code),
        "marks": ", ".join(marks),
    }
    return {name: labels.plain(value) for name, value in said.items()} | {"symbol": _symbol(row.code)}


def _symbol(code: str) -> str:
    """The card's symbol as SVG: scanning the paper is scanning the card."""
    return symbols.drawing(symbols.matrix(running().settings.base_url, code))


def _place_form(supplier_id: int, errors: dict[str, str]) -> str:
    supplier = session().get(Supplier, supplier_id)
    if supplier is None or supplier.kind != "internal":
        abort(404)
    now = suppliers.place_of(session(), supplier_id)
    return render_template(
        "picking/place.html",
        supplier={"name": supplier.name, "href": f"/suppliers/{supplier_id}"},
        post=f"/suppliers/{supplier_id}/place",
        choices=[("", _("Nobody has said")), *catalogue.places(session())],
        values={"location_id": now.id if now else ""},
        errors=errors,
    )
