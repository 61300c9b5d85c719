"""Orders as lists, pages and documents show them: each line with its packs, prices and cards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, Subquery, case, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from kanban.loops import Card, Loop
from kanban.orders import Order, OrderLine, Replenishment, need_of
from kanban.suppliers import SupplierItem


class Amounts:
    """What a line of an order comes to: ``quantity`` in units, in packs of ``pack_size``; price per unit."""

    quantity: Decimal
    pack_size: Decimal
    unit_price: Decimal | None

    @property
    def packs(self) -> Decimal:
        """How many packs the quantity makes."""
        return self.quantity / self.pack_size

    @property
    def total(self) -> Decimal | None:
        """Price of the line; none where no price is known."""
        return None if self.unit_price is None else self.unit_price * self.quantity


@dataclass(frozen=True)
class LineView(Amounts):
    """One line with finished figures: frozen ones of a released order, today's of a draft.

    Quantities in units of the item; ``surplus`` is what rounding adds to the cards' need. The supplier
    has ``confirmed`` so much at ``confirmed_price``; ``shipped`` has left it; another one was asked for
    what was ``passed_on``.
    """

    id: int
    sku: str
    supplier_sku: str
    name: str
    unit: str
    quantity: Decimal
    pack_size: Decimal
    need: Decimal
    surplus: Decimal
    unit_price: Decimal | None
    received: Decimal
    pending: Decimal
    due: date | None
    confirmed: Decimal | None
    confirmed_price: Decimal | None
    shipped: Decimal
    passed_on: Decimal
    answered: bool
    outcome: str | None
    is_open: bool
    cards: tuple[CardView, ...]


@dataclass(frozen=True)
class CardView:
    """A card that a line serves."""

    code: str
    number: int
    of: int
    location: str
    urgent: bool
    is_open: bool


@dataclass(frozen=True)
class OrderRow:
    """One order in a list."""

    order: Order
    lines: int
    open_turns: int
    due: date | None
    confirmed: date | None

    @property
    def is_confirmed(self) -> bool:
        """Whether the supplier has confirmed the next day; else it is reckoned by the lead time."""
        return self.due is not None and self.due == self.confirmed


def page(
    session: Session,
    today: date,
    *,
    states: tuple[str, ...] = (),
    search: str = "",
    sort: str = "late",
    skip: int = 0,
    limit: int = 50,
) -> tuple[list[OrderRow], int]:
    """Orders with how many there are in all; drafts without any need are left out.

    ``due`` of each is the next day of a line that is still open. In the order *late* those lead whose day
    is over ``today``, the longest first; then come the newest. In *due* the next day leads.
    """
    turns = _turns().subquery()
    query = _needed(turns)
    if states:
        query = query.where(Order.state.in_(states))
    if search:
        query = query.where(_is_about(search))
    count = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    late = case((turns.c.due < today, turns.c.due))
    first = {"late": late, "due": turns.c.due}[sort]
    rows = session.execute(query.order_by(first.is_(None), first, Order.id.desc()).offset(skip).limit(limit))
    return [OrderRow(*row) for row in rows], count


def _needed(turns: Subquery) -> Select[Order, int, int, date | None, date | None]:
    """Orders with what ``turns`` tells of each; a draft only while a card waits for it."""
    lines, opened = func.coalesce(turns.c.lines, 0), func.coalesce(turns.c.opened, 0)
    return (
        select(Order, lines, opened, turns.c.due, turns.c.confirmed)
        .outerjoin(turns, turns.c.order_id == Order.id)
        .join(Order.supplier)
        .options(joinedload(Order.supplier), joinedload(Order.ship_to))
        .where((Order.state != "draft") | (turns.c.opened > 0))
    )


def _is_about(search: str) -> ColumnElement[bool]:
    """Whether a part of the order's number or of its supplier's name was searched for."""
    wanted = search.strip().casefold()
    supplier = Order.supplier.property.mapper.class_
    found: ColumnElement[bool] = supplier.name_key.contains(wanted, autoescape=True)
    return found | func.lower(Order.number).contains(wanted, autoescape=True)


def _turns() -> Select[int, int, int, date | None, date | None]:
    """Of each order: lines, cards that wait, and the next day of its open lines, confirmed or not."""
    is_open = OrderLine.closed_at.is_(None)
    due = func.coalesce(OrderLine.confirmed_due, OrderLine.due)
    return (
        select(
            OrderLine.order_id,
            func.count(OrderLine.id.distinct()).label("lines"),
            func.count(Replenishment.id).filter(Replenishment.closed_at.is_(None)).label("opened"),
            func.min(due).filter(is_open).label("due"),
            func.min(OrderLine.confirmed_due).filter(is_open).label("confirmed"),
        )
        .outerjoin(Replenishment)
        .group_by(OrderLine.order_id)
    )


def latest_of(session: Session, supplier_id: int) -> int | None:
    """The supplier's order that was released last."""
    released = select(Order.id).where(Order.supplier_id == supplier_id, Order.number.is_not(None))
    return session.scalar(released.order_by(Order.id.desc()).limit(1))


