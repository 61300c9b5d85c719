"""What is advised, and what it rests on, for spreadsheets."""

from __future__ import annotations

from flask import Response, abort, g

from kanban import advice
from kanban.loops import Loop
from kanban.reports import advised
from kanban.web import security, sheets
from kanban.web.advice.blueprint import bp
from kanban.web.advice.screens import WEEKS
from kanban.web.reading import session
from kanban.web.running import running

COLUMNS = (
    "sku", "item", "place", "cards", "cards_advised", "decision", "because", "state", "buffer", "consequence",
    "target", "supply", "reasons", "confidence", "scans", "use_per_day", "use_low", "use_high",
    "scan_to_shelf_usual", "scan_to_shelf_slow", "textbook", "in_stock_now", "in_stock_advised",
    "on_hand_now", "on_hand_advised", "money_now", "money_advised", "orders_a_month",
)  # fmt: skip
LOOP_COLUMNS = ("table", "key", "figure", "value")
FIGURES = ("cards", "fill", "in_stock", "on_hand", "days", "money", "money_at_most", "orders_a_month")
MOST_LOOPS = 100_000


@bp.get("/advice.csv")
@security.access("buyer")
def export() -> Response:
    """The newest advice of every loop; times in working days, shares from 0 to 1."""
    rows, _count = advised.rows(session(), "all", "", 0, MOST_LOOPS)
    return sheets.answer("kanban-advice.csv", COLUMNS, map(_row, rows))


@bp.get("/loops/<int:loop_id>/advice.csv")
@security.access("buyer")
def export_loop(loop_id: int) -> Response:
    """All figures behind one loop's advice: its weeks, its lead times, and each number of cards."""
    if session().get(Loop, loop_id) is None:
        abort(404)
    weeks = advised.scans_per_week(session(), loop_id, g.at, running().settings.zone, WEEKS)
    rows: list[tuple[object, ...]] = [("week", day.isoformat(), "bins", count) for day, count in weeks]
    found = advice.latest(session(), loop_id)
    if found is not None:
        figures = found.figures
        rows += [
            ("lead time", round(days, 3), "share", round(share, 4)) for days, share in figures["lead_times"]
        ]
        for number, option in sorted(figures["options"].items(), key=lambda each: int(each[0])):
            rows += [
                ("cards", number, name, round(value, 4)) for name, value in zip(FIGURES, option, strict=True)
            ]
    return sheets.answer(f"kanban-loop-{loop_id}.csv", LOOP_COLUMNS, rows)


def _row(row: advised.Row) -> list[object]:
    found, figures = row.advice, row.advice.figures
    now, then = (figures["options"].get(str(n)) for n in (found.cards_now, found.cards))
    pairs = [option and round(option[place], 4) for place in (2, 3, 5) for option in (now, then)]
    return [
        row.item.sku, row.item.name, row.place, found.cards_now, found.cards, found.decision, found.because,
        found.state, figures["word"], figures["consequence"], figures["target"], figures["supply"],
        " ".join(figures["reasons"]), figures["confidence"], figures["scans"], round(figures["use"], 3),
        round(figures["band"][0], 3), round(figures["band"][1], 3), round(figures["usual"], 2),
        round(figures["slow"], 2), figures["textbook"], *pairs, then and round(then[7], 2),
    ]  # fmt: skip
