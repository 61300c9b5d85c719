"""Half a year in the demonstration shop, day by day up to a given moment.

The history is an agenda in order of time: each working day puts its scans, releases and small accidents on
it, and what happens plans what follows from it. One random generator with a fixed seed draws everything.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kanban import clock, loops
from kanban.demo import catalogue, incidents, last_hour, shelves, supply
from kanban.demo.catalogue import DEMO, Firm
from kanban.demo.shop import CLOSES, OPENS, Shelf, Shop, at_hour, deed
from kanban.journal import Event
from kanban.loops import Card
from kanban.people import Device

SEED = 1953  # the year of Toyota's first kanban
LENGTH = timedelta(days=194)
"""From the first day to the last; a little over half a year, so that holidays do not cut it short."""

LEAST_MORNING = timedelta(hours=2)
"""A day that is younger than this has not happened yet."""

FIRST_DAY_STARTS = 7.5


def live(session: Session, firm: Firm, at: datetime, zone: ZoneInfo, *, length: timedelta = LENGTH) -> None:
    """Enter the firm and live its history, ``length`` long, up to the last working moment before ``at``."""
    end = _last_working_moment(at, firm.country, zone)
    last_day = end.astimezone(zone).date()
    days = _working_days(at.astimezone(zone).date() - length, last_day, firm.country)
    start = at_hour(days[0], FIRST_DAY_STARTS, zone)
    rng = random.Random(SEED)  # noqa: S311 - a model of a shop, not a secret
    shop = Shop(session, firm, catalogue.enter(session, firm, start), zone, rng, last_day)
    shop.kept += catalogue.offers(session)
    _open(shop, start + timedelta(minutes=120))
    incidents.plan_once(shop, days)
    for day in days[1:]:
        _live_day(shop, day, end)
    last_hour.live(shop, end)
    _see_devices(session)


def _see_devices(session: Session) -> None:
    """A phone was here when it last did something."""
    last = select(func.max(Event.recorded_at)).where(Event.device_id == Device.id).scalar_subquery()
    session.execute(update(Device).values(seen_at=func.coalesce(last, Device.paired_at)))


def _open(shop: Shop, now: datetime) -> None:
    """Enter the loops, print all cards, and stand their bins full on the shelves."""
    for row in shop.firm.loops:
        if row.introduced:
            moment = shop.moment(_days_before(shop, row.introduced), (9.0, 12.0))
            shop.plan(moment, partial(incidents.introduce, shop, row))
            continue
        cards = catalogue.enter_loop(shop.session, deed(now, DEMO), shop.firm, shop.entered, row, "active")
        shelf = Shelf(row, str(shop.firm.area_of_rack[row.place[:2]]["name"]), shop.rng.uniform(0.6, 3.0))
        shop.shelves.append(shelf)
        shop.put_up(shelf, cards, full=True)
        shelf.left *= shop.rng.uniform(0.1, 1.0)
    printed = deed(now + timedelta(minutes=45), shop.buyer())
    loops.note_printed(shop.session, printed, [shop.session.get_one(Card, each) for each in shop.codes])


def _live_day(shop: Shop, day: date, end: datetime) -> None:
    for shelf in shop.shelves:
        shelves.use_of_the_day(shop, shelf, day)
    incidents.plan_day(shop, day)
    supply.plan_releases(shop, day)
    until = at_hour(day, 24.0, shop.zone)
    shop.run(min(until, end - last_hour.LENGTH))


def _last_working_moment(at: datetime, country: str, zone: ZoneInfo) -> datetime:
    """``at`` itself in shop hours, else the closing time before it."""
    day = at.astimezone(zone).date()
    while not (clock.is_working_day(day, country) and at >= at_hour(day, OPENS, zone) + LEAST_MORNING):
        day -= clock.ONE_DAY
    return min(at, at_hour(day, CLOSES, zone))


def _working_days(first: date, last: date, country: str) -> list[date]:
    span = (first + clock.ONE_DAY * number for number in range((last - first).days + 1))
    return [day for day in span if clock.is_working_day(day, country)]


def _days_before(shop: Shop, working_days: int) -> date:
    """The working day that lies so many before the last one."""
    day = shop.last_day
    while working_days:
        day -= clock.ONE_DAY
        working_days -= shop.works(day)
    return day
