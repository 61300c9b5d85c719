"""The words for each kind of event. They tell no amounts of money: everybody may read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kanban.languages import gettext as _
from kanban.reports.words import catalogue, goods, loops, orders, people, scans
from kanban.reports.words.people import ROLE_WORDS
from kanban.reports.words.told import Told, Words

__all__ = ["ROLE_WORDS", "WORDS", "tell_kind"]

WORDS: Words = {
    **scans.WORDS,
    **orders.WORDS,
    **goods.WORDS,
    **loops.WORDS,
    **catalogue.WORDS,
    **people.WORDS,
}


def tell_kind(
    kind: str, noun: str, facts: Mapping[str, Any], *, supplier: str = "", order: str = "", unit: str = ""
) -> str:
    """What an event of this kind says, without its subject; a kind without words of its own is named."""
    words = WORDS.get((kind, noun), f"{noun} {kind}".replace("_", " "))
    return _(words) if isinstance(words, str) else words(Told(facts, supplier, order, unit))
