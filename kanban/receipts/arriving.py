"""Goods come in: a whole delivery with its note, one line, or one card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban import journal, orders
from kanban.items import fold
from kanban.languages import gettext as _
from kanban.orders import OrderLine, Replenishment
from kanban.receipts.counting import book, fill, fill_oldest, settle, settle_order
from kanban.receipts.tables import LARGEST_RECEIPT, DeliveryNote, Quarantine, Receipt
from kanban.suppliers import Supplier

FAR_TOO_MUCH = 2
"""How many times what is to come somebody may count before we ask whether that was meant."""


class NothingComing(ValueError):
    """The order is not one from which goods may still arrive."""


class BadReceipt(ValueError):
    """A receipt of nothing, of less, or of more than anybody can mean."""


class OtherSupplier(ValueError):
    """A line of another order, or of another supplier, than the delivery names."""


class Doubtful(ValueError):
    """Something that is rarely meant; ``questions`` are asked once, before it is done anyway."""

    def __init__(self, questions: Sequence[str]) -> None:
        super().__init__(" ".join(questions))
        self.questions = tuple(questions)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What of one line is in the delivery, in units: usable ones, damaged ones, and another item's.

    ``order_id`` names the order that the goods are for, so that a late receipt cannot hit another.
    ``short``: nothing more of this line will come.
    """

    order_id: int
    line_id: int
    good: Decimal = Decimal(0)
    damaged: Decimal = Decimal(0)
    wrong: Decimal = Decimal(0)
    note: str = ""
    short: bool = False

    @property
    def units(self) -> Decimal:
        """All units that are here, usable or not."""
        return self.good + self.damaged + self.wrong


def receive(
    session: Session,
    deed: journal.Deed,
    supplier: Supplier,
    arrivals: Sequence[Arrival],
    *,
    number: str = "",
    photo_id: int | None = None,
    sure: bool = False,
) -> DeliveryNote:
    """A delivery of one supplier is here, with the note of this ``number``; all or nothing.

    Raises :class:`BadReceipt`, :class:`NothingComing`, :class:`OtherSupplier`, and without ``sure``
    :class:`Doubtful` for a note that was received before, or for far more than was ordered.
    """
    for each in arrivals:
        for units in (each.good, each.damaged, each.wrong):
            if units != 0:
                _refuse_odd(units)
    arrivals = [each for each in arrivals if each.units > 0 or each.short]
    if not arrivals:
        raise BadReceipt(_("nothing is counted yet: say for at least one line what arrived"))
    lines = [_line_of(session, supplier, each) for each in arrivals]
    if not sure:
        _ask(session, supplier, number, [*zip(lines, arrivals, strict=True)])
    note = _note(session, deed, supplier, number, photo_id)
    facts = {"supplier_id": supplier.id, "number": number, "photo": photo_id}
    journal.append(session, deed, "arrived", "delivery_note", note.id, facts)
    for line, arrival in zip(lines, arrivals, strict=True):
        _take_in(session, deed, line, arrival, note)
    return note


def receive_line(
    session: Session, deed: journal.Deed, line: OrderLine, quantity: Decimal, *, delivery_note: str = ""
) -> Receipt:
    """``quantity`` usable units of a line arrived. Raises :class:`NothingComing` or :class:`BadReceipt`."""
    note = _note(session, deed, line.order.supplier, delivery_note) if delivery_note else None
    return _receive_line(session, deed, line, quantity, note)


def receive_card(
    session: Session, deed: journal.Deed, turn: Replenishment, quantity: Decimal | None = None
) -> Receipt:
    """The card of ``turn`` came back with ``quantity`` units.

    Without a quantity it came whole: what the card still needs and, where it is the last open card
    of its line, what the order was rounded up by. Raises :class:`NothingComing` or :class:`BadReceipt`.
    """
    if turn.closed_at is not None:
        raise NothingComing(_("this card is full already"))
    line = turn.order_line
    missing = turn.quantity - turn.received
    whole = missing
    if not [other for other in line.replenishments if other.closed_at is None and other is not turn]:
        whole = max(missing, line.pending)
    arrived = whole if quantity is None else quantity
    _refuse_closed(line)
    _refuse_odd(arrived)
    receipt = book(session, deed, line, arrived, turn=turn)
    fill(session, deed, turn, min(arrived, missing))
    settle(session, deed, line)
    return receipt


def close_short(session: Session, deed: journal.Deed, line: OrderLine) -> None:
    """Nothing more will come of this line: its open turns end, and their cards are full again."""
    if line.closed_at is not None or line.order.state not in orders.OPEN_STATES:
        raise NothingComing(_("this line is closed already"))
    missing = {"missing": line.pending}
    journal.append(session, deed, "closed_short", "order_line", line.id, missing, order_id=line.order_id)
    line.closed_at, line.outcome = deed.at, "short"
    for turn in line.replenishments:
        if turn.closed_at is None:
            orders.close_turn(session, deed, turn, "short")
    settle_order(deed, line.order)


