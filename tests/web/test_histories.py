"""Histories that nobody would make up: every page of advice answers, and says nothing that cannot be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from kanban import advice, clock, journal, loops, suppliers
from kanban.db import Database
from kanban.items import Item
from kanban.loops import Card, Loop
from kanban.orders import Order, OrderLine, Replenishment
from web.conftest import Client, ShopData, deed

BERLIN = ZoneInfo("Europe/Berlin")
Story = Callable[[Session, ShopData], None]


Turn = tuple[int, datetime, datetime | None]
"""Which of the two cards, since when it is away, and until when."""


def turns(session: Session, shop: ShopData, told: Sequence[Turn], outcome: str = "received") -> None:
    """Write turns of cards as they would stand in the database, each on one old order line."""
    order = Order(supplier_id=shop.bolts, ship_to_id=shop.site, state="released", number="PO-1",
                  created_at=back(days=900), released_at=back(days=900))  # fmt: skip
    session.add(order)
    session.flush()
    line = OrderLine(order_id=order.id, supplier_item_id=shop.offer, quantity=Decimal(25), sku="SCREW",
                     due=back(days=890).date())  # fmt: skip
    session.add(line)
    session.flush()
    first = journal.revision(session) + 1
    entries = (
        journal.Entry("signalled", "card", shop.cards[n], {}, shop.cards[n]) for n, _since, _until in told
    )
    journal.append_all(session, deed(), entries)
    cycles: Counter[int] = Counter()
    rows = []
    for event, (card, since, until) in enumerate(told, first):
        cycles[card] += 1
        rows.append(
            {
                "card_id": shop.cards[card], "cycle": cycles[card], "order_line_id": line.id,
                "quantity": Decimal(25), "signalled_at": since, "signal_event_id": event, "closed_at": until,
                "outcome": outcome if until else None,
            }
        )  # fmt: skip
    session.execute(insert(Replenishment), rows)


def back(**spans: float) -> datetime:
    return clock.now() - timedelta(**spans)


def nothing(session: Session, shop: ShopData) -> None:
    """No scan at all."""


def one_scan(session: Session, shop: ShopData) -> None:
    turns(session, shop, [(0, back(days=3), None)])


def a_year_of_silence(session: Session, shop: ShopData) -> None:
    turns(session, shop, [(n % 2, back(days=480 - 3 * n), back(days=478 - 3 * n)) for n in range(20)])


def ten_thousand_in_an_hour(session: Session, shop: ShopData) -> None:
    moments = [back(hours=1) + timedelta(milliseconds=350 * n) for n in range(10_000)]
    turns(session, shop, [(n % 2, at, at + timedelta(milliseconds=100)) for n, at in enumerate(moments)])


def receipts_before_signals(session: Session, shop: ShopData) -> None:
    turns(session, shop, [(n % 2, back(days=60 - 4 * n), back(days=63 - 4 * n)) for n in range(12)])


def a_clock_that_went_back_a_year(session: Session, shop: ShopData) -> None:
    now = [(0, back(days=30 - n), back(days=29 - n)) for n in range(12)]
    then = [(1, back(days=395 - n), back(days=394 - n)) for n in range(12)]
    turns(session, shop, [each for pair in zip(now, then, strict=True) for each in pair])


def scans_from_the_future(session: Session, shop: ShopData) -> None:
    told: list[Turn] = [(n % 2, back(days=-3 * n), back(days=-3 * n - 2)) for n in range(10)]
    turns(session, shop, [*told, (0, back(days=-40), None), (1, back(days=-41), None)])


def across_the_change_of_clocks(session: Session, shop: ShopData) -> None:
    night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    moments = [night + timedelta(minutes=30 * n) for n in range(8)]
    turns(session, shop, [(n % 2, at, at + timedelta(minutes=20)) for n, at in enumerate(moments)])


def all_at_once(session: Session, shop: ShopData) -> None:
    turns(session, shop, [(n % 2, back(days=10), back(days=10)) for n in range(30)])


def always_cancelled(session: Session, shop: ShopData) -> None:
    told: list[Turn] = [(0, back(days=40 - 2 * n), back(days=39 - 2 * n)) for n in range(15)]
    turns(session, shop, told, "cancelled")


def no_cards(session: Session, shop: ShopData) -> None:
    for card in shop.cards:
        loops.set_life(session, deed(), session.get_one(Card, card), "retired", "lost")


def a_closed_loop(session: Session, shop: ShopData) -> None:
    session.get_one(Loop, shop.loop).closed_at = back(days=1)


def no_price_and_a_pack_larger_than_a_card(session: Session, shop: ShopData) -> None:
    offer = session.get_one(suppliers.SupplierItem, shop.offer)
    offer.price_breaks.clear()
    offer.pack_size = Decimal(1_000_000)
    session.get_one(Item, shop.screw).unit_cost = None
    one_scan(session, shop)


def used_in_dust(session: Session, shop: ShopData) -> None:
    loop = session.get_one(Loop, shop.loop)
    loop.card_quantity = Decimal("0.001")
    advice.describe(session, deed(), loop, advice.SizingFacts(use_per_day=Decimal(9_000_000)))


def hardly_ever_used(session: Session, shop: ShopData) -> None:
    loop = session.get_one(Loop, shop.loop)
    loop.card_quantity = Decimal(1_000_000)
    advice.describe(
        session, deed(), loop, advice.SizingFacts(use_per_day=Decimal("0.001"), sureness="records")
    )


STORIES: list[Story] = [
    nothing, one_scan, a_year_of_silence, ten_thousand_in_an_hour, receipts_before_signals,
    a_clock_that_went_back_a_year, scans_from_the_future, across_the_change_of_clocks, all_at_once,
    always_cancelled, no_cards, a_closed_loop, no_price_and_a_pack_larger_than_a_card, used_in_dust,
    hardly_ever_used,
]  # fmt: skip


OF_A_LOOP = ("advice", "advice.csv", "sizing", "stock", "simulation?lead_time=2&use=1.5&failure=5")
OF_ALL = (
    "/advice?show=all", "/advice.csv", "/map", "/walk", "/walk.csv", "/dashboard", "/dashboard.csv",
    "/dashboard?figure=turns&by=word", "/dashboard/weeks.csv", "/counts",
)  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_every_page_answers_and_says_what_can_be(
    story: Story, buyer: Client, database: Database, shop: ShopData
) -> None:
    database.write(lambda session: story(session, shop))
    assert buyer.post("/advice/review", {}).status_code == 303
    loop = f"/loops/{shop.loop}"
    for path in (*(f"{loop}/{page}" for page in OF_A_LOOP), *OF_ALL):
        answer = buyer.get(path)
        closed = story is a_closed_loop and path.startswith(loop)
        assert answer.status_code == 200 or (closed and answer.status_code == 404), path
        said = re.sub(r"<[^>]+>", " ", answer.text)
        assert not re.search(r"\b(nan|inf|infinity)\b|\d[eE][+-]?\d|-\d+(\.\d+)?\s?%", said), path
    assert buyer.post(f"{loop}/advice/acceptance", {}).status_code in (303, 409, 422)
