"""How wide a text is set on one line, so that a design need not measure it: that would set it twice.

The widths of single letters come from typst, once. Their sum is a little more than the width of the text,
whose letters are moved together in pairs; what is moved apart, `SLACK` covers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from kanban.labels.setting import query

_LATIN = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))))
LETTERS = _LATIN.translate(dict.fromkeys(map(ord, "³îï"))) + "–—…›→€"
"""What most texts are made of, but for letters that are moved far apart; a text with others is measured."""
SLACK = 1.01
"""How much wider than the sum of its letters a text may be."""

Widths = Mapping[str, Mapping[str, float]]


@lru_cache(maxsize=2)
def letters(assets: Path) -> Widths:
    """By weight and letter: its width in em, with the slack."""
    said = query(assets / "press" / "widths.typ", "<widths>", assets, {"letters": LETTERS})
    found: dict[str, dict[str, float]] = json.loads(said)
    return {weight: {letter: wide * SLACK for letter, wide in each.items()} for weight, each in found.items()}


def texts(values: Iterable[str], known: Widths) -> Widths:
    """By weight and text: at least its width on one line, in em. A text with unknown letters is left out."""
    wanted = set(values)
    return {weight: dict(_measured(wanted, each)) for weight, each in known.items()}


def _measured(values: Iterable[str], each: Mapping[str, float]) -> Iterable[tuple[str, float]]:
    for value in values:
        try:
            yield value, round(sum(map(each.__getitem__, value)), 3)
        except KeyError:
            continue
