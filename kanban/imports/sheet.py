"""Read a CSV or .xlsx file into rows of text, and refuse everything else with a reason.

A workbook is parsed in a child process of limited memory and time (:mod:`kanban.imports.workbook`): a file
of 1 MB can unpack to hundreds. The child loads this module too, so that nothing heavy is imported here.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

MAX_BYTES = 5_000_000
MAX_ROWS = 10_000
MAX_COLUMNS = 100
MAX_TEXT = 200
MAX_NOTE = 2_000
MAX_SECONDS = 30
DELIMITERS = ",;\t|"
CHILD = "kanban.imports.workbook"

mark = str  # for the catalogues; the child that reads workbooks loads nothing of ours

FOREIGN = (
    (b"\xd0\xcf\x11\xe0", mark("“%(name)s” is an old .xls workbook, or one with a password.")),
    (b"%PDF", mark("“%(name)s” is a PDF.")),
    (b"<", mark("“%(name)s” is a web page or XML, whatever its name says.")),
    (b"{\\rtf", mark("“%(name)s” is a text document.")),
)

SMALLER = mark("Copy the table alone into a new workbook, or save it as CSV.")
SAVE_AGAIN = mark("Open it in your spreadsheet program and save it as .xlsx (without a password) or CSV.")


class SheetError(ValueError):
    """The file cannot be read as a sheet; the text says where and what to do about it.

    ``row`` counts from 1 as the spreadsheet shows it; ``column`` is its letter; ``message`` and ``advice``
    are marked sentences, said with ``values`` in the language of whoever asks.
    """

    def __init__(
        self, message: str, row: int | None = None, column: str | None = None, advice: str = "", **values: Any
    ) -> None:
        super().__init__(message)
        self.message, self.row, self.column, self.advice, self.values = message, row, column, advice, values

    def __str__(self) -> str:
        from kanban.languages import gettext as _  # never called in the child

        said, advice = _(self.message, **self.values), _(self.advice) if self.advice else ""
        said = f"{said} {advice}".rstrip()
        place = [_("row %(row)s", row=str(self.row))] if self.row else []
        place += [_("column %(column)s", column=self.column)] if self.column else []
        text = f"{', '.join(place)}: {said}" if place else said
        return text[0].upper() + text[1:]

    def as_plain(self) -> dict[str, Any]:
        """What makes the same error in another process."""
        where = {"message": self.message, "row": self.row, "column": self.column, "advice": self.advice}
        return where | self.values


class NoHeadings(SheetError):
    """There is no row with at least two filled cells."""

    def __init__(self) -> None:
        super().__init__(mark("the sheet has no headings. Put them into its first row, one for each column."))


class SheetRow(NamedTuple):
    """One row: its number as the spreadsheet shows it, and one trimmed text per heading.

    ``numeric`` holds the places of cells that a workbook keeps as numbers: these are written with a
    decimal point and no thousands separator, whatever the sheet's language.
    """

    number: int
    cells: tuple[str, ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The headings (the first row with two filled cells) and the rows below that are not empty."""

    header_row: int
    header: tuple[str, ...]
    rows: tuple[SheetRow, ...]


def read(data: bytes, filename: str) -> Sheet:
    """The sheet in a CSV or .xlsx file, told apart by content; ``filename`` only names it in messages.

    A workbook gives its first visible worksheet with headings, and of formulas their last results.
    Raises :class:`SheetError`, nothing else.
    """
    name = "".join(character if character.isprintable() else "?" for character in filename[-80:])
    if len(data) > MAX_BYTES:
        raise SheetError(
            mark("“%(name)s” is larger than %(most)s MB. Split it into several."),
            name=name,
            most=MAX_BYTES // 1_000_000,
        )
    if data.startswith(b"PK\x03\x04"):
        return _ask_child(data)
    for start, what in FOREIGN:
        if data[:100].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(start):
            raise SheetError(what, advice=SAVE_AGAIN, name=name)
    return table(_records(_decode(data)), jagged=False)


def dumps(sheet: Sheet) -> str:
    """The sheet as JSON, for another process or a later request."""
    rows = [(row.number, row.cells, sorted(row.numeric)) for row in sheet.rows]
    return json.dumps({"header_row": sheet.header_row, "header": sheet.header, "rows": rows})


def loads(text: str | bytes) -> Sheet:
    """The sheet that :func:`dumps` wrote. Raises ValueError for anything else, also :class:`SheetError`."""
    answer = json.loads(text)
    if "error" in answer:
        raise SheetError(**answer["error"])
    rows = (SheetRow(number, tuple(cells), frozenset(numeric)) for number, cells, numeric in answer["rows"])
    return Sheet(answer["header_row"], tuple(answer["header"]), tuple(rows))