def with_lines(session: Session, order_id: int) -> Order | None:
    """An order with all that its page needs, in a handful of statements whatever its size."""
    lines = selectinload(Order.lines)
    turns = lines.selectinload(OrderLine.replenishments)
    card = turns.joinedload(Replenishment.card).joinedload(Card.loop).joinedload(Loop.location)
    offer = lines.joinedload(OrderLine.supplier_item)
    return session.get(
        Order,
        order_id,
        options=[
            joinedload(Order.supplier),
            joinedload(Order.ship_to),
            card,
            offer.joinedload(SupplierItem.item),
            offer.selectinload(SupplierItem.price_breaks),
        ],
    )


def line_views(session: Session, order: Order) -> list[LineView]:
    """The lines of an order loaded by :func:`with_lines`; empty ones are left out."""
    of = _cards_per_loop(session, order)
    views = [_line_view(line, order, of) for line in order.lines]
    return [view for view in views if view.quantity > 0]


def total(lines: Iterable[LineView]) -> Decimal:
    """The value of lines whose price is known."""
    return sum((line.total for line in lines if line.total is not None), Decimal(0))


def _line_view(line: OrderLine, order: Order, of: dict[int, int]) -> LineView:
    offer = line.supplier_item
    is_draft = order.state == "draft"
    need = need_of(line) if is_draft else _signalled(line)
    quantity = offer.rounded(need) if is_draft else line.quantity or Decimal(0)
    return LineView(
        id=line.id,
        sku=line.sku or offer.item.sku,
        supplier_sku=offer.sku if line.supplier_sku is None else line.supplier_sku,
        name=line.name or offer.item.name,
        unit=line.unit or offer.item.unit,
        quantity=quantity,
        pack_size=line.pack_size or offer.pack_size,
        need=need,
        surplus=max(Decimal(0), quantity - line.passed_on - need),
        unit_price=offer.price_at(quantity) if is_draft else line.unit_price,
        received=line.received,
        pending=line.pending,
        due=line.confirmed_due or line.due,
        confirmed=line.confirmed_quantity,
        confirmed_price=line.confirmed_price,
        shipped=line.shipped,
        passed_on=line.passed_on,
        answered=line.answered_at is not None or line.confirmed_due is not None,
        outcome=line.outcome,
        is_open=not is_draft and line.closed_at is None,
        cards=tuple(_card_view(turn, of) for turn in line.replenishments if turn.outcome != "withdrawn"),
    )


def _signalled(line: OrderLine) -> Decimal:
    """What the cards of a released line asked for."""
    asked = (turn.quantity for turn in line.replenishments if turn.outcome != "withdrawn")
    return sum(asked, line.extra)


def _card_view(turn: Replenishment, of: dict[int, int]) -> CardView:
    card = turn.card
    return CardView(
        code=card.code,
        number=card.number,
        of=of.get(card.loop_id, card.number),
        location=card.loop.location.path,
        urgent=turn.urgent,
        is_open=turn.closed_at is None,
    )


def _cards_per_loop(session: Session, order: Order) -> dict[int, int]:
    loop_ids = {turn.card.loop_id for line in order.lines for turn in line.replenishments}
    query = (
        select(Card.loop_id, func.count())
        .where(Card.loop_id.in_(loop_ids), Card.life != "retired")
        .group_by(Card.loop_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}
