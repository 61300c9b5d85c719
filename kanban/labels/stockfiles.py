"""Stocks of one's own in a folder: one file each. A file that is wrong hides no other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Container
from pathlib import Path

from kanban.labels.errors import BadStock
from kanban.labels.stocks import Stock, made
from kanban.languages import gettext as _

LARGEST_BYTES = 100_000


def read(folder: Path, taken: Container[str]) -> tuple[dict[str, Stock], list[str]]:
    """The stocks of a folder by name, and a sentence for each file that is wrong.

    ``taken`` are the names of our own stocks, which no file can change.
    """
    found: dict[str, Stock] = {}
    wrong: list[str] = []
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        try:
            found[path.stem] = _read(path, taken)
        except BadStock as bad:
            wrong.append(str(bad))
    return found, wrong


def _read(path: Path, taken: Container[str]) -> Stock:
    """The stock of a file. Raises BadStock, which names file and line."""
    if path.stem in taken:
        raise BadStock(_("%(file)s: there is a stock of that name already: rename the file", file=path.name))
    text = _text(path)
    try:
        return made(path.stem, tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise BadStock(_("%(file)s: %(wrong)s", file=path.name, wrong=wrong)) from wrong
    except BadStock as wrong:
        line = _line(text, wrong.field)
        said = _("%(file)s, line %(line)s: %(wrong)s", file=path.name, line=line, wrong=wrong)
        raise BadStock(said if line else _("%(file)s: %(wrong)s", file=path.name, wrong=wrong)) from wrong


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise BadStock(_("%(file)s: too large for a stock", file=path.name))
        return path.read_text(encoding="utf-8")
    except OSError as wrong:
        raise BadStock(_("%(file)s: %(wrong)s", file=path.name, wrong=wrong.strerror)) from wrong
    except UnicodeDecodeError as wrong:
        line = wrong.object[: wrong.start].count(b"\n") + 1
        said = _("%(file)s, line %(line)s: not saved as UTF-8", file=path.name, line=line)
        raise BadStock(said) from wrong


def _line(text: str, field: str) -> int:
    """Where a file says this field, counted from 1; 0 where it does not."""
    key = re.escape(field.removesuffix("_x").removesuffix("_y"))
    found = re.search(rf"^[ \t]*[\[\"']?{key}\b", text, re.MULTILINE) if field else None
    return text.count("\n", 0, found.start()) + 1 if found else 0
