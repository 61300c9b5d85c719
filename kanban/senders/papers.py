"""The order's PDF, as it is attached."""

from __future__ import annotations

from kanban import config, documents, languages
from kanban.config import Settings
from kanban.languages import gettext as _
from kanban.senders.purchase import Party, Purchase, PurchaseLine


def pdf(order: Purchase, settings: Settings, paper: str = "") -> bytes:
    """The order on the paper that its supplier uses, or another one, in the language spoken."""
    return documents.order_pdf(
        document(order, settings),
        templates=config.assets("templates"),
        fonts=config.assets("labels") / "fonts",
        paper=paper or order.chosen.paper,
    )


def document(order: Purchase, settings: Settings) -> documents.OrderDocument:
    """The order in finished text, in the language spoken."""
    total, head = order.total, order.letterhead
    return documents.OrderDocument(
        number=order.number,
        released_on=languages.full_day(order.released_at.astimezone(settings.zone).date()),
        supplier=_lines(order.supplier),
        ship_to=_lines(order.ship_to),
        buyer=_lines(order.buyer),
        lines=[_line(line, order.currency) for line in order.lines],
        total=languages.money(total, order.currency) if total is not None else "",
        currency=order.currency,
        customer_number=order.customer_number,
        mark=_mark(order),
        bill_to=head.bill_to.splitlines(),
        vat_id=head.vat_id,
        contact=(order.released_by, *head.contact.splitlines())
        if order.released_by
        else head.contact.splitlines(),
        tax_note=head.tax_note or _("All prices without value added tax."),
        terms=head.terms,
        logo=order.logo,
    )


def _mark(order: Purchase) -> str:
    if order.is_test:
        return _("TEST – not an order")
    return "" if order.number else _("DRAFT – not an order")


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
