"""The server's certificate: made or read before the start, and watched while it runs."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from kanban import certificates, clock, config
from kanban.certificates import Files
from kanban.config import Settings

LOOKS_AGAIN_AFTER = 3600.0  # seconds


def files(chosen: Settings) -> Files | None:
    """The certificate to serve with, or none without TLS. Raises :class:`certificates.BadCertificate`."""
    if chosen.tls_files:
        certificates.read(chosen.tls_files[0].read_bytes())
        return Files(*chosen.tls_files)
    if chosen.tls != "local":
        return None
    host = urlsplit(chosen.base_url).hostname or ""
    also = certificates.names_of_this_machine(config.lan_address())
    return certificates.keep(chosen.data, host, also, clock.now())


def refuse_taken_port(chosen: Settings) -> None:
    """Raise :class:`config.BadSetting` where the port of the install page cannot be listened on."""
    host, port = chosen.host, chosen.install_port
    if chosen.tls != "local" or not port:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            raise config.BadSetting(
                f"KANBAN_INSTALL_PORT={port}: {taken.strerror}. Choose another port, or 0 for none."
            ) from taken


def watch(chosen: Settings, serving: Files) -> None:
    """Renew the certificate before it runs out, and let the server take a renewed one, ours or another's."""
    threading.Thread(target=_watch, args=(chosen, _state(serving)), daemon=True).start()


def _watch(chosen: Settings, served: tuple[int, int]) -> None:
    while True:
        time.sleep(LOOKS_AGAIN_AFTER)
        try:
            now = files(chosen)
        except (certificates.BadCertificate, OSError):
            continue  # the one that is served stays; `kanban doctor` says what is wrong
        if now is not None and _state(now) != served:
            served = _state(now)
            os.kill(os.getpid(), signal.SIGHUP)


def _state(serving: Files) -> tuple[int, int]:
    return _changed(serving.certificate), _changed(serving.key)


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns
