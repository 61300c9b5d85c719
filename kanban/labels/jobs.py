"""Large jobs: many labels as one PDF, on all cores, with progress, in bounded memory.

The job is cut into parts of whole sheets. Each part is set by a process of its own (``press``); the
parts are joined in order as they arrive. No more parts than cores are in memory at a time.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

from kanban.labels import press, sheets
from kanban.labels.errors import LabelError, NothingToPrint
from kanban.labels.merging import Joined
from kanban.labels.sheets import Plan
from kanban.labels.values import Label
from kanban.languages import gettext as _

PART = 1_200
"""Labels a part at most: some seconds of work; so few that a process's start does not count."""
SMALL = 80
"""Up to here a job is set at once: starting a process costs as much."""

HEARTBEAT = 5.0  # seconds

Progress = Callable[[int], None]


def write_pdf(
    labels: Iterable[Label],
    how: Plan,
    target: Path,
    progress: Progress = lambda done: None,
    *,
    count: int = 0,
    cores: int | None = None,
) -> int:
    """Write the labels as one PDF; ``progress`` is told how many are done. Returns how many there were.

    ``count`` says how many come, so that a job of a few hundred is spread over the cores too.

    The file appears when it is whole. Raises a LabelError.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    waiting = iter(labels)
    first = list(islice(waiting, SMALL + 1))
    if not first:
        raise NothingToPrint(_("there is no label to print"))
    if len(first) <= SMALL:
        _replace(target, sheets.pdf(first, how))
        if how.kept:
            how.kept.save()
        progress(len(first))
        return len(first)
    hands = cores or _cores()
    size = min(PART, -(-count // hands)) if count else PART
    return _write_parts(_parts(_chained(first, waiting), how, size), target, progress, hands)


def _write_parts(
    parts: Iterator[tuple[list[Label], Plan]], target: Path, progress: Progress, cores: int
) -> int:
    half, done = _half(target), 0
    kept: list[Path] = []
    with half.open("wb") as out, ThreadPoolExecutor(cores) as pool:
        joined, running = Joined(out), deque[tuple[Future[bytes], int]]()

        def start() -> None:
            for some, how in islice(parts, 1):
                kept.append(half.with_suffix(f".{len(kept)}.symbols"))
                running.append((pool.submit(_pressed, press.packed(some, how, kept[-1])), len(some)))

        try:
            for _core in range(cores):
                start()
            while running:
                part, count = running.popleft()
                joined.add(_awaited(part, progress, done))
                start()
                done += count
                progress(done)
            joined.close()
        except BaseException:
            half.unlink()
            raise
        finally:
            for file in kept:
                _keep(file, target.with_suffix(".symbols"))
    os.replace(half, target)
    return done


def _awaited(part: Future[bytes], progress: Progress, done: int) -> bytes:
    """The part when it is done; meanwhile says every few seconds that the job lives."""
    while True:
        try:
            return part.result(timeout=HEARTBEAT)
        except TimeoutError:
            progress(done)


def _half(target: Path) -> Path:
    """Where the file grows; two who make the same one at once do not meet."""
    return target.with_suffix(f".{secrets.token_hex(4)}.part")


def _pressed(told: bytes) -> bytes:
    command = [sys.executable, "-m", "kanban.labels.press"]
    done = subprocess.run(command, input=told, capture_output=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise LabelError(_("a part of the job could not be set: %(why)s", why=said[-1] if said else "?"))
    return done.stdout


def _parts(labels: Iterator[Label], how: Plan, about: int) -> Iterator[tuple[list[Label], Plan]]:
    """The job in parts of whole sheets; only the first begins in the middle of one."""
    per_sheet = how.stock.per_sheet
    whole = max(1, -(-about // per_sheet)) * per_sheet
    size = whole - (how.start - 1) % per_sheet
    start = how.start
    while some := list(islice(labels, size)):
        yield some, replace(how, start=start)
        size, start = whole, 1


def _chained(first: list[Label], rest: Iterator[Label]) -> Iterator[Label]:
    yield from first
    yield from rest


def _keep(part: Path, whole: Path) -> None:
    """Add the matrices of a part to those of the job."""
    if part.exists():
        with whole.open("ab") as file:
            file.write(part.read_bytes())
        part.unlink()


def _replace(target: Path, data: bytes) -> None:
    half = _half(target)
    half.write_bytes(data)
    os.replace(half, target)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
