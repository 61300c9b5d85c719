"""A card and an answer as a program sees them: see docs/api.md."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import g, make_response
from werkzeug.wrappers import Response as AnyResponse

from kanban import scans
from kanban.web import scanner, security
from kanban.web.running import running
from kanban.web.verdict import card_view


def answer_facts(answer: scans.Answer) -> dict[str, Any]:
    """An answer as JSON."""
    return {
        "key": answer.key,
        "effect": answer.effect,
        "order": answer.order_id,
        "event": answer.event_id,
        "reason": answer.reason or None,
        "replayed": answer.replayed,
        "card": card_facts(answer.card) if answer.card else None,
        "verdict": scanner.told(answer),
    }


def looked(card: scans.Situation | None) -> AnyResponse:
    """A card for the scanner's look-up; a stranger is told no more than its page shows."""
    if card is None:
        unknown = scans.Answer("refused", None, 0, reason="unknown")
        return make_response({"card": None, "verdict": scanner.told(unknown)}, 404)
    if not security.who().role:
        return make_response({"card": card_view(card, stranger=True), "verdict": None})
    return make_response({"card": card_facts(card), "verdict": scanner.looked(card)})


def card_facts(card: scans.Situation) -> dict[str, Any]:
    """A card as a program sees it."""
    return {
        "code": card.code,
        "number": card.number,
        "of": card.of,
        "life": card.life,
        "supply": card.supply,
        "sku": card.sku,
        "item": card.item_name,
        "quantity": format(card.card_quantity.normalize(), "f"),
        "unit": card.unit,
        "location": card.location,
        "supplier": card.supplier,
        "order": card.order_id,
        "order_number": card.order_number,
        "due": None if card.supply == "full" else _due(card).isoformat(),
        "label": card.label_ended or "current",
    }


def _due(card: scans.Situation) -> date:
    return card.expected_day(g.at, running().settings.zone)
