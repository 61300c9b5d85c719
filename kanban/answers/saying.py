"""A supplier says something about an order, and the buyer decides what asks them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kanban import journal, orders
from kanban.answers import shortages
from kanban.answers.tables import Answer, LineAnswer
from kanban.languages import gettext as _
from kanban.orders import OPEN_STATES, Order, OrderLine, rules


class NotOpen(ValueError):
    """Nothing of this order, or of this line, is still to come."""


class BadAnswer(ValueError):
    """An answer that cannot be meant: more than was ordered, or nothing at all."""


@dataclass(frozen=True, slots=True)
class LineSaid:
    """What is said of one line; what is none is as ordered. Quantities in units, prices per unit."""

    line_id: int
    quantity: Decimal | None = None
    due: date | None = None
    unit_price: Decimal | None = None
    substitute: str = ""
    note: str = ""


def confirm(
    session: Session, deed: journal.Deed, order: Order, said: Iterable[LineSaid] = (), *, note: str = ""
) -> Answer:
    """The supplier confirms the order; each open line as ordered unless something else is said of it.

    A later answer replaces an earlier one. What it cannot bring goes to the next-ranked supplier at once
    where the supplier's rule says so. Raises :class:`NotOpen` or :class:`BadAnswer`.
    """
    by_line = {each.line_id: each for each in said}
    lines = _open_lines(order, by_line)
    answer = _answer(session, deed, order, "confirmed", note)
    for line in lines:
        _confirm_line(session, deed, answer, line, by_line.get(line.id, LineSaid(line.id)))
    session.flush()
    _tell(session, deed, answer)
    for line in lines:
        _pass_on_by_rule(session, deed, line)
    _settle(session, deed, order)
    return answer


def ship(
    session: Session,
    deed: journal.Deed,
    order: Order,
    said: Iterable[LineSaid] | None = None,
    *,
    carrier: str = "",
    tracking: str = "",
    note: str = "",
) -> Answer:
    """Goods have left: all that has not left yet, or part of it (``quantity`` per line, ``due`` its arrival).

    Raises :class:`NotOpen` or :class:`BadAnswer`.
    """
    if said is None:
        said = [
            LineSaid(line.id, _unshipped(line)) for line in _open_lines(order, ()) if _unshipped(line) > 0
        ]
    parcels = [each for each in said if each.quantity is None or each.quantity > 0]
    if not parcels:
        raise BadAnswer(_("nothing is said to have left"))
    lines = {line.id: line for line in _open_lines(order, [each.line_id for each in parcels])}
    answer = _answer(session, deed, order, "shipped", note, carrier, tracking)
    for each in parcels:
        _ship_line(session, deed, answer, lines[each.line_id], each)
    session.flush()
    _tell(session, deed, answer)
    if order.state in ("released", "confirmed") and not any(_unshipped(line) > 0 for line in lines_of(order)):
        orders.ship(session, deed, order)
    return answer


def decide(session: Session, deed: journal.Deed, said: LineAnswer, *, accept: bool) -> None:
    """The buyer accepts another price or a substitute, or refuses it. Raises :class:`NotOpen`."""
    if said.question != "pending":
        raise NotOpen(_("this was decided already, or a newer answer has replaced it"))
    said.question, said.decided_at = ("accepted" if accept else "refused"), deed.at
    line = said.order_line
    if accept and said.unit_price is not None:
        line.confirmed_price = said.unit_price
    session.flush()
    kind = "price_accepted" if accept else "price_refused"
    journal.append(session, deed, kind, "order_line", line.id, order_id=line.order_id)
    _settle(session, deed, line.order)


def lines_of(order: Order) -> list[OrderLine]:
    """The lines of an order of which something may still come."""
    return [line for line in order.lines if line.closed_at is None and line.quantity]


def _open_lines(order: Order, wanted: Collection[int]) -> list[OrderLine]:
    if order.state not in OPEN_STATES:
        raise NotOpen(_("this order is finished, or was cancelled"))
    lines = lines_of(order)
    if set(wanted) - {line.id for line in lines}:
        raise NotOpen(_("a line of this answer is finished, or belongs to another order"))
    return lines


def _answer(
    session: Session,
    deed: journal.Deed,
    order: Order,
    kind: str,
    note: str,
    carrier: str = "",
    tracking: str = "",
) -> Answer:
    answer = Answer(order_id=order.id, kind=kind, at=deed.at, note=note, carrier=carrier, tracking=tracking)
    session.add(answer)
    session.flush()
    return answer


def _confirm_line(
    session: Session, deed: journal.Deed, answer: Answer, line: OrderLine, said: LineSaid
) -> None:
    most = (line.quantity or Decimal(0)) - line.passed_on
    quantity = most if said.quantity is None else said.quantity
    if not 0 <= quantity <= most:
        raise BadAnswer(_("%(sku)s: confirm at most the %(most)s that were ordered", sku=line.sku, most=most))
    other_price = said.unit_price is not None and said.unit_price != line.unit_price
    asks = bool(said.substitute) or other_price
    _replace_questions(session, line)
    line.confirmed_quantity, line.answered_at = quantity, deed.at
    line.confirmed_due = said.due or line.confirmed_due or line.due
    if said.unit_price is not None and not other_price:
        line.confirmed_price = said.unit_price
    answer.lines.append(
        LineAnswer(
            order_line=line,
            quantity=quantity,
            due=said.due,
            unit_price=said.unit_price if other_price else None,
            substitute=said.substitute,
            note=said.note,
            question="pending" if asks else "",
        )
    )


def _replace_questions(session: Session, line: OrderLine) -> None:
    """What an earlier answer asked is not asked any more."""
    pending = LineAnswer.order_line_id == line.id, LineAnswer.question == "pending"
    session.execute(update(LineAnswer).where(*pending).values(question="refused"))


def _ship_line(session: Session, deed: journal.Deed, answer: Answer, line: OrderLine, said: LineSaid) -> None:
    most = _unshipped(line)
    quantity = most if said.quantity is None else said.quantity
    if not 0 < quantity <= most:
        raise BadAnswer(_("%(sku)s: at most %(most)s can still leave", sku=line.sku, most=most))
    line.shipped += quantity
    line.answered_at = line.answered_at or deed.at
    line.confirmed_due = said.due or line.confirmed_due
    answer.lines.append(LineAnswer(order_line=line, quantity=quantity, due=said.due, note=said.note))
    left = line.shipped
    for turn in line.replenishments:  # the oldest signal is served first
        left -= turn.quantity if turn.closed_at is None else turn.received
        if turn.closed_at is None and turn.shipped_at is None and left >= 0:
            turn.shipped_at = deed.at


def _unshipped(line: OrderLine) -> Decimal:
    """Units of a line that have neither left nor come."""
    coming = (line.quantity or Decimal(0)) - line.passed_on
    return max(Decimal(0), coming - max(line.shipped, line.received))


def _pass_on_by_rule(session: Session, deed: journal.Deed, line: OrderLine) -> None:
    if shortages.missing(line) <= 0 or rules.rule_of(session, line.order.supplier_id).shortage != "next":
        return
    others = shortages.alternatives(session, line, deed.at.date())
    if others:
        shortages.pass_on(session, deed, line, others[0])


def _settle(session: Session, deed: journal.Deed, order: Order) -> None:
    """An order is confirmed once every open line is answered and nothing asks the buyer."""
    session.flush()
    if order.state != "released":
        return
    lines = lines_of(order)
    if lines and all(line.answered_at for line in lines) and not asks_buyer(session, order):
        orders.confirm(session, deed, order)


def asks_buyer(session: Session, order: Order) -> bool:
    """Whether an answer to this order waits for the buyer."""
    asked = Answer.order_id == order.id, LineAnswer.question == "pending"
    return session.scalar(select(LineAnswer.id).join(LineAnswer.answer).where(*asked).limit(1)) is not None


def _tell(session: Session, deed: journal.Deed, answer: Answer) -> None:
    """The journal keeps figures, never a supplier's own words: those must be erasable."""
    told = {
        str(each.order_line.id): {
            "quantity": str(each.quantity.normalize()),
            **({"due": each.due.isoformat()} if each.due else {}),
            **({"asks": True} if each.question else {}),
        }
        for each in answer.lines
    }
    short = sum(1 for each in answer.lines if shortages.missing(each.order_line) > 0)
    facts = {"lines": told, "short": short, "asks": sum(1 for each in answer.lines if each.question)}
    kind = "answered" if answer.kind == "confirmed" else "left"
    journal.append(session, deed, kind, "answer", answer.id, facts, order_id=answer.order_id)
