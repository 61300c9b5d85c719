"""A small shop for tests: places, suppliers, items, loops, cards and people, and verbs to play with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import items, journal, loops, orders, people, receipts, scans, suppliers
from kanban.db import Database

T = TypeVar("T")

MONDAY_MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
UNDO_WINDOW = timedelta(seconds=10)

SCREW = suppliers.OfferFacts(
    sku="B-100",
    pack_size=Decimal(10),
    prices=((Decimal(1), Decimal("2.5")), (Decimal(60), Decimal("2.25")), (Decimal(100), Decimal(2))),
)
GLOVE = suppliers.OfferFacts(
    pack_size=Decimal(4), order_multiple=Decimal(6), minimum_order_quantity=Decimal(20)
)
PAPER = suppliers.OfferFacts(pack_size=Decimal(5), lead_time=2)


@dataclass
class Shop:
    """One site with a rack. *Bolts* sells screws (25 a card, packs of 10) and gloves; *Paper Ltd* paper.

    Attributes are codes of cards and ids of rows, so that nothing old can cling to a test. ``at`` is
    the shop's clock: it stands still until :meth:`later`.
    """

    database: Database
    at: datetime = MONDAY_MORNING
    ids: dict[str, int] = field(default_factory=dict)
    screws: list[str] = field(default_factory=list)
    gloves: list[str] = field(default_factory=list)
    paper: list[str] = field(default_factory=list)

    @property
    def cards(self) -> list[str]:
        return [*self.screws, *self.gloves, *self.paper]

    def moved_to(self, database: Database) -> Shop:
        """The same shop in a copy of its database."""
        return Shop(database, self.at, dict(self.ids), [*self.screws], [*self.gloves], [*self.paper])

    def later(self, **spans: float) -> None:
        self.at += timedelta(**spans)

    def deed(
        self, key: str | None = None, *, who: str = "owner", via: str = "test",
        occurred_at: datetime | None = None, fingerprint: str | None = None,
    ) -> journal.Deed:  # fmt: skip
        """One request at the shop's time, by ``owner``, ``colleague`` or ``stranger`` (whom nobody knows)."""
        by = journal.By(via, self.ids.get(who))
        return journal.Deed(self.at, by, key, fingerprint or (key and "same"), occurred_at)

    def write(self, work: Callable[[Session], T]) -> T:
        return self.database.write(work)

    def scan(self, code: str, deed: journal.Deed | None = None, **wish: Any) -> scans.Answer:
        deed = deed or self.deed()
        return self.write(lambda session: scans.scan(session, deed, code, scans.Wish(**wish)))

    def undo(self, code: str, deed: journal.Deed | None = None, **how: Any) -> scans.Answer:
        deed = deed or self.deed()
        return self.write(lambda session: scans.undo(session, deed, code, window=UNDO_WINDOW, **how))

    def look(self, code: str) -> scans.Situation:
        with self.database.read() as session:
            card = scans.look(session, code)
        assert card is not None
        return card

    def supply(self, code: str) -> str:
        return self.look(code).supply

    def release(self, order_id: int) -> None:
        self._to_order(order_id, orders.release, BERLIN)

    def confirm(self, order_id: int, *due: Any) -> None:
        self._to_order(order_id, orders.confirm, *due)

    def ship(self, order_id: int) -> None:
        self._to_order(order_id, orders.ship)

    def cancel(self, order_id: int, **how: Any) -> None:
        self._to_order(order_id, orders.cancel, **how)

    def cancel_line(self, line_id: int, **how: Any) -> None:
        self._to_line(line_id, orders.cancel_line, **how)

    def receive(self, line_id: int, quantity: int | str | Decimal, **how: Any) -> receipts.Receipt:
        receipt: receipts.Receipt = self._to_line(line_id, receipts.receive_line, Decimal(quantity), **how)
        return receipt

    def close_short(self, line_id: int) -> None:
        self._to_line(line_id, receipts.close_short)

    def add_extra(self, code: str) -> None:
        self._to_card(code, orders.add_extra)

    def set_life(self, code: str, life: str, because: str = "") -> None:
        self._to_card(code, loops.set_life, life, because)

    def replace(self, code: str, because: str = "lost") -> str:
        successor: loops.Card = self._to_card(code, orders.replace_card, because)
        return successor.code

    def change_loop(self, code: str, **facts: Any) -> None:
        """Change the facts of the card's loop."""

        def change(session: Session, deed: journal.Deed, card: loops.Card) -> None:
            loop = card.loop
            names = loops.LoopFacts.__dataclass_fields__
            wanted = loops.LoopFacts(**{name: getattr(loop, name) for name in names} | facts)
            loops.change(session, deed, loop, loop.location, loop.supplier_item, wanted)

        self._to_card(code, change)

    def move_to_paper_ltd(self, code: str) -> None:
        """Let Paper Ltd replenish the loop of this card from now on."""

        def move(session: Session, deed: journal.Deed, card: loops.Card) -> None:
            loop = card.loop
            paper = session.get_one(suppliers.Supplier, self.ids["paper_ltd"])
            assert loop.supplier_item.supplier is not paper
            offer = suppliers.add_offer(session, deed, paper, loop.item, suppliers.OfferFacts())
            loops.change(session, deed, loop, loop.location, offer, loops.LoopFacts(loop.card_quantity))

        self._to_card(code, move)

    def set_urgent(self, code: str) -> None:
        deed, turn_id = self.deed(), self.look(code).turn_id
        self.write(
            lambda session: orders.set_urgent(session, deed, session.get_one(orders.Replenishment, turn_id))
        )

    def close_loop(self, code: str) -> None:
        self._to_card(code, lambda session, deed, card: orders.close_loop(session, deed, card.loop))

    def ordered(self, *codes: str) -> int:
        """Signal these cards of one supplier, release their order, and return its id."""
        order_id = [self.scan(code).order_id for code in codes][-1]
        assert order_id is not None
        self.release(order_id)
        return order_id

    def on_its_way(self, *codes: str) -> int:
        """As :meth:`ordered`, and shipped."""
        order_id = self.ordered(*codes)
        self.ship(order_id)
        return order_id

    def order(self, order_id: int | None) -> orders.Order:
        """The order with its lines and their turns, as it stands now."""
        with self.database.read() as session:
            order = session.get_one(orders.Order, order_id)
            for line in order.lines:
                assert line.order
                assert line.supplier_item.item
                for turn in line.replenishments:
                    assert turn.card
        return order

    def line(self, order_id: int | None, sku: str | None = None) -> orders.OrderLine:
        """The only line of an order, or the one with this SKU."""
        lines = [each for each in self.order(order_id).lines if sku in (None, each.supplier_item.item.sku)]
        assert len(lines) == 1
        return lines[0]

    def events(self, kind: str | None = None) -> list[journal.Event]:
        with self.database.read() as session:
            found = session.scalars(select(journal.Event).order_by(journal.Event.id))
            return [event for event in found if kind in (None, event.kind)]

    def count(self, table: type[Any]) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def _to_order(self, order_id: int, verb: Callable[..., T], *rest: Any, **how: Any) -> T:
        deed = self.deed()
        return self.write(
            lambda session: verb(session, deed, session.get_one(orders.Order, order_id), *rest, **how)
        )

    def _to_line(self, line_id: int, verb: Callable[..., T], *rest: Any, **how: Any) -> T:
        deed = self.deed()
        return self.write(
            lambda session: verb(session, deed, session.get_one(orders.OrderLine, line_id), *rest, **how)
        )

    def _to_card(self, code: str, verb: Callable[..., T], *rest: Any, **how: Any) -> T:
        deed = self.deed()

        def act(session: Session) -> T:
            card = loops.by_code(session, code)
            assert card is not None
            return verb(session, deed, card, *rest, **how)

        return self.write(act)


