"""Large jobs: many labels as one PDF, on all cores, with progress, in bounded memory.

The job is cut into parts of whole sheets, always in the same places, so that the same job gives the same
bytes on every machine. A press on each core sets them; they are joined in order as they arrive. No more
parts than twice the cores are in memory at a time.
"""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from queue import SimpleQueue

from kanban.labels import sheets, symbols
from kanban.labels.errors import NothingToPrint
from kanban.labels.merging import Joined
from kanban.labels.press import Made, Part, Press
from kanban.labels.sheets import Plan
from kanban.labels.values import Label
from kanban.languages import gettext as _

PART = 320
"""Labels a part at most: so few that they fit into 100 MB, so many that their beginning does not count."""
SMALL = 80
"""Up to here a job is set at once: starting a process costs as much."""

HEARTBEAT = 0.25  # seconds

Progress = Callable[[int], None]
"""Told how many labels are done, several times a second; raises Cancelled to end the job."""


def write_pdf(
    labels: Iterable[Label],
    how: Plan,
    target: Path,
    progress: Progress = lambda done: None,
    *,
    cores: int | None = None,
) -> int:
    """Write the labels as one PDF; ``progress`` is told how many are done. Returns how many there were.

    The file appears when it is whole. Raises a LabelError.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    waiting = iter(labels)
    first = list(islice(waiting, SMALL + 1))
    if not first:
        raise NothingToPrint(_("there is no label to print"))
    if len(first) > SMALL:
        return _write_parts(_parts(chain(first, waiting), how), target, progress, cores or _cores())
    with whole(target) as half:
        half.write_bytes(sheets.pdf(first, how))
    if how.kept:
        how.kept.save()
    progress(len(first))
    return len(first)


def _write_parts(parts: Iterator[Part], target: Path, progress: Progress, cores: int) -> int:
    done = 0
    kept = symbols.Kept(target.with_suffix(".symbols"))
    with whole(target) as half, half.open("wb") as out:
        joined = Joined(out)
        with closing(_pressed(parts, cores)) as pressed:  # a job that ends here ends its presses now
            for made in pressed:
                if made is not None:
                    joined.add(made.pdf)
                    kept.add(made.new)
                    done += made.count
                progress(done)
        joined.close()
    return done


def _pressed(parts: Iterator[Part], cores: int) -> Generator[Made | None]:
    """The parts in their order; none every moment while one is awaited: the job lives."""
    idle: SimpleQueue[Press] = SimpleQueue()
    with ThreadPoolExecutor(cores) as pool, ExitStack() as presses:  # a broken job ends the presses first
        running = deque[Future[Made]]()
        while True:
            for part in islice(parts, 2 * cores - len(running)):
                if len(running) < cores and idle.empty():
                    idle.put(presses.enter_context(Press()))
                running.append(pool.submit(_made, part, idle))
            if not running:
                return
            yield from _awaited(running.popleft())


def _made(part: Part, idle: SimpleQueue[Press]) -> Made:
    press = idle.get()
    try:
        return press.made(part)
    finally:
        idle.put(press)


def _awaited(part: Future[Made]) -> Iterator[Made | None]:
    while True:
        try:
            yield part.result(timeout=HEARTBEAT)
        except TimeoutError:
            yield None
        else:
            return


def _parts(labels: Iterator[Label], how: Plan) -> Iterator[Part]:
    """The job in parts of whole sheets; only the first begins in the middle of one."""
    per_sheet = how.stock.per_sheet
    whole = max(1, -(-PART // per_sheet)) * per_sheet
    size = whole - (how.start - 1) % per_sheet
    known, how = how.kept, replace(how, kept=None).settled()
    while some := list(islice(labels, size)):
        yield Part(some, how, known.of(how.base_url, (label.code for label in some)) if known else {})
        size, how = whole, replace(how, start=1)


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A file that grows beside the target and takes its place when it is whole.

    Two who make the same one at once do not meet.
    """
    half = target.with_suffix(f".{secrets.token_hex(4)}.part")
    try:
        yield half
        os.replace(half, target)
    finally:
        half.unlink(missing_ok=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
