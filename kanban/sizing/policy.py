"""A loop is a (Q, r) policy: Q = C pieces a card, r = (N - 1) C + t pieces are left when a card is scanned.

``t`` is what is left in the bin at its scan: 0 for the empty bin, C - 1 for the first piece. All in
pieces; D is the use over one lead time, with mean and variance. Sources: Hadley & Whitin 1963, ch. 4;
Zipkin 2000, ch. 6; the identity with cards is derived and simulated in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, sqrt
from typing import NamedTuple

from kanban.sizing import losses
from kanban.sizing.distributions import normal_beyond, normal_excess, whole_up

NEGLIGIBLE = 1e-6
"""A share not served below which nobody need ask how the next one fares."""
LADDER, DRIFT = 0.583, 0.25
"""How far a normal walk passes a boundary, in its deviations and its drifts (Siegmund 1985, ch. X)."""
TINY = 1e-12
FARTHEST = 700.0  # exp() of more is no float


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


Mixture = Sequence[tuple[float, Demand]]
"""What may be used over a lead time, each with its weight: one for each lead time that happens."""


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
    return 1 - share(cards, quantity, demand, left).short


def fill_over(cards: int, quantity: float, demands: Mixture, left: float = 0.0) -> float:
    """The same over a mixture."""
    return 1 - share_over(cards, quantity, demands, left).short


def share(cards: int, quantity: float, demand: Demand, left: float = 0.0) -> Share:
    """The share not served at once and the pieces on hand, with so many cards."""
    point = reorder_point(cards, quantity, left)
    whole = quantity == int(quantity) and left == int(left)
    here = losses.at(point, *demand, whole)
    after = losses.at(point + quantity, *demand, whole)
    lacking = max(0.0, (here.beyond - after.beyond) / quantity)
    step = (quantity + 1) / 2 if whole else quantity / 2
    short = min(1.0, max(0.0, (here.short - after.short) / quantity))
    return Share(short, max(0.0, point + step - demand.mean + lacking))


def share_over(cards: int, quantity: float, demands: Mixture, left: float = 0.0) -> Share:
    """The same over a mixture."""
    short = on_hand = 0.0
    for weight, demand in demands:
        each = share(cards, quantity, demand, left)
        short += weight * each.short
        on_hand += weight * each.on_hand
    return Share(short, on_hand)


def share_in_a_loop(
    cards: int, quantity: float, demands: Mixture, left: float = 0.0, waits: bool = True
) -> Share:
    """The same for cards, of which no more than N are ever under way.

    A (Q, r) policy orders on while nothing is left; a loop without a card at hand cannot. Where need
    ``waits`` it is scanned late: what lacks after one lead time is there at the start of the next, whose
    chance of lacking is higher. With T lead times on average until nothing waits any more, the share is
    p T / (1 + p (T - 1)) for p. Where people go elsewhere each C pieces served stand for C + C p needed:
    p / (1 + p) (Silver, Pyke & Thomas, 7.7).
    """
    once = share_over(cards, quantity, demands, left)
    if once.short < NEGLIGIBLE:
        return once
    if not waits:
        return once._replace(short=once.short / (1 + once.short))
    lasts = _lasts(cards * quantity, left - (quantity - 1) / 2, demands)
    return once._replace(short=once.short * lasts / (1 + once.short * (lasts - 1)))


def average_on_hand(point: float, quantity: int, demand: Demand) -> float:
    """Pieces on the shelf on average: mean of E[(y - D)+] over y = r + 1 .. r + Q, in whole pieces."""
    return share(1, quantity, demand, point).on_hand


def _lasts(carried: float, spare: float, demands: Mixture) -> float:
    """Lead times, on average, from the first in which something lacks until nothing does.

    What lacks is a walk with steps D - N C that starts as far beyond N C + ``spare`` as a normal D gets
    where it passes that; it lasts at least as long as from an exponential start with that mean, and as
    Wald's identity has it.
    """
    mean = sum(weight * demand.mean for weight, demand in demands)
    square = sum(weight * (demand.variance + demand.mean**2) for weight, demand in demands)
    drift, deviation = carried - mean, sqrt(max(square - mean * mean, TINY))
    if drift <= 0:
        return 1 / NEGLIGIBLE
    start = max(deviation * normal_excess((drift + spare) / deviation), 0.5)
    ratio = deviation / start
    bend = ratio * ratio / 2 - drift / start
    stays = normal_beyond(drift / deviation)
    stays += exp(bend) * normal_beyond(ratio - drift / deviation) if bend < FARTHEST else 0.0
    wald = (start + LADDER * deviation + DRIFT * drift) / drift
    return max(1.0, wald, 1 / max(1 - stays, NEGLIGIBLE))
