"""Advice in plain words, as somebody would say it who knows the shop and no statistics."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from kanban import languages
from kanban.advice import Advice
from kanban.languages import gettext as _
from kanban.languages import mark, ngettext
from kanban.sizing.advice import SLACK
from kanban.web import formats

WORDS = {
    "lean": mark("Lean"),
    "watched": mark("Watched"),
    "buffered": mark("Buffered"),
    "protected": mark("Protected"),
}
WORD_COLOURS = {"lean": "green", "watched": "blue", "buffered": "amber", "protected": "red"}
REASONS = {
    "single_source": mark("a single source"),
    "overseas": mark("comes from overseas"),
    "long_lead_time": mark("a long lead time"),
    "unreliable": mark("often late"),
    "unsteady": mark("unsteady delivery times"),
    "seasonal": mark("seasonal"),
    "volatile": mark("volatile use"),
}
CONFIDENCE = {
    "early": mark("Early days"),
    "learning": mark("Learning"),
    "settled": mark("Settled"),
}
BECAUSE = {
    "below_target": mark(
        "With the cards there are, the bins would be empty too often for what a stock-out means."
    ),
    "fits": mark("The cards that circulate are the right number."),
    "too_few_scans": mark("One card fewer might do, but there are too few scans to say so yet."),
    "was_out": mark("One card fewer might do, but the bins stood empty not long ago."),
    "just_changed": mark("One card fewer might do, but the number was changed only just now."),
    "close_to_limit": mark("One card fewer would be close to the limit if a little more is used."),
    "more_than_needed": mark("One card fewer is enough, even if a little more is used."),
}
HARDLY_EVER = 500
"""Weeks of work for one bin that nobody need count."""
STATES = {
    "open": mark("waits for you"),
    "accepted": mark("accepted"),
    "refused": mark("refused"),
    "snoozed": mark("put off"),
    "overtaken": mark("overtaken"),
}


class OptionView(NamedTuple):
    """One row of the comparison."""

    cards: int
    is_now: bool
    is_advised: bool
    in_stock: str
    without: str
    days: str
    on_hand: str
    cash: str
    ceiling: str
    orders: str


def headline(decision: str, now: int, cards: int) -> str:
    """What to do, in one line."""
    if decision == "add":
        return ngettext(
            "Add %(num)s card: %(cards)s instead of %(now)s",
            "Add %(num)s cards: %(cards)s instead of %(now)s",
            cards - now,
            cards=cards,
            now=now,
        )
    if decision == "take_out":
        return _("Take one card out: %(cards)s instead of %(now)s", cards=cards, now=now)
    return ngettext("Keep %(num)s card", "Keep %(num)s cards", now)


def sentences(advice: Advice, unit: str) -> list[str]:
    """Why, in a few plain sentences."""
    figures = advice.figures
    told = [_(BECAUSE[advice.because]), _use(figures, unit), _back(figures)]
    told += _compared(advice, figures)
    told += _textbook(advice, figures)
    told += _changed(figures)
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


def options(advice: Advice, unit: str) -> list[OptionView]:
    """What the advised number of cards, one fewer, one more and today’s number mean, side by side."""
    rows = []
    shown = {advice.cards_now, advice.cards - 1, advice.cards, advice.cards + 1}
    known = {n: option for n, option in advice.figures["options"].items() if int(n) in shown}
    for number, option in sorted(known.items(), key=lambda each: int(each[0])):
        _cards, _fill, in_stock, on_hand, days, cash, ceiling, orders = option
        rows.append(
            OptionView(
                int(number),
                int(number) == advice.cards_now,
                int(number) == advice.cards,
                share(in_stock),
                without(in_stock),
                formats.quantity(rounded(days)),
                formats.units(rounded(on_hand), unit),
                money(cash),
                money(ceiling),
                formats.quantity(rounded(orders)),
            )
        )
    return rows


def reasons(figures: dict[str, Any]) -> str:
    """What makes the supply fragile, as a list in words; empty where nothing does."""
    return languages.listing(_(REASONS[each]) for each in figures["reasons"])


def share(value: float) -> str:
    """A share as people say it; never 100 for what is not certain."""
    return languages.percent(min(value, 0.999))


def without(in_stock: float) -> str:
    """How often a day finds the bins empty: ``1 day in 14``."""
    out = 1 - in_stock
    if out <= 1 / 5000:
        return _("practically never")
    if out > 0.4:
        return _("%(days)s days in 10", days=formats.quantity(rounded(10 * out)))
    return _("1 day in %(days)s", days=formats.quantity(rounded(1 / out)))


def money(value: float) -> str:
    """Money without cents: these are estimates. Empty where no cost is known."""
    return formats.money_about(Decimal(round(value))) if value > 0 else ""


def rounded(value: float) -> Decimal:
    """As many digits as an estimate deserves: two."""
    if value >= 100:
        return Decimal(round(value, -len(str(int(value))) + 2))
    if value >= 10:
        return Decimal(round(value))
    return Decimal(str(round(value, 1 if value >= 1 else 2)))


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


def _n(value: float) -> str:
    return formats.quantity(rounded(value))
