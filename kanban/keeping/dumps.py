"""PostgreSQL's own dumps, through the client programs that are installed; no password on a command line."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from kanban import journal
from kanban.db import Database
from kanban.keeping import copies
from kanban.keeping.manifests import BadBackup


class ClientMissing(Exception):
    """PostgreSQL's client programs are not installed here."""


class ClientFailed(Exception):
    """One of them failed; holds what it said."""


def dump(url: str, file: Path) -> tuple[Path, copies.Facts]:
    """Write the database into ``file`` (PostgreSQL's custom format), as it stands at one moment.

    Raises :class:`ClientMissing`, :class:`ClientFailed`, or :class:`BadBackup` where the journal
    itself does not hold.
    """
    database = Database(url)
    try:
        with copies.snapshot(database) as session:
            moment = session.scalar(text("SELECT pg_export_snapshot()"))
            _run("pg_dump", url, "--format=custom", "--no-owner", f"--snapshot={moment}", f"--file={file}")
            for broken in journal.verify(session):
                raise BadBackup(f"the journal does not hold: event {broken.event_id} {broken.what}")
            facts = copies.facts_of(session)
    finally:
        database.close()
    file.chmod(0o600)
    _run("pg_restore", None, "--list", str(file))
    return file, facts


def load(url: str, file: Path) -> None:
    """Put a dump in the place of what the database holds, all or nothing.

    Raises :class:`ClientMissing` or :class:`ClientFailed`.
    """
    how = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
    _run("pg_restore", url, *how, str(file))


def installed() -> bool:
    """Whether both programs are there."""
    return all(shutil.which(program) for program in ("pg_dump", "pg_restore"))


def _run(program: str, url: str | None, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise ClientMissing(
            f"{program} is not installed here: install PostgreSQL's client (Debian: postgresql-client)"
        )
    place = make_url(url) if url else None
    named = [f"--dbname={_without_password(place)}"] if place else []
    done = subprocess.run(  # noqa: S603 - a list, our own words and a URL from the settings
        [path, *named, *arguments], env=_environment(place), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ClientFailed(f"{program} failed: {done.stderr.strip()}")


def _without_password(place: URL) -> str:
    query = {name: value for name, value in place.query.items() if name != "password"}
    plain = URL.create("postgresql", place.username, None, place.host, place.port, place.database, query)
    return plain.render_as_string(hide_password=False)


def _environment(place: URL | None) -> dict[str, str]:
    password = (place.password or place.query.get("password")) if place else None
    return {**os.environ, "PGPASSWORD": str(password)} if password else dict(os.environ)
