"""Where a store or work centre of our own stands, and the chains of supply that follow from it.

A loop that is replenished by an internal supplier takes its goods from the bins of the same item that
stand at that supplier's place, or inside it: its *supermarket*. Their own loops are *upstream* of it. A
chain that leads back to where it began would never bring anything: it is refused.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from kanban import items, journal
from kanban.db import Base, Statement
from kanban.items import PATH_SEPARATOR, Location
from kanban.languages import gettext as _
from kanban.suppliers.tables import Supplier


class NotInternal(ValueError):
    """Only a store or work centre of our own stands somewhere in the house."""


class SupplyCircle(ValueError):
    """An item would be replenished, by way of our own stores, from itself."""


class SupplierPlace(Base):
    """The place at which an internal supplier keeps its goods."""

    __tablename__ = "supplier_place"

    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"), primary_key=True, autoincrement=False)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), index=True)

    location: Mapped[Location] = relationship()


INSIDE = f"(b.id = a.id OR substr(b.path, 1, length(a.path) + {len(PATH_SEPARATOR)}) = a.path || :separator)"
"""Whether the location ``b`` is the location ``a`` or stands inside it."""

_ANY = Statement("SELECT supplier_id FROM supplier_place LIMIT 1")
_CIRCLE = Statement(
    f"""WITH RECURSIVE feeds(loop_id, upstream_id) AS (
 SELECT l.id, u.id FROM supplier_place sp JOIN supplier_item si ON si.supplier_id = sp.supplier_id
 JOIN loop l ON l.supplier_item_id = si.id AND l.closed_at IS NULL
 JOIN location a ON a.id = sp.location_id
 JOIN loop u ON u.item_id = l.item_id AND u.closed_at IS NULL
 JOIN location b ON b.id = u.location_id AND {INSIDE}),
reach(start_id, loop_id) AS (
 SELECT loop_id, upstream_id FROM feeds
 UNION SELECT r.start_id, f.upstream_id FROM reach r JOIN feeds f ON f.loop_id = r.loop_id)
SELECT i.sku, p.path FROM reach r JOIN loop l ON l.id = r.loop_id JOIN item i ON i.id = l.item_id
 JOIN location p ON p.id = l.location_id WHERE r.start_id = r.loop_id ORDER BY r.loop_id LIMIT 1"""
)


def place_of(session: Session, supplier_id: int) -> Location | None:
    """Where an internal supplier stands; none where nobody has said so."""
    found = session.get(SupplierPlace, supplier_id)
    return found.location if found else None


def set_place(session: Session, deed: journal.Deed, supplier: Supplier, location: Location | None) -> bool:
    """Say where an internal supplier stands, or that it is not known; says whether anything changed.

    Raises :class:`NotInternal` or :class:`SupplyCircle`.
    """
    if supplier.kind != "internal":
        raise NotInternal(_("%(name)s is a firm: it stands nowhere in our house", name=supplier.name))
    found = session.get(SupplierPlace, supplier.id)
    if (found.location_id if found else None) == (location.id if location else None):
        return False
    if found is not None:
        session.delete(found)
        session.flush()
    if location is not None:
        session.add(SupplierPlace(supplier_id=supplier.id, location_id=location.id))
        session.flush()
        refuse_circle(session)
    facts = {"place_id": location.id if location else None}
    journal.append(session, deed, "placed", "supplier", supplier.id, facts)
    return True


def change_location(
    session: Session, deed: journal.Deed, location: Location, name: str, parent: Location | None, address: str
) -> bool:
    """:func:`items.change_location`, refused where the bins that move would then feed themselves.

    Raises :class:`SupplyCircle` besides what that raises.
    """
    changed = items.change_location(session, deed, location, name, parent, address)
    if changed:
        session.flush()
        refuse_circle(session)
    return changed


def refuse_circle(session: Session) -> None:
    """Raise :class:`SupplyCircle` where a chain of loops leads back to itself."""
    if _ANY.first(session) is None:
        return
    circle = _CIRCLE.first(session, separator=PATH_SEPARATOR)
    if circle is not None:
        raise SupplyCircle(
            _(
                "%(sku)s at %(place)s would be replenished from itself: "
                "its supplier’s own bins of it are filled from there",
                sku=circle.sku,
                place=circle.path,
            )
        )
