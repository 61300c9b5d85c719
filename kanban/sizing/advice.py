"""How many cards a loop needs: the exact fill over what lead times and use are believed to be.

:func:`advise` sizes, :func:`decide` says whether that is reason enough to change anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, expm1
from typing import NamedTuple

from kanban.sizing import cards as textbook
from kanban.sizing import history, lead_times, policy
from kanban.sizing.classes import TARGETS
from kanban.sizing.distributions import smallest_whole
from kanban.sizing.history import Use
from kanban.sizing.intervals import Interval, Rate
from kanban.sizing.lead_times import Node
from kanban.sizing.policy import Demand, Mixture

MOST_CARDS = 999
CARRIES = 1.1
"""N C must be at least this many times the pieces under way, or the loop cannot carry the flow."""
TEXTBOOK_ALPHA = 0.2
BAND = 0.8
EARLY, SETTLED = 5, 20
"""Effective scans: below the first the advice leans on a person's estimate, above the second on facts."""
SLACK = 0.01
"""More cards are proposed where the expected fill is this far below the target."""
SCANS_BEFORE_FEWER = 10
CALM_DAYS = 60
"""Working days without a stock-out before a card is taken out."""
QUIET_DAYS = 10
"""Working days, two weekly reviews, after a change before a card is taken out."""
MONTH = 20.0
"""Working days of a month."""


@dataclass(frozen=True, slots=True)
class Loop:
    """The facts of a loop: pieces per card, pieces ``left`` in the bin at its scan, cards, consequence 1-4,
    quoted lead time in working days, cost of a piece, whether unmet need waits for the bin or goes
    elsewhere, and working days between two order days (0: ordered at once)."""

    quantity: float
    cards: int
    consequence: int
    quote: float
    left: float = 0.0
    unit_cost: float = 0.0
    waits: bool = True
    review: float = 0.0

    @property
    def target(self) -> float:
        """The share of pieces to be served at once."""
        return TARGETS[self.consequence]


class Option(NamedTuple):
    """What a number of cards means: shares of pieces served and of time in stock, pieces and days on hand,
    money on average and at most, orders a month that this loop has a line on."""

    cards: int
    fill: float
    in_stock: float
    on_hand: float
    days: float
    cash: float
    ceiling: float
    orders: float


@dataclass(frozen=True, slots=True)
class Advice:
    """What sizing says of a loop.

    ``use`` in pieces per working day with its 80 % band; ``usual`` and ``slow`` are the median and the
    90th percentile of scan to shelf in working days; ``options`` stand by number of cards and hold at
    least the present number, the advised one and the neighbours of both.
    """

    cards: int
    target: float
    use: float
    band: Interval
    usual: float
    slow: float
    textbook: int
    effective: float
    confidence: str
    cautious_fill_below: float
    options: dict[int, Option]

    def option(self, cards: int) -> Option:
        """The figures for a number of cards."""
        return self.options[cards]


class Decision(NamedTuple):
    """*keep*, *add* or *take_out*, to how many cards, and why in one word."""

    what: str
    cards: int
    because: str


@dataclass(frozen=True, slots=True)
class Past:
    """What else counts before a card is taken out: working days since the last stock-out and since the
    number was changed (none: never)."""

    days_since_out: float | None = None
    days_since_change: float | None = None


def advise(loop: Loop, use: Use, nodes: Sequence[Node]) -> Advice:
    """The smallest number of cards whose expected fill meets the target, and what its neighbours mean."""
    plain = _demands(loop.quantity, use, nodes)
    demands = _of_pieces(plain, history.vmr(loop.quantity, use.cv2))
    floor = least_cards(loop, use.rate.mean, nodes)
    wanted = _smallest(loop, demands, floor)
    numbers = {n for centre in (loop.cards, wanted) for n in (centre - 1, centre, centre + 1) if n >= 1}
    rate = use.rate.band(BAND)
    pieces = use.rate.mean * loop.quantity
    return Advice(
        cards=wanted,
        target=loop.target,
        use=pieces,
        band=Interval(rate.low * loop.quantity, rate.high * loop.quantity),
        usual=lead_times.quantile_of(nodes, 0.5),
        slow=lead_times.quantile_of(nodes, 0.9),
        textbook=textbook.rounded(textbook.toyota(pieces, loop.quote, loop.quantity, TEXTBOOK_ALPHA)),
        effective=use.effective,
        confidence=_confidence(use.effective),
        cautious_fill_below=_cautious_fill(loop, use, nodes),
        options=_options(loop, sorted(numbers), demands, plain, pieces),
    )


def least_cards(loop: Loop, rate: float, nodes: Sequence[Node]) -> int:
    """Two for a loop that scans empty bins, three where a stock-out stops work, enough to carry the flow."""
    carrying = ceil(CARRIES * rate * lead_times.mean_of(nodes) - 1e-9)
    empties = 2 if loop.left <= 0 else 1
    return min(MOST_CARDS, max(empties, carrying, 3 if loop.consequence >= 3 and loop.left <= 0 else 1))


def decide(loop: Loop, advice: Advice, past: Past = Past()) -> Decision:
    """Whether to change the number of cards: up at once, down one at a time and only when it is safe."""
    if advice.option(loop.cards).fill < loop.target - SLACK or loop.cards < advice.cards == 2:
        return Decision("add", max(advice.cards, loop.cards + 1), "below_target")
    if advice.cards >= loop.cards:
        return Decision("keep", loop.cards, "fits")
    if advice.effective < SCANS_BEFORE_FEWER:
        return Decision("keep", loop.cards, "too_few_scans")
    if past.days_since_out is not None and past.days_since_out < CALM_DAYS:
        return Decision("keep", loop.cards, "was_out")
    if past.days_since_change is not None and past.days_since_change < QUIET_DAYS:
        return Decision("keep", loop.cards, "just_changed")
    if advice.cautious_fill_below < loop.target:
        return Decision("keep", loop.cards, "close_to_limit")
    return Decision("take_out", loop.cards - 1, "more_than_needed")


