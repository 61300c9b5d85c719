"""What clients were told, and whether the shop's own records say the same."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

CLOSING = frozenset(("received", "short", "withdrawn", "cancelled", "elsewhere"))


class Told(NamedTuple):
    """An answer with 2xx: what the server promised to have done."""

    card: str
    effect: str
    order: int | None
    event: int | None


@dataclass
class Book:
    """Acknowledged answers by key, and every promise that was found broken."""

    told: dict[str, Told] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    _events: dict[str, dict[str, Any]] = field(default_factory=dict)
    _last: dict[str, Any] = field(default_factory=lambda: {"seq": 0, "hash": "0" * 64})
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, kind: str, what: object) -> None:
        with self._lock:
            self.seen[f"FAULT {kind}"] += 1
            self.faults.append(f"{kind}: {what}")

    def count(self, what: str) -> None:
        with self._lock:
            self.seen[what] += 1

    def note(self, key: str, told: Told) -> None:
        """An answer came. The same key must have got the same answer before."""
        with self._lock:
            before = self.told.setdefault(key, told)
            self.seen[told.effect] += before is told
        if before != told:
            self.fault("REPLAY", f"{key}: {before} and then {told}")

    def promised(self) -> dict[str, Told]:
        """What has been acknowledged up to now."""
        with self._lock:
            return dict(self.told)

    @property
    def cursor(self) -> int:
        """The last event that was compared."""
        return int(self._last["seq"])

    def compare_journal(self, events: Iterable[dict[str, Any]], promised: dict[str, Told]) -> None:
        """Add the events that came since, which must follow each other, and look for what was promised."""
        for event in events:
            if event["seq"] != self._last["seq"] + 1 or event["prev_hash"] != self._last["hash"]:
                self.fault("CHAIN", f"event {event['seq']} does not follow {self._last['seq']}")
            if event["key"] in self._events:
                self.fault("KEY TWICE", event["key"])
            if event["key"]:
                self._events[event["key"]] = event
            self._last = event
        for key, told in promised.items():
            event = self._events.get(key)
            if event is None:
                self.fault("LOST", f"{key}: {told}")
            elif not _says(event, told):
                self.fault("OTHERWISE", f"{key}: told {told}, kept {event}")

    def compare_orders(self, turns: list[dict[str, Any]], cards: list[dict[str, Any]]) -> None:
        """One turn for each signal, one open turn at most for each card, each number for one order."""
        sources = Counter(turn["source_key"] for turn in turns)
        signals = {key: event for key, event in self._events.items() if event["effect"] == "signalled"}
        for key, times in sources.items():
            if key not in signals or times != 1:
                self.fault("ORDERED WITHOUT SIGNAL" if key not in signals else "ORDERED TWICE", key)
        for key in signals.keys() - sources.keys():
            self.fault("NOT ORDERED", signals[key])
        waiting = Counter(turn["card"] for turn in turns if turn["closed_at"] is None)
        for card in cards:
            if waiting[card["code"]] != (card["supply"] != "full"):
                self.fault("OPEN TURNS", f"{waiting[card['code']]} of {card}")
        numbers = {(turn["number"], turn["id"]) for turn in turns if turn["number"]}
        if len({number for number, _ in numbers}) != len(numbers):
            self.fault("NUMBER TWICE", sorted(numbers))

    def report(self) -> str:
        """All that was counted, and the first broken promises."""
        told = "  ".join(f"{what} {times:,}" for what, times in sorted(self.seen.items()))
        return "\n".join([f"acknowledged {len(self.told):,}:  {told}", *self.faults[:20]])


def _says(event: dict[str, Any], told: Told) -> bool:
    if told.event is None:  # an order's step: its answer does not name its event
        return event["order"] == told.order and event["effect"] == told.effect
    return (event["card"], event["effect"], event["order"], event["seq"]) == tuple(told)
