"""Many new rows at once, with ids that are known before they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from kanban.db import Base


def add(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert rows into a table that numbers its rows; returns their ids in the same order."""
    if not rows:
        return []
    ids = _free_ids(session, table, len(rows))
    numbered = [{"id": row_id, **row} for row_id, row in zip(ids, rows, strict=True)]
    session.connection().execute(insert(table.__table__), numbered)  # type: ignore[arg-type]
    return ids


def _free_ids(session: Session, table: type[Base], count: int) -> list[int]:
    """From the table's own sequence; on SQLite what follows its last row, since nobody else writes now."""
    session.flush()
    if session.get_bind().dialect.name == "sqlite":
        top = session.scalar(select(func.max(table.__table__.c.id))) or 0
        return list(range(top + 1, top + 1 + count))
    numbers = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    return list(session.scalars(numbers, {"table": table.__tablename__, "count": count}))
