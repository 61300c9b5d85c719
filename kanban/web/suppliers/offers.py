"""What a supplier offers: the form on the item's or the supplier's page, with price breaks in rows."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import items, journal, suppliers
from kanban.imports.cells import MAX_BREAKS
from kanban.items import Item
from kanban.languages import gettext as _
from kanban.reports import catalogue
from kanban.suppliers import Supplier, SupplierItem
from kanban.web import forms, listing, respond, security
from kanban.web.reading import session
from kanban.web.running import running
from kanban.web.suppliers.blueprint import bp

FEWEST_ROWS = 3
SPARE_ROWS = 2
NEW = {"pack_size": "1", "rank": "1"}


@bp.get("/items/<int:item_id>/offers/new")
@security.access("buyer")
def new_for_item(item_id: int) -> str:
    """The form of a new offer of this item."""
    return _new_form(_of_item(item_id), NEW, {})


@bp.get("/suppliers/<int:supplier_id>/offers/new")
@security.access("buyer")
def new_of_supplier(supplier_id: int) -> str:
    """The form of a new offer by this supplier."""
    return _new_form(_of_supplier(supplier_id), NEW, {})


@bp.post("/items/<int:item_id>/offers")
@security.access("buyer")
def add_for_item(item_id: int) -> Response:
    """A new offer of this item, by the chosen supplier."""
    return _add(_of_item(item_id))


@bp.post("/suppliers/<int:supplier_id>/offers")
@security.access("buyer")
def add_of_supplier(supplier_id: int) -> Response:
    """A new offer by this supplier, of the named item."""
    return _add(_of_supplier(supplier_id))


@bp.get("/offers/<int:offer_id>/edit")
@security.access("buyer")
def edit_offer(offer_id: int) -> str:
    """The form with what the offer is now."""
    return _edit_form(offer_id, _typed(_get(offer_id)), {})


@bp.post("/offers/<int:offer_id>")
@security.access("buyer")
def change_offer(offer_id: int) -> Response:
    """Other terms or prices for an offer."""
    typed, wanted_rows = _typed_fields()
    if wanted_rows:
        return Response(_edit_form(offer_id, typed, {}, wanted_rows), mimetype="text/html")

    def verb(session: Session, deed: journal.Deed) -> str:
        offer = session.get_one(SupplierItem, offer_id)
        suppliers.change_offer(session, deed, offer, facts)
        return f"/items/{offer.item_id}"

    try:
        facts = forms.sent(forms.OfferForm, typed).facts()
        address = f"/items/{_get(offer_id).item_id}"
        respond.change_and_size(verb)
        return respond.seen(address, _("Saved."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _edit_form(offer_id, typed, errors))


def _add(page: dict[str, Any]) -> Response:
    typed, wanted_rows = _typed_fields()
    if wanted_rows:
        return Response(_new_form(page, typed, {}, wanted_rows), mimetype="text/html")

    def verb(session: Session, deed: journal.Deed) -> str:
        supplier, item = _parties(session, page, sent)
        with forms.taken(suppliers.OfferTaken, page["asks"]):
            suppliers.add_offer(session, deed, supplier, item, sent.facts())
        return str(page["back_href"])

    try:
        sent = forms.sent(forms.NewOfferForm, typed)
        respond.change_and_size(verb)
        return respond.seen(page["back_href"], _("Saved."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _new_form(page, typed, errors))


def _parties(session: Session, page: dict[str, Any], sent: forms.NewOfferForm) -> tuple[Supplier, Item]:
    """Who offers what: one is in the address, the other one was chosen in the form."""
    supplier_id, item_id = page.get("supplier_id") or sent.supplier_id, page.get("item_id")
    supplier = session.get(Supplier, supplier_id) if supplier_id else None
    item = session.get(Item, item_id) if item_id else items.by_sku(session, sent.item_sku)
    if supplier is None:
        raise forms.BadFields({"supplier_id": _("Choose the supplier.")})
    if item is None:
        said = (
            _("No item has the SKU “%(sku)s”.", sku=sent.item_sku)
            if sent.item_sku
            else _("Our SKU is empty.")
        )
        raise forms.BadFields({"item_sku": said})
    return supplier, item


def _typed_fields() -> tuple[dict[str, Any], int]:
    """The fields with the rows of prices put together; and how many rows are wanted, if only that was."""
    typed = forms.typed_fields(*forms.OfferForm.lists)
    if request.is_json:
        return typed, 0
    quantities, prices = typed.pop("from_quantity", []), typed.pop("unit_price", [])
    rows = [
        {"from_quantity": quantity, "unit_price": price}
        for quantity, price in zip(quantities, prices, strict=False)
        if quantity.strip() or price.strip()
    ]
    wanted_rows = len(prices) + FEWEST_ROWS if typed.pop("more", "") else 0
    return {**typed, "prices": rows}, wanted_rows


def _of_item(item_id: int) -> dict[str, Any]:
    item = session().get(Item, item_id)
    if item is None:
        abort(404)
    address = f"/items/{item_id}"
    return {
        "title": _("New offer for %(sku)s", sku=item.sku), "over": item.sku, "back_href": address,
        "post": f"{address}/offers", "asks": "supplier_id", "item_id": item_id, "unit": item.unit,
    }  # fmt: skip


def _of_supplier(supplier_id: int) -> dict[str, Any]:
    supplier = session().get(Supplier, supplier_id)
    if supplier is None:
        abort(404)
    address = f"/suppliers/{supplier_id}"
    return {
        "title": _("New offer by %(name)s", name=supplier.name), "over": supplier.name, "back_href": address,
        "post": f"{address}/offers", "asks": "item_sku", "supplier_id": supplier_id, "unit": _("units"),
    }  # fmt: skip


def _get(offer_id: int) -> SupplierItem:
    offer = session().get(SupplierItem, offer_id)
    if offer is None:
        abort(404)
    return offer


def _typed(offer: SupplierItem) -> dict[str, Any]:
    shown = ("pack_size", "minimum_order_quantity", "order_multiple", "rank")
    return {
        "sku": offer.sku,
        **{name: forms.plain(getattr(offer, name) or None) for name in shown},
        "lead_time": forms.plain(offer.lead_time),
        "valid_from": offer.valid_from.isoformat() if offer.valid_from else "",
        "valid_until": offer.valid_until.isoformat() if offer.valid_until else "",
        "prices": [
            {"from_quantity": forms.plain(quantity), "unit_price": forms.plain(price)}
            for quantity, price in suppliers.prices_of(offer)
        ],
    }


def _edit_form(offer_id: int, values: dict[str, Any], errors: dict[str, str], wanted_rows: int = 0) -> str:
    offer = _get(offer_id)
    address = f"/items/{offer.item_id}"
    page = {
        "title": _("Offer by %(name)s", name=offer.supplier.name), "over": offer.item.sku,
        "back_href": address, "post": f"/offers/{offer_id}", "asks": "", "unit": offer.item.unit,
    }  # fmt: skip
    return _form(page, values, errors, wanted_rows)


def _new_form(
    page: dict[str, Any], values: dict[str, Any], errors: dict[str, str], wanted_rows: int = 0
) -> str:
    if page["asks"] == "supplier_id":
        rows = catalogue.suppliers(session(), "", "name", 0, listing.MOST_OPTIONS)[0]
        page = {
            **page,
            "suppliers": [("", _("Choose…")), *((each.supplier.id, each.supplier.name) for each in rows)],
        }
    return _form(page, values, errors, wanted_rows)


def _form(page: dict[str, Any], values: dict[str, Any], errors: dict[str, str], wanted_rows: int) -> str:
    rows = values.get("prices", [])
    shown = min(MAX_BREAKS, max(FEWEST_ROWS, len(rows) + SPARE_ROWS, wanted_rows))
    return render_template(
        "suppliers/offer.html",
        page=page,
        values={**values, **_row_values(rows)},
        rows=range(1, shown + 1),
        may_more=shown < MAX_BREAKS,
        errors=errors,
        currency=running().settings.currency,
    )


def _row_values(rows: list[dict[str, str]]) -> dict[str, str]:
    """The rows of prices as fields, counted from 1."""
    return {
        f"{name}_{place}": row.get(name, "")
        for place, row in enumerate(rows, 1)
        for name in forms.OfferForm.lists
    }
