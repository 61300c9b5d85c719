"""What every bench stands on: the machine's line, a table, bulk seeding, and a load generator."""

from __future__ import annotations

import asyncio
import os
import platform
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "faults"))

from served import HERE, Seeded, sqlite_url
from sqlalchemy import insert
from sqlalchemy.orm import Session

from kanban import clock, codes, journal, people, schema
from kanban.db import Database
from kanban.items import Item, Location
from kanban.loops import Card, Loop
from kanban.orders import Order, OrderLine, Replenishment
from kanban.suppliers import PriceBreak, Supplier, SupplierItem

SOURCES = 50
CARDS_A_LOOP = 2


def machine() -> str:
    """The machine in one line: without it a figure means nothing."""
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, load {load}"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under their headings, numbers to the right."""
    told = [[_cell(cell) for cell in row] for row in rows]
    widths = [max(len(line[n]) for line in [list(head), *told]) for n in range(len(head))]
    for line in [list(head), ["-" * width for width in widths], *told]:
        print(
            "  ".join(
                cell.rjust(width) if n else cell.ljust(width)
                for n, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
        )
    print(flush=True)


def _cell(value: object) -> str:
    return (
        f"{value:,.2f}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of all values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


@dataclass
class Run:
    """What the load generator saw: seconds each answer took, and how many of each status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def milliseconds(self, share: float) -> float:
        return quantile(self.latencies, share) * 1000


def load(port: int, clients: int, requests: Iterable[bytes]) -> Run:
    """Send all requests from ``clients`` keep-alive connections at once, each client one after the other."""
    return asyncio.run(_load(port, clients, iter(requests)))


def scan_request(code: str, token: str) -> bytes:
    """One scan as a program sends it, with a key of its own."""
    return request(
        "POST", f"/c/{code}/scans", token, b'{"mode":"signal"}', f"Idempotency-Key: {uuid.uuid4()}\r\n"
    )


def request(method: str, path: str, token: str, body: bytes = b"", more: str = "") -> bytes:
    """An HTTP request as bytes; ``more`` are header lines."""
    content = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: {HERE}\r\nAuthorization: Bearer {token}\r\n{more}{content}\r\n"
    return head.encode() + body


async def _load(port: int, clients: int, requests: Iterator[bytes]) -> Run:
    run = Run()
    began = time.perf_counter()
    await asyncio.gather(*[_client(port, requests, run) for _ in range(clients)])
    run.seconds = time.perf_counter() - began
    return run


async def _client(port: int, requests: Iterator[bytes], run: Run) -> None:
    reader, writer = await asyncio.open_connection(HERE, port)
    for sent in requests:
        began = time.perf_counter()
        writer.write(sent)
        status, _ = await _answer(reader)
        run.latencies.append(time.perf_counter() - began)
        run.statuses[status] = run.statuses.get(status, 0) + 1
    writer.close()
    await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    return int(head[9:12]), await reader.readexactly(length)


def seed(folder: Path, *, cards: int, turns: int = 0) -> Seeded:
    """A shop of ``cards`` active cards, of which the first ``turns`` are empty, written in bulk.

    Half of the turns wait in drafts, a quarter is ordered, a quarter on its way. The journal holds the
    signals, so that the board finds who asked; nothing else of how the shop came to be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    schema.upgrade(sqlite_url(folder))
    database = Database(sqlite_url(folder), folder)
    try:
        return database.write(lambda session: _fill(session, cards, turns))
    finally:
        database.close()


def _fill(session: Session, cards: int, turns: int) -> Seeded:
    deed = journal.Deed(clock.now(), journal.By("test"))
    tokens = {role: people.add_device(session, deed, role, role)[1] for role in people.ROLES}
    people.close_set_up(session, deed.at)
    count = (cards + CARDS_A_LOOP - 1) // CARDS_A_LOOP
    loop_ids = range(1, count + 1)
    _places(session)
    put = _writer(session)
    put(
        Supplier,
        ({"id": n, "name": f"Supplier {n}", "name_key": f"supplier {n}"} for n in range(1, SOURCES + 1)),
    )
    put(Item, ({"id": n, "sku": f"P-{n:06}", "sku_key": f"p-{n:06}", "name": f"Part {n}"} for n in loop_ids))
    put(SupplierItem, ({"id": n, "supplier_id": n % SOURCES + 1, "item_id": n} for n in loop_ids))
    price = {"from_quantity": Decimal(1), "unit_price": Decimal("1.25")}
    put(PriceBreak, ({"supplier_item_id": n, **price} for n in loop_ids))
    loop = {"location_id": 2, "card_quantity": Decimal(25)}
    put(Loop, ({"id": n, "item_id": n, "supplier_item_id": n, **loop} for n in loop_ids))
    made = [codes.make() for _ in range(cards)]
    put(
        Card,
        (
            {
                "id": n + 1,
                "loop_id": n // CARDS_A_LOOP + 1,
                "number": n % CARDS_A_LOOP + 1,
                "code": code,
                "life": "active",
            }
            for n, code in enumerate(made)
        ),
    )
    if turns:
        _open_turns(session, deed, turns)
    return Seeded(made[turns:], tokens)


def _places(session: Session) -> None:
    rows = [
        {"id": 1, "parent_id": None, "site_id": None, "name": "Works", "path": "Works", "path_key": "works"},
        {"id": 2, "parent_id": 1, "site_id": 1, "name": "A", "path": "Works › A", "path_key": "works › a"},
    ]
    session.execute(insert(Location.__table__), rows)


def _open_turns(session: Session, deed: journal.Deed, turns: int) -> None:
    """Orders, lines and turns: per supplier a draft (even loops), and an order that has left (odd ones)."""
    put = _writer(session)
    left = {"released_at": deed.at, "created_at": deed.at}
    put(
        Order,
        (
            {"id": n, "supplier_id": n, "ship_to_id": 1, "state": "draft", "created_at": deed.at}
            for n in range(1, SOURCES + 1)
        ),
    )
    put(
        Order,
        (
            {
                "id": SOURCES + n, "supplier_id": n, "ship_to_id": 1, "number": f"PO-{n:06}", **left,
                "state": "shipped" if n % 4 < 2 else "released", "shipped_at": deed.at if n % 4 < 2 else None,
            }
            for n in range(1, SOURCES + 1)
        ),
    )  # fmt: skip
    loop_ids = range(1, (turns + CARDS_A_LOOP - 1) // CARDS_A_LOOP + 1)
    due = deed.at.date() + timedelta(days=3)
    order_of = {n: n % SOURCES + 1 + (SOURCES if n // SOURCES % 2 else 0) for n in loop_ids}
    put(
        OrderLine,
        (
            {
                "id": n,
                "order_id": order_of[n],
                "supplier_item_id": n,
                "due": due if order_of[n] > SOURCES else None,
            }
            for n in loop_ids
        ),
    )
    first = journal.revision(session) + 1
    signals = (journal.Entry("signalled", "scan", None, {"cycle": 1}, card_id=n + 1) for n in range(turns))
    journal.append_all(session, deed, signals)
    put(
        Replenishment,
        (
            {
                "card_id": n + 1, "cycle": 1, "order_line_id": n // CARDS_A_LOOP + 1, "quantity": Decimal(25),
                "signalled_at": deed.at - timedelta(minutes=n % 9000), "signal_event_id": first + n,
            }
            for n in range(turns)
        ),
    )  # fmt: skip


def _writer(session: Session) -> Callable[[Any, Iterable[dict[str, object]]], None]:
    def put(table: Any, rows: Iterable[dict[str, object]]) -> None:
        session.execute(insert(table.__table__), list(rows))

    return put
