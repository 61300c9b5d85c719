"""A loop is a (Q, r) policy: Q = C pieces a card, r = (N - 1) C + t pieces are left when a card is scanned.

``t`` is what is left in the bin at its scan: 0 for the empty bin, C - 1 for the first piece. All in
pieces; D is the use over one lead time, with mean and variance. Sources: Hadley & Whitin 1963, ch. 4;
Zipkin 2000, ch. 6; the identity with cards is derived and simulated in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import exp, lgamma, log, log1p, sqrt
from typing import NamedTuple

from kanban.sizing import distributions as d
from kanban.sizing.distributions import whole_up

EXACT_UP_TO = 400
"""Pieces that are summed one by one; above, the closed loss of a gamma is as good and quicker."""
FEW = 12.0
"""Below this mean every piece counts, whatever the bin holds."""
EQUAL = 1e-9


class Demand(NamedTuple):
    """Use over a lead time, in pieces."""

    mean: float
    variance: float

    def with_issue_before(self, vmr: float) -> Demand:
        """What a random *piece* sees: (v - 1) / 2 pieces of its own issue stand before it.

        The lumpy-issue correction for variance over mean ``vmr`` above 1; adds (v² - 1) / 4 to the variance.
        """
        if vmr <= 1:
            return self
        return Demand(self.mean + (vmr - 1) / 2, self.variance + (vmr * vmr - 1) / 4)


class Share(NamedTuple):
    """What one number of cards means: share of pieces not served at once, and pieces on hand on average."""

    short: float
    on_hand: float


def reorder_point(cards: int, quantity: float, left: float = 0.0) -> float:
    """r: pieces still on the shelf or on the way in full bins when a card is scanned."""
    return (cards - 1) * quantity + left


def cards_needed(point: float, quantity: float, left: float = 0.0) -> int:
    """N = 1 + ceil((r - t) / C), at least one."""
    return max(1, 1 + whole_up((point - left) / quantity))


def fill(cards: int, quantity: float, demand: Demand, left: float = 0.0) -> float:
    """Share of pieces served at once: 1 - (1/C) sum of P(D >= y) for y = r + 1 .. r + C."""
    point = reorder_point(cards, quantity, left)
    here, after = _losses(demand, [point, point + quantity])
    return 1 - min(1.0, max(0.0, (here - after) / quantity))


def fill_over(
    cards: int, quantity: float, demands: Sequence[tuple[float, Demand]], left: float = 0.0
) -> float:
    """The same over a mixture of (weight, demand): one for each lead time that happens."""
    return sum(weight * fill(cards, quantity, demand, left) for weight, demand in demands)


def share(cards: int, quantity: float, demand: Demand, left: float = 0.0) -> Share:
    """The share of pieces not served at once and the pieces on hand, with so many cards.

    The average of the pieces lacking over r + 1 .. r + C is Simpson's, from its ends and its middle.
    """
    point = reorder_point(cards, quantity, left)
    here, middle, after = _losses(demand, [point, point + quantity / 2, point + quantity])
    step = quantity / 2 + (0.5 if _is_whole(quantity, left) else 0.0)
    lacking = (here + 4 * middle + after) / 6
    short = min(1.0, max(0.0, (here - after) / quantity))
    return Share(short, max(0.0, point + step - demand.mean + lacking))


def average_on_hand(point: float, quantity: int, demand: Demand) -> float:
    """Pieces on the shelf on average: mean of E[(y - D)+] over y = r + 1 .. r + Q, in whole pieces."""
    levels = [point + n for n in range(1, quantity + 1)]
    return (
        sum(y - demand.mean + loss for y, loss in zip(levels, _losses(demand, levels), strict=True))
        / quantity
    )


def _losses(demand: Demand, levels: Sequence[float]) -> list[float]:
    """E[(D - x)+] at each level, by the distribution that fits mean and variance."""
    mean, variance = demand
    if mean <= 0:
        return [0.0 for _ in levels]
    if variance <= EQUAL * mean:
        return [max(0.0, mean - x) for x in levels]
    steady = variance < mean * (1 - EQUAL)
    if not steady and _is_whole(*levels) and _is_summed(mean, levels[-1]):
        return _summed_losses(mean, variance, levels)
    return [d.gamma_loss(x, mean, variance) for x in levels]


def _is_summed(mean: float, highest: float) -> bool:
    return highest <= EXACT_UP_TO or mean < FEW


def _is_whole(*numbers: float) -> bool:
    return all(number == int(number) for number in numbers)


def _summed_losses(mean: float, variance: float, levels: Sequence[float]) -> list[float]:
    """Exact for Poisson (variance = mean) and negative binomial: loss(x) = mean - sum of P(D > y), y < x."""
    top = min(int(max(levels[-1], 0)), int(mean + 40 * sqrt(variance)) + 200)  # beyond, nothing is left
    below = accumulate(_chances(mean, variance, top), initial=0.0)
    next(below)
    losses = [mean, *accumulate((below_y - 1 for below_y in below), initial=mean)][1:]
    return [mean - x if x < 0 else losses[int(x)] if x <= top else 0.0 for x in levels]


def _chances(mean: float, variance: float, top: int) -> list[float]:
    """P(D = 0), P(D = 1) … below ``top``, each from the one before."""
    if variance <= mean * (1 + EQUAL):
        chances = [exp(-mean)]
        for k in range(1, top):
            chances.append(chances[-1] * mean / k)
    else:
        size, chance = mean * mean / (variance - mean), mean / variance
        chances = [exp(size * log(chance))]
        for k in range(1, top):
            chances.append(chances[-1] * (k - 1 + size) / k * (1 - chance))
    if chances[0] < 1e-290:  # too far from zero to be reached step by step
        return [_chance(k, mean, variance) for k in range(top)]
    return chances[:top]


def _chance(k: int, mean: float, variance: float) -> float:
    if variance <= mean * (1 + EQUAL):
        return d.poisson_at(k, mean)
    size, chance = mean * mean / (variance - mean), mean / variance
    return exp(lgamma(k + size) - lgamma(size) - lgamma(k + 1) + size * log(chance) + k * log1p(-chance))
