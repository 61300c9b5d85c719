"""One part of a large job, in a process of its own: ``python -m kanban.labels.press``.

Reads what to print from its input (JSON) and writes a PDF to its output. Symbols and typesetting cost
CPU, and a thread would share one core with the server; a process has its own and gives its memory back.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kanban.labels import sheets, stocks, symbols
from kanban.labels.sheets import Plan, Shift
from kanban.labels.values import Label


def packed(labels: Sequence[Label], how: Plan, kept: Path) -> bytes:
    """A part of a job as this program's input; new matrices go to the file ``kept``."""
    stock = {key: value for key, value in asdict(how.stock).items() if key != "name"}
    told = {
        "assets": str(how.assets),
        "base_url": how.base_url,
        "face": how.face.name,
        "stock": [how.stock.name, stock],
        "start": how.start,
        "languages": how.languages,
        "shift": asdict(how.shift),
        "known": str(how.kept.file) if how.kept else "",
        "kept": str(kept),
        "labels": [_row(label) for label in labels],
    }
    return json.dumps(told).encode()


def press(told: dict[str, Any]) -> bytes:
    """The PDF of a part. Raises a LabelError."""
    assets, (name, stock) = Path(told["assets"]), told["stock"]
    kept = symbols.Kept(Path(told["known"]))
    if told["known"]:
        kept.load()
    how = sheets.plan(
        assets,
        told["base_url"],
        told["face"],
        stocks.made(name, stock),
        told["start"],
        languages=tuple(told["languages"]),
        shift=Shift(**told["shift"]),
        kept=kept,
    )
    made = sheets.pdf([_label(row) for row in told["labels"]], how)
    kept.file = Path(told["kept"])
    kept.save()
    return made


def _row(label: Label) -> dict[str, Any]:
    photo = base64.b64encode(label.photo).decode() if label.photo else None
    return asdict(label) | {"photo": photo}


def _label(row: dict[str, Any]) -> Label:
    photo = base64.b64decode(row["photo"]) if row["photo"] else None
    return Label(**(row | {"photo": photo}))


if __name__ == "__main__":
    sys.stdout.buffer.write(press(json.load(sys.stdin)))
