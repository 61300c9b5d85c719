"""At the shelves: bins are emptied and scanned, some twice, some too soon, some through bad Wi-Fi."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import select

from kanban import orders, scans
from kanban.demo.shop import BUSY, Shelf, Shop, at_hour, deed
from kanban.orders import Replenishment
from kanban.scans import Wish
from kanban.scans.look import look

WORKING_DAYS = 5
LATE_UPLOAD = 0.04
SCANNED_AGAIN = 0.05
MARKED_URGENT = 0.3
READ_AGAIN = timedelta(seconds=5)


def use_of_the_day(shop: Shop, shelf: Shelf, day: date) -> None:
    """Plan the scans of the bins that a day's use empties; the use is lumpy, more so for slow items."""
    mean = float(shelf.row.weekly_use) / WORKING_DAYS
    units = mean * shop.rng.gammavariate(shelf.evenness, 1 / shelf.evenness)
    empties = list(shelf.use(units))
    hours = sorted(shop.rng.uniform(*BUSY) for _ in empties)
    for card_id, hour in zip(empties, hours, strict=True):
        plan_signal(shop, card_id, at_hour(day, hour, shop.zone))


def plan_signal(shop: Shop, card_id: int, moment: datetime, *, sure: bool = False) -> None:
    """Somebody will scan the card of an empty bin at ``moment``."""
    shop.plan(moment, partial(signal, shop, card_id, sure=sure))


def signal(shop: Shop, card_id: int, now: datetime, *, sure: bool = False) -> None:
    """Scan the card of an empty bin, and plan what people do next."""
    by = shop.scanner(shop.shelf_of[card_id].area)
    read_at = now - timedelta(seconds=shop.rng.randint(90, 4000)) if shop.chance(LATE_UPLOAD) else None
    answer = scans.scan(shop.session, deed(now, by, read_at), shop.codes[card_id], Wish(sure=sure))
    if answer.effect in ("asked", "stale"):
        plan_signal(shop, card_id, now + READ_AGAIN, sure=True)
    elif answer.effect == "in_service":
        shop.fill(card_id)
    elif answer.effect == "signalled":
        _after_signal(shop, card_id, now)


def _after_signal(shop: Shop, card_id: int, now: datetime) -> None:
    shelf = shop.shelf_of[card_id]
    if not shelf.full and (shelf.row.supplier != "store") and shop.chance(MARKED_URGENT):
        later = now + timedelta(seconds=shop.rng.randint(10, 900))
        shop.plan(later, partial(mark_urgent, shop, card_id))
    if shop.chance(SCANNED_AGAIN):
        later = shop.soon(now, (0.05, 5.0))
        shop.plan(later, partial(_scan_again, shop, card_id))


def mark_urgent(shop: Shop, card_id: int, now: datetime) -> None:
    """Say that the open turn of a card cannot wait."""
    turn = open_turn_of(shop, card_id)
    if turn is not None:
        orders.set_urgent(shop.session, deed(now, shop.scanner(shop.shelf_of[card_id].area)), turn)


def open_turn_of(shop: Shop, card_id: int) -> Replenishment | None:
    """The open turn of a card, or none where it is full."""
    query = select(Replenishment).where(Replenishment.card_id == card_id, Replenishment.closed_at.is_(None))
    return shop.session.scalar(query)


def _scan_again(shop: Shop, card_id: int, now: datetime) -> None:
    """A colleague scans the same empty bin; a card in transit is left alone, for that would receive it."""
    card = look(shop.session, shop.codes[card_id])
    if card is not None and card.supply in ("empty", "ordered"):
        scans.scan(shop.session, deed(now, shop.scanner(shop.shelf_of[card_id].area)), card.code)
