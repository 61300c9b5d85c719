"""A receipt was mistaken: an entry against it says what really arrived, and why."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import func, select, type_coerce
from sqlalchemy.orm import Session

from kanban import journal
from kanban.db import Quantity
from kanban.languages import gettext as _
from kanban.orders import OrderLine, Replenishment
from kanban.receipts.counting import book, fill_oldest, settle, settle_order
from kanban.receipts.tables import LARGEST_RECEIPT, Receipt


class BadCorrection(ValueError):
    """A correction without a reason, without a difference, or of what is a correction itself."""


def counted(session: Session, receipt: Receipt) -> Decimal:
    """Units of a receipt as its corrections leave it."""
    total = func.coalesce(func.sum(Receipt.quantity), 0)
    entries = select(type_coerce(total, Quantity)).where(Receipt.counters_id == receipt.id)
    return receipt.quantity + (session.scalar(entries) or Decimal(0))


def correct(session: Session, deed: journal.Deed, receipt: Receipt, right: Decimal, reason: str) -> Receipt:
    """``right`` units arrived, not what was counted: the difference is a new entry, with its reason.

    What the cards got too much is taken from them again, the last filled first; a line and an order
    that were finished by it open again. Raises :class:`BadCorrection`.
    """
    if receipt.counters_id is not None:
        raise BadCorrection(_("this entry corrects another one: correct the receipt itself"))
    if not reason:
        raise BadCorrection(_("say why: the reason stays beside the correction"))
    if not right.is_finite() or not 0 <= right <= LARGEST_RECEIPT or right != round(right, 3):
        raise BadCorrection(_("the right quantity is 0 to %(most)s units", most=f"{LARGEST_RECEIPT:,}"))
    difference = right - counted(session, receipt)
    if difference == 0:
        raise BadCorrection(_("that is what stands there already"))
    line = receipt.order_line
    entry = book(
        session, deed, line, difference,
        delivery_note_id=receipt.delivery_note_id, counters=receipt, note=reason,
    )  # fmt: skip
    if difference > 0:
        fill_oldest(session, deed, line, difference)
        settle(session, deed, line)
    else:
        take_back(session, deed, line, receipt.replenishment_id)
    return entry


def take_back(session: Session, deed: journal.Deed, line: OrderLine, first: int | None = None) -> None:
    """Fewer units are here than the cards of a line got: the last filled give theirs back.

    The turn with the id ``first`` gives before all others. A line that was finished because all had
    come is open again.
    """
    closed_at = line.closed_at
    if line.outcome == "received":
        line.closed_at = line.outcome = None
    excess = sum((turn.received for turn in line.replenishments), Decimal(0)) - line.received
    given = sorted(line.replenishments, key=lambda turn: (turn.id == first, turn.signalled_at, turn.id))
    for turn in reversed(given):
        if excess > 0 and turn.received > 0:
            part = min(excess, turn.received)
            _empty(session, deed, line, turn, part)
            excess -= part
    if line.closed_at is None and line.pending == 0 and all(turn.closed_at for turn in line.replenishments):
        line.closed_at, line.outcome = closed_at or deed.at, "received"
    settle_order(deed, line.order)
    session.flush()


def _empty(
    session: Session, deed: journal.Deed, line: OrderLine, turn: Replenishment, quantity: Decimal
) -> None:
    """Take units from a turn. Where its card waits again it opens; a card that went on stays as it is."""
    turn.received -= quantity
    if turn.outcome != "received":
        return
    if line.closed_at is None and _may_open(session, turn):
        turn.closed_at = turn.outcome = None
        session.flush()
        facts = {"cycle": turn.cycle, "signal": turn.signal_event_id, "quantity": turn.quantity}
        journal.append(
            session, deed, "reopened", "replenishment", turn.id, facts,
            card_id=turn.card_id, order_id=line.order_id,
        )  # fmt: skip
    else:
        turn.outcome = "short"


def _may_open(session: Session, turn: Replenishment) -> bool:
    """Whether the card still circulates, and has not been signalled again since."""
    last = select(func.max(Replenishment.cycle)).where(Replenishment.card_id == turn.card_id)
    return turn.card.life != "retired" and session.scalar(last) == turn.cycle
