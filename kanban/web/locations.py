"""Places: the tree, a place's page, and the form that also moves it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import items, journal, suppliers
from kanban.items import PATH_SEPARATOR, Location
from kanban.languages import gettext as _
from kanban.reports import catalogue, story
from kanban.web import forms, listing, respond, security
from kanban.web.loops import loop_view
from kanban.web.reading import session

bp = Blueprint("locations", __name__)


@bp.get("/locations")
@security.access("viewer")
def index() -> str:
    """The tree of places, searched and paged."""
    query = listing.Query.of_request()
    rows, count = catalogue.locations(session(), query.q, query.skip, query.limit)
    return render_template(
        "locations/_rows.html" if respond.wants_fragment() else "locations/list.html",
        rows=[_row(row, indented=not query.q) for row in rows],
        page=query.page_of(count),
        q=query.q,
        may_change=security.who().may("buyer"),
    )


@bp.get("/locations/new")
@security.access("buyer")
def new() -> str:
    """The form of a new place; ``?parent=ID`` says where it stands."""
    parent = listing.whole("parent", 0)
    back = f"/locations/{parent}" if parent else "/locations"
    return _form(_("New place"), "/locations", back, {"parent_id": str(parent) if parent else ""}, {})


@bp.post("/locations")
@security.access("buyer")
def add() -> Response:
    """A new place."""
    typed = forms.typed_fields()

    def verb(session: Session, deed: journal.Deed) -> str:
        parent = _parent(session, sent)
        with forms.taken(items.PlaceTaken, "name"):
            place = items.add_location(session, deed, sent.name, parent, sent.address)
        return f"/locations/{place.id}"

    try:
        sent = forms.sent(forms.LocationForm, typed)
        return respond.seen(respond.change(verb), _("Saved."))
    except forms.BadFields as bad:
        return forms.refused(
            bad, lambda errors: _form(_("New place"), "/locations", "/locations", typed, errors)
        )


@bp.get("/locations/<int:location_id>")
@security.access("viewer")
def show(location_id: int) -> str:
    """One place: what stands in it, and which loops are replenished there."""
    location = _get(location_id)
    rows, count = catalogue.loops(
        session(), "", "place", 0, listing.PAGE_SIZE, catalogue.LoopFilter(location_id=location_id)
    )
    return render_template(
        "locations/show.html",
        location=location,
        above=_above(location),
        inside=[
            _row(row, indented=True) for row in catalogue.inside(session(), location, listing.LARGEST_PAGE)
        ],
        circuits=[loop_view(row) for row in rows],
        count=count,
        entries=story.of_location(session(), location_id),
        may_change=security.who().may("buyer"),
    )


@bp.get("/locations/<int:location_id>/edit")
@security.access("buyer")
def edit(location_id: int) -> str:
    """The form with what the place is now."""
    location = _get(location_id)
    values = {
        "name": location.name,
        "parent_id": str(location.parent_id or ""),
        "address": location.address,
    }
    return _edit_form(location_id, values, {})


@bp.post("/locations/<int:location_id>")
@security.access("buyer")
def change(location_id: int) -> Response:
    """Another name, another place in the tree, another address."""
    typed = forms.typed_fields()

    def verb(session: Session, deed: journal.Deed) -> str:
        place = session.get_one(Location, location_id)
        parent = _parent(session, sent)
        inside = forms.taken(items.PlaceInItself, "parent_id", _("A place cannot stand inside itself."))
        circle = forms.taken(suppliers.SupplyCircle, "parent_id")
        with forms.taken(items.PlaceTaken, "name"), inside, circle:
            suppliers.change_location(session, deed, place, sent.name, parent, sent.address)
        return f"/locations/{location_id}"

    try:
        sent = forms.sent(forms.LocationForm, typed)
        return respond.seen(respond.change(verb), _("Saved."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _edit_form(location_id, typed, errors))


def _parent(session: Session, sent: forms.LocationForm) -> Location | None:
    if sent.parent_id is None:
        return None
    parent = session.get(Location, sent.parent_id)
    if parent is None:
        raise forms.BadFields({"parent_id": _("The place that it stands in does not exist.")})
    return parent


def _get(location_id: int) -> Location:
    location = session().get(Location, location_id)
    if location is None:
        abort(404)
    return location


def _above(location: Location) -> list[Location]:
    """The places around this one, the site first."""
    above: list[Location] = []
    place = location.parent
    while place is not None:
        above.insert(0, place)
        place = place.parent
    return above


def _row(row: catalogue.PlaceRow, *, indented: bool) -> dict[str, Any]:
    """A place in the tree; where only matches are shown, its path says where it stands."""
    path = row.location.path.rpartition(PATH_SEPARATOR)[0]
    return {
        "href": f"/locations/{row.location.id}",
        "id": row.location.id,
        "name": row.location.name,
        "depth": row.depth if indented else 0,
        "path": "" if indented else path,
        "loops": row.loops,
        "loops_href": f"/loops?location={row.location.id}",
    }


def _edit_form(location_id: int, values: dict[str, Any], errors: dict[str, str]) -> str:
    address = f"/locations/{location_id}"
    own = _get(location_id)
    return _form(own.name, address, address, values, errors, own)


def _form(
    title: str,
    post: str,
    back: str,
    values: dict[str, Any],
    errors: dict[str, str],
    own: Location | None = None,
) -> str:
    return render_template(
        "locations/form.html",
        title=title,
        post=post,
        back_href=back,
        values=values,
        errors=errors,
        parents=[("", _("Nowhere: it is a site")), *_possible_parents(own)],
        moving=own is not None,
    )


def _possible_parents(own: Location | None) -> list[tuple[int, str]]:
    """Every place but the one itself and what stands in it."""
    inside = own.path + PATH_SEPARATOR if own else None
    return [
        (place_id, path)
        for place_id, path in catalogue.places(session())
        if own is None or (place_id != own.id and not path.startswith(str(inside)))
    ]
