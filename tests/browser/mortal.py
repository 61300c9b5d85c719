"""A shop whose server dies and comes back, and a phone that is switched off and on meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import BrowserContext, BrowserType, Page
from ports import free_port
from serving import Served, serving
from shop import SCREW, Shop, stock
from sqlalchemy.orm import Session
from waiting import wait_until

from browser.conftest import FLAGS, LONGEST_WAIT, PHONE, keys
from kanban import clock, items, schema, suppliers
from kanban.db import Database


class Scan(NamedTuple):
    """One scan as the journal holds it."""

    effect: str
    code: str
    key: str
    age: timedelta


@dataclass
class MortalShop:
    """A shop whose ``cards`` are full, and its server, which :meth:`kill` ends and :meth:`start` starts."""

    folder: Path
    cards: list[str]
    cookie: str
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _life: ExitStack | None = None
    _served: Served | None = None
    _differs: bool = False

    def take(self, number: int) -> list[str]:
        """So many cards with full bins, for one test alone."""
        taken, self.cards = self.cards[:number], self.cards[number:]
        assert len(taken) == number, "the shop has too few cards for these tests"
        return taken

    @property
    def is_alive(self) -> bool:
        """Whether the server runs, by the settings that it began with."""
        return self._served is not None and not self._differs

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, **settings: str) -> None:
        self.kill()
        self._life, self._differs = ExitStack(), bool(settings)
        told = {**self.settings, **settings}
        self._served = self._life.enter_context(serving(self.folder, port=self.port, **told))

    def kill(self) -> None:
        """End the server as a power cut does, all its processes at once."""
        if self._served and self._life:
            _kill_family(self._served.process.pid)
            self._served.process.wait()
            self._life.close()
        self._served = self._life = None

    def scans(self, keys: Collection[str] = ()) -> list[Scan]:
        """All scans with a key, or with one of these keys, in the order in which they were recorded."""
        asked = (
            "SELECT e.kind, coalesce(c.code, ''), e.key, e.recorded_at - e.occurred_at FROM event e"
            " LEFT JOIN card c ON c.id = e.card_id WHERE e.via = 'scan' AND e.key IS NOT NULL ORDER BY e.id"
        )
        with closing(sqlite3.connect(self.folder / "kanban.sqlite", timeout=60)) as database:
            found = [Scan(*row[:3], timedelta(milliseconds=row[3])) for row in database.execute(asked)]
        return [each for each in found if not keys or each.key in keys]


def _kill_family(process: int) -> None:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    for each in (process, *map(int, children)):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    wait_until(lambda: not any(map(_lives, map(int, children))), "the server's processes are gone")


def _lives(process: int) -> bool:
    """Whether the process may still hold the port and the folder; one that nobody has buried does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


@contextmanager
def mortal_shop(folder: Path, cards: int = 30, **settings: str) -> Iterator[MortalShop]:
    """A shop with so many full bins (at most 99 of one item), and its server running."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'kanban.sqlite'}"
    schema.upgrade(url)
    database = Database(url, folder)
    shop = Shop(database, clock.now() - timedelta(days=60))
    codes = shop.write(lambda session: _furnish(session, shop, cards))
    shop.at = clock.now()
    _, cookie = shop.write(lambda session: keys(session, shop))
    database.close()
    mortal = MortalShop(folder, codes, cookie, settings)
    mortal.start()
    try:
        yield mortal
    finally:
        mortal.kill()


def _furnish(session: Session, shop: Shop, cards: int) -> list[str]:
    deed = shop.deed()
    rack = items.add_location(session, deed, "Rack", items.add_location(session, deed, "Works"))
    bolts = suppliers.add(session, deed, suppliers.SupplierFacts("Bolts & Co", lead_time=5))
    made: list[str] = []
    for number, start in enumerate(range(0, cards, 50)):
        made += stock(session, deed, rack, bolts, f"PART-{number:02}", SCREW, 25, min(50, cards - start))
    return made


@contextmanager
def phone_on(
    chromium: BrowserType, profile: Path, shop: MortalShop, *, signed_in: bool = True, **options: Any
) -> Iterator[BrowserContext]:
    """A phone whose storage lies in ``profile`` and outlives it being switched off."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    context = chromium.launch_persistent_context(
        profile, executable_path=program, args=FLAGS, base_url=shop.address, **{**PHONE, **options}
    )
    if signed_in:
        context.add_cookies([{"name": "kanban", "value": shop.cookie, "url": shop.address}])
    try:
        yield context
    finally:
        context.close()


CLOCK = """
  const real = Date.now.bind(Date);
  self.clockOff = Number(sessionStorage.clockOff ?? %d);
  Date.now = () => real() + self.clockOff;
"""


def wrong_clock(context: BrowserContext, off: timedelta) -> None:
    """Let the clock of every page be off by so much; a page may set it by ``clockOff``."""
    context.add_init_script(CLOCK % (off / timedelta(milliseconds=1)))


def rewrite(page: Page, change: str) -> None:
    """Change every entry in the phone's store as ``change``, the body of a function of ``entry``, says."""
    page.evaluate(
        """(change) => new Promise((done, failed) => {
          const alter = new Function("entry", change);
          const request = indexedDB.open("kanban");
          request.onerror = () => failed(request.error);
          request.onsuccess = () => {
            const transaction = request.result.transaction("scans", "readwrite");
            transaction.objectStore("scans").openCursor().onsuccess = ({ target: { result: cursor } }) => {
              if (!cursor) return;
              alter(cursor.value);
              cursor.update(cursor.value);
              cursor.continue();
            };
            transaction.oncomplete = () => { request.result.close(); done(); };
          };
        })""",
        change,
    )


def scan(page: Page, code: str, **more: object) -> str:
    """What the scanner does with a code that it read; returns the key of the gesture."""
    key: str = page.evaluate("told => queue.add(told).key", {"code": code, **more})
    return key


def until(page: Page, expression: str, arg: object = None) -> None:
    """Wait until an expression is true; unlike Playwright's own waiting this one awaits promises."""
    wait_until(lambda: page.evaluate(expression, arg), expression)


def states(page: Page) -> dict[str, str]:
    """The state of each scan that this phone knows, by its key."""
    told: dict[str, str] = page.evaluate(
        """() => {
          let told = [];
          const stop = queue.onChange((all) => { told = all.map((each) => [each.key, each.state]); });
          stop();
          return Object.fromEntries(told);
        }"""
    )
    return told


def wait_for_states(page: Page, state: str, count: int) -> None:
    """Wait until so many scans are in the state."""
    page.evaluate("self.waited = []; queue.onChange((all) => { self.waited = all; }); null")
    page.wait_for_function(
        "([state, count]) => self.waited.filter((e) => e.state === state).length === count",
        arg=[state, count],
        timeout=LONGEST_WAIT,
        polling=100,
    )
