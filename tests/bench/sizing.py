"""How long sizing takes, and how near its promise is to what simulated loops do.

    .venv/bin/python tests/bench/sizing.py [--loops 500] [--days 4000]

Loops of every scan rule, with and without order days, issues of one or four pieces, bins of 5 to 80 pieces
and lead times that vary; sized well or badly, and so that at least eight days in ten find stock. What is
promised rests on the use that is true and on the scan-to-shelf times that the simulated loop has shown.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import fmean
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import ground

from kanban import clock, demo, journal, schema
from kanban.advice import review_all
from kanban.db import Database
from kanban.sizing import advice, classes, history, lead_times, policy, simulation
from kanban.sizing.lead_times import Node
from kanban.sizing.policy import Demand

SIZINGS = 300
ZONE = ZoneInfo("Europe/Dublin")
NODES = 15
LEAST = 0.8
KINDS = [
    (rule, review, size) for rule in ("empty", "first_piece", "mark") for review in (0, 5) for size in (1, 4)
]


@dataclass
class Played:
    """A random loop, what was promised of its time in stock, and what it did."""

    rule: str
    review: int
    size: int
    cards: int
    promised: float
    in_stock: float

    @property
    def error(self) -> float:
        """Promised minus observed."""
        return self.promised - self.in_stock


@dataclass
class Deliveries:
    """One supplier's: drawn from four lead times after the next order day, none overtaking another."""

    times: list[float]
    review: int
    random: Random
    last: float = 0.0
    seen: list[float] = field(default_factory=list)

    def __call__(self, now: float) -> float:
        ordered = -(-now // self.review) * self.review if self.review else now
        self.last = max(ordered + self.random.choice(self.times), self.last)
        self.seen.append(self.last - now)
        return self.last - now

    def nodes(self) -> list[Node]:
        """The scan-to-shelf times that were seen, in as many parts."""
        times, count = sorted(self.seen), len(self.seen)
        edges = [n * count // NODES for n in range(NODES + 1)]
        return [
            Node(fmean(times[low:high]), (high - low) / count) for low, high in pairwise(edges) if high > low
        ]


def one_sizing() -> float:
    """Milliseconds of one core for one sizing: learn from 40 scans and 30 receipts, advise and decide."""
    random = Random(1)
    spent = 0.0
    for _ in range(SIZINGS):
        quantity, per_day = random.choice([5, 20, 60, 250, 1000]), random.uniform(0.1, 0.6)
        times = [0.0]
        for _scan in range(40):
            times.append(times[-1] + random.expovariate(per_day))
        received = [random.gammavariate(4, 1.5) for _receipt in range(30)]
        loop = advice.Loop(quantity, random.randrange(2, 6), random.randrange(1, 5), 5, unit_cost=1.0)
        began = time.process_time()
        use = history.learn(times, times[-1], history.prior(0.4))
        belief = lead_times.expected(5, classes.WATCH, 2.5)
        nodes = lead_times.observed(received, [True] * 30, belief)
        advice.decide(loop, advice.advise(loop, use, nodes))
        spent += time.process_time() - began
    return spent / SIZINGS * 1_000


def whole_shop() -> tuple[int, float, float]:
    """Loops of the demo shop, and milliseconds of one core for each: all sized, and asked again at once."""
    with TemporaryDirectory(prefix="kanban-sizing-") as place:
        url = ground.sqlite_url(Path(place))
        schema.upgrade(url)
        database = Database(url, Path(place))
        demo.load(database, clock.now(), ZONE)
        tomorrow = journal.Deed(clock.now() + timedelta(days=1, hours=1), journal.By("bench"))
        spent, sized = [], []
        for _ in range(2):
            began = time.process_time()
            sized.append(database.write(lambda session: review_all(session, tomorrow, ZONE)))
            spent.append((time.process_time() - began) * 1_000)
        database.close()
    assert sized[1] == 0, "nothing has changed"
    return sized[0], spent[0] / sized[0], spent[1] / sized[0]


def play(random: Random, kind: tuple[str, int, int], days: float) -> Played | None:
    """A random loop of a kind; none where it cannot carry its flow or is out too often to be kept so."""
    rule, review, size = kind
    quantity, per_day = random.choice([5, 10, 20, 40, 80]), random.choice([2, 5, 10, 20])
    times = [random.uniform(1, 8) for _ in range(4)]
    left = {"empty": 0, "first_piece": quantity - 1, "mark": quantity // 2}[rule]
    used = per_day * (fmean(times) + review / 2)
    cards = (2 if rule == "empty" else 1) + int(used / quantity) + random.randrange(3)
    if cards * quantity < advice.CARRIES * used:
        return None
    back = Deliveries(times, review, Random(random.randrange(10**9)))
    issues = simulation.poisson_issues(Random(random.randrange(10**9)), per_day, size, days)
    played = simulation.run(simulation.Rules(cards, quantity, left), issues, back, days)
    demands = [
        (node.weight, Demand(per_day * node.days, per_day * node.days * size)) for node in back.nodes()
    ]
    promised = 1 - policy.share_in_a_loop(cards, quantity, demands, left).short
    if promised < LEAST:
        return None
    return Played(rule, review, size, cards, promised, played.in_stock)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--loops", type=int, default=500)
    parser.add_argument("--days", type=float, default=4_000)
    chosen = parser.parse_args()
    print(ground.machine())
    each = one_sizing()
    print(f"one full sizing: {each:.2f} ms; 10,000 loops on one core: {each * 10:.0f} s (arithmetic alone)")
    loops, first, again = whole_shop()
    print(
        f"a whole shop of {loops} loops, read, sized and written: {first:.2f} ms each; 10,000 loops:"
        f" {first * 10:.0f} s; where nothing has changed: {again * 10:.0f} s\n"
    )
    random, found = Random(5), list[Played]()
    while len(found) < chosen.loops:
        played = play(random, KINDS[len(found) % len(KINDS)], chosen.days)
        found += [played] if played else []
    groups = [("all", found)]
    groups += [(f"scan at {rule}", [each for each in found if each.rule == rule]) for rule in
               ("empty", "first_piece", "mark")]  # fmt: skip
    groups += [("order day a week", [each for each in found if each.review])]
    groups += [("issues of four", [each for each in found if each.size == 4])]
    groups += [("one card", [each for each in found if each.cards == 1])]
    groups += [(f"promised {low:.0%} and more", [each for each in found if each.promised >= low]) for low in
               (0.9, 0.95)]  # fmt: skip
    head = ("promised minus simulated time in stock", "loops", "mean abs", "mean", "within 0.01", "worst")
    ground.table(head, [_row(name, group) for name, group in groups if group])


def _row(name: str, group: list[Played]) -> tuple[object, ...]:
    errors = [each.error for each in group]
    near = sum(abs(error) <= 0.01 for error in errors) / len(errors)
    return (
        name, len(group), f"{fmean(map(abs, errors)):.4f}", f"{fmean(errors):+.4f}", f"{near:.0%}",
        f"{max(errors, key=abs):+.3f}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
