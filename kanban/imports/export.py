"""The flat sheet out: what the shop holds, in the form in which the import reads it again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from openpyxl import Workbook
from sqlalchemy import and_, select
from sqlalchemy.orm import Session, selectinload

from kanban.imports.cells import written
from kanban.imports.columns import COLUMNS
from kanban.imports.stock import Cards, cards_of
from kanban.imports.wanted import ITEM, LOOP, OFFER, SUPPLIER, cell_of, facts_of
from kanban.items import PATH_SEPARATOR, Item, Location
from kanban.languages import gettext as _
from kanban.loops import Loop
from kanban.suppliers import Supplier, SupplierItem
from kanban.text import to_cell

Cell = str | int | Decimal

TITLES = {column.name: column.titles[0] for column in COLUMNS}
EXAMPLE: tuple[dict[str, Cell], ...] = (
    {
        "sku": "M8-30", "name": "Hexagon screw M8 × 30", "unit": "pcs", "supplier": "Bolts & Co",
        "supplier_email": "orders@bolts.example", "supplier_sku": "933-8-30", "pack_size": 100,
        "price": "1:0.12; 1000:0.09", "lead_time": 5, "location": "Hall 1 › Rack A › 3", "cards": 2,
        "card_quantity": 500,
    },
    {
        "sku": "GLV-9", "name": "Gloves, size 9", "unit": "pair", "supplier": "Main store",
        "supplier_kind": "internal", "lead_time": 1, "location": "Hall 1 › Rack A › 4", "cards": 3,
        "card_quantity": 24,
    },
)  # fmt: skip
"""Two loops that show how a sheet is filled in."""


def template() -> Iterator[list[Cell]]:
    """Headings and two rows as an example."""
    names = [name for name in TITLES if any(name in row for row in EXAMPLE)]
    yield [_(TITLES[name]) for name in names]
    for row in EXAMPLE:
        yield [row.get(name, "") for name in names]


def everything(session: Session, currency: str) -> Iterator[list[Cell]]:
    """Headings, then a row for each open loop, each offer without one, and each item without offer."""
    yield [_(title) for title in TITLES.values()]
    query = (
        select(Item, SupplierItem, Supplier, Loop, Location)
        .outerjoin(SupplierItem, SupplierItem.item_id == Item.id)
        .outerjoin(Supplier, Supplier.id == SupplierItem.supplier_id)
        .outerjoin(Loop, and_(Loop.supplier_item_id == SupplierItem.id, Loop.closed_at.is_(None)))
        .outerjoin(Location, Location.id == Loop.location_id)
        .options(selectinload(SupplierItem.price_breaks))
        .order_by(Item.sku_key, SupplierItem.rank, SupplierItem.id, Loop.id)
    )
    found = session.execute(query).all()
    cards = dict(cards_of(session, [loop.id for *_, loop, _ in found if loop]))
    for item, offer, supplier, loop, place in found:
        row = _told(item, {"sku": "sku", **ITEM}) | _told(supplier, {"name": "supplier", **SUPPLIER})
        row |= _told(offer, OFFER) | _told(loop, LOOP)
        row["currency"] = currency
        if loop:
            row["location"] = _path(place.path)
            row["cards"] = cards.get(loop.id, Cards()).staying or ""
        yield [row.get(name, "") for name in TITLES]


def as_csv(table: Iterable[list[Cell]]) -> bytes:
    """The table as CSV in UTF-8, such that no spreadsheet finds a formula in it."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for cells in table:
        writer.writerow([to_cell(cell) if isinstance(cell, str) else written(cell) for cell in cells])
    return file.getvalue().encode("utf-8-sig")


def as_workbook(table: Iterable[list[Cell]]) -> bytes:
    """The table as .xlsx: numbers as numbers, and every text as a text."""
    book = Workbook(write_only=True)
    page = book.create_sheet("Loops")
    page.freeze_panes = "A2"
    for cells in table:
        page.append([to_cell(cell) if isinstance(cell, str) else cell for cell in cells])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _path(path: str) -> str:
    """The place's path; behind a site whose name holds another separator stands one of ours."""
    lone = PATH_SEPARATOR not in path and any(sign in path for sign in ">/")
    return f"{path}{PATH_SEPARATOR.rstrip()}" if lone else path


def _told(thing: Item | Supplier | SupplierItem | Loop | None, columns: Mapping[str, str]) -> dict[str, Cell]:
    """The cells that tell of one thing."""
    if thing is None:
        return {}
    facts = vars(facts_of(thing))
    return {column: cell_of(column, facts[name]) for name, column in columns.items()}
