"""The database: engines, the one writer, and the column types.

Reading and writing go different ways. Readers get connections that the database itself keeps from
changing anything. Every change goes through :meth:`Database.write`, one transaction at a time.
"""

from __future__ import annotations

import contextvars
import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kanban.db import engines
from kanban.db.columns import (
    Base,
    Moment,
    Money,
    Quantity,
    RowId,
    from_milliseconds,
    from_thousandths,
    to_milliseconds,
    to_thousandths,
)
from kanban.db.statements import Driver, Statement, driver_beneath

__all__ = [
    "RING",
    "Base",
    "Database",
    "Moment",
    "Money",
    "Quantity",
    "RowId",
    "Statement",
    "Trouble",
    "from_milliseconds",
    "from_thousandths",
    "to_milliseconds",
    "to_thousandths",
]


T = TypeVar("T")
LARGEST_BATCH = 64
RING = "ring"
"""Set in ``session.info`` by work whose commit the dispatchers of other processes wait for too."""


class Trouble(Exception):
    """The database cannot write just now: full or read-only disk, lost connection, lock held too long."""


class _Unit(Generic[T]):
    """One unit of work that waits to be committed, alone or with others."""

    def __init__(self, work: Callable[[Session], T]) -> None:
        context = contextvars.copy_context()  # a neighbour may run it, and says things in its language
        self.work = lambda session: context.run(work, session)
        self.done = False
        self.answer: T
        self.error: BaseException | None = None
        self.turn = threading.Lock()
        self.turn.acquire()

    def outcome(self) -> T:
        if self.error is not None:
            raise self.error
        return self.answer


class Database:
    """One shop's database.

    ``url`` is an SQLAlchemy URL of SQLite (a file) or PostgreSQL (psycopg). ``lock_folder`` is where
    the lock file for SQLite's writers lies; all processes on one database file must name the same.
    """

    def __init__(self, url: str, lock_folder: Path | None = None) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._lock_file = lock_folder / "write.lock" if self.is_sqlite and lock_folder else None
        self.writer = engines.sqlite_writer(url) if self.is_sqlite else engines.postgresql_writer(url)
        self.reader = engines.sqlite_reader(url) if self.is_sqlite else engines.postgresql_reader(url)
        self._kept = threading.local()
        self._mutex = threading.Lock()
        self._waiting: list[_Unit[Any]] = []
        self._led = False
        self.listeners: list[Callable[[bool], None]] = []
        """Called after each commit, with whether :data:`RING` was set; they must neither block nor fail."""

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one consistent state and cannot change anything."""
        with Session(self.reader, expire_on_commit=False) as session:
            yield session

    def glance(self, statement: Statement, **values: object) -> Any | None:
        """The first row of one reading statement, without a session: who sends this request?"""
        if not self.is_sqlite:
            with self.reader.connect() as connection:
                found = statement.run(driver_beneath(connection), values)
        else:
            found = statement.run(self._kept_driver(), values)
        return found[0] if found else None

    def _kept_driver(self) -> Driver:
        """A reading connection of this thread's own, kept open: each statement is its own transaction."""
        driver: Driver | None = getattr(self._kept, "driver", None)
        if driver is None:
            connection = self._kept.connection = self.reader.connect()
            connection.detach()  # the pool forgets it: it lives as long as the thread
            driver = self._kept.driver = driver_beneath(connection)
        return driver

    def write(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a transaction and answer only after its commit.

        Requests that arrive while another one commits wait, and one of them then commits for all (one
        fsync for many scans). ``work`` may be run again from the start where a neighbour's work
        failed, so it must depend on nothing but the session and its own frozen arguments. What it
        raises is raised here, with nothing kept; :class:`Trouble` says that the database cannot write.
        """
        unit = _Unit(work)
        with self._mutex:
            self._waiting.append(unit)
            leads = not self._led
            self._led = True
        if not leads:
            unit.turn.acquire()
        if not unit.done:
            self._lead()
        return unit.outcome()

    def close(self) -> None:
        """Give up all connections; the writer's last, since it may tidy the write-ahead log."""
        self.reader.dispose()
        with self._between_processes():
            self.writer.dispose()

    def _lead(self) -> None:
        """Commit for all who wait, then hand the lead to the first who came meanwhile."""
        with self._mutex:
            batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
        self._commit_together(batch)
        with self._mutex:
            following = self._waiting[0] if self._waiting else None
            self._led = following is not None
        if following:
            following.turn.release()
        for unit in batch:
            unit.turn.release()

    def _commit_together(self, batch: list[_Unit[Any]]) -> None:
        try:
            answers = self._transaction([unit.work for unit in batch])
        except BaseException as error:  # whatever it was belongs to one unit: find out which
            if len(batch) > 1:
                for unit in batch:
                    self._commit_together([unit])
                return
            batch[0].error = _named(error)
            batch[0].done = True
            return
        for unit, answer in zip(batch, answers, strict=True):
            unit.answer = answer
            unit.done = True

    def _transaction(self, works: list[Callable[[Session], Any]]) -> list[Any]:
        with (
            self._between_processes(),
            self.writer.connect() as connection,
            connection.begin(),
            Session(connection, expire_on_commit=False) as session,
        ):
            answers = []
            for work in works:
                answers.append(work(session))
                session.flush()
            rings = bool(session.info.get(RING))
        for listener in self.listeners:
            listener(rings)
        return answers

    @contextmanager
    def _between_processes(self) -> Iterator[None]:
        """One writer at a time on an SQLite file, checkpoints included (see docs/decisions/0002)."""
        with self._lock() as lock:
            if lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _lock(self) -> AbstractContextManager[IO[str] | None]:
        try:
            return open(self._lock_file, "w") if self._lock_file else nullcontext()
        except OSError as error:
            raise Trouble(f"the data folder cannot be written: {error}") from error


def _named(error: BaseException) -> BaseException:
    """The database's own troubles under our name, so that a client hears "later", not "broken"."""
    if isinstance(error, DBAPIError) and error.__class__.__name__ in ("OperationalError", "InternalError"):
        trouble = Trouble(str(error.orig))
        trouble.__cause__ = error
        return trouble
    return error
