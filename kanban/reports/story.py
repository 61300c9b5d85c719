"""The journal in plain words: what happened to a thing, newest first, with the names of who did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, case, func, select, union_all
from sqlalchemy.orm import Session, aliased

from kanban.items import Item
from kanban.journal import Event
from kanban.languages import gettext as _
from kanban.loops import Card, Loop
from kanban.orders import Order, OrderLine, Replenishment
from kanban.people import Device, Person
from kanban.receipts import Receipt
from kanban.reports.words import tell_kind
from kanban.suppliers import Supplier, SupplierItem

LATEST = 100

Named: TypeAlias = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event with the names that its ids stand for. Times UTC; ``by`` is a person or a device."""

    id: int
    at: datetime
    occurred_at: datetime
    kind: str
    noun: str
    noun_id: int | None
    card_id: int | None
    order_id: int | None
    via: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    supplier: str = ""
    order_number: str = ""
    sku: str = ""
    unit: str = ""
    card_number: int | None = None
    loop_id: int | None = None
    code: str = ""
    subject: str = ""

    @property
    def text(self) -> str:
        """The whole sentence: what it happened to, where that is not plain from the page, and what."""
        told = tell(self)
        return (
            _("%(subject)s: %(told)s", subject=self.subject, told=told)
            if self.subject
            else told[:1].upper() + told[1:]
        )


def tell(event: Entry | Event) -> str:
    """What happened, in plain words, without its subject and without money (viewers read it too).

    A bare :class:`Event` does; an :class:`Entry` knows the names and tells more.
    """
    names = event if isinstance(event, Entry) else None
    return tell_kind(
        event.kind,
        event.noun,
        event.facts,
        supplier=names.supplier if names else "",
        order=names.order_number if names else "",
        unit=names.unit if names else "",
    )


def entries(session: Session, query: Named) -> list[Entry]:
    """The events of ``query`` (built on :func:`named_events`) as entries: one statement."""
    return [_entry(*row) for row in session.execute(query)]


def named_events() -> Named:
    """Events with the names that belong to them, newest first; add conditions and a limit."""
    line_item = aliased(Item)
    line_id = case((Event.noun == "order_line", Event.noun_id), else_=Receipt.order_line_id)
    return (
        select(
            Event,
            func.coalesce(Person.name, Device.name, ""),
            func.coalesce(Supplier.name, ""),
            func.coalesce(Order.number, ""),
            func.coalesce(Item.sku, line_item.sku, ""),
            func.coalesce(Item.unit, line_item.unit, ""),
            Card.number,
            Card.loop_id,
            func.coalesce(Card.code, ""),
        )
        .outerjoin(Person, Person.id == Event.person_id)
        .outerjoin(Device, Device.id == Event.device_id)
        .outerjoin(Order, Order.id == Event.order_id)
        .outerjoin(Supplier, Supplier.id == Order.supplier_id)
        .outerjoin(Card, Card.id == Event.card_id)
        .outerjoin(Loop, Loop.id == Card.loop_id)
        .outerjoin(Item, Item.id == Loop.item_id)
        .outerjoin(Receipt, (Event.noun == "receipt") & (Receipt.id == Event.noun_id))
        .outerjoin(OrderLine, OrderLine.id == line_id)
        .outerjoin(SupplierItem, SupplierItem.id == OrderLine.supplier_item_id)
        .outerjoin(line_item, line_item.id == SupplierItem.item_id)
        .order_by(Event.id.desc())
    )


def of_loop(session: Session, loop_id: int, limit: int = LATEST) -> list[Entry]:
    """What happened to a loop, its cards and the orders that they were on."""
    cards = select(Card.id).where(Card.loop_id == loop_id)
    found = _latest(session, limit, _about("loop", loop_id), Event.card_id.in_(cards), _orders_of(cards))
    return [replace(entry, subject=_card(entry) or _order(entry)) for entry in found]


def of_item(session: Session, item_id: int, limit: int = LATEST) -> list[Entry]:
    """What happened to an item, its offers, its loops and their cards."""
    its_loops = select(Loop.id).where(Loop.item_id == item_id)
    cards = select(Card.id).where(Card.loop_id.in_(its_loops))
    offers = select(SupplierItem.id).where(SupplierItem.item_id == item_id)
    found = _latest(
        session, limit, _about("item", item_id), _about("loop", its_loops),
        _about("supplier_item", offers), Event.card_id.in_(cards),
    )  # fmt: skip
    return [replace(entry, subject=_card(entry) or _kind_of_thing(entry)) for entry in found]


def of_supplier(session: Session, supplier_id: int, limit: int = LATEST) -> list[Entry]:
    """What happened to a supplier, its offers and its orders, without each single scan."""
    orders = select(Order.id).where(Order.supplier_id == supplier_id)
    offers = select(SupplierItem.id).where(SupplierItem.supplier_id == supplier_id)
    found = _latest(
        session, limit, _about("supplier", supplier_id), _about("supplier_item", offers),
        _about("order", orders),
    )  # fmt: skip
    return [replace(entry, subject=_order(entry) or _kind_of_thing(entry)) for entry in found]


def of_location(session: Session, location_id: int, limit: int = LATEST) -> list[Entry]:
    """What happened to a place."""
    return _latest(session, limit, _about("location", location_id))


def of_order(session: Session, order_id: int, limit: int = LATEST) -> list[Entry]:
    """What happened to an order, its lines and the cards on it."""
    found = _latest(session, limit, Event.order_id == order_id)
    return [replace(entry, subject=_sku_and_card(entry)) for entry in found]


def _latest(session: Session, limit: int, *about: ColumnElement[bool]) -> list[Entry]:
    """Each condition has its own index: one by one they are quick, one OR reads the whole journal."""
    ids = union_all(*(select(Event.id).where(each) for each in about)).subquery()
    return entries(session, named_events().where(Event.id.in_(select(ids.c.id))).limit(limit))


def _about(noun: str, noun_id: int | Select[Any]) -> ColumnElement[bool]:
    which = Event.noun_id == noun_id if isinstance(noun_id, int) else Event.noun_id.in_(noun_id)
    return (Event.noun == noun) & which


def _orders_of(cards: Select[Any]) -> ColumnElement[bool]:
    """What happened to the orders of these cards as a whole."""
    on = select(OrderLine.order_id).join(Replenishment).where(Replenishment.card_id.in_(cards))
    return Event.order_id.in_(on) & (Event.noun == "order")


def _entry(
    event: Event, by: str, supplier: str, number: str, sku: str, unit: str,
    card_number: int | None, loop_id: int | None, code: str,
) -> Entry:  # fmt: skip
    return Entry(
        event.id, event.recorded_at, event.occurred_at, event.kind, event.noun, event.noun_id,
        event.card_id, event.order_id, event.via, event.facts, by, supplier, number, sku, unit,
        card_number, loop_id, code,
    )  # fmt: skip


def _sku_and_card(entry: Entry) -> str:
    if not entry.card_number:
        return entry.sku
    return _("%(sku)s card %(number)s", sku=entry.sku, number=entry.card_number)


def _card(entry: Entry) -> str:
    return _("Card %(number)s", number=entry.card_number) if entry.card_number else ""


def _order(entry: Entry) -> str:
    return (entry.order_number or _("Draft order")) if entry.noun == "order" else ""


def _kind_of_thing(entry: Entry) -> str:
    return {"loop": _("Loop"), "supplier_item": _("Offer")}.get(entry.noun, "")
