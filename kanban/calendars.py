"""When a site works: its week, its public holidays, its closures."""

from __future__ import annotations

import json
from collections.abc import Container
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kanban import clock, journal
from kanban.db import Base, RowId
from kanban.items import Location
from kanban.languages import gettext as _

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHOLE_DAY = ((time(0), time(0)),)
USUAL_WEEK = (*(WHOLE_DAY for _day in range(5)), (), ())
MOST_SHIFTS = 4


class BadWeek(ValueError):
    """Shifts that overlap, end before they start, or are too many."""


class BadClosure(ValueError):
    """A closure that ends before it begins, or lasts longer than a year."""


class Calendar(Base):
    """How a site works; a site without one works Monday to Friday and knows no holiday."""

    __tablename__ = "calendar"

    site_id: Mapped[int] = mapped_column(ForeignKey("location.id"), primary_key=True, autoincrement=False)
    country: Mapped[str] = mapped_column(String(2), default="")
    region: Mapped[str] = mapped_column(String(20), default="")
    week: Mapped[str] = mapped_column(Text)


class Closure(Base):
    """Days on which a site does not work beside its holidays: works holidays, stocktaking."""

    __tablename__ = "closure"
    __table_args__ = (CheckConstraint("first <= last", name="days"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("location.id"), index=True)
    first: Mapped[date]
    last: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200), default="")


Week = tuple[tuple[tuple[time, time], ...], ...]


@dataclass(frozen=True)
class Facts:
    """What a form says of a site's calendar: shifts of each weekday from Monday on; country and region
    for the holidays, as ISO 3166 has them (``DE``, ``BY``)."""

    country: str = ""
    region: str = ""
    week: Week = USUAL_WEEK


def facts_of(session: Session, site_id: int) -> Facts:
    """How a site works."""
    found = session.get(Calendar, site_id)
    return Facts(found.country, found.region, _read_week(found.week)) if found else Facts()


def describe(session: Session, deed: journal.Deed, site: Location, facts: Facts) -> bool:
    """Say how a site works; says whether anything changed. Raises :class:`BadWeek`."""
    _check(facts.week)
    if facts == facts_of(session, site.id):
        return False
    calendar = session.get(Calendar, site.id) or Calendar(site_id=site.id)
    calendar.country, calendar.region, calendar.week = facts.country, facts.region, _written(facts.week)
    session.add(calendar)
    told = {"country": facts.country, "region": facts.region, "week": calendar.week}
    journal.append(session, deed, "changed", "calendar", site.id, told)
    return True


def close(
    session: Session, deed: journal.Deed, site: Location, first: date, last: date, reason: str
) -> Closure:
    """The site does not work from ``first`` to ``last``. Raises :class:`BadClosure`."""
    if last < first:
        raise BadClosure(_("the last day lies before the first"))
    if (last - first).days > 366:
        raise BadClosure(_("a closure lasts a year at most"))
    closure = Closure(site_id=site.id, first=first, last=last, reason=reason)
    session.add(closure)
    session.flush()
    told = {"site_id": site.id, "first": first, "last": last}
    journal.append(session, deed, "added", "closure", closure.id, told)
    return closure


def reopen(session: Session, deed: journal.Deed, closure: Closure) -> None:
    """Take a closure out of the calendar."""
    journal.append(session, deed, "removed", "closure", closure.id, {"site_id": closure.site_id})
    session.delete(closure)


def closures(session: Session, site_id: int) -> list[Closure]:
    """A site's closures, the latest first."""
    return list(
        session.scalars(select(Closure).where(Closure.site_id == site_id).order_by(Closure.first.desc()))
    )


def closed_days(session: Session, site_id: int) -> frozenset[date]:
    """Every day of every closure of a site."""
    days: set[date] = set()
    for closure in closures(session, site_id):
        days.update(closure.first + n * clock.ONE_DAY for n in range((closure.last - closure.first).days + 1))
    return frozenset(days)


def is_holiday(day: date, facts: Facts) -> bool:
    """Whether the site's country or region keeps this day."""
    return bool(facts.country) and day in _holidays(facts.country, facts.region)


@lru_cache(maxsize=64)
def _holidays(country: str, region: str) -> Container[date]:
    import holidays

    return holidays.country_holidays(country, subdiv=region or None)


def known_regions(country: str) -> tuple[str, ...]:
    """The regions of a country whose own holidays are known."""
    import holidays

    return tuple(sorted(holidays.list_supported_countries(include_aliases=False).get(country, ())))


def _check(week: Week) -> None:
    for shifts in week:
        if len(shifts) > MOST_SHIFTS:
            raise BadWeek(_("a day has at most %(most)s shifts", most=MOST_SHIFTS))
        end_before = time(0)
        for start, end in shifts:
            if start < end_before or (end != time(0) and end <= start):
                raise BadWeek(_("shifts follow each other, and each ends after it starts"))
            end_before = end if end != time(0) else time(23, 59, 59)


def _written(week: Week) -> str:
    told = {
        day: [[start.isoformat("minutes"), end.isoformat("minutes")] for start, end in shifts]
        for day, shifts in zip(DAYS, week, strict=True)
    }
    return json.dumps(told, separators=(",", ":"))


def _read_week(text: str) -> Week:
    told = json.loads(text)
    return tuple(
        tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in told[day])
        for day in DAYS
    )
