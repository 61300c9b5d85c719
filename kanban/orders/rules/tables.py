"""The tables of release rules: the rule of a supplier, and a buyer's approval of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from kanban import journal
from kanban.db import Base, Moment, Money
from kanban.suppliers import Supplier

LEAVES = ("ask", "at_once", "cut_off", "limit")
"""A buyer sends it; after the undo time; at the cut-off of an order day; when a limit is reached."""
WAITS_FOR = ("nothing", "minimum", "free_freight")
"""The limit: none, the supplier's minimum order value, or the value from which freight is free."""
SHORTAGES = ("ask", "next")
"""What the supplier cannot bring: a buyer decides, or the next-ranked supplier is asked by itself."""


class Rule(Base):
    """How the drafts for one supplier leave. A supplier without a row has :data:`USUAL`."""

    __tablename__ = "supplier_rule"
    __table_args__ = (
        CheckConstraint(f"leaves IN {LEAVES}", name="leaves"),
        CheckConstraint(f"waits_for IN {WAITS_FOR}", name="waits_for"),
        CheckConstraint(f"shortage IN {SHORTAGES}", name="shortage"),
        CheckConstraint("free_freight > 0", name="free_freight"),
        CheckConstraint("approve_over >= 0", name="approve_over"),
        CheckConstraint("admin_over >= 0", name="admin_over"),
        CheckConstraint("confirm_days BETWEEN 0 AND 100", name="confirm_days"),
    )

    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"), primary_key=True, autoincrement=False)
    leaves: Mapped[str] = mapped_column(String(12))
    waits_for: Mapped[str] = mapped_column(String(12))
    free_freight: Mapped[Decimal | None] = mapped_column(Money)
    approve_over: Mapped[Decimal | None] = mapped_column(Money)
    admin_over: Mapped[Decimal | None] = mapped_column(Money)
    urgent_at_once: Mapped[bool]
    confirm_days: Mapped[int]
    shortage: Mapped[str] = mapped_column(String(12))


class Approval(Base):
    """A person's yes to a draft, up to the value that they saw."""

    __tablename__ = "approval"

    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    value: Mapped[Decimal] = mapped_column(Money)
    at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What is said of a supplier's rule; amounts in the shop's currency, ``confirm_days`` working days.

    ``approve_over``: from more than this a buyer approves; ``admin_over``: an administrator. None: never.
    ``region`` and ``time_zone`` belong to the supplier's calendar, and stand at the supplier.
    """

    leaves: str = "ask"
    waits_for: str = "nothing"
    free_freight: Decimal | None = None
    approve_over: Decimal | None = None
    admin_over: Decimal | None = None
    urgent_at_once: bool = True
    confirm_days: int = 2
    shortage: str = "ask"


USUAL = RuleFacts()


def rule_of(session: Session, supplier_id: int) -> RuleFacts:
    """The supplier's rule, or the usual one."""
    row = session.get(Rule, supplier_id)
    return facts_of(row) if row else USUAL


def facts_of(row: Rule) -> RuleFacts:
    """A row's facts."""
    return RuleFacts(**{name: getattr(row, name) for name in RuleFacts.__dataclass_fields__})


def set_rule(
    session: Session,
    deed: journal.Deed,
    supplier: Supplier,
    facts: RuleFacts,
    *,
    region: str,
    time_zone: str,
) -> bool:
    """Give a supplier another rule, region and time zone; says whether anything changed."""
    row = session.get(Rule, supplier.id)
    before = facts_of(row) if row else USUAL
    wanted = {name: getattr(facts, name) for name in RuleFacts.__dataclass_fields__}
    changed = {name: value for name, value in wanted.items() if getattr(before, name) != value}
    own = {"region": region or None, "time_zone": time_zone or None}
    changed |= {name: value for name, value in own.items() if getattr(supplier, name) != value}
    if not changed:
        return False
    if row is None:
        row = Rule(supplier_id=supplier.id)
        session.add(row)
    for name, value in wanted.items():
        setattr(row, name, value)
    supplier.region, supplier.time_zone = own["region"], own["time_zone"]
    session.flush()
    journal.append(session, deed, "rule_changed", "supplier", supplier.id, changed)
    return True
