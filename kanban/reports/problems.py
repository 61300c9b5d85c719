"""The list of problems: what was reported, by whom, about what."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from kanban.journal import Event
from kanban.loops import Card, Loop
from kanban.orders import Order, OrderLine
from kanban.people import Device, Person
from kanban.problems import Problem
from kanban.receipts import DeliveryNote
from kanban.suppliers import SupplierItem


@dataclass(frozen=True, slots=True)
class Reported:
    """One problem, and who reported it."""

    problem: Problem
    by: str


def page(session: Session, *, settled: bool, skip: int, limit: int) -> tuple[list[Reported], int]:
    """Problems and how many there are: open ones, the oldest first; or settled ones, the newest first."""
    chosen = Problem.settled_at.is_not(None) if settled else Problem.settled_at.is_(None)
    loop = joinedload(Problem.card).joinedload(Card.loop)
    by = (
        select(func.coalesce(Person.name, Device.name, ""))
        .select_from(Event)
        .outerjoin(Person, Person.id == Event.person_id)
        .outerjoin(Device, Device.id == Event.device_id)
        .where(Event.noun == "problem", Event.noun_id == Problem.id, Event.kind == "reported")
        .scalar_subquery()
    )
    query = (
        select(Problem, by)
        .where(chosen)
        .options(
            loop.joinedload(Loop.item),
            loop.joinedload(Loop.location),
            loop.joinedload(Loop.supplier_item).joinedload(SupplierItem.supplier),
            joinedload(Problem.order_line).joinedload(OrderLine.order).joinedload(Order.supplier),
            joinedload(Problem.delivery_note).joinedload(DeliveryNote.supplier),
        )
        .order_by(Problem.id.desc() if settled else Problem.id.asc())
        .offset(skip)
        .limit(limit)
    )
    count = session.scalar(select(func.count()).select_from(Problem).where(chosen)) or 0
    return [Reported(problem, who) for problem, who in session.execute(query)], count
