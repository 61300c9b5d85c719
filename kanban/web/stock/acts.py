"""What may be done with a loop's stock: the forms, and the verb that each calls."""

from __future__ import annotations

from pydantic import Field
from sqlalchemy.orm import Session

from kanban import counts, journal, loops, plans
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.loops import Loop
from kanban.text import as_sentence
from kanban.web import forms
from kanban.web.forms.fields import Day, Name, Quantity, QuantityOrZero, WholeNumber
from kanban.web.running import running


class LevelsForm(forms.Form):
    """How a loop is counted, and what stands there now."""

    counted: QuantityOrZero = Field(title=mark("What stands there"))
    reorder_point: QuantityOrZero = Field(title=mark("The reorder point"))
    target_level: Quantity = Field(title=mark("The target level"))


class AmountForm(forms.Form):
    """Units taken or brought back."""

    quantity: Quantity = Field(title=mark("The quantity"))


class CountForm(forms.Form):
    """What was counted, and why it differs."""

    counted: QuantityOrZero = Field(title=mark("What stands there"))
    reason: Name = Field("", title=mark("The reason"))


class PlanForm(forms.Form):
    """A big withdrawal: how much, on which day, and what for."""

    quantity: Quantity = Field(title=mark("The quantity"))
    day: Day = Field(title=mark("The day"))
    note: Name = Field("", title=mark("The note"))


class TemporaryForm(forms.Form):
    """Cards for a while."""

    count: WholeNumber = Field(1, ge=1, le=100, title=mark("The number of cards"))
    leaves_on: Day = Field(title=mark("The last day"))


def begin(session: Session, deed: journal.Deed, loop: Loop, sent: LevelsForm) -> None:
    """Count a loop, with these levels."""
    try:
        counts.begin(
            session, deed, loop,
            counted=sent.counted, reorder_point=sent.reorder_point, target_level=sent.target_level,
        )  # fmt: skip
    except counts.BadLevels as wrong:
        raise _at("target_level", wrong) from wrong


def take(session: Session, deed: journal.Deed, loop: Loop, sent: AmountForm) -> None:
    """Book what was taken."""
    try:
        counts.take(session, deed, loop, sent.quantity)
    except counts.TooMuch as wrong:
        raise _at("quantity", wrong) from wrong


def bring_back(session: Session, deed: journal.Deed, loop: Loop, sent: AmountForm) -> None:
    """Book what came back."""
    counts.bring_back(session, deed, loop, sent.quantity)


def count(session: Session, deed: journal.Deed, loop: Loop, sent: CountForm) -> None:
    """Set the record right."""
    counts.count(session, deed, loop, sent.counted, reason=sent.reason)


def plan(session: Session, deed: journal.Deed, loop: Loop, sent: PlanForm) -> None:
    """Plan a big withdrawal."""
    zone = running().settings.zone
    try:
        plans.plan(session, deed, loop, sent.quantity, sent.day, zone=zone, note=sent.note)
    except plans.BadPlan as wrong:
        raise _at("day", wrong) from wrong


def add_temporary(session: Session, deed: journal.Deed, loop: Loop, sent: TemporaryForm) -> None:
    """Make cards that leave after a day."""
    if sent.leaves_on < deed.at.astimezone(running().settings.zone).date():
        raise forms.BadFields({"leaves_on": _("The last day is over.")})
    loops.add_cards(session, deed, loop, sent.count, leaves_on=sent.leaves_on)


def _at(field: str, wrong: Exception) -> forms.BadFields:
    return forms.BadFields({field: as_sentence(wrong)})
