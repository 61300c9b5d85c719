"""The database's schema: which version it has, which one this program needs, and the way between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")


class WrongSchema(Exception):
    """The database is of another version than this program; says which command helps."""


class BrokenReferences(Exception):
    """After a migration a row would point nowhere; nothing was changed."""


def wanted() -> str:
    """The version that this program needs: its last migration's name, which is its revision."""
    return max(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def found(url: str) -> str | None:
    """The version of the database, or none where it is empty."""
    with _connection(url) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def check(url: str) -> None:
    """Raise :class:`WrongSchema` unless the database fits this program."""
    have, want = found(url), wanted()
    if have == want:
        return
    if have is None:
        raise WrongSchema("the database is empty: run `kanban upgrade` once to create its tables")
    if not (MIGRATIONS / "versions" / f"{have}.py").exists():
        raise WrongSchema(
            f"the database (version {have}) was made by a newer program (this one has {want}): "
            "install the newer program, or restore a backup made before its upgrade"
        )
    raise WrongSchema(f"the database has version {have}, this program needs {want}: run `kanban upgrade`")


def upgrade(url: str) -> tuple[str | None, str]:
    """Bring the database to the wanted version, all or nothing; returns (version before, version now).

    On SQLite the foreign keys are off meanwhile, since rebuilding a table would delete the rows that
    point to it, and are checked before the commit.
    """
    before = found(url)
    if before is not None and not (MIGRATIONS / "versions" / f"{before}.py").exists():
        check(url)
    from alembic import command

    with _connection(url, "BEGIN EXCLUSIVE") as connection, connection.begin():
        command.upgrade(_alembic(connection), "head")
        if connection.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise BrokenReferences(f"table {broken[0]}, row {broken[1]}")
    return before, wanted()


def _alembic(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connection(url: str, begin: str = "BEGIN") -> Iterator[Connection]:
    engine = _engine(url, begin)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _engine(url: str, begin: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, poolclass=NullPool)
    engine = create_engine(url, poolclass=NullPool, connect_args={"isolation_level": None})

    @event.listens_for(engine, "connect")
    def plain(connection: object, _record: object) -> None:
        connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[attr-defined]

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
