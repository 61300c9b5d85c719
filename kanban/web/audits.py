"""Shelf audits: what the scanner sweeps, saved and shown."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import Any

from flask import Blueprint, Response, jsonify, render_template
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import counts, journal
from kanban.counts import ShelfAudit
from kanban.items import Location
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports.bins import SUPPLY_WORDS
from kanban.web import forms, listing, respond, security
from kanban.web.formats import quantity
from kanban.web.reading import session

bp = Blueprint("audits", __name__)

FINDS = {
    "missing": (mark("Missing"), mark("Should stand here full, and was not read.")),
    "foreign": (mark("Belongs elsewhere"), mark("Bring the bin to its place.")),
    "doubled": (mark("There twice"), mark("Two labels carry one code: destroy the older print.")),
    "old": (mark("Old label"), mark("It was replaced or is void: print a new one, and destroy this one.")),
    "retired": (mark("Retired"), mark("Does nothing any more: hand the card in.")),
    "new": (mark("Not in service"), mark("Scan it in the mode Signal to put it into service.")),
    "unknown": (mark("Unknown"), mark("No card of this shop.")),
    "away": (mark("On order, not here"), mark("Not judged: its bin may be gone.")),
    "seen": (mark("Seen"), mark("Where the records say.")),
}


class Sweep(BaseModel):
    """What a client sends: the place, the codes read there, and those that were there twice."""

    model_config = ConfigDict(extra="forbid")

    location: int = Field(ge=1, le=2**53)
    seen: list[str] = Field(default=[], max_length=counts.MOST_CARDS)
    doubled: list[str] = Field(default=[], max_length=counts.MOST_CARDS)


@bp.get("/audits")
@security.access("viewer")
def index() -> str:
    """Past audits, the newest first."""
    query = listing.Query.of_request()
    rows, count = counts.audits(session(), query.skip, query.limit)
    return render_template(
        "audits/list.html",
        rows=[_row(row) for row in rows],
        page=query.page_of(count),
        may_audit=security.who().may("operator"),
    )


@bp.get("/audits/<int:audit_id>")
@security.access("viewer")
def show(audit_id: int) -> str:
    """One audit with all that was found."""
    swept = counts.get(session(), audit_id)
    return render_template("audits/show.html", audit=_row(swept), groups=_groups(swept))


@bp.get("/audits/places")
@security.access("operator")
def places() -> Response:
    """The places that have cards, for the scanner."""
    found = counts.places(session())
    return jsonify({"places": [{"id": each.id, "path": each.path, "cards": cards} for each, cards in found]})


@bp.get("/audits/shelf/<int:location_id>")
@security.access("operator")
def shelf(location_id: int) -> Response:
    """The cards that belong to a place, for the scanner."""
    location = session().get_one(Location, location_id)
    cards = [
        {
            "code": card.code, "number": card.number, "of": card.of, "sku": card.sku, "item": card.item_name,
            "place": card.place, "supply": card.supply, "supply_word": _(SUPPLY_WORDS[card.supply]),
        }
        for card in counts.shelf(session(), location)
    ]  # fmt: skip
    return jsonify({"place": {"id": location.id, "path": location.path}, "cards": cards})


@bp.post("/audits")
@security.access("operator")
def save() -> AnyResponse:
    """Compare a sweep with the records, and keep it."""
    this = respond.deed("scan")
    sent = forms.checked(Sweep, respond.body())

    def once(session: Session) -> int:
        first = journal.replayed(session, this)
        if first:
            return counts.by_event(session, first.id).id
        location = session.get_one(Location, sent.location)
        return counts.audit(session, this, location, sent.seen, sent.doubled).id

    return respond.seen(f"/audits/{respond.write(once)}", _("The audit is saved."))


def _row(swept: ShelfAudit) -> dict[str, Any]:
    return {
        "href": f"/audits/{swept.id}",
        "place": swept.location.path,
        "place_href": f"/locations/{swept.location_id}",
        "at": swept.at,
        "seen": swept.seen,
        "wrong": swept.wrong,
        "accuracy": _("%(number)s %%", number=quantity(swept.accuracy.quantize(Decimal("0.1"), ROUND_FLOOR))),
        "tone": "" if swept.wrong == 0 else "no",
    }


def _groups(swept: ShelfAudit) -> list[dict[str, Any]]:
    """What was found, the wrong things first; kinds that were not found are left out."""
    groups = []
    for find, (title, text) in FINDS.items():
        cards = [_found(each) for each in swept.finds if each.find == find]
        if cards:
            groups.append({"find": find, "title": _(title), "text": _(text), "cards": cards})
    return groups


def _found(each: counts.ShelfFind) -> dict[str, Any]:
    card = each.card
    return {
        "code": each.code,
        "href": f"/cards/{each.code}" if card else "",
        "sku": card.loop.item.sku if card else "",
        "name": card.loop.item.name if card else "",
        "number": card.number if card else 0,
        "place": card.loop.location.path if card else "",
    }
