"""What the shop holds already of the things that a sheet names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from kanban.imports.row import Row
from kanban.items import PATH_SEPARATOR, Item, Location, fold
from kanban.loops import Card, Loop
from kanban.suppliers import Supplier, SupplierItem

T = TypeVar("T")

CHUNK = 500  # values in one statement; SQLite allows 32,766


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards of a loop that are not retired: how many there are, and how many are about to leave."""

    there: int = 0
    leaving: int = 0

    @property
    def staying(self) -> int:
        """N, as a person who counts the bins means it."""
        return self.there - self.leaving


@dataclass(frozen=True)
class Stock:
    """The rows of the database by what identifies them in a sheet.

    ``offers`` by item and supplier, ``loops`` (open ones, the oldest first) by offer and place, ``cards``
    by loop: all by ids.
    """

    items: dict[str, Item]
    suppliers: dict[str, Supplier]
    places: dict[str, Location]
    offers: dict[tuple[int, int], SupplierItem]
    loops: dict[tuple[int, int], list[Loop]]
    cards: dict[int, Cards]


def levels(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A place and those that it stands in, from the site down."""
    return (names[:depth] for depth in range(1, len(names) + 1))


@lru_cache(maxsize=20_000)
def place_key(names: tuple[str, ...]) -> str:
    """What two spellings of one place have in common."""
    return fold(PATH_SEPARATOR.join(names))


def read(session: Session, rows: Collection[Row]) -> Stock:
    """Everything that these rows may mean."""
    items = _found(session, Item, Item.sku_key, {fold(row.sku) for row in rows})
    names = {fold(row.supplier) for row in rows if row.supplier}
    paths = {up for row in rows if row.location for up in levels(row.location)}
    offers = list(_offers(session, [item.id for item in items]))
    loops: dict[tuple[int, int], list[Loop]] = {}
    for loop in _loops(session, [offer.id for offer in offers]):
        loops.setdefault((loop.supplier_item_id, loop.location_id), []).append(loop)
    return Stock(
        {item.sku_key: item for item in items},
        {each.name_key: each for each in _found(session, Supplier, Supplier.name_key, names)},
        {
            each.path_key: each
            for each in _found(session, Location, Location.path_key, set(map(place_key, paths)))
        },
        {(offer.item_id, offer.supplier_id): offer for offer in offers},
        loops,
        dict(cards_of(session, [loop.id for each in loops.values() for loop in each])),
    )


def cards_of(session: Session, loop_ids: Collection[int]) -> Iterator[tuple[int, Cards]]:
    """The cards of each of these loops that has any."""
    leaving = func.count().filter(Card.life == "surplus")
    for some in chunks(loop_ids):
        query = select(Card.loop_id, func.count(), leaving)
        query = query.where(Card.loop_id.in_(some), Card.life != "retired").group_by(Card.loop_id)
        for loop_id, there, left in session.execute(query):
            yield loop_id, Cards(there, left)


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in portions of one statement each."""
    rest = iter(values)
    while some := list(islice(rest, CHUNK)):
        yield some


def _found(session: Session, table: type[T], column: Any, keys: Collection[str]) -> list[T]:
    return [row for some in chunks(keys) for row in session.scalars(select(table).where(column.in_(some)))]


def _offers(session: Session, item_ids: Collection[int]) -> Iterator[SupplierItem]:
    query = select(SupplierItem).options(selectinload(SupplierItem.price_breaks))
    for some in chunks(item_ids):
        yield from session.scalars(query.where(SupplierItem.item_id.in_(some)))


def _loops(session: Session, offer_ids: Collection[int]) -> Iterator[Loop]:
    query = select(Loop).where(Loop.closed_at.is_(None)).order_by(Loop.id)
    for some in chunks(offer_ids):
        yield from session.scalars(query.where(Loop.supplier_item_id.in_(some)))
