"""Engines for reading and for the one writer, of either database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

POSTGRESQL_WRITER_LOCK = 4_826_733  # any constant; the same in every process of one shop
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


def sqlite_writer(url: str) -> Engine:
    """One connection; a transaction locks at its begin, and its commit is on the disk."""
    engine = create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args=_SQLITE_DRIVER)
    _on_connect(engine, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000")
    _on_begin(engine, "BEGIN IMMEDIATE")
    return engine


def sqlite_reader(url: str) -> Engine:
    """Connections that SQLite keeps from writing; each transaction sees one state."""
    engine = create_engine(
        url, poolclass=QueuePool, pool_size=8, max_overflow=120, connect_args=_SQLITE_DRIVER
    )
    _on_connect(engine, "query_only=ON", "foreign_keys=ON", "busy_timeout=5000", "wal_autocheckpoint=0")
    _on_begin(engine, "BEGIN")
    return engine


def postgresql_writer(url: str) -> Engine:
    """One connection; each transaction waits for the shop's writer lock first."""
    engine = create_engine(
        url, pool_size=1, max_overflow=0, pool_pre_ping=True, connect_args=_POSTGRESQL_DRIVER
    )
    _on_begin(engine, f"SELECT pg_advisory_xact_lock({POSTGRESQL_WRITER_LOCK})")
    return engine


def postgresql_reader(url: str) -> Engine:
    """Connections that PostgreSQL keeps from writing; each transaction sees one state."""
    return create_engine(
        url,
        pool_size=8,
        max_overflow=24,
        pool_pre_ping=True,
        connect_args=_POSTGRESQL_DRIVER,
        execution_options={"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"},
    )
