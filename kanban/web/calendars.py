"""When a site works: shifts of its week, holidays, closures."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from flask import Blueprint, abort, render_template, request
from pydantic import Field, field_validator
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import calendars, clock, journal, languages
from kanban.calendars import Closure, Facts
from kanban.items import Location
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.text import BadText, as_sentence
from kanban.web import forms, respond, security
from kanban.web.forms.fields import Code, Country, Day, Name
from kanban.web.reading import session

bp = Blueprint("calendars", __name__)

SHIFTS = 2
"""Shifts a day that the form has room for."""
WEEKDAY_OF_MONDAY = date(2026, 3, 2)


class CalendarForm(forms.Form):
    """A site's week as times of day, and whose holidays it keeps."""

    country: Country = Field("", title=mark("The country"))
    region: Code = Field("", title=mark("The region"))


class ClosureForm(forms.Form):
    """Days on which the site does not work."""

    first: Day = Field(title=mark("The first day"))
    last: Day | None = Field(None, title=mark("The last day"))
    reason: Name = Field("", title=mark("The reason"))

    @field_validator("last")
    @classmethod
    def _after_first(cls, last: date | None, info: Any) -> date | None:
        first = info.data.get("first")
        if last and first and last < first:
            raise BadText(_("lies before the first day"))
        return last


@bp.get("/locations/<int:location_id>/calendar")
@security.access("viewer")
def show(location_id: int) -> str:
    """The site's week, holidays and closures."""
    site = _site(location_id)
    return _page(site, _typed(calendars.facts_of(session(), site.id)), {})


@bp.post("/locations/<int:location_id>/calendar")
@security.access("buyer")
def describe(location_id: int) -> Response:
    """Another week or other holidays; every loop of the site is sized by it."""
    site_id = _site(location_id).id
    typed = _typed_week()

    def verb(session: Session, deed: journal.Deed) -> str:
        try:
            calendars.describe(session, deed, session.get_one(Location, site_id), facts)
        except calendars.BadWeek as wrong:
            raise forms.BadFields({"week": as_sentence(wrong)}) from wrong
        return f"/locations/{site_id}/calendar"

    try:
        sent = forms.sent(
            CalendarForm, {name: typed[name] for name in ("country", "region") if name in typed}
        )
        if sent.region and sent.region not in calendars.known_regions(sent.country):
            raise forms.BadFields({"region": _("The region is none whose holidays we know.")})
        facts = Facts(sent.country, sent.region, _week(typed))
        return respond.seen(respond.change_and_size(verb), _("Saved. Loops are sized anew by it."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _page(_site(location_id), typed, errors))


@bp.post("/locations/<int:location_id>/closures")
@security.access("buyer")
def close(location_id: int) -> Response:
    """The site does not work for some days."""
    site_id = _site(location_id).id
    typed = forms.typed_fields()

    def verb(session: Session, deed: journal.Deed) -> str:
        site = session.get_one(Location, site_id)
        try:
            calendars.close(session, deed, site, sent.first, sent.last or sent.first, sent.reason)
        except calendars.BadClosure as wrong:
            raise forms.BadFields({"last": as_sentence(wrong)}) from wrong
        return f"/locations/{site_id}/calendar"

    try:
        sent = forms.sent(ClosureForm, typed)
        return respond.seen(respond.change_and_size(verb), _("Noted: these days take no working time."))
    except forms.BadFields as bad:
        facts = _typed(calendars.facts_of(session(), site_id))
        return forms.refused(bad, lambda errors: _page(_site(location_id), facts | typed, errors))


@bp.post("/closures/<int:closure_id>/removal")
@security.access("buyer")
def reopen(closure_id: int) -> Response:
    """The site works on these days after all."""
    known = session().get(Closure, closure_id)
    if known is None:
        abort(404)
    address = f"/locations/{known.site_id}/calendar"

    def verb(session: Session, deed: journal.Deed) -> str:
        calendars.reopen(session, deed, session.get_one(Closure, closure_id))
        return address

    respond.change_and_size(verb)
    return respond.seen(address, _("These days count as working days again."))


def _site(location_id: int) -> Location:
    place = session().get(Location, location_id)
    if place is None:
        abort(404)
    return place if place.site_id in (None, place.id) else session().get_one(Location, place.site_id)


def _typed_week() -> dict[str, Any]:
    """The fields as sent: times under ``mon``, ``tue`` … in pairs."""
    if request.is_json:
        return dict(respond.body())
    return forms.typed_fields(*calendars.DAYS)


def _week(typed: dict[str, Any]) -> calendars.Week:
    """Each weekday's shifts. Raises :class:`forms.BadFields`."""
    return tuple(_shifts(day, typed.get(day) or []) for day in calendars.DAYS)


def _shifts(day: str, typed: Any) -> tuple[tuple[time, time], ...]:
    times = [str(each).strip() for each in typed] if isinstance(typed, list) else [str(typed).strip()]
    pairs = [(start, end) for start, end in zip(times[::2], times[1::2], strict=False) if start or end]
    try:
        return tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in pairs)
    except ValueError as wrong:
        said = _("On %(day)s, give both times of a shift, such as 06:00 and 14:00.", day=_day_name(day))
        raise forms.BadFields({day: said}) from wrong


def _typed(facts: Facts) -> dict[str, Any]:
    week = {
        day: [at.isoformat("minutes") for shift in shifts for at in shift]
        for day, shifts in zip(calendars.DAYS, facts.week, strict=True)
    }
    return {"country": facts.country, "region": facts.region, **week}


def _page(site: Location, values: dict[str, Any], errors: dict[str, str]) -> str:
    days = []
    for day in calendars.DAYS:
        times = values.get(day) or []
        times = times if isinstance(times, list) else [times]
        days.append(
            (day, _day_name(day), [*times, *[""] * (2 * SHIFTS)][: 2 * max(SHIFTS, -(-len(times) // 2))])
        )
    return render_template(
        "calendars/show.html",
        site=site,
        values=values,
        errors=errors,
        days=days,
        regions=calendars.known_regions(str(values.get("country", ""))),
        closures=calendars.closures(session(), site.id),
        may_change=security.who().may("buyer"),
    )


def _day_name(day: str) -> str:
    monday = WEEKDAY_OF_MONDAY
    return languages.weekday(monday + calendars.DAYS.index(day) * clock.ONE_DAY)
