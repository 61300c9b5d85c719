"""What the dock asks: what is expected, what a supplier still owes, what a delivery note brought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from kanban import orders
from kanban.items import Item
from kanban.journal import Event
from kanban.orders import Order, OrderLine
from kanban.people import Device, Person
from kanban.receipts import DeliveryNote, Quarantine, Receipt, Return
from kanban.reports.search import words
from kanban.suppliers import Supplier, SupplierItem

MOST_EXPECTED = 400
MOST_LINES = 200
RECENT = 8

_DUE = func.coalesce(OrderLine.confirmed_due, OrderLine.due)
_COMING = (OrderLine.closed_at.is_(None), Order.state.in_(orders.OPEN_STATES))


@dataclass(frozen=True, slots=True)
class Expected:
    """An order of which goods are to come; ``due`` is the first day on which any of it is."""

    order_id: int
    number: str | None
    state: str
    supplier_id: int
    supplier: str
    due: date | None
    lines: int
    first_item: str | None


@dataclass(frozen=True, slots=True)
class Coming:
    """A line that a supplier still owes; quantities in units."""

    id: int
    order_id: int
    order_number: str
    sku: str
    supplier_sku: str
    name: str
    unit: str
    pack_size: Decimal
    ordered: Decimal
    pending: Decimal
    due: date | None
    photo_id: int | None


@dataclass(frozen=True, slots=True)
class Taken:
    """One receipt with its corrections: ``first`` was counted, ``now`` is what stands."""

    receipt: Receipt
    now: Decimal
    corrections: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class Brought:
    """All that came with one delivery note."""

    note: DeliveryNote
    by: str
    taken: list[Taken]
    apart: list[Quarantine]
    returns: list[Return]


def expected(session: Session, search: str = "") -> list[Expected]:
    """Orders to firms of which goods are to come, the first due in front; two statements."""
    query = (
        select(
            Order.id, Order.number, Order.state, Supplier.id, Supplier.name,
            func.min(_DUE), func.count(OrderLine.id), func.min(OrderLine.name),
        )
        .join(Order.lines)
        .join(Order.supplier)
        .where(*_COMING, Supplier.kind == "external")
        .group_by(Order.id, Supplier.id)
        .order_by(func.min(_DUE), Order.id)
        .limit(MOST_EXPECTED)
    )  # fmt: skip
    for condition in _found_by(search):
        query = query.where(condition)
    return [Expected(*row) for row in session.execute(query)]


def coming(session: Session, supplier_id: int, order_id: int = 0) -> list[Coming]:
    """What a supplier still owes, of all its orders or of one, the first due in front."""
    query = (
        select(OrderLine, Order.number, Item.photo_id)
        .join(OrderLine.order)
        .join(SupplierItem, SupplierItem.id == OrderLine.supplier_item_id)
        .join(Item, Item.id == SupplierItem.item_id)
        .where(*_COMING, Order.supplier_id == supplier_id)
        .order_by(_DUE, Order.id, OrderLine.id)
        .limit(MOST_LINES)
    )
    if order_id:
        query = query.where(Order.id == order_id)
    return [_coming(*row) for row in session.execute(query)]


def recent(session: Session) -> list[tuple[DeliveryNote, int]]:
    """The last delivery notes, newest first, with how many receipts each has."""
    count = select(func.count()).where(Receipt.delivery_note_id == DeliveryNote.id).scalar_subquery()
    query = select(DeliveryNote, count).options(joinedload(DeliveryNote.supplier))
    rows = session.execute(query.order_by(DeliveryNote.id.desc()).limit(RECENT))
    return [(note, receipts) for note, receipts in rows]


def notes(session: Session, search: str) -> list[tuple[DeliveryNote, int]]:
    """Delivery notes whose number or supplier holds the words."""
    count = select(func.count()).where(Receipt.delivery_note_id == DeliveryNote.id).scalar_subquery()
    query = select(DeliveryNote, count).join(DeliveryNote.supplier).options(joinedload(DeliveryNote.supplier))
    for word in words(search):
        query = query.where(or_(word.in_key(DeliveryNote.number_key), word.in_key(Supplier.name_key)))
    rows = session.execute(query.order_by(DeliveryNote.id.desc()).limit(RECENT))
    return [(note, receipts) for note, receipts in rows]


def brought(session: Session, note_id: int) -> Brought | None:
    """A delivery note with all that came with it; a fixed number of statements."""
    note = session.get(DeliveryNote, note_id, options=[joinedload(DeliveryNote.supplier)])
    if note is None:
        return None
    line_ids = select(Receipt.order_line_id).where(Receipt.delivery_note_id == note_id)
    apart = list(session.scalars(_apart().where(Quarantine.delivery_note_id == note_id)))
    ids = [each.id for each in apart]
    sent = _sent().where(or_(Return.quarantine_id.in_(ids), _of_goods_in_use(line_ids)))
    return Brought(
        note, _who_took_in(session, note_id), _taken(session, note_id), apart, list(session.scalars(sent))
    )


def apart(session: Session) -> list[Quarantine]:
    """All goods that were set apart and wait for a decision, the oldest first."""
    return list(session.scalars(_apart().where(Quarantine.closed_at.is_(None)).limit(MOST_LINES)))


def returns(session: Session, *, settled: bool) -> list[Return]:
    """What went back: still open, the oldest first; or settled, the newest first."""
    query = _sent().where(Return.settled_at.is_not(None) if settled else Return.settled_at.is_(None))
    order = Return.id.desc() if settled else Return.id.asc()
    return list(session.scalars(query.order_by(None).order_by(order).limit(MOST_LINES)))


def undecided(session: Session) -> tuple[int, int]:
    """How many goods wait apart, and how many returns are open."""
    kept = select(func.count()).select_from(Quarantine).where(Quarantine.closed_at.is_(None))
    sent = select(func.count()).select_from(Return).where(Return.settled_at.is_(None))
    row = session.execute(select(kept.scalar_subquery(), sent.scalar_subquery())).one()
    return row[0], row[1]


def _found_by(search: str) -> list[ColumnElement[bool]]:
    """Each word stands in the supplier's name, the order's number, or what one of its lines says."""
    found: list[ColumnElement[bool]] = []
    for word in words(search):
        said = (OrderLine.sku, OrderLine.supplier_sku, OrderLine.name)
        on_line = select(OrderLine.order_id).where(or_(*(word.in_text(each) for each in said)))
        found.append(
            or_(
                word.in_key(Supplier.name_key),
                word.in_text(Order.number),
                Order.id.in_(on_line.correlate(None)),
            )
        )
    return found


def _coming(line: OrderLine, number: str | None, photo_id: int | None) -> Coming:
    return Coming(
        id=line.id,
        order_id=line.order_id,
        order_number=number or "",
        sku=line.sku or "",
        supplier_sku=line.supplier_sku or "",
        name=line.name or "",
        unit=line.unit or "",
        pack_size=line.pack_size or Decimal(1),
        ordered=line.quantity or Decimal(0),
        pending=line.pending,
        due=line.confirmed_due or line.due,
        photo_id=photo_id,
    )


def _taken(session: Session, note_id: int) -> list[Taken]:
    query = select(Receipt).where(Receipt.delivery_note_id == note_id).order_by(Receipt.id)
    line = joinedload(Receipt.order_line).joinedload(OrderLine.order)
    found = session.scalars(query.options(line.joinedload(Order.supplier))).all()
    entries: dict[int, list[Receipt]] = defaultdict(list)
    for each in found:
        if each.counters_id is not None:
            entries[each.counters_id].append(each)
    return [_with_corrections(each, entries[each.id]) for each in found if each.counters_id is None]


def _with_corrections(receipt: Receipt, entries: Sequence[Receipt]) -> Taken:
    now = sum((each.quantity for each in entries), receipt.quantity)
    return Taken(receipt, now, tuple(entries))


def _apart() -> Select[Any]:
    line = joinedload(Quarantine.order_line).joinedload(OrderLine.order).joinedload(Order.supplier)
    return select(Quarantine).options(line).order_by(Quarantine.id)


def _sent() -> Select[Any]:
    line = joinedload(Return.order_line).joinedload(OrderLine.order).joinedload(Order.supplier)
    return select(Return).options(line).order_by(Return.id)


def _of_goods_in_use(line_ids: Select[Any]) -> ColumnElement[bool]:
    return Return.quarantine_id.is_(None) & Return.order_line_id.in_(line_ids)


def _who_took_in(session: Session, note_id: int) -> str:
    """Who entered a delivery note first."""
    query = (
        select(func.coalesce(Person.name, Device.name, ""))
        .select_from(Event)
        .outerjoin(Person, Person.id == Event.person_id)
        .outerjoin(Device, Device.id == Event.device_id)
        .where(Event.noun == "delivery_note", Event.noun_id == note_id)
        .order_by(Event.id)
    )
    return session.scalars(query.limit(1)).first() or ""
