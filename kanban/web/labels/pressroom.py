"""Batches at work: files made in the background, labels on their way to a printer, and how far they are.

Files lie in the data folder and can be made again at any time.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from kanban import clock, journal, labels, prints
from kanban.labels import jobs, symbols, wire, zpl
from kanban.labels.errors import Cancelled
from kanban.languages import gettext as _
from kanban.languages import mark, speaking, spoken
from kanban.prints import Batch
from kanban.reports import printing
from kanban.text import as_sentence
from kanban.web import reading, security
from kanban.web.labels.blueprint import ASSETS
from kanban.web.labels.progress import Told, file_of, progress_of
from kanban.web.running import Kanban, running

log = logging.getLogger("kanban")

AT_ONCE = jobs.SMALL
"""Up to so many labels a file is made while somebody waits."""
SENT_AT_ONCE = 20
"""Up to so many labels are sent while somebody waits."""
PATIENCE = 4.0
"""Seconds that somebody waits for a printer before they see a page."""
MOST_FILES = 60
LEFT_BEHIND = ("*.part", "*.progress", "*.trouble")
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

CHANGED_MEANWHILE = {
    True: mark("The labels came out, but one of their cards was printed or retired meanwhile."),
    False: mark("While the file was made, one of these cards was printed or retired: print them anew."),
}

_starting = threading.Lock()


def is_large(count: int) -> bool:
    """Whether a file of so many labels is made in the background; it counts as printed when it is there."""
    return count > AT_ONCE


def counts_at_once(count: int, printer: prints.Printer | None) -> bool:
    """Whether so many labels count as printed when they are ordered: a small file, not sent to a printer."""
    return not is_large(count) and not (printer and printer.is_network)


def begin(batch_id: int, at: datetime) -> None:
    """Start what a new batch needs: a large file in the background, or the way to its printer."""
    kanban, who = running(), journal.By("web", security.who().person_id, security.who().device_id)
    with kanban.database.read() as session:
        batch = session.get_one(Batch, batch_id)
        by_network, count = batch.by_network, batch.count
        settled = batch.state == "cancelled" or (by_network and batch.is_over)
    if settled or progress_of(kanban, batch):  # a second press of the same button
        return
    if by_network:
        reading.session().close()  # who asks may wait for the printer, and sees what is true then
        told = _begun(kanban, batch)
        _work(PATIENCE if count <= SENT_AT_ONCE else 0, lambda: send(kanban, batch_id, who, told))
    elif is_large(count):
        start_file(kanban, batch_id, who)


def _begun(kanban: Kanban, batch: Batch) -> Told:
    told = Told(file_of(kanban, batch), batch.count)
    with suppress(OSError):  # the job meets the full disk too, and tells it
        told.begin()
    return told


def start_file(kanban: Kanban, batch_id: int, by: journal.By | None = None) -> None:
    """Make a large file in the background; the batch's page says how far it is, or what went wrong.

    ``by``: whoever prints; the batch counts as printed when the file is there. A mere look prints nothing.
    """
    with kanban.database.read() as session:
        batch = session.get_one(Batch, batch_id)
    file, told = file_of(kanban, batch), _begun(kanban, batch)

    def made() -> None:
        try:
            with told:
                make_file(kanban, batch_id, told.at)
            if by is not None:
                _note(kanban, batch_id, by, "")
        except Cancelled:
            file.with_suffix(".symbols").unlink(missing_ok=True)
        except Exception as broken:  # whatever it is, the page must stop waiting; the log says the rest
            with suppress(OSError):
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


def make_file(kanban: Kanban, batch_id: int, progress: jobs.Progress = lambda done: None) -> Path:
    """The PDF of a batch, made now unless it is there. Raises a LabelError."""
    try:
        return _made_file(kanban, batch_id, progress)
    except OSError as trouble:
        if trouble.errno not in FULL:
            raise
        raise labels.NoRoom(_(TROUBLES["full"])) from trouble


def _made_file(kanban: Kanban, batch_id: int, progress: jobs.Progress) -> Path:
    with kanban.database.read() as session:
        batch = session.get_one(Batch, batch_id)
        target, how = file_of(kanban, batch), printing.plan_of(batch, ASSETS)
    if target.exists():
        return target
    target.with_suffix(".trouble").unlink(missing_ok=True)
    kept = symbols.Kept(target.with_suffix(".symbols"))
    kept.load()
    made = printing.labels_of(kanban.database, batch_id, kanban.settings.zone)
    jobs.write_pdf(made, replace(how, kept=kept), target, progress)
    _tidy(target.parent)
    return target


def send(kanban: Kanban, batch_id: int, by: journal.By, told: Told) -> None:
    """Hand a batch to its printer; only when all of it went through do its cards wear the new labels."""
    trouble = ""
    try:
        with told:
            _send(kanban, batch_id, told)
    except labels.LabelError as refused:
        trouble = as_sentence(refused)
    except Cancelled:
        return
    _note(kanban, batch_id, by, trouble)


def _send(kanban: Kanban, batch_id: int, told: Told) -> None:
    with kanban.database.read() as session:
        batch = session.get_one(Batch, batch_id)
        printer = batch.printer
        assert printer is not None, "only a batch with a printer is sent"
        how = printing.plan_of(batch, ASSETS)
    made = printing.labels_of(kanban.database, batch_id, kanban.settings.zone)
    parts = zpl.job(made, how, own_symbol=printer.own_symbol)
    wire.send(printer.host, printer.port, parts, told.at, called=printer.name)


def _note(kanban: Kanban, batch_id: int, by: journal.By, trouble: str) -> None:
    this = journal.Deed(clock.now(), by)

    def note(session: Session) -> None:
        batch = session.get_one(Batch, batch_id)
        if batch.is_over:
            return
        if trouble:
            prints.note_failure(session, this, batch, trouble)
            return
        try:
            prints.hand_over(session, this, batch)
        except prints.CardsChanged:
            prints.note_failure(session, this, batch, _(CHANGED_MEANWHILE[batch.by_network]))

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


def _tidy(folder: Path) -> None:
    """Keep the newest files; the others are made again if somebody asks for them."""
    with _starting, suppress(OSError):
        for half in (each for ending in LEFT_BEHIND for each in folder.glob(ending)):
            if time.time() - half.stat().st_mtime > A_DAY:  # what a killed process left
                half.unlink(missing_ok=True)
        newest = sorted(folder.glob("*.pdf"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in newest[MOST_FILES:]:
            old.unlink(missing_ok=True)
            old.with_suffix(".symbols").unlink(missing_ok=True)