def quantity_for(loop: Loop, use: Use, nodes: Sequence[Node], cards: int = 2, pack: int = 1) -> int:
    """The smallest whole number of pieces per card that meets the target with so many cards (two-bin).

    The use in pieces stays what it is: fewer pieces a card are more scans.
    """
    vmr = history.vmr(loop.quantity, use.cv2)
    pieces = Use(_scaled(use, loop.quantity), vmr, use.effective, use.change)  # one piece a card: VMR = cv²
    demands = _of_pieces(_demands(1.0, pieces, nodes), vmr)

    def meets(packs: int) -> bool:
        carried = cards * packs * pack >= CARRIES * pieces.rate.mean * lead_times.mean_of(nodes)
        return carried and policy.fill_over(cards, packs * pack, demands, loop.left) >= loop.target

    return smallest_whole(meets, start=1) * pack


def mark_for(loop: Loop, use: Use, nodes: Sequence[Node]) -> int:
    """Where the mark of a single signal card stands: pieces left at its scan that meet the target."""
    demands = _of_pieces(_demands(loop.quantity, use, nodes), history.vmr(loop.quantity, use.cv2))
    return smallest_whole(lambda left: policy.fill_over(1, loop.quantity, demands, left) >= loop.target)


def reorder_for(target: float, use: Use, nodes: Sequence[Node], quantity: float = 1.0) -> int:
    """The reorder point, in whole pieces, of a counted loop that orders ``quantity`` pieces at a time.

    ``use`` counts withdrawals of one piece each, or of an average issue with its variation.
    """
    demands = _of_pieces(_demands(1.0, use, nodes), history.vmr(1.0, use.cv2))
    return smallest_whole(lambda point: policy.fill_over(1, quantity, demands, point) >= target)


def _demands(quantity: float, use: Use, nodes: Sequence[Node]) -> Mixture:
    """Per lead time: weight and use, m = C l A/B, v = VMR m + C² l² A/B²."""
    shape, exposure = use.rate
    vmr = history.vmr(quantity, use.cv2)
    demands = []
    for days, weight in nodes:
        mean = quantity * days * shape / exposure
        demands.append((weight, Demand(mean, vmr * mean + quantity**2 * days**2 * shape / exposure**2)))
    return demands


def _of_pieces(demands: Mixture, vmr: float) -> Mixture:
    return [(weight, demand.with_issue_before(vmr)) for weight, demand in demands]


def _short(loop: Loop, cards: int, demands: Mixture) -> float:
    """The share of pieces not served at once, which a number of cards is chosen by.

    Where empty bins are scanned the (Q, r) policy is as good as the loop's own wherever a target is met
    (0.001 apart); where bins are scanned before, a loop of one card may miss it by a tenth.
    """
    if loop.left <= 0:
        return policy.share_over(cards, loop.quantity, demands).short
    return policy.share_in_a_loop(cards, loop.quantity, demands, loop.left, loop.waits).short


def _smallest(loop: Loop, demands: Mixture, floor: int) -> int:
    """The fewest cards from ``floor`` on that meet the target, or as many as a loop can have."""

    def meets(cards: int) -> bool:
        return cards >= MOST_CARDS or 1 - _short(loop, cards, demands) >= loop.target

    return min(MOST_CARDS, smallest_whole(meets, start=floor, guess=loop.cards))


def _options(
    loop: Loop, numbers: Sequence[int], demands: Mixture, plain: Mixture, pieces: float
) -> dict[int, Option]:
    """The figures of some numbers of cards; ``pieces`` are used a day."""

    def option(cards: int) -> Option:
        there = policy.share_in_a_loop(cards, loop.quantity, plain, loop.left, loop.waits)
        fill = 1 - _short(loop, cards, demands)
        ceiling = cards * loop.quantity
        return Option(
            cards=cards,
            fill=fill,
            in_stock=1 - there.short,
            on_hand=there.on_hand,
            days=there.on_hand / pieces,
            cash=there.on_hand * loop.unit_cost,
            ceiling=ceiling * loop.unit_cost,
            orders=_orders(loop, pieces / loop.quantity * (1.0 if loop.waits else fill)),
        )

    return {cards: option(cards) for cards in numbers}


def _orders(loop: Loop, rate: float) -> float:
    """Orders a month with a line of this loop: one a signal, or one for all that wait for an order day."""
    if loop.review <= 0:
        return MONTH * rate
    return MONTH / loop.review * -expm1(-rate * loop.review)


def _cautious_fill(loop: Loop, use: Use, nodes: Sequence[Node]) -> float:
    """The fill with one card fewer if the use were at the upper end of its 80 % band."""
    if loop.cards <= least_cards(loop, use.rate.mean, nodes):
        return 0.0
    vmr = history.vmr(loop.quantity, use.cv2)
    pieces = loop.quantity * use.rate.band(BAND).high
    at_most = [(weight, Demand(pieces * days, vmr * pieces * days)) for days, weight in nodes]
    return 1 - _short(loop, loop.cards - 1, _of_pieces(at_most, vmr))


def _scaled(use: Use, factor: float) -> Rate:
    return Rate(use.rate.shape, use.rate.exposure / factor)


def _confidence(effective: float) -> str:
    if effective < EARLY:
        return "early"
    return "settled" if effective > SETTLED else "learning"
