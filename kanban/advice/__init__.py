"""Advice on the number of cards: what the engine of :mod:`kanban.sizing` says of a loop's own history.

:func:`review_all` sizes what has changed; a person accepts, refuses or puts off. Nothing changes silently.
"""

from kanban.advice.due import MOST_AT_ONCE, follow, own_deed, review_due
from kanban.advice.facts import BadSeason, SizingFacts, describe, facts_of
from kanban.advice.histories import History, Turn, collect
from kanban.advice.review import Calendars, Reviewed, figures_of, outs_of, review
from kanban.advice.settle import (
    NothingAdvised,
    accept,
    latest,
    past_advice,
    refuse,
    review_all,
    snooze,
)
from kanban.advice.tables import DECISIONS, SCAN_RULES, SURENESS, WHEN_OUT, Advice, LoopSizing

__all__ = [
    "DECISIONS",
    "MOST_AT_ONCE",
    "SCAN_RULES",
    "SURENESS",
    "WHEN_OUT",
    "Advice",
    "BadSeason",
    "Calendars",
    "History",
    "LoopSizing",
    "NothingAdvised",
    "Reviewed",
    "SizingFacts",
    "Turn",
    "accept",
    "collect",
    "describe",
    "facts_of",
    "figures_of",
    "follow",
    "latest",
    "outs_of",
    "own_deed",
    "past_advice",
    "refuse",
    "review",
    "review_all",
    "review_due",
    "snooze",
]
