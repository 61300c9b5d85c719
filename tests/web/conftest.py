"""What every test of a screen stands on: an application with a small shop, and a client for each role.

Each test gets a copy of one SQLite database that was migrated, filled and signed in to once.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from kanban import clock, config, create_app, items, journal, loops, people, schema, suppliers
from kanban.db import Database

T = TypeVar("T")

ORIGIN = "http://localhost"


class Client(FlaskClient):
    """A browser on our own pages: it says where a change comes from, and makes a key for each."""

    def post(self, path: str, *fields: Any, key: str | None = None, **more: Any) -> TestResponse:  # type: ignore[override]
        """Send a form (``post("/items", {"sku": "A"})``) or, with ``json=…``, a JSON object."""
        headers = {"Origin": ORIGIN, "Idempotency-Key": key or str(uuid.uuid4()), **more.pop("headers", {})}
        if fields:
            more["data"] = fields[0]
        return super().post(path, headers=headers, **more)


@dataclass(frozen=True)
class ShopData:
    """What the shop holds: one loop of screws with two cards, all on one rack, from one supplier."""

    site: int
    rack: int
    bolts: int
    screw: int
    offer: int
    loop: int
    codes: tuple[str, ...]
    cards: tuple[int, ...]


@dataclass(frozen=True)
class Made:
    """The database that tests copy, with the secrets of the sign-ins in it."""

    file: Path
    tokens: dict[str, str]
    shop: ShopData


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    url = f"sqlite:///{folder / 'kanban.sqlite'}"
    schema.upgrade(url)
    database = Database(url, folder)
    tokens = database.write(_sign_everybody_in)
    shop = database.write(_stock)
    database.close()
    return Made(folder / "kanban.sqlite", tokens, shop)


@pytest.fixture
def app(made: Made, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database of its own."""
    shutil.copy(made.file, tmp_path / "kanban.sqlite")
    app = create_app(
        config.load(
            {
                "KANBAN_DATA": str(tmp_path),
                "KANBAN_BASE_URL": "http://kanban.example",
                "KANBAN_TIME_ZONE": "Europe/Berlin",
            }
        )
    )
    app.test_client_class = Client
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(made.file.parent))
    yield app
    app.extensions["kanban"].database.close()


@pytest.fixture
def shop(made: Made) -> ShopData:
    """The ids and codes of what stands in the database."""
    return made.shop


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database."""
    database: Database = app.extensions["kanban"].database
    return database


@pytest.fixture
def client(app: Flask, made: Made) -> Callable[[str], Client]:
    """Opens a browser for a role: ``client("buyer")``; ``phone`` is a paired one; others are strangers."""

    def open_for(role: str) -> Client:
        browser = app.test_client()
        assert isinstance(browser, Client)
        if role in made.tokens:
            browser.set_cookie("kanban-device" if role == "phone" else "kanban", made.tokens[role])
        return browser

    return open_for


@pytest.fixture
def stranger(client: Callable[[str], Client]) -> Client:
    return client("stranger")


@pytest.fixture
def viewer(client: Callable[[str], Client]) -> Client:
    return client("viewer")


@pytest.fixture
def operator(client: Callable[[str], Client]) -> Client:
    return client("operator")


@pytest.fixture
def buyer(client: Callable[[str], Client]) -> Client:
    return client("buyer")


@pytest.fixture
def admin(client: Callable[[str], Client]) -> Client:
    return client("admin")


def deed() -> journal.Deed:
    """A change by the test itself."""
    return journal.Deed(clock.now(), journal.By("test"))


def do(
    database: Database, verb: Callable[..., T], table: type[Any], row_id: int, *rest: Any, **how: Any
) -> T:
    """Do a domain verb to the row with this id: ``do(database, loops.close, Loop, shop.loop)``."""
    this = deed()
    return database.write(lambda session: verb(session, this, session.get_one(table, row_id), *rest, **how))


def revision(database: Database) -> int:
    """A number that grows with every change."""
    with database.read() as session:
        return session.scalar(select(func.max(journal.Event.id))) or 0


def _sign_everybody_in(session: Session) -> dict[str, str]:
    tokens = {}
    for role in people.ROLES:
        person = people.add(session, deed(), login=role, name=role.title(), role=role, password_hash="none")
        tokens[role] = people.sign_in(session, deed(), person)
    expected = people.open_pairing(session, deed(), people.PhoneFacts("Bench 2", "signaller"))
    tokens["phone"] = people.pair(session, deed(), expected.secret)[1]
    return tokens


def _stock(session: Session) -> ShopData:
    site = items.add_location(session, deed(), "Works", address="Mill Lane 1")
    rack = items.add_location(session, deed(), "Rack A", site)
    bolts = suppliers.add(
        session, deed(), suppliers.SupplierFacts("Bolts & Co", email="orders@bolts.example")
    )
    screw = items.add(
        session, deed(), items.ItemFacts("SCREW", "Hexagon screw M8", unit_cost=Decimal("0.12"))
    )
    facts = suppliers.OfferFacts(sku="B-100", pack_size=Decimal(10), prices=((Decimal(1), Decimal("2.5")),))
    offer = suppliers.add_offer(session, deed(), bolts, screw, facts)
    loop = loops.add(session, deed(), rack, offer, loops.LoopFacts(Decimal(25)))
    cards = loops.add_cards(session, deed(), loop, 2, "active")
    return ShopData(
        site.id, rack.id, bolts.id, screw.id, offer.id, loop.id,
        tuple(card.code for card in cards), tuple(card.id for card in cards),
    )  # fmt: skip
