import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from shop import MONDAY_MORNING, Shop
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from kanban import items, journal
from kanban.db import Database, to_milliseconds

DEED = journal.Deed(MONDAY_MORNING, journal.By("test"))
ALL_COLUMNS = (*journal.CHAINED, "prev_hash", "hash")


def write_events(database: Database, count: int = 8) -> None:
    def write(session: Session) -> None:
        for number in range(count):
            journal.append(
                session, DEED, "added", "item", number, {"weight": Decimal("1.50")}, card_id=number
            )

    database.write(write)


def breaks(database: Database, anchor: tuple[int, str] | None = None) -> list[journal.Break]:
    with database.read() as session:
        return list(journal.verify(session, anchor=anchor))


def head(database: Database) -> tuple[int, str]:
    with database.read() as session:
        return journal.head(session)


def tamper(database: Database, *statements: str) -> None:
    """Change rows as somebody would who owns the machine: the refusals are dropped first."""
    if database.is_sqlite:
        drops = [f"DROP TRIGGER event_{change}" for change in ("update", "delete", "replace")]
    else:
        drops = ["DROP TRIGGER event_append_only ON event"]
    database.write(lambda session: [session.execute(text(each)) for each in (*drops, *statements)] and None)


def test_an_event_says_what_to_what_by_whom_from_where_and_when_twice(shop: Shop) -> None:
    gesture = datetime(2026, 3, 1, 23, 59, 59, 123000, tzinfo=UTC)
    shop.scan(shop.screws[0], shop.deed("key", who="colleague", via="scan", occurred_at=gesture))
    event = shop.events()[-1]
    assert (event.kind, event.noun, event.card_id) == ("signalled", "scan", shop.look(shop.screws[0]).card_id)
    assert (event.person_id, event.via) == (shop.ids["colleague"], "scan")
    assert (event.occurred_at, event.recorded_at) == (gesture, shop.at)
    assert (event.key, event.fingerprint) == ("key", "same")
    assert event.facts == {"cycle": 1, "quantity": "25"}


def test_events_are_numbered_without_gaps_and_each_follows_the_one_before(database: Database) -> None:
    write_events(database, 3)
    write_events(database, 2)
    with database.read() as session:
        events = session.query(journal.Event).order_by(journal.Event.id).all()
    assert [event.id for event in events] == [1, 2, 3, 4, 5]
    assert [event.prev_hash for event in events] == [journal.GENESIS, *(event.hash for event in events[:-1])]


def test_an_untouched_journal_verifies(shop: Shop) -> None:
    shop.on_its_way(*shop.screws)
    shop.scan(shop.screws[0])
    assert breaks(shop.database) == []
    assert breaks(shop.database, head(shop.database)) == []


def test_an_empty_journal_verifies(database: Database) -> None:
    assert breaks(database) == []
    assert head(database) == (0, journal.GENESIS)


def test_the_hash_covers_every_column() -> None:
    assert set(ALL_COLUMNS) == set(journal.Event.__table__.c.keys())


@pytest.mark.parametrize(
    "statement", ["UPDATE event SET kind = 'x'", "DELETE FROM event", "UPDATE event SET id = id + 100"]
)
def test_the_database_refuses_to_change_what_the_journal_holds(database: Database, statement: str) -> None:
    write_events(database)
    before = head(database)
    with pytest.raises((DBAPIError, Exception), match="append-only"):
        database.write(lambda session: session.execute(text(statement)) and None)
    assert head(database) == before
    assert breaks(database) == []


def test_the_database_refuses_two_events_that_follow_one(database: Database) -> None:
    write_events(database)
    third = f"SELECT {columns(id='99', key='NULL')} FROM event WHERE id = 3"
    fork = text(f"INSERT INTO event ({', '.join(ALL_COLUMNS)}) {third}")
    with pytest.raises(IntegrityError):
        database.write(lambda session: session.execute(fork) and None)


def columns(**other: str) -> str:
    return ", ".join(other.get(name, name) for name in ALL_COLUMNS)


def test_a_key_is_in_the_journal_once_even_within_one_commit(database: Database) -> None:
    def add_both(session: Session) -> None:
        items.add(session, deeds[0], items.ItemFacts("A", "A"))
        items.add(session, deeds[1], items.ItemFacts("B", "B"))

    by = journal.By("test")
    deeds = [journal.Deed(MONDAY_MORNING, by, "key", print) for print in ("this", "that")]
    with pytest.raises(IntegrityError):
        database.write(add_both)
    assert head(database)[0] == 0


def test_only_the_first_event_of_a_deed_carries_its_key(shop: Shop) -> None:
    shop.on_its_way(shop.screws[0])
    shop.scan(shop.screws[0], shop.deed("key"))
    assert [event.key for event in shop.events("received")] == ["key", None]


