"""Turns of cards on draft orders: opened by a signal, withdrawn by *Undo*, given back by a cancellation."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import journal, loops, outbox
from kanban.db import Statement, to_milliseconds, to_thousandths
from kanban.languages import gettext as _
from kanban.orders.tables import OPEN_STATES, Order, OrderLine, Replenishment


class NoOpenTurn(ValueError):
    """The card has no open turn: it is full."""


class AlreadyReleased(ValueError):
    """The order has left: what belongs to it cannot be taken back, only cancelled."""


@dataclass(frozen=True, slots=True)
class Source:
    """From whom, and to which site, a card is replenished."""

    supplier_id: int
    supplier_item_id: int
    ship_to_id: int


_FIND_DRAFT = Statement(
    'SELECT o.id AS order_id, l.id AS line_id FROM "order" o'
    " LEFT JOIN order_line l ON l.order_id = o.id AND l.supplier_item_id = :supplier_item_id"
    " WHERE o.supplier_id = :supplier_id AND o.ship_to_id = :ship_to_id AND o.state = 'draft'"
)
_ADD_DRAFT = Statement(
    'INSERT INTO "order" (supplier_id, ship_to_id, state, created_at)'
    " VALUES (:supplier_id, :ship_to_id, 'draft', :at) RETURNING id"
)
_ADD_LINE = Statement(
    "INSERT INTO order_line (order_id, supplier_item_id) VALUES (:order_id, :supplier_item_id) RETURNING id"
)
_ADD_TURN = Statement(
    "INSERT INTO replenishment"
    " (card_id, cycle, order_line_id, quantity, signalled_at, signal_event_id, urgent)"
    " VALUES (:card_id, :cycle, :line_id, :quantity, :at, :event_id, :urgent)"
)


def draft_line(session: Session, deed: journal.Deed, source: Source) -> tuple[int, int]:
    """Order id and line id of the supplier's draft for this source, opened where there is none."""
    draft = _FIND_DRAFT.first(
        session,
        supplier_id=source.supplier_id,
        supplier_item_id=source.supplier_item_id,
        ship_to_id=source.ship_to_id,
    )
    order_id: Any = draft.order_id if draft else None
    line_id: Any = draft.line_id if draft else None
    if order_id is None:
        order_id = _ADD_DRAFT.value(
            session,
            supplier_id=source.supplier_id,
            ship_to_id=source.ship_to_id,
            at=to_milliseconds(deed.at),
        )
    if line_id is None:
        line_id = _ADD_LINE.value(session, order_id=order_id, supplier_item_id=source.supplier_item_id)
    return order_id, line_id


def open_turn(
    session: Session,
    deed: journal.Deed,
    *,
    card_id: int,
    cycle: int,
    quantity: Decimal,
    line: tuple[int, int],
    urgent: bool = False,
    because: str = "",
) -> int:
    """Signal a card: its turn ``cycle`` opens on ``line`` (order id, line id); returns the event's id."""
    order_id, line_id = line
    facts = {"cycle": cycle, "quantity": quantity} | ({"because": because} if because else {})
    event_id = journal.append(
        session, deed, "signalled", "scan", None, facts, card_id=card_id, order_id=order_id
    )
    _ADD_TURN.rows(
        session,
        card_id=card_id,
        cycle=cycle,
        line_id=line_id,
        quantity=to_thousandths(quantity),
        at=to_milliseconds(deed.occurred_at or deed.at),
        event_id=event_id,
        urgent=urgent,
    )
    return event_id


def withdraw(session: Session, deed: journal.Deed, turn: Replenishment) -> None:
    """Take a signal back while its order is a draft. Raises :class:`AlreadyReleased`."""
    order = turn.order_line.order
    if order.state != "draft":
        raise AlreadyReleased(_("%(number)s has been sent: cancel it instead", number=order.number))
    close_turn(session, deed, turn, "withdrawn")


def close_turn(session: Session, deed: journal.Deed, turn: Replenishment, outcome: str) -> None:
    """End a turn; the card is full again, or its need is given up."""
    turn.closed_at, turn.outcome = deed.at, outcome
    session.flush()
    journal.append(
        session, deed, outcome, "replenishment", turn.id, {"cycle": turn.cycle},
        card_id=turn.card_id, order_id=turn.order_line.order_id,
    )  # fmt: skip


def open_turn_of(session: Session, card: loops.Card) -> Replenishment | None:
    """The card's open turn; none where the card is full."""
    return session.scalar(
        select(Replenishment).where(Replenishment.card_id == card.id, Replenishment.closed_at.is_(None))
    )


def needed_turn_of(session: Session, card: loops.Card) -> Replenishment:
    """The card's open turn. Raises :class:`NoOpenTurn` where the card is full."""
    turn = open_turn_of(session, card)
    if turn is None:
        raise NoOpenTurn(_("this card is full: nothing of it is on order"))
    return turn


