"""The kinds of values that fields hold: texts through the one gate, numbers as people write them, days."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field
from werkzeug.exceptions import UnprocessableEntity

from kanban import clock
from kanban.imports.row import MAX_CYCLE, MAX_LEAD_TIME, MAX_MONEY, MAX_QUANTITY
from kanban.imports.sheet import MAX_NOTE, MAX_TEXT
from kanban.languages import gettext as _
from kanban.text import BadText, clean

T = TypeVar("T")

MAX_SHORT_TEXT = 60
MAX_ROW_ID = 2**53
LONGEST_NUMBER = 40  # characters


class BadFields(UnprocessableEntity):
    """Fields that we cannot take; ``errors`` has one sentence for each, which also stands alone.

    A screen with a form catches it and shows the form again; anywhere else it is answered as it is.
    """

    def __init__(self, errors: dict[str, str], status: int = 422) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors
        self.code = status


def decimal(text: str) -> Decimal:
    """A number as people write it, with decimal comma or point. Raises :class:`BadFields`."""
    return _single(lambda: number(text), "number", _("The number"))


def day(text: str) -> date | None:
    """A day as ``2026-11-26``, or none. Raises :class:`BadFields`."""
    return _single(lambda: _day(text), "day", _("The day")) if text.strip() else None


def text(value: str, *, limit: int, lines: bool = False) -> str:
    """A text that is fit to be kept. Raises :class:`BadFields`."""
    return _single(lambda: clean(value, limit=limit, lines=lines), "text", _("The text"))


def number(text: str) -> Decimal:
    """A number in either way of writing, ``1.234,5`` or ``1,234.5``. Raises :class:`BadText`.

    One that could mean two numbers is asked back: a thousand screws are not one screw.
    """
    if len(text) > LONGEST_NUMBER:
        raise BadText(_("is not a number"))
    meanings = sorted(_meanings(text), key=abs)
    if not meanings:
        raise BadText(_("is not a number"))
    if len(meanings) > 1:
        small, large = meanings
        raise BadText(
            _(
                "can mean %(large)s or %(small)s: write %(large)s or %(exact)s",
                large=str(large),
                small=str(small),
                exact=f"{small}0",
            )
        )
    return meanings[0]


def plain(value: Decimal | int | None) -> str:
    """A number for a field, written so that :func:`number` reads the same one again."""
    if value is None:
        return ""
    shown = format(Decimal(value).normalize(), "f")
    return f"{shown}0" if len(_meanings(shown)) > 1 else shown


def sentence(title: str, wrong: str) -> str:
    """A field and what is wrong with it: *The SKU is empty.*"""
    return _("%(title)s %(wrong)s.", title=title, wrong=wrong)


def _single(read: Callable[[], T], name: str, title: str) -> T:
    try:
        return read()
    except ValueError as wrong:
        raise BadFields({name: sentence(title, str(wrong))}) from wrong


def _meanings(text: str) -> set[Decimal]:
    """What a text means as a number, with the point and with the comma as decimal mark."""
    written = " ".join(text.replace("−", "-").replace("’", "'").split())
    return {
        Decimal(re.sub(f"[^0-9{mark}+-]", "", written).replace(mark, "."))
        for mark, form in _WRITTEN.items()
        if form.fullmatch(written)
    }


def _form_of(mark: str, thousands: str) -> re.Pattern[str]:
    groups = "|".join(f"(?:{sign}[0-9]{{3}})+" for sign in (re.escape(thousands), " ", "'"))
    return re.compile(rf"[+-]?(?:(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{groups}))(?:{mark}[0-9]+)?|{mark}[0-9]+)")


_WRITTEN = {".": _form_of(r"\.", ","), ",": _form_of(",", ".")}


def _number(value: Any) -> Any:
    if isinstance(value, str):
        return number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise BadText(_("is not a number"))
    return Decimal(str(value)) if isinstance(value, float) else value


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        meanings = _meanings(value) if len(value) <= LONGEST_NUMBER else set()
        if not meanings:
            raise BadText(_("is not a number"))
        value = max(meanings, key=abs)  # of a whole number only the thousands can be meant
    exact = Decimal(_number(value))
    if not exact.is_finite() or exact != exact.to_integral_value():
        raise BadText(_("is not a whole number"))
    return int(exact)


def gate(limit: int, *, code: bool = False, lines: bool = False) -> AfterValidator:
    return AfterValidator(lambda value: clean(value, limit=limit, code=code, lines=lines))


def _filled(value: str) -> str:
    if not value:
        raise BadText(_("is empty"))
    return value


def _day(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
        raise BadText(_("is not a day such as 2026-11-26"))
    try:
        return date.fromisoformat(value.strip())
    except ValueError as wrong:
        raise BadText(_("is not a day of the calendar")) from wrong


def _email(value: str) -> str:
    if value and not re.fullmatch(r'[^@\s,;<>"]+@[^@\s,;<>"]+', value):
        raise BadText(_("is not one e-mail address"))
    return value


def matching(pattern: str, otherwise: str) -> AfterValidator:
    def check(value: str) -> str:
        if value and not re.fullmatch(pattern, value):
            raise BadText(_(otherwise))
        return value

    return AfterValidator(check)


def _country(value: str) -> str:
    code = value.upper()
    if code and not clock.known_country(code):
        raise BadText(_("is not a country whose public holidays we know, such as DE"))
    return code


Filled = AfterValidator(_filled)
Code = Annotated[str, gate(MAX_TEXT, code=True)]
Name = Annotated[str, gate(MAX_TEXT)]
Short = Annotated[str, gate(MAX_SHORT_TEXT)]
Email = Annotated[Code, AfterValidator(_email)]
Country = Annotated[Code, AfterValidator(_country)]
Note = Annotated[str, gate(MAX_NOTE, lines=True)]
Quantity = Annotated[Decimal, BeforeValidator(_number), Field(gt=0, le=MAX_QUANTITY, decimal_places=3)]
QuantityOrZero = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, le=MAX_QUANTITY, decimal_places=3)]
Money = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, le=MAX_MONEY, decimal_places=4)]
Hours = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, le=MAX_CYCLE, decimal_places=2)]
WholeNumber = Annotated[int, BeforeValidator(_whole)]
RowId = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MAX_ROW_ID)]
Days = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=MAX_LEAD_TIME)]
Day = Annotated[date, BeforeValidator(_day)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
