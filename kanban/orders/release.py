"""An order's way out: released, confirmed, shipped."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from kanban import journal, outbox
from kanban.languages import gettext as _
from kanban.orders.tables import NUMBER_FORMAT, Counter, Order, OrderLine


class NotAllowed(ValueError):
    """The order's state does not allow this step."""


class NothingToOrder(ValueError):
    """The draft has no open need."""


def need_of(line: OrderLine) -> Decimal:
    """Units that the cards of a line still need, with what was ordered extra beside them."""
    open_turns = (turn.quantity - turn.received for turn in line.replenishments if turn.closed_at is None)
    return sum(open_turns, line.extra)


def release(session: Session, deed: journal.Deed, order: Order, zone: ZoneInfo) -> None:
    """Give a draft its number, freeze what it orders, queue its delivery; later signals open the next draft.

    ``zone`` is the shop's time zone, for the day on which the goods are due. Raises
    :class:`NotAllowed` or :class:`NothingToOrder`.
    """
    if order.state != "draft":
        raise NotAllowed(_("%(number)s has been released already", number=order.number))
    _read_again(session, order)
    wanted = [line for line in order.lines if need_of(line) > 0]
    if not wanted:
        raise NothingToOrder(_("nothing is needed from this supplier just now"))
    for line in order.lines:
        _freeze(line, deed, zone) if line in wanted else _leave_empty(line, deed)
    order.number = _next_number(session)
    order.state, order.released_at, order.released_by = "released", deed.at, deed.by.person_id
    session.flush()
    facts = {"number": order.number, "lines": {str(line.id): line.quantity for line in wanted}}
    journal.append(session, deed, "released", "order", order.id, facts, order_id=order.id)
    value = sum(
        (line.unit_price * line.quantity for line in wanted if line.unit_price and line.quantity), Decimal(0)
    )
    outbox.put_order(session, deed, order.id, order.number, order.supplier, value)


def confirm(session: Session, deed: journal.Deed, order: Order, due: dict[int, date] | None = None) -> None:
    """The supplier accepts the order; ``due`` gives the confirmed day per line id."""
    if order.state not in ("released", "confirmed"):
        raise NotAllowed(_("only an order that has been sent can be confirmed"))
    for line in order.lines:
        if due and line.id in due:
            line.confirmed_due = due[line.id]
    order.state, order.confirmed_at = "confirmed", deed.at
    days = {str(line_id): str(day) for line_id, day in (due or {}).items()}
    journal.append(session, deed, "confirmed", "order", order.id, {"due": days}, order_id=order.id)


def ship(session: Session, deed: journal.Deed, order: Order) -> None:
    """The goods are on their way."""
    if order.state not in ("released", "confirmed"):
        raise NotAllowed(_("only an order that has been sent and has not arrived can be shipped"))
    order.state, order.shipped_at = "shipped", deed.at
    journal.append(session, deed, "shipped", "order", order.id, order_id=order.id)


def _read_again(session: Session, order: Order) -> None:
    """Signals enter by hand-written SQL, so lists that this session read before may lack some."""
    fresh = select(OrderLine).where(OrderLine.order_id == order.id)
    turns = selectinload(OrderLine.replenishments)
    session.expire(order, ["lines"])
    session.scalars(fresh.options(turns).execution_options(populate_existing=True)).all()


def _freeze(line: OrderLine, deed: journal.Deed, zone: ZoneInfo) -> None:
    offer = line.supplier_item
    quantity = offer.rounded(need_of(line))
    line.quantity, line.unit_price, line.pack_size = quantity, offer.price_at(quantity), offer.pack_size
    line.supplier_sku, line.sku = offer.sku, offer.item.sku
    line.name, line.unit = offer.item.name, offer.item.unit
    line.due = offer.supplier.terms(offer.lead_time).expected_day(deed.at, zone)


def _leave_empty(line: OrderLine, deed: journal.Deed) -> None:
    """A line whose signals were all withdrawn orders nothing."""
    line.quantity, line.closed_at, line.outcome = Decimal(0), deed.at, "withdrawn"


def _next_number(session: Session) -> str:
    counter = session.get(Counter, "order", with_for_update=True)
    if counter is None:
        counter = Counter(name="order", value=0)
        session.add(counter)
    counter.value += 1
    return NUMBER_FORMAT.format(counter.value)
