"""Restoration: a backup takes the place of the database, and no order number ever comes twice.

All is made ready in a copy: checked, migrated, its order numbers moved ahead, the restoration noted in
its journal. One rename then puts it in place, so that a crash leaves the old shop or the restored one.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from sqlalchemy import delete, func, inspect, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from kanban import journal, orders, outbox, people, schema
from kanban.config import Settings
from kanban.db import Database
from kanban.journal import Event
from kanban.keeping import copies, dumps, folder, manifests
from kanban.keeping.manifests import BadBackup, Manifest

NUMBERS_AHEAD = 1000
"""Order numbers that a restoration leaves out: those given out since the backup lie among them."""

SQLITE_STARTS = b"SQLite format 3\0"
SIDE_FILES = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Lost:
    """What the replaced database held beyond the backup."""

    events: int
    since: datetime
    until: datetime
    kinds: dict[str, int]
    orders: list[str]
    """Numbers of orders that were released after the backup: their suppliers have them."""


@dataclass(frozen=True, slots=True)
class Old:
    """What the database that is replaced says of itself. ``known`` is false where nothing of it can be read;
    ``related`` is false where it is not a later state of the same shop."""

    known: bool = False
    related: bool = False
    last_order_number: int = 0
    lost: Lost | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restoration did."""

    manifest: Manifest
    first_order_number: int
    replaced: Path | None
    old: Old = field(default_factory=Old)


