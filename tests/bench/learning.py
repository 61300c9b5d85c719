"""How soon scans take over from a wrong guess: true fill, items below 95 %, cards against the ideal.

    .venv/bin/python tests/bench/learning.py

Random items whose user guesses the use wrong by a factor exp(N(0, 0.5)); target 97 %; empty bins are scanned.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from random import Random
from statistics import fmean, median

from kanban.sizing import cards, classes, history, lead_times, policy, simulation
from kanban.sizing.distributions import gamma_quantile, smallest_whole
from kanban.sizing.history import Use
from kanban.sizing.lead_times import Node
from kanban.sizing.policy import Demand

ITEMS = 400
TARGET = 0.97
DAYS = (0, 10, 40, 130)
CV = 0.4


@dataclass
class Item:
    """What is true of an item, what its user believes, and its scans and receipts until day 130."""

    per_day: float
    size: float
    quantity: int
    lead_time: float
    guess: float
    scans: list[float]
    receipts: list[tuple[float, float]]

    def true_fill(self, number: int) -> float:
        """The share of pieces really served at once with so many cards."""
        demands = [
            (0.1, Demand(self.per_day * days, self.per_day * days * self.size).with_issue_before(self.size))
            for days in self.times()
        ]
        return policy.fill_over(number, self.quantity, demands)

    def times(self) -> list[float]:
        """Ten lead times of equal weight that stand for the true ones."""
        shape = 1 / CV**2
        return [gamma_quantile(shape, (n + 0.5) / 10) / shape * self.lead_time for n in range(10)]


def make(random: Random) -> Item:
    """A random item, watched with more bins than it needs."""
    per_day, size = exp(random.uniform(-1, 3)), random.choice([1.0, 1.0, 4.0])
    lead_time = random.uniform(2, 12)
    quantity = max(1, round(per_day * lead_time * random.uniform(0.2, 1.0)))
    receipts: list[tuple[float, float]] = []

    def back(now: float) -> float:
        days = random.gammavariate(1 / CV**2, CV**2) * lead_time
        receipts.append((now, days))
        return days

    issues = simulation.poisson_issues(random, per_day, size, max(DAYS))
    scans = simulation.run(simulation.Rules(60, quantity), issues, back, max(DAYS)).signals
    guess = per_day * exp(random.gauss(0, 0.5))
    return Item(per_day, size, quantity, lead_time, guess, scans, receipts)


def advised(item: Item, day: float, sureness: str) -> int:
    """Cards by the engine, from what is known on a day."""
    seen = [time for time in item.scans if time <= day]
    use: Use = history.learn(seen, float(day), history.prior(item.guess / item.quantity, sureness))
    orders = [(now, days) for now, days in item.receipts if now <= day]
    times = [min(days, day - now) for now, days in orders]
    came = [now + days <= day for now, days in orders]
    nodes: list[Node] = lead_times.observed(times, came, lead_times.expected(item.lead_time, classes.WATCH))
    vmr = history.vmr(item.quantity, use.cv2)

    def meets(number: int) -> bool:
        total = 0.0
        for node in nodes:
            mean = item.quantity * node.days * use.rate.mean
            spread = item.quantity**2 * node.days**2 * use.rate.shape / use.rate.exposure**2
            demand = Demand(mean, vmr * mean + spread).with_issue_before(vmr)
            total += node.weight * policy.fill(number, item.quantity, demand)
        return total >= TARGET or number >= 999

    return smallest_whole(meets, start=2)


def main() -> None:
    random = Random(11)
    items = [make(random) for _ in range(ITEMS)]
    ideal = [smallest_whole(lambda n, item=item: item.true_fill(n) >= TARGET, start=2) for item in items]  # type: ignore[misc]
    textbook = [max(1, cards.rounded(cards.toyota(i.guess, i.lead_time, i.quantity, 0.2))) for i in items]
    fill = fmean(item.true_fill(number) for item, number in zip(items, textbook, strict=True))
    print(f"Toyota on the guess, for ever: mean true fill {fill:.2f}")
    for sureness in ("guess", "records"):
        for day in DAYS:
            numbers = [advised(item, day, sureness) for item in items]
            fills = [item.true_fill(number) for item, number in zip(items, numbers, strict=True)]
            low = sum(each < 0.95 for each in fills) / ITEMS
            more = sum(numbers) / sum(ideal)
            scans = median(len([time for time in item.scans if time <= day]) for item in items)
            print(
                f"day {day:3} ({scans:3.0f} scans), {sureness:8}: mean true fill {fmean(fills):.3f}, "
                f"{low:4.0%} of items below 95 %, {more:.2f} x the ideal cards"
            )


if __name__ == "__main__":
    main()