def set_urgent(session: Session, deed: journal.Deed, turn: Replenishment) -> None:
    """Mark a turn as one that cannot wait."""
    turn.urgent = True
    journal.append(
        session, deed, "urgent", "replenishment", turn.id,
        card_id=turn.card_id, order_id=turn.order_line.order_id,
    )  # fmt: skip


def add_extra(session: Session, deed: journal.Deed, card: loops.Card) -> OrderLine:
    """Order one more card quantity beside the cards: it joins the supplier's draft."""
    return add_more(session, deed, card.loop, card.loop.card_quantity, card_id=card.id)


def add_more(
    session: Session,
    deed: journal.Deed,
    loop: loops.Loop,
    quantity: Decimal,
    *,
    card_id: int | None = None,
    because: str = "",
) -> OrderLine:
    """Order ``quantity`` units beside the cards of a loop: they join its supplier's draft."""
    order_id, line_id = draft_line(session, deed, source_of(loop))
    line = session.get_one(OrderLine, line_id)
    line.extra += quantity
    facts = {"quantity": quantity} | ({"because": because} if because else {})
    journal.append(session, deed, "extra", "order_line", line_id, facts, card_id=card_id, order_id=order_id)
    return line


def cancel(session: Session, deed: journal.Deed, order: Order, *, give_back: bool = True) -> None:
    """Cancel what has not arrived of a released order; its cards are signalled again.

    What has not left yet is called back; a supplier that has the order is told that it is cancelled.

    With ``give_back=False`` the need is dropped: the cards count as full. Raises
    :class:`AlreadyReleased` for a draft (withdraw its signals instead) or a finished order.
    """
    if order.state not in OPEN_STATES:
        raise AlreadyReleased(_("only an order that is on its way can be cancelled"))
    journal.append(session, deed, "cancelled", "order", order.id, {"give_back": give_back}, order_id=order.id)
    for line in order.lines:
        if line.closed_at is None:
            _cancel_line(session, deed, line, give_back)
    order.state = "received" if any(line.received for line in order.lines) else "cancelled"
    order.closed_at = deed.at
    outbox.take_back(session, deed, order.id)


def cancel_line(session: Session, deed: journal.Deed, line: OrderLine, *, give_back: bool = True) -> None:
    """Cancel one line (rejected, discontinued); its cards are signalled again in the next draft."""
    order = line.order
    if order.state not in OPEN_STATES or line.closed_at is not None:
        raise AlreadyReleased(_("only a line that is on its way can be cancelled"))
    facts = {"give_back": give_back}
    journal.append(session, deed, "cancelled", "order_line", line.id, facts, order_id=order.id)
    _cancel_line(session, deed, line, give_back)
    if all(each.closed_at for each in order.lines):
        order.state = "received" if any(each.received for each in order.lines) else "cancelled"
        order.closed_at = deed.at


def source_of(loop: loops.Loop) -> Source:
    """From whom a loop is replenished now."""
    site_id = loop.location.site_id
    assert site_id is not None, "every location belongs to a site"
    return Source(loop.supplier_item.supplier_id, loop.supplier_item_id, site_id)


def _cancel_line(session: Session, deed: journal.Deed, line: OrderLine, give_back: bool) -> None:
    line.closed_at, line.outcome = deed.at, "cancelled"
    session.flush()
    if give_back and line.loose:
        source = Source(line.order.supplier_id, line.supplier_item_id, line.order.ship_to_id)
        want(session, deed, source, line.loose, "cancelled")
    for turn in line.replenishments:
        if turn.closed_at is None:
            close_turn(session, deed, turn, "cancelled")
            if give_back and turn.card.life != "retired":
                signal_again(session, deed, turn, turn.quantity - turn.received, "cancelled")


def want(session: Session, deed: journal.Deed, source: Source, quantity: Decimal, because: str) -> None:
    """Units beside the cards go to the draft of a supplier."""
    order_id, line_id = draft_line(session, deed, source)
    session.get_one(OrderLine, line_id).extra += quantity
    facts = {"quantity": quantity, "because": because}
    journal.append(session, deed, "extra", "order_line", line_id, facts, order_id=order_id)


def signal_again(
    session: Session,
    deed: journal.Deed,
    turn: Replenishment,
    quantity: Decimal,
    because: str,
    source: Source | None = None,
) -> None:
    """The need of a closed turn comes back: its card opens its next one, for ``quantity`` units.

    It goes to the supplier of the card's loop, or to another ``source``.
    """
    last = session.scalar(select(func.max(Replenishment.cycle)).where(Replenishment.card_id == turn.card_id))
    open_turn(
        session,
        deed,
        card_id=turn.card_id,
        cycle=(last or 0) + 1,
        quantity=quantity,
        line=draft_line(session, deed, source or source_of(turn.card.loop)),
        urgent=turn.urgent,
        because=because,
    )
