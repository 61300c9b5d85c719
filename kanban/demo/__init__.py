"""A believable machine shop to look at and to play with: its catalogue, and half a year of its life.

:func:`load` fills an empty database. The firm, its people and its suppliers are invented; what happens to
them goes through the same verbs as everything else, with times that lie in the past.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import journal
from kanban.db import Base, Database
from kanban.demo import catalogue, history
from kanban.items import Item
from kanban.loops import Card, Loop
from kanban.orders import Order, Replenishment
from kanban.suppliers import Supplier

__all__ = ["DemoShop", "NotEmpty", "load"]


class NotEmpty(Exception):
    """The database holds something already; a demonstration must not mix with it."""


@dataclass(frozen=True, slots=True)
class DemoShop:
    """What :func:`load` has made: the firm's name, and how many rows of each kind there are now."""

    name: str
    items: int
    suppliers: int
    loops: int
    cards: int
    orders: int
    turns: int
    events: int

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.items} items from {self.suppliers} suppliers, {self.cards} cards in "
            f"{self.loops} loops, {self.orders} orders and {self.turns} turns of cards in half a year."
        )


def load(database: Database, at: datetime, zone: ZoneInfo) -> DemoShop:
    """Fill an empty database with the demonstration shop as it stands at ``at``, all or nothing.

    ``zone`` is the shop's time zone, for its hours and its suppliers' order days. The same ``at`` and
    ``zone`` give the same rows, except the secrets: the codes on the cards and the tokens of the devices
    are new each time, since published ones would open the shop to everybody. Raises :class:`NotEmpty`.
    """
    return database.write(lambda session: _load(session, at, zone))


def _load(session: Session, at: datetime, zone: ZoneInfo) -> DemoShop:
    if journal.revision(session) > 0:
        raise NotEmpty("the demonstration needs an empty database, and this one has been used")
    firm = catalogue.read()
    history.live(session, firm, at, zone)
    return DemoShop(
        name=firm.name,
        items=_count(session, Item),
        suppliers=_count(session, Supplier),
        loops=_count(session, Loop),
        cards=_count(session, Card),
        orders=_count(session, Order),
        turns=_count(session, Replenishment),
        events=journal.revision(session),
    )


def _count(session: Session, table: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0
