"""The days on which a supplier takes orders and delivers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from kanban import clock

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Terms:
    """When a supplier takes orders and delivers.

    ``lead_time`` in working days; ``order_days`` weekdays such as ``mon,thu``, empty for all of them;
    ``order_until`` a time of day such as ``15:00``, empty for midnight; ``country`` for its holidays.
    """

    lead_time: int
    order_days: str
    order_until: str
    country: str

    def next_order_day(self, at: datetime, zone: ZoneInfo) -> date:
        """The day on which an order made now goes out: today, or the next order day."""
        return _order_day(self, self._first_day(at, zone))

    def expected_day(self, at: datetime, zone: ZoneInfo) -> date:
        """When goods signalled now should be here: order day plus lead time in working days."""
        return _expected_day(self, self._first_day(at, zone))

    def _first_day(self, at: datetime, zone: ZoneInfo) -> date:
        """Today in the shop, or tomorrow when the supplier's day is over."""
        local = at.astimezone(zone)
        over = self.order_until and local.time() > time.fromisoformat(self.order_until)
        return local.date() + clock.ONE_DAY if over else local.date()


@lru_cache(maxsize=1024)  # every scan of a day asks the same of its supplier
def _order_day(terms: Terms, first: date) -> date:
    day = clock.next_working_day(first, terms.country)
    wanted = terms.order_days.split(",") if terms.order_days else WEEKDAYS
    for _ in range(60):  # two months of one weekday falling on holidays: take the day as it is
        if WEEKDAYS[day.weekday()] in wanted:
            break
        day = clock.next_working_day(day + clock.ONE_DAY, terms.country)
    return day


@lru_cache(maxsize=1024)
def _expected_day(terms: Terms, first: date) -> date:
    return clock.add_working_days(_order_day(terms, first), terms.lead_time, terms.country)
