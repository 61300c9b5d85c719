"""The data folder: one server owns it, and it lies on a disk of this machine."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

LOCK = "serve.lock"
WRITE_LOCK = "write.lock"  # the one that kanban.db takes for every write on an SQLite file
LONGEST_WAIT = 5.0  # seconds: the worker of a killed server may just be dying
BETWEEN_TRIES = 0.1
MOUNTS = Path("/proc/self/mounts")

NETWORK_KINDS = frozenset(
    (
        "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "glusterfs", "lustre", "ncpfs", "nfs",
        "nfs4", "prl_fs", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "webdav",
        "fuse.ceph", "fuse.curlftpfs", "fuse.davfs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.goofys",
        "fuse.grpcfuse", "fuse.gvfsd-fuse", "fuse.osxfs", "fuse.rclone", "fuse.s3fs", "fuse.smbnetfs",
        "fuse.sshfs", "fuse.vmhgfs-fuse",
    )
)  # fmt: skip
"""File systems whose locks and shared memory another machine does not see, or not in time."""


class FolderRefused(Exception):
    """The data folder cannot be used like this; says what to do."""


class FolderBusy(FolderRefused):
    """Another process owns the data folder."""


class NetworkFolder(FolderRefused):
    """An SQLite database would lie on a network file system, where it gets damaged."""


@contextmanager
def own(data: Path, *, holds_database: bool = True, wait: float | None = None) -> Iterator[None]:
    """Own the data folder for as long as the context lasts, or the process lives, however it ends.

    ``holds_database`` says that an SQLite file lies in it; ``wait`` is in seconds. Raises
    :class:`FolderBusy` or :class:`NetworkFolder`.
    """
    if holds_database:
        refuse_network(data)
    with open(data / LOCK, "a+") as lock:
        _take(lock, data, time.monotonic() + (LONGEST_WAIT if wait is None else wait))
        _sign(lock, str(os.getpid()))
        try:
            yield
        finally:
            _sign(lock, "")


@contextmanager
def without_writers(data: Path) -> Iterator[None]:
    """Nobody else writes to the SQLite file meanwhile; who wants to, waits."""
    with open(data / WRITE_LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def owner(data: Path) -> int | None:
    """The id of the process that owns the folder, or none; 0 where it has not said its id yet."""
    try:
        with open(data / LOCK) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _signature(lock)
    except FileNotFoundError:
        pass
    return None


def refuse_network(data: Path, mounts: Path = MOUNTS) -> None:
    """Raise :class:`NetworkFolder` where the folder lies on another machine's disk."""
    kind = kind_of(data, mounts)
    if kind in NETWORK_KINDS:
        raise NetworkFolder(
            f"{data} lies on a network or shared file system ({kind}), where SQLite gets damaged: "
            "name a folder on a disk of this machine with --data, "
            "or keep the data in PostgreSQL (KANBAN_DATABASE_URL)"
        )


def kind_of(folder: Path, mounts: Path = MOUNTS) -> str:
    """The kind of file system of ``folder``, such as ``ext4``; empty where the system does not tell."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return ""
    place, best, kind = folder.resolve(), -1, ""
    for _, point, found, *_ in (line.split(" ") for line in lines):
        mounted = Path(_unescaped(point))
        if place.is_relative_to(mounted) and len(mounted.parts) >= best:
            best, kind = len(mounted.parts), found
    return kind


def _take(lock: IO[str], data: Path, until: float) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise FolderBusy(
                    f"process {_signature(lock) or 'unknown'} works on {data} already: "
                    "stop that server first, or give this one a folder of its own with --data"
                ) from None
            time.sleep(BETWEEN_TRIES)
        else:
            return


def _sign(lock: IO[str], text: str) -> None:
    lock.seek(0)
    lock.truncate()
    lock.write(text)
    lock.flush()


def _signature(lock: IO[str]) -> int:
    lock.seek(0)
    text = lock.read().strip()
    return int(text) if text.isdigit() else 0


def _unescaped(point: str) -> str:
    """A mount point as the kernel writes it, blanks as ``\\040``."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), point)
