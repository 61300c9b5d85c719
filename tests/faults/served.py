"""The real `kanban serve` in processes of its own, a small shop in it, and plain HTTP to talk to it.

What the fault scripts and the benches stand on. Nothing here runs inside the server.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, NamedTuple

from sqlalchemy.orm import Session

sys.path.append(str(Path(__file__).parents[1]))

from ports import free_port

from kanban import clock, items, journal, loops, people, schema, suppliers
from kanban.db import Database

HERE = "127.0.0.1"
PROGRAM = Path(sys.executable).with_name("kanban")
LONGEST_START = 240.0  # seconds, on a machine that is busy with something else
NO_ANSWER = (OSError, http.client.HTTPException)
"""What a client sees of a server that was killed, or of a cut line."""


class Reply(NamedTuple):
    """One answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """One client with one keep-alive connection; not for two threads."""

    def __init__(self, port: int, token: str = "", timeout: float = 15) -> None:
        self.connection = http.client.HTTPConnection(HERE, port, timeout=timeout)
        self.token = token

    def call(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One request. Raises one of :data:`NO_ANSWER`, and opens a new connection next time."""
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            self.connection.request(method, path, body or None, {**own, **(headers or {})})
            response = self.connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        except NO_ANSWER:
            self.close()
            raise

    def get(self, path: str) -> Any:
        """The JSON at ``path``; fails where the answer is not 200."""
        reply = self.call("GET", path, headers={"Accept": "application/json"})
        assert reply.status == 200, f"GET {path}: {reply.status} {reply.body[:200]!r}"
        return reply.json()

    def post(self, path: str, key: str | None = None, **fields: object) -> Reply:
        """One changing request with its key, in JSON."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid.uuid4())}
        return self.call("POST", path, json.dumps(fields).encode(), headers)

    def rows(self, name: str, after: int = 0) -> Iterator[dict[str, Any]]:
        """All rows of an export (``journal``, ``orders``, ``cards``) behind the cursor ``after``."""
        field = {"journal": "events"}.get(name, name)
        while True:
            page = self.get(f"/api/v1/{name}?limit=1000&after={after}")
            yield from page[field]
            if page["next"] is None:
                return
            after = page["next"]

    def close(self) -> None:
        self.connection.close()


class Server:
    """`kanban serve` on a free port, its log in a file; started, killed and started again at will."""

    def __init__(self, folder: Path, database_url: str = "", **more: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "serve.log"
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("KANBAN_")}
        self.environ |= {
            "KANBAN_DATA": str(folder),
            "KANBAN_HOST": HERE,
            "KANBAN_PORT": str(self.port),
            "KANBAN_BASE_URL": f"http://{HERE}:{self.port}",
            "KANBAN_TIME_ZONE": "Europe/Berlin",
            **({"KANBAN_DATABASE_URL": database_url} if database_url else {}),
            **more,
        }
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> float:
        """Start and wait until it takes scans; returns the seconds that this took."""
        began = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(PROGRAM), "serve"], env=self.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        while not self.is_ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended at its start:\n{self.tail()}")
            if time.monotonic() - began > LONGEST_START:
                self.kill()
                raise RuntimeError(f"the server is not ready after {LONGEST_START} s:\n{self.tail()}")
            time.sleep(0.02)
        return time.monotonic() - began

    def is_ready(self) -> bool:
        """Whether /readyz says yes."""
        caller = Caller(self.port, timeout=5)
        try:
            return caller.call("GET", "/readyz").status == 200
        except NO_ANSWER:
            return False
        finally:
            caller.close()

    def kill(self) -> None:
        """SIGKILL for the main process alone; its worker has to notice by itself."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM, and wait for the end; returns the seconds that this took."""
        assert self.process
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return time.monotonic() - began

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another `kanban` command on the same shop."""
        return subprocess.run(
            [str(PROGRAM), *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def tail(self, characters: int = 4000) -> str:
        """The end of the log."""
        return self.log.read_text(errors="replace")[-characters:] if self.log.exists() else ""

    def workers(self) -> list[int]:
        """The ids of the processes that the main process started."""
        assert self.process
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(each) for each in children.read_text().split()]

    def cpu_seconds(self) -> float:
        """Processor time that the workers have used, user and system."""
        ticks = 0
        for worker in self.workers():
            fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """The server as long as the context lasts."""
    server.start()
    try:
        yield server
    finally:
        if server.process and server.process.poll() is None:
            server.stop()


@dataclass(frozen=True)
class Seeded:
    """What stands in a seeded shop: codes of active cards, and a token for each role."""

    codes: list[str]
    tokens: dict[str, str]


def seed(url: str, folder: Path, *, cards: int, sources: int = 8) -> Seeded:
    """Make the tables and a shop with ``cards`` active cards, two a loop, from ``sources`` suppliers."""
    schema.upgrade(url)
    database = Database(url, folder)
    deed = journal.Deed(clock.now(), journal.By("test"))

    def fill(session: Session) -> Seeded:
        tokens = {role: people.add_device(session, deed, role, role)[1] for role in people.ROLES}
        people.close_set_up(session, deed.at)
        site = items.add_location(session, deed, "Works", address="Mill Lane 1")
        rack = items.add_location(session, deed, "Rack A", site)
        firms = [
            suppliers.add(session, deed, suppliers.SupplierFacts(f"Supplier {n}", lead_time=5))
            for n in range(sources)
        ]
        codes: list[str] = []
        for n in range((cards + 1) // 2):
            item = items.add(session, deed, items.ItemFacts(f"PART-{n:05}", f"Part {n}"))
            facts = suppliers.OfferFacts(pack_size=Decimal(10), prices=((Decimal(1), Decimal("2.5")),))
            offer = suppliers.add_offer(session, deed, firms[n % sources], item, facts)
            loop = loops.add(session, deed, rack, offer, loops.LoopFacts(Decimal(25)))
            codes += [card.code for card in loops.add_cards(session, deed, loop, 2, "active")]
        return Seeded(codes[:cards], tokens)

    try:
        return database.write(fill)
    finally:
        database.close()


def sqlite_url(folder: Path) -> str:
    """The database that `kanban serve` keeps in a data folder."""
    return f"sqlite:///{folder / 'kanban.sqlite'}"


def last_lines(log: IO[str] | Path, pattern: str) -> list[str]:
    """The lines of a server's log that contain ``pattern``."""
    text = log.read_text(errors="replace") if isinstance(log, Path) else log.read()
    return [line for line in text.splitlines() if pattern in line]
