"""A database that stands still: a copy in an SQLite file, or one consistent view of PostgreSQL."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from kanban import journal, orders
from kanban.config import Settings
from kanban.db import Database
from kanban.keeping.manifests import BadBackup


@dataclass(frozen=True, slots=True)
class Facts:
    """What a database says of itself: its schema, its journal's end, its last order number."""

    schema: str
    events: int
    head: str
    last_order_number: int


def file_of(settings: Settings) -> Path:
    """The SQLite file of these settings."""
    return Path(make_url(settings.database_url).database or "")


def url_of(file: Path) -> str:
    """The database URL of an SQLite file."""
    return f"sqlite:///{file}"


@contextmanager
def alone(file: Path) -> Iterator[Session]:
    """A reading session on an SQLite file that nobody else uses; makes no file beside it."""
    place = f"file:{quote(str(file.absolute()))}?immutable=1"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(place, uri=True), poolclass=NullPool)
    with Session(engine) as session:
        yield session


@contextmanager
def snapshot(database: Database) -> Iterator[Session]:
    """A reading session in which all questions are answered of the same moment, while others write."""
    with database.read() as session:
        if not database.is_sqlite:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def facts_of(session: Session) -> Facts:
    """The facts of a database. Raises SQLAlchemy's ``DatabaseError`` where it is none of ours."""
    schema = session.scalar(text("SELECT version_num FROM alembic_version"))
    events, head = journal.head(session)
    return Facts(schema or "", events, head, last_order_number(session))


def last_order_number(session: Session) -> int:
    """The highest order number in use: the counter's, or an order's that is ahead of it."""
    counter = session.scalar(select(orders.Counter.value).where(orders.Counter.name == "order"))
    longest = func.max(func.length(orders.Order.number)).select()
    newest = select(func.max(orders.Order.number)).where(
        func.length(orders.Order.number) == longest.scalar_subquery()
    )
    return max(counter or 0, number_in(session.scalar(newest)))


def number_in(order_number: str | None) -> int:
    """The number that the counter had for an order: 123 of ``PO-000123``; 0 without one."""
    digits = re.search(r"\d+$", order_number or "")
    return int(digits[0]) if digits else 0


def check(file: Path, anchor: tuple[int, str] | None = None) -> Facts:
    """The facts of a copy that is whole: pages, references, journal, and the journal's noted end.

    Raises :class:`BadBackup`.
    """
    try:
        with alone(file) as session:
            _check_pages(session, file)
            for broken in journal.verify(session, anchor=anchor):
                raise BadBackup(f"{file}: the journal does not hold, event {broken.event_id} {broken.what}")
            return facts_of(session)
    except DatabaseError as wrong:
        raise BadBackup(f"{file} is not a kanban database, or is damaged: {wrong.orig}") from wrong


def _check_pages(session: Session, file: Path) -> None:
    found = session.scalar(text("PRAGMA integrity_check(1)"))
    if found != "ok":
        raise BadBackup(f"{file} is damaged: {found}")
    broken = session.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise BadBackup(f"{file} is damaged: table {broken[0]}, row {broken[1]} points nowhere")
