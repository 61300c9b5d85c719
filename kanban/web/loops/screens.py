"""The list of loops and a loop's page."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template

from kanban.items import Item, Location
from kanban.languages import gettext as _
from kanban.languages import mark, ngettext
from kanban.loops import Loop
from kanban.reports import bins, catalogue, story
from kanban.suppliers import Supplier
from kanban.web import formats, listing, respond, security
from kanban.web.loops.blueprint import bp
from kanban.web.loops.views import KIND_WORDS, card_view, hours, loop_view
from kanban.web.reading import session

SORTS = {"sku": mark("Item"), "place": mark("Place"), "supplier": mark("Supplier")}
STATES = {"open": mark("Open"), "empty": mark("Empty bins"), "closed": mark("Closed")}
COLOUR_NAMES = {
    "": mark("None"),
    "#c62828": mark("Red"),
    "#ef6c00": mark("Orange"),
    "#f9c80e": mark("Yellow"),
    "#2e7d32": mark("Green"),
    "#1565c0": mark("Blue"),
    "#6a1b9a": mark("Purple"),
    "#6d4c41": mark("Brown"),
    "#757575": mark("Grey"),
    "#000000": mark("Black"),
}


@bp.get("/loops")
@security.access("viewer")
def index() -> str:
    """All loops, searched, filtered, sorted and paged."""
    query = listing.Query.of_request(tuple(SORTS))
    which = _filter()
    rows, count = catalogue.loops(session(), query.q, query.sort, query.skip, query.limit, which)
    return render_template(
        "loops/_rows.html" if respond.wants_fragment() else "loops/list.html",
        rows=[loop_view(row) for row in rows],
        page=query.page_of(count),
        q=query.q,
        which=which,
        narrowed=_narrowed(which),
        sort=query.sort,
        sorts=query.choices(SORTS),
        states=listing.choices("state", STATES),
        may_change=security.who().may("buyer"),
    )


@bp.get("/loops/<int:loop_id>")
@security.access("viewer")
def show(loop_id: int) -> str:
    """One loop: how it is set, its cards, and what happened."""
    loop = catalogue.loop(session(), loop_id)
    if loop is None:
        abort(404)
    found = bins.cards(session(), [loop_id])
    may_change = security.who().may("buyer") and loop.closed_at is None
    return render_template(
        "loops/show.html",
        circuit=_view(loop, found),
        cards=[card_view(card, len(found), may_change=may_change) for card in found],
        entries=story.of_loop(session(), loop_id),
        may_change=may_change,
    )


def _filter() -> catalogue.LoopFilter:
    return catalogue.LoopFilter(
        listing.choice("state", tuple(STATES)),
        listing.whole("item", 0),
        listing.whole("supplier", 0),
        listing.whole("location", 0),
    )


def _narrowed(which: catalogue.LoopFilter) -> str:
    """Whose loops are shown, where a link of that thing led here."""
    item = session().get(Item, which.item_id) if which.item_id else None
    supplier = session().get(Supplier, which.supplier_id) if which.supplier_id else None
    place = session().get(Location, which.location_id) if which.location_id else None
    said = [
        item and _("of %(sku)s", sku=item.sku),
        supplier and _("from %(name)s", name=supplier.name),
        place and _("at %(path)s", path=place.path),
    ]
    return " ".join(each for each in said if each)


def _view(loop: Loop, found: list[bins.CardRow]) -> dict[str, Any]:
    working = [card for card in found if card.card.life != "new"]
    full = sum(1 for card in working if card.supply == "full")
    due = min((card.due for card in found if card.due), default=None)
    return {
        "id": loop.id,
        "sku": loop.item.sku,
        "item_name": loop.item.name,
        "item_href": f"/items/{loop.item_id}",
        "title": loop.location.path,
        "title_href": f"/locations/{loop.location_id}",
        "colour": loop.colour,
        "closed_at": loop.closed_at,
        "quantity": formats.quantity(loop.card_quantity),
        "unit": loop.item.unit,
        "full": full,
        "count": len(working),
        "new": len(found) - len(working),
        "due": due,
        "facts": _facts(loop),
    }


def _facts(loop: Loop) -> list[dict[str, Any]]:
    offer = loop.supplier_item
    lead_time = offer.supplier.lead_time if offer.lead_time is None else offer.lead_time
    facts = [
        (_("Supplier"), offer.supplier.name, f"/suppliers/{offer.supplier_id}"),
        (_("Their SKU"), offer.sku, ""),
        (_("Kind"), _(KIND_WORDS[loop.kind]), ""),
        (_("Lead time"), ngettext("%(num)s working day", "%(num)s working days", lead_time), ""),
        (_("Pack size"), formats.units(offer.pack_size, loop.item.unit) if offer.pack_size != 1 else "", ""),
        (
            _("Minimum cycle"),
            _("%(hours)s h", hours=hours(loop.minimum_cycle)) if loop.minimum_cycle else "",
            "",
        ),
        (_("Owner"), loop.owner, ""),
    ]
    return [{"label": label, "value": value, "href": href} for label, value, href in facts if value]
