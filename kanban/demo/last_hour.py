"""The last hour before the visitor comes in: a walk through the halls, so that every screen is alive.

Most of it is there already after half a year; this makes up what chance has left out on a particular day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from kanban import answers, clock, orders, problems
from kanban.answers import LineSaid
from kanban.demo import dock, shelves, supply
from kanban.demo.shop import Shelf, Shop, deed
from kanban.journal import By
from kanban.loops import Card
from kanban.orders import OPEN_STATES, Order, Replenishment
from kanban.receipts import Quarantine

LENGTH = timedelta(hours=1)
PACE = (20, 60)
"""Seconds from one deed to the next."""

LINES_PER_DRAFT = (3, 5)
PROBLEMS = 2
EMPTY_LOOPS = 6
URGENT_TURNS = 3
IN_EACH_STATE = 2
SENT_DAILY = ("voltmere", "karst")
"""Suppliers who take orders every day: the buyer can send something just now."""


def live(shop: Shop, end: datetime) -> None:
    """Scan what is nearly empty anyway, mark what is urgent, and enter the suppliers' answers of the day."""
    walk = _Walk(shop, end)
    walk.send()
    walk.announce()
    walk.take_part_in()
    walk.answer()
    walk.set_apart()
    walk.report_problems()
    walk.promise(shop.day_after(shop.local_day(end), 0))
    walk.promise(_later_this_week(shop, end))
    for key in shop.entered.suppliers:
        walk.fill_draft(key)
    walk.empty_loops()
    walk.mark_urgent()
    shop.run(end)


