"""Alerts opened for new causes, closed where the cause has gone, and what a person does about one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import clock, journal
from kanban.alerts.causes import CAUSES
from kanban.alerts.kinds import KINDS
from kanban.alerts.tables import Alert
from kanban.db import Statement, from_milliseconds, to_milliseconds
from kanban.orders import rules

NEWS_LAST = timedelta(days=3)
"""News (an answer, an over-delivery) is no cause any more after so long."""
NOT_FACTS = frozenset({"about", "order_id", "path", "country", "region", "released_at", "confirm_days"})

_DRAFT_SUPPLIER = Statement("SELECT name FROM supplier WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that needs somebody now."""

    kind: str
    about: str
    path: str
    order_id: int | None
    facts: Mapping[str, str]


def watch(session: Session, deed: journal.Deed, *, undo: timedelta, zone: ZoneInfo) -> tuple[int, int]:
    """Open an alert for each new cause, close those whose cause has gone; returns how many of each."""
    causes = {(each.kind, each.about): each for each in _causes(session, deed.at, undo, zone)}
    opened = {(alert.kind, alert.about): alert for alert in _open(session)}
    gone = [alert for key, alert in opened.items() if key not in causes and alert.kind in KINDS]
    for alert in gone:
        alert.resolved_at = deed.at
    new = [cause for key, cause in causes.items() if key not in opened]
    session.flush()
    for cause in new:
        _open_for(session, deed, cause)
    session.flush()
    return len(new), len(gone)


def raise_(
    session: Session,
    deed: journal.Deed,
    kind: str,
    *,
    about: str,
    path: str = "/",
    order_id: int | None = None,
    facts: Mapping[str, str] | None = None,
) -> None:
    """Raise an alert now instead of with the next look that finds its cause; once for each cause."""
    known = select(Alert.id).where(Alert.kind == kind, Alert.about == about, Alert.resolved_at.is_(None))
    if session.scalar(known) is None:
        _open_for(session, deed, Cause(kind, about, path, order_id, facts or {}))
        session.flush()


def resolve(session: Session, deed: journal.Deed, kind: str, *, about: str) -> None:
    """The cause has gone."""
    found = select(Alert).where(Alert.kind == kind, Alert.about == about, Alert.resolved_at.is_(None))
    for alert in session.scalars(found):
        alert.resolved_at = deed.at


def take(session: Session, deed: journal.Deed, alert: Alert) -> None:
    """Somebody takes care: the others see that, and the taker can be asked."""
    alert.taken_by, alert.taken_at = deed.by.person_id, deed.at
    session.flush()
    journal.append(session, deed, "taken", "alert", alert.id, {"kind": alert.kind}, order_id=alert.order_id)


def listed(
    session: Session, roles: tuple[str, ...], *, resolved: bool = False, limit: int = 200
) -> list[Alert]:
    """Alerts that concern somebody with these roles, open ones by kind, or the latest resolved."""
    kinds = [kind for kind, about in KINDS.items() if about.role in roles]
    query = select(Alert).where(Alert.kind.in_(kinds))
    if resolved:
        closed = query.where(Alert.resolved_at.is_not(None))
        return list(session.scalars(closed.order_by(Alert.resolved_at.desc(), Alert.id.desc()).limit(limit)))
    return list(session.scalars(query.where(Alert.resolved_at.is_(None)).order_by(Alert.raised_at, Alert.id)))


def open_count(session: Session, roles: Collection[str]) -> int:
    """How many alerts are open for these roles."""
    kinds = [kind for kind, about in KINDS.items() if about.role in roles]
    count = select(func.count()).where(Alert.resolved_at.is_(None), Alert.kind.in_(kinds))
    return session.scalar(count) or 0


def _open(session: Session) -> list[Alert]:
    return list(session.scalars(select(Alert).where(Alert.resolved_at.is_(None))))


def _open_for(session: Session, deed: journal.Deed, cause: Cause) -> None:
    session.add(
        Alert(
            kind=cause.kind,
            about=cause.about,
            path=cause.path,
            order_id=cause.order_id,
            facts=json.dumps(dict(cause.facts), ensure_ascii=False),
            raised_at=deed.at,
        )
    )


def _causes(session: Session, at: datetime, undo: timedelta, zone: ZoneInfo) -> Iterator[Cause]:
    today = at.astimezone(zone).date()
    values = {"today": today.isoformat(), "lately": to_milliseconds(at - NEWS_LAST)}
    for kind, statement in CAUSES.items():
        for row in statement.rows(session, **values):
            if kind != "unconfirmed" or _overdue(row, today, zone):
                yield Cause(kind, row.about, row.path, row.order_id, _facts(row, zone))
    yield from _drafts(session, at, undo, zone)


def _drafts(session: Session, at: datetime, undo: timedelta, zone: ZoneInfo) -> Iterator[Cause]:
    """Drafts that wait for somebody's approval."""
    for order_id, standing in rules.standings(session, at, undo=undo, zone=zone, asking=False).items():
        if standing.facts.approver:
            name = _DRAFT_SUPPLIER.value(session, id=standing.supplier_id)
            facts = {"supplier": str(name)}
            yield Cause("approval", f"order:{order_id}", f"/orders/{order_id}", order_id, facts)


def _overdue(row: Any, today: date, zone: ZoneInfo) -> bool:
    """Whether the days that the supplier has for an answer are over."""
    sent = from_milliseconds(row.released_at).astimezone(zone).date()
    last = clock.add_working_days(sent, row.confirm_days, row.country, row.region or "")
    return today > last


def _facts(row: Any, zone: ZoneInfo) -> dict[str, str]:
    facts = {name: str(value) for name, value in row._asdict().items() if name not in NOT_FACTS}
    if "released_at" in row._fields:
        facts["day"] = from_milliseconds(row.released_at).astimezone(zone).date().isoformat()
    return facts
