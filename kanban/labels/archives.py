"""Labels as PNG files in one archive, drawn while it is read: a job of any size needs the memory of some."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from kanban.labels import rasters, sheets
from kanban.labels.sheets import Plan
from kanban.labels.values import Label

SHEET_DPI = 300


def pictures(made: Iterator[Label], how: Plan) -> Iterator[bytes]:
    """An archive, piece by piece: each label of a roll dot for dot, each page of a sheet at 300 dpi."""
    return _zipped(_of_roll(made, how) if how.stock.is_roll else _of_sheets(made, how))


def _of_roll(made: Iterator[Label], how: Plan) -> Iterator[tuple[str, bytes]]:
    for number, (label, image) in enumerate(rasters.each(made, how), 1):
        dots = rasters.trimmed(image, how.stock)
        yield f"{number:04}-{label.code}.png", rasters.png(dots, how.stock.dpi)


def _of_sheets(made: Iterator[Label], how: Plan) -> Iterator[tuple[str, bytes]]:
    number = 0
    while some := list(islice(made, how.stock.per_sheet - how.start + 1)):
        number += 1
        [page] = sheets.page_pictures(some, how, "png", SHEET_DPI)
        yield f"page-{number:03}.png", page
        how = replace(how, start=1)


def _zipped(files: Iterator[tuple[str, bytes]]) -> Iterator[bytes]:
    passing = _Passing()
    with zipfile.ZipFile(passing, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data)  # without the day: the same bytes every time
            yield passing.taken()
    yield passing.taken()


class _Passing(io.RawIOBase):
    """A file that is only passed on: what was written since is taken away."""

    def __init__(self) -> None:
        self._waiting = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        return len(data)

    def taken(self) -> bytes:
        taken, self._waiting = self._waiting, b""
        return taken
