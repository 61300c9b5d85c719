"""Where the cards stand: each with its open turn, and counted by their supply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from kanban import orders
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.loops import Card, Loop
from kanban.orders import Order, OrderLine, Replenishment

SUPPLY_WORDS = {
    "full": mark("full"),
    "empty": mark("empty"),
    "ordered": mark("ordered"),
    "in_transit": mark("on the way"),
}

_TURN = aliased(Replenishment, name="r")  # the names that the words of orders.SUPPLY need
_ORDER = aliased(Order, name="o")
_SUPPLY: ColumnElement[str] = literal_column(orders.SUPPLY)


@dataclass(frozen=True, slots=True)
class Bins:
    """How many cards in service stand where, by their supply."""

    full: int = 0
    empty: int = 0
    ordered: int = 0
    in_transit: int = 0

    @property
    def total(self) -> int:
        """All cards that are not retired."""
        return self.full + self.empty + self.ordered + self.in_transit

    @property
    def supply(self) -> str:
        """What says most: an empty bin before an ordered one, before one on its way; none without cards."""
        return next((name for name in ("empty", "ordered", "in_transit", "full") if getattr(self, name)), "")

    @property
    def words(self) -> str:
        """The same in words: ``1 of 3 empty``, ``all 3 full``."""
        if self.supply == "full":
            return _("all %(total)s full", total=self.total) if self.total > 1 else _("full")
        if not self.supply:
            return ""
        count = getattr(self, self.supply)
        return _(
            "%(count)s of %(total)s %(supply)s",
            count=count,
            total=self.total,
            supply=_(SUPPLY_WORDS[self.supply]),
        )


@dataclass(frozen=True, slots=True)
class CardRow:
    """One card of a loop, with its open turn. Times UTC."""

    card: Card
    supply: str
    order_id: int | None
    order_number: str | None
    due: date | None
    signalled_at: datetime | None


def cards(session: Session, loop_ids: Iterable[int]) -> list[CardRow]:
    """The cards of these loops that are not retired, by loop and number, each with its open turn."""
    due = func.coalesce(OrderLine.confirmed_due, OrderLine.due)
    query = (
        select(Card, _SUPPLY, _ORDER.id, _ORDER.number, due, _TURN.signalled_at)
        .outerjoin(_TURN, (_TURN.card_id == Card.id) & _TURN.closed_at.is_(None))
        .outerjoin(OrderLine, OrderLine.id == _TURN.order_line_id)
        .outerjoin(_ORDER, _ORDER.id == OrderLine.order_id)
        .where(Card.loop_id.in_(list(loop_ids)), Card.life != "retired")
        .order_by(Card.loop_id, Card.number)
    )
    return [CardRow(*row) for row in session.execute(query)]


def bins_by(session: Session, column: InstrumentedAttribute[int], ids: Iterable[int]) -> dict[int, Bins]:
    """How many cards of open loops stand where, by the loop's item, place or id (``column``)."""
    query = (
        select(column, _SUPPLY.label("supply"), func.count())
        .join(Card, Card.loop_id == Loop.id)
        .outerjoin(_TURN, (_TURN.card_id == Card.id) & _TURN.closed_at.is_(None))
        .outerjoin(OrderLine, OrderLine.id == _TURN.order_line_id)
        .outerjoin(_ORDER, _ORDER.id == OrderLine.order_id)
        .where(column.in_(list(ids)), Card.life != "retired")
        .group_by(column, "supply")
    )
    counted: dict[int, dict[str, int]] = defaultdict(dict)
    for of, supply, count in session.execute(query):
        counted[of][supply] = count
    return defaultdict(Bins, {of: Bins(**counts) for of, counts in counted.items()})
