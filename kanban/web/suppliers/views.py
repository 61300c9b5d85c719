"""How suppliers and their offers look on the screens of the master data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kanban.suppliers import WEEKDAYS, Supplier, SupplierItem
from kanban.web import formats

DAYS = dict(
    zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True)
)


def habits(supplier: Supplier) -> str:
    """When a supplier takes orders: ``Monday and Thursday, until 14:30``."""
    days = [DAYS[day] for day in supplier.order_days.split(",") if day]
    said = " and ".join(filter(None, [", ".join(days[:-1]), days[-1]])) if days else "Every working day"
    return f"{said}, until {supplier.order_until}" if supplier.order_until else said


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
    asked = [("at least", offer.minimum_order_quantity), ("in steps of", offer.order_multiple)]
    return [f"{words} {formats.units(value, unit)}" for words, value in asked if value]


def _from(quantity: Decimal, unit: str) -> str:
    return f"from {formats.units(quantity, unit)}" if quantity > 1 else ""


def _validity(offer: SupplierItem) -> str:
    said = [("from", offer.valid_from), ("until", offer.valid_until)]
    return " ".join(f"{word} {formats.day(day)} {day.year}" for word, day in said if day)