def column_letter(index: int) -> str:
    """The letters of the column at ``index`` (from 0), as a spreadsheet shows them."""
    letters = ""
    while index >= 0:
        letters = chr(ord("A") + index % 26) + letters
        index = index // 26 - 1
    return letters


def _decode(data: bytes) -> str:
    encodings = ["utf-8-sig", "cp1252"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif data[1:200:2].count(0) > data[:200].count(0) * 0.9 > 20:
        encodings = ["utf-16-le"]
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            return data.decode(encoding)
    raise SheetError(mark("the file is neither a workbook nor text that we can read."), advice=SAVE_AGAIN)


def _records(text: str) -> Iterator[SheetRow]:
    announced = re.match(r'"?sep=([,;\t|])"?(?:\r\n|\r|\n)', text)  # Excel's own first line, never shown
    delimiter = announced[1] if announced else _delimiter(text)
    lines = io.StringIO(text[announced.end() :] if announced else text, newline="")
    number = 0
    try:
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
        for number, cells in enumerate(reader, 1):
            yield SheetRow(number, tuple(cells))
    except csv.Error:
        raise SheetError(
            mark(
                'a quotation mark does not match. Put cells with quotation marks inside into "…" '
                "and double the inner ones, or save the sheet as .xlsx."
            ),
            number + 1,
        ) from None


def _delimiter(text: str) -> str:
    """The sign that splits the most rows; among equals the one that splits into the most cells."""

    def evidence(delimiter: str) -> tuple[float, int]:
        lines = io.StringIO(text[:64_000], newline="")
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        widths = [len(cells) for cells in itertools.islice(reader, 50) if cells]
        split = Counter(width for width in widths if width > 1)
        return (split.total() / len(widths), split.most_common(1)[0][0]) if split else (0, 0)

    return max(DELIMITERS, key=evidence)


def table(records: Iterable[SheetRow], *, jagged: bool) -> Sheet:
    """Headings and rows out of raw records; ``jagged`` allows cells to the right of the headings."""
    header_row = 0
    header: tuple[str, ...] = ()
    rows: list[SheetRow] = []
    for record in records:
        cells = _filled(record)
        if header and cells:
            if len(cells) > len(header) and not jagged:
                _refuse_spill(record.number, header, cells)
            rows.append(SheetRow(record.number, cells, record.numeric))
            if len(rows) > MAX_ROWS:
                raise SheetError(
                    mark("more than %(most)s rows. Split the sheet in two."), record.number, most=MAX_ROWS
                )
        elif sum(map(bool, cells)) > 1:
            header_row, header = record.number, cells
    if not header:
        raise NoHeadings
    width = max(len(header), *(len(row.cells) for row in rows), 0)
    padded = (row._replace(cells=_padded(row.cells, width)) for row in rows)
    return Sheet(header_row, _padded(header, width), tuple(padded))


def _filled(record: SheetRow) -> tuple[str, ...]:
    """The record's trimmed cells up to the last filled one."""
    cells = [cell.strip() for cell in record.cells]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise SheetError(
            mark("more than %(most)s columns. Delete those that are not needed."),
            record.number,
            column_letter(len(cells) - 1),
            most=MAX_COLUMNS,
        )
    for index, cell in enumerate(cells):
        if "\0" in cell:
            raise SheetError(
                mark("a NUL byte, so this is not a text file."),
                record.number,
                column_letter(index),
                SAVE_AGAIN,
            )
    return tuple(cells)


def _refuse_spill(number: int, header: tuple[str, ...], cells: tuple[str, ...]) -> NoReturn:
    raise SheetError(
        mark(
            "%(cells)s cells under %(headings)s headings. A cell that holds the separator sign "
            'must stand in quotation marks: "M8, zinc".'
        ),
        number,
        column_letter(len(header)),
        cells=len(cells),
        headings=len(header),
    )


def _padded(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    return cells + ("",) * (width - len(cells))


def _ask_child(data: bytes) -> Sheet:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KANBAN_")}
    environment |= {"OPENPYXL_LXML": "False", "OPENBLAS_NUM_THREADS": "1"}  # defusedxml in place of lxml
    try:
        child = subprocess.run(  # noqa: S603 (our own interpreter and module, no shell)
            [sys.executable, "-P", "-W", "ignore", "-m", CHILD],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=MAX_SECONDS,
            env=environment,
            check=False,
        )
        return loads(child.stdout)
    except subprocess.TimeoutExpired:
        raise SheetError(
            mark("the workbook takes longer than %(most)s s to read."), advice=SMALLER, most=MAX_SECONDS
        ) from None
    except SheetError:
        raise
    except (ValueError, OSError):  # the child died of a limit, or could not start at all
        raise SheetError(
            mark("the workbook needs too much memory or time to read."), advice=SMALLER
        ) from None
