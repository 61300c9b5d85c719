"""The database: engines, the one writer, and the column types.

Reading and writing go different ways. Readers get connections that the database itself keeps from
changing anything. Every change goes through :meth:`Database.write`, one transaction at a time.
"""

from __future__ import annotations

import contextvars
import fcntl
import re
import threading
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    Engine,
    Integer,
    MetaData,
    create_engine,
    event,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")

LARGEST_BATCH = 64
RING = "ring"
"""Set in ``session.info`` by work whose commit the dispatchers of other processes wait for too."""
POSTGRESQL_WRITER_LOCK = 4_826_733  # any constant; the same in every process of one shop


class Trouble(Exception):
    """The database cannot write just now: full or read-only disk, lost connection, lock held too long."""


class Base(DeclarativeBase):
    """All tables of the product."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class _FixedPoint(TypeDecorator[Decimal]):
    """A decimal number kept as an integer of its smallest unit, so that no float ever touches it."""

    impl = BigInteger
    cache_ok = True
    places: int

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError("quantities and money are Decimal, never float")
        scaled = Decimal(value).scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.places} decimals")
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.places)


class Quantity(_FixedPoint):
    """Units of an item, to three decimals; kept as thousandths."""

    cache_ok = True
    places = 3


class Money(_FixedPoint):
    """An amount of the shop's currency, to four decimals (unit prices need them)."""

    cache_ok = True
    places = 4


class Moment(TypeDecorator[datetime]):
    """A point in time: UTC, kept as milliseconds since 1970, alike in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_milliseconds(value)


RowId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in INTEGER columns


def to_milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware moment; a naive one is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    return round(moment.timestamp() * 1000)


def from_milliseconds(value: int) -> datetime:
    """The aware UTC moment of milliseconds since 1970."""
    seconds, milliseconds = divmod(value, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)


def to_thousandths(quantity: Decimal) -> int:
    """What a :class:`Quantity` column holds for ``quantity``, for hand-written statements."""
    return int(quantity.scaleb(Quantity.places))


def from_thousandths(value: int) -> Decimal:
    """The quantity that a :class:`Quantity` column means, for hand-written statements."""
    return Decimal(value).scaleb(-Quantity.places)


class Driver(NamedTuple):
    """The driver's connection beneath SQLAlchemy's, and the base class of the errors that it raises."""

    connection: Any
    dialect: Dialect
    error: type[Exception]


def _driver_of(session: Session) -> Driver:
    """The driver's connection that the session's transaction runs on; looked up once per transaction."""
    transaction = session.get_transaction()
    known: tuple[object, Driver] | None = session.info.get("driver")
    if known is not None and known[0] is transaction and transaction is not None:
        return known[1]
    driver = _driver(session.connection())
    session.info["driver"] = (session.get_transaction(), driver)
    return driver


def _driver(connection: Connection) -> Driver:
    return Driver(
        connection.connection.dbapi_connection, connection.dialect, connection.dialect.loaded_dbapi.Error
    )


class Statement:
    """SQL written by hand with ``:name`` parameters, run by the driver of either database itself.

    The scan uses these: a tenth of the work that the ORM does for the same rows. Values go in and come
    out as the database keeps them (thousandths, milliseconds); rows are named tuples.
    """

    def __init__(self, sql: str) -> None:
        escaped = sql.replace("%", "%%")
        self._forms = {"sqlite": sql, "postgresql": re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", escaped)}
        self._row: Callable[..., Any] | None = None

    def rows(self, session: Session, **values: object) -> list[Any]:
        """All rows, in the session's transaction; none for a statement that answers nothing.

        Raises SQLAlchemy's errors, as any other statement of the session does.
        """
        return self.run(_driver_of(session), values)

    def run(self, driver: Driver, values: dict[str, object]) -> list[Any]:
        """All rows, on a driver's own connection."""
        sql = self._forms[driver.dialect.name]
        cursor = driver.connection.cursor()
        try:
            cursor.execute(sql, values)
            described = cursor.description
            found = cursor.fetchall() if described else ()
        except driver.error as error:
            raise DBAPIError.instance(sql, values, error, driver.error, dialect=driver.dialect) from error
        finally:
            cursor.close()
        if self._row is None and described:
            self._row = _row_type([column[0] for column in described])
        return [self._row(*row) for row in found] if self._row else []

    def first(self, session: Session, **values: object) -> Any | None:
        """The first row, or none."""
        found = self.rows(session, **values)
        return found[0] if found else None

    def value(self, session: Session, **values: object) -> Any | None:
        """The first column of the first row, or none."""
        found = self.rows(session, **values)
        return found[0][0] if found else None


def _row_type(columns: list[str]) -> Callable[..., Any]:
    return namedtuple("Row", columns)


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
        self.writer = self._sqlite_writer() if self.is_sqlite else self._postgresql_writer()
        self.reader = self._sqlite_reader() if self.is_sqlite else self._postgresql_reader()
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
                found = statement.run(_driver(connection), values)
        else:
            found = statement.run(self._kept_driver(), values)
        return found[0] if found else None

    def _kept_driver(self) -> Driver:
        """A reading connection of this thread's own, kept open: each statement is its own transaction."""
        driver: Driver | None = getattr(self._kept, "driver", None)
        if driver is None:
            connection = self._kept.connection = self.reader.connect()
            connection.detach()  # the pool forgets it: it lives as long as the thread
            driver = self._kept.driver = _driver(connection)
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
        with open(self._lock_file, "w") if self._lock_file else nullcontext() as lock:
            if lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _sqlite_writer(self) -> Engine:
        engine = create_engine(
            self.url, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args=_SQLITE_DRIVER
        )
        _on_connect(engine, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000")
        _on_begin(engine, "BEGIN IMMEDIATE")
        return engine

    def _sqlite_reader(self) -> Engine:
        engine = create_engine(
            self.url, poolclass=QueuePool, pool_size=8, max_overflow=120, connect_args=_SQLITE_DRIVER
        )
        _on_connect(engine, "query_only=ON", "foreign_keys=ON", "busy_timeout=5000", "wal_autocheckpoint=0")
        _on_begin(engine, "BEGIN")
        return engine

    def _postgresql_writer(self) -> Engine:
        engine = create_engine(
            self.url, pool_size=1, max_overflow=0, pool_pre_ping=True, connect_args=_POSTGRESQL_DRIVER
        )
        _on_begin(engine, f"SELECT pg_advisory_xact_lock({POSTGRESQL_WRITER_LOCK})")
        return engine

    def _postgresql_reader(self) -> Engine:
        return create_engine(
            self.url,
            pool_size=8,
            max_overflow=24,
            pool_pre_ping=True,
            connect_args=_POSTGRESQL_DRIVER,
            execution_options={"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"},
        )


_SQLITE_DRIVER: dict[str, Any] = {"check_same_thread": False, "isolation_level": None}
_POSTGRESQL_DRIVER: dict[str, Any] = {"prepare_threshold": None}  # works behind pgbouncer too


def _on_connect(engine: Engine, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")


def _on_begin(engine: Engine, statement: str) -> None:
    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql(statement)


def _named(error: BaseException) -> BaseException:
    """The database's own troubles under our name, so that a client hears "later", not "broken"."""
    if isinstance(error, DBAPIError) and error.__class__.__name__ in ("OperationalError", "InternalError"):
        trouble = Trouble(str(error.orig))
        trouble.__cause__ = error
        return trouble
    return error
