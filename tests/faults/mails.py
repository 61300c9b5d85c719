"""Dispatchers killed at random while orders go out by mail through a server that misbehaves.

``PYTHONPATH=tests:tests/faults python tests/faults/mails.py FOLDER [orders] [seed] [sqlite|postgresql]
[dispatchers]`` prints what was seen. Each order
must arrive; a second copy only under the same Message-ID and only with the mark; nothing else may arrive.
Retries that the table puts minutes ahead are brought forward, so that the run takes minutes instead of days.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import nullcontext
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

import mailserver
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Talk
from postgres import postgresql
from shop import SCREW, Shop, stock
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kanban import clock, items, outbox, schema, suppliers
from kanban.db import Database
from kanban.outbox import Delivery

PROGRAM = Path(sys.executable).with_name("kanban")
LEASE = 15  # seconds; longer than a try takes on a busy machine, or every try is overtaken
CARDS_A_LOOP = 900
MAILS_A_KILL = 25
"""A dispatcher is killed after so many mails at most."""


@dataclass
class Misbehaving(mailserver.MailServer):
    """Drops, delays and takes without saying so, by chance."""

    chance: random.Random = field(default_factory=random.Random)
    how_often: float = 0.2
    counts: Counter[str] = field(default_factory=Counter)
    most: int = sys.maxsize
    """It takes no more mails than these yet."""

    def trouble(self, stage: str, server: SMTP) -> str | None:
        dice = self.chance.random()
        if dice < self.how_often / 4:
            self.counts[f"dropped at {stage}"] += 1
            server.transport.abort()
            return "421 dropped"
        if dice < self.how_often / 2 and stage in ("MAIL", "RCPT", "DATA"):
            self.counts[f"451 at {stage}"] += 1
            return "451 4.7.1 later"
        return "451 4.7.1 full for now" if stage == "MAIL" and len(self.mails) >= self.most else None

    async def handle_DATA(self, server: SMTP, session: Talk, envelope: Envelope) -> str:
        self.take_then_drop = int(self.chance.random() < self.how_often / 4)
        self.counts["taken and dropped"] += self.take_then_drop
        return await super().handle_DATA(server, session, envelope)


@dataclass
class Seen:
    """What came of it."""

    orders: int
    mails: int = 0
    kills: int = 0
    doubles: int = 0
    marked: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def report(self) -> str:
        lines = [
            f"{self.orders} orders, {self.kills} killings, {self.mails} mails in {self.seconds:.0f} s",
            f"{self.doubles} orders came more than once, {self.marked} mails carried the mark",
            *(f"  {count:5} × {what}" for what, count in sorted(self.counts.items())),
            *(f"FAULT: {fault}" for fault in self.faults),
        ]
        return "\n".join(lines)


def fill(url: str, folder: Path, count: int) -> None:
    """A shop with ``count`` released orders whose mails wait."""
    database = Database(url, folder)
    shop = Shop(database, clock.now())
    deed = shop.deed()

    def build(session: Session) -> list[str]:
        site = items.add_location(session, deed, "Works")
        bolts = suppliers.add(
            session, deed, suppliers.SupplierFacts("Bolts & Co", email="orders@bolts.example")
        )
        outbox.brakes.set_limits(session, deed, NO_LIMITS)
        codes: list[str] = []
        while len(codes) < count:
            cards = min(CARDS_A_LOOP, count - len(codes))
            codes += stock(session, deed, site, bolts, f"SCREW-{len(codes)}", SCREW, 25, cards)
        return codes

    for code in shop.write(build):
        shop.ordered(code)
    database.close()


NO_LIMITS = outbox.brakes.Limits(None, None, None, False, 0)


def run(folder: Path, count: int, seed: int = 1, url: str = "", dispatchers: int = 2) -> Seen:
    """Kill ``dispatchers`` at random until every order has left, and look at what arrived."""
    url = url or f"sqlite:///{folder / 'kanban.sqlite'}"
    schema.upgrade(url)
    fill(url, folder, count)
    chance = random.Random(seed)
    seen = Seen(count)
    begun = time.monotonic()
    with mailserver.running(Misbehaving(chance=random.Random(seed + 1))) as server:
        assert isinstance(server, Misbehaving)
        server.most = ceil(count * 0.9) - 1  # so that the first strike does not come too late
        environment = environ_of(folder, url, server.port)
        database = Database(url, folder)
        running = [start(environment) for _ in range(dispatchers)]
        goal = 1
        while unsettled(database):
            time.sleep(chance.uniform(0.01, 0.4))
            hasten(database)
            if goal <= len(server.mails) < count * 0.9:  # they have got somewhere: strike in the middle of it
                victim = chance.randrange(len(running))
                stop(running[victim], signal.SIGKILL)
                seen.kills += len(server.mails) > 0
                running[victim] = start(environment)
                server.most = sys.maxsize
                goal = len(server.mails) + chance.randint(1, MAILS_A_KILL)
            if time.monotonic() - begun > 120 + 4 * count:
                seen.faults.append(f"{unsettled(database)} deliveries are still on their way")
                break
        for process in running:
            stop(process, signal.SIGTERM)
        seen.seconds = time.monotonic() - begun
        judge(seen, database, server)
        database.close()
    return seen


def judge(seen: Seen, database: Database, server: Misbehaving) -> None:
    """What arrived against what was to arrive."""
    seen.counts, seen.mails = server.counts, len(server.mails)
    arrived: dict[str, list[Any]] = defaultdict(list)
    for message in server.messages:
        arrived[str(message["Message-ID"])].append(message)
    with database.read() as session:
        rows = session.scalars(select(Delivery)).all()
    wanted = {f"<{row.message_id}@kanban.example>": row for row in rows}
    seen.faults += [f"{wanted[each].about} was lost" for each in wanted.keys() - arrived.keys()]
    seen.faults += [f"{each} came from nowhere" for each in arrived.keys() - wanted.keys()]
    for message_id, copies in arrived.items():
        marks = [copy["Kanban-Possible-Repeat"] == "yes" for copy in copies]
        seen.marked += sum(marks)
        seen.doubles += len(copies) > 1
        if marks.count(False) > 1:
            seen.faults.append(f"{message_id} came {marks.count(False)} times without the mark")
        if len({copy["Kanban-Order"] for copy in copies}) != 1:
            seen.faults.append(f"{message_id} stands for several orders")
    seen.faults += [f"{row.about} is {row.state}" for row in rows if row.state != "delivered"]


def environ_of(folder: Path, url: str, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "KANBAN_DATA": str(folder),
        "KANBAN_DATABASE_URL": url,
        "KANBAN_BASE_URL": "https://kanban.example",
        "KANBAN_SMTP_HOST": "127.0.0.1",
        "KANBAN_SMTP_SECURITY": "none",
        "KANBAN_SMTP_PORT": str(port),
        "KANBAN_SMTP_FROM": "orders@works.example",
    }


def start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [str(PROGRAM), "dispatch", "--lease", str(LEASE)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    process.wait(90)


def unsettled(database: Database) -> int:
    with database.read() as session:
        waiting = select(func.count()).where(Delivery.state.in_(("queued", "leased")))
        return session.scalar(waiting) or 0


def hasten(database: Database) -> None:
    """Bring the tries forward that the table puts minutes or hours ahead."""
    at = clock.now()
    later = (
        update(Delivery).where(Delivery.state == "queued", Delivery.due_at > at).values(due_at=at, attempts=1)
    )
    database.write(lambda session: session.execute(later) and None)


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    place, number, first = Path(sys.argv[1]), int(given.get(2, "200")), int(given.get(3, "1"))
    place.mkdir(parents=True, exist_ok=True)
    with postgresql() if given.get(4) == "postgresql" else nullcontext("") as where:
        outcome = run(place, number, first, where, dispatchers=int(given.get(5, "2")))
    print(outcome.report())
    sys.exit(bool(outcome.faults))
