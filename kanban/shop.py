"""The shop itself: its name and address, as they stand on screens, cards and orders."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from kanban import journal
from kanban.db import Base, RowId, Statement

NAMELESS = "Kanban"


class Shop(Base):
    """The one row that says who we are."""

    __tablename__ = "shop"
    __table_args__ = (
        CheckConstraint("id = 1", name="once"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(Text, default="")


_NAME = Statement("SELECT name FROM shop")


def name(session: Session) -> str:
    """The shop's name, or the product's where nobody has given one."""
    return _NAME.value(session) or NAMELESS


def get(session: Session) -> Shop:
    """The shop; a nameless one before anybody has said more (not yet in the database)."""
    return session.get(Shop, 1) or Shop(id=1, name=NAMELESS, address="")


def describe(session: Session, deed: journal.Deed, name: str, address: str) -> bool:
    """Give the shop its name and address; says whether anything changed."""
    shop = get(session)
    if (shop.name, shop.address) == (name, address):
        return False
    shop.name, shop.address = name, address
    session.add(shop)
    journal.append(session, deed, "changed", "shop", 1, {"name": name})
    return True
