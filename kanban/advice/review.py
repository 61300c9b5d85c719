"""From a loop's history to its advice: the steps of the engine, in working days of the loop's site."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from kanban import calendars
from kanban.advice.histories import History, Turn
from kanban.sizing import advice as engine
from kanban.sizing import alarms, classes, history, lead_times
from kanban.sizing.history import Use
from kanban.sizing.lead_times import Node
from kanban.sizing.working_time import WorkingTime, seasonal
from kanban.suppliers import WEEKDAYS

DEFAULT_CONSEQUENCE = 2
"""What a stock-out means until somebody says: work slows, we improvise."""
GUESS_BINS_PER_DAY = 0.2
"""The use that is assumed where nobody has said anything and nothing was scanned: a bin a week. It draws the
comparison of numbers of cards, and advises nothing by itself."""
BEFORE_STEADY = 5
"""Receipts before a loop's own times say whether its supply is steady."""
SCANS_BEFORE_VOLATILE = 10


@dataclass(frozen=True)
class Reviewed:
    """What the engine makes of a loop: its advice, the decision, and what both rest on."""

    told: History
    advice: engine.Advice
    decision: engine.Decision
    use: Use
    nodes: list[Node]
    reasons: tuple[str, ...]
    word: str
    gaps: tuple[float, ...]
    days_watched: float
    days_out: float
    scans: int

    @property
    def supply_class(self) -> str:
        """*robust*, *watch* or *fragile*."""
        return classes.supply_class(len(self.reasons)).name


class Calendars:
    """The clocks of the shop's sites, each read once."""

    def __init__(self, session: Session, zone: ZoneInfo) -> None:
        self._session, self._zone = session, zone
        self._known: dict[tuple[int, str], WorkingTime] = {}
        self._told: dict[int, str] = {}

    def clock(self, site_id: int, season: str = "") -> WorkingTime:
        """The clock of a site, its days weighted by a loop's season where it has one."""
        key = (site_id, season)
        if key not in self._known:
            facts = calendars.facts_of(self._session, site_id)
            closed = calendars.closed_days(self._session, site_id)
            self._told[site_id] = repr((facts, sorted(closed)))
            weigh = seasonal(read_season(season))
            self._known[key] = WorkingTime(
                self._zone, facts.week, lambda day: day in closed or calendars.is_holiday(day, facts), weigh
            )
        return self._known[key]

    def told(self, site_id: int) -> str:
        """All that the site's calendar says, for the hash of the inputs."""
        self.clock(site_id)
        return self._told[site_id]


def read_season(text: str) -> dict[int, float]:
    """The factors by month from how they are kept: twelve numbers, or nothing."""
    return {month: float(each) for month, each in enumerate(text.split(), 1)} if text else {}


def review(told: History, clocks: Calendars, at: datetime, changed_at: datetime | None = None) -> Reviewed:
    """Size one loop as it stands at ``at``; advice last changed its cards at ``changed_at``."""
    season = told.sizing.season
    work, plain = clocks.clock(told.site_id, season), clocks.clock(told.site_id)
    outs = outs_of(told.turns, told.cards, at)
    days_out = sum(plain.between(since, until or at) for since, until in outs)
    use, watched = _use(told, work, at, days_out)
    seen = [
        (plain.between(turn.since, turn.until or at), turn.arrived and turn.until is not None)
        for turn in told.turns
        if turn.until is None or turn.until >= turn.since  # a clock was wrong: that says nothing
    ]
    reasons = _reasons(told, seen, is_volatile(told.turns, plain))
    supply = classes.supply_class(len(reasons))
    belief = lead_times.expected(told.quote, supply, review_days(told), float(told.sizing.put_away))
    nodes = lead_times.observed([days for days, _ in seen], [arrived for _, arrived in seen], belief)
    factor = _factor_now(season, work, at)
    use = use._replace(rate=use.rate._replace(exposure=use.rate.exposure / factor))
    loop = loop_of(told)
    advised = engine.advise(loop, use, nodes)
    decision = engine.decide(loop, advised, _past(outs, plain, at, changed_at))
    if told.cards > 1 and not told.sizing.use_per_day and use.effective == 0:
        decision = engine.Decision("keep", told.cards, "use_unknown")
    return Reviewed(
        told, advised, decision, use, nodes, tuple(reasons),
        classes.word(loop.consequence, supply),
        tuple(history.gaps_of([plain.place(turn.since) for turn in told.turns])),
        watched, days_out, len(told.turns),
    )  # fmt: skip


def loop_of(told: History) -> engine.Loop:
    """The loop in the engine's words."""
    quantity = float(told.loop.card_quantity)
    left = {"empty": 0.0, "first_piece": max(0.0, quantity - 1), "mark": float(told.sizing.mark_at)}
    return engine.Loop(
        quantity=quantity,
        cards=max(told.cards, 1),
        consequence=told.item.consequence or DEFAULT_CONSEQUENCE,
        quote=told.quote,
        left=min(left[told.sizing.scan_rule], quantity),
        unit_cost=float(told.unit_cost),
        waits=told.sizing.when_out == "waits",
        review=review_days(told),
    )


def review_days(told: History) -> float:
    """Working days between two order days: one in five for one order day a week; none for every day."""
    days = [day for day in told.supplier.order_days.split(",") if day in WEEKDAYS[:5]]
    return 5 / len(days) if days and len(days) < 5 else 0.0


