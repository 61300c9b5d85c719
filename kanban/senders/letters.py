"""Letters to people outside: rendered from ``templates/mail/`` in the language of whoever gets them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from kanban import config, languages


def render(template: str, **values: Any) -> str:
    """A template of ``templates/mail/`` in the language spoken just now."""
    return (
        _environment()
        .get_template(template)
        .render(language=languages.spoken(), direction=languages.direction(), **values)
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(config.assets("templates") / "mail"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        languages.gettext, languages.plural, newstyle=True
    )
    environment.filters.update(day=_day, money=_money, number=languages.number, moment=_moment)
    return environment


def _day(value: date) -> str:
    return languages.full_day(value)


def _money(value: Decimal, currency: str) -> str:
    return languages.money(value, currency)


def _moment(value: datetime, zone: Any) -> str:
    return languages.moment(value, zone)
