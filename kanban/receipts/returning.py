"""Goods that are of no use: accepted after all, or sent back until their credit or replacement is here."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select, type_coerce
from sqlalchemy.orm import Session

from kanban import journal, orders
from kanban.db import Quantity
from kanban.languages import gettext as _
from kanban.orders import OrderLine, Replenishment
from kanban.receipts.arriving import BadReceipt
from kanban.receipts.correcting import counted, take_back
from kanban.receipts.counting import book, fill_oldest, settle
from kanban.receipts.tables import Quarantine, Receipt, Return

_RECEIPTS = select(Receipt).where(Receipt.counters_id.is_(None)).order_by(Receipt.id.desc())


class NotInQuarantine(ValueError):
    """So many units are not apart, or not any more."""


class ReturnSettled(ValueError):
    """What was expected for these goods is here already."""


@dataclass(frozen=True, slots=True)
class ReturnWish:
    """What goes back and what is expected for it.

    *replacement*: the goods are to come again on the same order. *credit* and *nothing*: they are
    not; with ``give_back`` their cards are signalled again into the next order.
    """

    quantity: Decimal
    reason: str
    expected: str
    reference: str = ""
    note: str = ""
    give_back: bool = True


def accept(session: Session, deed: journal.Deed, kept: Quarantine, quantity: Decimal, reason: str) -> None:
    """Units that were set apart are usable after all: they count as received now.

    Raises :class:`NotInQuarantine`.
    """
    _refuse_absent(kept, quantity)
    line = kept.order_line
    kept.accepted += quantity
    _close_if_decided(deed, kept)
    facts = {"quantity": quantity, "line": line.id}
    journal.append(session, deed, "accepted", "quarantine", kept.id, facts, order_id=line.order_id)
    book(session, deed, line, quantity, delivery_note_id=kept.delivery_note_id, note=reason)
    fill_oldest(session, deed, line, quantity)
    settle(session, deed, line)


def return_quarantined(session: Session, deed: journal.Deed, kept: Quarantine, wish: ReturnWish) -> Return:
    """Send back what was set apart. Raises :class:`NotInQuarantine`.

    It never counted as received, so a replacement simply is still to come.
    """
    _refuse_absent(kept, wish.quantity)
    line = kept.order_line
    kept.returned += wish.quantity
    _close_if_decided(deed, kept)
    sent = _send_back(session, deed, line, wish, kept)
    if wish.expected != "replacement":
        line.returned += min(wish.quantity, line.pending)
        _give_up(session, deed, line, wish)
        settle(session, deed, line)
    return sent


def return_goods(session: Session, deed: journal.Deed, line: OrderLine, wish: ReturnWish) -> Return:
    """Send back goods that had been received as usable. Raises :class:`BadReceipt` for more than came.

    For a replacement they are taken off the line again, which waits for them as before.
    """
    if not 0 < wish.quantity <= line.received - _credited(session, line):
        raise BadReceipt(_("only what was received, and has not gone back yet, can go back"))
    sent = _send_back(session, deed, line, wish, None)
    if wish.expected == "replacement":
        _expect_again(session, deed, line, wish)
    elif wish.give_back:
        _signal_full_cards(session, deed, line, wish.quantity)
    return sent


def settle_return(session: Session, deed: journal.Deed, sent: Return, settlement: str) -> None:
    """Credit or replacement is here, or nobody waits for it any more. Raises :class:`ReturnSettled`."""
    if sent.settled_at is not None:
        raise ReturnSettled(_("this return is settled already"))
    sent.settled_at, sent.settlement = deed.at, settlement
    facts = {"expected": sent.expected}
    order_id = sent.order_line.order_id
    journal.append(session, deed, "settled", "supplier_return", sent.id, facts, order_id=order_id)


def _send_back(
    session: Session, deed: journal.Deed, line: OrderLine, wish: ReturnWish, kept: Quarantine | None
) -> Return:
    sent = Return(
        order_line_id=line.id,
        quarantine_id=kept.id if kept else None,
        quantity=wish.quantity,
        reason=wish.reason,
        expected=wish.expected,
        give_back=wish.give_back and wish.expected != "replacement",
        reference=wish.reference,
        note=wish.note,
        at=deed.at,
        settled_at=deed.at if wish.expected == "nothing" else None,
    )
    session.add(sent)
    session.flush()
    facts = {"line": line.id, "quantity": wish.quantity, "reason": wish.reason, "expected": wish.expected}
    journal.append(session, deed, "sent_back", "supplier_return", sent.id, facts, order_id=line.order_id)
    return sent


def _expect_again(session: Session, deed: journal.Deed, line: OrderLine, wish: ReturnWish) -> None:
    """Count the goods off their line: it is open again, and so are the cards that they had filled."""
    left = wish.quantity
    for receipt in session.scalars(_RECEIPTS.where(Receipt.order_line_id == line.id)).all():
        part = min(left, counted(session, receipt))
        if part > 0:
            book(session, deed, line, -part, counters=receipt, note=wish.reason)
            left -= part
    line.closed_at = line.outcome = None
    take_back(session, deed, line)


def _give_up(session: Session, deed: journal.Deed, line: OrderLine, wish: ReturnWish) -> None:
    """Turns for which nothing will come any more end, the last signalled first."""
    for turn in reversed(line.replenishments):
        missing = turn.quantity - turn.received
        if turn.closed_at is None and _missing(line) > line.pending:
            orders.close_turn(session, deed, turn, "cancelled" if wish.give_back else "short")
            if wish.give_back and turn.card.life != "retired":
                orders.signal_again(session, deed, turn, missing, "returned")


def _missing(line: OrderLine) -> Decimal:
    """Units that the open turns of a line wait for."""
    opened = (turn for turn in line.replenishments if turn.closed_at is None)
    return sum((turn.quantity - turn.received for turn in opened), Decimal(0))


def _signal_full_cards(session: Session, deed: journal.Deed, line: OrderLine, quantity: Decimal) -> None:
    """The cards that the goods had filled are empty again, the last signalled first."""
    for turn in reversed(line.replenishments):
        if quantity > 0 and turn.outcome == "received" and _is_full(session, turn):
            part = min(quantity, turn.quantity)
            orders.signal_again(session, deed, turn, part, "returned")
            quantity -= part


def _is_full(session: Session, turn: Replenishment) -> bool:
    return turn.card.life != "retired" and orders.open_turn_of(session, turn.card) is None


def _credited(session: Session, line: OrderLine) -> Decimal:
    """Units of a line that count as received and went back all the same."""
    total = func.coalesce(func.sum(Return.quantity), 0)
    query = select(type_coerce(total, Quantity)).where(
        Return.order_line_id == line.id, Return.quarantine_id.is_(None), Return.expected != "replacement"
    )
    return session.scalar(query) or Decimal(0)


def _close_if_decided(deed: journal.Deed, kept: Quarantine) -> None:
    if kept.left == 0:
        kept.closed_at = deed.at


def _refuse_absent(kept: Quarantine, quantity: Decimal) -> None:
    if not 0 < quantity <= kept.left:
        said = _("%(left)s units are apart and undecided", left=f"{kept.left.normalize():f}")
        raise NotInQuarantine(said)
