"""What somebody wants of a scan, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from kanban.scans.look import Situation

UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person with the bin in the hand wants beyond the plain scan.

    ``mode`` *receive* takes goods in although the order is only *ordered*; *pick* says that the goods
    leave their store or work centre, and ``emptied`` is the code of the bin there of which that took the
    last; ``zone`` is the shop's. ``quantity`` is a part receipt; ``sure`` answers "emptied again
    already?"; ``order_id`` names the order that a receipt is for, so that a late one cannot hit another.
    Without ``may_receive`` a card in transit is only looked at. ``cycle`` is the turn that the scan would
    open: it opens no other.
    """

    mode: str = "signal"
    quantity: Decimal | None = None
    sure: bool = False
    order_id: int | None = None
    may_receive: bool = True
    cycle: int | None = None
    emptied: str = ""
    zone: ZoneInfo = UTC_ZONE


@dataclass(frozen=True, slots=True)
class Answer:
    """What a scan did. ``effect`` is the word that the journal holds.

    ``signalled`` queued · ``already`` nothing new, the card is on order · ``asked`` not yet, confirm
    first · ``received`` taken in · ``picked`` left its store or work centre · ``in_service`` a new card was
    put into service · ``stale`` an old scan came late, nothing ordered · ``nothing`` not for this turn,
    nothing done · ``refused`` (see ``reason``) · ``withdrawn`` undone ·
    ``put_back`` not picked after all.
    """

    effect: str
    key: str | None
    event_id: int
    order_id: int | None = None
    reason: str = ""
    card: Situation | None = None
    replayed: bool = False
