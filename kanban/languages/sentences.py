"""Something said later: kept as its sentence and its facts, spoken in the language of whoever reads it."""

from __future__ import annotations

import json
from typing import Any

from kanban.languages.speech import gettext

LONGEST_FACT = 300
LONGEST_TEXT = 1_000


class Sentence:
    """A sentence of the catalogues with its facts, which may be sentences themselves."""

    __slots__ = ("_facts", "_message")

    def __init__(self, message: str, facts: dict[str, Any]) -> None:
        self._message, self._facts = message, facts

    def __str__(self) -> str:
        said = {name: each if isinstance(each, int) else str(each) for name, each in self._facts.items()}
        return gettext(self._message, **said)

    def plain(self) -> dict[str, Any]:
        """What is kept of it."""
        return {"say": self._message, "facts": {name: _plain(each) for name, each in self._facts.items()}}


def sentence(message: str, /, **facts: object) -> Sentence:
    """A sentence for the catalogues that is spoken when it is read."""
    return Sentence(message, facts)


def kept(said: Sentence | str) -> str:
    """A sentence, or somebody else's words, as one text for the database."""
    return json.dumps(said.plain(), ensure_ascii=False) if isinstance(said, Sentence) else said[:LONGEST_TEXT]


def reread(text: str) -> str:
    """What :func:`kept` kept, in the language spoken now; any other text as it is."""
    if not text.startswith('{"say"'):
        return text
    try:
        return str(_read(json.loads(text)))
    except (ValueError, KeyError, TypeError, AttributeError):  # somebody else's words that look like ours
        return text


def _plain(fact: object) -> object:
    if isinstance(fact, Sentence):
        return fact.plain()
    return fact if isinstance(fact, int) else str(fact)[:LONGEST_FACT]


def _read(told: Any) -> Any:
    if not isinstance(told, dict):
        return told
    return Sentence(told["say"], {name: _read(fact) for name, fact in told["facts"].items()})
