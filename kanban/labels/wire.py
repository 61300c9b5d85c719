"""A label printer on the network: its raw port (TCP 9100) takes what the file would hold.

A printer that says how it is (:mod:`kanban.labels.status`) is asked before the job, and after it until its
last label is out. Many only take; of those is known that they took it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from kanban.labels import status
from kanban.labels.errors import Cancelled, PrinterTrouble
from kanban.labels.status import Status
from kanban.languages import gettext as _
from kanban.languages import mark

RAW_PORT = 9100
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 2.0
"""How long a printer may take to say how it is; one that says nothing only takes labels."""
SEND_SECONDS = 30.0
"""How long a printer may take nothing: it pauses while it prints, for ever without paper."""
LABEL_SECONDS = 5.0
"""How long one label may take to come out: the longest, at the slowest speed."""
LONGEST_WAIT = 3_600.0
ASK_EVERY = 0.5
CHECK_EVERY = 0.2
GOODBYE_SECONDS = 1.0
"""How long to listen, when it has all, for a printer that broke the connection off."""
ON_THE_WAY = 32_768
"""Bytes that may wait on our side at most, so that what was handed over is nearly what the printer took."""

Progress = Callable[[int], None]

HALTED = {
    "head": mark("the head of %(printer)s is open: close it"),
    "paper": mark("%(printer)s is out of labels: put new ones in"),
    "ribbon": mark("%(printer)s is out of ribbon: put a new one in"),
    "hot": mark("the head of %(printer)s is too hot: let it cool down"),
    "paused": mark("%(printer)s is paused: press its pause key"),
    "fault": mark("%(printer)s reports a fault: look at its display"),
}


def send(
    host: str, port: int, parts: Iterable[bytes], progress: Progress = lambda taken: None, *, called: str = ""
) -> int:
    """Hand a job to a printer, which people call so; returns how many parts it took.

    ``progress`` is told how many it took, at each part and while it takes nothing; it raises Cancelled where
    somebody wants the job no more. Raises PrinterTrouble, which says what is wrong and how far it came. What
    the printer took it may have printed; none of it counts as printed until the whole job went through.
    """
    taken = 0
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS) as printer:
            printer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ON_THE_WAY)
            before = _asked(printer, ANSWER_SECONDS)
            if before and before.halt:
                raise PrinterTrouble(_halted(called or host, before) + ". " + _("Nothing was sent."))
            with _breaking_off(printer):
                for part in parts:
                    _give(printer, part, taken, progress)
                    taken += 1
                _handed_over(printer, taken - 1, progress)  # the last one is still on the way
            if before:
                _printed(printer, called or host, taken, progress)
            _goodbye(printer)
    except OSError as trouble:
        raise PrinterTrouble(_told(host, port, trouble, taken)) from trouble
    return taken


def _asked(printer: socket.socket, patience: float) -> Status | None:
    """What the printer says of itself, or none where it does not say it in so many seconds."""
    _forget(printer)
    printer.settimeout(SEND_SECONDS)
    printer.sendall(status.QUESTION)
    answer, until = b"", time.monotonic() + patience
    with suppress(TimeoutError):
        while len(answer) < status.LONGEST and (left := until - time.monotonic()) > 0:
            printer.settimeout(left)
            some = printer.recv(status.LONGEST)
            if not some:
                break
            answer += some
            if found := status.read(answer):
                return found
    return None


def _forget(printer: socket.socket) -> None:
    """Drop what the printer said before: the rest of an answer is none to the next question."""
    printer.setblocking(False)
    with suppress(BlockingIOError):
        while printer.recv(4096):
            pass


def _give(printer: socket.socket, part: bytes, taken: int, progress: Progress) -> None:
    progress(taken)
    rest, since = memoryview(part), time.monotonic()
    printer.settimeout(CHECK_EVERY)
    while rest:
        try:
            rest, since = rest[printer.send(rest) :], time.monotonic()
        except TimeoutError:
            progress(taken)
            if time.monotonic() - since > SEND_SECONDS:
                raise


@contextmanager
def _breaking_off(printer: socket.socket) -> Iterator[None]:
    """Nothing more leaves our side for a job that was cancelled."""
    try:
        yield
    except Cancelled:
        printer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise


def _printed(printer: socket.socket, called: str, sent: int, progress: Progress) -> None:
    """Wait until the last label is out. A printer that says nothing any more is believed to print."""
    until = time.monotonic() + min(SEND_SECONDS + LABEL_SECONDS * sent, LONGEST_WAIT)
    idle = 0
    while idle < 2:  # the last label is at work for a moment when nothing waits any more
        progress(sent)
        now = _asked(printer, SEND_SECONDS)
        if now is None:
            return
        if now.halt:
            raise PrinterTrouble(_halted(called, now) + ". " + _in_it())
        idle = 0 if now.waiting(sent) else idle + 1
        if time.monotonic() > until:
            stuck = _("%(printer)s has the labels and does not go on", printer=called)
            raise PrinterTrouble(stuck + ". " + _in_it())
        time.sleep(ASK_EVERY)


def _halted(called: str, found: Status) -> str:
    return _(HALTED[found.halt], printer=called)


def _in_it() -> str:
    return _(
        "It has the whole job and may go on with it by itself. None of it counts as printed: "
        "look which labels come out."
    )


def _handed_over(printer: socket.socket, taken: int, progress: Progress) -> None:
    """Wait until the printer has all of it: what still lies on our side may never arrive."""
    before, since = -1, time.monotonic()
    while waiting := _on_the_way(printer):
        if broken := printer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(broken, os.strerror(broken))
        if waiting != before:
            before, since = waiting, time.monotonic()
        if time.monotonic() - since > SEND_SECONDS:
            raise TimeoutError
        progress(taken)
        time.sleep(0.02)


def _goodbye(printer: socket.socket) -> None:
    """End what we send; only then, since some print servers drop all that they hold at that sign.

    What the printer says is read to its end: a line closed with words unread is one broken off.
    """
    printer.shutdown(socket.SHUT_WR)
    printer.settimeout(GOODBYE_SECONDS)
    with suppress(TimeoutError):  # many keep the line open while they print
        while printer.recv(4096):
            pass


def _on_the_way(printer: socket.socket) -> int:
    """Bytes that the printer has not taken yet."""
    return int.from_bytes(fcntl.ioctl(printer, termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def _told(host: str, port: int, trouble: OSError, taken: int) -> str:
    if isinstance(trouble, socket.gaierror):
        why = _("nobody knows a printer named %(host)s: check its address", host=host)
    elif isinstance(trouble, ConnectionRefusedError):
        why = _("%(host)s takes nothing on port %(port)s: is it a label printer?", host=host, port=str(port))
    elif isinstance(trouble, TimeoutError) and taken == 0:
        why = _("%(host)s does not answer: is the printer on, and on this network?", host=host)
    elif isinstance(trouble, ConnectionError) or trouble.errno == errno.ENOTCONN:
        why = _("%(host)s broke the connection off: is it switched off, or restarting?", host=host)
    elif isinstance(trouble, TimeoutError):
        why = _("%(host)s stopped taking labels: paper, ribbon or an open lid?", host=host)
    else:
        why = _("%(host)s cannot be reached: %(why)s", host=host, why=trouble.strerror or str(trouble))
    if not taken:
        return why
    so_far = _("%(count)s labels were handed over before; none counts as printed.", count=taken)
    return why + (" " if why.endswith("?") else ". ") + so_far
