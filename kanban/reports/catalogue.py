"""The lists of the master data: items, suppliers, places and loops, with what they hold just now.

A page of any list costs a fixed number of statements, however many rows it has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, joinedload, selectinload

from kanban import orders
from kanban.items import PATH_SEPARATOR, Item, Location
from kanban.loops import Card, Loop
from kanban.orders import Order, OrderLine, Replenishment
from kanban.reports.bins import Bins, bins_by
from kanban.reports.search import words
from kanban.suppliers import Supplier, SupplierItem

Query: TypeAlias = Select[*tuple[Any, ...]]
Sorts: TypeAlias = Mapping[str, ColumnElement[Any] | InstrumentedAttribute[Any]]

ITEM_SORTS: Sorts = {"sku": Item.sku_key, "name": func.lower(Item.name)}
SUPPLIER_SORTS: Sorts = {"name": Supplier.name_key, "lead": Supplier.lead_time}
LOOP_SORTS: Sorts = {"sku": Item.sku_key, "place": Location.path_key, "supplier": Supplier.name_key}


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item of the list; ``suppliers`` in the order of their rank."""

    item: Item
    suppliers: list[str]
    loops: int
    bins: Bins


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """One supplier of the list."""

    supplier: Supplier
    offers: int
    open_orders: int


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One place of the tree; ``depth`` 0 is a site."""

    location: Location
    depth: int
    loops: int


@dataclass(frozen=True, slots=True)
class LoopRow:
    """One loop of the list."""

    loop: Loop
    bins: Bins


@dataclass(frozen=True, slots=True)
class LoopFilter:
    """Which loops a list shows: ``state`` *open*, *empty* (a bin of it is) or *closed*."""

    state: str = "open"
    item_id: int = 0
    supplier_id: int = 0
    location_id: int = 0


def items(session: Session, search: str, sort: str, skip: int, limit: int) -> tuple[list[ItemRow], int]:
    """A page of items whose SKU, name or supplier holds the words, and how many there are in all."""
    query = select(Item)
    for word in words(search):
        offered = select(SupplierItem.item_id).join(Supplier).where(word.in_key(Supplier.name_key))
        query = query.where(or_(word.in_key(Item.sku_key), word.in_text(Item.name), Item.id.in_(offered)))
    found, count = _page(session, query, _by(ITEM_SORTS, sort, Item.id), skip, limit)
    ids = [item.id for item in found]
    names = _suppliers_of(session, ids)
    in_loops = _counts(session, Loop.item_id, ids, Loop.closed_at.is_(None))
    bins = bins_by(session, Loop.item_id, ids)
    return [ItemRow(item, names[item.id], in_loops[item.id], bins[item.id]) for item in found], count


def suppliers(
    session: Session, search: str, sort: str, skip: int, limit: int
) -> tuple[list[SupplierRow], int]:
    """A page of suppliers whose name or customer number holds the words, and how many there are in all."""
    query = select(Supplier)
    for word in words(search):
        query = query.where(or_(word.in_key(Supplier.name_key), word.in_text(Supplier.customer_number)))
    found, count = _page(session, query, _by(SUPPLIER_SORTS, sort, Supplier.id), skip, limit)
    ids = [supplier.id for supplier in found]
    offers = _counts(session, SupplierItem.supplier_id, ids)
    is_open = Order.state.in_(orders.OPEN_STATES)
    opened = _counts(session, Order.supplier_id, ids, is_open)
    return [SupplierRow(each, offers[each.id], opened[each.id]) for each in found], count


def locations(session: Session, search: str, skip: int, limit: int) -> tuple[list[PlaceRow], int]:
    """A page of the tree of places: each place stands before what stands in it."""
    query = select(Location)
    for word in words(search):
        query = query.where(word.in_key(Location.path_key))
    found, count = _page(session, query, [tree_order(session)], skip, limit)
    in_loops = _counts(session, Loop.location_id, [place.id for place in found], Loop.closed_at.is_(None))
    return [PlaceRow(place, place.path.count(PATH_SEPARATOR), in_loops[place.id]) for place in found], count


def places(session: Session) -> list[tuple[int, str]]:
    """Every place as (id, path), in the order of the tree: to choose one from."""
    query = select(Location.id, Location.path).order_by(tree_order(session))
    return [(place_id, path) for place_id, path in session.execute(query)]


def inside(session: Session, location: Location, limit: int) -> list[PlaceRow]:
    """The places that stand directly in this one."""
    query = select(Location).where(Location.parent_id == location.id)
    found = list(session.scalars(query.order_by(tree_order(session)).limit(limit)))
    in_loops = _counts(session, Loop.location_id, [place.id for place in found], Loop.closed_at.is_(None))
    return [PlaceRow(place, 0, in_loops[place.id]) for place in found]


def loops(
    session: Session, search: str, sort: str, skip: int, limit: int, which: LoopFilter = LoopFilter()
) -> tuple[list[LoopRow], int]:
    """A page of loops whose item, place or supplier holds the words, and how many there are in all."""
    query = (
        select(Loop)
        .join(Loop.item)
        .join(Loop.location)
        .join(SupplierItem, SupplierItem.id == Loop.supplier_item_id)
        .join(SupplierItem.supplier)
        .where(*_chosen(session, which))
        .options(
            contains_eager(Loop.item),
            contains_eager(Loop.location),
            contains_eager(Loop.supplier_item).contains_eager(SupplierItem.supplier),
        )
    )
    for word in words(search):
        keys = (Item.sku_key, Location.path_key, Supplier.name_key)
        query = query.where(or_(word.in_text(Item.name), *(word.in_key(key) for key in keys)))
    found, count = _page(session, query, _by(LOOP_SORTS, sort, Loop.id), skip, limit)
    bins = bins_by(session, Loop.id, [loop.id for loop in found])
    return [LoopRow(loop, bins[loop.id]) for loop in found], count


def offers(session: Session, of: ColumnElement[bool]) -> list[SupplierItem]:
    """Offers with their item, supplier and prices: of an item by rank, of a supplier by SKU."""
    query = (
        select(SupplierItem)
        .join(SupplierItem.item)
        .join(SupplierItem.supplier)
        .where(of)
        .options(
            contains_eager(SupplierItem.item),
            contains_eager(SupplierItem.supplier),
            selectinload(SupplierItem.price_breaks),
        )
        .order_by(SupplierItem.rank, Item.sku_key, Supplier.name_key)
    )
    return list(session.scalars(query))


def loop(session: Session, loop_id: int) -> Loop | None:
    """A loop with its item, place and source."""
    source = joinedload(Loop.supplier_item).joinedload(SupplierItem.supplier)
    return session.get(Loop, loop_id, options=[joinedload(Loop.item), joinedload(Loop.location), source])


def open_orders(session: Session, supplier_id: int) -> list[tuple[Order, int]]:
    """The supplier's draft and the orders from which goods may still come, newest first, with their lines."""
    lines = select(func.count()).where(OrderLine.order_id == Order.id).scalar_subquery()
    query = (
        select(Order, lines)
        .where(Order.supplier_id == supplier_id, Order.state.in_(("draft", *orders.OPEN_STATES)))
        .order_by(Order.id.desc())
    )
    return [(order, count) for order, count in session.execute(query)]


