"""How late a scan came: when its gesture was, and what happened to the bin since."""

from __future__ import annotations

from datetime import datetime, timedelta

from kanban import journal
from kanban.scans.look import Situation

LARGEST_AGE = timedelta(days=30)
CLOCK_DOUBT = timedelta(minutes=1)


def gesture_time(at: datetime, age_milliseconds: int) -> datetime:
    """When the code was read, by the server's clock: ``age_milliseconds`` ago, at most 30 days."""
    age = timedelta(milliseconds=max(0, min(age_milliseconds, 10**12)))
    return at - min(age, LARGEST_AGE)


def is_stale(deed: journal.Deed, card: Situation) -> bool:
    """Whether the bin was filled after the gesture: the scan came late and speaks of an older emptiness."""
    return is_before(deed, card.last_filled_at)


def is_before(deed: journal.Deed, moment: datetime | None) -> bool:
    """Whether the gesture is older than ``moment``, as far as the phone told."""
    if moment is None or deed.occurred_at is None:
        return False
    if deed.at < moment:  # our own clock was set back since: only a gesture that is old anyway is late
        return deed.at - deed.occurred_at > CLOCK_DOUBT
    return deed.occurred_at < moment


def is_soon(deed: journal.Deed, card: Situation) -> bool:
    """Whether the card was signalled less than its loop's minimum cycle before the gesture."""
    last = card.last_signalled_at
    if last is None:
        return False
    return timedelta(0) <= (deed.occurred_at or deed.at) - last < card.minimum_cycle
