"""What loops and cards say, with their labels, counts and advice."""

from __future__ import annotations

from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports.words.catalogue import changed
from kanban.reports.words.told import Told, Words


def _made(told: Told) -> str:
    return _("made, in place of one that is gone") if told.facts.get("replaces") else _("made")


def _retired(told: Told) -> str:
    return _(RETIRED.get(told.facts.get("because", ""), mark("retired")))


def _printed(told: Told) -> str:
    return _("printed, version %(version)s", version=str(told.facts.get("version")))


def _advised(told: Told) -> str:
    return _("advice: %(cards)s cards instead of %(now)s", **_cards(told))


def _advice_accepted(told: Told) -> str:
    return _("advice accepted: %(cards)s cards instead of %(now)s", **_cards(told))


def _cards(told: Told) -> dict[str, str]:
    return {name: str(told.facts.get(name, "?")) for name in ("cards", "now")}


def _taken(told: Told) -> str:
    return _("%(units)s taken", units=told.units("quantity").lstrip("-−"))


def _brought_back(told: Told) -> str:
    return _("%(units)s brought back", units=told.units("quantity"))


def _planned(told: Told) -> str:
    day = told.facts.get("day")
    if not day:
        return _("a big withdrawal planned")
    return _("%(units)s planned for %(day)s", units=told.units("quantity"), day=day(str(day)))


def _plan_ordered(told: Told) -> str:
    return _("planned withdrawal ordered: %(units)s", units=told.units("quantity"))


RETIRED = {
    "lost": mark("reported lost"),
    "replaced": mark("replaced by a new card"),
    "loop_closed": mark("retired with its loop"),
    "surplus": mark("retired: it was surplus"),
}

WORDS: Words = {
    ("advised", "loop"): _advised,
    ("advice_accepted", "loop"): _advice_accepted,
    ("advice_refused", "loop"): mark("advice refused"),
    ("advice_snoozed", "loop"): mark("advice put off"),
    ("sizing_changed", "loop"): mark("told how it is used"),
    ("checked", "loop"): mark("looked at on the walk"),
    ("counted_from_now", "loop"): mark("counted from now on"),
    ("counted_no_more", "loop"): mark("run by its cards alone again"),
    ("stock_take", "loop"): _taken,
    ("stock_return", "loop"): _brought_back,
    ("stock_count", "loop"): mark("counted"),
    ("planned", "planned_withdrawal"): _planned,
    ("ordered", "planned_withdrawal"): _plan_ordered,
    ("called_off", "planned_withdrawal"): mark("planned withdrawal called off"),
    ("added", "card"): _made,
    ("active", "card"): mark("in service"),
    ("on_hold", "card"): mark("put on hold"),
    ("surplus", "card"): mark("marked surplus: leaves when its bin is empty"),
    ("retired", "card"): _retired,
    ("printed", "card"): _printed,
    ("reprint_requested", "card"): mark("put on the list to print again"),
    ("added", "loop"): mark("set up"),
    ("changed", "loop"): changed,
    ("closed", "loop"): mark("closed"),
    ("made", "print_batch"): mark("labels made"),
    ("printed", "print_batch"): mark("blank labels printed"),
    ("failed", "print_batch"): mark("the printer did not take them"),
    ("voided", "print_batch"): mark("made void"),
    ("cancelled", "print_batch"): mark("cancelled while it was made or sent"),
    ("old_label", "card"): mark("scanned by a label that was replaced"),
}
