"""The order as CSV: the usual columns, or those that a supplier's template names."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal

from kanban.languages import Sentence, sentence
from kanban.senders.purchase import Purchase, PurchaseLine
from kanban.text import to_cell

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}


class BadTemplate(ValueError):
    """The template cannot be followed; says which line and why."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(why)
        self.why = why


def written(order: Purchase, template: str = "") -> bytes:
    """UTF-8 with a byte order mark (so that every spreadsheet program reads it) and CRLF."""
    columns, separator, decimal = read(template)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerow([to_cell(heading) for heading, _field in columns])
    for line in order.lines:
        cells = [FIELDS[field](order, line) for _heading, field in columns]
        writer.writerow([_cell(value, decimal) for value in cells])
    return out.getvalue().encode("utf-8-sig")


def read(template: str) -> tuple[list[tuple[str, str]], str, str]:
    """Columns as (heading, field), the separator, and the decimal mark. Raises :class:`BadTemplate`.

    One line per column, ``Heading = field``; ``separator = semicolon`` and ``decimal = comma`` as well.
    """
    columns: list[tuple[str, str]] = []
    separator, decimal = ",", "."
    for number, row in enumerate(template.splitlines(), start=1):
        if not row.strip():
            continue
        heading, equals, field = (part.strip() for part in row.rpartition("="))
        if heading == "separator" and field in SEPARATORS:
            separator = SEPARATORS[field]
        elif heading == "decimal" and field in ("comma", "point"):
            decimal = "," if field == "comma" else "."
        elif equals and heading and field in FIELDS:
            columns.append((heading, field))
        else:
            known = ", ".join(FIELDS)
            raise BadTemplate(
                sentence(
                    "line %(number)s is not “Heading = field” with one of %(known)s",
                    number=number,
                    known=known,
                )
            )
    return columns or [(name, name) for name in FIELDS], separator, decimal


def _cell(value: object, decimal: str) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f").replace(".", decimal)
    return to_cell("" if value is None else str(value))


FIELDS: dict[str, Callable[[Purchase, PurchaseLine], object]] = {
    "order": lambda order, line: order.number,
    "date": lambda order, line: order.released_at.date().isoformat(),
    "customer_number": lambda order, line: order.customer_number,
    "line": lambda order, line: line.number,
    "supplier_sku": lambda order, line: line.supplier_sku,
    "our_sku": lambda order, line: line.sku,
    "description": lambda order, line: line.name,
    "quantity": lambda order, line: line.quantity,
    "unit": lambda order, line: line.unit,
    "packs": lambda order, line: line.packs,
    "pack_size": lambda order, line: line.pack_size,
    "unit_price": lambda order, line: line.unit_price,
    "total": lambda order, line: line.total,
    "currency": lambda order, line: order.currency,
    "wanted": lambda order, line: line.wanted.isoformat() if line.wanted else "",
    "ship_to": lambda order, line: ", ".join((order.ship_to.name, *order.ship_to.lines)),
}
"""What a column may hold, by the name that templates use."""
