"""What items, places, suppliers and the shop say: mostly what was changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kanban import languages
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports.words.told import Told, Words


def changed(told: Told) -> str:
    """What has changed; with its new value where everybody may know it and it says something."""
    said = [_change(name, value) for name, value in told.facts.items()]
    return _("changed %(what)s", what=languages.listing(said)) if said else _("changed")


def _change(name: str, value: Any) -> str:
    what = _(CHANGES[name]) if name in CHANGES else name
    return _("%(what)s to %(value)s", what=what, value=_value(value)) if name in SAID_WITH_VALUE else what


def _value(value: Any) -> str:
    if value in ("", None):
        return _("none")
    if isinstance(value, str) and not value.replace(".", "").isdigit():
        return _("“%(text)s”", text=value)
    return languages.number(Decimal(str(value)))


CHANGES = {
    "sku": mark("the SKU"),
    "name": mark("the name"),
    "unit": mark("the unit"),
    "unit_cost": mark("the unit cost"),
    "photo_id": mark("the photo"),
    "consequence": mark("what a stock-out means"),
    "note": mark("the note"),
    "path": mark("the place"),
    "address": mark("the address"),
    "kind": mark("the kind"),
    "email": mark("the e-mail address"),
    "phone": mark("the phone number"),
    "country": mark("the country"),
    "customer_number": mark("our customer number"),
    "lead_time": mark("the lead time"),
    "order_days": mark("the order days"),
    "order_until": mark("the hour to order until"),
    "minimum_order_value": mark("the minimum order value"),
    "pack_size": mark("the pack size"),
    "minimum_order_quantity": mark("the minimum order quantity"),
    "order_multiple": mark("the order multiple"),
    "valid_from": mark("the first day of validity"),
    "valid_until": mark("the last day of validity"),
    "rank": mark("the rank"),
    "prices": mark("the prices"),
    "card_quantity": mark("the card quantity"),
    "minimum_cycle": mark("the minimum cycle"),
    "safety_factor": mark("the safety factor"),
    "review_period": mark("the review period"),
    "owner": mark("the owner"),
    "colour": mark("the colour"),
    "item_id": mark("the item"),
    "location_id": mark("the place"),
    "supplier_item_id": mark("the source"),
}
"""The facts that change, as they are called on the screens."""

SAID_WITH_VALUE = frozenset(
    {
        "sku", "name", "unit", "consequence", "path", "kind", "lead_time", "order_until", "pack_size",
        "minimum_order_quantity", "order_multiple", "valid_from", "valid_until", "rank", "card_quantity",
        "owner",
    }
)  # fmt: skip

WORDS: Words = {
    ("rule_changed", "supplier"): mark("other rule for when its orders leave"),
    ("added", "item"): mark("added"),
    ("changed", "item"): changed,
    ("added", "supplier"): mark("added"),
    ("changed", "supplier"): changed,
    ("placed", "supplier"): mark("has its place in the house now"),
    ("added", "supplier_item"): mark("added"),
    ("changed", "supplier_item"): changed,
    ("channel_chosen", "supplier"): mark("gets its orders another way now"),
    ("secret_rotated", "supplier"): mark("has a new secret for signed messages"),
    ("imported", "sheet"): mark("a sheet was imported"),
    ("restored", "shop"): mark("restored from a backup"),
    ("letterhead", "shop"): mark("other words on documents"),
    ("logo", "shop"): mark("another logo on documents"),
    ("changed", "shop"): mark("the shop’s name or address was changed"),
    ("changed", "calendar"): mark("calendar changed"),
    ("added", "closure"): mark("closed for some days"),
    ("removed", "closure"): mark("closure taken back"),
    ("added", "photo"): mark("added"),
    ("added", "printer"): mark("added"),
    ("changed", "printer"): changed,
    ("calibrated", "printer"): mark("calibrated"),
    ("retired", "printer"): mark("taken off the list"),
    ("added", "stock"): mark("added"),
    ("removed", "stock"): mark("taken away"),
    ("added", "location"): mark("added"),
    ("changed", "location"): changed,
    ("audited", "location"): mark("shelf audited"),
}
