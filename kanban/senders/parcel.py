"""What every sender gets and how it answers: one delivery, taken, refused, or failed for now."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy.orm import Session

from kanban.config import Settings
from kanban.languages import Sentence
from kanban.outbox import Claim

LONGEST_TRY = 15
"""Seconds that the other side may be silent."""


class Refused(Exception):
    """The other side will never take it as it is, or we cannot make it: a person has to look.

    ``why`` is a sentence, spoken in the language of whoever reads it, or the other side's own words.
    """

    def __init__(self, why: Sentence | str) -> None:
        super().__init__(why)
        self.why = why


class Failed(Exception):
    """Not this time. ``unsure`` says that it may have arrived all the same."""

    def __init__(self, why: Sentence | str, *, unsure: bool = False) -> None:
        super().__init__(why)
        self.why, self.unsure = why, unsure


class Sender(Protocol):
    """One channel: a module of :mod:`kanban.senders`."""

    def ready(self, settings: Settings) -> bool:
        """Whether the settings allow this channel at all."""

    def make(self, session: Session, claim: Claim, settings: Settings) -> bytes:
        """What will leave, made once and then kept. Raises :class:`Refused` where it cannot be made."""

    def send(self, claim: Claim, payload: bytes, settings: Settings) -> str:
        """Hand it over and return the other side's answer. Raises :class:`Refused` or :class:`Failed`."""
