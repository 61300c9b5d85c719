from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from conftest import PostgresqlStore, Store
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from kanban import advice, alerts, answers, counts, people, plans, problems, scans, schema, subscriptions  # noqa: F401 - they know every table
from kanban.db import Base


@pytest.fixture
def url(store: Store) -> Iterator[str]:
    """A database at the version that this program needs."""
    made = store.make()
    yield made
    store.drop(made)


@pytest.fixture
def empty_url(store: Store, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if not isinstance(store, PostgresqlStore):
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    store.run("CREATE DATABASE brand_new")
    yield store.url("brand_new")
    store.drop(store.url("brand_new"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url, poolclass=NullPool)
    yield engine
    engine.dispose()


def set_version(engine: Engine, version: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def test_an_empty_database_becomes_the_one_that_this_program_needs(empty_url: str) -> None:
    assert schema.found(empty_url) is None
    assert schema.upgrade(empty_url) == (None, schema.wanted())
    assert schema.found(empty_url) == schema.wanted()
    schema.check(empty_url)


def test_an_upgrade_of_a_current_database_is_harmless(url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO counter (name, value) VALUES ('order', 41)"))
    assert schema.upgrade(url) == (schema.wanted(), schema.wanted())
    with engine.connect() as connection:
        assert connection.execute(text("SELECT value FROM counter")).scalar() == 41


def test_the_migrations_make_exactly_the_tables_of_the_program(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_the_migrations_make_exactly_the_checks_and_partial_indexes_of_the_program(engine: Engine) -> None:
    made = inspect(engine)
    for table in Base.metadata.sorted_tables:
        wanted = {str(each.name) for each in table.constraints if type(each).__name__ == "CheckConstraint"}
        assert {each["name"] for each in made.get_check_constraints(table.name)} == wanted, table.name
        partial = {
            str(each.name): each
            for each in table.indexes
            if each.dialect_options["sqlite"]["where"] is not None
        }
        found = {str(each["name"]): each for each in made.get_indexes(table.name)}
        for name in partial:
            assert found[name]["unique"], name
            assert any("where" in option for option in found[name]["dialect_options"]), name


def test_no_column_of_the_database_is_a_float(engine: Engine) -> None:
    made = inspect(engine)
    kinds = {str(column["type"]) for table in made.get_table_names() for column in made.get_columns(table)}
    assert not [
        kind for kind in kinds if kind.split("(")[0] in ("REAL", "FLOAT", "DOUBLE PRECISION", "NUMERIC")
    ]


def test_an_empty_database_is_refused_with_the_command_that_helps(empty_url: str) -> None:
    with pytest.raises(schema.WrongSchema, match="empty: run `kanban upgrade`"):
        schema.check(empty_url)


def test_an_older_database_is_refused_with_the_command_that_helps(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "wanted", lambda: "9999_the_next_one")
    with pytest.raises(schema.WrongSchema, match=r"needs 9999_the_next_one: run `kanban upgrade`"):
        schema.check(url)


def test_a_newer_database_is_refused_and_left_alone(url: str, engine: Engine) -> None:
    set_version(engine, "9999_of_the_future")
    for step in (schema.check, schema.upgrade):
        with pytest.raises(schema.WrongSchema, match=r"9999_of_the_future.*newer program.*install"):
            step(url)
    assert schema.found(url) == "9999_of_the_future"


def test_every_migration_follows_the_one_before() -> None:
    from alembic.script import ScriptDirectory

    assert len(ScriptDirectory(str(schema.MIGRATIONS)).get_heads()) == 1
