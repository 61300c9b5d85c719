"""The child process that parses a workbook: from standard input to a JSON object on standard output.

It loads nothing of the product but :mod:`kanban.imports.sheet`, so that it starts at once.
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

from kanban.imports.sheet import (
    MAX_NOTE,
    MAX_ROWS,
    MAX_SECONDS,
    SAVE_AGAIN,
    SMALLER,
    NoHeadings,
    Sheet,
    SheetError,
    SheetRow,
    column_letter,
    dumps,
    mark,
    table,
)

MAX_UNPACKED = 20_000_000  # bytes inside a workbook; also characters of all its cells together
MAX_RATIO = 100  # unpacked to packed
MAX_ENTRIES = 500  # files inside a workbook; one with 60 sheets and their drawings has about 250
MAX_MEMORY = 512 * 1024 * 1024
LAST_ROW = 1_048_576  # of any spreadsheet program
CENTRAL_ENTRY = b"PK\x01\x02"
ENCRYPTED = 0x1


def _answer_parent() -> None:
    """What the child does: a workbook from standard input, a JSON object to standard output."""
    _limit_process()
    try:
        answer = dumps(_parse_workbook(sys.stdin.buffer.read()))
    except SheetError as error:
        answer = json.dumps({"error": error.as_plain()})
    except MemoryError:
        large = SheetError(mark("the workbook needs too much memory to read."), advice=SMALLER)
        answer = json.dumps({"error": large.as_plain()})
    except Exception:  # what is damaged can make the parsers raise anything
        broken = SheetError(mark("the file is damaged or not a workbook."), advice=SAVE_AGAIN)
        answer = json.dumps({"error": broken.as_plain()})
    sys.stdout.write(answer)


def _limit_process() -> None:
    for kind, limit in ((resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_CPU, MAX_SECONDS)):
        with suppress(ValueError, OSError):  # a system without this limit still has the parent's clock
            resource.setrlimit(kind, (limit, limit))


def _parse_workbook(data: bytes) -> Sheet:
    _check_archive(data)
    from openpyxl import load_workbook  # only here: the parent never parses a workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    for worksheet in book.worksheets:
        if worksheet.sheet_state == "visible":
            with suppress(NoHeadings):
                sheet = table(_worksheet_records(worksheet), jagged=True)
                if _has_formulas(data):
                    formulas = load_workbook(io.BytesIO(data), read_only=True)[worksheet.title]
                    _refuse_uncalculated(sheet, formulas)
                return sheet
    raise NoHeadings


def _check_archive(data: bytes) -> None:
    """Look at the table of contents before unpacking anything; ``zipfile`` unpacks no more than it says."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist() if data.count(CENTRAL_ENTRY) <= MAX_ENTRIES else []
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if not entries or unpacked > min(MAX_UNPACKED, MAX_RATIO * packed):
        raise SheetError(
            mark("the workbook is far larger inside than a sheet of %(most)s rows."),
            advice=SMALLER,
            most=MAX_ROWS,
        )
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise SheetError(mark("the file has a password."), advice=SAVE_AGAIN)


def _worksheet_records(worksheet: Any) -> Iterator[SheetRow]:
    worksheet.reset_dimensions()  # what the file says of its size is often wrong
    room = MAX_UNPACKED
    for number, cells in enumerate(worksheet.iter_rows(), 1):
        if not cells and number <= LAST_ROW:
            continue  # a million of these is soon told
        texts = tuple(_cell_text(cell) for cell in cells)
        room -= sum(map(len, texts))
        if room < 0 or number > LAST_ROW:
            raise SheetError(
                mark("far more than a sheet of %(most)s rows can hold."),
                number,
                advice=SMALLER,
                most=MAX_ROWS,
            )
        numeric = (i for i, cell in enumerate(cells) if cell.data_type == "n" and cell.value is not None)
        yield SheetRow(number, texts, frozenset(numeric))


def _cell_text(cell: Any) -> str:
    """The cell as people see it: dates in ISO form, numbers without the noise of binary fractions.

    A text is cut one character behind the longest allowed, which still shows that it is too long.
    """
    value = cell.value
    if value is None or isinstance(value, str):
        return (value or "").replace("_x000D_", "")[: MAX_NOTE + 1]
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{Decimal(f'{value:.15g}'):f}"
    if isinstance(value, int):
        zeros = cell.number_format if not cell.number_format.strip("0") else ""
        return str(value).zfill(len(zeros))  # an item number 00123 is often kept as 123 shown in this format
    return str(value).removesuffix(" 00:00:00")


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [name for name in archive.namelist() if "worksheets/" in name]
        return any(re.search(rb"<(\w+:)?f[ />]", archive.read(name)) for name in parts)


def _refuse_uncalculated(sheet: Sheet, formulas: Any) -> None:
    """Refuse formulas that no program has calculated yet: their empty results would pass for "no change"."""
    formulas.reset_dimensions()
    rows = {row.number: row.cells for row in sheet.rows}
    first: tuple[int, str] | None = None
    for number, cells in enumerate(formulas.iter_rows(), 1):
        for index, cell in enumerate(cells):
            if cell.data_type == "f" and number in rows and index < len(rows[number]):
                if rows[number][index]:
                    return  # calculated; an empty result elsewhere is a result
                first = first or (number, column_letter(index))
    if first:
        raise SheetError(mark("a formula that was never calculated."), *first, advice=SAVE_AGAIN)


if __name__ == "__main__":
    _answer_parent()
