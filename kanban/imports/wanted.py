"""What a sheet says of each thing, set beside what the shop holds of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any

from kanban.imports.cells import written
from kanban.imports.row import Row
from kanban.items import Item, ItemFacts, Location
from kanban.loops import Loop, LoopFacts
from kanban.suppliers import OfferFacts, Supplier, SupplierFacts, SupplierItem, prices_of

MINUTES_AN_HOUR = 60

ITEM = {name: name for name in ("name", "unit", "unit_cost", "consequence", "note")}
SUPPLIER = {"kind": "supplier_kind", "email": "supplier_email"}
OFFER = {
    "sku": "supplier_sku",
    "pack_size": "pack_size",
    "minimum_order_quantity": "minimum_order_quantity",
    "order_multiple": "order_multiple",
    "lead_time": "lead_time",
    "prices": "price",
}
LOOP = {
    "card_quantity": "card_quantity",
    "kind": "loop_kind",
    "minimum_cycle": "minimum_cycle",
    "owner": "owner",
    "colour": "colour",
}
"""The facts of each noun that a sheet may tell, and the columns that hold them."""


@dataclass(slots=True, eq=False)
class Wanted:
    """One thing that the sheet speaks of.

    ``row`` is the first row that names it. ``given`` holds the facts that rows tell, ``told`` the row of
    each; ``before`` its facts in the shop (none where it is new), ``after`` those that it shall have (none
    while something is missing). ``id`` is known once it is in the database.
    """

    row: int
    columns: Mapping[str, str]
    before: Any = None
    after: Any = None
    id: int = 0
    given: dict[str, Any] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        return self.before is None

    @property
    def changed(self) -> list[str]:
        """The facts that shall change."""
        if self.before is None or self.after == self.before:
            return []
        return [name for name in self.columns if getattr(self.before, name) != getattr(self.after, name)]

    @property
    def grows(self) -> bool:
        """Whether more of it shall stand on the shelves."""
        return False

    def settle(self) -> None:
        """What is told goes over what was there."""
        self.after = replace(self.before, **self.given) if self.given else self.before


@dataclass(slots=True, eq=False)
class WantedItem(Wanted):
    """An item; ``sku`` as the sheet spells it first."""

    sku: str = ""
    kept: Item | None = None


@dataclass(slots=True, eq=False)
class WantedSupplier(Wanted):
    """A supplier."""

    name: str = ""
    kept: Supplier | None = None


@dataclass(slots=True, eq=False)
class WantedOffer(Wanted):
    """A supplier's offer of an item."""

    item: WantedItem = field(kw_only=True)
    supplier: WantedSupplier = field(kw_only=True)
    kept: SupplierItem | None = None


@dataclass(slots=True, eq=False)
class WantedPlace:
    """A place; ``parent`` is none for a site."""

    row: int
    name: str
    path: str
    depth: int
    parent: WantedPlace | None
    kept: Location | None
    id: int = 0
    site_id: int | None = None


@dataclass(slots=True, eq=False)
class WantedLoop(Wanted):
    """A loop; ``cards`` is how many it shall have, ``held`` how many it has."""

    offer: WantedOffer = field(kw_only=True)
    place: WantedPlace = field(kw_only=True)
    kept: Loop | None = None
    cards: int = 0
    held: int = 0

    @property
    def grows(self) -> bool:
        return self.cards > self.held


def value_of(row: Row, column: str) -> Any:
    """What a cell says, in the domain's units; none where it is empty."""
    value = getattr(row, column)
    if value is None:
        return None
    if column == "price":
        return tuple((each.from_quantity, each.unit_price) for each in value)
    if column == "minimum_cycle":
        return round(value * MINUTES_AN_HOUR)
    return value


def cell_of(column: str, value: Any) -> str | int | Decimal:
    """What a cell of the sheet holds for a fact: :func:`value_of` the other way round."""
    if value is None:
        return ""
    if column == "minimum_cycle":
        return round(Decimal(value) / MINUTES_AN_HOUR, 2) if value else ""
    if column == "price":
        return _prices(value)
    return value if isinstance(value, (int, Decimal)) else str(value)


def facts_of(kept: Item | Supplier | SupplierItem | Loop | None) -> Any:
    """What the shop holds of a thing, as the facts that its verbs take."""
    kinds: dict[type, type] = {
        Item: ItemFacts, Supplier: SupplierFacts, SupplierItem: OfferFacts, Loop: LoopFacts,
    }  # fmt: skip
    if kept is None:
        return None
    kind: Any = kinds[type(kept)]
    facts = {each.name: getattr(kept, each.name) for each in fields(kind) if each.name != "prices"}
    return kind(prices=prices_of(kept), **facts) if isinstance(kept, SupplierItem) else kind(**facts)


def _prices(breaks: tuple[tuple[Decimal, Decimal], ...]) -> str | Decimal:
    if len(breaks) == 1 and breaks[0][0] == 0:
        return breaks[0][1]
    return "; ".join(f"{written(quantity)}:{written(price)}" for quantity, price in breaks)
