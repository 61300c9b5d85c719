"""Scheduled work: each chore is a row with a due time, claimed with a lease, done in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kanban import clock, journal, outbox
from kanban.config import Settings
from kanban.db import Database, Trouble
from kanban.dispatcher import alerting, planning, releasing, sizing

log = logging.getLogger("kanban.dispatcher")

CHORE_LEASE = timedelta(minutes=2)
AFTER_FAILURE = timedelta(minutes=1)


@dataclass(frozen=True)
class Chore:
    """Something to do again and again.

    ``work`` runs in a write transaction that also settles the chore. It returns when it is due next, or
    none for ``every`` from now. ``on_change``: due as well whenever something was committed (once a second
    at most).
    """

    name: str
    every: timedelta
    work: Callable[[Session, journal.Deed, Settings], datetime | None]
    on_change: bool = False


CHORES: tuple[Chore, ...] = (
    Chore("release", timedelta(minutes=1), releasing.work, on_change=True),
    Chore("alerts", timedelta(seconds=20), alerting.work),
    Chore("advice", timedelta(minutes=5), sizing.work),
    Chore("plans", timedelta(minutes=15), planning.work),
)


def next_due(database: Database, chores: tuple[Chore, ...]) -> datetime | None:
    """When the next of these chores is due."""
    if not chores:
        return None
    with database.read() as session:
        return outbox.chores.next_due(session, [chore.name for chore in chores])


def do_one(database: Database, settings: Settings, chores: tuple[Chore, ...]) -> bool:
    """Do a chore that is due; false where none is. A failed one is tried again in a minute."""
    at = clock.now()
    due = next_due(database, chores)
    if due is None or due > at:
        return False
    names = [chore.name for chore in chores]
    turn = database.write(lambda session: outbox.chores.claim(session, at, names, CHORE_LEASE))
    if turn is None:
        return False
    chore = next(each for each in chores if each.name == turn.name)
    try:
        database.write(lambda session: _do(session, chore, turn, settings))
    except Trouble:
        raise
    except Exception as broken:  # a chore may be any code of ours: it must not stop the others
        error = f"{type(broken).__name__}: {broken}"
        log.exception("chore %s failed", chore.name)
        again = clock.now() + min(chore.every, AFTER_FAILURE)
        database.write(lambda session: outbox.chores.failed(session, turn, again, error))
    return True


def _do(session: Session, chore: Chore, turn: outbox.chores.Turn, settings: Settings) -> None:
    at = clock.now()
    due = chore.work(session, journal.Deed(at, journal.By("dispatch")), settings)
    outbox.chores.done(session, turn, at, due or at + chore.every)
