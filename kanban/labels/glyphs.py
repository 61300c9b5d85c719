"""Which characters the installed fonts can set. What none of them has is named before it is printed.

Typst sets an empty box for a character without a glyph and says nothing, so we read the fonts' own
tables of characters (``cmap``), once, and print a question mark in the place of what is missing.
"""

from __future__ import annotations

import mmap
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kanban.labels.setting import installed
from kanban.labels.values import plain

SHOWN = (
    "sku",
    "name",
    "quantity",
    "supplier",
    "supplier_sku",
    "location",
    "lead_time",
    "shop",
    "home",
    "note",
)
"""The fields of a label whose text is not ours."""
STAND_IN = "?"
_UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")
_SELECTORS = re.compile("[\u034f\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Marks that choose between shapes and have none of their own."""
_ORDINARY = re.compile(r"[\x20-\x7e\u00a0-\u017f\u0391-\u03a1\u03a3-\u03c9\u0410-\u044f–—‘’“”…›]*")
"""What our own text font surely has."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Characters that stand on the labels of an item, and that no font here can set."""

    item: str
    characters: str


def gaps(told: Iterable[Sequence[str]], fonts: Path) -> Iterator[Gap]:
    """What is missing of each item's texts, its number the first of them: each lack once."""
    found = ((texts[0], set().union(*(_missing(plain(text), fonts) for text in texts))) for texts in told)
    lacks = ((item, "".join(sorted(missing))) for item, missing in found if missing)
    return (Gap(item, characters) for item, characters in dict.fromkeys(lacks))


def replaced(text: str, fonts: Path) -> str:
    """The text with a question mark for every run of characters that no font has."""
    missing = _missing(text, fonts)
    if not missing:
        return text
    return re.sub(f"[{re.escape(''.join(missing))}]+", STAND_IN, text)


def _missing(text: str, fonts: Path) -> set[str]:
    if _ORDINARY.fullmatch(text):
        return set()
    shown = _SELECTORS.sub("", text)
    seen = {each for each in shown if unicodedata.category(each) not in _UNSEEN}
    return {each for each in seen if not _covers(ord(each), fonts)}


def _covers(point: int, fonts: Path) -> bool:
    return any(start <= point <= end for start, end in _ranges(fonts, point >> 8))


@lru_cache(maxsize=1024)
def _ranges(fonts: Path, block: int) -> list[tuple[int, int]]:
    """The ranges of characters in a block of 256 that any font has."""
    low, high = block << 8, (block << 8) + 255
    return [(start, end) for start, end in _all_ranges(fonts) if start <= high and end >= low]


@lru_cache(maxsize=2)
def _all_ranges(fonts: Path) -> list[tuple[int, int]]:
    """Every range of characters of every font, ours and the system's."""
    found: set[tuple[int, int]] = set()
    for path, index in sorted({(each.path, each.index) for each in installed(fonts).fonts() if each.path}):
        try:
            with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                found.update(_of_font(data, index))
        except (OSError, ValueError, struct.error, IndexError):
            continue  # not a font after all: what it may have had counts as missing
    return _joined(found)


def _joined(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _of_font(data: mmap.mmap, index: int) -> Iterator[tuple[int, int]]:
    start = 0
    if data[:4] == b"ttcf":
        (start,) = struct.unpack_from(">I", data, 12 + 4 * index)
    (tables,) = struct.unpack_from(">H", data, start + 4)
    for each in range(tables):
        tag, _, place, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * each)
        if tag == b"cmap":
            yield from _of_cmap(data, place)


def _of_cmap(data: mmap.mmap, place: int) -> Iterator[tuple[int, int]]:
    (count,) = struct.unpack_from(">H", data, place + 2)
    for each in range(count):
        platform, _, offset = struct.unpack_from(">HHI", data, place + 4 + 8 * each)
        if platform not in (0, 3):
            continue
        (kind,) = struct.unpack_from(">H", data, place + offset)
        if kind == 4:
            yield from _segments(data, place + offset)
        elif kind in (12, 13):
            yield from _groups(data, place + offset)


def _segments(data: mmap.mmap, at: int) -> Iterator[tuple[int, int]]:
    """Format 4. A segment may hold holes; a character in one is the rare case that we take for there."""
    (double,) = struct.unpack_from(">H", data, at + 6)
    ends = struct.unpack_from(f">{double // 2}H", data, at + 14)
    starts = struct.unpack_from(f">{double // 2}H", data, at + 16 + double)
    yield from ((start, end) for start, end in zip(starts, ends, strict=True) if start < 0xFFFF)


def _groups(data: mmap.mmap, at: int) -> Iterator[tuple[int, int]]:
    (count,) = struct.unpack_from(">I", data, at + 12)
    for each in range(count):
        start, end, _ = struct.unpack_from(">III", data, at + 16 + 12 * each)
        yield start, end
