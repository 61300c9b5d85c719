"""From a sheet's texts to checked rows: every bad field is found at once, nothing is guessed in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from pydantic import ValidationError

from kanban import languages
from kanban.imports.cells import Reader, Reading
from kanban.imports.columns import Found, find
from kanban.imports.row import Row
from kanban.imports.sheet import Sheet, SheetRow
from kanban.languages import gettext as _
from kanban.languages import mark

LONGEST_SHOWN = 80  # characters of a cell in the report of its error


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one cell: ``column`` is its heading, ``value`` the start of its text."""

    row: int
    column: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """The good rows by their number in the sheet, all errors, and what a person should see besides.

    ``headings`` are the sheet's own, by our name of the column.
    """

    rows: tuple[tuple[int, Row], ...]
    errors: tuple[RowError, ...]
    readings: tuple[Reading, ...]
    ignored: tuple[str, ...]
    headings: Mapping[str, str]


def parse(sheet: Sheet) -> Parsed:
    """Check every row of a sheet.

    Raises :class:`kanban.imports.sheet.SheetError` where the headings are not clear, nothing else.
    """
    found = find(sheet)
    reader = Reader(sheet, found)
    rows: list[tuple[int, Row]] = []
    errors: list[RowError] = []
    for line in sheet.rows:
        values, wrong = reader.values(line)
        try:
            row = Row.model_validate(values)
        except ValidationError as refusal:
            for error in refusal.errors(include_url=False, include_input=False):
                wrong.setdefault(str(error["loc"][0]), _message(error))
        if wrong:
            errors.extend(_row_errors(sheet, found, line, wrong))
        else:
            rows.append((line.number, row))
    headings = {name: sheet.header[place] for name, place in found.places.items()}
    return Parsed(tuple(rows), tuple(errors), tuple(reader.readings.values()), found.ignored, headings)


def _row_errors(sheet: Sheet, found: Found, line: SheetRow, wrong: dict[str, str]) -> Iterator[RowError]:
    for name, place in sorted(found.places.items(), key=itemgetter(1)):
        if name in wrong:
            yield RowError(line.number, sheet.header[place], line.cells[place][:LONGEST_SHOWN], wrong[name])


def _message(error: Any) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["loc"][0] == "consequence":
        return _("must be 1 to 4, or low, medium, high, critical")
    message: str = _MESSAGES.get(error["type"], mark("cannot be taken"))
    return _(message, **languages.alternatives(error.get("ctx", {})))


_MESSAGES = {
    "missing": mark("is empty, and every row needs it"),
    "greater_than": mark("must be more than %(gt)s"),
    "greater_than_equal": mark("must be at least %(ge)s"),
    "less_than_equal": mark("must be at most %(le)s"),
    "decimal_max_places": mark("has more than %(decimal_places)s decimals"),
    "int_from_float": mark("must be a whole number"),
    "literal_error": mark("must be %(expected)s"),
    "too_long": mark("has more than %(max_length)s levels"),
    "too_short": mark("names no place"),
    "string_unicode": mark("holds half of a character"),
}
