"""How loops and cards look on the screens of the master data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.loops import LIFE_WORDS, NEXT_LIVES, Card
from kanban.reports.bins import SUPPLY_WORDS, CardRow
from kanban.reports.catalogue import LoopRow
from kanban.web import formats

MOST_LOOPS = 200  # shown on the page of an item or a place

KIND_WORDS = {"purchase": mark("Purchase"), "production": mark("Production"), "transfer": mark("Transfer")}
STEPS = (
    ("on_hold", mark("Put on hold"), "hold"),
    ("active", mark("Back in service"), "active"),
    ("surplus", mark("Leaves when empty"), "minus"),
)


def loop_view(row: LoopRow) -> dict[str, Any]:
    """A loop in a list."""
    loop = row.loop
    return {
        "id": loop.id,
        "href": f"/loops/{loop.id}",
        "sku": loop.item.sku,
        "item_name": loop.item.name,
        "location": loop.location.path,
        "supplier": loop.supplier_item.supplier.name,
        "kind": _(KIND_WORDS[loop.kind]),
        "quantity_text": formats.units(loop.card_quantity, loop.item.unit),
        "colour": loop.colour,
        "closed": loop.closed_at is not None,
        "cards_count": row.bins.total,
        "supply": row.bins.supply,
        "supply_word": row.bins.words,
    }


def card_view(row: CardRow, of: int, *, may_change: bool) -> dict[str, Any]:
    """A card with where it stands, and what may be done with it."""
    card = row.card
    return {
        "id": card.id,
        "href": f"/cards/{card.code}",
        "code": card.code,
        "number": card.number,
        "of": of,
        "supply": row.supply,
        "supply_word": _(SUPPLY_WORDS[row.supply]),
        "life": card.life,
        "life_word": _(LIFE_WORDS[card.life]),
        "order_href": f"/orders/{row.order_id}" if row.order_id else "",
        "order": row.order_number or _("draft order"),
        "due": row.due,
        "since": row.signalled_at,
        "print": print_note(card),
        "actions": _actions(card) if may_change else [],
    }


def print_note(card: Card) -> str:
    """What its paper needs, if anything."""
    if card.print_version == 0:
        return _("Not printed yet")
    return _("To be printed again") if card.reprint_requested else ""


def hours(minutes: int) -> Decimal:
    """A minimum cycle as people say it, to two decimals."""
    return round(Decimal(minutes) / 60, 2)


def _actions(card: Card) -> list[dict[str, Any]]:
    address = f"/cards/{card.id}"
    steps = [
        {
            "label": _("Put into service") if card.life == "new" else _(label),
            "mark": icon,
            "post": f"{address}/life",
            "fields": {"life": life},
        }
        for life, label, icon in STEPS
        if life in NEXT_LIVES[card.life]
    ]
    lost = {
        "label": _("Lost: make a new one"), "mark": "new", "post": f"{address}/replacement",
        "fields": {"because": "lost", "then": "print"}, "style": "danger",
    }  # fmt: skip
    again = {"label": _("Print again"), "mark": "print", "post": f"{address}/reprint", "fields": {}}
    printed = card.print_version > 0 and not card.reprint_requested
    return [*steps, *([again] if printed else []), lost]
