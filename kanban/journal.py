"""The journal: one immutable row for everything that happened, each chained to the one before.

An :class:`Event` says what happened, to what, by whom, from where, when it happened and when it was
recorded. The row's hash covers all of that and the hash of the row before, so that
:func:`verify` finds any change, gap or cut. Names of people never enter the journal, only their ids.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Index, String, Text, select, text, type_coerce
from sqlalchemy.orm import Mapped, Session, mapped_column

from kanban.db import Base, Moment, RowId, Statement, to_milliseconds

GENESIS = "0" * 64

CHAINED = (
    "id", "key", "fingerprint", "kind", "noun", "noun_id", "card_id", "order_id",
    "person_id", "device_id", "via", "occurred_at", "recorded_at", "data",
)  # fmt: skip


class KeyReused(Exception):
    """The idempotency key was used before, for something else."""


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, and through which door (``via``: scan, web, api, import, cli, demo)."""

    via: str
    person_id: int | None = None
    device_id: int | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """One changing request: when it was received, who sent it, and its idempotency key.

    ``at`` is the server's time, frozen once. ``occurred_at`` is when the person did it, as far as
    their phone can say; no decision about order ever rests on it alone.
    """

    at: datetime
    by: By
    key: str | None = None
    fingerprint: str | None = None
    occurred_at: datetime | None = None


class Entry(NamedTuple):
    """What one event says, without the deed that it belongs to; ``data`` takes plain values and decimals."""

    kind: str
    noun: str
    noun_id: int | None
    data: Mapping[str, object]
    card_id: int | None = None
    order_id: int | None = None


class Event(Base):
    """One row of the journal. The database refuses to change or delete it."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_noun", "noun", "noun_id"),
        Index("ix_event_card_id", "card_id"),
        Index("ix_event_order_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    key: Mapped[str | None] = mapped_column(String(64), unique=True)
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40))
    noun: Mapped[str] = mapped_column(String(20))
    noun_id: Mapped[int | None] = mapped_column(BigInteger)
    card_id: Mapped[int | None] = mapped_column(BigInteger)
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    device_id: Mapped[int | None] = mapped_column(BigInteger)
    via: Mapped[str] = mapped_column(String(20))
    occurred_at: Mapped[datetime] = mapped_column(Moment)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    data: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64))

    @property
    def facts(self) -> dict[str, Any]:
        """``data`` as a dictionary."""
        return facts_of(self.data)


@dataclass(slots=True)
class _Chain:
    """The end of the chain as the running transaction knows it."""

    last_id: int
    last_hash: str
    written: dict[str, Deed] = field(default_factory=dict)


_TAIL = Statement("SELECT id, hash FROM event ORDER BY id DESC LIMIT 1")
_COLUMNS = (*CHAINED, "prev_hash", "hash")
_INSERT_SQL = (
    f"INSERT INTO event ({', '.join(_COLUMNS)}) VALUES ({', '.join(':' + name for name in _COLUMNS)})"
)
_INSERT = Statement(_INSERT_SQL)
_INSERT_MANY = text(_INSERT_SQL)


_KEPT = {
    column.name: BigInteger() if isinstance(column.type, Moment) else column.type
    for column in Event.__table__.c
}
"""The columns of an event as the database keeps them: moments as milliseconds, were they ever so odd."""


def append(
    session: Session,
    deed: Deed,
    kind: str,
    noun: str,
    noun_id: int | None = None,
    facts: Mapping[str, object] | None = None,
    *,
    card_id: int | None = None,
    order_id: int | None = None,
) -> int:
    """Write one event at the end of the chain and return its id (1, 2, 3 … without gaps).

    ``facts`` takes plain values and decimals. The first event of a deed carries the deed's key, so
    that a replay finds it; the database refuses a second deed with the key.
    """
    chain = _chain(session)
    row = _next_row(chain, deed, Entry(kind, noun, noun_id, facts or {}, card_id, order_id))
    _INSERT.rows(session, **row)
    chain.last_id, chain.last_hash = row["id"], row["hash"]
    return chain.last_id


def append_all(session: Session, deed: Deed, entries: Iterable[Entry]) -> None:
    """Write many events of one deed, in their order, as :func:`append` would one after the other."""
    chain = _chain(session)
    rows = []
    for entry in entries:
        rows.append(_next_row(chain, deed, entry))
        chain.last_id, chain.last_hash = rows[-1]["id"], rows[-1]["hash"]
    if rows:
        session.connection().execute(_INSERT_MANY, rows)


def replayed(session: Session, deed: Deed) -> Event | None:
    """The event that this deed's key wrote before, or none. Raises :class:`KeyReused`."""
    if deed.key is None:
        return None
    event = session.scalar(select(Event).where(Event.key == deed.key))
    if event is not None and event.fingerprint != deed.fingerprint:
        raise KeyReused(deed.key)
    return event


