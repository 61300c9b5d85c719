"""A sheet into the shop: in one transaction, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from kanban import items, journal, loops, suppliers
from kanban.imports.fates import Plan
from kanban.imports.planning import plan
from kanban.imports.rows import Parsed
from kanban.imports.wanted import WantedPlace
from kanban.languages import gettext as _
from kanban.languages import ngettext


class SheetRefused(ValueError):
    """The sheet cannot be imported as it is; ``plan`` says why. Nothing was changed."""

    def __init__(self, refused: Plan) -> None:
        super().__init__(
            ngettext(
                "%(num)s cell needs your attention", "%(num)s cells need your attention", len(refused.errors)
            )
        )
        self.plan = refused


class PlanChanged(ValueError):
    """The shop has changed since the preview, so that the import would do something else now."""


@dataclass(frozen=True)
class Applied:
    """What an import made and changed by noun, and the number of its event; none where nothing was new."""

    counts: Mapping[str, Mapping[str, int]]
    event_id: int | None


def apply(
    session: Session, deed: journal.Deed, parsed: Parsed, currency: str, seen: str | None = None
) -> Applied:
    """Make and change everything that the rows say; cards are in service at once.

    ``seen`` is the digest of the plan that a person agreed to. Raises :class:`SheetRefused` or
    :class:`PlanChanged`, with nothing written.
    """
    planned = plan(session, parsed, currency)
    if planned.errors:
        raise SheetRefused(planned)
    if seen is not None and seen != planned.digest:
        raise PlanChanged(_("Something that the sheet speaks of was changed meanwhile: look at it again."))
    counts = {noun: {"new": each.new, "changed": each.changed} for noun, each in planned.counts.items()}
    if not planned.changes_anything:
        return Applied(counts, None)
    event_id = journal.append(session, deed, "imported", "sheet", facts=counts)
    _keep_items(session, deed, planned)
    _keep_suppliers(session, deed, planned)
    for _depth_of, level in groupby(sorted(planned.places, key=_depth), key=_depth):
        _keep_places(session, deed, [place for place in level if place.kept is None])
    _keep_offers(session, deed, planned)
    _keep_loops(session, deed, planned)
    return Applied(counts, event_id)


def _keep_items(session: Session, deed: journal.Deed, planned: Plan) -> None:
    new = [item for item in planned.items if item.is_new]
    _number(new, items.add_all(session, deed, [item.after for item in new]))
    for item in planned.items:
        if item.kept and item.changed:
            items.change(session, deed, item.kept, item.after)


def _keep_suppliers(session: Session, deed: journal.Deed, planned: Plan) -> None:
    for supplier in planned.suppliers:
        if supplier.kept is None:
            supplier.id = suppliers.add(session, deed, supplier.after).id
        elif supplier.changed:
            suppliers.change(session, deed, supplier.kept, supplier.after)


def _keep_places(session: Session, deed: journal.Deed, new: list[WantedPlace]) -> None:
    rows = [
        items.NewLocation(
            place.name,
            place.path,
            place.parent.id if place.parent else None,
            place.parent.site_id if place.parent else None,
        )
        for place in new
    ]
    _number(new, items.add_locations(session, deed, rows))
    for place in new:
        place.site_id = place.parent.site_id if place.parent else place.id


def _keep_offers(session: Session, deed: journal.Deed, planned: Plan) -> None:
    new = [offer for offer in planned.offers if offer.is_new]
    rows = [suppliers.NewOffer(offer.supplier.id, offer.item.id, offer.after) for offer in new]
    _number(new, suppliers.add_offers(session, deed, rows))
    for offer in planned.offers:
        if offer.kept and offer.changed:
            suppliers.change_offer(session, deed, offer.kept, offer.after)


def _keep_loops(session: Session, deed: journal.Deed, planned: Plan) -> None:
    new = [loop for loop in planned.loops if loop.is_new]
    rows = [loops.NewLoop(loop.offer.item.id, loop.place.id, loop.offer.id, loop.after) for loop in new]
    _number(new, loops.add_all(session, deed, rows))
    loops.add_first_cards(session, deed, [(loop.id, loop.cards) for loop in new], "active")
    with session.no_autoflush:  # else each change would be written before the next one is looked up
        for loop in planned.loops:
            if loop.changed and loop.kept and loop.place.kept and loop.offer.kept:
                loops.change(session, deed, loop.kept, loop.place.kept, loop.offer.kept, loop.after)
    for loop in planned.loops:
        if loop.kept and loop.grows:
            loops.add_cards(session, deed, loop.kept, loop.cards - loop.held, "active")


def _number(things: list[Any], ids: list[int]) -> None:
    for thing, row_id in zip(things, ids, strict=True):
        thing.id = row_id


def _depth(place: WantedPlace) -> int:
    return place.depth
