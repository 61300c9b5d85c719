"""Sheets between their preview and their import: in files that only their uploader can name."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from kanban.imports import sheet
from kanban.imports.sheet import Sheet

KEPT = timedelta(hours=24)
MOST = 20  # sheets of all people together; the oldest give way


class UploadGone(LookupError):
    """Nobody has uploaded that, or it was imported, or it is too old."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A sheet as it was read, under the name of its file."""

    name: str
    sheet: Sheet


def keep(folder: Path, owner: str, upload: Upload, at: datetime) -> str:
    """Store a sheet that ``owner`` sent, and forget old ones; returns the token that finds it again."""
    folder.mkdir(mode=0o700, exist_ok=True)
    _forget_old(folder, at)
    token = secrets.token_urlsafe(16)
    descriptor = os.open(_path(folder, owner, token), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps({"name": upload.name, "sheet": sheet.dumps(upload.sheet)}))
    return token


def fetch(folder: Path, owner: str, token: str, at: datetime) -> Upload:
    """What ``owner`` stored under this token. Raises :class:`UploadGone`."""
    path = _path(folder, owner, token)
    try:
        if _age(path, at) > KEPT:
            raise UploadGone(token)
        stored = json.loads(path.read_text())
    except (OSError, ValueError) as missing:  # not there, or only half of it since the disk was full
        raise UploadGone(token) from missing
    return Upload(stored["name"], sheet.loads(stored["sheet"]))


def drop(folder: Path, owner: str, token: str) -> None:
    """Forget a sheet; one that is gone already is fine."""
    _path(folder, owner, token).unlink(missing_ok=True)


def _path(folder: Path, owner: str, token: str) -> Path:
    return folder / f"{owner}-{token}.json"


def _forget_old(folder: Path, at: datetime) -> None:
    with suppress(FileNotFoundError):  # another request tidies up at the same time
        newest_first = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for place, path in enumerate(newest_first, 1):
            if place >= MOST or _age(path, at) > KEPT:
                path.unlink(missing_ok=True)


def _age(path: Path, at: datetime) -> timedelta:
    return timedelta(seconds=at.timestamp() - path.stat().st_mtime)
