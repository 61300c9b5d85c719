"""The order's PDF, as it is attached."""

from __future__ import annotations

from kanban import config, documents, languages
from kanban.config import Settings
from kanban.languages import gettext as _
from kanban.senders.purchase import Party, Purchase, PurchaseLine


def pdf(order: Purchase, settings: Settings) -> bytes:
    """The order on the paper that its supplier uses, in the language spoken."""
    return documents.order_pdf(
        _document(order, settings),
        templates=config.assets("templates"),
        fonts=config.assets("labels") / "fonts",
        paper=order.chosen.paper,
    )


def _document(order: Purchase, settings: Settings) -> documents.OrderDocument:
    total = order.total
    return documents.OrderDocument(
        number=order.number,
        released_on=languages.full_day(order.released_at.astimezone(settings.zone).date()),
        state=_("sent"),
        supplier=_lines(order.supplier),
        ship_to=_lines(order.ship_to),
        buyer=_lines(order.buyer),
        lines=[_line(line, order.currency) for line in order.lines],
        total=languages.money(total, order.currency) if total is not None else "",
        currency=order.currency,
        customer_number=order.customer_number,
        mark=_("TEST – not an order") if order.is_test else "",
    )


def _line(line: PurchaseLine, currency: str) -> documents.DocumentLine:
    in_packs = line.pack_size != 1
    return documents.DocumentLine(
        sku=line.sku,
        description=line.name,
        units=languages.number(line.quantity),
        unit=line.unit,
        supplier_sku=line.supplier_sku,
        packs=languages.number(line.packs) if in_packs else "",
        pack_size=f"{languages.number(line.pack_size)} {line.unit}" if in_packs else "",
        unit_price=languages.money(line.unit_price, currency) if line.unit_price is not None else "",
        total=languages.money(line.total, currency) if line.total is not None else "",
        wanted=languages.full_day(line.wanted) if line.wanted else "",
    )


def _lines(party: Party) -> list[str]:
    return [party.name, *party.lines]
