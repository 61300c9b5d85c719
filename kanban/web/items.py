"""Items: the list, an item's page with its offers, loops and cards, and the form."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import items, journal
from kanban import photos as stored_photos
from kanban.items import CONSEQUENCES, Item
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.loops import Loop
from kanban.reports import bins, catalogue, story
from kanban.suppliers import SupplierItem
from kanban.web import forms, listing, photos, respond, security
from kanban.web.loops import MOST_LOOPS, card_view, loop_view
from kanban.web.reading import session
from kanban.web.suppliers import offer_view

bp = Blueprint("items", __name__)

SORTS = {"sku": mark("SKU"), "name": mark("Name")}


@bp.get("/items")
@security.access("viewer")
def index() -> str:
    """All items, searched, sorted and paged."""
    query = listing.Query.of_request(tuple(SORTS))
    rows, count = catalogue.items(session(), query.q, query.sort, query.skip, query.limit)
    return render_template(
        "items/_rows.html" if respond.wants_fragment() else "items/list.html",
        rows=[_row(row) for row in rows],
        page=query.page_of(count),
        q=query.q,
        sort=query.sort,
        sorts=query.choices(SORTS),
        may_change=security.who().may("buyer"),
    )


@bp.get("/items/new")
@security.access("buyer")
def new() -> str:
    """The form of a new item."""
    return _form(_("New item"), "/items", "/items", {"unit": _("pcs")}, {})


@bp.post("/items")
@security.access("buyer")
def add() -> Response:
    """A new item."""
    photos.expect()
    typed = forms.typed_fields()

    def verb(session: Session, deed: journal.Deed) -> str:
        with forms.taken(items.SkuTaken, "sku"):
            item = items.add(session, deed, facts)
        _set_photo(session, deed, item, photo)
        return f"/items/{item.id}"

    try:
        facts = forms.sent(forms.ItemForm, typed).facts()
        photo = photos.sent()
        return respond.seen(respond.change(verb), _("Saved. Next: say who supplies it, then make its loop."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _form(_("New item"), "/items", "/items", typed, errors))


@bp.get("/items/<int:item_id>")
@security.access("viewer")
def show(item_id: int) -> str:
    """One item: who offers it, where it circulates, where its bins stand, what happened."""
    item = _get(item_id)
    may_change = security.who().may("buyer")
    offers = catalogue.offers(session(), SupplierItem.item_id == item_id)
    of_item = catalogue.LoopFilter(item_id=item_id)
    loops = catalogue.loops(session(), "", "place", 0, MOST_LOOPS, of_item)[0]
    return render_template(
        "items/show.html",
        item=item,
        photo=photos.address(item.photo_id),
        consequence=_(CONSEQUENCES[item.consequence]) if item.consequence else "",
        bins=bins.bins_by(session(), Loop.item_id, [item_id])[item_id],
        offers=[offer_view(offer, prices=may_change) for offer in offers],
        circuits=_circuits(loops),
        entries=story.of_item(session(), item_id),
        may_change=may_change,
    )


@bp.get("/items/<int:item_id>/edit")
@security.access("buyer")
def edit(item_id: int) -> str:
    """The form with what the item is now."""
    return _edit_form(item_id, _typed(_get(item_id)), {})


@bp.post("/items/<int:item_id>")
@security.access("buyer")
def change(item_id: int) -> Response:
    """Other facts for an item."""
    photos.expect()
    typed = forms.typed_fields()
    gone = bool(typed.pop("photo_gone", ""))

    def verb(session: Session, deed: journal.Deed) -> str:
        item = session.get_one(Item, item_id)
        with forms.taken(items.SkuTaken, "sku"):
            items.change(session, deed, item, facts)
        if gone and not photo:
            items.set_photo(session, deed, item, None)
        _set_photo(session, deed, item, photo)
        return f"/items/{item_id}"

    try:
        facts = forms.sent(forms.ItemForm, typed).facts()
        photo = photos.sent()
        return respond.seen(respond.change_and_size(verb), _("Saved."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _edit_form(item_id, typed, errors))


def _set_photo(
    session: Session, deed: journal.Deed, item: Item, photo: stored_photos.Prepared | None
) -> None:
    if photo is not None:
        items.set_photo(session, deed, item, stored_photos.add(session, deed, photo))


def _get(item_id: int) -> Item:
    item = session().get(Item, item_id)
    if item is None:
        abort(404)
    return item


def _row(row: catalogue.ItemRow) -> dict[str, Any]:
    item, others = row.item, len(row.suppliers) - 1
    return {
        "href": f"/items/{item.id}",
        "id": item.id,
        "sku": item.sku,
        "name": item.name,
        "unit": item.unit,
        "cost": item.unit_cost if security.who().may("buyer") else None,
        "supplier": row.suppliers[0] if row.suppliers else "",
        "others": others if others > 0 else 0,
        "loops": row.loops,
        "supply": row.bins.supply,
        "supply_word": row.bins.words,
    }


def _circuits(rows: list[catalogue.LoopRow]) -> list[dict[str, Any]]:
    """The item's loops, each with its cards: one statement for all cards."""
    found = bins.cards(session(), [row.loop.id for row in rows])
    return [
        {
            **loop_view(row),
            "cards": [
                card_view(card, row.bins.total, may_change=False)
                for card in found
                if card.card.loop_id == row.loop.id
            ],
        }
        for row in rows
    ]


def _typed(item: Item) -> dict[str, Any]:
    return {
        "sku": item.sku,
        "name": item.name,
        "unit": item.unit,
        "unit_cost": forms.plain(item.unit_cost),
        "consequence": forms.plain(item.consequence),
        "note": item.note,
    }


def _edit_form(item_id: int, values: dict[str, Any], errors: dict[str, str]) -> str:
    address = f"/items/{item_id}"
    item = _get(item_id)
    return _form(item.sku, address, address, values, errors, photos.address(item.photo_id, small=True))


def _consequences() -> list[tuple[str, str]]:
    known = ((str(key), f"{key} – {_(said)}") for key, said in CONSEQUENCES.items())
    return [("", _("Not said")), *known]


def _form(
    title: str,
    post: str,
    back: str,
    values: dict[str, Any],
    errors: dict[str, str],
    photo: str | None = None,
) -> str:
    return render_template(
        "items/form.html",
        title=title,
        post=post,
        back_href=back,
        values=values,
        errors=errors,
        photo=photo,
        consequences=_consequences(),
    )
