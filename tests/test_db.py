import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop import MONDAY_MORNING, Shop
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from waiting import LONGEST_WAIT, wait_until

from kanban import items, journal
from kanban.db import (
    Database,
    Money,
    Quantity,
    Trouble,
    from_milliseconds,
    from_thousandths,
    to_milliseconds,
    to_thousandths,
)

DEED = journal.Deed(MONDAY_MORNING, journal.By("test"))


def adding(sku: str) -> Callable[[Session], int]:
    return lambda session: items.add(session, DEED, items.ItemFacts(sku, sku)).id


def skus(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(items.Item.sku).order_by(items.Item.sku)))


def test_what_is_written_can_be_read_at_once(database: Database) -> None:
    database.write(adding("A"))
    assert skus(database) == ["A"]


def test_work_that_fails_leaves_nothing_behind(database: Database) -> None:
    def fail(session: Session) -> None:
        adding("A")(session)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(fail)
    assert skus(database) == []
    database.write(adding("B"))
    assert skus(database) == ["B"]


def test_work_that_the_database_refuses_leaves_nothing_behind(database: Database) -> None:
    def twice(session: Session) -> None:
        session.add_all(
            [items.Item(sku="A", sku_key="a", name="A"), items.Item(sku="a", sku_key="a", name="A")]
        )

    with pytest.raises(IntegrityError):
        database.write(twice)
    assert skus(database) == []


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM item", "UPDATE item SET name = 'x'", "CREATE TABLE x (id INTEGER)", "DROP TABLE receipt"],
)
def test_a_reader_cannot_change_anything(database: Database, statement: str) -> None:
    database.write(adding("A"))
    with database.read() as session, pytest.raises(SQLAlchemyError, match=r"read-?only"):
        session.execute(text(statement))
    assert skus(database) == ["A"]


def test_a_reader_cannot_change_anything_through_objects(database: Database) -> None:
    database.write(adding("A"))
    with database.read() as session:
        session.scalars(select(items.Item)).one().name = "x"
        with pytest.raises(SQLAlchemyError, match=r"read-?only"):
            session.flush()


def test_a_reader_sees_one_consistent_state(database: Database) -> None:
    database.write(adding("A"))
    with database.read() as session:
        before = session.scalars(select(items.Item.sku)).all()
        database.write(adding("B"))
        assert session.scalars(select(items.Item.sku)).all() == before
    assert skus(database) == ["A", "B"]


def test_those_who_wait_commit_together_and_each_gets_its_own_answer(database: Database) -> None:
    answers = together(database, [adding(f"S-{number:02}") for number in range(20)])
    assert len(set(answers)) == 20
    assert skus(database) == [f"S-{number:02}" for number in range(20)]


def test_one_that_fails_does_not_hurt_those_who_commit_with_it(database: Database) -> None:
    def fail(session: Session) -> int:
        adding("X")(session)
        raise ZeroDivisionError

    works = [adding(f"S-{number:02}") for number in range(10)]
    works[3:3], works[7:7] = [fail], [fail]
    answers = together(database, works)
    assert sum(isinstance(answer, ZeroDivisionError) for answer in answers) == 2
    assert skus(database) == [f"S-{number:02}" for number in range(10)]
    with database.read() as session:
        assert list(journal.verify(session)) == []


def together(database: Database, works: list[Callable[[Session], int]]) -> list[object]:
    """Write all of this while one slow writer holds the pen, so that they wait and go together."""
    writing, go = threading.Event(), threading.Event()

    def slow(_session: Session) -> None:
        writing.set()
        go.wait(LONGEST_WAIT)

    answers: list[object] = []

    def write(work: Callable[[Session], int]) -> None:
        try:
            answers.append(database.write(work))
        except ZeroDivisionError as error:
            answers.append(error)

    first = threading.Thread(target=database.write, args=[slow])
    first.start()
    assert writing.wait(LONGEST_WAIT)
    threads = [threading.Thread(target=write, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(database._waiting) == len(works))
    go.set()
    for thread in [first, *threads]:
        thread.join(LONGEST_WAIT)
    return answers


def test_a_database_that_cannot_write_says_so_under_our_name(database: Database) -> None:
    with pytest.raises(Trouble):
        database.write(lambda session: raise_operational(session))
    database.write(adding("A"))


def raise_operational(session: Session) -> None:
    """What a full disk or a lost connection looks like to the code above the driver."""
    from sqlalchemy.exc import OperationalError

    raise OperationalError("INSERT", {}, Exception("disk full"))


def test_sqlite_commits_are_on_the_disk_before_the_answer(sqlite_shop: Shop) -> None:
    def pragmas(session: Session) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint")
        return [session.execute(text(f"PRAGMA {name}")).scalar() for name in names]

    assert sqlite_shop.write(pragmas)[:3] == ["wal", 2, 1]
    with sqlite_shop.database.read() as session:
        assert pragmas(session)[2:] == [1, 0]


def test_a_reference_to_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        database.write(
            lambda session: session.add(items.Location(parent_id=77, name="x", path="x", path_key="x"))
        )


@pytest.mark.parametrize("kind", [Quantity(), Money()])
def test_a_float_is_never_kept(kind: Quantity | Money) -> None:
    with pytest.raises(TypeError, match="never float"):
        kind.process_bind_param(0.1, None)


def test_a_number_finer_than_its_column_is_refused_not_rounded() -> None:
    with pytest.raises(ValueError, match="more than 3 decimals"):
        Quantity().process_bind_param(Decimal("0.0001"), None)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=3))
def test_a_quantity_comes_back_as_it_went_in(value: Decimal) -> None:
    kept = Quantity().process_bind_param(value, None)
    assert type(kept) is int
    assert Quantity().process_result_value(kept, None) == value
    assert from_thousandths(to_thousandths(value)) == value


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4))
def test_money_comes_back_as_it_went_in(value: Decimal) -> None:
    assert Money().process_result_value(Money().process_bind_param(value, None), None) == value


@given(st.integers(min_value=-(10**13), max_value=10**14))
def test_a_moment_comes_back_as_it_went_in(milliseconds: int) -> None:
    assert to_milliseconds(from_milliseconds(milliseconds)) == milliseconds
    assert from_milliseconds(milliseconds).tzinfo is UTC


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    there = datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2)))
    assert to_milliseconds(there) == to_milliseconds(there.astimezone(UTC))


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without time zone"):
        to_milliseconds(datetime(2026, 3, 2))  # noqa: DTZ001 - that is the point


def test_writers_of_one_sqlite_file_name_one_lock_file(sqlite_shop: Shop, tmp_path: Path) -> None:
    sqlite_shop.scan(sqlite_shop.screws[0])
    assert (tmp_path / "write.lock").exists()


def test_a_data_folder_that_has_gone_is_a_trouble_and_no_crash(sqlite_shop: Shop, tmp_path: Path) -> None:
    database = Database(sqlite_shop.database.url, tmp_path / "gone")
    with pytest.raises(Trouble, match="the data folder cannot be written"):
        database.write(lambda session: None)
