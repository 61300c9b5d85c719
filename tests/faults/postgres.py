"""A PostgreSQL server of our own, on a socket in a folder of its own, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
SETTINGS = "-c listen_addresses='' -c shared_buffers=32MB -c max_connections=200"


def programs() -> Path:
    """The folder of ``initdb`` and ``pg_ctl``. Raises FileNotFoundError where they are not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    for pattern in PROGRAMS:
        for folder in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if (folder / "initdb").exists():
                return folder
    raise FileNotFoundError("PostgreSQL is not installed")


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty database, as KANBAN_DATABASE_URL takes it; commits are as durable as they get."""
    folder = Path(tempfile.mkdtemp(prefix="kanban-pg-"))
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs() / program), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    try:
        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", f"-k {folder} {SETTINGS}")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