def facts_of(data: str) -> dict[str, Any]:
    """The ``data`` column of an event as a dictionary."""
    facts: dict[str, Any] = json.loads(data)
    return facts


def revision(session: Session) -> int:
    """A number that grows with every change: the last event's id."""
    tail = _TAIL.first(session)
    return tail.id if tail else 0


def head(session: Session) -> tuple[int, str]:
    """Number and hash of the last event; ``(0, GENESIS)`` of an empty journal."""
    tail = _TAIL.first(session)
    return (tail.id, tail.hash) if tail else (0, GENESIS)


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold."""

    event_id: int
    what: str


def verify(session: Session, *, anchor: tuple[int, str] | None = None) -> Iterator[Break]:
    """Walk the whole chain and yield each break.

    ``anchor`` is a head that was noted outside (in a backup's manifest, say): a journal that was cut
    off before it, or rewritten up to it, does not fit.
    """
    expected_id, expected_hash = 1, GENESIS
    as_kept = [type_coerce(getattr(Event, name), kind).label(name) for name, kind in _KEPT.items()]
    rows = session.execute(select(*as_kept).order_by(Event.id).execution_options(yield_per=2000))
    for found in rows.mappings():
        row = dict(found)
        if row["id"] != expected_id:
            yield Break(expected_id, f"event {expected_id} is missing")
        if row["prev_hash"] != expected_hash:
            yield Break(row["id"], "does not follow the event before")
        if row["hash"] != _hash(row["prev_hash"], row):
            yield Break(row["id"], "was changed after it was written")
        if anchor and anchor[0] == row["id"] and anchor[1] != row["hash"]:
            yield Break(row["id"], "differs from the head noted outside")
        expected_id, expected_hash = row["id"] + 1, row["hash"]
    if anchor and anchor[0] >= expected_id:
        yield Break(expected_id, f"the journal ends before event {anchor[0]}, which was noted outside")


def _next_row(chain: _Chain, deed: Deed, entry: Entry) -> dict[str, Any]:
    """The columns of the event that comes next."""
    keyed = deed.key is not None and chain.written.get(deed.key) is not deed
    if keyed and deed.key:
        chain.written[deed.key] = deed
    row: dict[str, Any] = {
        **entry._asdict(),
        "id": chain.last_id + 1,
        "key": deed.key if keyed else None,
        "fingerprint": deed.fingerprint if keyed else None,
        "person_id": deed.by.person_id,
        "device_id": deed.by.device_id,
        "via": deed.by.via,
        "occurred_at": to_milliseconds(deed.occurred_at or deed.at),
        "recorded_at": to_milliseconds(deed.at),
        "data": _canonical(entry.data),
    }
    row["prev_hash"] = chain.last_hash
    row["hash"] = _hash(chain.last_hash, row)
    return row


def _chain(session: Session) -> _Chain:
    chain: _Chain | None = session.info.get("journal")
    if chain is None:
        last_id, last_hash = head(session)
        chain = session.info["journal"] = _Chain(last_id, last_hash)
    return chain


def _hash(prev_hash: str, row: dict[str, Any]) -> str:
    chained = _canonical({name: row[name] for name in CHAINED})
    return hashlib.sha256(prev_hash.encode() + chained.encode()).hexdigest()


def _canonical(value: Mapping[str, object]) -> str:
    return _ENCODER.encode(value)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return to_milliseconds(value)
    return str(value)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_plain)