def tree_order(session: Session) -> ColumnElement[str]:
    """The order in which a place stands before its insides and these before the next place.

    A separator that sorts before every letter does it; PostgreSQL must compare byte by byte for that.
    """
    collation = "C" if session.get_bind().dialect.name == "postgresql" else "BINARY"
    return func.replace(Location.path_key, PATH_SEPARATOR, "\x01").collate(collation)


def _page(
    session: Session, query: Query, order: list[ColumnElement[Any]], skip: int, limit: int
) -> tuple[list[Any], int]:
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return list(session.scalars(query.order_by(*order).offset(skip).limit(limit))), count


def _by(sorts: Sorts, sort: str, otherwise: InstrumentedAttribute[int]) -> list[ColumnElement[Any]]:
    column = sorts[sort.removeprefix("-")]
    return [column.desc() if sort.startswith("-") else column.asc(), otherwise.asc()]


def _counts(
    session: Session, column: InstrumentedAttribute[int], ids: list[int], *also: ColumnElement[bool]
) -> dict[int, int]:
    query = select(column, func.count()).where(column.in_(ids), *also).group_by(column)
    return defaultdict(int, {row[0]: row[1] for row in session.execute(query)})


def _suppliers_of(session: Session, item_ids: list[int]) -> dict[int, list[str]]:
    query = (
        select(SupplierItem.item_id, Supplier.name)
        .join(SupplierItem.supplier)
        .where(SupplierItem.item_id.in_(item_ids))
        .order_by(SupplierItem.rank, Supplier.name_key)
    )
    names: dict[int, list[str]] = defaultdict(list)
    for item_id, name in session.execute(query):
        names[item_id].append(name)
    return names


def _chosen(session: Session, which: LoopFilter) -> list[ColumnElement[bool]]:
    is_open = Loop.closed_at.is_(None)
    chosen: list[ColumnElement[bool]] = [~is_open if which.state == "closed" else is_open]
    if which.state == "empty":
        chosen.append(_has_empty_bin())
    if which.item_id:
        chosen.append(Loop.item_id == which.item_id)
    if which.supplier_id:
        chosen.append(SupplierItem.supplier_id == which.supplier_id)
    if which.location_id:
        top = session.get(Location, which.location_id)
        inside = Location.path.startswith(f"{top.path if top else ''}{PATH_SEPARATOR}", autoescape=True)
        chosen.append(or_(Location.id == which.location_id, inside))
    return chosen


def _has_empty_bin() -> ColumnElement[bool]:
    return exists(
        select(Replenishment.id)
        .join(Card)
        .join(OrderLine, OrderLine.id == Replenishment.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Card.loop_id == Loop.id, Replenishment.closed_at.is_(None), Order.state == "draft")
    )


def has_no_loop(session: Session) -> bool:
    """Whether nothing circulates in this shop yet."""
    return session.scalar(select(Loop.id).limit(1)) is None
