"""How many orders leave per minute by one and by two dispatchers, and how long a signal takes to be a mail.

``PYTHONPATH=tests:tests/faults python tests/bench/sending.py [orders]``; a mail server on loopback
takes everything. The second figure is from the real server with the rule *at once*.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import mails
import mailserver
import served
from sqlalchemy import select
from sqlalchemy.orm import Session
from waiting import wait_until

from kanban import clock, journal, outbox, schema, suppliers
from kanban.db import Database
from kanban.orders import rules

SIGNALS = 20
UNDO = 2  # seconds


def rate(orders: int, dispatchers: int) -> tuple[float, float]:
    """Orders released, and orders delivered, per minute."""
    with tempfile.TemporaryDirectory() as name, mailserver.running() as server:
        folder = Path(name)
        url = f"sqlite:///{folder / 'kanban.sqlite'}"
        schema.upgrade(url)
        begun = time.perf_counter()
        mails.fill(url, folder, orders)
        released = orders / (time.perf_counter() - begun) * 60
        environment = mails.environ_of(folder, url, server.port)
        processes = [mails.start(environment) for _ in range(dispatchers)]
        wait_until(lambda: len(server.mails) > 4, seconds=120)  # they have started
        first, begun = len(server.mails), time.perf_counter()
        wait_until(lambda: len(server.mails) >= orders, seconds=600)
        sent = (len(server.mails) - first) / (time.perf_counter() - begun) * 60
        for process in processes:
            process.terminate()
            process.wait(90)
    return released, sent


def latency() -> list[float]:
    """Seconds from the acknowledged signal to the mail in the mailbox, beyond the time for undo."""
    took: list[float] = []
    with tempfile.TemporaryDirectory() as name, mailserver.running() as server:
        folder = Path(name)
        url = served.sqlite_url(folder)
        shop = served.seed(url, folder, cards=2 * SIGNALS, sources=SIGNALS)
        _at_once(url, folder)
        smtp = {
            key: value for key, value in mails.environ_of(folder, url, server.port).items() if "SMTP" in key
        }
        with served.serving(served.Server(folder, **smtp, KANBAN_UNDO_SECONDS=str(UNDO))) as running:
            caller = served.Caller(running.port, shop.tokens["operator"])
            for code in shop.codes[: 2 * SIGNALS : 2]:
                before = len(server.mails)
                assert caller.post(f"/c/{code}/scans").json()["effect"] == "signalled"
                begun = time.perf_counter()
                wait_until(lambda before=before: len(server.mails) > before)
                took.append(time.perf_counter() - begun - UNDO)
            caller.close()
    return took


def _at_once(url: str, folder: Path) -> None:
    """Every supplier has an address, and its orders leave at once."""
    database = Database(url, folder)
    deed = journal.Deed(clock.now(), journal.By("bench"))

    def choose(session: Session) -> None:
        outbox.brakes.set_limits(session, deed, mails.NO_LIMITS)
        for supplier in session.scalars(select(suppliers.Supplier)):
            supplier.email = "orders@supplier.example"
            rules.set_rule(
                session, deed, supplier, rules.RuleFacts(leaves="at_once"), region="", time_zone=""
            )

    database.write(choose)
    database.close()


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for count in (1, 2):
        leaving, left = rate(number, count)
        print(f"{count} dispatcher(s): {leaving:,.0f} orders released, {left:,.0f} delivered per minute")
    late = sorted(latency())
    p95 = late[int(len(late) * 0.95) - 1]
    print(f"signal to mail, beyond {UNDO} s of undo: median {statistics.median(late):.2f} s, p95 {p95:.2f} s")
