"""A loop played through: issues take pieces, empty bins send their cards, full bins come back.

The same rules as the product's: a card is scanned when ``left`` pieces are in its bin, its bin is back
after a lead time, later orders do not overtake earlier ones. Times are working days.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

LeadTime = Callable[[float], float]
"""Days from a scan at a given time until the bin is back."""


@dataclass
class Run:
    """What happened: shares of pieces served at once and of time in stock, pieces on hand on average.

    ``levels`` are (time, pieces on hand) at each change; ``stock_outs`` (from, until) with none for one
    that lasts at the end; ``signals`` are the times of the scans.
    """

    fill: float = 1.0
    in_stock: float = 1.0
    on_hand: float = 0.0
    levels: list[tuple[float, float]] = field(default_factory=list)
    stock_outs: list[tuple[float, float | None]] = field(default_factory=list)
    signals: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rules:
    """How the loop is run: cards, pieces per card, pieces left at the scan, and whether unmet need waits."""

    cards: int
    quantity: float
    left: float = 0.0
    waits: bool = True


def run(rules: Rules, issues: Iterable[tuple[float, float]], lead_time: LeadTime, until: float) -> Run:
    """Play ``issues``, (time, pieces) in order of time, until day ``until``; all bins are full at day 0."""
    play = _Play(rules, lead_time)
    for time, pieces in issues:
        if time >= until:
            break
        play.advance(time)
        play.take(pieces)
    play.advance(until)
    return play.result(until)


def poisson_issues(
    random: Random, per_day: float, size: float, until: float
) -> Iterable[tuple[float, float]]:
    """Issues of ``size`` pieces at random moments, ``per_day`` pieces a day on average."""
    time = 0.0
    while True:
        time += random.expovariate(per_day / size)
        if time >= until:
            return
        yield time, size


class _Play:
    def __init__(self, rules: Rules, lead_time: LeadTime) -> None:
        self.rules, self.lead_time = rules, lead_time
        self.now = 0.0
        self.on_hand = rules.cards * rules.quantity
        self.waiting = 0.0
        self.taken = 0.0
        self.signalled = 0
        self.coming: deque[float] = deque()
        self.asked = self.served = 0.0
        self.piece_days = self.days_out = 0.0
        self.out_since: float | None = None
        self.played = Run(levels=[(0.0, self.on_hand)])

    def advance(self, time: float) -> None:
        while self.coming and self.coming[0] <= time:
            self._pass_to(self.coming.popleft())
            self.on_hand += self.rules.quantity
            self._serve_waiting()
            self._note()
        self._pass_to(time)

    def take(self, pieces: float) -> None:
        self.asked += pieces
        now = min(pieces, self.on_hand)
        self.served += now
        self._hand_out(now)
        if self.rules.waits:
            self.waiting += pieces - now
        self._note()

    def result(self, until: float) -> Run:
        played = self.played
        if self.out_since is not None:
            played.stock_outs.append((self.out_since, None))
        played.fill = self.served / self.asked if self.asked else 1.0
        played.in_stock = 1 - self.days_out / until
        played.on_hand = self.piece_days / until
        return played

    def _serve_waiting(self) -> None:
        now = min(self.waiting, self.on_hand)
        self.waiting -= now
        self._hand_out(now)

    def _hand_out(self, pieces: float) -> None:
        self.on_hand -= pieces
        self.taken += pieces
        due = int((self.taken + self.rules.left) / self.rules.quantity + 1e-9)
        for _ in range(due - self.signalled):
            self._signal()

    def _signal(self) -> None:
        self.signalled += 1
        self.played.signals.append(self.now)
        back = self.now + self.lead_time(self.now)
        self.coming.append(max(back, self.coming[-1]) if self.coming else back)

    def _pass_to(self, time: float) -> None:
        passed = time - self.now
        self.piece_days += self.on_hand * passed
        if self.on_hand <= 1e-9:
            self.days_out += passed
        self.now = time

    def _note(self) -> None:
        self.played.levels.append((self.now, self.on_hand))
        if self.on_hand <= 1e-9 and self.out_since is None:
            self.out_since = self.now
        elif self.on_hand > 1e-9 and self.out_since is not None:
            self.played.stock_outs.append((self.out_since, self.now))
            self.out_since = None
