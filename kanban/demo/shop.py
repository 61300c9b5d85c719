"""The demonstration shop while its history is made: its clock, its agenda, its people and its shelves."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from kanban import clock
from kanban.db import Base
from kanban.demo.catalogue import Entered, Firm, LoopRow
from kanban.journal import By, Deed
from kanban.loops import Card

OPENS, CLOSES = 6.5, 17.5
"""Shop hours, in hours of the local day."""

BUSY = (7.0, 16.75)
"""Between these hours bins are emptied and scanned."""

BUYER, ADMIN = "tomasz", "maeve"

Act = Callable[[datetime], None]


@dataclass
class Shelf:
    """The bins of one loop: which cards stand before full bins, and what is left in the first of them.

    The units here are a model of what nobody counts; none of them reaches the database.
    """

    row: LoopRow
    area: str
    evenness: float
    full: list[int] = field(default_factory=list)
    left: float = 0.0

    def use(self, units: float) -> Iterator[int]:
        """Take units out; yields the card of each bin that this empties. What is not there is not taken."""
        while self.full and units >= self.left:
            units -= self.left
            yield self.full.pop(0)
            self.left = float(self.row.card_quantity) if self.full else 0.0
        self.left -= units if self.full else 0.0

    def fill(self, card_id: int) -> None:
        """A full bin comes back, behind the others."""
        if card_id in self.full:
            return
        if not self.full:
            self.left = float(self.row.card_quantity)
        self.full.append(card_id)

    def take_away(self, card_id: int) -> None:
        """A full bin leaves the shelf without having been emptied."""
        if self.full and self.full[0] == card_id:
            self.left = float(self.row.card_quantity)
        self.full.remove(card_id)


@dataclass
class Shop:
    """Everything that an event of the history needs. Times are UTC, days are local.

    ``kept`` holds rows that are needed all the time, for the session itself forgets what nobody holds.
    """

    session: Session
    firm: Firm
    entered: Entered
    zone: ZoneInfo
    rng: random.Random
    last_day: date
    shelves: list[Shelf] = field(default_factory=list)
    shelf_of: dict[int, Shelf] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)
    kept: list[Base] = field(default_factory=list)
    _agenda: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    def plan(self, moment: datetime, act: Act) -> None:
        """Let ``act`` happen at ``moment``; what is planned for the same moment keeps its order."""
        heapq.heappush(self._agenda, (moment, next(self._order), act))

    def run(self, until: datetime) -> None:
        """Let everything happen that is planned up to ``until``, in order of time."""
        while self._agenda and self._agenda[0][0] <= until:
            moment, _, act = heapq.heappop(self._agenda)
            act(moment)
            self.session.flush()  # the scan reads by plain SQL, which does not flush by itself

    def put_up(self, shelf: Shelf, cards: list[Card], *, full: bool) -> None:
        """Cards that belong to a shelf; ``full`` where their bins stand there already."""
        for card in cards:
            self.codes[card.id], self.shelf_of[card.id] = card.code, shelf
            if full:
                shelf.fill(card.id)

    def fill(self, card_id: int) -> None:
        """The bin of a card is full again."""
        self.shelf_of[card_id].fill(card_id)

    def works(self, day: date) -> bool:
        """Whether the shop works on this day."""
        return clock.is_working_day(day, self.firm.country)

    def day_after(self, day: date, working_days: int) -> date:
        """The shop's working day so many working days later; zero gives ``day`` or the next one."""
        return clock.add_working_days(day, working_days, self.firm.country)

    def local_day(self, moment: datetime) -> date:
        """The shop's day at a moment."""
        return moment.astimezone(self.zone).date()

    def moment(self, day: date, hours: tuple[float, float] = BUSY) -> datetime:
        """Some moment of a day between two hours of it."""
        return at_hour(day, self.rng.uniform(*hours), self.zone)

    def soon(self, moment: datetime, hours: tuple[float, float]) -> datetime:
        """Some hours later; what would fall outside shop hours happens next morning."""
        later = moment + timedelta(milliseconds=round(self.rng.uniform(*hours) * 3_600_000))
        day = self.local_day(later)
        if self.works(day) and later <= at_hour(day, CLOSES, self.zone):
            return max(later, self.moment(day, (OPENS, OPENS + 0.5)))
        return self.moment(self.day_after(day + clock.ONE_DAY, 0), (OPENS, OPENS + 2.0))

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.rng.random() < share

    def person(self, login: str, via: str = "web") -> By:
        """Somebody at a desk, or with ``via="scan"`` at a shelf."""
        return By(via, person_id=self.entered.people[login])

    def scanner(self, area: str) -> By:
        """Who scans in an area: mostly its own device or its owner."""
        for each in self.firm.about["areas"]:
            if each["name"] == area and each["device"] and self.chance(0.5):
                return By("scan", device_id=self.entered.devices[each["device"]])
        colleague = self.rng.choice(("priya", "liam"))
        return self.person(self.owner(area) if self.chance(0.8) else colleague, "scan")

    def owner(self, area: str) -> str:
        """The login of the person whose area this is."""
        owners = {each["name"]: each["owner"] for each in self.firm.about["areas"]}
        return next(str(each["login"]) for each in self.firm.about["people"] if each["name"] == owners[area])

    def buyer(self) -> By:
        """The buyer at the desk; now and then the manager does it."""
        return self.person(ADMIN if self.chance(0.12) else BUYER)


def at_hour(day: date, hour: float, zone: ZoneInfo) -> datetime:
    """The UTC moment of a local day at an hour such as 7.5, to the millisecond."""
    midnight = datetime.combine(day, time(), zone)
    return (midnight + timedelta(milliseconds=round(hour * 3_600_000))).astimezone(UTC)


def deed(moment: datetime, by: By, occurred_at: datetime | None = None) -> Deed:
    """What somebody does at a moment."""
    return Deed(moment, by, occurred_at=occurred_at)
