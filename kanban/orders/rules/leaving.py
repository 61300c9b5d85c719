"""Drafts that leave: released by their rule, or approved by somebody whose role reaches that far."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from kanban import journal
from kanban.languages import gettext as _
from kanban.orders.release import NotAllowed, NothingToOrder
from kanban.orders.rules.standing import Standing, standings
from kanban.orders.rules.tables import Approval, rule_of
from kanban.orders.tables import Order
from kanban.people import Person

Release = Callable[[Session, journal.Deed, Order], None]
"""How a due draft is released: by :func:`kanban.orders.release` and what hands it to its supplier."""


class Released(NamedTuple):
    """The ids of the orders that left, and when the next draft may be due."""

    order_ids: list[int]
    look_again: datetime | None


class NeedsApproval(NotAllowed):
    """The draft is worth more than this person may send."""


def release_due(
    session: Session, deed: journal.Deed, release: Release, *, undo: timedelta, zone: ZoneInfo
) -> Released:
    """Release every draft whose rule says so at the deed's time.

    ``undo`` is the time for undo, ``zone`` the shop's time zone.
    """
    found = standings(session, deed.at, undo=undo, zone=zone, asking=False).values()
    waiting = (each.decision.until for each in found if not each.decision.leaves)
    left = []
    for standing in found:
        if standing.decision.leaves:
            order = session.get_one(Order, standing.order_id)
            try:
                release(session, deed, order)
            except (NotAllowed, NothingToOrder):  # refused before anything was written: the others go on
                continue
            because = {"because": standing.decision.why}
            journal.append(session, deed, "due", "order", order.id, because, order_id=order.id)
            left.append(order.id)
    coming = [moment for moment in waiting if moment and moment > deed.at]
    return Released(left, min(coming, default=None))


def approve(session: Session, deed: journal.Deed, order: Order, standing: Standing) -> None:
    """Somebody says yes to a draft as it stands; it leaves when its rule says so.

    Raises :class:`NeedsApproval` where their role does not reach that far.
    """
    if order.state != "draft":
        raise NotAllowed(_("%(number)s has been released already", number=order.number))
    refuse_unapproved(session, deed, order, standing.facts.value)
    row = session.get(Approval, order.id) or Approval(order_id=order.id)
    row.person_id, row.value, row.at = deed.by.person_id, standing.facts.value, deed.at
    session.add(row)
    journal.append(session, deed, "approved", "order", order.id, order_id=order.id)


def refuse_unapproved(session: Session, deed: journal.Deed, order: Order, value: Decimal) -> None:
    """Raise :class:`NeedsApproval` where the one who acts may not send an order of this value."""
    most = rule_of(session, order.supplier_id).admin_over
    if most is None or value <= most:
        return
    person = session.get(Person, deed.by.person_id) if deed.by.person_id else None
    if person is None or person.role != "admin":
        raise NeedsApproval(_("an order of this value is approved and sent by an administrator"))
