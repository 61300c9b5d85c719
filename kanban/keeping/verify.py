"""Does everything still hold? The journal's chain, the invariants, and the tables against the journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from kanban import journal
from kanban.db import Base
from kanban.items import PATH_SEPARATOR
from kanban.keeping import replay
from kanban.keeping.rules import RULES

REFUSALS = {"sqlite": {"event_update", "event_delete", "event_replace"}, "postgresql": {"event_append_only"}}
"""The triggers by which each database refuses to change the journal."""

_GUARDS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger')",
    "postgresql": "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
    " UNION SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'",
}
_NOT_AS_TOLD = {
    "open_turns": ("replay-turns", "What waits for this card is not what its scans and receipts add up to."),
    "receipts": ("replay-receipts", "Goods were counted, or their count was changed, outside the program."),
    "order_numbers": ("replay-numbers", "An order has a number under which it was never released."),
    "lives": ("replay-cards", "A card was put into or out of service outside the program."),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold: the rule's name (see docs/operations.md), where, what, what it means."""

    rule: str
    where: str
    what: str
    meaning: str


def verify(session: Session, *, anchor: tuple[int, str] | None = None) -> Iterator[Finding]:
    """Ask every question and yield what does not hold; nothing where all is well.

    ``anchor`` is the journal's end as it was noted outside (a backup's manifest, a mail): its number
    and hash. The session should see one moment (:func:`kanban.keeping.copies.snapshot`).
    """
    damage = list(_damage(session))
    yield from damage
    if damage:
        return  # what a damaged file answers means nothing
    yield from _nowhere(session)
    yield from _guards(session)
    broken = list(_journal(session, anchor))
    yield from broken
    for rule in RULES:
        asked = text(rule.sql)
        values = {"separator": PATH_SEPARATOR} if ":separator" in rule.sql else {}
        for row in session.execute(asked, values):
            yield Finding(rule.name, row.place, row.seen, rule.meaning)
    if not broken:
        yield from _replayed(session)


def _damage(session: Session) -> Iterator[Finding]:
    for found in _bad_pages(session):
        meaning = "The disk lost or changed pages: restore a backup."
        yield Finding("file-damaged", "the database file", found, meaning)


def _nowhere(session: Session) -> Iterator[Finding]:
    if _dialect(session) != "sqlite":
        return  # PostgreSQL never lets it come to that
    for broken in session.execute(text("PRAGMA foreign_key_check")):
        meaning = "A row belongs to one that is gone: it was deleted outside the program."
        yield Finding("points-nowhere", f"{broken[0]} {broken[1]}", f"no such {broken[2]}", meaning)


def _bad_pages(session: Session) -> list[str]:
    if _dialect(session) != "sqlite":
        return []  # it keeps checksums of its own
    try:
        told = list(session.scalars(text("PRAGMA integrity_check(10)")))
    except DatabaseError as wrong:
        return [str(wrong.orig)]
    return [found for found in told if found != "ok"]


def _guards(session: Session) -> Iterator[Finding]:
    dialect = _dialect(session)
    there = set(session.scalars(text(_GUARDS[dialect])))
    unique = {
        str(index.name) for table in Base.metadata.tables.values() for index in table.indexes if index.unique
    }
    for missing in sorted((unique | REFUSALS[dialect]) - there):
        meaning = "The database no longer refuses what must not be: somebody removed this from it."
        yield Finding("guard-missing", missing, "is not in the database", meaning)


def _journal(session: Session, anchor: tuple[int, str] | None) -> Iterator[Finding]:
    meaning = "The record was changed, cut or damaged outside the program: trust it up to the event before."
    for found in journal.verify(session, anchor=anchor):
        yield Finding("journal", f"event {found.event_id}", found.what, meaning)


def _replayed(session: Session) -> Iterator[Finding]:
    for found in replay.differences(session):
        rule, meaning = _NOT_AS_TOLD[found.what]
        seen = f"the journal says {_said(found.journal)}, the table {_said(found.table)}"
        yield Finding(rule, f"{found.noun} {found.id}", seen, meaning)


def _said(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case (cycle, event_id, quantity):
            return f"turn {cycle} of {quantity} units since event {event_id}"
    return str(value)


def _dialect(session: Session) -> str:
    return session.connection().dialect.name
