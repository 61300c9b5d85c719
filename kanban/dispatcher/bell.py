"""The bell that wakes dispatchers: at once in this process, and across processes of the same shop.

On SQLite each listening process has a named pipe in the data folder, and whoever commits writes a byte
into each. On PostgreSQL the committing transaction itself says NOTIFY.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import threading
from collections.abc import Iterator
from pathlib import Path

from kanban.db import Database

RESTART_LISTENING = 5.0  # seconds


class Bell:
    """Rings when something was committed that dispatchers wait for.

    ``folder`` is the data folder. :attr:`changed` says that something else was committed in this process.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder / "bells"
        self._rung = threading.Event()
        self._closed = threading.Event()
        self.changed = threading.Event()
        self._ear: threading.Thread | None = None

    def open(self) -> None:
        """Begin to listen, here and to other processes."""
        self._database.listeners.append(self._committed)
        listen = self._listen_to_pipe if self._database.is_sqlite else self._listen_to_server
        self._ear = threading.Thread(target=listen, name="bell", daemon=True)
        self._ear.start()

    def close(self) -> None:
        """Listen no more, and wake whoever waits."""
        with contextlib.suppress(ValueError):
            self._database.listeners.remove(self._committed)
        self._closed.set()
        self.ring()

    def ring(self) -> None:
        """Wake the waiting thread of this process."""
        self._rung.set()

    def wait(self, seconds: float) -> bool:
        """Sleep until the bell rings, at most so long; returns whether it rang."""
        rang = self._rung.wait(seconds)
        self._rung.clear()
        return rang

    def _committed(self, rings: bool) -> None:
        """The first change since the dispatcher looked last wakes it; a thousand scans wake it once."""
        if rings or not self.changed.is_set():
            self.changed.set()
            self._rung.set()

    def _listen_to_pipe(self) -> None:
        self._folder.mkdir(exist_ok=True, mode=0o700)
        with _pipe(self._folder / f"{os.getpid()}-{id(self):x}") as pipe:
            while not self._closed.is_set():
                ready, _, _ = select.select([pipe], [], [], 0.5)
                if ready and os.read(pipe, 4096):
                    self._rung.set()

    def _listen_to_server(self) -> None:
        import psycopg

        address = self._database.url.replace("postgresql+psycopg://", "postgresql://", 1)
        while not self._closed.is_set():
            try:
                with psycopg.connect(address, autocommit=True) as connection:
                    connection.execute("LISTEN kanban_outbox")
                    while not self._closed.is_set():
                        for _ in connection.notifies(timeout=0.5, stop_after=1):
                            self._rung.set()
            except psycopg.Error:
                self._closed.wait(RESTART_LISTENING)


def ring_others(folder: Path) -> None:
    """Write a byte into the pipe of every listening process; what nobody listens to is removed."""
    try:
        pipes = [pipe for pipe in os.scandir(folder / "bells") if not pipe.name.startswith(".")]
    except FileNotFoundError:
        return
    for pipe in pipes:
        try:
            descriptor = os.open(pipe.path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as wrong:
            if wrong.errno == errno.ENXIO:  # its process is gone
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(pipe.path)
            continue
        with contextlib.suppress(OSError):  # a full pipe has rung already
            os.write(descriptor, b"!")
        os.close(descriptor)


def ring_across(database: Database, folder: Path) -> None:
    """Let the commits of this process wake the dispatchers of others."""
    if database.is_sqlite:
        database.listeners.append(lambda rings: ring_others(folder) if rings else None)


@contextlib.contextmanager
def _pipe(path: Path) -> Iterator[int]:
    hidden = path.with_name(f".{path.name}")  # who rings takes a pipe without a listener for a dead one
    hidden.unlink(missing_ok=True)
    os.mkfifo(hidden, 0o600)
    reading = os.open(hidden, os.O_RDONLY | os.O_NONBLOCK)
    writing = os.open(hidden, os.O_WRONLY | os.O_NONBLOCK)  # without a writer the pipe reads as ended
    hidden.rename(path)
    try:
        yield reading
    finally:
        path.unlink(missing_ok=True)
        os.close(reading)
        os.close(writing)
