"""Random days of a shop against a plain model of it: whatever people do, both tell the same story."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from shop import Shop
from sqlalchemy import func, select

from kanban import journal, loops, orders, receipts, scans

CARDS = st.integers(0, 4)
MODES = st.sampled_from(["signal", "signal", "receive"])
SOME = st.sampled_from([Decimal(1), Decimal(7), Decimal(25), Decimal(60)])
FITTING = {"SCREW": (1, 10, 1), "GLOVE": (20, 4, 6)}
"""Minimum, pack and multiple of what the shop's *Bolts* sells."""


@dataclass
class Turn:
    card: Bin
    quantity: Decimal
    signalled_at: int
    received: Decimal = Decimal(0)
    open: bool = True

    @property
    def missing(self) -> Decimal:
        return self.quantity - self.received


@dataclass
class Line:
    turns: list[Turn] = field(default_factory=list)
    quantity: Decimal = Decimal(0)
    received: Decimal = Decimal(0)
    open: bool = True

    @property
    def open_turns(self) -> list[Turn]:
        return sorted((turn for turn in self.turns if turn.open), key=lambda turn: turn.signalled_at)

    @property
    def need(self) -> Decimal:
        return sum((turn.missing for turn in self.open_turns), Decimal(0))

    @property
    def pending(self) -> Decimal:
        return max(Decimal(0), self.quantity - self.received) if self.open else Decimal(0)


@dataclass
class Paper:
    """An order of the model."""

    state: str = "draft"
    lines: dict[str, Line] = field(default_factory=dict)
    left: bool = False

    @property
    def is_on_its_way(self) -> bool:
        return self.state in ("released", "shipped", "partly_received")

    def settle(self) -> None:
        arrived = any(line.received for line in self.lines.values())
        if not any(line.open for line in self.lines.values()):
            self.state = "received" if arrived else "cancelled"
        elif arrived:
            self.state = "partly_received"


@dataclass
class Bin:
    code: str
    sku: str
    quantity: Decimal
    life: str = "active"
    because: str = ""
    turn: Turn | None = None
    paper: Paper | None = None

    @property
    def supply(self) -> str:
        if self.turn is None or self.paper is None:
            return "full"
        if self.paper.state == "draft":
            return "empty"
        return "in_transit" if self.paper.left else "ordered"


def smallest_that_fits(sku: str, need: Decimal) -> Decimal:
    minimum, pack, multiple = FITTING[sku]
    count = int(max(need, minimum))
    while count % pack or count % multiple:
        count += 1
    return Decimal(count)


