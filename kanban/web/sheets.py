"""Tables as CSV files, as spreadsheets open them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

from kanban.text import to_cell


def answer(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A sheet to download under a name; texts are kept from being formulas, none is an empty cell."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([to_cell(value) if isinstance(value, str) else value for value in row])
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response("\ufeff" + sheet.getvalue(), mimetype="text/csv", headers=headers)


def cell(value: float | None, places: int) -> float | None:
    """A figure of a sheet with so many places; none where nobody knows."""
    return None if value is None else round(value, places)
