"""Searching in lists: every word that was typed must stand somewhere in the row, whatever its case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute

from kanban.items import fold

MOST_WORDS = 8
ESCAPE = "\\"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a search."""

    typed: str

    def in_key(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """Whether it stands in a folded column (``sku_key``, ``name_key``, ``path_key``)."""
        return column.like(f"%{_escaped(fold(self.typed))}%", escape=ESCAPE)

    def in_text(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """Whether it stands in a column as people typed it.

        SQLite knows upper and lower case of ASCII only, so any other letter matches any one character.
        """
        pattern = "".join(sign if sign.isascii() else "_" for sign in _escaped(self.typed.lower()))
        return func.lower(column).like(f"%{pattern}%", escape=ESCAPE)


def words(search: str) -> list[Word]:
    """The words of a search, at most :data:`MOST_WORDS`."""
    return [Word(typed) for typed in search.split()[:MOST_WORDS]]


def _escaped(text: str) -> str:
    for sign in (ESCAPE, "%", "_"):
        text = text.replace(sign, ESCAPE + sign)
    return text
