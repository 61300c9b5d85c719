"""Goods of our own stores and work centres leave for the bin, picked or made; or have not left after all."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from kanban import journal
from kanban.languages import gettext as _
from kanban.orders.release import NotAllowed, release
from kanban.orders.tables import Order, Replenishment


class NotOurs(ValueError):
    """A firm brings these goods: nobody picks them here."""


def pick(session: Session, deed: journal.Deed, turn: Replenishment, zone: ZoneInfo) -> None:
    """The goods of a card have left their source; it is in transit, whatever the rest of its order does.

    Who takes goods off a draft's list sends the draft. Raises :class:`NotOurs` for goods of a firm and
    :class:`NotAllowed` for a turn that is over or on its way already.
    """
    order = turn.order_line.order
    if order.supplier.kind != "internal":
        raise NotOurs(_("%(name)s is a firm: its goods are not picked here", name=order.supplier.name))
    if turn.closed_at is not None or turn.shipped_at is not None or order.shipped_at is not None:
        raise NotAllowed(_("these goods have left already"))
    if order.state == "draft":
        release(session, deed, order, zone)
    turn.shipped_at = deed.at
    session.flush()
    if order.state in ("released", "confirmed") and _all_left(order):
        order.state, order.shipped_at = "shipped", deed.at
        journal.append(session, deed, "shipped", "order", order.id, order_id=order.id)


def put_back(session: Session, deed: journal.Deed, turn: Replenishment) -> None:
    """The goods of a card have not left after all: it is on order again, and so is its order.

    Raises :class:`NotAllowed` where they were not picked, are received, or the whole order was sent off.
    """
    order = turn.order_line.order
    if turn.closed_at is not None or turn.shipped_at is None or order.supplier.kind != "internal":
        raise NotAllowed(_("these goods have not left, or are here already"))
    if order.shipped_at is not None and not _all_left(order):
        raise NotAllowed(_("the whole order was sent off: its goods cannot be put back one by one"))
    turn.shipped_at = order.shipped_at = None
    if order.state == "shipped":
        order.state = "released" if order.confirmed_at is None else "confirmed"
    session.flush()
    journal.append(
        session, deed, "put_back", "replenishment", turn.id, {"cycle": turn.cycle},
        card_id=turn.card_id, order_id=order.id,
    )  # fmt: skip


def _all_left(order: Order) -> bool:
    """Whether the goods of every card that still waits are on their way."""
    turns = [turn for line in order.lines for turn in line.replenishments if turn.closed_at is None]
    return all(turn.shipped_at is not None for turn in turns)
