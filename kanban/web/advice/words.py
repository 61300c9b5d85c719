"""Advice in plain words, as somebody would say it who knows the shop and no statistics."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from kanban import languages
from kanban.advice import Advice
from kanban.languages import gettext as _
from kanban.languages import mark, ngettext
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
