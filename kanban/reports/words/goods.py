"""What goods say that arrive, are set apart or go back."""

from __future__ import annotations

from decimal import Decimal

from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports.words.told import Told, Words


def received(told: Told) -> str:
    said = _("received %(units)s", units=told.units("quantity"))
    over = Decimal(str(told.facts.get("over", 0)))
    return _("%(said)s, %(over)s more than ordered", said=said, over=told.units("over")) if over else said


def _corrected(told: Told) -> str:
    more = Decimal(str(told.facts.get("quantity", 0))) > 0
    said = (
        mark("receipt corrected: %(units)s more had come")
        if more
        else mark("receipt corrected by %(units)s: fewer had come")
    )
    return _(said, units=told.units("quantity"))


def _arrived(told: Told) -> str:
    number = told.facts.get("number")
    if not number:
        return _("arrived without a delivery note")
    return _("arrived with delivery note %(number)s", number=number)


def _set_apart(told: Told) -> str:
    reason = QUARANTINED.get(told.facts.get("reason", ""), mark("of no use"))
    return _("%(units)s set apart: %(reason)s", units=told.units("quantity"), reason=_(reason))


def _accepted(told: Told) -> str:
    return _("%(units)s that were set apart are usable", units=told.units("quantity"))


def _sent_back(told: Told) -> str:
    said = {
        "credit": mark("%(units)s sent back, for credit"),
        "replacement": mark("%(units)s sent back, to be replaced"),
    }.get(told.facts.get("expected", ""), mark("%(units)s sent back"))
    return _(said, units=told.units("quantity"))


def _settled(told: Told) -> str:
    return _(SETTLED.get(told.facts.get("expected", ""), mark("the return is settled")))


def _problem(told: Told) -> str:
    kind = PROBLEMS.get(told.facts.get("kind", ""), mark("something else"))
    return _("problem reported: %(kind)s", kind=_(kind))


QUARANTINED = {"damaged": mark("damaged"), "wrong_item": mark("the wrong item")}
PROBLEMS = {
    "damaged": mark("damaged"),
    "wrong_item": mark("the wrong item"),
    "short": mark("too few"),
    "other": mark("something else"),
}

SETTLED = {
    "credit": mark("the credit for what went back is here"),
    "replacement": mark("what was sent back has been replaced"),
}

WORDS: Words = {
    ("received", "receipt"): received,
    ("corrected", "receipt"): _corrected,
    ("arrived", "delivery_note"): _arrived,
    ("set_apart", "quarantine"): _set_apart,
    ("accepted", "quarantine"): _accepted,
    ("photographed", "delivery_note"): mark("the paper was photographed"),
    ("sent_back", "supplier_return"): _sent_back,
    ("settled", "supplier_return"): _settled,
    ("reported", "problem"): _problem,
    ("settled", "problem"): mark("the problem is settled"),
}
