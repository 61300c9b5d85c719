"""How values look on the screen: times in the shop's zone, all as the language spoken writes it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from flask import Flask, g
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from kanban import codes, languages
from kanban.reports.words import ROLE_WORDS
from kanban.web.running import running, today


def install(app: Flask) -> None:
    """Make the formats known to the templates."""
    app.jinja_env.filters.update(
        when=when,
        day=day,
        ago=ago,
        quantity=quantity,
        money=money,
        percent=languages.percent,
        grouped=codes.grouped,
        role=role,
        millimetres=millimetres,
    )
    app.jinja_env.tests["late"] = late
    _speak_in(app.jinja_env)
    app.jinja_env.globals.update(new_key=lambda: str(uuid.uuid4()))


def _speak_in(env: Environment) -> None:
    """Teach templates to speak; a number in a sentence is written as its language writes numbers."""
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(languages.gettext, languages.plural, newstyle=True)  # type: ignore[attr-defined]
    for name in ("gettext", "ngettext"):
        env.globals[name] = _with_numbers(cast("Callable[..., str]", env.globals[name]))


def _with_numbers(say: Callable[..., str]) -> Callable[..., str]:
    @pass_context
    def said(context: Context, *sentence: Any, **values: Any) -> str:
        if len(sentence) == 3:
            values = {"num": sentence[2]} | values
        return say(context, *sentence, **languages.written(values))

    return said


def role(key: str) -> str:
    """What a role is called."""
    return languages.gettext(ROLE_WORDS.get(key, key))


def millimetres(value: float) -> str:
    """A length to two decimals: ``0.50``."""
    return languages.decimals(value, 2)


def when(at: datetime) -> str:
    """A moment in the shop's time: ``23 Nov 2026, 14:05``."""
    return languages.moment(at, running().settings.zone)


def day(value: date | str) -> str:
    """A day: ``Thu 26 Nov``."""
    return languages.day(date.fromisoformat(value) if isinstance(value, str) else value)


def late(value: date | str) -> bool:
    """Whether a day is over."""
    return (date.fromisoformat(value) if isinstance(value, str) else value) < today()


def day_of(at: datetime) -> str:
    """The day of a moment in the shop's time: ``Thu 26 Nov``."""
    return languages.day(at.astimezone(running().settings.zone).date())


def ago(at: datetime) -> str:
    """How long ago, in one unit: ``3 hr ago``, ``just now``."""
    return languages.ago(g.at - at)


def short_day(value: date) -> str:
    """A day without its weekday: ``26 Nov``."""
    return languages.short_day(value)


def quantity(value: Decimal | int) -> str:
    """Units without empty decimals: ``1,250``, ``2.5``."""
    return languages.number(value)


def money(value: Decimal) -> str:
    """An amount in the shop's currency, two decimals or as many as a small unit price needs."""
    return languages.money(value, running().settings.currency)


def money_about(value: Decimal) -> str:
    """An estimated amount in the shop's currency, without cents."""
    return languages.money_about(value, running().settings.currency)


def units(value: Decimal, unit: str) -> str:
    """A quantity with its unit: ``500 pcs``."""
    return f"{quantity(value)} {unit}"
