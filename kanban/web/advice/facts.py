"""How a loop is used: the few things that no scan can tell."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Literal

from flask import abort, render_template
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import advice, journal, languages
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.loops import Loop
from kanban.reports import catalogue
from kanban.web import forms, respond, security
from kanban.web.advice.blueprint import bp
from kanban.web.forms.fields import Quantity, QuantityOrZero
from kanban.web.reading import session

SCAN_RULES = {
    "empty": mark("when the bin is empty"),
    "first_piece": mark("when the first piece is taken"),
    "mark": mark("at a mark in the bin"),
}
SURENESS = {
    "guess": mark("a guess"),
    "estimate": mark("an estimate of somebody who knows"),
    "records": mark("taken from records"),
}
WHEN_OUT = {
    "waits": mark("the work waits"),
    "elsewhere": mark("people get it elsewhere"),
}
MONTHS = tuple(range(1, 13))


class SizingForm(forms.Form):
    """What people say of a loop's use."""

    lists: ClassVar[tuple[str, ...]] = ("season",)

    scan_rule: Literal["empty", "first_piece", "mark"] = Field(
        "empty", title=mark("When the card is scanned")
    )
    mark_at: QuantityOrZero = Field(Decimal(0), title=mark("What is left at the mark"))
    use_per_day: Quantity | None = Field(None, title=mark("The use per working day"))
    sureness: Literal["guess", "estimate", "records"] = Field("guess", title=mark("How sure that is"))
    when_out: Literal["waits", "elsewhere"] = Field("waits", title=mark("What happens without stock"))
    overseas: bool = Field(False, title=mark("Comes from overseas"))
    seasonal: bool = Field(False, title=mark("Seasonal"))
    put_away: QuantityOrZero = Field(Decimal(0), le=100, title=mark("The days to put away"))
    season: tuple[QuantityOrZero, ...] = Field((), max_length=12, title=mark("The season"))

    def facts(self) -> advice.SizingFacts:
        """The same in the domain's words; twelve ones are no season."""
        season = () if all(factor == 1 for factor in self.season) else self.season
        return advice.SizingFacts(**(dict(self) | {"season": season}))


@bp.get("/loops/<int:loop_id>/sizing")
@security.access("buyer")
def edit(loop_id: int) -> str:
    """The form with what is known now."""
    facts = advice.facts_of(session(), _get(loop_id).id)
    values: dict[str, Any] = {
        name: forms.plain(value) if isinstance(value, Decimal) else value
        for name, value in vars(facts).items()
    }
    values["season"] = [forms.plain(factor) for factor in facts.season or (Decimal(1),) * 12]
    return _form(loop_id, values, {})


@bp.post("/loops/<int:loop_id>/sizing")
@security.access("buyer")
def describe(loop_id: int) -> Response:
    """Say how a loop is used; its advice follows at once."""
    typed = forms.typed_fields("season")

    def verb(session: Session, deed: journal.Deed) -> str:
        loop = session.get_one(Loop, loop_id)
        try:
            advice.describe(session, deed, loop, sent.facts())
        except advice.BadSeason as wrong:
            raise forms.BadFields({"season": str(wrong)}) from wrong
        return f"/loops/{loop_id}/advice"

    try:
        sent = forms.sent(SizingForm, typed)
        return respond.seen(respond.change_and_size(verb), _("Saved. The advice below rests on it."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _form(loop_id, _again(typed), errors))


def _again(typed: dict[str, Any]) -> dict[str, Any]:
    season = typed.get("season")
    return typed | {"season": season if isinstance(season, list) and len(season) == 12 else ["1"] * 12}


def _get(loop_id: int) -> Loop:
    loop = catalogue.loop(session(), loop_id)
    if loop is None:
        abort(404)
    return loop


def _form(loop_id: int, values: dict[str, Any], errors: dict[str, str]) -> str:
    return render_template(
        "advice/sizing.html",
        circuit=_get(loop_id),
        values=values,
        errors=errors,
        scan_rules=languages.choices(SCAN_RULES.items()),
        surenesses=languages.choices(SURENESS.items()),
        when_outs=languages.choices(WHEN_OUT.items()),
        months=[languages.month(each) for each in MONTHS],
    )
