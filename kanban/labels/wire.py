"""A label printer on the network: its raw port (TCP 9100) takes what the file would hold."""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import termios
import time
from collections.abc import Iterable
from contextlib import suppress

from kanban.labels.errors import PrinterTrouble
from kanban.languages import gettext as _

RAW_PORT = 9100
CONNECT_SECONDS = 5.0
SEND_SECONDS = 30.0
"""How long a printer may take nothing: it pauses while it prints, for ever without paper."""
GOODBYE_SECONDS = 1.0
"""How long to listen, when it has all, for a printer that broke the connection off."""
ON_THE_WAY = 32_768
"""Bytes that may wait on our side at most, so that what was handed over is nearly what the printer took."""


def send(host: str, port: int, parts: Iterable[bytes]) -> int:
    """Hand a job to a printer; returns how many parts it took.

    Raises PrinterTrouble, which says how far it came. What the printer took it may have printed; none
    of it counts as printed until the whole job went through.
    """
    taken = 0
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS) as printer:
            printer.settimeout(SEND_SECONDS)
            printer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ON_THE_WAY)
            for part in parts:
                printer.sendall(part)
                taken += 1
            _finish(printer)
    except OSError as trouble:
        raise PrinterTrouble(_told(host, port, trouble, taken)) from trouble
    return taken


def _finish(printer: socket.socket) -> None:
    """Wait until the printer has all of it: what still lies on our side may never arrive."""
    printer.shutdown(socket.SHUT_WR)
    before, since = -1, time.monotonic()
    while waiting := _on_the_way(printer):
        if broken := printer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(broken, os.strerror(broken))
        if waiting != before:
            before, since = waiting, time.monotonic()
        if time.monotonic() - since > SEND_SECONDS:
            raise TimeoutError
        time.sleep(0.02)
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
    elif isinstance(trouble, ConnectionError):
        why = _("%(host)s broke the connection off: is it switched off, or restarting?", host=host)
    elif isinstance(trouble, TimeoutError):
        why = _("%(host)s stopped taking labels: paper, ribbon or an open lid?", host=host)
    else:
        why = _("%(host)s cannot be reached: %(why)s", host=host, why=trouble.strerror or str(trouble))
    if taken:
        return why + " " + _("%(count)s labels were handed over before; none counts as printed.", count=taken)
    return why
