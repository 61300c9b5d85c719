"""The manifest of a backup: what it holds, noted in a small file beside it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

SUFFIX = ".json"


class BadBackup(Exception):
    """A file that cannot be restored; says why, and what else would do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. ``size`` is in bytes; ``head`` is the hash of event number ``events``."""

    product: str
    database: str
    """``sqlite`` or ``postgresql``."""
    schema: str
    made_at: datetime
    events: int
    head: str
    last_order_number: int
    size: int
    sha256: str

    @property
    def anchor(self) -> tuple[int, str]:
        """The journal's end, as ``journal.verify`` takes it."""
        return self.events, self.head


def beside(file: Path) -> Path:
    """Where the manifest of a backup lies."""
    return file.with_suffix(SUFFIX)


def save(manifest: Manifest, file: Path) -> None:
    """Write the manifest of ``file``, whole or not at all."""
    path = beside(file)
    fresh = path.with_name(f".{path.name}")
    facts = asdict(manifest) | {"made_at": manifest.made_at.isoformat()}
    fresh.write_text(json.dumps(facts, indent=2) + "\n")
    flush(fresh)
    os.replace(fresh, path)
    flush(path.parent)


def load(file: Path) -> Manifest:
    """The manifest of a backup. Raises :class:`BadBackup` where there is none that can be read."""
    path = beside(file)
    try:
        facts = json.loads(path.read_text())
        return Manifest(**facts | {"made_at": datetime.fromisoformat(facts["made_at"])})
    except FileNotFoundError as missing:
        raise BadBackup(
            f"{path.name} is missing beside {file.name}: a backup is both files, copy them together"
        ) from missing
    except (ValueError, TypeError, KeyError) as wrong:
        raise BadBackup(f"{path} is damaged or not the manifest of a backup: {wrong}") from wrong


def check(file: Path) -> Manifest:
    """The manifest of a backup whose every byte is as it was when it was made and verified.

    Raises :class:`BadBackup`.
    """
    manifest = load(file)
    try:
        same = sha256_of(file) == manifest.sha256
    except OSError as wrong:
        raise BadBackup(f"{file} cannot be read: {wrong.strerror}") from wrong
    if not same:
        raise BadBackup(f"{file} has changed since it was made, or has another manifest: take another one")
    return manifest


def within(folder: Path) -> list[tuple[Path, Manifest]]:
    """The backups of a folder, the newest first; files without a readable manifest are none."""
    found = []
    for path in folder.glob(f"kanban-*{SUFFIX}"):
        for file in (path.with_suffix(".sqlite"), path.with_suffix(".dump")):
            try:
                if file.exists():
                    found.append((file, load(file)))
            except BadBackup:
                continue
    return sorted(found, key=lambda each: each[1].made_at, reverse=True)


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def flush(path: Path) -> None:
    """Let the disk keep a file, or the names in a folder, through a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
