"""Batches at work: files made in the background, labels on their way to a printer, and how far they are.

Files lie in the data folder and can be made again at any time. How far a job is stands in a file too,
so that every process of the shop can say it.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from kanban import clock, journal, labels, prints
from kanban.labels import jobs, symbols, wire, zpl
from kanban.languages import gettext as _
from kanban.languages import mark, speaking, spoken
from kanban.prints import Batch
from kanban.reports import printing
from kanban.text import as_sentence
from kanban.web import reading, security
from kanban.web.labels.blueprint import ASSETS
from kanban.web.running import Kanban, running

log = logging.getLogger("kanban")

AT_ONCE = jobs.SMALL
"""Up to so many labels a file is made while somebody waits."""
SENT_AT_ONCE = 20
"""Up to so many labels are sent while somebody waits."""
PATIENCE = 4.0
"""Seconds that somebody waits for a printer before they see a page."""
SILENT = 60.0
"""Seconds without progress after which a job counts as dead: the process that did it was ended."""
MOST_FILES = 60
A_DAY = 86_400.0  # seconds

FULL = (errno.ENOSPC, errno.EDQUOT)
TROUBLES = {
    "full": mark(
        "The file could not be made: the server’s disk is full. Make room there, then open the PDF again."
    ),
    "broken": mark(
        "The file could not be made: something broke on our side, and the log says what. "
        "Open the PDF to try again."
    ),
}

_starting = threading.Lock()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in labels."""

    done: int
    count: int


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


def begin(batch_id: int, at: datetime) -> None:
    """Start what a new batch needs: a large file in the background, or the way to its printer."""
    kanban, who = running(), journal.By("web", security.who().person_id, security.who().device_id)
    with kanban.database.read() as session:
        batch = session.get_one(Batch, batch_id)
        to_printer = batch.printer is not None and batch.printer.is_network and batch.state != "printed"
        count, under_way = batch.count, progress_of(kanban, batch) is not None
    if under_way:  # a second press of the same button
        return
    if to_printer:
        reading.session().close()  # who asks may wait for the printer, and sees what is true then
        _work(PATIENCE if count <= SENT_AT_ONCE else 0, lambda: send(kanban, batch_id, who))
    elif count > AT_ONCE:
        start_file(kanban, batch_id)


def start_file(kanban: Kanban, batch_id: int) -> None:
    """Make a large file in the background; the batch's page says how far it is, or what went wrong."""
    with kanban.database.read() as session:
        batch = session.get_one(Batch, batch_id)
        file, count = file_of(kanban, batch), batch.count
    with suppress(OSError):  # the job meets the full disk too, and tells it
        _Told(file, count).begin()

    def made() -> None:
        try:
            make_file(kanban, batch_id)
        except Exception as broken:  # whatever it is, the page must stop waiting; the log says the rest
            with suppress(OSError):
                file.with_suffix(".progress").unlink(missing_ok=True)
                full = isinstance(broken, labels.NoRoom)
                file.with_suffix(".trouble").write_text("full" if full else "broken")
            raise

    _work(0, made)


def trouble_of(kanban: Kanban, batch: Batch) -> str:
    """Why the file of a batch could not be made, or nothing."""
    try:
        return _(TROUBLES.get(file_of(kanban, batch).with_suffix(".trouble").read_text(), TROUBLES["broken"]))
    except OSError:
        return ""


def make_file(kanban: Kanban, batch_id: int) -> Path:
    """The PDF of a batch, made now unless it is there. Raises a LabelError."""
    try:
        return _made_file(kanban, batch_id)
    except OSError as trouble:
        if trouble.errno not in FULL:
            raise
        raise labels.NoRoom(_(TROUBLES["full"])) from trouble


def _made_file(kanban: Kanban, batch_id: int) -> Path:
    with kanban.database.read() as session:
        batch = session.get_one(Batch, batch_id)
        target, how = file_of(kanban, batch), printing.plan_of(batch, ASSETS)
    if target.exists():
        return target
    target.with_suffix(".trouble").unlink(missing_ok=True)
    kept = symbols.Kept(target.with_suffix(".symbols"))
    kept.load()
    made = printing.labels_of(kanban.database, batch_id, kanban.settings.zone)
    with _Told(target, batch.count) as told:
        jobs.write_pdf(made, replace(how, kept=kept), target, told.at)
    _tidy(target.parent)
    return target


def send(kanban: Kanban, batch_id: int, by: journal.By) -> None:
    """Hand a batch to its printer; only when all of it went through do its cards wear the new labels."""
    trouble = ""
    try:
        _send(kanban, batch_id)
    except labels.LabelError as refused:
        trouble = as_sentence(refused)
    _note(kanban, batch_id, by, trouble)


def _send(kanban: Kanban, batch_id: int) -> None:
    with kanban.database.read() as session:
        batch = session.get_one(Batch, batch_id)
        printer = batch.printer
        assert printer is not None, "only a batch with a printer is sent"
        how = printing.plan_of(batch, ASSETS)
    made = printing.labels_of(kanban.database, batch_id, kanban.settings.zone)
    with _Told(file_of(kanban, batch), batch.count) as told:
        parts = zpl.job(made, how, own_symbol=printer.own_symbol)
        wire.send(printer.host, printer.port, told.counting(parts))


def _note(kanban: Kanban, batch_id: int, by: journal.By, trouble: str) -> None:
    this = journal.Deed(clock.now(), by)

    def note(session: Session) -> None:
        batch = session.get_one(Batch, batch_id)
        if batch.state == "printed":
            return
        if trouble:
            prints.note_failure(session, this, batch, trouble)
            return
        try:
            prints.hand_over(session, this, batch)
        except prints.CardsChanged:
            said = _("The labels came out, but one of their cards was printed or retired meanwhile.")
            prints.note_failure(session, this, batch, said)

    kanban.database.write(note)


def _work(patience: float, work: Callable[[], object]) -> None:
    """Do it in the background; who asked waits so many seconds for it, and then sees how far it is."""
    language = spoken()

    def guarded() -> None:
        try:
            with speaking(language):
                work()
        except Exception:  # nobody waits for this thread: the log must have it
            log.exception("a print job broke")

    worker = threading.Thread(target=guarded, name="press", daemon=True)
    worker.start()
    worker.join(patience)


class _Told:
    """Writes down how far a job is."""

    def __init__(self, target: Path, count: int) -> None:
        self._file, self._count, self._last = target.with_suffix(".progress"), count, 0.0

    def begin(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.at(0)

    def __enter__(self) -> _Told:
        self.begin()
        return self

    def __exit__(self, *_broken: object) -> None:
        self._file.unlink(missing_ok=True)

    def at(self, done: int) -> None:
        """So many are done."""
        now = time.monotonic()
        if now - self._last > 0.3 or done in (0, self._count):
            self._file.write_text(f"{done} {self._count}")
            self._last = now

    def counting(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        """The parts, counted as they are taken."""
        for done, part in enumerate(parts):
            self.at(done)
            yield part


def _tidy(folder: Path) -> None:
    """Keep the newest files; the others are made again if somebody asks for them."""
    with _starting, suppress(OSError):
        for half in (*folder.glob("*.part"), *folder.glob("*.trouble")):
            if time.time() - half.stat().st_mtime > A_DAY:  # what a killed process left
                half.unlink(missing_ok=True)
        newest = sorted(folder.glob("*.pdf"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in newest[MOST_FILES:]:
            old.unlink(missing_ok=True)
            old.with_suffix(".symbols").unlink(missing_ok=True)
