"""Keeping the user's data: backups, restoration, verification, the doctor, and who owns the folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import SqliteStore
from shop import Shop
from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from waiting import wait_until

from kanban import config, journal, orders, outbox, schema, suppliers
from kanban.cli import main
from kanban.config import Settings
from kanban.db import Database
from kanban.keeping import backups, copies, doctor, dumps, folder, machine, manifests, restoration, verify
from kanban.keeping.rules import RULES

AT = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
DAMAGE = {
    "one-open-turn": """DROP INDEX uq_replenishment_one_open;
        INSERT INTO replenishment (card_id, cycle, order_line_id, quantity, signalled_at, signal_event_id)
        SELECT card_id, cycle + 1, order_line_id, quantity, signalled_at, 1
        FROM replenishment WHERE closed_at IS NULL LIMIT 1""",
    "one-draft": """DROP INDEX uq_order_one_draft;
        INSERT INTO "order" (supplier_id, ship_to_id, state, created_at)
        SELECT supplier_id, ship_to_id, state, created_at FROM "order" WHERE state = 'draft' LIMIT 1""",
    "signal-without-turn": "DELETE FROM replenishment WHERE closed_at IS NULL",
    "turn-without-signal": "UPDATE replenishment SET signal_event_id = 1 WHERE id = 1",
    "line-received": "UPDATE order_line SET received = received + 1000 WHERE received > 0",
    "turns-received": "UPDATE replenishment SET received = 1 WHERE closed_at IS NULL",
    "turn-filled": "UPDATE replenishment SET received = quantity + 1 WHERE outcome = 'received'",
    "closed-line-open-turn": "UPDATE order_line SET closed_at = 1, outcome = 'short' WHERE closed_at IS NULL",
    "line-outcome": "UPDATE order_line SET outcome = NULL WHERE closed_at IS NOT NULL",
    "draft-frozen": "UPDATE order_line SET quantity = 1000 WHERE quantity IS NULL",
    "released-not-frozen": "UPDATE order_line SET name = NULL WHERE quantity > 0",
    "open-order-finished": """UPDATE "order" SET closed_at = 1 WHERE state = 'partly_received'""",
    "finished-order-open": """UPDATE "order" SET closed_at = NULL WHERE state = 'received'""",
    "state-of-receipts": """UPDATE "order" SET state = 'confirmed' WHERE state = 'partly_received'""",
    "card-of-closed-loop": "UPDATE loop SET closed_at = 1 WHERE id = 1",
    "location-path": "UPDATE location SET path = 'Elsewhere' WHERE parent_id IS NOT NULL",
    "counter-behind": "UPDATE counter SET value = value - 1",
    "points-nowhere": "DELETE FROM location WHERE parent_id IS NULL",
    "guard-missing": "DROP TRIGGER event_delete",
    "journal": "DROP TRIGGER event_update; UPDATE event SET person_id = 99 WHERE id = 3",
    "replay-turns": "UPDATE replenishment SET quantity = quantity + 1000 WHERE closed_at IS NULL",
    "replay-receipts": "UPDATE receipt SET quantity = quantity + 1000",
    "replay-numbers": """UPDATE "order" SET number = 'PO-000000' WHERE state = 'received'""",
    "replay-cards": "UPDATE card SET life = 'on_hold' WHERE id = 1",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder of a shop; empty yet."""
    (tmp_path / "data").mkdir(mode=0o700)
    return tmp_path / "data"


@pytest.fixture
def settings(data: Path) -> Settings:
    return settings_of(data)


@pytest.fixture
def shop(sqlite_store: SqliteStore, data: Path, settings: Settings) -> Iterator[Shop]:
    """The small shop in an SQLite file in its data folder."""
    url = sqlite_store.make("stocked")
    shutil.copy(make_url(url).database or "", data / "kanban.sqlite")
    sqlite_store.drop(url)
    with closing(Database(settings.database_url, data)) as database:
        yield sqlite_store.stocked.moved_to(database)


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """A shop with an order that has arrived, one that has in part, and drafts of both suppliers."""
    shop.receive(shop.line(shop.on_its_way(shop.paper[1])).id, 5)
    half = shop.on_its_way(shop.screws[0], shop.gloves[0])
    shop.receive(shop.line(half, "SCREW").id, 30)
    shop.scan(shop.screws[1])
    shop.scan(shop.paper[0])
    return shop