def open_shop(database: Database) -> Shop:
    """Fill an empty database."""
    shop = Shop(database)
    deed = shop.deed()

    def fill(session: Session) -> None:
        for login, role in (("owner", "admin"), ("colleague", "operator")):
            person = people.add(
                session, deed, login=login, name=login.title(), role=role, password_hash="none"
            )
            shop.ids[login] = person.id
        site = items.add_location(session, deed, "Works", address="Mill Lane 1")
        rack = items.add_location(session, deed, "Rack A", site)
        bolts = suppliers.add(session, deed, suppliers.SupplierFacts("Bolts & Co", lead_time=5))
        paper = suppliers.add(session, deed, suppliers.SupplierFacts("Paper Ltd"))
        shop.ids |= {"site": site.id, "rack": rack.id, "bolts": bolts.id, "paper_ltd": paper.id}
        shop.screws = stock(session, deed, rack, bolts, "SCREW", SCREW, 25, 3)
        shop.gloves = stock(session, deed, rack, bolts, "GLOVE", GLOVE, 10, 2)
        shop.paper = stock(session, deed, rack, paper, "PAPER", PAPER, 5, 2)

    shop.write(fill)
    return shop


def stock(
    session: Session, deed: journal.Deed, place: items.Location, supplier: suppliers.Supplier,
    sku: str, offer: suppliers.OfferFacts, card_quantity: int, cards: int,
) -> list[str]:  # fmt: skip
    """A new item with an offer, a loop and active cards; returns the codes of the cards."""
    item = items.add(session, deed, items.ItemFacts(sku, sku.title()))
    offered = suppliers.add_offer(session, deed, supplier, item, offer)
    loop = loops.add(session, deed, place, offered, loops.LoopFacts(Decimal(card_quantity)))
    return [card.code for card in loops.add_cards(session, deed, loop, cards, "active")]
