"""What importing a sheet would do: told row by row, and counted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from kanban.imports.columns import COLUMNS
from kanban.imports.rows import Parsed, RowError
from kanban.imports.wanted import (
    Wanted,
    WantedItem,
    WantedLoop,
    WantedOffer,
    WantedPlace,
    WantedSupplier,
    cell_of,
)
from kanban.languages import gettext as _
from kanban.languages import ngettext


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that becomes another; ``what`` is the heading of its column."""

    what: str
    old: str
    new: str


@dataclass(slots=True)
class Fate:
    """What becomes of one row. ``new`` names what it makes; both lists empty: it says nothing new."""

    row: int
    sku: str
    name: str
    new: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Count:
    """How many things of one noun the sheet makes, changes and leaves."""

    new: int
    changed: int
    same: int


@dataclass(frozen=True)
class Plan:
    """The fate of every good row, all errors by row, and the things that the rows speak of.

    ``unlooped`` rows name a place but neither cards nor a quantity, so that they make no loop.
    """

    fates: Mapping[int, Fate]
    errors: Sequence[RowError]
    unlooped: int
    items: Sequence[WantedItem]
    suppliers: Sequence[WantedSupplier]
    places: Sequence[WantedPlace]
    offers: Sequence[WantedOffer]
    loops: Sequence[WantedLoop]

    @cached_property
    def counts(self) -> dict[str, Count]:
        """By noun, in the order in which people think of them."""
        new_places = sum(place.kept is None for place in self.places)
        held = sum(loop.held for loop in self.loops)
        cards = sum(loop.cards for loop in self.loops)
        return {
            "items": _count(self.items),
            "suppliers": _count(self.suppliers),
            "offers": _count(self.offers),
            "places": Count(new_places, 0, len(self.places) - new_places),
            "loops": _count(self.loops),
            "cards": Count(max(0, cards - held), 0, held),
        }

    @property
    def changes_anything(self) -> bool:
        return any(count.new or count.changed for count in self.counts.values())

    @property
    def digest(self) -> str:
        """The same for two plans that do the same."""
        told = repr(([*self.fates.values()], [*self.errors]))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def as_plain(plan: Plan, parsed: Parsed) -> dict[str, Any]:
    """The plan for programs: counts, errors, how numbers were read, and what was ignored."""
    return {
        "rows": len(parsed.rows),
        "counts": {noun: asdict(count) for noun, count in plan.counts.items()},
        "errors": [asdict(error) for error in plan.errors],
        "readings": [asdict(reading) | {"number": str(reading.number)} for reading in parsed.readings],
        "ignored": list(parsed.ignored),
        "without_loop": plan.unlooped,
    }


class Headings:
    """The sheet's own heading of each column, or ours where the sheet lacks the column."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self._all = {column.name: column.titles[0] for column in COLUMNS} | dict(own)

    def of(self, column: str) -> str:
        return self._all[column]


def tell(plan: Plan, headings: Headings) -> None:
    """Write into each row's fate what becomes of the things that it is the first to speak of."""
    for item in plan.items:
        _tell_thing(plan.fates, _("item"), item, headings)
    for supplier in plan.suppliers:
        _tell_thing(plan.fates, _("supplier %(name)s", name=supplier.name), supplier, headings)
    for offer in plan.offers:
        _tell_thing(plan.fates, _("offer"), offer, headings)
    # of the new levels of a row the last and longest
    for row, path in {place.row: place.path for place in plan.places if place.kept is None}.items():
        plan.fates[row].new.append(_("place %(path)s", path=path))
    for loop in plan.loops:
        loops = ngettext("loop with %(num)s card", "loop with %(num)s cards", loop.cards)
        _tell_thing(plan.fates, loops, loop, headings)
        if not loop.is_new and loop.cards != loop.held:
            more = Change(headings.of("cards"), str(loop.held), str(loop.cards))
            plan.fates[loop.row].changes.append(more)


def shown(column: str, value: Any) -> str:
    """A fact as people read it, in the sheet's units."""
    cell = cell_of(column, value)
    return format(cell.normalize(), "f") if isinstance(cell, Decimal) else str(cell)


def _tell_thing(fates: Mapping[int, Fate], noun: str, wanted: Wanted, headings: Headings) -> None:
    if wanted.is_new:
        fates[wanted.row].new.append(noun)
    for name in wanted.changed:
        column = wanted.columns[name]
        old, new = getattr(wanted.before, name), getattr(wanted.after, name)
        change = Change(headings.of(column), shown(column, old), shown(column, new))
        fates[wanted.told[name]].changes.append(change)


def _count(things: Sequence[Wanted]) -> Count:
    new = sum(thing.is_new for thing in things)
    changed = sum(bool(thing.changed or thing.grows) for thing in things if not thing.is_new)
    return Count(new, changed, len(things) - new - changed)
