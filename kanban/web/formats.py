"""How values look on the screen: times in the shop's zone, numbers and money as people write them."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal
from flask import Flask, current_app, g

from kanban import codes, languages
from kanban.web.running import running

LOCALE = "en_GB"


def install(app: Flask) -> None:
    """Make the formats known to the templates."""
    app.jinja_env.filters.update(
        when=when, day=day, ago=ago, quantity=quantity, money=money, grouped=codes.grouped
    )
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        languages.gettext, languages.ngettext, newstyle=True
    )
    app.jinja_env.globals.update(asset=asset, new_key=lambda: str(uuid.uuid4()))


def when(at: datetime) -> str:
    """A moment in the shop's time: ``23 Nov 2026, 14:05``."""
    return format_datetime(at.astimezone(running().settings.zone), "d MMM y, HH:mm", locale=LOCALE)


def day(value: date | str) -> str:
    """A day: ``Thu 26 Nov``."""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    return format_date(value, "EEE d MMM", locale=LOCALE)


def ago(at: datetime) -> str:
    """How long ago, in one unit: ``3 h ago``, ``just now``."""
    past = g.at - at
    if past.total_seconds() < 60:
        return "just now"
    return format_timedelta(past, locale=LOCALE, format="short", threshold=1) + " ago"


def quantity(value: Decimal) -> str:
    """Units without empty decimals: ``1,250``, ``2.5``."""
    return format_decimal(value, "#,##0.###", locale=LOCALE)


def money(value: Decimal) -> str:
    """An amount in the shop's currency, two decimals or as many as a small unit price needs."""
    pattern = "¤#,##0.00" if value == round(value, 2) else "¤#,##0.00##"
    return format_currency(value, running().settings.currency, pattern, locale=LOCALE, currency_digits=False)


def units(value: Decimal, unit: str) -> str:
    """A quantity with its unit: ``500 pcs``."""
    return f"{quantity(value)} {unit}"


def asset(path: str) -> str:
    """The address of a static file with its version in it, so that it can be cached for ever."""
    assert current_app.static_folder is not None, "the application has static files"
    return f"/static/{path}?v={_version(Path(current_app.static_folder) / path)}"


@lru_cache(maxsize=256)
def _version(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:10]
