"""Real orders replayed through the product: fill, time in stock, stock and money against other ways to size.

    .venv/bin/python tests/bench/replay.py [--series 6] [--consequence 2]

The data are the order lines of the largest vendors of a public supply chain (``tests/data``): the days on
which lines were ordered stand for withdrawals (the lines of one day for one issue), the days until each was
delivered for the lead times, in the order in which they happened. A bin holds a third of the use of a median
lead time; every bin is full on the first day; need waits; the guess of the use is wrong by the factor shown.

*Product* sees scans alone: each empty bin is scanned, its order sent and received by the product's own verbs
on a SQLite shop whose clock moves with the data, and its advice is taken as it comes, every 20 working days.
*Textbook* is D L (1 + 0.2) / C on the guess and the quoted lead time, for ever. *Normal* sees every
withdrawal and every delivery so far: r = d L + z sqrt(L sd² + d² sdL²), as often as the product is asked;
once more at 99.9 %, to compare at like stock.
*Textbook, told* is the textbook with the true mean use and lead time.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import ceil
from pathlib import Path
from statistics import fmean, median, stdev

import ground

sys.path.append(str(Path(__file__).parents[1]))

from shop import BERLIN, Shop, stock
from sqlalchemy.orm import Session

from kanban import advice, items, loops, people, schema, suppliers
from kanban.db import Database
from kanban.loops import Loop
from kanban.sizing import cards as textbook
from kanban.sizing import reorder
from kanban.sizing.classes import TARGETS
from kanban.sizing.distributions import STANDARD_NORMAL

ORDERS = Path(__file__).parents[1] / "data" / "supplier_lead_times.csv"
REVIEW = 28  # days: twenty working days
WORKING = 5 / 7
GUESSES = (0.5, 1.0, 2.0)
PRICE = Decimal(10)
FEWEST_LINES = 50


@dataclass
class Series:
    """What really happened: pieces withdrawn by day, and days until goods ordered on a day had come."""

    name: str
    issues: dict[date, int]
    deliveries: list[tuple[date, int]]
    guess: float

    @property
    def days(self) -> list[date]:
        first, last = min(self.issues), max(self.issues)
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    @property
    def per_day(self) -> float:
        return sum(self.issues.values()) / len(self.days)

    @property
    def lead_times(self) -> list[int]:
        return [days for _sent, days in self.deliveries]

    @property
    def quote(self) -> int:
        """What the supplier says: the median of the first twenty, in days."""
        return int(median(self.lead_times[:20]))

    @property
    def quantity(self) -> int:
        return max(1, round(self.per_day * median(self.lead_times) / 3))

    def arrives(self, day: date) -> date:
        """When goods ordered on a day come: as the next line that was really ordered did."""
        days = next((days for sent, days in self.deliveries if sent >= day), self.deliveries[-1][1])
        return day + timedelta(days=max(days, 1))


@dataclass
class Shelf:
    """The bins of one loop: which are full, what the one in use holds, what is on its way and what waits.

    ``emptied`` is told the name of a bin; it is refilled on the day that it returns, or leaves (none).
    """

    quantity: int
    full: list[str]
    emptied: Callable[[str, date], date | None]
    returned: Callable[[str], None] = lambda _name: None
    open: str | None = None
    left: int = 0
    away: list[tuple[date, str]] = field(default_factory=list)
    waiting: int = 0
    asked: int = 0
    served: int = 0
    levels: list[int] = field(default_factory=list)

    def order(self, name: str, day: date) -> None:
        back = self.emptied(name, day)
        if back is not None:
            self.away.append((back, name))

    def pass_to(self, day: date) -> None:
        for back, name in sorted(each for each in self.away if each[0] <= day):
            self.away.remove((back, name))
            self.returned(name)
            self.full.append(name)
        self.waiting -= self._take(self.waiting, day)

    def withdraw(self, pieces: int, day: date) -> None:
        self.asked += pieces
        taken = self._take(pieces, day)
        self.served += taken
        self.waiting += pieces - taken

    def note(self) -> None:
        self.levels.append(self.left + self.quantity * len(self.full))

    def _take(self, pieces: int, day: date) -> int:
        taken = 0
        while taken < pieces:
            if self.open is None:
                if not self.full:
                    break
                self.open, self.left = self.full.pop(0), self.quantity
            now = min(pieces - taken, self.left)
            taken, self.left = taken + now, self.left - now
            if self.left == 0:
                name, self.open = self.open, None
                self.order(name, day)
        return taken


@dataclass
class Outcome:
    """Shares of pieces served and of days in stock, pieces on hand on average, cards at first and at last."""

    fill: float
    in_stock: float
    stock: float
    first: int
    last: int


def outcome(shelf: Shelf, first: int, last: int) -> Outcome:
    """What came of it."""
    there = sum(level > 0 for level in shelf.levels) / len(shelf.levels)
    return Outcome(shelf.served / shelf.asked, there, fmean(shelf.levels), first, last)


class Product:
    """A shop of one loop, driven by its own verbs."""

    def __init__(self, database: Database, series: Series, consequence: int) -> None:
        self.series = series
        self.shop = Shop(database, at=_morning(series.days[0]))
        self.lines: dict[str, int] = {}
        self.shop.write(lambda session: self._found(session, consequence))
        self.review(series.days[0])

    def _found(self, session: Session, consequence: int) -> None:
        deed, series = self.shop.deed(who="nobody"), self.series
        owner = people.add(session, deed, login="owner", name="Owner", role="admin", password_hash="none")
        self.shop.ids["owner"] = owner.id
        place = items.add_location(session, deed, "Works")
        vendor = suppliers.add(
            session,
            deed,
            suppliers.SupplierFacts(series.name[:60], lead_time=round(series.quote * WORKING)),
        )
        offer = suppliers.OfferFacts(prices=((Decimal(1), PRICE),))
        stock(session, deed, place, vendor, "PART", offer, series.quantity, 1)
        loop = session.get_one(Loop, 1)
        items.set_consequence(session, deed, loop.item, consequence)
        told = advice.SizingFacts(use_per_day=Decimal(str(round(series.guess / WORKING, 3))))
        advice.describe(session, deed, loop, told)

    def cards(self) -> list[str]:
        """The codes of the cards that circulate."""
        with self.shop.database.read() as session:
            loop = session.get_one(Loop, 1)
            return [card.code for card in loops.cards_in_service(session, loop) if card.life != "surplus"]

    def review(self, day: date) -> list[str]:
        """Size, and take the advice; returns new cards, in service and not yet full."""
        self.shop.at = _morning(day)
        deed = self.shop.deed()

        def verb(session: Session) -> list[str]:
            advice.review_all(session, deed, BERLIN)
            loop = session.get_one(Loop, 1)
            found = advice.latest(session, 1)
            if found is None or found.decision == "keep" or found.state != "open":
                return []
            changed = advice.accept(session, deed, loop)
            return [card.code for card in changed if card.life == "new"]

        fresh = self.shop.write(verb)
        for code in fresh:
            self.shop.scan(code)
        return fresh

    def emptied(self, code: str, day: date) -> date | None:
        """Scan an empty bin and send its order; a surplus card leaves instead."""
        self.shop.later(minutes=1)
        answer = self.shop.scan(code, sure=True)
        if answer.order_id is None:
            return None
        self.shop.release(answer.order_id)
        self.lines[code] = self.shop.line(answer.order_id).id
        return self.series.arrives(day)

    def returned(self, code: str) -> None:
        self.shop.receive(self.lines.pop(code), self.series.quantity)


def by_product(series: Series, consequence: int) -> Outcome:
    """Play a series through the product."""
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as place:
        url = f"sqlite:///{place}/replay.db"
        schema.upgrade(url)
        database = Database(url, Path(place))
        product = Product(database, series, consequence)
        first = product.cards()
        shelf = Shelf(series.quantity, list(first), product.emptied, product.returned)
        for n, day in enumerate(series.days):
            product.shop.at = _morning(day)
            shelf.pass_to(day)
            shelf.withdraw(series.issues.get(day, 0), day)
            if n and n % REVIEW == 0:
                for code in product.review(day):
                    shelf.order(code, day)
            shelf.note()
        played = outcome(shelf, len(first), len(product.cards()))
        database.close()
    return played


def by_formula(series: Series, cards: Callable[[int], int]) -> Outcome:
    """Play a series with a number of cards that a formula gives at each review, by the days that are over."""
    wanted = cards(0)
    names = iter(range(10**6))
    shelf: Shelf

    def emptied(_name: str, day: date) -> date | None:
        circulating = len(shelf.full) + len(shelf.away) + (shelf.open is not None) + 1
        return series.arrives(day) if circulating <= wanted else None

    shelf = Shelf(series.quantity, [str(next(names)) for _ in range(wanted)], emptied)
    first = wanted
    for n, day in enumerate(series.days):
        shelf.pass_to(day)
        shelf.withdraw(series.issues.get(day, 0), day)
        if n and n % REVIEW == 0:
            wanted = cards(n)
            there = len(shelf.full) + len(shelf.away) + (shelf.open is not None)
            for _ in range(wanted - there):
                shelf.order(str(next(names)), day)
        shelf.note()
    return outcome(shelf, first, wanted)


def textbook_cards(series: Series, use: float, lead_time: float) -> int:
    return max(1, textbook.rounded(textbook.toyota(use, lead_time, series.quantity, 0.2)))


def normal_cards(series: Series, service: float) -> Callable[[int], int]:
    """By every withdrawal and every delivery so far; by guess and quote before there are any."""
    z = STANDARD_NORMAL.inv_cdf(service)

    def cards(n: int) -> int:
        past = [series.issues.get(day, 0) for day in series.days[:n]]
        today = series.days[n]
        came = [days for sent, days in series.deliveries if sent + timedelta(days=days) <= today]
        seen = n >= REVIEW and len(came) > 1 and sum(past) > 1
        use, spread = (fmean(past), stdev(past)) if seen else (series.guess, series.guess**0.5)
        lead, varies = (fmean(came), stdev(came)) if seen else (series.quote, 0.0)
        point = reorder.reorder_point(use, spread, lead, z, varies).point
        return max(2, 1 + ceil(point / series.quantity - 1e-9))

    return cards


def read() -> list[Series]:
    """The series of every vendor with enough lines, the largest first."""
    lines: dict[str, list[tuple[date, int]]] = defaultdict(list)
    with ORDERS.open(newline="", encoding="utf-8") as sheet:
        for row in csv.DictReader(sheet):
            lines[row["vendor"]].append((date.fromisoformat(row["sent"]), int(float(row["ltd"]))))
    found = []
    for name, ordered in sorted(lines.items(), key=lambda each: (-len(each[1]), each[0])):
        if len(ordered) >= FEWEST_LINES:
            issues = Counter(sent for sent, _days in ordered)
            series = Series(name, issues, sorted(ordered), 0.0)
            series.guess = series.per_day * GUESSES[len(found) % len(GUESSES)]
            found.append(series)
    return found


def _morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 8, 0, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=6)
    parser.add_argument("--consequence", type=int, default=2, choices=TARGETS)
    chosen = parser.parse_args()
    service = TARGETS[chosen.consequence]
    print(ground.machine())
    print(
        f"target {service:.1%}; fill, days in stock, stock in days of use, money, cards at first > at last\n"
    )
    totals: dict[str, list[tuple[Outcome, Series]]] = defaultdict(list)
    for series in read()[: chosen.series]:
        outcomes = {
            "product": by_product(series, chosen.consequence),
            "normal": by_formula(series, normal_cards(series, service)),
            "normal, 99.9 %": by_formula(series, normal_cards(series, 0.999)),
            "textbook": by_formula(series, _fixed(textbook_cards(series, series.guess, series.quote))),
            "textbook, told": by_formula(
                series, _fixed(textbook_cards(series, series.per_day, fmean(series.lead_times)))
            ),
        }
        pieces = sum(series.issues.values())
        print(
            f"{series.name[:44]}: {pieces} pieces in {len(series.days)} days, {series.quantity} a card, "
            f"guess x {series.guess / series.per_day:.1f}"
        )
        ground.table(HEAD, [_row(name, each, series) for name, each in outcomes.items()])
        for name, each in outcomes.items():
            totals[name].append((each, series))
    print(f"all {len(totals['product'])}, each weighing the same")
    ground.table(HEAD[:-1], [_total(name, each) for name, each in totals.items()])


HEAD = ("", "fill", "in stock", "days", "money", "cards")


def _fixed(number: int) -> Callable[[int], int]:
    return lambda _n: number


def _row(name: str, each: Outcome, series: Series) -> tuple[object, ...]:
    return (
        name, f"{each.fill:.3f}", f"{each.in_stock:.3f}", f"{each.stock / series.per_day:.0f}",
        f"{each.stock * float(PRICE):.0f}", f"{each.first} > {each.last}",
    )  # fmt: skip


def _total(name: str, found: list[tuple[Outcome, Series]]) -> tuple[object, ...]:
    fill, in_stock = (fmean(getattr(each, name) for each, _ in found) for name in ("fill", "in_stock"))
    return (
        name, f"{fill:.3f}", f"{in_stock:.3f}",
        f"{fmean(each.stock / series.per_day for each, series in found):.0f}",
        f"{sum(each.stock for each, _ in found) * float(PRICE):.0f}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
