"""The words for each kind of event. They tell no amounts of money: everybody may read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Told:
    """An event's facts, and the names that are known of what it speaks about."""

    facts: Mapping[str, Any]
    supplier: str
    order: str
    unit: str

    def units(self, name: str) -> str:
        """A quantity of the facts with its unit: ``1,250 pcs``."""
        return f"{Decimal(str(self.facts.get(name, 0))):,} {self.unit or 'units'}"

    def to_supplier(self, word: str) -> str:
        """``to Nordbolt``; empty where the supplier is not known."""
        return f" {word} {self.supplier}" if self.supplier else ""


def tell_kind(
    kind: str, noun: str, facts: Mapping[str, Any], *, supplier: str = "", order: str = "", unit: str = ""
) -> str:
    """What an event of this kind says, without its subject; a kind without words of its own is named."""
    words = WORDS.get((kind, noun), f"{noun} {kind}".replace("_", " "))
    return words if isinstance(words, str) else words(Told(facts, supplier, order, unit))


def _signalled(told: Told) -> str:
    again = "signalled again after a cancellation" if told.facts.get("because") else "signalled"
    now = f", now {told.order}" if told.order else ""
    return f"{again}, joined the draft{told.to_supplier('for')}{now}"


def _received(told: Told) -> str:
    over = Decimal(str(told.facts.get("over", 0)))
    beyond = f", {told.units('over')} more than ordered" if over else ""
    return f"received {told.units('quantity')}{beyond}"


def _refused(told: Told) -> str:
    return f"scan refused: {REFUSED.get(told.facts.get('reason', ''), 'not possible')}"


def _nothing(told: Told) -> str:
    reasons = {"other_order": "it named another order", "not_on_order": "nothing was on order"}
    return f"not received: {reasons.get(told.facts.get('reason', ''), 'nothing was on order')}"


def _released(told: Told) -> str:
    lines = len(told.facts.get("lines", {}))
    return f"sent{told.to_supplier('to')} with {lines} {'line' if lines == 1 else 'lines'}"


def _confirmed(told: Told) -> str:
    days = sorted(set(told.facts.get("due", {}).values()))
    due = f", due {_day(days[0])}" if days else ""
    return f"confirmed{told.to_supplier('by')}{due}" + (f" to {_day(days[-1])}" if len(days) > 1 else "")


def _cancelled(told: Told) -> str:
    back = "its cards wait in the next draft" if told.facts.get("give_back") else "nothing is ordered instead"
    return f"cancelled; {back}"


def _line_cancelled(told: Told) -> str:
    return f"line {_cancelled(told)}"


def _made(told: Told) -> str:
    return "made, in place of one that is gone" if told.facts.get("replaces") else "made"


def _retired(told: Told) -> str:
    return RETIRED.get(told.facts.get("because", ""), "retired")


def _changed(told: Told) -> str:
    """What has changed; with its new value where everybody may know it and it says something."""
    said = [
        f"{CHANGES[name]} to {_value(value)}" if name in SAID_WITH_VALUE else CHANGES.get(name, name)
        for name, value in told.facts.items()
    ]
    if len(said) > 1:
        said = [", ".join(said[:-1]) + " and " + said[-1]]
    return f"changed {said[0]}" if said else "changed"


def _value(value: Any) -> str:
    if value in ("", None):
        return "none"
    return f"“{value}”" if isinstance(value, str) and not value.replace(".", "").isdigit() else str(value)


def _person_changed(told: Told) -> str:
    return f"is {told.facts.get('role')} now" if told.facts.get("active") else "may not sign in any more"


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%b %Y}"


REFUSED = {
    "not_a_code": "not a code of a card",
    "unknown": "no card has this code",
    "stranger": "nobody was signed in",
    "on_hold": "the card is on hold",
    "lost": "the card was reported lost",
    "replaced": "a new card has replaced this one",
    "loop_closed": "the loop is closed",
    "surplus": "the card was surplus and has left the loop",
    "retired": "the card is retired",
}

RETIRED = {
    "lost": "reported lost",
    "replaced": "replaced by a new card",
    "loop_closed": "retired with its loop",
    "surplus": "retired: it was surplus",
}

