"""How the catalogues find sentences in files that are neither code nor templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

TITLE = re.compile(r'^(?:#let )?title = "([^"]+)"')


def titles(file: BinaryIO, *_given: Any, options: Any = None) -> Iterator[tuple[int, str, str, list[str]]]:
    """The titles of label faces (``.typ``), for Babel; those of stocks are names of products."""
    for number, line in enumerate(file.read().decode().splitlines(), 1):
        if found := TITLE.match(line):
            yield number, "gettext", found[1], []
