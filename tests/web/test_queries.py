"""How many SQL statements a screen sends: few, and no more when the shop has more rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from kanban import items, loops, people, suppliers
from kanban.db import Database
from web.conftest import Client, ShopData, deed

MOST_OF_A_SCAN = 8
MOST_OF_THE_BOARD = 11
NOT_OURS = ("BEGIN", "COMMIT", "ROLLBACK", "--")
"""Transaction control and triggers; a statement that fires a trigger is traced twice and counts once."""


@pytest.fixture
def count(database: Database) -> Iterator[Callable[[Callable[[], object]], int]]:
    """Counts the statements that SQLite itself runs for a piece of work, on every connection."""
    with traced(database) as seen:

        def counted(work: Callable[[], object]) -> int:
            seen.clear()
            work()
            ours = [each for each in seen if not each.startswith(NOT_OURS)]
            return len([each for each, before in zip(ours, ["", *ours], strict=False) if each != before])

        yield counted


@contextmanager
def traced(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def trace(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_trace_callback(seen.append)

    for engine in (database.reader, database.writer):
        engine.dispose()
        event.listen(engine, "connect", trace)
    yield seen
    for engine in (database.reader, database.writer):
        event.remove(engine, "connect", trace)


@pytest.fixture
def token(database: Database) -> dict[str, str]:
    """A buyer's device, as a header."""
    this = deed()
    secret = database.write(lambda session: people.add_device(session, this, "Reader", "buyer")[1])
    return {"Authorization": f"Bearer {secret}"}


def test_a_scan_sends_few_statements_and_no_more_in_a_larger_shop(
    database: Database,
    stranger: Client,
    shop: ShopData,
    token: dict[str, str],
    count: Callable[[Callable[[], object]], int],
) -> None:
    def scan(code: str) -> Callable[[], object]:
        return lambda: stranger.post(f"/c/{code}/scans", json={}, headers=token)

    assert 2 < count(scan(shop.codes[0])) <= MOST_OF_A_SCAN + 1  # the first of a supplier opens its draft
    few = count(scan(shop.codes[1]))
    more = stock(database, shop, 60)
    for code in more[1:]:
        stranger.post(f"/c/{code}/scans", json={}, headers=token)
    assert count(scan(more[0])) <= few + 2 <= MOST_OF_A_SCAN  # another item: find the draft, add its line
    assert count(scan(more[0])) <= MOST_OF_A_SCAN  # already


def test_the_board_sends_few_statements_and_no_more_with_more_rows(
    database: Database,
    stranger: Client,
    shop: ShopData,
    token: dict[str, str],
    count: Callable[[Callable[[], object]], int],
) -> None:
    def board() -> object:
        answer = stranger.get("/", headers=token)
        assert answer.status_code == 200
        return answer

    stranger.post(f"/c/{shop.codes[0]}/scans", json={}, headers=token)
    board()
    few = count(board)
    for code in stock(database, shop, 620):
        stranger.post(f"/c/{code}/scans", json={}, headers=token)
    many = count(board)
    assert many == few, "statements grow with the rows"
    assert 2 < many <= MOST_OF_THE_BOARD


def stock(database: Database, shop: ShopData, number: int) -> list[str]:
    """More items from the same supplier, each with one active card; returns the codes."""
    this = deed()

    def fill(session: Session) -> list[str]:
        made = []
        supplier = session.get_one(suppliers.Supplier, shop.bolts)
        place = session.get_one(items.Location, shop.rack)
        for n in range(number):
            item = items.add(session, this, items.ItemFacts(f"MORE-{n}", f"More {n}"))
            offer = suppliers.add_offer(session, this, supplier, item, suppliers.OfferFacts())
            loop = loops.add(session, this, place, offer, loops.LoopFacts(Decimal(5)))
            made += [card.code for card in loops.add_cards(session, this, loop, 1, "active")]
        return made

    return database.write(fill)
