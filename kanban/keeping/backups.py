"""Backups: made while the shop works, checked before they count, thinned as they age."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from kanban import __version__
from kanban.config import Settings
from kanban.keeping import copies, dumps, manifests
from kanban.keeping.manifests import Manifest

FOLDER = "backups"
LEFTOVER = timedelta(days=1)

KEPT: tuple[tuple[int, Callable[[Manifest], object]], ...] = (
    (7, lambda manifest: manifest.made_at.date()),
    (5, lambda manifest: manifest.made_at.isocalendar()[:2]),
    (12, lambda manifest: (manifest.made_at.year, manifest.made_at.month)),
    (12, lambda manifest: manifest.schema),
)
"""How many backups thinning keeps, each the newest of its day, week, month (UTC), or schema: the last one
before an upgrade is the way back from it."""


class NoShop(Exception):
    """There is no database to back up."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was read back and found whole."""

    file: Path
    manifest: Manifest


def backup(settings: Settings, target: Path | None, at: datetime) -> Backup:
    """Copy the database, as it stands at one moment, into ``target`` (by default ``data/backups``).

    Scans go on meanwhile. The copy is checked (pages, references, journal) before it gets its name.
    Raises :class:`NoShop`, :class:`manifests.BadBackup` where the database itself is damaged, and
    :class:`dumps.ClientMissing` or :class:`dumps.ClientFailed` on PostgreSQL.
    """
    target = target or settings.data / FOLDER
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sweep(target, at)
    with _workplace(target) as workplace:
        if settings.is_sqlite:
            made, facts = _copy(settings, workplace / "copy.sqlite")
        else:
            made, facts = dumps.dump(settings.database_url, workplace / "copy.dump")
        return _keep(made, facts, target, at)


def backups_in(settings: Settings, target: Path | None = None) -> list[tuple[Path, Manifest]]:
    """The backups of the folder, the newest first."""
    return manifests.within(target or settings.data / FOLDER)


def thin(target: Path) -> list[Path]:
    """Delete the backups in ``target`` but those of the last 7 days, 5 weeks and 12 months that have one.

    The last one of each older schema stays too. Returns the deleted files; files that are no backups stay.
    """
    found = manifests.within(target)
    kept = {file for count, period in KEPT for file in _newest(found, count, period)}
    gone = [file for file, _ in found if file not in kept]
    for file in gone:
        file.unlink()
        manifests.beside(file).unlink()
    return gone


def _copy(settings: Settings, file: Path) -> tuple[Path, copies.Facts]:
    source = copies.file_of(settings)
    if not source.exists():
        raise NoShop(f"there is no shop in {settings.data}: nothing to back up")
    # Read-only, so that closing it can never move the write-ahead log under the one writer.
    with closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, isolation_level=None)) as reader:
        try:
            reader.execute("VACUUM INTO ?", (str(file),))
        except sqlite3.DatabaseError as wrong:
            raise manifests.BadBackup(f"{source} could not be copied: {wrong}") from wrong
    file.chmod(0o600)
    return file, copies.check(file)


def _keep(made: Path, facts: copies.Facts, target: Path, at: datetime) -> Backup:
    file = _free_name(target, at, made.suffix)
    manifest = Manifest(
        product=__version__,
        database="sqlite" if made.suffix == ".sqlite" else "postgresql",
        schema=facts.schema,
        made_at=at,
        events=facts.events,
        head=facts.head,
        last_order_number=facts.last_order_number,
        size=made.stat().st_size,
        sha256=manifests.sha256_of(made),
    )
    manifests.flush(made)
    manifests.save(manifest, file)
    os.rename(made, file)
    manifests.flush(target)
    return Backup(file, manifest)


def _free_name(target: Path, at: datetime, suffix: str) -> Path:
    name = f"kanban-{at:%Y%m%d-%H%M%S}"
    taken = {path.stem for path in target.glob(f"{name}*")}
    return target / f"{name if name not in taken else f'{name}-{len(taken) + 1}'}{suffix}"


def _newest(
    found: list[tuple[Path, Manifest]], count: int, period: Callable[[Manifest], object]
) -> Iterator[Path]:
    seen: set[object] = set()
    for file, manifest in found:
        this = period(manifest)
        if this not in seen and len(seen) < count:
            seen.add(this)
            yield file


@contextmanager
def _workplace(target: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=".making-", dir=target) as folder:
        yield Path(folder)


def _sweep(target: Path, at: datetime) -> None:
    """Remove what a backup left behind that was killed on its way."""
    for folder in target.glob(".making-*"):
        if folder.stat().st_mtime < (at - LEFTOVER).timestamp():
            shutil.rmtree(folder, ignore_errors=True)
