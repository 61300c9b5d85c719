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
def public_holidays(country: str, region: str = "") -> Container[date]:
    """The public holidays of an ISO 3166 country code such as ``DE``; none for an empty code.

    ``region`` is one of the country's parts that :func:`regions` names, such as ``BY``.
    """
    if not country:
        return frozenset()
    import holidays  # slow to import, and most shops have one country

    return holidays.country_holidays(country, subdiv=region or None)


def known_country(code: str) -> bool:
    """Whether the calendar library has the holidays of this ISO 3166 country code."""
    import holidays

    return code in holidays.list_supported_countries(include_aliases=False)


@lru_cache(maxsize=64)
def regions(country: str) -> dict[str, str]:
    """The parts of a country with public holidays of their own: the calendar library's codes, and names."""
    import holidays

    codes = holidays.list_supported_countries(include_aliases=False).get(country, ())
    names = getattr(holidays, country).get_subdivision_aliases() if codes else {}
    return {code: (names.get(code) or [code])[0] for code in codes}


def is_working_day(day: date, country: str = "", region: str = "") -> bool:
    """Monday to Friday, without the public holidays of ``country`` and its ``region``."""
    return day.weekday() < SATURDAY and day not in public_holidays(country, region)


def next_working_day(day: date, country: str = "", region: str = "") -> date:
    """``day`` itself where it is a working day, else the first one after it."""
    while not is_working_day(day, country, region):
        day += ONE_DAY
    return day


def add_working_days(day: date, count: int, country: str = "", region: str = "") -> date:
    """The working day that lies ``count`` working days after ``day``; zero gives ``day`` or the next."""
    day = next_working_day(day, country, region)
    for _ in range(count):
        day = next_working_day(day + ONE_DAY, country, region)
    return day


def take_working_days(day: date, count: int, country: str = "", region: str = "") -> date:
    """The working day that lies ``count`` working days before ``day``; zero: ``day`` or the one before."""
    while not is_working_day(day, country, region):
        day -= ONE_DAY
    for _ in range(count):
        day -= ONE_DAY
        while not is_working_day(day, country, region):
            day -= ONE_DAY
    return day
