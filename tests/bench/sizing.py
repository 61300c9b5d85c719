"""How long sizing takes, and how near its promise is to what a simulated loop does.

.venv/bin/python tests/bench/sizing.py
"""

from __future__ import annotations

import time
from random import Random
from statistics import fmean

from kanban.sizing import advice, classes, history, lead_times, policy, simulation
from kanban.sizing.policy import Demand

LOOPS = 500
DAYS = 4_000.0


def one_sizing() -> float:
    """Milliseconds for one full sizing: learn from 40 scans and 30 receipts, and advise."""
    random = Random(1)
    times, gaps = [], [random.expovariate(0.5) for _ in range(40)]
    for gap in gaps:
        times.append((times[-1] if times else 0.0) + gap)
    received = [random.gammavariate(4, 1.5) for _ in range(30)]
    belief = lead_times.expected(5, classes.WATCH, 2.5)
    began = time.perf_counter()
    for _ in range(200):
        use = history.learn(times, times[-1], history.prior(0.4))
        nodes = lead_times.observed(received, [True] * 30, belief)
        loop = advice.Loop(60, 3, 3, 5, unit_cost=1.0)
        advice.decide(loop, advice.advise(loop, use, nodes))
    return (time.perf_counter() - began) / 200 * 1_000


def errors() -> list[float]:
    """Predicted minus simulated in-stock time of random loops with 2 cards and more, sized well or badly."""
    found = []
    random = Random(5)
    while len(found) < LOOPS:
        quantity = random.choice([5, 10, 20, 40, 80])
        per_day, size = random.choice([2, 5, 10, 20]), random.choice([1, 1, 4])
        nodes = [lead_times.Node(days, 0.25) for days in sorted(random.uniform(1, 8) for _ in range(4))]
        mean = per_day * lead_times.mean_of(nodes)
        cards = 2 + int(mean / quantity) + random.randrange(3)
        demands = [(node.weight, Demand(per_day * node.days, per_day * node.days * size)) for node in nodes]
        told = policy.fill_over(cards, quantity, demands)
        if told < 0.8 or cards * quantity < 1.1 * mean:
            continue
        played = simulated(simulation.Rules(cards, quantity), nodes, per_day, size, random.randrange(10**9))
        found.append(told - played.in_stock)
    return found


def simulated(
    rules: simulation.Rules, nodes: list[lead_times.Node], per_day: int, size: int, seed: int
) -> simulation.Run:
    draw = Random(seed)
    days, weights = [node.days for node in nodes], [node.weight for node in nodes]
    issues = simulation.poisson_issues(Random(seed + 1), per_day, size, DAYS)
    return simulation.run(rules, issues, lambda _: draw.choices(days, weights)[0], DAYS)


def main() -> None:
    each = one_sizing()
    print(f"one full sizing          {each:6.2f} ms")
    print(f"10,000 loops, one core   {each * 10:6.1f} s (arithmetic alone)")
    found = errors()
    print(f"predicted minus simulated in-stock time over {LOOPS} random loops:")
    print(f"  mean absolute error    {fmean(abs(error) for error in found):6.4f}")
    print(f"  mean error             {fmean(found):+7.4f}")


if __name__ == "__main__":
    main()
