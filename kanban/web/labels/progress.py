"""How far a job is, in a file that every process of the shop can read; who removes it cancels the job."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kanban.labels import jobs
from kanban.labels.errors import Cancelled
from kanban.prints import Batch
from kanban.web.running import Kanban

SILENT = 60.0
"""Seconds without progress after which a job counts as dead: the process that did it was ended."""
OFTEN = 0.3
"""Seconds between two notes of how far it is."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in labels."""

    done: int
    count: int

    @property
    def all_done(self) -> bool:
        return self.done >= self.count


class Told:
    """A job, as it writes down how far it is. What it began before under the same name has ended then."""

    def __init__(self, target: Path, count: int) -> None:
        self._path, self._count, self._last = target.with_suffix(".progress"), count, 0.0
        self._file: IO[bytes] | None = None

    def begin(self) -> None:
        """Say that it is under way."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with jobs.whole(self._path) as half:
            begun = half.open("wb", buffering=0)
            self._write(begun, 0)
        self._file = begun

    def __enter__(self) -> Told:
        if self._file is None:
            self.begin()
        return self

    def __exit__(self, *_broken: object) -> None:
        assert self._file is not None
        if self._is_wanted(self._file):
            self._path.unlink(missing_ok=True)
        self._file.close()

    def at(self, done: int) -> None:
        """So many are done. Raises Cancelled where somebody took the file away, or began the job anew."""
        assert self._file is not None
        if not self._is_wanted(self._file):
            raise Cancelled
        now = time.monotonic()
        if now - self._last > OFTEN or done in (0, self._count):
            self._write(self._file, done)
            self._last = now

    def _write(self, file: IO[bytes], done: int) -> None:
        os.pwrite(file.fileno(), b"%9d %9d" % (done, self._count), 0)  # whole for whoever reads it now

    def _is_wanted(self, file: IO[bytes]) -> bool:
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(file.fileno()))
        except FileNotFoundError:
            return False


def file_of(kanban: Kanban, batch: Batch) -> Path:
    """Where the PDF of a batch lies; its moment is in the name, so a restored shop finds no stranger's."""
    stamp = round(batch.made_at.timestamp() * 1000)
    return kanban.settings.data / "prints" / f"{batch.id}-{stamp}.pdf"


def progress_of(kanban: Kanban, batch: Batch) -> Progress | None:
    """How far the job of a batch is, or none where nothing is under way."""
    file = file_of(kanban, batch).with_suffix(".progress")
    try:
        if time.time() - file.stat().st_mtime > SILENT:
            return None
        done, count = file.read_text().split()
    except (OSError, ValueError):
        return None
    return Progress(int(done), int(count))


def stop(kanban: Kanban, batch: Batch) -> None:
    """End the job of a batch, in whichever process it is; it sees that within a moment."""
    with suppress(OSError):
        file_of(kanban, batch).with_suffix(".progress").unlink(missing_ok=True)
