"""What if the lead time doubles, the supplier fails for a week, the use grows by half?"""

from __future__ import annotations

from typing import Any

from flask import abort, g, render_template

from kanban import advice
from kanban.advice import what_if
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.web import formats, listing, pictures, security
from kanban.web.advice import words
from kanban.web.advice.blueprint import bp
from kanban.web.reading import session
from kanban.web.running import running

LEAD_TIMES = {
    "1": mark("as now"),
    "1.5": mark("half as long again"),
    "2": mark("twice as long"),
    "3": mark("three times"),
}
USES = {
    "1": mark("as now"),
    "0.5": mark("half"),
    "1.5": mark("half as much again"),
    "2": mark("twice as much"),
}
FAILURES = {
    "0": mark("not at all"),
    "5": mark("for a week"),
    "10": mark("for two weeks"),
    "20": mark("for a month"),
}


@bp.get("/loops/<int:loop_id>/simulation")
@security.access("viewer")
def simulate(loop_id: int) -> str:
    """A year of the loop under what the address asks, with today's and the advised cards."""
    asked = {
        "lead_time": listing.choice("lead_time", tuple(LEAD_TIMES)),
        "use": listing.choice("use", tuple(USES)),
        "failure": listing.choice("failure", tuple(FAILURES)),
    }
    zone = running().settings.zone
    found = advice.collect(session(), g.at, zone, [loop_id])
    if not found:
        abort(404)
    reviewed = advice.review(found[0], advice.Calendars(session(), zone), g.at)
    wonder = what_if.Wonder(*(float(asked[name]) for name in ("lead_time", "use", "failure")))
    numbers = sorted({max(found[0].cards, 1), reviewed.decision.cards})
    played = what_if.play(reviewed, wonder, numbers) if what_if.is_played(reviewed, wonder) else []
    return render_template(
        "advice/simulation.html",
        circuit=found[0].loop,
        asked=asked,
        lead_times=_said(LEAD_TIMES),
        uses=_said(USES),
        failures=_said(FAILURES),
        own=what_if.is_its_own(reviewed),
        chart=_chart(played, numbers[0] if found[0].cards == numbers[0] else numbers[-1]),
        rows=[_row(each, found[0]) for each in played],
        now=found[0].cards,
        steps=_steps(played),
    )


def _said(choices: dict[str, str]) -> list[tuple[str, str]]:
    return [(value, _(label)) for value, label in choices.items()]


def _chart(played: list[what_if.Outcome], now: int) -> pictures.Chart:
    highest = max((level for each in played for _time, level in each.levels), default=1.0)
    lines = [
        (
            _("%(cards)s cards", cards=each.cards),
            "now" if each.cards == now else "advised",
            pictures.stairs(pictures.thinned(each.levels), what_if.DAYS, highest),
        )
        for each in played
    ]
    days = [formats.quantity(int(what_if.DAYS * n / 5)) for n in range(6)]
    return pictures.Chart(lines=lines, ticks=days)


def _row(each: what_if.Outcome, told: advice.History) -> dict[str, Any]:
    cost = float(told.unit_cost)
    return {
        "cards": each.cards,
        "is_now": each.cards == told.cards,
        "in_stock": words.share(each.in_stock),
        "stock_outs": formats.quantity(words.rounded(each.stock_outs)),
        "longest": formats.quantity(words.rounded(each.longest)),
        "on_hand": formats.units(words.rounded(each.on_hand), told.item.unit),
        "cash": words.money(each.on_hand * cost),
        "ceiling": words.money(each.cards * float(told.loop.card_quantity) * cost),
    }


def _steps(played: list[what_if.Outcome]) -> list[tuple[str, ...]]:
    """The stock at the end of each 25 working days, for the table behind the picture."""
    days = [25.0 * n for n in range(1, 11)]
    return [
        (
            formats.quantity(int(day)),
            *(formats.quantity(words.rounded(_level_at(each, day))) for each in played),
        )
        for day in days
    ]


def _level_at(each: what_if.Outcome, day: float) -> float:
    return next((level for time, level in reversed(each.levels) if time <= day), 0.0)
