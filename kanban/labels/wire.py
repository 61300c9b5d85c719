"""A label printer on the network: its raw port (TCP 9100) takes what the file would hold."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from kanban.labels.errors import PrinterTrouble
from kanban.languages import gettext as _

RAW_PORT = 9100
CONNECT_SECONDS = 5.0
SEND_SECONDS = 30.0
"""How long a printer may take nothing: it pauses while it prints, for ever without paper."""


def send(host: str, port: int, parts: Iterable[bytes]) -> int:
    """Hand a job to a printer; returns how many parts it took.

    Raises PrinterTrouble, which says how far it came. What the printer took it may have printed; none
    of it counts as printed until the whole job went through.
    """
    taken = 0
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS) as printer:
            printer.settimeout(SEND_SECONDS)
            for part in parts:
                printer.sendall(part)
                taken += 1
            printer.shutdown(socket.SHUT_WR)
    except OSError as trouble:
        raise PrinterTrouble(_told(host, port, trouble, taken)) from trouble
    return taken


def _told(host: str, port: int, trouble: OSError, taken: int) -> str:
    if isinstance(trouble, socket.gaierror):
        why = _("nobody knows a printer named %(host)s: check its address", host=host)
    elif isinstance(trouble, ConnectionRefusedError):
        why = _("%(host)s takes nothing on port %(port)s: is it a label printer?", host=host, port=port)
    elif isinstance(trouble, TimeoutError) and taken == 0:
        why = _("%(host)s does not answer: is the printer on, and on this network?", host=host)
    elif isinstance(trouble, TimeoutError):
        why = _("%(host)s stopped taking labels: paper, ribbon or an open lid?", host=host)
    else:
        why = _("%(host)s cannot be reached: %(why)s", host=host, why=trouble.strerror or str(trouble))
    if taken:
        return why + " " + _("It took %(count)s labels before; none counts as printed.", count=taken)
    return why
