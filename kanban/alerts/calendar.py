"""Expected deliveries as a calendar (RFC 5545), for a person's calendar program, by a secret address."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kanban import journal, languages
from kanban.alerts.tables import CalendarFeed
from kanban.db import Statement, from_milliseconds, from_thousandths
from kanban.languages import gettext as _
from kanban.people import Person

LONGEST_LINE = 75  # octets, RFC 5545 3.1
SHOWN_LINES = 12

_EXPECTED = Statement(
    """SELECT o.id AS order_id, o.number, s.name AS supplier, o.state, l.sku, l.name, l.unit,
 l.quantity - l.passed_on - l.received - l.returned AS pending, coalesce(l.confirmed_due, l.due) AS day,
 coalesce(l.answered_at, o.shipped_at, o.confirmed_at, o.released_at) AS changed_at,
 (SELECT count(*) FROM event e WHERE e.order_id = o.id) AS revision
 FROM order_line l JOIN "order" o ON o.id = l.order_id JOIN supplier s ON s.id = o.supplier_id
 WHERE o.state IN ('released', 'confirmed', 'shipped', 'partly_received') AND l.closed_at IS NULL
  AND l.quantity - l.passed_on - l.received - l.returned > 0 AND coalesce(l.confirmed_due, l.due) IS NOT NULL
 ORDER BY o.id, l.id"""
)


@dataclass(frozen=True, slots=True)
class Feed:
    """What stands around the events: the calendar's name, the host of its ids, and where orders are shown."""

    name: str
    base_url: str

    @property
    def host(self) -> str:
        """The host that makes ids unique in the world."""
        return self.base_url.split("://", 1)[1].split(":", 1)[0]


def open_feed(session: Session, deed: journal.Deed, person: Person) -> str:
    """A fresh secret address for a person's calendar; an earlier one ends."""
    token = secrets.token_urlsafe(24)
    row = session.get(CalendarFeed, person.id) or CalendarFeed(person_id=person.id)
    row.token_hash, row.created_at = _hashed(token), deed.at
    session.add(row)
    session.flush()
    journal.append(session, deed, "calendar_opened", "person", person.id)
    return token


def revoke_feed(session: Session, deed: journal.Deed, person: Person) -> None:
    """The address opens nothing any more."""
    session.execute(delete(CalendarFeed).where(CalendarFeed.person_id == person.id))
    journal.append(session, deed, "calendar_closed", "person", person.id)


def feed_of(session: Session, token: str) -> Person | None:
    """Whose calendar this secret address is; none where it was closed or its person has left."""
    mine = select(Person).join(CalendarFeed, CalendarFeed.person_id == Person.id)
    return session.scalar(mine.where(CalendarFeed.token_hash == _hashed(token), Person.active))


def feed(session: Session, about: Feed, at: datetime) -> bytes:
    """One whole-day event per order from which something is to come, on the next day that it comes.

    Its id stays the same as long as the order lives; its sequence number grows with what happens to it.
    """
    orders: dict[int, list[Any]] = {}
    for row in _EXPECTED.rows(session):
        orders.setdefault(row.order_id, []).append(row)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Kanban//Expected deliveries//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(about.name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        *(line for rows in orders.values() for line in _event(rows, about, at)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _event(rows: list[Any], about: Feed, at: datetime) -> Iterable[str]:
    first = rows[0]
    day = min(date.fromisoformat(str(row.day)) for row in rows)
    changed = max(from_milliseconds(row.changed_at) for row in rows)
    sure = first.state in ("confirmed", "shipped", "partly_received")
    return [
        "BEGIN:VEVENT",
        f"UID:order-{first.order_id}@{about.host}",
        f"DTSTAMP:{_moment(at)}",
        f"LAST-MODIFIED:{_moment(changed)}",
        f"SEQUENCE:{first.revision}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(f'{first.supplier} · {first.number}')}",
        f"DESCRIPTION:{_escaped(_lines(rows))}",
        f"URL:{about.base_url}/orders/{first.order_id}",
        f"STATUS:{'CONFIRMED' if sure else 'TENTATIVE'}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _lines(rows: list[Any]) -> str:
    told = [
        f"{languages.number(from_thousandths(row.pending))} {row.unit} {row.sku} {row.name}"
        f" ({languages.day(date.fromisoformat(str(row.day)))})"
        for row in rows[:SHOWN_LINES]
    ]
    beyond = len(rows) - SHOWN_LINES
    return "\n".join([*told, *([_("and %(num)s more", num=beyond)] if beyond > 0 else [])])


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """A text value (RFC 5545 3.3.11); control characters have no place in it."""
    plain = "".join(letter for letter in text if letter == "\n" or letter >= " ")
    for special in ("\\", ";", ","):
        plain = plain.replace(special, "\\" + special)
    return plain.replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """A content line of at most 75 octets; a longer one goes on after CRLF and a blank."""
    parts: list[bytes] = []
    current = b""
    for letter in line:
        octets = letter.encode("utf-8", "replace")
        if len(current) + len(octets) > LONGEST_LINE - (1 if parts else 0):
            parts.append(current)
            current = b""
        current += octets
    return b"\r\n ".join([*parts, current]) + b"\r\n"


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
