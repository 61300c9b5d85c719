"""Why a number of cards is advised, in a few plain sentences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kanban.advice import Advice
from kanban.languages import gettext as _
from kanban.languages import mark, ngettext
from kanban.sizing.advice import SLACK
from kanban.web import formats
from kanban.web.advice.words import money, rounded, without

BECAUSE = {
    "below_target": mark(
        "With the cards there are, the bins would be empty too often for what a stock-out means."
    ),
    "use_unknown": mark(
        "Nobody has said how much is used, and the scans do not tell it yet: "
        "say how it is used, or wait for them."
    ),
    "fits": mark("The cards that circulate are the right number."),
    "too_few_scans": mark("One card fewer might do, but there are too few scans to say so yet."),
    "was_out": mark("One card fewer might do, but the bins stood empty not long ago."),
    "just_changed": mark("One card fewer might do, but the number was changed only just now."),
    "close_to_limit": mark("One card fewer would be close to the limit if a little more is used."),
    "more_than_needed": mark("One card fewer is enough, even if a little more is used."),
}
AT_ONCE = {
    "before": mark("How long those bins had been empty then, nobody knows: they are not counted as use."),
    "spread": mark(
        "That makes up for the days without a scan before: they count as emptied evenly over those days."
    ),
    "whole": mark("A big job and bins that were forgotten look alike: this advice leans on that day."),
}
HARDLY_EVER = 500
"""Weeks of work for one bin that nobody need count."""


def of(advice: Advice, unit: str) -> list[str]:
    """The sentences of an advice; quantities in ``unit``."""
    figures = advice.figures
    if advice.because == "use_unknown":
        return [_(BECAUSE[advice.because]), _back(figures), *_at_once(figures)]
    told = [_(BECAUSE[advice.because]), _use(figures, unit), _back(figures)]
    told += _compared(advice, figures)
    told += _textbook(advice, figures)
    told += _changed(figures)
    told += _at_once(figures)
    if figures["confidence"] == "early":
        told.append(
            ngettext(
                "Early days: this still leans on an estimate (%(num)s scan so far). "
                "After about 10 scans it rests"
                " on what really happened.",
                "Early days: this still leans on an estimate (%(num)s scans so far). "
                "After about 10 scans it rests"
                " on what really happened.",
                figures["scans"],
            )
        )
    return told


def _use(figures: dict[str, Any], unit: str) -> str:
    low, high = figures["band"]
    bins, quantity = figures["bins_a_week"], figures["quantity"]
    a_bin = 5 / quantity  # pieces a day to bins a week
    if rounded(bins) == 1:
        return _(
            "About one bin a week is used, between %(low)s and %(high)s (%(pieces)s a working day).",
            low=_n(low * a_bin),
            high=_n(high * a_bin),
            pieces=formats.units(rounded(figures["use"]), unit),
        )
    if bins >= 0.75:
        return _(
            "About %(bins)s bins a week are used, between %(low)s and %(high)s (%(pieces)s a working day).",
            bins=_n(bins),
            low=_n(low * a_bin),
            high=_n(high * a_bin),
            pieces=formats.units(rounded(figures["use"]), unit),
        )
    if 1 / bins > HARDLY_EVER:
        return _("Hardly anything is used: less than one bin in ten years.")
    return _(
        "About one bin in %(weeks)s weeks is used, between one in %(low)s and one in %(high)s.",
        weeks=_n(1 / bins),
        low=_n(1 / (high * a_bin)),
        high=_n(1 / max(low * a_bin, 1e-6)),
    )


def _back(figures: dict[str, Any]) -> str:
    if figures["slow"] < 1:
        return _("A bin is usually back within a working day.")
    if figures["usual"] < 1:
        return _(
            "A bin is usually back within a working day, one time in ten after more than %(slow)s.",
            slow=_n(figures["slow"]),
        )
    return _(
        "A bin is usually back after %(usual)s working days, one time in ten after more than %(slow)s.",
        usual=_n(figures["usual"]),
        slow=_n(figures["slow"]),
    )


def _compared(advice: Advice, figures: dict[str, Any]) -> list[str]:
    now, then = (figures["options"].get(str(n)) for n in (advice.cards_now, advice.cards))
    if now is None or then is None or advice.decision == "keep":
        return []
    told = ngettext(
        "With %(num)s card the bins would all be empty %(now)s; with %(cards)s, %(then)s.",
        "With %(num)s cards the bins would all be empty %(now)s; with %(cards)s, %(then)s.",
        advice.cards_now,
        cards=advice.cards,
        now=without(now[2]),
        then=without(then[2]),
    )
    told_of = [told]
    if then[1] < figures["target"] - SLACK:
        told_of.append(
            _("No number of cards is enough: the bins are too small for the use. Larger bins would be.")
        )
    each = figures["unit_cost"] * figures["quantity"]
    if each <= 0:
        return told_of
    return [
        *told_of,
        _(
            "Each card holds %(each)s. %(cards)s cards: %(ceiling)s at most, %(cash)s on average.",
            each=money(each),
            cards=advice.cards,
            ceiling=money(then[6]),
            cash=money(then[5]),
        ),
    ]


def _textbook(advice: Advice, figures: dict[str, Any]) -> list[str]:
    if figures["textbook"] >= advice.cards:
        return []
    return [
        _(
            "Why not the textbook %(cards)s? It expects a scan when a bin is opened, "
            "and that deliveries come as"
            " promised. Here the empty bin is scanned, so one bin is always on its way.",
            cards=figures["textbook"],
        )
    ]


def _changed(figures: dict[str, Any]) -> list[str]:
    change = figures["change"]
    if change is None:
        return []
    if change["factor"] > 1:
        return [
            _(
                "Lately scans come about twice as fast (%(scans)s in a row). "
                "Check: a new job, waste, or wrong labels?",
                scans=change["scans"],
            )
        ]
    return [
        _(
            "Lately scans come about half as fast (%(scans)s in a row). "
            "Check: a job that ended, or forgotten scans?",
            scans=change["scans"],
        )
    ]


def _at_once(figures: dict[str, Any]) -> list[str]:
    """What is made of many cards that were scanned in one go."""
    burst = figures["burst"]
    if burst is None:
        return []
    day = formats.day_of(datetime.fromisoformat(burst["at"]))
    happened = _("%(scans)s cards were scanned at once on %(day)s.", scans=burst["scans"], day=day)
    meaning = AT_ONCE[burst["kind"]]
    return [f"{happened} {_(meaning)}"]


def _n(value: float) -> str:
    return formats.quantity(rounded(value))