class Days(RuleBasedStateMachine):
    """What may happen to five cards of one supplier."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop
        self.bins = [Bin(code, "SCREW", Decimal(25)) for code in shop.screws]
        self.bins += [Bin(code, "GLOVE", Decimal(10)) for code in shop.gloves]
        self.papers: dict[int, Paper] = {}
        self.clock = 0

    def draft(self) -> Paper:
        return next((paper for paper in self.papers.values() if paper.state == "draft"), Paper())

    def signal(self, each: Bin, paper: Paper, quantity: Decimal) -> None:
        self.clock += 1
        each.turn, each.paper = Turn(each, quantity, self.clock), paper
        paper.lines.setdefault(each.sku, Line()).turns.append(each.turn)

    def close(self, turn: Turn) -> None:
        turn.open = False
        turn.card.turn = turn.card.paper = None

    @rule(number=CARDS, mode=MODES, part=st.none() | SOME)
    def scan(self, number: int, mode: str, part: Decimal | None) -> None:
        each, paper = self.bins[number], self.bins[number].paper
        answer = self.shop.scan(each.code, mode=mode, quantity=part)
        expected = self.expected(each, mode)
        assert (answer.effect, answer.reason) == expected
        if answer.effect == "signalled":
            assert answer.order_id is not None
            draft = self.draft()
            self.papers.setdefault(answer.order_id, draft)
            assert self.papers[answer.order_id] is draft
            self.signal(each, draft, each.quantity)
        elif answer.effect == "received":
            assert paper is not None
            self.receive_turn(each, paper, part)
        elif answer.reason == "surplus" and each.life == "surplus":
            each.life, each.because = "retired", "surplus"

    def expected(self, each: Bin, mode: str) -> tuple[str, str]:
        if each.life == "retired":
            return "refused", each.because
        if each.life == "on_hold":
            return "refused", "on_hold"
        if each.supply == "full" and mode == "receive":
            return "nothing", "not_on_order"
        if each.supply == "full":
            return ("refused", "surplus") if each.life == "surplus" else ("signalled", "")
        comes = each.supply == "in_transit" or (each.supply == "ordered" and mode == "receive")
        return ("received" if comes else "already"), ""

    def receive_turn(self, each: Bin, paper: Paper, part: Decimal | None) -> None:
        line, turn = paper.lines[each.sku], each.turn
        assert turn is not None
        whole = max(turn.missing, line.pending) if line.open_turns == [turn] else turn.missing
        arrived = whole if part is None else part
        line.received += arrived
        turn.received += min(arrived, turn.missing)
        if not turn.missing:
            self.close(turn)
        self.settle(paper, line)

    def settle(self, paper: Paper, line: Line) -> None:
        if not line.pending and not line.open_turns:
            line.open = False
        paper.settle()

    @rule(number=CARDS, wait=st.sampled_from([0, 10, 16]))
    def undo(self, number: int, wait: int) -> None:
        each = self.bins[number]
        self.shop.later(minutes=5)
        fresh = each.supply == "full" and each.life == "active"
        if fresh:
            self.scan(number, "signal", None)
        self.shop.later(seconds=wait)
        undone = False
        with suppress(scans.TooLate, scans.NothingToUndo, orders.AlreadyReleased):
            self.shop.undo(each.code)
            undone = True
        assert undone == (fresh and wait < 16)
        if undone and each.turn:
            self.close(each.turn)

    @rule()
    def release(self) -> None:
        paper = self.draft()
        order_id = next((key for key, value in self.papers.items() if value is paper), None)
        if order_id is None:
            return
        released = False
        with suppress(orders.NothingToOrder):
            self.shop.release(order_id)
            released = True
        assert released == any(line.need for line in paper.lines.values())
        if released:
            paper.state = "released"
            for sku, line in paper.lines.items():
                line.open = bool(line.need)
                line.quantity = smallest_that_fits(sku, line.need) if line.need else Decimal(0)

    def on_its_way(self) -> list[int]:
        return [key for key, paper in self.papers.items() if paper.is_on_its_way]

    @precondition(lambda self: self.on_its_way())
    @rule(data=st.data())
    def ship(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(self.on_its_way()))
        paper, shipped = self.papers[order_id], False
        with suppress(orders.NotAllowed):
            self.shop.ship(order_id)
            shipped = True
        assert shipped == (paper.state == "released")
        if shipped:
            paper.state, paper.left = "shipped", True

    @precondition(lambda self: self.on_its_way())
    @rule(data=st.data(), quantity=SOME)
    def receive_line(self, data: st.DataObject, quantity: Decimal) -> None:
        order_id = data.draw(st.sampled_from(self.on_its_way()))
        sku = data.draw(st.sampled_from(sorted(self.papers[order_id].lines)))
        paper, line = self.papers[order_id], self.papers[order_id].lines[sku]
        receipt = self.shop.receive(self.shop.line(order_id, sku).id, quantity)
        assert receipt.over == max(Decimal(0), quantity - line.pending)
        line.received += quantity
        for turn in line.open_turns:
            filled = min(quantity, turn.missing)
            turn.received += filled
            quantity -= filled
            if not turn.missing:
                self.close(turn)
        self.settle(paper, line)

    @precondition(lambda self: self.on_its_way())
    @rule(data=st.data())
    def close_short(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(self.on_its_way()))
        sku = data.draw(st.sampled_from(sorted(self.papers[order_id].lines)))
        paper, line = self.papers[order_id], self.papers[order_id].lines[sku]
        closed = False
        with suppress(receipts.NothingComing):
            self.shop.close_short(self.shop.line(order_id, sku).id)
            closed = True
        assert closed == line.open
        line.open = False
        for turn in line.open_turns:
            self.close(turn)
        paper.settle()

    @precondition(lambda self: self.on_its_way())
    @rule(data=st.data(), give_back=st.booleans())
    def cancel(self, data: st.DataObject, give_back: bool) -> None:
        order_id = data.draw(st.sampled_from(self.on_its_way()))
        paper = self.papers[order_id]
        self.shop.cancel(order_id, give_back=give_back)
        draft = self.draft()
        for line in paper.lines.values():
            line.open = False
            for turn in line.open_turns:
                each, missing = turn.card, turn.missing
                self.close(turn)
                if give_back and each.life != "retired":
                    self.signal(each, draft, missing)
                    draft_id = self.shop.look(each.code).order_id
                    assert draft_id is not None
                    self.papers.setdefault(draft_id, draft)
        paper.settle()

    @rule(number=CARDS, life=st.sampled_from(["on_hold", "active", "surplus", "active", "retired"]))
    def set_life(self, number: int, life: str) -> None:
        each, changed = self.bins[number], False
        with suppress(loops.LifeRefused):
            self.shop.set_life(each.code, life, "lost" if life == "retired" else "")
            changed = True
        assert changed == (life in loops.NEXT_LIVES[each.life])
        if changed:
            each.life, each.because = life, "lost" if life == "retired" else ""

    @rule(hours=st.integers(1, 100))
    def wait(self, hours: int) -> None:
        self.shop.at += timedelta(hours=hours)

    @invariant()
    def every_card_is_where_the_model_has_it(self) -> None:
        for each in self.bins:
            situation = self.shop.look(each.code)
            assert (situation.supply, situation.life) == (each.supply, each.life)

    @invariant()
    def every_order_is_as_the_model_has_it(self) -> None:
        for order_id, paper in self.papers.items():
            order = self.shop.order(order_id)
            assert order.state == paper.state
            assert (order.closed_at is None) == (paper.state == "draft" or paper.is_on_its_way)
            held = {line.supplier_item.item.sku: line for line in order.lines}
            assert held.keys() == paper.lines.keys()
            for sku, line in paper.lines.items():
                assert orders.need_of(held[sku]) == line.need
                assert (held[sku].quantity or 0, held[sku].received) == (line.quantity, line.received)
                assert held[sku].pending == (line.pending if paper.state != "draft" else 0)
                assert (held[sku].closed_at is None) == line.open

    @invariant()
    def sums_hold(self) -> None:
        with self.shop.database.read() as session:
            turns = session.scalars(
                select(orders.Replenishment).where(orders.Replenishment.closed_at.is_(None))
            ).all()
            counted = session.scalar(select(func.sum(receipts.Receipt.quantity))) or 0
            signals = session.scalar(
                select(func.count()).select_from(journal.Event).where(journal.Event.kind == "signalled")
            )
            assert signals == session.scalar(select(func.count()).select_from(orders.Replenishment))
        assert len({turn.card_id for turn in turns}) == len(turns)
        assert counted == sum(
            line.received for paper in self.papers.values() for line in paper.lines.values()
        )

    def teardown(self) -> None:
        with self.shop.database.read() as session:
            assert list(journal.verify(session)) == []


def test_random_days_of_a_shop_end_as_its_model_says(new_shop: Callable[[], Shop], request: Any) -> None:
    on_sqlite = "sqlite" in request.node.name
    quick = settings(max_examples=15 if on_sqlite else 3, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(lambda: Days(new_shop()), settings=quick)
