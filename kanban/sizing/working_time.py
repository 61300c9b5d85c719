"""Working time: every gap, rate and lead time is measured in days on which the site works.

A moment becomes a number, its place on the site's own clock that stands still at night, on Sundays, on
holidays and in closed weeks. Differences of places are working days.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Shift = tuple[time, time]
"""From and until, in the site's local time; one that ends at 00:00 ends at midnight."""

DAY = timedelta(days=1)
MINUTES_A_DAY = 24 * 60


@dataclass
class WorkingTime:
    """A site's clock. ``week`` gives the shifts of each weekday from Monday on, ``is_closed`` the days
    off, ``weigh`` what a day counts for (a season's factor; 1 without)."""

    zone: ZoneInfo
    week: Sequence[Sequence[Shift]]
    is_closed: Callable[[date], bool]
    weigh: Callable[[date], float] = lambda _day: 1.0
    _starts: list[date] = field(default_factory=list)
    _places: list[float] = field(default_factory=list)
    _shifts: list[tuple[list[tuple[float, float]], float]] = field(init=False)

    def __post_init__(self) -> None:
        days = [
            [(_minutes(start), _minutes(end) or MINUTES_A_DAY) for start, end in shifts]
            for shifts in self.week
        ]
        self._shifts = [(shifts, sum(end - start for start, end in shifts)) for shifts in days]

    def place(self, moment: datetime) -> float:
        """Working days from an anchor of this clock's own to ``moment``; only differences mean anything."""
        local = moment.astimezone(self.zone)
        day = local.date()
        return self._place_of(day) + self._share(day, local.time()) * self.worth(day)

    def between(self, since: datetime, until: datetime) -> float:
        """Working days from ``since`` to ``until``; never less than none."""
        return max(0.0, self.place(until) - self.place(since))

    def works_on(self, day: date) -> bool:
        """Whether the site works on this day."""
        return bool(self.week[day.weekday()]) and not self.is_closed(day)

    def worth(self, day: date) -> float:
        """What the day counts for: nothing where the site is closed."""
        return self.weigh(day) if self.works_on(day) else 0.0

    def _share(self, day: date, at: time) -> float:
        """The share of the day's working hours that is over at ``at``."""
        shifts, whole = self._shifts[day.weekday()]
        now = _minutes(at)
        done = sum(min(max(now - start, 0), end - start) for start, end in shifts)
        return done / whole if whole else 0.0

    def _place_of(self, day: date) -> float:
        """The place of the day's first moment; the table of days grows to where it is asked."""
        if not self._starts:
            self._starts, self._places = [day], [0.0]
        while self._starts[-1] < day:
            self._places.append(self._places[-1] + self.worth(self._starts[-1]))
            self._starts.append(self._starts[-1] + DAY)
        while self._starts[0] > day:
            before = self._starts[0] - DAY
            self._places.insert(0, self._places[0] - self.worth(before))
            self._starts.insert(0, before)
        return self._places[bisect_right(self._starts, day) - 1]


def seasonal(factors: Mapping[int, float]) -> Callable[[date], float]:
    """What a day counts for by its month, 1 to 12; a month without factor counts 1."""
    return lambda day: factors.get(day.month, 1.0)


def _minutes(at: time) -> float:
    return at.hour * 60 + at.minute + at.second / 60 + at.microsecond / 60_000_000
