"""Whatever is received, corrected, accepted, returned or cancelled, in any order: the books stay right."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from shop import BERLIN, Shop
from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban import orders, receipts, scans
from kanban.keeping import verify
from kanban.orders import Order, OrderLine
from kanban.receipts import Arrival, Quarantine, Receipt, Return, ReturnWish

REFUSALS = (
    receipts.NothingComing, receipts.BadReceipt, receipts.BadCorrection, receipts.NotInQuarantine,
    receipts.ReturnSettled, receipts.OtherSupplier, receipts.Doubtful,
    orders.AlreadyReleased, orders.NotAllowed, orders.NothingToOrder, orders.NoOpenTurn,
)  # fmt: skip
STEPS = 60
LOOK_AFTER = 6
APART = ((0, 0), (5, 0), (0, 1))


class Player:
    """Somebody who does any of the verbs of receiving to whatever is there."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop, self.rng = shop, random.Random(seed)
        self.done = 0

    def step(self) -> None:
        verbs: list[Callable[[Session], object]] = [
            self.scan, self.scan, self.release, self.deliver, self.deliver, self.correct, self.accept,
            self.give_back, self.give_back_used, self.settle, self.close_short, self.cancel,
        ]  # fmt: skip
        self.shop.later(minutes=self.rng.randint(1, 600))
        self.deed = self.shop.deed()
        try:
            self.shop.write(self.rng.choice(verbs))
            self.done += 1
        except REFUSALS:
            pass

    def some(self, session: Session, table: type, *where: object) -> object | None:
        found = session.scalars(select(table).where(*where)).all()  # type: ignore[arg-type]
        return self.rng.choice(found) if found else None

    def units(self) -> Decimal:
        return Decimal(self.rng.choice((1, 4, 5, 10, 20, 25, 30, 60)))

    def scan(self, session: Session) -> None:
        mode = self.rng.choice(("signal", "signal", "receive"))
        quantity = self.units() if self.rng.random() < 0.3 else None
        wish = scans.Wish(mode, quantity, sure=True, zone=BERLIN)
        scans.scan(session, self.deed, self.rng.choice(self.shop.cards), wish)

    def release(self, session: Session) -> None:
        order = self.some(session, Order, Order.state == "draft")
        if isinstance(order, Order):
            orders.release(session, self.deed, order, BERLIN)

    def deliver(self, session: Session) -> None:
        order = self.some(session, Order, Order.state.in_(orders.OPEN_STATES))
        if isinstance(order, Order):
            arrivals = [
                Arrival(order.id, line.id, self.units(), *map(Decimal, self.rng.choice(APART)))
                for line in order.lines
                if line.closed_at is None
            ]
            number = self.rng.choice(("", "LS 1", "LS 2"))
            receipts.receive(session, self.deed, order.supplier, arrivals, number=number, sure=True)

    def correct(self, session: Session) -> None:
        receipt = self.some(session, Receipt)
        if isinstance(receipt, Receipt):
            right = self.rng.choice((Decimal(0), self.units()))
            receipts.correct(session, self.deed, receipt, right, "miscounted")

    def accept(self, session: Session) -> None:
        kept = self.some(session, Quarantine)
        if isinstance(kept, Quarantine):
            receipts.accept(session, self.deed, kept, Decimal(self.rng.randint(1, 5)), "usable")

    def wish(self, quantity: Decimal) -> ReturnWish:
        expected = self.rng.choice(receipts.EXPECTED)
        return ReturnWish(quantity, "damaged", expected, give_back=self.rng.random() < 0.5)

    def give_back(self, session: Session) -> None:
        kept = self.some(session, Quarantine)
        if isinstance(kept, Quarantine):
            wish = self.wish(Decimal(self.rng.randint(1, 5)))
            receipts.return_quarantined(session, self.deed, kept, wish)

    def give_back_used(self, session: Session) -> None:
        line = self.some(session, OrderLine, OrderLine.received > 0)
        if isinstance(line, OrderLine):
            receipts.return_goods(session, self.deed, line, self.wish(self.units()))

    def settle(self, session: Session) -> None:
        sent = self.some(session, Return)
        if isinstance(sent, Return):
            receipts.settle_return(session, self.deed, sent, "here")

    def close_short(self, session: Session) -> None:
        line = self.some(session, OrderLine, OrderLine.quantity.is_not(None))
        if isinstance(line, OrderLine):
            receipts.close_short(session, self.deed, line)

    def cancel(self, session: Session) -> None:
        order = self.some(session, Order)
        if isinstance(order, Order) and self.rng.random() < 0.3:
            orders.cancel(session, self.deed, order, give_back=self.rng.random() < 0.5)


@pytest.mark.parametrize("seed", range(8))
def test_the_books_stay_right(sqlite_shop: Shop, seed: int) -> None:
    player = Player(sqlite_shop, seed)
    for _ in range(STEPS // LOOK_AFTER):
        for _ in range(LOOK_AFTER):
            player.step()
        with sqlite_shop.database.read() as session:
            assert list(verify.verify(session)) == [], f"seed {seed} after {player.done} deeds"
    assert player.done > STEPS / 3
