"""How suppliers and their offers look on the screens of the master data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import abort

from kanban import languages
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.suppliers import WEEKDAYS, Supplier, SupplierItem
from kanban.web import formats
from kanban.web.reading import session

DAYS = dict(
    zip(
        WEEKDAYS,
        (
            mark("Monday"),
            mark("Tuesday"),
            mark("Wednesday"),
            mark("Thursday"),
            mark("Friday"),
            mark("Saturday"),
            mark("Sunday"),
        ),
        strict=True,
    )
)


def found(supplier_id: int) -> Supplier:
    """The supplier with this id, or 404."""
    supplier = session().get(Supplier, supplier_id)
    if supplier is None:
        abort(404)
    return supplier


def habits(supplier: Supplier) -> str:
    """When a supplier takes orders: ``Monday and Thursday, until 14:30``."""
    days = [_(DAYS[day]) for day in supplier.order_days.split(",") if day]
    said = languages.listing(days) if days else _("Every working day")
    if not supplier.order_until:
        return said
    return _("%(days)s, until %(hour)s", days=said, hour=supplier.order_until)


def offer_view(offer: SupplierItem, *, prices: bool) -> dict[str, Any]:
    """An offer as the item's and the supplier's page show it; ``prices`` for those who may see them."""
    unit = offer.item.unit
    breaks = [(each.from_quantity, each.unit_price) for each in offer.price_breaks] if prices else []
    return {
        "edit_href": f"/offers/{offer.id}/edit",
        "item_href": f"/items/{offer.item_id}",
        "item_sku": offer.item.sku,
        "item_name": offer.item.name,
        "supplier_href": f"/suppliers/{offer.supplier_id}",
        "supplier": offer.supplier.name,
        "sku": offer.sku,
        "rank": offer.rank,
        "pack": formats.units(offer.pack_size, unit) if offer.pack_size != 1 else "",
        "terms": _terms(offer, unit),
        "lead_time": offer.supplier.lead_time if offer.lead_time is None else offer.lead_time,
        "validity": _validity(offer),
        "prices": [{"from": _from(quantity, unit), "price": price} for quantity, price in breaks],
    }


def _terms(offer: SupplierItem, unit: str) -> list[str]:
    asked = [
        (mark("at least %(units)s"), offer.minimum_order_quantity),
        (mark("in steps of %(units)s"), offer.order_multiple),
    ]
    return [_(words, units=formats.units(value, unit)) for words, value in asked if value]


def _from(quantity: Decimal, unit: str) -> str:
    return _("from %(units)s", units=formats.units(quantity, unit)) if quantity > 1 else ""


def _validity(offer: SupplierItem) -> str:
    said = [(mark("from %(day)s"), offer.valid_from), (mark("until %(day)s"), offer.valid_until)]
    return " ".join(_(words, day=languages.full_day(day)) for words, day in said if day)
