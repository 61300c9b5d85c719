"""Items and the locations where their bins stand."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from kanban import bulk, journal
from kanban.db import Base, Money, RowId
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.photos import Photo

PATH_SEPARATOR = " › "

CONSEQUENCES = {
    1: mark("mild inconvenience"),
    2: mark("work slows, we improvise"),
    3: mark("a job or customer stops"),
    4: mark("the site stops, or safety"),
}


class SkuTaken(ValueError):
    """Another item has this SKU."""


class PlaceTaken(ValueError):
    """Another location has this name at the same place."""


class BadPlaceName(ValueError):
    """A place's name cannot hold the sign that separates places in a path."""


class PlaceInItself(ValueError):
    """A location cannot stand inside itself."""


class Item(Base):
    """A stocked thing."""

    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint("length(sku) BETWEEN 1 AND 200", name="sku"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name"),
        CheckConstraint("consequence BETWEEN 1 AND 4", name="consequence"),
        CheckConstraint("unit_cost >= 0", name="unit_cost"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    sku: Mapped[str] = mapped_column(String(200))
    sku_key: Mapped[str] = mapped_column(String(400), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(20), default="pcs")
    unit_cost: Mapped[Decimal | None] = mapped_column(Money)
    consequence: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text, default="")
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id"))


class Location(Base):
    """A place of a bin in the tree site › area › rack › position; a site has no parent."""

    __tablename__ = "location"
    __table_args__ = (CheckConstraint("length(name) BETWEEN 1 AND 200", name="name"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    name: Mapped[str] = mapped_column(String(200))
    path: Mapped[str] = mapped_column(Text)
    path_key: Mapped[str] = mapped_column(Text, unique=True)
    address: Mapped[str] = mapped_column(Text, default="")

    parent: Mapped[Location | None] = relationship(remote_side=[id], foreign_keys=[parent_id])


@dataclass(frozen=True)
class ItemFacts:
    """What a form, a sheet or the API says of an item; texts are clean already."""

    sku: str
    name: str
    unit: str = "pcs"
    unit_cost: Decimal | None = None
    consequence: int | None = None
    note: str = ""


class NewLocation(NamedTuple):
    """A place to be made: ``path`` ends with its ``name``; a site has neither parent nor site."""

    name: str
    path: str
    parent_id: int | None
    site_id: int | None


def add(session: Session, deed: journal.Deed, facts: ItemFacts) -> Item:
    """A new item. Raises :class:`SkuTaken`."""
    _refuse_taken_sku(session, facts.sku, None)
    item = Item(sku_key=fold(facts.sku), **vars(facts))
    session.add(item)
    session.flush()
    journal.append(session, deed, "added", "item", item.id, vars(facts))
    return item


def add_all(session: Session, deed: journal.Deed, facts: Sequence[ItemFacts]) -> list[int]:
    """Many new items at once; returns their ids in the same order.

    The caller has made sure that the SKUs are free; otherwise the database refuses all.
    """
    ids = bulk.add(session, Item, [{"sku_key": fold(each.sku), **vars(each)} for each in facts])
    entries = (journal.Entry("added", "item", id, vars(each)) for id, each in zip(ids, facts, strict=True))
    journal.append_all(session, deed, entries)
    return ids


def change(session: Session, deed: journal.Deed, item: Item, facts: ItemFacts) -> bool:
    """Give an item other facts; says whether anything changed. Raises :class:`SkuTaken`."""
    if fold(facts.sku) != item.sku_key:
        _refuse_taken_sku(session, facts.sku, item.id)
    changed = {name: value for name, value in vars(facts).items() if getattr(item, name) != value}
    if not changed:
        return False
    for name, value in changed.items():
        setattr(item, name, value)
    item.sku_key = fold(facts.sku)
    journal.append(session, deed, "changed", "item", item.id, changed)
    return True


def set_photo(session: Session, deed: journal.Deed, item: Item, photo: Photo | None) -> bool:
    """Give an item another photo, or none; says whether anything changed."""
    photo_id = photo.id if photo else None
    if item.photo_id == photo_id:
        return False
    item.photo_id = photo_id
    journal.append(session, deed, "changed", "item", item.id, {"photo_id": photo_id})
    return True


def set_consequence(session: Session, deed: journal.Deed, item: Item, consequence: int) -> bool:
    """Say what it means when this item runs out, 1 to 4; says whether that is new."""
    if item.consequence == consequence:
        return False
    item.consequence = consequence
    journal.append(session, deed, "changed", "item", item.id, {"consequence": consequence})
    return True


def by_sku(session: Session, sku: str) -> Item | None:
    """The item with this SKU, whatever the case."""
    return session.scalar(select(Item).where(Item.sku_key == fold(sku)))


def add_location(
    session: Session, deed: journal.Deed, name: str, parent: Location | None = None, address: str = ""
) -> Location:
    """A new place below ``parent``; without one, a new site. Raises :class:`PlaceTaken`."""
    path = _path(name, parent)
    _refuse_taken_path(session, path, None)
    location = Location(parent=parent, name=name, path=path, path_key=fold(path), address=address)
    session.add(location)
    session.flush()
    location.site_id = parent.site_id if parent else location.id
    journal.append(session, deed, "added", "location", location.id, {"path": path, "address": address})
    return location


def add_locations(session: Session, deed: journal.Deed, places: Sequence[NewLocation]) -> list[int]:
    """Many new places at once; returns their ids in the same order.

    All stand on the same level: their parents are there already. The caller has made sure that the
    paths are free; otherwise the database refuses all.
    """
    rows = [
        {"name": name, "parent_id": parent_id, "site_id": site_id, "path": path, "path_key": fold(path)}
        for name, path, parent_id, site_id in places
    ]
    ids = bulk.add(session, Location, rows)
    session.execute(update(Location).where(Location.site_id.is_(None)).values(site_id=Location.id))
    told = ({"path": each.path, "address": ""} for each in places)
    entries = (journal.Entry("added", "location", id, facts) for id, facts in zip(ids, told, strict=True))
    journal.append_all(session, deed, entries)
    return ids


def change_location(
    session: Session,
    deed: journal.Deed,
    location: Location,
    name: str,
    parent: Location | None,
    address: str = "",
) -> bool:
    """Rename or move a place with all that stands below it.

    Says whether anything changed. Raises :class:`PlaceTaken` or :class:`PlaceInItself`.
    """
    if parent is not None and (parent.id == location.id or parent.path.startswith(_below(location))):
        raise PlaceInItself(location.path)
    path = _path(name, parent)
    if path == location.path and address == location.address:
        return False
    _refuse_taken_path(session, path, location.id)
    below = select(Location).where(Location.path.startswith(_below(location), autoescape=True))
    for place in session.scalars(below):
        _stand(place, path + place.path[len(location.path) :], parent.site_id if parent else location.id)
    _stand(location, path, parent.site_id if parent else location.id)
    location.name, location.parent, location.address = name, parent, address
    journal.append(session, deed, "changed", "location", location.id, {"path": path, "address": address})
    return True


def location_at(session: Session, path: str) -> Location | None:
    """The location with this path (names joined by ``›``), whatever the case."""
    return session.scalar(select(Location).where(Location.path_key == fold(path)))


def fold(text: str) -> str:
    """The form in which two spellings of one SKU or path are the same."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def inside_site(path: str) -> str:
    """A location's path without its site, as people in that site say it; a site's own path as it is."""
    return path.split(PATH_SEPARATOR, 1)[-1]


def _path(name: str, parent: Location | None) -> str:
    sign = PATH_SEPARATOR.strip()
    if sign in name:
        raise BadPlaceName(_("this name cannot hold “%(sign)s”, which stands between places", sign=sign))
    return f"{parent.path}{PATH_SEPARATOR}{name}" if parent else name


def _stand(location: Location, path: str, site_id: int | None) -> None:
    location.path, location.path_key, location.site_id = path, fold(path), site_id


def _below(location: Location) -> str:
    return location.path + PATH_SEPARATOR


def _refuse_taken_sku(session: Session, sku: str, own_id: int | None) -> None:
    other = by_sku(session, sku)
    if other is not None and other.id != own_id:
        raise SkuTaken(_("%(sku)s is the SKU of “%(name)s” already", sku=other.sku, name=other.name))


def _refuse_taken_path(session: Session, path: str, own_id: int | None) -> None:
    other = location_at(session, path)
    if other is not None and other.id != own_id:
        raise PlaceTaken(_("there is a place %(path)s already", path=other.path))
