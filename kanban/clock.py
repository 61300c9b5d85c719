"""Time: UTC now, and working days of a country's calendar."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

ONE_DAY = timedelta(days=1)
SATURDAY = 5


def now() -> datetime:
    """The present moment, UTC, to the millisecond (what the database keeps)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@lru_cache(maxsize=64)
def public_holidays(country: str) -> Container[date]:
    """The public holidays of an ISO 3166 country code such as ``DE``; none for an empty code."""
    if not country:
        return frozenset()
    import holidays  # slow to import, and most shops have one country

    return holidays.country_holidays(country)


def known_country(code: str) -> bool:
    """Whether the calendar library has the holidays of this ISO 3166 country code."""
    import holidays

    return code in holidays.list_supported_countries(include_aliases=False)


def is_working_day(day: date, country: str = "") -> bool:
    """Monday to Friday, without the public holidays of ``country``."""
    return day.weekday() < SATURDAY and day not in public_holidays(country)


def next_working_day(day: date, country: str = "") -> date:
    """``day`` itself where it is a working day, else the first one after it."""
    while not is_working_day(day, country):
        day += ONE_DAY
    return day


def add_working_days(day: date, count: int, country: str = "") -> date:
    """The working day that lies ``count`` working days after ``day``; zero gives ``day`` or the next."""
    day = next_working_day(day, country)
    for _ in range(count):
        day = next_working_day(day + ONE_DAY, country)
    return day
