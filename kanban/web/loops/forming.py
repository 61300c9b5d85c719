"""Making, changing and closing a loop."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import journal, languages, loops, orders
from kanban.items import Item, Location
from kanban.languages import gettext as _
from kanban.loops import Loop
from kanban.reports import catalogue
from kanban.suppliers import SupplierItem
from kanban.web import formats, forms, listing, respond, security
from kanban.web.loops.blueprint import bp
from kanban.web.loops.screens import COLOUR_NAMES
from kanban.web.loops.views import KIND_WORDS, hours
from kanban.web.reading import session


@bp.get("/loops/new")
@security.access("buyer")
def new() -> str:
    """The form of a new loop of ``?item=ID``; without one, the items to choose from."""
    item_id = listing.whole("item", 0)
    if not item_id:
        return _choose_item()
    offers = _offers(item_id)
    kind = "transfer" if offers and offers[0].supplier.kind == "internal" else "purchase"
    return _new_form(item_id, {"kind": kind, "cards": "2", "offer_id": offers[0].id if offers else ""}, {})


@bp.post("/loops")
@security.access("buyer")
def add() -> Response:
    """A new loop with its first cards."""
    typed = forms.typed_fields()

    def verb(session: Session, deed: journal.Deed) -> str:
        location, offer = _ends(session, sent)
        loop = loops.add(session, deed, location, offer, sent.facts())
        loops.add_cards(session, deed, loop, sent.cards)
        return f"/loops/{loop.id}"

    try:
        sent = forms.sent(forms.NewLoopForm, typed)
        return respond.seen(
            respond.change_and_size(verb), _("Saved. Next: print the cards and hang them on the bins.")
        )
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _again(typed, errors))


@bp.get("/loops/<int:loop_id>/edit")
@security.access("buyer")
def edit(loop_id: int) -> str:
    """The form with how the loop is set now."""
    return _edit_form(loop_id, _typed(_get(loop_id)), {})


@bp.post("/loops/<int:loop_id>")
@security.access("buyer")
def change(loop_id: int) -> Response:
    """Another place, source, quantity or other facts for a loop."""
    typed = forms.typed_fields()

    def verb(session: Session, deed: journal.Deed) -> str:
        loop = session.get_one(Loop, loop_id)
        location, offer = _ends(session, sent)
        if offer.item_id != loop.item_id:
            raise forms.BadFields({"offer_id": _("This source offers another item.")})
        loops.change(session, deed, loop, location, offer, sent.facts(loop))
        return f"/loops/{loop_id}"

    try:
        sent = forms.sent(forms.LoopForm, typed)
        return respond.seen(respond.change_and_size(verb), _("Saved."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _edit_form(loop_id, typed, errors))


@bp.post("/loops/<int:loop_id>/closure")
@security.access("buyer")
def close(loop_id: int) -> Response:
    """End the loop: its cards retire, what is on order still arrives."""

    def verb(session: Session, deed: journal.Deed) -> str:
        orders.close_loop(session, deed, session.get_one(Loop, loop_id))
        return f"/loops/{loop_id}"

    respond.change(verb)
    return respond.seen(f"/loops/{loop_id}", _("The loop is closed; its cards are retired."))


def _ends(session: Session, sent: forms.LoopForm) -> tuple[Location, SupplierItem]:
    location, offer = session.get(Location, sent.location_id), session.get(SupplierItem, sent.offer_id)
    missing = {}
    if offer is None:
        missing["offer_id"] = _("The source does not exist.")
    if location is None:
        missing["location_id"] = _("The place does not exist.")
    if location is None or offer is None:
        raise forms.BadFields(missing)
    return location, offer


def _get(loop_id: int) -> Loop:
    loop = catalogue.loop(session(), loop_id)
    if loop is None:
        abort(404)
    return loop


def _offers(item_id: int) -> list[SupplierItem]:
    return catalogue.offers(session(), SupplierItem.item_id == item_id)


def _typed(loop: Loop) -> dict[str, Any]:
    return {
        "offer_id": loop.supplier_item_id,
        "location_id": loop.location_id,
        "kind": loop.kind,
        "card_quantity": forms.plain(loop.card_quantity),
        "minimum_cycle": forms.plain(hours(loop.minimum_cycle)) if loop.minimum_cycle else "",
        "owner": loop.owner,
        "colour": loop.colour,
    }


def _choose_item() -> str:
    query = listing.Query.of_request()
    rows, count = catalogue.items(session(), query.q, "sku", query.skip, query.limit)
    return render_template(
        "loops/_choices.html" if respond.wants_fragment() else "loops/choose.html",
        rows=[
            {"href": f"/loops/new?item={row.item.id}", "sku": row.item.sku, "name": row.item.name,
             "id": row.item.id, "suppliers": row.suppliers, "loops": row.loops}
            for row in rows
        ],
        page=query.page_of(count),
        q=query.q,
    )  # fmt: skip


def _again(typed: dict[str, Any], errors: dict[str, str]) -> str:
    """The form of the item whose source was chosen; from the start where that cannot be told."""
    sent_id = str(typed.get("offer_id", ""))
    known = sent_id.isascii() and sent_id.isdigit() and len(sent_id) < 16
    offer = session().get(SupplierItem, int(sent_id)) if known else None
    return _new_form(offer.item_id, typed, errors) if offer else _choose_item()


def _new_form(item_id: int, values: dict[str, Any], errors: dict[str, str]) -> str:
    item = session().get(Item, item_id)
    if item is None:
        abort(404)
    return _form(item, _("New loop for %(sku)s", sku=item.sku), "/loops", f"/items/{item_id}", values, errors)


def _edit_form(loop_id: int, values: dict[str, Any], errors: dict[str, str]) -> str:
    loop, address = _get(loop_id), f"/loops/{loop_id}"
    return _form(loop.item, _("Loop of %(sku)s", sku=loop.item.sku), address, address, values, errors)


def _form(
    item: Item, title: str, post: str, back: str, values: dict[str, Any], errors: dict[str, str]
) -> str:
    return render_template(
        "loops/form.html",
        item=item,
        title=title,
        post=post,
        back_href=back,
        values=values,
        errors=errors,
        offers=[(offer.id, _offer_label(offer)) for offer in _offers(item.id)],
        stands=[("", _("Choose…")), *catalogue.places(session())],
        kinds=languages.choices(KIND_WORDS.items()),
        colours=_colours(str(values.get("colour", ""))),
        is_new=post == "/loops",
    )


def _offer_label(offer: SupplierItem) -> str:
    if offer.pack_size == 1:
        return offer.supplier.name
    pack = formats.units(offer.pack_size, offer.item.unit)
    return _("%(supplier)s, packs of %(pack)s", supplier=offer.supplier.name, pack=pack)


def _colours(now: str) -> list[tuple[str, str]]:
    known = languages.choices(COLOUR_NAMES.items())
    return known if now in COLOUR_NAMES else [*known, (now, now)]
