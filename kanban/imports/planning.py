"""Every row's fate, before anything is written: what is new, what changes, what contradicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from kanban.imports import stock
from kanban.imports.fates import Fate, Headings, Plan, shown, tell
from kanban.imports.row import Row
from kanban.imports.rows import LONGEST_SHOWN, Parsed, RowError
from kanban.imports.wanted import (
    ITEM,
    LOOP,
    OFFER,
    SUPPLIER,
    Wanted,
    WantedItem,
    WantedLoop,
    WantedOffer,
    WantedPlace,
    WantedSupplier,
    facts_of,
    value_of,
)
from kanban.items import PATH_SEPARATOR, ItemFacts, fold
from kanban.languages import gettext as _
from kanban.languages import ngettext
from kanban.loops import MOST_CARDS, LoopFacts
from kanban.suppliers import OfferFacts, SupplierFacts

W = TypeVar("W", bound=Wanted)

MAX_KEY = 400  # characters of a SKU or name once compatibility characters are spelled out
MAX_PATH = 600  # characters of a place with all that it stands in; an index of PostgreSQL holds no more
LOOP_CELLS = ("cards", *LOOP.values())
LOOP_KIND = {"external": "purchase", "internal": "transfer"}
"""How a supplier of each kind replenishes, unless the sheet says otherwise."""


def plan(session: Session, parsed: Parsed, currency: str) -> Plan:
    """What importing these rows would do to the shop as it is now; ``currency`` is the shop's."""
    planner = _Planner(parsed, stock.read(session, [row for _, row in parsed.rows]), currency)
    for number, row in parsed.rows:
        planner.take(number, row)
    return planner.finish()


