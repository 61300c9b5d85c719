"""Which language is spoken, and its sentences.

Whoever answers somebody chooses with :func:`speaking`; every sentence between is said by
:func:`gettext` (written ``_``) and :func:`ngettext`. The choice belongs to one request or one message
and follows it into the writer (see :meth:`kanban.db.Database.write`).
"""

from __future__ import annotations

import gettext as catalogues
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TypeGuard

from babel.numbers import format_decimal

SPOKEN = {"en": "English", "de": "Deutsch"}
"""The languages that the screens are complete in, each by its own name."""
SOURCE = "en"
LOCALES = {"en": "en_GB", "de": "de_DE"}
"""How dates and numbers are written; a language that does not stand here goes by its own name."""
FROM_THE_RIGHT = frozenset({"ar", "fa", "he", "ur"})

_language: ContextVar[str] = ContextVar("language", default=SOURCE)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything inside in ``language``; one that nobody wrote a catalogue for is English."""
    token = _language.set(language if language in SPOKEN else SOURCE)
    try:
        yield
    finally:
        _language.reset(token)


def speak(language: str) -> None:
    """Say the rest of this request in ``language``."""
    _language.set(language if language in SPOKEN else SOURCE)


def spoken() -> str:
    """The language of this request or message: a key of :data:`SPOKEN`."""
    return _language.get()


def locale() -> str:
    """The spoken language with its region, for dates and numbers."""
    return LOCALES.get(spoken(), spoken())


def direction() -> str:
    """``ltr`` or ``rtl``, as the language is written."""
    return "rtl" if spoken() in FROM_THE_RIGHT else "ltr"


def gettext(message: str, **values: object) -> str:
    """``message`` in the language spoken; ``%(name)s`` in it takes the value of that name."""
    said = _catalogue(spoken()).gettext(message)
    return said % written(values) if values else said


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """The form that ``number`` needs, with ``%(num)s`` and further values put in."""
    return plural(one, many, number) % written({"num": number} | values)


def plural(one: str, many: str, number: int) -> str:
    """The form that ``number`` needs, its values still to be put in: what templates call."""
    return _catalogue(spoken()).ngettext(one, many, number)


def choices(marked: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The choices of a form, their words marked where they were written and said now."""
    return [(key, gettext(words)) for key, words in marked]


def written(values: Mapping[str, object]) -> dict[str, object]:
    """The values of a sentence, numbers among them as the language spoken writes them."""
    return {name: number(value) if _counts(value) else value for name, value in values.items()}


def number(value: Decimal | int) -> str:
    """A number without empty decimals: ``1,250``, ``2.5``."""
    return format_decimal(value, "#,##0.###", locale=locale())


def decimals(value: float, places: int) -> str:
    """A number with so many decimals: ``0.50``."""
    return format_decimal(value, "0." + "0" * places, locale=locale())


def _counts(value: object) -> TypeGuard[Decimal | int]:
    return isinstance(value, Decimal | int) and not isinstance(value, bool)


def mark(message: str) -> str:
    """Mark a sentence for the catalogues that is said later, by ``gettext(sentence)``."""
    return message


@lru_cache(maxsize=8)
def _catalogue(language: str) -> catalogues.NullTranslations:
    """The catalogue of a language, read from its ``.po`` when first needed."""
    path = Path(__file__).with_name(f"{language}.po")
    if language == SOURCE or not path.exists():
        return catalogues.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    binary = io.BytesIO()
    with path.open("rb") as file:
        write_mo(binary, read_po(file, locale=language))
    binary.seek(0)
    return catalogues.GNUTranslations(binary)
