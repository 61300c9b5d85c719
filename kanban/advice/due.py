"""Which loops to size again: those of which the journal has told something since, and those a day old.

What a person sets is followed at once (:func:`follow`): no screen contradicts what was just said. What the
floor tells, scans and receipts, is followed by the chore within minutes (:func:`review_due`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from kanban import journal
from kanban.advice.settle import REVIEW_AGAIN, review_all
from kanban.advice.tables import Advice
from kanban.items import Location
from kanban.journal import Event
from kanban.loops import Card, Loop
from kanban.orders import Counter
from kanban.suppliers import SupplierItem

MOST_AT_ONCE = 10
"""Loops sized in one transaction: a scan that comes meanwhile waits a tenth of a second at most."""
SEEN = "advice_seen"
MOST_EVENTS = 5_000

Told: TypeAlias = "Row[int, str, int | None, int | None]"
"""Number, noun, the noun's id and the card's of an event."""


def review_due(session: Session, deed: journal.Deed, zone: ZoneInfo, most: int = MOST_AT_ONCE) -> bool:
    """Size some of the loops that are due; says whether more wait."""
    behind = _mark_stale(session)
    ids = _due(session, deed.at, most)
    if ids:
        review_all(session, deed, zone, ids)
    return behind or len(ids) == most


def follow(session: Session, deed: journal.Deed, zone: ZoneInfo, since: int) -> list[int]:
    """Size loops that the journal concerns after its entry ``since``, as many as one transaction may.

    Returns the loops that are left, for :func:`review_all` in transactions of their own. What is advised
    then is said by nobody: the person only set what it follows from.
    """
    ids = sorted(_concerned(session, _about(_told_after(session, since))))
    if ids:
        review_all(session, own_deed(deed), zone, ids[:MOST_AT_ONCE])
    return ids[MOST_AT_ONCE:]


def own_deed(deed: journal.Deed) -> journal.Deed:
    """Sizing that follows from a person's deed, as the dispatcher would do it."""
    return journal.Deed(deed.at, journal.By("dispatch"))


def _due(session: Session, at: datetime, most: int) -> list[int]:
    each = aliased(Advice)
    newest = select(func.max(each.id)).where(each.loop_id == Loop.id).correlate(Loop).scalar_subquery()
    query = (
        select(Loop.id)
        .outerjoin(Advice, Advice.id == newest)
        .where(
            Loop.closed_at.is_(None),
            or_(Advice.id.is_(None), Advice.inputs == "", Advice.at <= at - REVIEW_AGAIN),
        )
        .order_by(Advice.at.is_not(None), Advice.at, Loop.id)
        .limit(most)
    )
    return list(session.scalars(query))


def _mark_stale(session: Session) -> bool:
    """Read on in the journal, and mark the advice that an event concerns; says whether more is left."""
    seen = session.get(Counter, SEEN)
    if seen is None:
        seen = Counter(name=SEEN, value=journal.revision(session))
        session.add(seen)
        return False
    events = _told_after(session, seen.value)
    if not events:
        return False
    seen.value = events[-1].id
    concerned = _concerned(session, _about(events))
    newest = select(func.max(Advice.id)).where(Advice.loop_id.in_(concerned)).group_by(Advice.loop_id)
    session.execute(update(Advice).where(Advice.id.in_(newest)).values(inputs=""))
    return len(events) == MOST_EVENTS


def _told_after(session: Session, number: int) -> Sequence[Told]:
    fresh = select(Event.id, Event.noun, Event.noun_id, Event.card_id).where(Event.id > number)
    return session.execute(fresh.order_by(Event.id).limit(MOST_EVENTS)).all()


def _about(events: Sequence[Told]) -> dict[str, set[int]]:
    """What events tell of: ids by noun."""
    about: dict[str, set[int]] = {}
    for _id, noun, noun_id, card_id in events:
        about.setdefault(noun, set()).add(noun_id or 0)
        about.setdefault("card", set()).add(card_id or 0)
    return about


def _concerned(session: Session, about: dict[str, set[int]]) -> Collection[int]:
    """Open loops that have something to do with what was journalled."""
    columns = {
        "loop": Loop.id,
        "item": Loop.item_id,
        "supplier": SupplierItem.supplier_id,
        "calendar": Location.site_id,
        "card": Loop.id,
    }
    tests = [columns[noun].in_(ids) for noun, ids in about.items() if noun in columns and noun != "card"]
    tests.append(Loop.id.in_(select(Card.loop_id).where(Card.id.in_(about.get("card", set())))))
    offered = select(SupplierItem.item_id).where(SupplierItem.id.in_(about.get("supplier_item", set())))
    tests.append(Loop.item_id.in_(offered))  # a second source concerns the loops of the first
    if "closure" in about:
        tests.append(Loop.id.is_not(None))
    query = select(Loop.id).join(Loop.location).join(Loop.supplier_item).where(or_(*tests))
    return session.scalars(query.where(Loop.closed_at.is_(None))).all()
