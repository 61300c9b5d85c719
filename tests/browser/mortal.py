"""A shop whose server dies and comes back, and a phone that is switched off and on meanwhile."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import BrowserContext, BrowserType, Page
from serving import Served, free_port, serving
from shop import SCREW, Shop, stock
from sqlalchemy.orm import Session

from browser.conftest import FLAGS, PHONE, keys
from kanban import clock, items, schema, suppliers
from kanban.db import Database

LONGEST_WAIT = 30_000  # milliseconds: this machine may be busy


class Scan(NamedTuple):
    """One scan as the journal holds it."""

    effect: str
    code: str
    key: str
    age: timedelta


@dataclass
class MortalShop:
    """``cards`` are full. The server is down until :meth:`start`, and again after :meth:`kill`."""

    folder: Path
    cards: list[str]
    cookie: str
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _life: ExitStack | None = None
    _served: Served | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._life = ExitStack()
        self._served = self._life.enter_context(serving(self.folder, port=self.port, **self.settings))

    def kill(self) -> None:
        """End the server as a power cut does."""
        if self._served and self._life:
            self._served.process.kill()
            self._served.process.wait()
            self._life.close()
        self._served = self._life = None

    def scans(self) -> list[Scan]:
        """All scans with a key, in the order in which they were recorded."""
        asked = (
            "SELECT e.kind, coalesce(c.code, ''), e.key, e.recorded_at - e.occurred_at FROM event e"
            " LEFT JOIN card c ON c.id = e.card_id WHERE e.via = 'scan' AND e.key IS NOT NULL ORDER BY e.id"
        )
        with closing(sqlite3.connect(self.folder / "kanban.sqlite")) as database:
            return [Scan(*row[:3], timedelta(milliseconds=row[3])) for row in database.execute(asked)]


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


def scan(page: Page, code: str, **more: object) -> str:
    """What the scanner does with a code that it read; returns the key of the gesture."""
    key: str = page.evaluate("told => queue.add(told).key", {"code": code, **more})
    return key


def states(page: Page) -> dict[str, str]:
    """The state of each scan that this phone knows, by its key."""
    told: dict[str, str] = page.evaluate(
        "new Promise((done) => queue.onChange("
        "(all) => done(Object.fromEntries(all.map((each) => [each.key, each.state])))))"
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