class _Walk:
    """Deeds one after another, none later than the end, among those that are planned anyway."""

    def __init__(self, shop: Shop, end: datetime) -> None:
        self.shop, self.session = shop, shop.session
        self.now, self.end = end - LENGTH, end

    def tick(self) -> datetime:
        """The moment of the next deed; what was planned before it has happened."""
        self.now = min(self.now + timedelta(seconds=self.shop.rng.randint(*PACE)), self.end)
        self.shop.run(self.now)
        return self.now

    def send(self) -> None:
        """Orders that their suppliers have not answered yet."""
        for key in SENT_DAILY[: max(0, IN_EACH_STATE - len(self._orders(("released",))))]:
            now = self.tick()
            self.fill_draft(key)
            order = supply.draft_of(self.shop, key)
            if order is not None:
                supply.release(self.shop, key, order, max(now, self.now))
                self.session.flush()

    def announce(self) -> None:
        """Orders that are confirmed, and others that are on their way."""
        confirmed = self._orders(("confirmed",))
        missing = IN_EACH_STATE - len(self._orders(("shipped",)))
        for order in confirmed[IN_EACH_STATE:][: max(0, missing)]:
            supply.ship(self.shop, order, self.tick())
            self.session.flush()

    def take_part_in(self) -> None:
        """An order of which the first line has come and the others have not."""
        if self._orders(("partly_received",)):
            return
        for order in self._orders(("shipped", "confirmed")):
            waiting = [line for line in order.lines if line.pending > 0]
            if len(waiting) > 1:
                now = self.tick()
                supply.receive(self.shop, waiting[0], waiting[0].pending, "LS-100418", now)
                self.session.flush()
                return

    def set_apart(self) -> None:
        """Goods that wait for a decision, and some that went back and are not settled."""
        waiting = select(func.count()).select_from(Quarantine).where(Quarantine.closed_at.is_(None))
        line = dock.open_line(self.shop)
        if not self.session.scalar(waiting) and line is not None:
            supply.take_damaged(self.shop, line, "LS-100427", self.tick())
            self.session.flush()

    def report_problems(self) -> None:
        """Something is wrong at some shelves, and nobody has dealt with it yet."""
        for _ in range(max(0, PROBLEMS - problems.count_open(self.session))):
            dock.report(self.shop, self.tick(), settled=False)
            self.session.flush()

    def answer(self) -> None:
        """A supplier that cannot bring all and asks another price, and one that has sent a part."""
        asked = [order for order in self._orders(("released", "confirmed")) if _has_two_lines(order)]
        by = By("supplier")
        for order in asked[:1]:
            short, dear = [line for line in order.lines if line.pending > 0][:2]
            packs = max(Decimal(0), short.pending // (short.pack_size or 1) - 1)
            said = [
                LineSaid(short.id, packs * (short.pack_size or 1), note="Rest in three weeks."),
                LineSaid(dear.id, unit_price=round((dear.unit_price or Decimal(1)) * Decimal("1.06"), 4)),
            ]
            answers.confirm(
                self.session, deed(self.tick(), by), order, said, note="Steel went up in November."
            )
        for order in asked[1:2]:
            first = next(line for line in order.lines if line.pending > 0)
            sent = [LineSaid(first.id, first.pending)]
            answers.ship(
                self.session, deed(self.tick(), by), order, sent, carrier="DHL", tracking="JJD000390112"
            )
        self.session.flush()

    def promise(self, day: date) -> None:
        """Orders that are promised for a day."""
        coming = [order for order in self._orders(OPEN_STATES) if day in _promised(order)]
        free = [order for order in self._orders(("confirmed", "released")) if order not in coming]
        for order in free[1:][: max(0, IN_EACH_STATE - len(coming))]:
            due = {line.id: day for line in order.lines if line.pending > 0}
            orders.confirm(self.session, deed(self.tick(), self.shop.buyer()), order, due)
            self.session.flush()

    def fill_draft(self, key: str) -> None:
        """Scan the emptiest shelves of a supplier until its draft has some lines."""
        order = supply.draft_of(self.shop, key)
        drafted = len(supply.needs_of(self.shop, order)) if order else 0
        wanted = self.shop.rng.randint(*LINES_PER_DRAFT)
        own = [shelf for shelf in self.shop.shelves if shelf.row.supplier == key and len(shelf.full) > 1]
        for shelf in sorted(own, key=_days_left)[: max(0, wanted - drafted)]:
            self._scan(shelf)

    def empty_loops(self) -> None:
        """Loops whose last full card is away."""
        missing = EMPTY_LOOPS - len(self._cards_of_empty_loops())
        bought = [shelf for shelf in self.shop.shelves if shelf.row.supplier not in supply.INTERNAL]
        last = [shelf for shelf in bought if len(shelf.full) == 1]
        for shelf in sorted(last, key=_days_left)[: max(0, missing)]:
            self._scan(shelf)

    def mark_urgent(self) -> None:
        """Some of the turns that an empty loop waits for cannot wait."""
        urgent = select(func.count()).where(Replenishment.urgent, Replenishment.closed_at.is_(None))
        missing = URGENT_TURNS - (self.session.scalar(urgent) or 0)
        turns = (shelves.open_turn_of(self.shop, card_id) for card_id in self._cards_of_empty_loops())
        calm = [turn.card_id for turn in turns if turn is not None and not turn.urgent]
        for card_id in calm[: max(0, missing)]:
            shelves.mark_urgent(self.shop, card_id, self.tick())
            self.session.flush()

    def _scan(self, shelf: Shelf) -> None:
        now = self.tick()
        if shelf.full:
            card_id = shelf.full.pop(0)
            shelf.left = float(shelf.row.card_quantity) if shelf.full else 0.0
            shelves.signal(self.shop, card_id, now, sure=True)

    def _orders(self, states: Iterable[str]) -> list[Order]:
        """Orders in these states, the one that was sent first in front."""
        query = select(Order).where(Order.state.in_(tuple(states))).order_by(Order.released_at, Order.id)
        return list(self.session.scalars(query.options(joinedload(Order.supplier))))

    def _cards_of_empty_loops(self) -> list[int]:
        """One open card of each loop that has no full one left."""
        open_turns = select(Replenishment.card_id).where(Replenishment.closed_at.is_(None)).scalar_subquery()
        away = func.count().filter(Card.id.in_(open_turns))
        query = select(func.min(Card.id)).where(Card.life == "active").group_by(Card.loop_id)
        return list(self.session.scalars(query.having(away == func.count()).order_by(func.min(Card.id))))


def _has_two_lines(order: Order) -> bool:
    untouched = [line for line in order.lines if line.pending > 0 and not line.received]
    return order.supplier.kind == "external" and len(untouched) >= 2


def _promised(order: Order) -> set[date | None]:
    return {line.confirmed_due or line.due for line in order.lines if line.pending > 0}


def _days_left(shelf: Shelf) -> float:
    units = shelf.left + float(shelf.row.card_quantity) * (len(shelf.full) - 1)
    return units / float(shelf.row.weekly_use)


def _later_this_week(shop: Shop, end: datetime) -> date:
    """The next working day but one."""
    return shop.day_after(shop.local_day(end) + clock.ONE_DAY, 1)
