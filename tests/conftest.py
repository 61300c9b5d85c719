"""What every test of the domain stands on: both databases, and a small shop in them.

``database`` runs a test twice, on SQLite and on a PostgreSQL server that belongs to this test run
alone. Each test gets a database of its own, copied from one that was migrated once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from hypothesis import settings
from shop import Shop, open_shop
from sqlalchemy.engine import make_url

from kanban import schema
from kanban.db import Database

settings.register_profile("quick", max_examples=60, deadline=None, database=None)
settings.load_profile("quick")

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where fresh databases are made: in memory, where a copy of one takes milliseconds."""

SERVER_PROGRAMS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
SERVER_SETTINGS = (
    "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    " -c shared_buffers=32MB -c max_connections=100 -c autovacuum=off"
)


class Store(Protocol):
    """One kind of database, as a source of fresh, migrated ones."""

    stocked: Shop
    """The shop that stands in every copy of the stocked template."""

    def make(self, template: str = "empty") -> str: ...

    def drop(self, url: str) -> None: ...


class SqliteStore:
    """Fresh SQLite files, copies of one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        schema.upgrade(f"sqlite:///{folder / 'empty.db'}")
        shutil.copy(folder / "empty.db", folder / "stocked.db")
        self.stocked = stocked(f"sqlite:///{folder / 'stocked.db'}", folder)

    def make(self, template: str = "empty") -> str:
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        shutil.copy(self._folder / f"{template}.db", folder / "kanban.db")
        return f"sqlite:///{folder / 'kanban.db'}"

    def drop(self, url: str) -> None:
        shutil.rmtree(Path(make_url(url).database or "").parent)


class PostgresqlStore:
    """Fresh databases of a private PostgreSQL server, copies of one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self.run("CREATE DATABASE empty")
        schema.upgrade(self.url("empty"))
        self.run("CREATE DATABASE stocked TEMPLATE empty")
        self.stocked = stocked(self.url("stocked"), folder)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self._folder}"

    def make(self, template: str = "empty") -> str:
        self._count += 1
        name = f"kanban_{self._count}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    def drop(self, url: str) -> None:
        self.run(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def run(self, statement: str) -> None:
        place = f"host={self._folder} user=postgres dbname=postgres"
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute(statement.encode())


def stocked(url: str, folder: Path) -> Shop:
    """Fill an empty database with the shop."""
    database = Database(url, folder)
    shop = open_shop(database)
    database.close()
    return shop


def server_programs() -> Path:
    """The folder of ``initdb`` and ``pg_ctl``; fails the test where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    for pattern in SERVER_PROGRAMS:
        folders = sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
        for folder in folders:
            if (folder / "initdb").exists():
                return folder
    pytest.fail("PostgreSQL is not installed: these promises are kept on both databases, so install it")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Path]:
    """The socket folder of a server that lives as long as this test process."""
    programs = server_programs()
    folder = Path(tempfile.mkdtemp(prefix="kanban-pg-", dir=MEMORY))
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    try:
        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        options = f"-k {folder} {SERVER_SETTINGS}"
        run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", options)
        yield folder
        run("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_store() -> Iterator[SqliteStore]:
    with tempfile.TemporaryDirectory(prefix="kanban-", dir=MEMORY) as folder:
        yield SqliteStore(Path(folder))


@pytest.fixture(scope="session")
def postgresql_store(postgresql_server: Path) -> PostgresqlStore:
    return PostgresqlStore(postgresql_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """Both kinds of database, one after the other."""
    kind: Store = request.getfixturevalue(f"{request.param}_store")
    return kind


@pytest.fixture
def new_database(store: Store, tmp_path: Path) -> Iterator[Callable[..., Database]]:
    """Makes fresh databases, ``empty`` or ``stocked``; all are closed and gone after the test."""
    made: list[Database] = []

    def make(template: str = "empty") -> Database:
        made.append(Database(store.make(template), tmp_path))
        return made[-1]

    yield make
    for database in made:
        database.close()
        store.drop(database.url)


@pytest.fixture
def database(new_database: Callable[..., Database]) -> Database:
    """A fresh, migrated, empty database: SQLite, then PostgreSQL."""
    return new_database()


@pytest.fixture
def new_shop(store: Store, new_database: Callable[..., Database]) -> Callable[[], Shop]:
    """Opens further shops like ``shop``, each in a database of its own."""
    return lambda: store.stocked.moved_to(new_database("stocked"))


@pytest.fixture
def shop(new_shop: Callable[[], Shop]) -> Shop:
    """A small shop with full bins, on either database (see ``shop.py``)."""
    return new_shop()


@pytest.fixture
def sqlite_shop(sqlite_store: SqliteStore, tmp_path: Path) -> Iterator[Shop]:
    """The small shop, on SQLite only."""
    database = Database(sqlite_store.make("stocked"), tmp_path)
    yield sqlite_store.stocked.moved_to(database)
    database.close()
    sqlite_store.drop(database.url)
