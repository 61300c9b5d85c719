"""At the goods-in desk when something is wrong: damaged boxes, returns, miscounts; reports too."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial

from sqlalchemy import func, select

from kanban import orders, problems, receipts
from kanban.demo.shop import Shop, deed
from kanban.loops import Card
from kanban.orders import OrderLine
from kanban.problems import About, Problem
from kanban.receipts import Arrival, Quarantine, Receipt, Return, ReturnWish

REPLACED = 0.6
"""Share of damaged goods for which the supplier sends others; the rest is credited."""

CREDIT_COMES = (48.0, 160.0)
"""Hours until a credit note is here."""

DAMAGES = ("Box crushed at one corner", "Wet on arrival", "Thread damaged", "Seal broken")
REPORTS = (
    ("damaged", "Three in this bin have no coating"), ("short", "Counted two fewer than the card says"),
    ("wrong_item", "Mixed with the next size up"), ("other", "Label says another lot than the box"),
    ("damaged", "Edges chipped, not from us"),
)  # fmt: skip
ANSWERS = ("Replaced from the store", "Told the supplier, credit is coming", "Sorted out at the shelf")


def take_damaged(shop: Shop, line: OrderLine, note: str, now: datetime) -> bool:
    """A pack of the delivery is damaged and set apart. Says whether others will come in its place."""
    pack = line.pack_size or Decimal(1)
    said = shop.rng.choice(DAMAGES)
    arrival = Arrival(line.order_id, line.id, line.pending - pack, damaged=pack, note=said)
    by = shop.person(shop.owner("Stores"))
    supplier = line.order.supplier
    receipts.receive(shop.session, deed(now, by), supplier, [arrival], number=note, sure=True)
    replaced = shop.chance(REPLACED)
    kept = shop.session.scalar(select(func.max(Quarantine.id))) or 0
    shop.plan(shop.soon(now, (1.0, 20.0)), partial(_send_back, shop, kept, replaced))
    return replaced


def _send_back(shop: Shop, quarantine_id: int, replaced: bool, now: datetime) -> None:
    kept = shop.session.get_one(Quarantine, quarantine_id)
    if kept.left > 0:
        expected = "replacement" if replaced else "credit"
        wish = ReturnWish(kept.left, kept.reason, expected, f"RMA {shop.rng.randrange(1000, 9999)}")
        sent = receipts.return_quarantined(shop.session, deed(now, shop.buyer()), kept, wish)
        shop.plan(shop.soon(now, CREDIT_COMES), partial(_settle, shop, sent.id))


def _settle(shop: Shop, return_id: int, now: datetime) -> None:
    sent = shop.session.get_one(Return, return_id)
    if sent.settled_at is None and not (sent.expected == "replacement" and sent.order_line.pending):
        said = f"Credit note {shop.rng.randrange(20_000, 29_999)}" if sent.expected == "credit" else "It came"
        receipts.settle_return(shop.session, deed(now, shop.buyer()), sent, said)


def miscount(shop: Shop, now: datetime) -> OrderLine | None:
    """A receipt is corrected: one pack fewer had come. The line of which it is still to come, if it is."""
    query = (
        select(Receipt)
        .join(Receipt.order_line)
        .where(Receipt.counters_id.is_(None), OrderLine.outcome == "received", Receipt.over == 0)
        .where(Receipt.quantity > OrderLine.pack_size)
        .order_by(Receipt.id.desc())
    )
    receipt = shop.session.scalars(query.limit(1)).first()
    if receipt is None:
        return None
    line = receipt.order_line
    right = receipt.quantity - (line.pack_size or Decimal(1))
    by = shop.person(shop.owner("Stores"))
    receipts.correct(shop.session, deed(now, by), receipt, right, "One box counted twice")
    return line if line.pending else None


def report(shop: Shop, now: datetime, *, settled: bool = True) -> None:
    """Somebody at a shelf says that something is wrong; mostly the buyer deals with it in some days."""
    full = [shelf for shelf in shop.shelves if shelf.full]
    card = shop.session.get_one(Card, shop.rng.choice(full).full[-1])
    kind, said = shop.rng.choice(REPORTS)
    by = shop.scanner(shop.shelf_of[card.id].area)
    problem = problems.report(shop.session, deed(now, by), About(card=card), kind, said)
    if settled:
        shop.plan(shop.soon(now, (2.0, 60.0)), partial(_deal_with, shop, problem.id))


def _deal_with(shop: Shop, problem_id: int, now: datetime) -> None:
    problem = shop.session.get_one(Problem, problem_id)
    problems.settle(shop.session, deed(now, shop.buyer()), problem, shop.rng.choice(ANSWERS))


def open_line(shop: Shop) -> OrderLine | None:
    """A line of a firm of which at least two packs are still to come, the first promised in front."""
    query = select(OrderLine).join(OrderLine.order).where(OrderLine.closed_at.is_(None))
    query = query.where(orders.Order.state.in_(orders.OPEN_STATES)).order_by(OrderLine.due, OrderLine.id)
    return next(
        (
            line
            for line in shop.session.scalars(query)
            if line.order.supplier.kind == "external" and line.pending >= 2 * (line.pack_size or 1)
        ),
        None,
    )