CHANGES = {
    "sku": "the SKU",
    "name": "the name",
    "unit": "the unit",
    "unit_cost": "the unit cost",
    "photo_id": "the photo",
    "consequence": "what a stock-out means",
    "note": "the note",
    "path": "the place",
    "address": "the address",
    "kind": "the kind",
    "email": "the e-mail address",
    "phone": "the phone number",
    "country": "the country",
    "customer_number": "our customer number",
    "lead_time": "the lead time",
    "order_days": "the order days",
    "order_until": "the hour to order until",
    "minimum_order_value": "the minimum order value",
    "pack_size": "the pack size",
    "minimum_order_quantity": "the minimum order quantity",
    "order_multiple": "the order multiple",
    "valid_from": "the first day of validity",
    "valid_until": "the last day of validity",
    "rank": "the rank",
    "prices": "the prices",
    "card_quantity": "the card quantity",
    "minimum_cycle": "the minimum cycle",
    "safety_factor": "the safety factor",
    "review_period": "the review period",
    "owner": "the owner",
    "colour": "the colour",
    "item_id": "the item",
    "location_id": "the place",
    "supplier_item_id": "the source",
}
"""The facts that change, as they are called on the screens."""

SAID_WITH_VALUE = frozenset(
    {
        "sku", "name", "unit", "consequence", "path", "kind", "lead_time", "order_until", "pack_size",
        "minimum_order_quantity", "order_multiple", "valid_from", "valid_until", "rank", "card_quantity",
        "owner",
    }
)  # fmt: skip

WORDS: dict[tuple[str, str], str | Callable[[Told], str]] = {
    ("signalled", "scan"): _signalled,
    ("already", "scan"): "scanned again; it was on order already",
    ("asked", "scan"): "scanned again so soon that we asked back",
    ("received", "scan"): _received,
    ("in_service", "scan"): "scanned for the first time",
    ("stale", "scan"): "an old scan came late; nothing was ordered",
    ("nothing", "scan"): _nothing,
    ("refused", "scan"): _refused,
    ("received", "replenishment"): "full again",
    ("short", "replenishment"): "full again, although less came than ordered",
    ("withdrawn", "replenishment"): "signal taken back",
    ("moved", "replenishment"): "the open order goes on with the new card",
    ("cancelled", "replenishment"): "its order was cancelled",
    ("elsewhere", "replenishment"): "full again, bought elsewhere",
    ("urgent", "replenishment"): "marked urgent",
    ("extra", "order_line"): lambda told: f"{told.units('quantity')} more wanted beside the cards",
    ("cancelled", "order_line"): _line_cancelled,
    ("closed_short", "order_line"): lambda told: f"line closed with {told.units('missing')} missing",
    ("released", "order"): _released,
    ("confirmed", "order"): _confirmed,
    ("shipped", "order"): "on its way",
    ("cancelled", "order"): _cancelled,
    ("received", "receipt"): _received,
    ("added", "card"): _made,
    ("active", "card"): "in service",
    ("on_hold", "card"): "put on hold",
    ("surplus", "card"): "marked surplus: leaves when its bin is empty",
    ("retired", "card"): _retired,
    ("printed", "card"): lambda told: f"printed, version {told.facts.get('version')}",
    ("reprint_requested", "card"): "put on the list to print again",
    ("added", "loop"): "set up",
    ("changed", "loop"): _changed,
    ("closed", "loop"): "closed",
    ("added", "item"): "added",
    ("changed", "item"): _changed,
    ("added", "photo"): "added",
    ("added", "location"): "added",
    ("changed", "location"): _changed,
    ("added", "supplier"): "added",
    ("changed", "supplier"): _changed,
    ("added", "supplier_item"): "added",
    ("changed", "supplier_item"): _changed,
    ("channel_chosen", "supplier"): "gets its orders another way now",
    ("secret_rotated", "supplier"): "has a new secret for signed messages",
    ("queued", "delivery"): "waits to leave",
    ("held", "delivery"): "is held until somebody lets it go",
    ("let_go", "delivery"): "let go",
    ("delivered", "delivery"): "delivered",
    ("handed_over", "delivery"): "handed over by a person",
    ("dead", "delivery"): "could not be delivered",
    ("bounced", "delivery"): "came back undelivered",
    ("tried_again", "delivery"): "tried again",
    ("cancelled", "delivery"): "called back before it left",
    ("changed", "brakes"): "the brakes were changed",
    ("paused", "brakes"): "everything that leaves was paused",
    ("went_on", "brakes"): "everything may leave again",
    ("imported", "sheet"): "a sheet was imported",
    ("restored", "shop"): "restored from a backup",
    ("changed", "shop"): "the shop’s name or address was changed",
    ("added", "person"): lambda told: f"added as {told.facts.get('role')}",
    ("changed", "person"): _person_changed,
    ("renamed", "person"): "renamed",
    ("password_set", "person"): "has a new password",
    ("signed_in", "person"): "signed in",
    ("signed_out", "person"): "signed out",
    ("added", "device"): lambda told: f"added as {told.facts.get('role')}",
    ("revoked", "device"): "may not act any more",
}