CHANGES = {
    "key": "'x'", "fingerprint": "'x'", "kind": "'x'", "noun": "'x'", "noun_id": "77", "card_id": "77",
    "order_id": "77", "person_id": "77", "device_id": "77", "via": "'x'",
    "occurred_at": "occurred_at + 1", "recorded_at": "recorded_at - 1",
    "data": "replace(data, '1.5', '1.6')", "hash": "replace(hash, 'a', 'b')",
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_verify_finds_a_change_of_any_column(database: Database, name: str) -> None:
    write_events(database)
    tamper(database, f"UPDATE event SET {name} = {CHANGES[name]} WHERE id = 4")
    assert breaks(database)[0].event_id == 4


def test_verify_finds_each_single_changed_event_and_names_it(database: Database) -> None:
    write_events(database)
    tamper(database)

    def set_person(number: int, person: str) -> None:
        change = text(f"UPDATE event SET person_id = {person} WHERE id = {number}")
        database.write(lambda session: session.execute(change) and None)

    for number in range(1, 9):
        set_person(number, "5")
        assert breaks(database) == [journal.Break(number, "was changed after it was written")]
        set_person(number, "NULL")
    assert breaks(database) == []


def test_verify_finds_an_event_that_was_changed_and_hashed_anew(database: Database) -> None:
    write_events(database)
    with database.read() as session:
        row = dict(session.execute(text("SELECT * FROM event WHERE id = 4")).mappings().one()) | {
            "person_id": 5
        }
    anew = hashlib.sha256(
        (row["prev_hash"] + canonical({name: row[name] for name in journal.CHAINED})).encode()
    ).hexdigest()
    tamper(database, f"UPDATE event SET person_id = 5, hash = '{anew}' WHERE id = 4")
    assert breaks(database) == [journal.Break(5, "does not follow the event before")]


def canonical(value: dict[str, object]) -> str:
    """What the hash of an event is taken of; written a second time here, so that it cannot drift."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize("number", range(1, 8))
def test_verify_finds_each_single_removed_event(database: Database, number: int) -> None:
    write_events(database)
    tamper(database, f"DELETE FROM event WHERE id = {number}")
    assert breaks(database)[0] == journal.Break(number, f"event {number} is missing")


@pytest.mark.parametrize("number", range(1, 8))
def test_verify_finds_two_neighbours_that_were_swapped(database: Database, number: int) -> None:
    write_events(database)
    tamper(
        database,
        f"UPDATE event SET id = 99 WHERE id = {number}",
        f"UPDATE event SET id = {number} WHERE id = {number + 1}",
        f"UPDATE event SET id = {number + 1} WHERE id = 99",
    )
    assert number in [each.event_id for each in breaks(database)]


@pytest.mark.parametrize("last", [0, 3, 7])
def test_verify_finds_a_journal_that_was_cut_off_by_the_head_noted_outside(
    database: Database, last: int
) -> None:
    write_events(database)
    noted = head(database)
    tamper(database, f"DELETE FROM event WHERE id > {last}")
    assert breaks(database) == []
    assert [each.event_id for each in breaks(database, noted)] == [last + 1]


def test_verify_finds_a_journal_that_was_rewritten_as_a_whole(database: Database) -> None:
    write_events(database)
    noted = head(database)
    tamper(database, "DELETE FROM event")

    def rewrite(session: Session) -> None:
        for number in range(8):
            journal.append(session, DEED, "added", "item", number + 1)

    database.write(rewrite)
    assert breaks(database) == []
    assert breaks(database, noted) == [journal.Break(8, "differs from the head noted outside")]


def test_verify_finds_an_event_that_was_put_in(database: Database) -> None:
    write_events(database)
    put_in = columns(id="8", key="NULL", prev_hash="'x'")
    tamper(
        database,
        "UPDATE event SET id = 9 WHERE id = 8",
        f"INSERT INTO event ({', '.join(ALL_COLUMNS)}) SELECT {put_in} FROM event WHERE id = 7",
    )
    assert breaks(database)


def test_verify_survives_a_time_that_cannot_be(database: Database) -> None:
    write_events(database)
    tamper(database, f"UPDATE event SET recorded_at = {10**18} WHERE id = 2")
    assert breaks(database) == [journal.Break(2, "was changed after it was written")]


def test_an_anchor_in_the_middle_fits_a_journal_that_grew(database: Database) -> None:
    write_events(database, 3)
    noted = head(database)
    write_events(database, 3)
    assert breaks(database, noted) == []


def test_the_journal_holds_ids_and_never_names(shop: Shop) -> None:
    shop.scan(shop.screws[0], shop.deed(who="colleague"))
    held = " ".join(event.data for event in shop.events())
    assert "Colleague" not in held
    assert "colleague" not in held


def test_replayed_finds_the_event_of_a_key_and_refuses_another_request(shop: Shop) -> None:
    shop.scan(shop.screws[0], shop.deed("key"))
    with shop.database.read() as session:
        found = journal.replayed(session, shop.deed("key"))
        assert found is not None
        assert found.kind == "signalled"
        assert journal.replayed(session, shop.deed("other")) is None
        assert journal.replayed(session, shop.deed()) is None
        with pytest.raises(journal.KeyReused):
            journal.replayed(session, shop.deed("key", fingerprint="other"))


def test_the_revision_grows_with_every_change(shop: Shop) -> None:
    def revision() -> int:
        with shop.database.read() as session:
            return journal.revision(session)

    before = revision()
    shop.scan(shop.screws[0])
    assert revision() == before + 1


def test_a_failed_change_leaves_no_gap(new_database: Callable[[], Database]) -> None:
    def fail(session: Session) -> None:
        journal.append(session, DEED, "added", "item", 1)
        raise ZeroDivisionError

    database = new_database()
    write_events(database, 2)
    with pytest.raises(ZeroDivisionError):
        database.write(fail)
    write_events(database, 1)
    assert head(database)[0] == 3
    assert breaks(database) == []


def test_times_are_kept_in_utc_to_the_millisecond() -> None:
    assert to_milliseconds(datetime(1970, 1, 1, 0, 0, 1, 5000, tzinfo=UTC)) == 1005
