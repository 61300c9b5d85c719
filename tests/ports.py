"""Ports for the servers that tests start a little later: nobody else gets one meanwhile.

A port that the system names is given again to whoever asks next, be it while a server still starts, or while
a test has killed it. These lie below those that systems name, and each worker of a test run has its own.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from itertools import cycle

FIRST, LAST = 20_000, 32_000


def _turns() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    mine = range(FIRST + worker, LAST, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    start = os.getpid() % len(mine)  # another test run on this machine begins elsewhere
    return cycle((*mine[start:], *mine[:start]))


_ports = _turns()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    return next(port for port in _ports if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