def outs_of(turns: Sequence[Turn], cards: int, at: datetime) -> list[tuple[datetime, datetime | None]]:
    """When all cards of a loop were away at once: (from, until), the last with none where it lasts."""
    if cards < 1:
        return []
    changes = [(turn.since, 1) for turn in turns] + [(turn.until, -1) for turn in turns if turn.until]
    away, since, outs = 0, None, list[tuple[datetime, datetime | None]]()
    for moment, change in sorted(changes, key=lambda each: (each[0], each[1])):
        away += change
        if away >= cards and since is None:
            since = moment
        elif away < cards and since is not None:
            outs.append((since, moment))
            since = None
    return outs if since is None else [*outs, (since, None)]


def inputs_hash(told: History, clocks: Calendars) -> str:
    """A hash of everything that advice about this loop is made from, but for the day."""
    plain = json.dumps([told.inputs(), clocks.told(told.site_id)], default=_plain)
    return hashlib.sha256(plain.encode()).hexdigest()


def figures_of(reviewed: Reviewed) -> dict[str, Any]:
    """Everything that screens say of an advice, in plain values.

    Quantities in units of the item, times in working days, shares from 0 to 1, money in the shop's
    currency. ``options`` by number of cards, ``lead_times`` as (days, share).
    """
    advised, use = reviewed.advice, reviewed.use
    change = use.change
    return {
        "consequence": reviewed.told.item.consequence or DEFAULT_CONSEQUENCE,
        "target": advised.target,
        "use": advised.use,
        "band": list(advised.band),
        "bins_a_week": 5 * use.rate.mean,
        "cv2": use.cv2,
        "usual": advised.usual,
        "slow": advised.slow,
        "textbook": advised.textbook,
        "effective": use.effective,
        "scans": reviewed.scans - (use.burst.scans if use.burst and use.burst.kind == "before" else 0),
        "confidence": advised.confidence,
        "word": reviewed.word,
        "reasons": list(dict.fromkeys(reviewed.reasons)),
        "points": len(reviewed.reasons),
        "supply": reviewed.supply_class,
        "rate": list(use.rate),
        "days_watched": reviewed.days_watched,
        "days_out": reviewed.days_out,
        "change": None if change is None else {"factor": change.factor, "scans": change.scans},
        "burst": _told_at_once(reviewed),
        "unit_cost": float(reviewed.told.unit_cost),
        "quantity": float(reviewed.told.loop.card_quantity),
        "options": {str(n): list(option) for n, option in advised.options.items()},
        "lead_times": [list(node) for node in reviewed.nodes],
        "silence": alarms.silence_limit(max(use.rate.shape, 0.5)) / use.rate.mean,
    }


def _told_at_once(reviewed: Reviewed) -> dict[str, Any] | None:
    """The scans made in one go that the use is told of with: how many, when, and what is made of them."""
    burst = reviewed.use.burst
    if burst is None:
        return None
    at = reviewed.told.turns[burst.first].since
    return {"scans": burst.scans, "kind": burst.kind, "at": at.isoformat()}


def _use(told: History, work: WorkingTime, at: datetime, days_out: float) -> tuple[Use, float]:
    """What is believed of the use, and for how many working days the loop was watched."""
    start = work.place(min(told.made_at, at))
    times = [max(0.0, work.place(turn.since) - start) for turn in told.turns]
    now = max(0.0, work.place(at) - start)
    per_day = float(told.sizing.use_per_day or 0) / float(told.loop.card_quantity)
    belief = history.prior(per_day or _guess(told), told.sizing.sureness if per_day else "guess")
    out = days_out if told.sizing.when_out == "elsewhere" else 0.0
    return history.learn(times, now, belief, out=min(out, 0.9 * now)), now


def _guess(told: History) -> float:
    """Bins a day where nobody has said: as many as the cards there are could carry by the textbook."""
    carried = max(told.cards, 1) / (
        max(told.quote + review_days(told) / 2, 1.0) * (1 + engine.TEXTBOOK_ALPHA)
    )
    return min(carried, GUESS_BINS_PER_DAY) if told.cards else GUESS_BINS_PER_DAY


def is_volatile(turns: Sequence[Turn], plain: WorkingTime) -> bool:
    """Whether the use of a month varies as much as its mean (class Z), by scans that are enough to say so."""
    gaps = history.gaps_of([plain.place(turn.since) for turn in turns])
    if len(gaps) < SCANS_BEFORE_VOLATILE or sum(gaps) <= 0:
        return False
    mean = sum(gaps) / len(gaps)
    cv2 = sum((gap - mean) ** 2 for gap in gaps) / len(gaps) / mean**2
    return classes.xyz(sqrt(cv2 * mean / engine.MONTH)) == "Z"


def _reasons(told: History, seen: Sequence[tuple[float, bool]], volatile: bool) -> list[str]:
    came = told.delivered
    steps = lead_times.kaplan_meier([days for days, _ in seen], [arrived for _, arrived in seen])
    usual, late = lead_times.quantile(steps, 0.5), lead_times.quantile(steps, 0.95)
    enough = sum(arrived for _, arrived in seen) >= BEFORE_STEADY
    return classes.fragility(
        classes.Supply(
            quoted=told.quote,
            second_source=told.second_source or told.supplier.kind == "internal",
            overseas=told.sizing.overseas,
            seasonal=told.sizing.seasonal,
            on_time_low=came.interval.low if came.judged >= BEFORE_STEADY else None,
            late_over_usual=late / usual if enough and usual and late else None,
            volatile_class=volatile,
        )
    )


def _factor_now(season: str, work: WorkingTime, at: datetime) -> float:
    return max(work.weigh(at.astimezone(work.zone).date()), 0.01) if season else 1.0


def _past(
    outs: Sequence[tuple[datetime, datetime | None]],
    plain: WorkingTime,
    at: datetime,
    changed_at: datetime | None,
) -> engine.Past:
    since = plain.between(outs[-1][1] or at, at) if outs else None
    return engine.Past(since, None if changed_at is None else plain.between(changed_at, at))


def _plain(value: object) -> object:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