def _take_in(
    session: Session, deed: journal.Deed, line: OrderLine, arrival: Arrival, note: DeliveryNote
) -> None:
    if arrival.good > 0:
        _receive_line(session, deed, line, arrival.good, note)
    for reason, quantity in (("damaged", arrival.damaged), ("wrong_item", arrival.wrong)):
        if quantity > 0:
            _set_apart(session, deed, line, reason, quantity, arrival.note, note)
    if arrival.short and line.closed_at is None:
        close_short(session, deed, line)


def _receive_line(
    session: Session, deed: journal.Deed, line: OrderLine, quantity: Decimal, note: DeliveryNote | None
) -> Receipt:
    _refuse_closed(line)
    _refuse_odd(quantity)
    receipt = book(session, deed, line, quantity, delivery_note_id=note.id if note else None)
    fill_oldest(session, deed, line, quantity)
    settle(session, deed, line)
    return receipt


def _set_apart(
    session: Session, deed: journal.Deed, line: OrderLine,
    reason: str, quantity: Decimal, said: str, note: DeliveryNote,
) -> None:  # fmt: skip
    """Units that nobody may use: they wait for a decision, and their line for good ones."""
    _refuse_odd(quantity)
    kept = Quarantine(
        order_line_id=line.id, delivery_note_id=note.id,
        reason=reason, quantity=quantity, note=said, at=deed.at,
    )  # fmt: skip
    session.add(kept)
    session.flush()
    facts = {"line": line.id, "quantity": quantity, "reason": reason}
    journal.append(session, deed, "set_apart", "quarantine", kept.id, facts, order_id=line.order_id)


def _line_of(session: Session, supplier: Supplier, arrival: Arrival) -> OrderLine:
    """The line that an arrival names, which must be open, of the named order, and of this supplier."""
    line = session.get_one(OrderLine, arrival.line_id)
    order = line.order
    if order.id != arrival.order_id or order.supplier_id != supplier.id:
        said = _("line %(line)s is not of that order of %(supplier)s", line=line.id, supplier=supplier.name)
        raise OtherSupplier(said)
    if line.closed_at is not None or order.state not in orders.OPEN_STATES:
        said = _("%(sku)s of %(order)s is finished already", sku=line.sku, order=order.number or "draft")
        raise NothingComing(said)
    return line


def _ask(
    session: Session, supplier: Supplier, number: str, lines: Sequence[tuple[OrderLine, Arrival]]
) -> None:
    asked = []
    if number and _known(session, supplier, number):
        asked.append(
            _(
                "Delivery note %(number)s was received before. Is this more of the same delivery?",
                number=number,
            )
        )
    for line, arrival in lines:
        if arrival.units > FAR_TOO_MUCH * line.pending + (line.pack_size or 1):
            asked.append(
                _(
                    "%(units)s %(unit)s of %(sku)s are far more than the %(pending)s to come. Is that right?",
                    units=f"{arrival.units.normalize():f}",
                    unit=line.unit,
                    sku=line.sku,
                    pending=f"{line.pending.normalize():f}",
                )
            )
    if asked:
        raise Doubtful(asked)


def _note(
    session: Session, deed: journal.Deed, supplier: Supplier, number: str, photo_id: int | None = None
) -> DeliveryNote:
    """The note of this number; a new one where it is the first time, or the paper has no number."""
    note = _known(session, supplier, number) if number else None
    if note is None:
        key = fold(number) if number else None
        note = DeliveryNote(
            supplier_id=supplier.id, number=number, number_key=key, photo_id=photo_id, at=deed.at
        )
        session.add(note)
    elif photo_id is not None:
        note.photo_id = photo_id
    session.flush()
    return note


def _known(session: Session, supplier: Supplier, number: str) -> DeliveryNote | None:
    query = select(DeliveryNote).where(DeliveryNote.supplier_id == supplier.id)
    return session.scalar(query.where(DeliveryNote.number_key == fold(number)))


def _refuse_closed(line: OrderLine) -> None:
    if line.order.state not in orders.OPEN_STATES or line.quantity is None:
        raise NothingComing(_("nothing of this order can arrive: it was not sent, or it is finished"))


def _refuse_odd(quantity: Decimal) -> None:
    if not quantity.is_finite() or not 0 < quantity <= LARGEST_RECEIPT or quantity != round(quantity, 3):
        raise BadReceipt(
            _(
                "a receipt counts %(least)s to %(most)s units, to three decimals",
                least=Decimal("0.001"),
                most=LARGEST_RECEIPT,
            )
        )
