"""Suppliers themselves: added, changed, found by name."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban import journal
from kanban.items import fold
from kanban.languages import gettext as _
from kanban.suppliers.tables import Supplier


class SupplierTaken(ValueError):
    """Another supplier has this name."""


@dataclass(frozen=True)
class SupplierFacts:
    """What a form, a sheet or the API says of a supplier; texts are clean already."""

    name: str
    kind: str = "external"
    email: str = ""
    phone: str = ""
    address: str = ""
    country: str = ""
    customer_number: str = ""
    lead_time: int = 5
    order_days: str = ""
    order_until: str = ""
    minimum_order_value: Decimal | None = None
    note: str = ""


def add(session: Session, deed: journal.Deed, facts: SupplierFacts) -> Supplier:
    """A new supplier. Raises :class:`SupplierTaken`."""
    _refuse_taken_name(session, facts.name, None)
    supplier = Supplier(name_key=fold(facts.name), **vars(facts))
    session.add(supplier)
    session.flush()
    journal.append(session, deed, "added", "supplier", supplier.id, _impersonal(vars(facts)))
    return supplier


def change(session: Session, deed: journal.Deed, supplier: Supplier, facts: SupplierFacts) -> bool:
    """Give a supplier other facts; says whether anything changed. Raises :class:`SupplierTaken`."""
    if fold(facts.name) != supplier.name_key:
        _refuse_taken_name(session, facts.name, supplier.id)
    changed = {name: value for name, value in vars(facts).items() if getattr(supplier, name) != value}
    if not changed:
        return False
    for name, value in changed.items():
        setattr(supplier, name, value)
    supplier.name_key = fold(facts.name)
    journal.append(session, deed, "changed", "supplier", supplier.id, _impersonal(changed))
    return True


def by_name(session: Session, name: str) -> Supplier | None:
    """The supplier with this name, whatever the case."""
    return session.scalar(select(Supplier).where(Supplier.name_key == fold(name)))


def _impersonal(facts: dict[str, object]) -> dict[str, object]:
    """The journal keeps no contact details: they may be a person's and must be erasable."""
    return {name: value for name, value in facts.items() if name not in ("email", "phone", "address", "note")}


def _refuse_taken_name(session: Session, name: str, own_id: int | None) -> None:
    other = by_name(session, name)
    if other is not None and other.id != own_id:
        raise SupplierTaken(_("there is a supplier %(name)s already", name=other.name))
