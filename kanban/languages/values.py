"""Dates, numbers and money as the language spoken writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton, format_time, format_timedelta, get_month_names
from babel.lists import format_list
from babel.numbers import format_currency, format_percent

from kanban.languages.speech import gettext, locale


def day(value: date) -> str:
    """A day of about now: ``Thu 26 Nov``, ``Do., 26. Nov.``."""
    return format_skeleton("MMMEd", value, locale=locale())


def short_day(value: date) -> str:
    """A day without its weekday: ``26 Nov``."""
    return format_skeleton("dMMM", value, locale=locale())


def weekday(value: date) -> str:
    """The weekday of a day: ``Monday``."""
    return format_skeleton("EEEE", value, locale=locale())


def month(number: int) -> str:
    """A month, 1 to 12, as it stands alone: ``November``."""
    names: str = get_month_names("wide", "stand-alone", locale=locale())[number]
    return names


def full_day(value: date) -> str:
    """A day with its year: ``26 Nov 2026``, ``26. Nov. 2026``."""
    return format_skeleton("yMMMd", value, locale=locale())


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A moment in a zone: ``26 Nov 2026, 14:05``."""
    there = at.astimezone(zone)
    return f"{full_day(there.date())}, {format_time(there, 'short', locale=locale())}"


def ago(past: timedelta) -> str:
    """How long ago, in one unit: ``3 hr ago``, ``just now``."""
    if past < timedelta(minutes=1):
        return gettext("just now")
    return format_timedelta(-past, format="short", threshold=1, add_direction=True, locale=locale())


def money(value: Decimal, currency: str) -> str:
    """An amount with its currency, two decimals or as many as a small unit price needs."""
    pattern = Locale.parse(locale()).currency_formats["standard"].pattern
    if value != round(value, 2):
        pattern = pattern.replace("0.00", "0.00##")
    return format_currency(value, currency, pattern, locale=locale(), currency_digits=False)


def money_about(value: Decimal, currency: str) -> str:
    """An estimated amount, without cents: ``€256``."""
    pattern = Locale.parse(locale()).currency_formats["standard"].pattern.replace("0.00", "0")
    return format_currency(value, currency, pattern, locale=locale(), currency_digits=False)


def percent(share: float) -> str:
    """A share of one: ``97%``, ``99.6%`` where whole numbers would hide the difference to all."""
    near = 0.99 < share < 1 or 0 < share < 0.01
    pattern = Locale.parse(locale()).percent_formats[None].pattern
    return format_percent(share, pattern.replace("##0", "##0.0") if near else pattern, locale=locale())


def alternatives(values: Mapping[str, object]) -> dict[str, object]:
    """The values of a refusal by pydantic, in which ``expected`` lists the words that would do."""
    expected = re.findall("'([^']*)'", str(values.get("expected", "")))
    told = format_list([f"“{word}”" for word in expected], style="or", locale=locale())
    return {**values, "expected": told} if expected else dict(values)


def listing(words: Iterable[str]) -> str:
    """``a, b and c``."""
    return format_list(list(words), locale=locale())
