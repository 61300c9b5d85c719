"""What the doctor looks at without opening the database: the folder, the disk, the programs and fonts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec

from kanban import config
from kanban.config import Settings
from kanban.keeping import copies, dumps
from kanban.keeping import folder as folders

OK, LOOK, BAD = "ok", "look", "bad"
LEAST_FREE = 20_000_000  # bytes: below it the shop cannot take scans
LITTLE_FREE = 200_000_000  # bytes

WAL_RESET_FIXED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
"""The SQLite releases, each of its own branch, that no longer reset a write-ahead log under a commit."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``verdict`` is ok, look (worth a thought) or bad; ``todo`` is empty where ok."""

    name: str
    verdict: str
    sentence: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """The installation that is examined, and the moment of it."""

    settings: Settings
    environ: Mapping[str, str]
    at: datetime


def folder(patient: Patient) -> Check:
    """Whether the data folder is there, can be written, and is closed to others."""
    data = patient.settings.data
    if not data.is_dir():
        return Check("data folder", LOOK, f"{data} is not there yet.", "`kanban serve` makes it.")
    mode = data.stat().st_mode
    if not os.access(data, os.W_OK | os.X_OK):
        todo = f"Give it to the user who runs kanban: `chown -R USER {data}`."
        return Check("data folder", BAD, f"{data} cannot be written.", todo)
    if mode & 0o077:
        verdict, who = (BAD, "changed") if mode & 0o002 else (LOOK, "opened")
        todo = f"`chmod 700 {data}`"
        return Check("data folder", verdict, f"{data} can be {who} by other users.", todo)
    return Check("data folder", OK, f"{data} is yours alone.")


def secret_key(patient: Patient) -> Check:
    """Whether the secret is there, long enough and closed to others."""
    name = "secret key"
    if not (patient.settings.data / "secret_key").exists():
        return Check(name, LOOK, "There is none yet.", "`kanban serve` makes it at its first start.")
    try:
        config.secret_key(patient.settings.data)
    except config.BadSetting as wrong:
        return Check(name, BAD, "The server would refuse to start.", f"{wrong}.")
    except OSError as wrong:
        return Check(name, BAD, f"It cannot be read: {wrong.strerror}.", "Run as the user who owns it.")
    return Check(name, OK, "Only you can read it.")


def file_system(patient: Patient) -> Check:
    """Whether SQLite can live on this kind of file system."""
    kind = folders.kind_of(patient.settings.data)
    name = "file system"
    if not patient.settings.is_sqlite:
        return Check(name, OK, f"{kind or 'Unknown'}; the data lies in PostgreSQL.")
    if kind in folders.NETWORK_KINDS:
        todo = "Move the folder to a disk of this machine, or use PostgreSQL."
        return Check(
            name, BAD, f"{kind} is a network or shared file system: SQLite gets damaged on it.", todo
        )
    if kind in ("", "tmpfs", "ramfs") or kind.startswith("fuse."):
        todo = "Make sure that the folder lies on a disk of this machine, and outlives a restart."
        return Check(name, LOOK, f"It is {kind or 'of an unknown kind'}.", todo)
    return Check(name, OK, f"{kind}, on this machine.")


def disk(patient: Patient) -> Check:
    """How much room is left."""
    place = next(each for each in (patient.settings.data, *patient.settings.data.parents) if each.exists())
    free = shutil.disk_usage(place).free
    sentence = f"{_megabytes(free)} free."
    if free < LEAST_FREE:
        return Check("disk", BAD, f"{sentence} Scans are refused soon.", "Make room now.")
    file = copies.file_of(patient.settings) if patient.settings.is_sqlite else None
    needed = max(LITTLE_FREE, 3 * file.stat().st_size if file and file.exists() else 0)
    if free < needed:
        todo = f"Make room: a backup and an upgrade want {_megabytes(needed)}."
        return Check("disk", LOOK, sentence, todo)
    return Check("disk", OK, sentence)


def owner(patient: Patient) -> Check:
    """Which process serves this folder."""
    process = folders.owner(patient.settings.data)
    if process is None:
        return Check("server", OK, "No server runs on this folder just now.")
    return Check("server", OK, f"Process {process} serves this folder.")


def fonts(_patient: Patient) -> Check:
    """Whether the fonts came with the package."""
    found = list((config.assets("labels") / "fonts").glob("*.ttf"))
    if not found:
        todo = "Install kanban again: its package is not whole."
        return Check("fonts", BAD, "The fonts for cards and orders are missing.", todo)
    return Check("fonts", OK, f"{len(found)} for cards and orders.")


def postgresql(patient: Patient) -> Check:
    """Whether what PostgreSQL needs is installed."""
    name, driver = "PostgreSQL", find_spec("psycopg") is not None
    if patient.settings.is_sqlite:
        return Check(name, OK, f"Not used; its driver is {'installed' if driver else 'not installed'}.")
    if not driver:
        return Check(name, BAD, "Its driver is missing.", "Install `kanban[postgres]`.")
    if not dumps.installed():
        todo = "Install its client programs (Debian: postgresql-client)."
        return Check(name, LOOK, "pg_dump is missing: `kanban backup` cannot work.", todo)
    return Check(name, OK, "Driver and client programs are installed.")


def sqlite_release(release: tuple[int, ...]) -> Check:
    """What is to be said of an SQLite release."""
    version = ".".join(map(str, release))
    fixed = release >= WAL_RESET_FIXED[-1] or any(
        release[:2] == branch[:2] and release >= branch for branch in WAL_RESET_FIXED
    )
    if fixed or release < (3, 7, 0):
        return Check("SQLite", OK, f"{version}.")
    sentence = (
        f"{version} can lose commits when one connection resets the write-ahead log under another's."
        " Kanban writes and checkpoints through one writer, which avoids it."
    )
    todo = "Never write to the file with another program while kanban runs; 3.51.3 and newer are free of it."
    return Check("SQLite", LOOK, sentence, todo)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
