"""A small shop behind a real server, and Debian's Chromium in front of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright
from serving import Browser, Served, serving
from shop import GLOVE, PAPER, SCREW, Shop, stock
from sqlalchemy.orm import Session

from kanban import clock, items, people, schema, suppliers
from kanban.db import Database

PLAIN_HOST = "kanban.test"
"""Another name of the shop's server: browsers trust 127.0.0.1 without TLS, and no other."""
PASSWORD = "correct horse battery"
LONGEST_WAIT = 60_000
"""Milliseconds until something counts as never happening: what is quick on one machine is slow on another."""
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip

expect.set_options(timeout=LONGEST_WAIT)


@dataclass
class OpenShop:
    """The shop as it is served: 20 cards wait on drafts, 2 are ordered, 2 on their way, the rest is full;
    ``shown`` is one that nobody scans, ``coming`` one that is on its way."""

    served: Served
    token: str
    cookie: str
    waiting: list[str]
    full: Iterator[str]
    order: int
    shown: str
    coming: str

    def another_scans(self, code: str) -> None:
        """Somebody else, elsewhere, signals a card."""
        assert '"signalled"' in Browser(self.served.address).scan(code, self.token).text


@pytest.fixture(scope="session")
def open_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenShop]:
    """The shop of most tests: each of them leaves signals behind, in any order."""
    with opened_shop(tmp_path_factory.mktemp("browser") / "shop") as shop:
        yield shop


@contextmanager
def opened_shop(folder: Path) -> Iterator[OpenShop]:
    """A furnished shop in a new folder, and its server running."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'kanban.sqlite'}"
    schema.upgrade(url)
    database = Database(url, folder)
    shop = Shop(database, clock.now() - timedelta(days=3))
    loops = shop.write(lambda session: furnish(session, shop))
    waiting = [code for cards in loops[:4] for code in cards[:5]]
    for code in waiting:
        shop.scan(code)
    order = shop.ordered(*loops[4][:2])
    coming = loops[5][0]
    shop.on_its_way(*loops[5][:2])
    shop.at = clock.now()
    token, cookie = shop.write(lambda session: keys(session, shop))
    database.close()
    full = chain(*(cards[2:] for cards in loops[4:6]), *loops[6:])
    with serving(folder, KANBAN_UNDO_SECONDS="60", KANBAN_TRUSTED_HOSTS=PLAIN_HOST) as served:
        yield OpenShop(served, token, cookie, waiting, full, order, next(full), coming)


def furnish(session: Session, shop: Shop) -> list[list[str]]:
    """A rack, and eighteen items with one loop of six cards each, from four suppliers."""
    deed = shop.deed()
    site = items.add_location(session, deed, "Works", address="Mill Lane 1")
    rack = items.add_location(session, deed, "Rack A", site)
    bolts, gloves, tools, paper = (
        suppliers.add(session, deed, suppliers.SupplierFacts(name, lead_time=5))
        for name in ("Bolts & Co", "Gloves Ltd", "Tools Ltd", "Paper Ltd")
    )
    sources = [(bolts, SCREW)] * 4 + [(gloves, GLOVE), (tools, SCREW)] + [(paper, PAPER)] * 12
    return [
        stock(session, deed, rack, supplier, f"PART-{number:02}", offer, 25, 6)
        for number, (supplier, offer) in enumerate(sources)
    ]


def keys(session: Session, shop: Shop) -> tuple[str, str]:
    """A scanner's token, and the cookie of an administrator who can also sign in as *ada*."""
    deed, hashed = shop.deed(), people.hash_password(PASSWORD)
    ada = people.add(session, deed, login="ada", name="Ada", role="admin", password_hash=hashed)
    return people.add_device(session, deed, "Scanner", "operator")[1], people.sign_in(session, deed, ada)


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(driver: Playwright) -> Iterator[Chromium]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "Chromium is not installed: these promises are kept on a real screen, so install it"
    browser = driver.chromium.launch(executable_path=program, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def open_context(chromium: Chromium, open_shop: OpenShop) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a browser profile of its own, a stranger unless ``signed_in``; all are closed after the test."""
    opened: list[BrowserContext] = []

    def make(*, signed_in: bool = False, **options: Any) -> BrowserContext:
        address = open_shop.served.address
        context = chromium.new_context(base_url=address, **options)
        if signed_in:
            context.add_cookies([{"name": "kanban", "value": open_shop.cookie, "url": address}])
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def phone(open_context: Callable[..., BrowserContext]) -> Page:
    """A stranger's phone."""
    return open_context(**PHONE).new_page()


@pytest.fixture
def desk(open_context: Callable[..., BrowserContext]) -> Page:
    """A desk screen on which the administrator is signed in."""
    return open_context(signed_in=True, **DESK).new_page()


@pytest.fixture
def card(open_shop: OpenShop) -> str:
    """A card with a full bin, that no other test touches."""
    return next(open_shop.full)