@pytest.fixture
def kanban(data: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command of the command line on the data folder."""
    for name in [name for name in os.environ if name.startswith("KANBAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KANBAN_DATA", str(data))
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def settings_of(data: Path, **environ: str) -> Settings:
    return config.load({"KANBAN_DATA": str(data), "KANBAN_TIME_ZONE": "Europe/Berlin"} | environ)


def damage(data: Path, sql: str) -> None:
    with closing(sqlite3.connect(data / "kanban.sqlite")) as connection:
        connection.executescript(sql)


def found(database: Database, **how: tuple[int, str]) -> set[str]:
    """The names of the rules that do not hold."""
    with copies.snapshot(database) as session:
        return {finding.rule for finding in verify.verify(session, **how)}


def head(database: Database) -> tuple[int, str]:
    with database.read() as session:
        return journal.head(session)


def chain(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(text("SELECT hash FROM event ORDER BY id")))


def release_next(shop: Shop, code: str) -> str:
    """Signal a card, release its order, and return the number."""
    number = shop.order(shop.ordered(code)).number
    assert number
    return number


# Backup and restoration


def test_a_backup_made_while_scans_go_on_is_restored_as_the_beginning_of_the_journal(
    shop: Shop, settings: Settings, tmp_path: Path
) -> None:
    stop = threading.Event()

    def scan_on() -> None:
        while not stop.is_set():
            shop.scan(shop.screws[0])

    scanner = threading.Thread(target=scan_on)
    scanner.start()
    try:
        made = []
        for _ in range(3):
            before = shop.count(journal.Event)
            wait_until(lambda before=before: shop.count(journal.Event) > before)
            made.append(backups.backup(settings, tmp_path / "elsewhere", AT))
    finally:
        stop.set()
        scanner.join()
    whole = chain(shop.database)
    assert len({each.file for each in made}) == 3
    assert made[0].manifest.events < made[2].manifest.events <= len(whole)
    other = settings_of(tmp_path / "restored")
    for each in made:
        restoration.restore(other, each.file, AT)
        with closing(Database(other.database_url, other.data)) as database:
            assert chain(database)[:-1] == whole[: each.manifest.events]
            assert found(database, anchor=each.manifest.anchor) == set()


def test_a_restoration_brings_back_the_moment_of_the_backup_and_keeps_what_it_replaced(
    busy: Shop, settings: Settings
) -> None:
    made = backups.backup(settings, None, AT)
    busy.scan(busy.screws[2])
    number = release_next(busy, busy.screws[2])
    later = chain(busy.database)
    busy.database.close()
    done = restoration.restore(settings, made.file, AT)
    assert [path.name for path in settings.data.glob("*kanban.sqlite*")] == ["kanban.sqlite"]
    assert busy.supply(busy.screws[2]) == "full"
    assert found(busy.database) == set()
    assert busy.events()[-1].kind == "restored"
    assert done.replaced
    with copies.alone(done.replaced) as session:
        assert list(session.scalars(text("SELECT hash FROM event ORDER BY id"))) == later
    assert done.old.lost
    assert done.old.lost.events == len(later) - made.manifest.events
    assert done.old.lost.orders == [number]


def test_no_order_number_comes_twice_however_often_the_same_backup_is_restored(
    shop: Shop, settings: Settings
) -> None:
    made = backups.backup(settings, None, AT)
    numbers = []
    for round_ in range(4):
        numbers += [release_next(shop, code) for code in (shop.screws[0], shop.paper[0])]
        shop.database.close()
        if round_ == 2:  # the disk is broken, and a later backup is all that knows of the numbers
            (settings.data / "kanban.sqlite").write_bytes(b"no database any more" * 1000)
        restoration.restore(settings, made.file, AT + timedelta(hours=round_))
        if round_ == 1:
            numbers.append(release_next(shop, shop.gloves[0]))
            backups.backup(settings, None, AT + timedelta(hours=round_))
    assert len(numbers) == len(set(numbers))
    assert numbers[2] == orders.NUMBER_FORMAT.format(2 + restoration.NUMBERS_AHEAD + 1)


def test_a_restoration_ends_all_sign_ins(shop: Shop, settings: Settings) -> None:
    statement = text(
        "INSERT INTO sign_in (token_hash, person_id, created_at, expires_at) VALUES ('x', 1, 0, 99)"
    )
    shop.write(lambda session: session.execute(statement) and None)
    made = backups.backup(settings, None, AT)
    shop.database.close()
    restoration.restore(settings, made.file, AT)
    with shop.database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM sign_in")) == 0


def test_after_a_restoration_nothing_leaves_before_a_person_lets_it_and_each_copy_says_so(
    shop: Shop, settings: Settings
) -> None:
    def give_address(session: Session) -> None:
        for each in session.scalars(select(suppliers.Supplier)):
            each.email = "orders@supplier.example"

    shop.write(give_address)
    shop.ordered(shop.screws[0])
    made = backups.backup(settings, None, AT)
    shop.database.close()
    restoration.restore(settings, made.file, AT)
    later = AT + timedelta(hours=1)

    def claim(session: Session) -> list[outbox.Claim]:
        return outbox.claim(session, later, ["email"], timedelta(seconds=60))

    assert shop.write(claim) == []
    deed = shop.deed()
    shop.write(lambda session: outbox.brakes.go_on(session, deed))
    (taken,) = shop.write(claim)
    assert taken.possible_repeat


def test_a_log_that_a_crash_left_is_not_played_into_the_restored_database(
    shop: Shop, settings: Settings, tmp_path: Path
) -> None:
    made = backups.backup(settings, None, AT)
    shop.scan(shop.screws[0])
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for path in settings.data.glob("kanban.sqlite*"):  # the file and its log, as a power cut leaves them
        shutil.copy(path, crashed)
    assert (crashed / "kanban.sqlite-wal").stat().st_size > 0
    other = settings_of(crashed)
    done = restoration.restore(other, made.file, AT)
    assert done.old.lost
    assert done.old.lost.kinds == {"signalled": 1}
    with closing(Database(other.database_url, crashed)) as database:
        assert head(database)[0] == made.manifest.events + 1
        assert found(database) == set()


def test_a_restoration_that_dies_before_its_last_step_leaves_the_old_shop(
    busy: Shop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backups.backup(settings, None, AT)
    busy.scan(busy.screws[2])
    before = chain(busy.database)
    busy.database.close()

    def die(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(restoration.os, "replace", die)
    with pytest.raises(OSError, match="full"):
        restoration.restore(settings, made.file, AT)
    assert chain(busy.database) == before
    assert not list(settings.data.glob("*restoring*"))


def test_an_old_database_that_cannot_be_read_is_kept_with_its_log(shop: Shop, settings: Settings) -> None:
    made = backups.backup(settings, None, AT)
    shop.database.close()
    (settings.data / "kanban.sqlite").write_bytes(b"not a database")
    (settings.data / "kanban.sqlite-wal").write_bytes(b"its log")
    done = restoration.restore(settings, made.file, AT)
    assert not done.old.known
    assert done.replaced
    assert done.replaced.read_bytes() == b"not a database"
    assert done.replaced.with_name(done.replaced.name + "-wal").read_bytes() == b"its log"
    assert found(shop.database) == set()


def test_a_damaged_backup_is_refused_and_the_shop_stays(shop: Shop, settings: Settings) -> None:
    made = backups.backup(settings, None, AT)
    before = chain(shop.database)
    content = bytearray(made.file.read_bytes())
    content[len(content) // 2] ^= 1
    made.file.write_bytes(content)
    with pytest.raises(manifests.BadBackup, match="has changed"):
        restoration.restore(settings, made.file, AT)
    assert chain(shop.database) == before


def test_a_damaged_backup_with_a_manifest_made_to_fit_is_refused_too(shop: Shop, settings: Settings) -> None:
    made = backups.backup(settings, None, AT)
    shop.database.close()
    damaged_to = {
        "journal": "DROP TRIGGER event_update; UPDATE event SET via = 'x' WHERE id = 2",
        "points nowhere": "DELETE FROM location WHERE parent_id IS NULL",
        "journal ends": "DROP TRIGGER event_delete; DELETE FROM event WHERE id = (SELECT max(id) FROM event)",
    }
    for what, sql in damaged_to.items():
        bad = forged(made.file, sql)
        with pytest.raises(manifests.BadBackup, match=what.replace("journal ends", "ends before event")):
            restoration.restore(settings, bad, AT)


def test_a_foreign_file_is_refused(settings: Settings, tmp_path: Path) -> None:
    for name, content in (("photo.sqlite", b"\x89PNG" * 99), ("empty.sqlite", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(manifests.BadBackup, match="missing beside"):
            restoration.restore(settings, tmp_path / name, AT)
        write_manifest(tmp_path / name, version=schema.wanted())
        with pytest.raises(manifests.BadBackup, match="not a kanban database"):
            restoration.restore(settings, tmp_path / name, AT)
    (tmp_path / "photo.json").write_text("[]")
    with pytest.raises(manifests.BadBackup, match="not the manifest"):
        restoration.restore(settings, tmp_path / "photo.sqlite", AT)


def test_a_backup_of_a_newer_program_is_refused(shop: Shop, settings: Settings) -> None:
    made = backups.backup(settings, None, AT)
    newer = forged(made.file, "UPDATE alembic_version SET version_num = '9999_from_the_future'")
    shop.database.close()
    with pytest.raises(schema.WrongSchema, match="newer program"):
        restoration.restore(settings, newer, AT)


def test_a_restoration_is_refused_while_a_server_or_another_program_has_the_shop_open(
    shop: Shop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "LONGEST_WAIT", 0.3)
    made = backups.backup(settings, None, AT)
    shop.scan(shop.screws[0])
    with pytest.raises(folder.FolderBusy, match="another program has"):
        restoration.restore(settings, made.file, AT)
    shop.database.close()
    with running_owner(settings.data) as owner, pytest.raises(folder.FolderBusy, match=str(owner.pid)):
        restoration.restore(settings, made.file, AT)
    assert shop.supply(shop.screws[0]) == "empty"


def test_a_backup_of_a_damaged_shop_is_refused_and_leaves_nothing(busy: Shop, settings: Settings) -> None:
    damage(settings.data, DAMAGE["journal"])
    with pytest.raises(manifests.BadBackup, match="event 3"):
        backups.backup(settings, None, AT)
    assert list((settings.data / "backups").iterdir()) == []


def test_there_is_nothing_to_back_up_without_a_shop(settings: Settings) -> None:
    with pytest.raises(backups.NoShop):
        backups.backup(settings, None, AT)


def test_thinning_keeps_seven_days_five_weeks_and_twelve_months(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "flush", lambda path: None)
    for back in range(500):
        at = AT - timedelta(days=back)
        file = tmp_path / f"kanban-{at:%Y%m%d-%H%M%S}.sqlite"
        file.write_bytes(b"x")
        write_manifest(file, at)
    (tmp_path / "kanban-notes.json").write_text("{}")
    before_upgrade = tmp_path / "kanban-20240101-000000.sqlite"
    before_upgrade.write_bytes(b"x")
    write_manifest(before_upgrade, AT - timedelta(days=792), version="0")
    gone = backups.thin(tmp_path)
    kept = [manifest.made_at.date().isoformat() for _, manifest in manifests.within(tmp_path)][:-1]
    assert kept[:7] == [f"2026-03-0{day}" for day in (2, 1)] + [f"2026-02-{day}" for day in range(28, 23, -1)]
    assert kept[7:10] == ["2026-02-22", "2026-02-15", "2026-02-08"]  # Sundays; two weeks are in already
    assert kept[10:] == [
        "2026-01-31", "2025-12-31", "2025-11-30", "2025-10-31", "2025-09-30", "2025-08-31", "2025-07-31",
        "2025-06-30", "2025-05-31", "2025-04-30",
    ]  # fmt: skip
    assert len(gone) == 480
    assert (tmp_path / "kanban-notes.json").exists()
    assert before_upgrade.exists()


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_postgresql_shop_is_backed_up_and_restored(
    new_shop: Callable[[], Shop], settings: Settings, tmp_path: Path
) -> None:
    if not dumps.installed():
        pytest.skip("PostgreSQL's client programs are not installed")
    shop = new_shop()
    with_url = settings_of(settings.data, KANBAN_DATABASE_URL=shop.database.url)
    first = release_next(shop, shop.screws[0])
    made = backups.backup(with_url, None, AT)
    second = release_next(shop, shop.screws[1])
    done = restoration.restore(with_url, made.file, AT)
    assert done.replaced
    assert done.old.lost
    assert done.old.lost.orders == [second]
    assert shop.supply(shop.screws[1]) == "full"
    assert found(shop.database, anchor=made.manifest.anchor) == set()
    third = release_next(shop, shop.screws[1])
    assert (first, second, third) == ("PO-000001", "PO-000002", "PO-001003")


def test_the_password_of_postgresql_stands_on_no_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pg_restore"
    program.write_text('#!/bin/sh\necho "$@" "$PGPASSWORD" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    url = "postgresql+psycopg://ann:secret@db/shop?sslmode=require"
    with pytest.raises(dumps.ClientFailed) as failed:
        dumps.load(url, tmp_path / "a.dump")
    assert "--dbname=postgresql://ann@db/shop?sslmode=require" in str(failed.value)
    assert str(failed.value).endswith(" secret")


# Verification


def test_a_sound_shop_verifies_on_either_database(new_shop: Callable[[], Shop]) -> None:
    shop = new_shop()
    shop.receive(shop.line(shop.on_its_way(shop.paper[1])).id, 5)
    shop.cancel(shop.ordered(shop.screws[0], shop.gloves[0]))
    shop.close_loop(shop.gloves[0])
    shop.replace(shop.screws[2])
    assert found(shop.database, anchor=head(shop.database)) == set()


@pytest.mark.parametrize("rule", DAMAGE)
def test_each_kind_of_damage_is_found(rule: str, busy: Shop, settings: Settings) -> None:
    assert found(busy.database) == set()
    damage(settings.data, DAMAGE[rule])
    assert rule in found(busy.database)


def test_every_rule_is_damaged_in_these_tests_and_explained_in_the_manual() -> None:
    manual = (Path(__file__).parent.parent / "docs" / "operations.md").read_text()
    assert {rule.name for rule in RULES} <= DAMAGE.keys()
    assert [rule for rule in [*DAMAGE, "file-damaged"] if f"`{rule}`" not in manual] == []


def test_a_damaged_page_is_found_before_anything_else_is_asked(busy: Shop, settings: Settings) -> None:
    busy.database.close()
    path = settings.data / "kanban.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        page, size = (
            connection.execute(question).fetchone()[0]
            for question in (
                "SELECT rootpage FROM sqlite_master WHERE name = 'ix_event_noun'",
                "PRAGMA page_size",
            )
        )
    content = bytearray(path.read_bytes())
    content[page * size - 60 : page * size - 20] = b"\xff" * 40
    path.write_bytes(content)
    assert found(busy.database) == {"file-damaged"}


def test_a_journal_that_was_cut_off_differs_from_the_end_noted_outside(
    busy: Shop, settings: Settings
) -> None:
    noted = head(busy.database)
    damage(settings.data, f"DROP TRIGGER event_delete; DELETE FROM event WHERE id = {noted[0]}")
    assert "journal" in found(busy.database, anchor=noted)


def test_postgresql_damage_is_found_too(postgresql_store: object, new_shop: Callable[[], Shop]) -> None:
    shop = new_shop()
    shop.ordered(shop.screws[0])
    for statement in ("DROP INDEX uq_order_one_draft", "UPDATE counter SET value = 0"):
        shop.write(lambda session, sql=statement: session.execute(text(sql)) and None)
    assert found(shop.database) == {"guard-missing", "counter-behind"}


# Who owns the folder


def test_a_second_server_is_refused_within_seconds_and_hears_who_is_there(data: Path) -> None:
    with (
        running_owner(data) as owner,
        pytest.raises(folder.FolderBusy, match=f"process {owner.pid} "),
        folder.own(data, wait=0.3),
    ):
        pytest.fail("two own the folder")


def test_a_killed_owner_frees_the_folder(data: Path) -> None:
    with running_owner(data) as owner:
        assert folder.owner(data) == owner.pid
        owner.send_signal(signal.SIGKILL)
        with folder.own(data):
            assert folder.owner(data) == os.getpid()
    assert folder.owner(data) is None


def test_a_dying_predecessor_is_waited_for(data: Path) -> None:
    with running_owner(data) as owner:
        threading.Timer(0.5, owner.kill).start()
        with folder.own(data):
            assert folder.owner(data) == os.getpid()


def test_a_network_folder_is_refused(data: Path, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    for kind in ("nfs4", "cifs", "fuse.sshfs"):
        mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/shop {tmp_path!s} {kind} rw 0 0\n")
        with pytest.raises(folder.NetworkFolder, match=kind):
            folder.refuse_network(data, mounts)
    (tmp_path / "a b").mkdir()
    mounts.write_text(f"server:/shop {tmp_path}/a\\040b nfs rw 0 0\n/dev/sda / ext4 rw 0 0\n")
    assert folder.kind_of(tmp_path / "a b", mounts) == "nfs"
    folder.refuse_network(data, mounts)


# The doctor


def test_a_well_kept_shop_has_nothing_bad(shop: Shop, settings: Settings) -> None:
    config.secret_key(settings.data)
    backups.backup(settings, None, AT)
    checks = list(doctor.examine(settings, {}, AT + timedelta(hours=1)))
    assert [check for check in checks if check.verdict == machine.BAD] == []
    assert all(bool(check.todo) == (check.verdict != machine.OK) for check in checks)
    assert verdicts(checks)["last backup"] == verdicts(checks)["durability"] == machine.OK


def test_a_bad_folder_is_called_bad(shop: Shop, settings: Settings) -> None:
    config.secret_key(settings.data)
    (settings.data / "secret_key").chmod(0o644)
    settings.data.chmod(0o777)
    made = backups.backup(settings, None, AT)
    made.file.write_bytes(b"worn out")
    chosen = settings_of(settings.data, KANBAN_BASE_URL="http://localhost:8000")
    yesterday = shop.at - timedelta(days=1)
    checks = list(doctor.examine(chosen, {"KANBAN_BASE_URL": chosen.base_url}, yesterday))
    bad = {name for name, verdict in verdicts(checks).items() if verdict == machine.BAD}
    assert bad == {"data folder", "secret key", "address", "last backup", "clock"}


def test_an_old_backup_and_none_at_all_are_called_so(shop: Shop, settings: Settings) -> None:
    def verdict(after: timedelta) -> str:
        return verdicts(list(doctor.examine(settings, {}, shop.at + after)))["last backup"]

    assert verdict(timedelta(hours=1)) == machine.LOOK
    assert verdict(timedelta(days=8)) == machine.BAD
    backups.backup(settings, None, shop.at)
    assert verdict(timedelta(hours=25)) == machine.OK
    assert verdict(timedelta(days=2)) == machine.LOOK
    assert verdict(timedelta(days=8)) == machine.BAD


def test_a_damaged_database_and_a_folder_without_a_shop_are_told_apart(
    data: Path, settings: Settings
) -> None:
    assert verdicts(list(doctor.examine(settings, {}, AT)))["database"] == machine.LOOK
    (data / "kanban.sqlite").write_bytes(b"not a database" * 1000)
    assert verdicts(list(doctor.examine(settings, {}, AT)))["database"] == machine.BAD


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("https://kanban.example", machine.OK),
        ("http://kanban.example", machine.OK),
        ("https://192.0.2.7", machine.LOOK),
        ("https://127.0.0.1:8000", machine.BAD),
        ("http://[::1]:8000", machine.BAD),
    ],
)
def test_the_address_on_cards_is_judged(data: Path, url: str, verdict: str) -> None:
    chosen = settings_of(data, KANBAN_BASE_URL=url)
    checks = list(doctor.examine(chosen, {"KANBAN_BASE_URL": url}, AT))
    assert verdicts(checks)["address"] == verdict


@pytest.mark.parametrize(
    ("release", "verdict"),
    [((3, 40, 1), "look"), ((3, 44, 6), "ok"), ((3, 45, 0), "look"), ((3, 50, 7), "ok"), ((3, 51, 2), "look"),
     ((3, 51, 3), "ok"), ((3, 53, 0), "ok")],
)  # fmt: skip
def test_the_releases_of_sqlite_that_reset_the_log_are_known(release: tuple[int, ...], verdict: str) -> None:
    assert machine.sqlite_release(release).verdict == verdict


# The commands


def test_the_commands_back_up_verify_and_restore(
    busy: Shop, kanban: Callable[..., Result], tmp_path: Path
) -> None:
    made = kanban("backup", "--to", tmp_path / "disk", "--thin")
    assert made.exit_code == 0, made.output
    (file,) = (tmp_path / "disk").glob("*.sqlite")
    number, hashed = head(busy.database)
    assert f"Journal's end: {number}:{hashed}" in made.output
    assert kanban("verify", "--anchor", f"{number}:{hashed}").output.endswith("Everything holds.\n")
    lost = release_next(busy, busy.screws[2])
    busy.database.close()
    done = kanban("restore", file, "--yes")
    assert done.exit_code == 0, done.output
    assert "The next order is PO-001004." in done.output
    assert f"this shop does not: {lost}" in done.output
    assert kanban("verify").exit_code == 0


def test_verify_ends_with_1_and_names_the_card(busy: Shop, kanban: Callable[..., Result], data: Path) -> None:
    damage(data, DAMAGE["replay-cards"])
    told = kanban("verify")
    assert told.exit_code == 1
    assert "card 1: the journal says active, the table on_hold" in told.output
    facts = json.loads(kanban("verify", "--json").output)
    assert facts["events"], facts["head"] == head(busy.database)
    assert [finding["rule"] for finding in facts["findings"]] == ["replay-cards"]


def test_verify_refuses_an_anchor_that_is_none(shop: Shop, kanban: Callable[..., Result]) -> None:
    assert kanban("verify", "--anchor", "12").exit_code == 2
    assert kanban("verify", "--anchor", f"1:{'0' * 64}").exit_code == 1


def test_restore_asks_first_and_says_why_it_refuses(
    shop: Shop, kanban: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "x.sqlite").write_bytes(b"x")
    assert kanban("restore", tmp_path / "x.sqlite").exit_code == 1
    refused = kanban("restore", tmp_path / "x.sqlite", "--yes")
    assert refused.exit_code == 1
    assert "x.json is missing" in refused.output


def test_doctor_prints_a_line_each_and_json(shop: Shop, kanban: Callable[..., Result], data: Path) -> None:
    told = kanban("doctor")
    assert "SQLite" in told.output
    data.chmod(0o777)
    assert kanban("doctor").exit_code == 1
    names = [check["name"] for check in json.loads(kanban("doctor", "--json").output)]
    assert len(names) == len(set(names)) > 12


def test_upgrade_makes_the_tables_once_and_backs_up_before_it_changes_them(
    kanban: Callable[..., Result], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"version {schema.wanted()} now." in kanban("upgrade").output
    assert "already" in kanban("upgrade").output
    monkeypatch.setattr(schema, "wanted", lambda: "0002_next")
    assert "Backup: " in kanban("upgrade").output
    assert len(list((data / "backups").glob("*.sqlite"))) == 1
    monkeypatch.undo()


class running_owner:
    """Another process that owns the folder, killed at the end."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def __enter__(self) -> subprocess.Popen[str]:
        program = (
            "import sys, time; from pathlib import Path; from kanban.keeping import folder\n"
            "with folder.own(Path(sys.argv[1])): print('mine', flush=True); time.sleep(60)"
        )
        command = [sys.executable, "-c", program, str(self._data)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        assert self._process.stdout.readline() == "mine\n"
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def forged(file: Path, sql: str) -> Path:
    """A copy of a backup, changed behind the program's back, whose manifest fits its bytes."""
    copy = file.with_name(f"forged-{len(sql)}.sqlite")
    shutil.copy(file, copy)
    with closing(sqlite3.connect(copy)) as connection:
        connection.executescript(sql)
    facts = json.loads(manifests.beside(file).read_text())
    manifests.beside(copy).write_text(json.dumps(facts | {"sha256": manifests.sha256_of(copy)}))
    return copy


def write_manifest(file: Path, at: datetime = AT, version: str = "1") -> None:
    hashed = manifests.sha256_of(file)
    manifests.save(manifests.Manifest("0", "sqlite", version, at, 0, journal.GENESIS, 0, 1, hashed), file)


def verdicts(checks: list[machine.Check]) -> dict[str, str]:
    return {check.name: check.verdict for check in checks}
