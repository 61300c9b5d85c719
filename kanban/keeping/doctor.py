"""The doctor: what could hurt this installation, each in a sentence and with what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from kanban import journal, schema
from kanban.config import Settings
from kanban.db import Database
from kanban.keeping import backups, cameras, copies, machine, manifests
from kanban.keeping.machine import BAD, LOOK, OK, Check, Patient
from kanban.loops import Card

LARGEST_CLOCK_STEP = timedelta(minutes=2)
BACKUP_IS_OLD = timedelta(hours=26)
BACKUP_IS_TOO_OLD = timedelta(days=7)


def examine(settings: Settings, environ: Mapping[str, str], at: datetime) -> Iterator[Check]:
    """Look at everything and change nothing. ``environ`` tells which settings were chosen, which guessed."""
    patient = Patient(settings, environ, at)
    yield from _without_database(patient)
    reached = _reached(patient)
    yield reached
    if reached.verdict == OK:
        yield from _with_database(patient)


def _without_database(patient: Patient) -> Iterator[Check]:
    checks: tuple[Callable[[Patient], Check], ...] = (
        machine.folder, machine.secret_key, machine.file_system, machine.disk, machine.owner,
        _base_url, cameras.camera, _proxy, _zone, machine.fonts, machine.postgresql,
    )  # fmt: skip
    for check in checks:
        yield check(patient)
    if patient.settings.is_sqlite:
        yield machine.sqlite_release(sqlite3.sqlite_version_info)


def _with_database(patient: Patient) -> Iterator[Check]:
    try:
        with _database(patient) as database, database.read() as session:
            if patient.settings.is_sqlite:
                yield _modes(database)
            yield _clock(session, patient.at)
            yield _printed(session, patient.settings.base_url)
            yield _backup(patient, session)
    except (SQLAlchemyError, sqlite3.Error) as wrong:
        yield _unreadable(wrong)


def _base_url(patient: Patient) -> Check:
    name, url = "address", patient.settings.base_url
    host = urlsplit(url).hostname or ""
    if "KANBAN_BASE_URL" not in patient.environ:
        todo = "Set KANBAN_BASE_URL to a name that stays, before you print cards that shall last."
        return Check(name, LOOK, f"{url} is a guess from this machine's network.", todo)
    if _is_loopback(host):
        todo = "Set KANBAN_BASE_URL to the name by which phones reach this machine."
        return Check(name, BAD, f"{url} means the phone itself: no phone can open a card.", todo)
    if _is_bare(host):
        todo = "Give the machine a name in your router or DNS, and set KANBAN_BASE_URL to it."
        return Check(
            name, LOOK, f"{url} is a bare number: cards die when the machine gets another one.", todo
        )
    return Check(name, OK, f"{url}.")


def _proxy(patient: Patient) -> Check:
    chosen = patient.settings
    if chosen.tls != "off" and chosen.trusted_proxies:
        todo = "Set KANBAN_TRUSTED_PROXIES=0 unless one stands in front too: else anyone can forge addresses."
        sentence = f"{chosen.trusted_proxies} trusted, and the server itself does the TLS."
        return Check("proxy", LOOK, sentence, todo)
    if chosen.is_https and chosen.tls == "off" and chosen.trusted_proxies == 0:
        todo = "Where a proxy of yours does the TLS, set KANBAN_TRUSTED_PROXIES=1."
        return Check("proxy", LOOK, "The address is https, and no proxy is trusted.", todo)
    if not chosen.is_https and chosen.trusted_proxies:
        todo = "Set KANBAN_TRUSTED_PROXIES=0 unless a proxy stands in front: else anyone can forge addresses."
        return Check("proxy", LOOK, f"{chosen.trusted_proxies} trusted, and the address is plain http.", todo)
    return Check("proxy", OK, f"{chosen.trusted_proxies} trusted.")


def _zone(patient: Patient) -> Check:
    local = f"{patient.at.astimezone(patient.settings.zone):%A %H:%M}"
    sentence = f"{patient.settings.zone.key}: it is {local}."
    if patient.settings.zone.key in ("UTC", "Etc/UTC") and "KANBAN_TIME_ZONE" not in patient.environ:
        todo = "Set KANBAN_TIME_ZONE, such as Europe/Berlin: order days and cut-offs follow it."
        return Check("time zone", LOOK, sentence, todo)
    return Check("time zone", OK, sentence)


def _reached(patient: Patient) -> Check:
    settings, name = patient.settings, "database"
    if settings.is_sqlite and not copies.file_of(settings).exists():
        return Check(name, LOOK, "There is no shop in this folder yet.", "`kanban serve` makes one.")
    try:
        schema.check(settings.database_url)
    except schema.WrongSchema as wrong:
        return Check(name, BAD, "It is of another version than this program.", f"{wrong}.")
    except (SQLAlchemyError, ImportError) as wrong:
        return _unreadable(wrong)
    return Check(name, OK, f"Reached, version {schema.wanted()}.")


def _unreadable(wrong: Exception) -> Check:
    todo = "Restore the last backup if it is damaged; see that PostgreSQL runs if it is there."
    return Check("database", BAD, f"It cannot be read: {getattr(wrong, 'orig', wrong)}.", todo)


def _modes(database: Database) -> Check:
    connection = database.writer.raw_connection()
    try:
        journal_mode, synchronous = (
            connection.cursor().execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous")
        )
    finally:
        connection.close()
    sentence = f"journal_mode {journal_mode}, synchronous {synchronous}"
    if journal_mode != "wal" or synchronous < 2:
        todo = "Another program changed the file, or the disk cannot do it: restart kanban, then ask again."
        return Check("durability", BAD, f"{sentence}: a power cut can take saved scans.", todo)
    return Check("durability", OK, f"{sentence} (FULL): what was answered is on the disk.")


def _clock(session: Session, at: datetime) -> Check:
    last = session.scalar(select(func.max(journal.Event.recorded_at)))
    if last is not None and last - at > LARGEST_CLOCK_STEP:
        todo = "Set the machine's clock, and let it follow a time server."
        return Check("clock", BAD, f"The last event is {_span(last - at)} ahead of it.", todo)
    return Check("clock", OK, f"{at:%Y-%m-%d %H:%M} UTC; no event lies ahead of it.")


def _printed(session: Session, url: str) -> Check:
    cards = session.scalar(select(func.count()).where(Card.print_version > 0, Card.life != "retired")) or 0
    if cards and _is_loopback(urlsplit(url).hostname or ""):
        todo = "Set KANBAN_BASE_URL and print them again."
        return Check("printed cards", BAD, f"{cards}; printed with {url} no phone can open them.", todo)
    return Check("printed cards", OK, f"{cards} in service.")


def _backup(patient: Patient, session: Session) -> Check:
    name, todo = "last backup", "Run `kanban backup --thin` every night (docs/operations.md)."
    found = backups.backups_in(patient.settings)
    if not found:
        first = session.scalar(select(func.min(journal.Event.recorded_at)))
        old = first is not None and patient.at - first > BACKUP_IS_TOO_OLD
        return Check(name, BAD if old else LOOK, "There is none in the data folder.", todo)
    file, manifest = found[0]
    try:
        manifests.check(file)
    except manifests.BadBackup as wrong:
        return Check(name, BAD, f"{wrong}.", "Run `kanban backup` now, and look at the disk.")
    age = patient.at - manifest.made_at
    sentence = f"{file.name}, {_span(age)} old, as whole as when it was verified."
    if age > BACKUP_IS_OLD:
        return Check(name, BAD if age > BACKUP_IS_TOO_OLD else LOOK, sentence, todo)
    return Check(name, OK, sentence)


@contextmanager
def _database(patient: Patient) -> Iterator[Database]:
    with closing(Database(patient.settings.database_url, patient.settings.data)) as database:
        yield database


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_bare(host) and ip_address(host).is_loopback)


def _is_bare(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _span(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return (
        f"{hours // 24} days"
        if hours >= 48
        else f"{hours} hours"
        if hours >= 2
        else f"{span.seconds // 60} min"
    )


def worst(checks: list[Check]) -> str:
    """The worst verdict of all."""
    return max((check.verdict for check in checks), key=(OK, LOOK, BAD).index, default=OK)
