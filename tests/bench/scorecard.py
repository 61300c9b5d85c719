"""Scorecards over a year of many order lines: the arithmetic, and the page with it.

python tests/bench/scorecard.py [--lines 10000] [--suppliers 40] [--rounds 10]
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import ground
from sqlalchemy import insert
from sqlalchemy.orm import Session

from kanban import clock, config, create_app, items, journal, people, schema, suppliers
from kanban.db import Database
from kanban.orders import Order, OrderLine
from kanban.receipts import Receipt
from kanban.reports import scorecard

ZONE = ZoneInfo("Europe/Berlin")
LINES_PER_ORDER = 3
YEAR = timedelta(days=365)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--suppliers", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=10)
    chosen = parser.parse_args()
    print(ground.machine())
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as place:
        rows = list(_measure(Path(place), chosen))
    ground.table((f"{chosen.lines:,} lines of {chosen.suppliers} suppliers", "p50 ms", "slowest ms"), rows)


def _measure(folder: Path, chosen: argparse.Namespace) -> Iterator[list[object]]:
    url = f"sqlite:///{folder / 'kanban.sqlite'}"
    schema.upgrade(url)
    database = Database(url, folder)
    at = clock.now()
    token = database.write(lambda session: _seed(session, at, chosen.lines, chosen.suppliers))

    def arithmetic() -> None:
        with database.read() as session:
            scorecard.suppliers(session, at, ZONE, at - YEAR)

    yield ["all suppliers, report", *_timed(arithmetic, chosen.rounds)]
    app = create_app(config.load({"KANBAN_DATA": str(folder)}))
    browser = app.test_client()
    browser.set_cookie("kanban", token)
    for address in ("/suppliers/scorecard", "/suppliers/scorecard.csv", "/suppliers/1/scorecard"):

        def page(address: str = address) -> None:
            assert browser.get(address).status_code == 200

        yield [address, *_timed(page, chosen.rounds)]
    app.extensions["kanban"].database.close()
    database.close()


def _timed(work: Callable[[], None], rounds: int) -> list[object]:
    work()
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        took.append((time.perf_counter() - start) * 1000)
    return [statistics.median(took), max(took)]


def _seed(session: Session, at: datetime, lines: int, firms: int) -> str:
    """A year of orders, most of them received, some late, some in two parts."""
    rng = random.Random(7)
    deed = journal.Deed(at, journal.By("bench"))
    person = people.add(session, deed, login="b", name="B", role="viewer", password_hash="none")
    site = items.add_location(session, deed, "Works")
    offers = []
    for n in range(firms):
        firm = suppliers.add(session, deed, suppliers.SupplierFacts(f"Firm {n:03}", country="DE"))
        for m in range(5):
            item = items.add(session, deed, items.ItemFacts(f"P-{n}-{m}", f"Part {n} {m}"))
            offers.append(suppliers.add_offer(session, deed, firm, item, suppliers.OfferFacts()))
    orders, order_lines, came = [], [], []
    for order_id in range(1, lines // LINES_PER_ORDER + 2):
        sent = at - YEAR * rng.random()
        mine = rng.randrange(firms) * 5
        state = "received" if sent < at - timedelta(days=30) else "confirmed"
        orders.append({
            "id": order_id, "supplier_id": offers[mine].supplier_id, "ship_to_id": site.id, "state": state,
            "number": f"PO-{order_id:06}", "created_at": sent, "released_at": sent,
            "confirmed_at": sent + timedelta(hours=rng.randrange(1, 80)), "closed_at": None,
        })  # fmt: skip
        due = clock.add_working_days(sent.date(), 5, "DE")
        for place in range(LINES_PER_ORDER):
            line_id = len(order_lines) + 1
            if line_id > lines:
                break
            arrived = sent + timedelta(days=max(1, rng.gauss(7, 2.5)))
            done = state == "received" and arrived < at
            order_lines.append({
                "id": line_id, "order_id": order_id, "supplier_item_id": offers[mine + place].id,
                "quantity": Decimal(30), "received": Decimal(30 if done else 0), "due": due,
                "confirmed_due": due, "closed_at": arrived if done else None,
                "outcome": "received" if done else None, "sku": f"P-{mine}", "name": "Part", "unit": "pcs",
            })  # fmt: skip
            if done:
                came += _receipts(rng, line_id, arrived)
    for table, rows in ((Order, orders), (OrderLine, order_lines), (Receipt, came)):
        session.execute(insert(table), rows)
    return people.sign_in(session, deed, person)


def _receipts(rng: random.Random, line_id: int, arrived: datetime) -> list[dict[str, object]]:
    parts = [(Decimal(30), arrived)]
    if rng.random() < 0.15:
        parts = [(Decimal(20), arrived - timedelta(days=1)), (Decimal(10), arrived)]
    return [
        {"order_line_id": line_id, "quantity": quantity, "over": Decimal(0), "at": at}
        for quantity, at in parts
    ]


if __name__ == "__main__":
    main()