class _Planner:
    """Collects what the rows say of each thing, then compares that with the stock."""

    def __init__(self, parsed: Parsed, held: stock.Stock, currency: str) -> None:
        self.parsed, self.stock, self.currency = parsed, held, currency
        self.headings = Headings(parsed.headings)
        self.fates: dict[int, Fate] = {}
        self.errors = list(parsed.errors)
        self.items: dict[str, WantedItem] = {}
        self.suppliers: dict[str, WantedSupplier] = {}
        self.places: dict[str, WantedPlace] = {}
        self.offers: dict[tuple[int, int], WantedOffer] = {}
        self.loops: dict[tuple[int, int], list[WantedLoop]] = {}
        self.unlooped = 0

    def take(self, number: int, row: Row) -> None:
        """Note what one row says, and where it contradicts itself or a row before."""
        before = len(self.errors)
        self._check_alone(number, row)
        if len(self.errors) > before:
            return
        self.fates[number] = Fate(number, row.sku, row.name or "")
        item = self._item(number, row)
        supplier = self._supplier(number, row) if row.supplier else None
        place = self._place(number, row.location) if row.location else None
        if supplier:
            offer = self._offer(number, row, item, supplier)
            if place and any(getattr(row, column) is not None for column in LOOP_CELLS):
                self._loop(number, row, offer, place)
                return
        self.unlooped += place is not None

    def finish(self) -> Plan:
        """Compare what was noted with what there is."""
        for item in self.items.values():
            self._settle(item, ItemFacts, "name", sku=item.sku)
        for supplier in self.suppliers.values():
            self._settle(supplier, SupplierFacts, name=supplier.name)
        for offer in self.offers.values():
            self._settle(offer, OfferFacts)
        for same in self.loops.values():
            self._settle_loops(same)
        for fate in self.fates.values():
            item = self.items[fold(fate.sku)]
            fate.name = item.after.name if item.after else fate.name
        planned = Plan(
            self.fates,
            sorted(self.errors, key=lambda error: error.row),
            self.unlooped,
            list(self.items.values()),
            list(self.suppliers.values()),
            list(self.places.values()),
            list(self.offers.values()),
            [loop for same in self.loops.values() for loop in same],
        )
        tell(planned, self.headings)
        return planned

    # One row

    def _check_alone(self, number: int, row: Row) -> None:
        if row.currency not in (None, self.currency):
            self._wrong(
                number,
                "currency",
                row.currency,
                _("is not %(currency)s, in which this shop counts", currency=self.currency),
            )
        for column, key in (("sku", row.sku), ("supplier", row.supplier)):
            if key and len(fold(key)) > MAX_KEY:
                self._wrong(
                    number,
                    column,
                    key,
                    _("is longer than %(most)s characters when spelled out", most=MAX_KEY),
                )
        if row.location and len(stock.place_key(row.location)) > MAX_PATH:
            self._wrong(
                number,
                "location",
                row.location[-1],
                _("is longer than %(most)s characters with all levels", most=MAX_PATH),
            )
        if not row.supplier:
            self._need(number, row, "supplier", (*SUPPLIER.values(), *OFFER.values(), *LOOP_CELLS))
        if not row.location:
            self._need(number, row, "location", LOOP_CELLS)

    def _need(self, number: int, row: Row, missing: str, columns: tuple[str, ...]) -> None:
        for column in columns:
            if getattr(row, column) is not None:
                filled = shown(column, value_of(row, column))
                said = _(
                    "is empty, but %(column)s is filled: %(filled)s",
                    column=self.headings.of(column),
                    filled=filled,
                )
                self._wrong(number, missing, "", said)
                return

    def _item(self, number: int, row: Row) -> WantedItem:
        key = fold(row.sku)
        item = self.items.get(key)
        if item is None:
            kept = self.stock.items.get(key)
            item = WantedItem(number, ITEM, facts_of(kept), id=kept.id if kept else 0, sku=row.sku, kept=kept)
            self.items[key] = item
        return self._note(number, row, item)

    def _supplier(self, number: int, row: Row) -> WantedSupplier:
        name = row.supplier or ""
        key = fold(name)
        supplier = self.suppliers.get(key)
        if supplier is None:
            kept = self.stock.suppliers.get(key)
            supplier = WantedSupplier(
                number, SUPPLIER, facts_of(kept), id=kept.id if kept else 0, name=name, kept=kept
            )
            self.suppliers[key] = supplier
        return self._note(number, row, supplier)

    def _offer(self, number: int, row: Row, item: WantedItem, supplier: WantedSupplier) -> WantedOffer:
        key = (id(item), id(supplier))
        offer = self.offers.get(key)
        if offer is None:
            kept = self.stock.offers.get((item.id, supplier.id))
            offer = WantedOffer(
                number,
                OFFER,
                facts_of(kept),
                id=kept.id if kept else 0,
                item=item,
                supplier=supplier,
                kept=kept,
            )
            self.offers[key] = offer
        return self._note(number, row, offer)

    def _place(self, number: int, names: tuple[str, ...]) -> WantedPlace:
        parent: WantedPlace | None = None
        for path in stock.levels(names):
            key = stock.place_key(path)
            place = self.places.get(key)
            if place is None:
                kept = self.stock.places.get(key)
                spelled = f"{parent.path}{PATH_SEPARATOR}{path[-1]}" if parent else path[-1]
                place = WantedPlace(number, path[-1], kept.path if kept else spelled, len(path), parent, kept)
                if kept:
                    place.id, place.site_id = kept.id, kept.site_id
                self.places[key] = place
            parent = place
        assert parent is not None, "a path has levels"
        return parent

    def _loop(self, number: int, row: Row, offer: WantedOffer, place: WantedPlace) -> None:
        """The n-th row of one item, supplier and place means the n-th loop that there is."""
        same = self.loops.setdefault((id(offer), id(place)), [])
        kept = self.stock.loops.get((offer.id, place.id), [])
        if len(same) >= max(1, len(kept)):
            said = _(
                "is the same item, supplier and place as in row %(row)s: one loop needs one row",
                row=str(same[-1].row),
            )
            self._wrong(number, "location", place.path, said)
            return
        this = kept[len(same)] if kept else None
        loop = WantedLoop(
            number, LOOP, facts_of(this), id=this.id if this else 0, offer=offer, place=place, kept=this
        )
        held = self.stock.cards.get(loop.id, stock.Cards())
        loop.held = held.staying
        loop.cards = held.staying if row.cards is None else row.cards
        same.append(self._note(number, row, loop))
        if loop.cards < held.staying:
            said = ngettext(
                "is less than the %(num)s card that the loop has: take cards out on the loop’s own page",
                "is less than the %(num)s cards that the loop has: take cards out on the loop’s own page",
                held.staying,
            )
            self._wrong(number, "cards", str(row.cards), said)
        if loop.cards + held.leaving > MOST_CARDS:
            self._wrong(
                number,
                "cards",
                str(row.cards),
                ngettext(
                    "is too many: %(num)s more is still leaving",
                    "is too many: %(num)s more are still leaving",
                    held.leaving,
                ),
            )

    def _note(self, number: int, row: Row, wanted: W) -> W:
        for name, column in wanted.columns.items():
            value = value_of(row, column)
            if value is None:
                continue
            if name not in wanted.given:
                wanted.given[name], wanted.told[name] = value, number
            elif wanted.given[name] != value:
                other = shown(column, wanted.given[name])
                self._wrong(
                    number,
                    column,
                    shown(column, value),
                    _("contradicts row %(row)s: %(other)s", row=str(wanted.told[name]), other=other),
                )
        return wanted

    # All rows

    def _settle(self, wanted: Wanted, facts: Callable[..., Any], needed: str = "", **identity: str) -> None:
        if not wanted.is_new:
            wanted.settle()
        elif needed and needed not in wanted.given:
            self._wrong(wanted.row, wanted.columns[needed], "", _("is empty, and what is new needs it"))
        else:
            wanted.after = facts(**identity, **wanted.given)

    def _settle_loops(self, loops: list[WantedLoop]) -> None:
        first = loops[0]
        kept = self.stock.loops.get((first.offer.id, first.place.id), [])
        if len(loops) < len(kept):
            said = _(
                "has %(count)s loops of this item from this supplier: change them on their own pages",
                count=len(kept),
            )
            self._wrong(first.row, "location", first.place.path, said)
        for loop in loops:
            if loop.is_new:
                kind = loop.offer.supplier.after.kind
                loop.given.setdefault("kind", LOOP_KIND[kind])
                if not loop.cards:
                    self._wrong(
                        loop.row,
                        "cards",
                        "",
                        _("is empty, and a new loop needs it: 2 where there are two bins"),
                    )
            self._settle(loop, LoopFacts, "card_quantity")

    def _wrong(self, number: int, column: str, value: str | None, message: str) -> None:
        self.errors.append(RowError(number, self.headings.of(column), (value or "")[:LONGEST_SHOWN], message))
