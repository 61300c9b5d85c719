"""The shop itself: its name and address, as they stand on screens, cards and orders."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
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
    bill_to: Mapped[str | None] = mapped_column(Text)
    vat_id: Mapped[str | None] = mapped_column(String(60))
    contact: Mapped[str | None] = mapped_column(Text)
    tax_note: Mapped[str | None] = mapped_column(Text)
    terms: Mapped[str | None] = mapped_column(Text)
    logo_photo_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id"))


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What else stands on our documents; all texts, of which the long ones may have lines.

    ``bill_to``: who pays, where it is not the shop's own address; ``contact``: whom to ask; ``tax_note``
    beside the total; ``terms`` at the end.
    """

    bill_to: str = ""
    vat_id: str = ""
    contact: str = ""
    tax_note: str = ""
    terms: str = ""


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


def letterhead(session: Session) -> Letterhead:
    """What else stands on our documents."""
    ours = get(session)
    return Letterhead(**{name: getattr(ours, name) or "" for name in Letterhead.__dataclass_fields__})


def write_letterhead(session: Session, deed: journal.Deed, facts: Letterhead) -> bool:
    """Give our documents other words; says whether anything changed."""
    ours, before = get(session), letterhead(session)
    if facts == before:
        return False
    for name in Letterhead.__dataclass_fields__:
        setattr(ours, name, getattr(facts, name))
    session.add(ours)
    session.flush()
    journal.append(session, deed, "letterhead", "shop", 1)
    return True


def set_logo(session: Session, deed: journal.Deed, photo_id: int | None) -> None:
    """Put a logo on our documents, or take it away."""
    ours = get(session)
    if ours.logo_photo_id != photo_id:
        ours.logo_photo_id = photo_id
        session.add(ours)
        session.flush()
        journal.append(session, deed, "logo", "shop", 1, {"photo": photo_id})
