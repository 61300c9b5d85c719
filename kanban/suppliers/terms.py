"""The days and hours at which a supplier takes orders, and when goods come: its own calendar and clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from kanban import clock

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_ENDS = time(16, 0)
"""The cut-off of a supplier who has named none."""
LONGEST_SEARCH = 370  # days


@dataclass(frozen=True, slots=True)
class Terms:
    """When a supplier takes orders and delivers.

    ``lead_time`` in working days; ``order_days`` weekdays such as ``mon,thu``, empty for all of them;
    ``order_until`` a time of day such as ``15:00``, empty for midnight; ``country`` and ``region`` for its
    holidays; ``time_zone`` its own, such as ``Europe/Lisbon``, empty for the shop's.
    """

    lead_time: int
    order_days: str
    order_until: str
    country: str
    region: str = ""
    time_zone: str = ""

    def next_order_day(self, at: datetime, zone: ZoneInfo) -> date:
        """The day on which an order made now goes out: today, or the next order day."""
        return _order_day(self, self._first_day(at, zone))

    def expected_day(self, at: datetime, zone: ZoneInfo) -> date:
        """When goods signalled now should be here: order day plus lead time in working days."""
        return _expected_day(self, self._first_day(at, zone))

    def is_order_day(self, day: date) -> bool:
        """Whether the supplier takes orders on this day."""
        wanted = self.order_days.split(",") if self.order_days else WEEKDAYS
        return WEEKDAYS[day.weekday()] in wanted and clock.is_working_day(day, self.country, self.region)

    def cut_off(self, day: date, zone: ZoneInfo) -> datetime:
        """The last moment (UTC) at which an order still counts for ``day``, by the supplier's own clock.

        An hour that a change of the clock skips or repeats is read as before the change.
        """
        hour = time.fromisoformat(self.order_until) if self.order_until else DAY_ENDS
        return datetime.combine(day, hour, self.own_zone(zone)).astimezone(UTC)

    def cut_off_after(self, at: datetime, zone: ZoneInfo, before: timedelta = timedelta(0)) -> datetime:
        """The first cut-off that lies more than ``before`` after ``at``."""
        day = at.astimezone(self.own_zone(zone)).date()
        for _ in range(LONGEST_SEARCH):
            if self.is_order_day(day) and self.cut_off(day, zone) - before > at:
                break
            day += clock.ONE_DAY
        return self.cut_off(day, zone)

    def cut_off_before(self, at: datetime, zone: ZoneInfo, before: timedelta = timedelta(0)) -> datetime:
        """The last cut-off from which ``at`` is less than ``before`` away, or that has passed."""
        day = at.astimezone(self.own_zone(zone)).date() + clock.ONE_DAY
        for _ in range(LONGEST_SEARCH):
            if self.is_order_day(day) and self.cut_off(day, zone) - before <= at:
                break
            day -= clock.ONE_DAY
        return self.cut_off(day, zone)

    def last_order_day_for(self, day: date) -> date:
        """The last order day whose goods are still here on ``day``."""
        ordered = clock.take_working_days(day, self.lead_time, self.country, self.region)
        for _ in range(LONGEST_SEARCH):
            if self.is_order_day(ordered):
                break
            ordered -= clock.ONE_DAY
        return ordered

    def own_zone(self, zone: ZoneInfo) -> ZoneInfo:
        """The supplier's time zone; the shop's where it has none of its own."""
        return ZoneInfo(self.time_zone) if self.time_zone else zone

    def _first_day(self, at: datetime, zone: ZoneInfo) -> date:
        """Today at the supplier's, or tomorrow when its day is over."""
        local = at.astimezone(self.own_zone(zone))
        over = self.order_until and local.time() > time.fromisoformat(self.order_until)
        return local.date() + clock.ONE_DAY if over else local.date()


@lru_cache(maxsize=1024)  # every scan of a day asks the same of its supplier
def _order_day(terms: Terms, first: date) -> date:
    day = clock.next_working_day(first, terms.country, terms.region)
    for _ in range(60):  # two months of one weekday falling on holidays: take the day as it is
        if terms.is_order_day(day):
            break
        day = clock.next_working_day(day + clock.ONE_DAY, terms.country, terms.region)
    return day


@lru_cache(maxsize=1024)
def _expected_day(terms: Terms, first: date) -> date:
    return clock.add_working_days(_order_day(terms, first), terms.lead_time, terms.country, terms.region)
