"""What tests of the channels stand on: a released order, a mail server, and a dispatcher between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mailserver
import pytest
from shop import Shop
from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban import config, outbox, suppliers
from kanban.dispatcher import Dispatcher
from kanban.outbox import Delivery


@pytest.fixture
def server() -> Iterator[mailserver.MailServer]:
    with mailserver.running() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, server: mailserver.MailServer) -> config.Settings:
    return config.load(
        {
            "KANBAN_DATA": str(tmp_path),
            "KANBAN_BASE_URL": "https://kanban.example",
            "KANBAN_TIME_ZONE": "Europe/Berlin",
            "KANBAN_SMTP_HOST": "127.0.0.1",
            "KANBAN_SMTP_SECURITY": "none",
            "KANBAN_SMTP_PORT": str(server.port),
            "KANBAN_SMTP_FROM": "orders@works.example",
            "KANBAN_SMTP_REPLY_TO": "buyer@works.example",
            "KANBAN_SMTP_BOUNCES": "bounces@works.example",
        }
    )


@pytest.fixture
def works(sqlite_shop: Shop) -> Shop:
    """The shop on SQLite; Bolts & Co has a mail address, a customer number and a price for everything."""

    def fill(session: Session) -> None:
        bolts = session.get_one(suppliers.Supplier, sqlite_shop.ids["bolts"])
        bolts.email, bolts.customer_number = "orders@bolts.example", "K-4711"
        bolts.address = "1 Thread Street\n12345 Boltham"

    sqlite_shop.write(fill)
    return sqlite_shop


@pytest.fixture
def send(works: Shop, settings: config.Settings) -> Callable[..., int]:
    """Sends what is due, once."""

    def run(**how: Any) -> int:
        return Dispatcher(works.database, how.pop("settings", settings), **how).send_all()

    return run


def deliveries(shop: Shop) -> list[Delivery]:
    with shop.database.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def choose(shop: Shop, **facts: Any) -> None:
    """Choose a channel for Bolts & Co."""
    deed = shop.deed()

    def verb(session: Session) -> None:
        bolts = session.get_one(suppliers.Supplier, shop.ids["bolts"])
        outbox.choose(session, deed, bolts, outbox.ChannelFacts(**facts))

    shop.write(verb)


def due_now(shop: Shop) -> None:
    """Let every queued delivery be due, and every lease be over."""

    def verb(session: Session) -> None:
        for each in session.scalars(select(Delivery)):
            each.due_at = shop.at
            if each.lease_until is not None:
                each.lease_until = shop.at

    shop.write(verb)
