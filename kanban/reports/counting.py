"""The plan of cycle counts by class, and how right the records were."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from kanban import counts
from kanban.advice import Reviewed
from kanban.loops import Loop
from kanban.reports import figures
from kanban.sizing import advice as engine
from kanban.sizing import classes, measures
from kanban.sizing.history import Use
from kanban.sizing.intervals import Rate

WINDOW = timedelta(days=365)


class Due(NamedTuple):
    """A counted loop, its class by yearly value, and the day by which it is counted next."""

    loop: Loop
    abc: str
    counted_at: datetime
    due: date
    late: bool


class Accuracy(NamedTuple):
    """Cycle counts of the last year: how many, and in how many the record was right."""

    right: int
    total: int


def plan(session: Session, at: datetime, zone: ZoneInfo) -> tuple[list[Due], Accuracy]:
    """Which counted loops to count when (A monthly, B quarterly, C half-yearly), and a year’s accuracy."""
    counted = counts.counted_loops(session)
    if not counted:
        return [], Accuracy(0, 0)
    kinds = {each.told.loop.id: each.abc for each in figures.shop(session, at, zone).standings}
    today = at.astimezone(zone).date()
    rows = []
    for each in counted:
        kind = kinds.get(each.loop_id, "C")
        due = (each.counted_at + counts.COUNT_EVERY[kind]).astimezone(zone).date()
        rows.append(Due(each.loop, kind, each.counted_at, due, due < today))
    done = counts.counts_since(session, at - WINDOW)
    right = sum(
        measures.is_accurate(float(recorded), float(found), float(counts.TOLERANCES[kinds.get(loop_id, "C")]))
        for loop_id, recorded, found in done
    )
    return sorted(rows, key=lambda row: (row.due, row.abc)), Accuracy(right, len(done))


def proposed_levels(reviewed: Reviewed) -> tuple[int, int]:
    """Reorder point and target level in whole units: the engine's, and one card quantity more."""
    quantity = max(1.0, float(reviewed.told.loop.card_quantity))
    use = reviewed.use
    pieces = Use(
        Rate(use.rate.shape, use.rate.exposure / quantity), use.cv2 * quantity, use.effective, use.change
    )
    target = classes.TARGETS[reviewed.told.item.consequence or 2]
    point = engine.reorder_for(target, pieces, reviewed.nodes, quantity)
    return point, point + int(Decimal(str(quantity)))