def restore(settings: Settings, file: Path, at: datetime) -> Restored:
    """Put a backup in the place of the shop's database; what it replaces is kept beside it.

    All sign-ins end. Raises :class:`BadBackup`, :class:`schema.WrongSchema` for one of a newer program,
    :class:`folder.FolderRefused` while a server runs, and on PostgreSQL what :mod:`dumps` raises.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with folder.own(settings.data, holds_database=settings.is_sqlite), folder.without_writers(settings.data):
        manifest = manifests.check(file)
        _refuse_other_kind(settings, manifest)
        _refuse_newer(manifest.schema)
        put = _restore_sqlite if settings.is_sqlite else _restore_postgresql
        return put(settings, file, manifest, at)


def _restore_sqlite(settings: Settings, file: Path, manifest: Manifest, at: datetime) -> Restored:
    database = copies.file_of(settings)
    with _removed_at_the_end(database.with_name(f".{database.name}.restoring")) as fresh:
        shutil.copyfile(file, fresh)
        fresh.chmod(0o600)
        _refuse_newer(copies.check(fresh, manifest.anchor).schema)
        old = _look_at(database, manifest)
        number = _goes_on_after(settings, file, manifest, old)
        _make_ready(copies.url_of(fresh), manifest, number, at)
        return Restored(manifest, number + 1, _swap(database, fresh, at), old)


def _restore_postgresql(settings: Settings, file: Path, manifest: Manifest, at: datetime) -> Restored:
    url = settings.database_url
    with closing(Database(url)) as database, copies.snapshot(database) as session:
        old = _read_old(session, manifest)
    number = _goes_on_after(settings, file, manifest, old)
    kept = _free(settings.data / f"kanban.replaced-{_stamp(at)}.dump") if old.known else None
    if kept:
        dumps.dump(url, kept)
    dumps.load(url, file)
    with closing(Database(url)) as database, copies.snapshot(database) as session:
        for broken in journal.verify(session, anchor=manifest.anchor):
            raise BadBackup(f"the restored journal does not hold: event {broken.event_id} {broken.what}")
    _make_ready(url, manifest, number, at)
    return Restored(manifest, number + 1, kept, old)


def _make_ready(url: str, manifest: Manifest, number: int, at: datetime) -> None:
    """Migrate what was restored, move its numbers ahead, end its sign-ins, let nothing leave, and note it."""
    schema.upgrade(url)
    with closing(Database(url)) as database:
        database.write(lambda session: _note(session, journal.Deed(at, journal.By("cli")), manifest, number))


def _note(session: Session, deed: journal.Deed, manifest: Manifest, number: int) -> None:
    counter = session.get(orders.Counter, "order") or orders.Counter(name="order", value=0)
    counter.value = number
    session.add(counter)
    session.execute(delete(people.SignIn))
    outbox.mark_all_as_possible_repeats(session)
    outbox.brakes.pause_restored(session, deed.at)
    facts = {
        "made_at": manifest.made_at,
        "events": manifest.events,
        "head": manifest.head,
        "last_order_number": number,
    }
    journal.append(session, deed, "restored", "shop", 1, facts)


def _swap(database: Path, fresh: Path, at: datetime) -> Path | None:
    """Put ``fresh`` in the place of the database; there is one at every instant, the old or the restored."""
    manifests.flush(fresh)
    kept = None
    if database.exists():
        kept = _free(database.with_name(f"{database.stem}.replaced-{_stamp(at)}{database.suffix}"))
        os.link(database, kept)
    for side in SIDE_FILES:  # an old log beside the restored file would be played into it
        beside = database.with_name(database.name + side)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + side)) if kept else beside.unlink()
    os.replace(fresh, database)
    manifests.flush(database.parent)
    return kept


def _look_at(database: Path, manifest: Manifest) -> Old:
    """What the old file says; its write-ahead log is moved into it first, so that it is whole by itself."""
    if not database.exists() or not _is_sqlite(database):
        return Old()  # not even opened: SQLite would throw away the log beside it
    try:
        with closing(sqlite3.connect(database, timeout=5, isolation_level=None)) as last_user:
            last_user.execute("PRAGMA journal_mode=DELETE")
        with copies.alone(database) as session:
            return _read_old(session, manifest)
    except sqlite3.OperationalError as wrong:
        if "locked" in str(wrong):
            raise folder.FolderBusy(f"another program has {database} open: close it first") from wrong
    except (sqlite3.DatabaseError, DatabaseError):
        pass
    return Old()


def _read_old(session: Session, manifest: Manifest) -> Old:
    if not inspect(session.connection()).has_table("event"):
        return Old()
    at_backup = session.get(Event, manifest.events)
    related = manifest.events == 0 or (at_backup is not None and at_backup.hash == manifest.head)
    lost = _lost(session, manifest.events) if related else None
    return Old(True, related, copies.last_order_number(session), lost)


def _lost(session: Session, after: int) -> Lost | None:
    later = Event.id > after
    since, until, events = session.execute(
        select(func.min(Event.recorded_at), func.max(Event.recorded_at), func.count()).where(later)
    ).one()
    if not events:
        return None
    kinds = session.execute(select(Event.kind, func.count().label("times")).where(later).group_by(Event.kind))
    released = select(Event).where(later, Event.kind == "released", Event.noun == "order").order_by(Event.id)
    numbers = [str(event.facts["number"]) for event in session.scalars(released)]
    return Lost(events, since, until, {row.kind: row.times for row in kinds}, numbers)


def _goes_on_after(settings: Settings, file: Path, manifest: Manifest, old: Old) -> int:
    """The order number after which the restored shop goes on: well beyond the highest that is known of."""
    places = {file.parent, settings.data / "backups"}
    noted = [each.last_order_number for place in places for _, each in manifests.within(place)]
    return max(manifest.last_order_number, old.last_order_number, *noted) + NUMBERS_AHEAD


def _refuse_other_kind(settings: Settings, manifest: Manifest) -> None:
    wanted = "sqlite" if settings.is_sqlite else "postgresql"
    if manifest.database != wanted:
        raise BadBackup(f"a backup of {manifest.database}, and the settings name a {wanted} database")


def _refuse_newer(version: str) -> None:
    if not (schema.MIGRATIONS / "versions" / f"{version}.py").exists():
        raise schema.WrongSchema(
            f"the backup (version {version}) was made by a newer program (this one has {schema.wanted()}): "
            "install the newer program first"
        )


@contextmanager
def _removed_at_the_end(file: Path) -> Iterator[Path]:
    """A place for a file at work; what is left of it, also by a killed predecessor, is removed."""
    everything = [file, *(file.with_name(file.name + side) for side in SIDE_FILES)]
    for each in everything:
        each.unlink(missing_ok=True)
    try:
        yield file
    finally:
        for each in everything:
            each.unlink(missing_ok=True)


def _is_sqlite(file: Path) -> bool:
    with open(file, "rb") as opened:
        return opened.read(len(SQLITE_STARTS)) == SQLITE_STARTS


def _free(path: Path) -> Path:
    """The path, or one like it that nothing lies at yet."""
    tries = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(each for each in chain([path], tries) if not each.exists())


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%d-%H%M%S}"
