"""The life of a card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import bulk, codes, journal
from kanban.languages import gettext as _
from kanban.loops.tables import LIFE_WORDS, MOST_CARDS, NEXT_LIVES, Card, Loop


class LoopClosed(ValueError):
    """The loop is closed: nothing is replenished through it any more."""


class LifeRefused(ValueError):
    """A card cannot go from its life to that one."""


class TooManyCards(ValueError):
    """More cards than a loop can hold."""


def add_cards(
    session: Session,
    deed: journal.Deed,
    loop: Loop,
    count: int,
    life: str = "new",
    leaves_on: date | None = None,
) -> list[Card]:
    """``count`` more cards on the lowest free positions; temporary ones leave after ``leaves_on``.

    Raises :class:`LoopClosed` or :class:`TooManyCards`.
    """
    refuse_closed(loop)
    taken = {card.number for card in cards_in_service(session, loop)}
    free = [number for number in range(1, MOST_CARDS + 1) if number not in taken][:count]
    if len(free) < count:
        raise TooManyCards(_("a loop holds at most %(most)s cards", most=MOST_CARDS))
    cards = [
        Card(loop_id=loop.id, number=number, code=codes.make(), life=life, leaves_on=leaves_on)
        for number in free
    ]
    session.add_all(cards)
    session.flush()
    for card in cards:
        told = {"life": life} | ({"leaves_on": leaves_on} if leaves_on else {})
        journal.append(session, deed, "added", "card", card.id, told, card_id=card.id)
    return cards


def add_first_cards(
    session: Session, deed: journal.Deed, counts: Sequence[tuple[int, int]], life: str = "new"
) -> None:
    """The cards 1 to N of many loops that have none yet, each given as (loop id, N)."""
    rows = [
        {"loop_id": loop_id, "number": number, "code": codes.make(), "life": life}
        for loop_id, count in counts
        for number in range(1, count + 1)
    ]
    ids = bulk.add(session, Card, rows)
    entries = (journal.Entry("added", "card", id, {"life": life}, card_id=id) for id in ids)
    journal.append_all(session, deed, entries)


def set_life(session: Session, deed: journal.Deed, card: Card, life: str, because: str = "") -> None:
    """Bring a card to another life. Raises :class:`LifeRefused` for an impossible step."""
    if life not in NEXT_LIVES[card.life]:
        raise LifeRefused(
            _(
                "a card cannot go from “%(life)s” to “%(wanted)s”",
                life=_(LIFE_WORDS[card.life]),
                wanted=_(LIFE_WORDS[life]),
            )
        )
    card.life, card.retired_because = life, because
    journal.append(session, deed, life, "card", card.id, {"because": because}, card_id=card.id)


def replace(session: Session, deed: journal.Deed, card: Card, because: str) -> Card:
    """Retire a lost or worn card and make a new one, with a new code, at the same position."""
    refuse_closed(card.loop)
    set_life(session, deed, card, "retired", because)
    session.flush()
    successor = Card(loop_id=card.loop_id, number=card.number, code=codes.make(), life="new")
    session.add(successor)
    session.flush()
    journal.append(session, deed, "added", "card", successor.id, {"replaces": card.id}, card_id=successor.id)
    return successor


def note_printed(session: Session, deed: journal.Deed, cards: list[Card]) -> None:
    """Count a print of each card."""
    for card in cards:
        card.print_version += 1
        card.printed_at = deed.at
        card.reprint_requested, card.reprint_because = False, ""
        version = {"version": card.print_version}
        journal.append(session, deed, "printed", "card", card.id, version, card_id=card.id)


def request_reprint(session: Session, deed: journal.Deed, card: Card) -> None:
    """Put a card on the list of those to print again."""
    card.reprint_requested, card.reprint_because = True, "worn"
    journal.append(session, deed, "reprint_requested", "card", card.id, card_id=card.id)


def cards_in_service(session: Session, loop: Loop) -> list[Card]:
    """The loop's cards that are not retired, by number."""
    query = select(Card).where(Card.loop_id == loop.id, Card.life != "retired").order_by(Card.number)
    return list(session.scalars(query))


def by_code(session: Session, code: str) -> Card | None:
    """The card that wears this canonical code now; see ``prints.card_of`` for older labels."""
    return session.scalar(select(Card).where(Card.code == code))


def count_cards(session: Session, loop_id: int) -> int:
    """N: how many cards of a loop are not retired."""
    query = select(func.count()).where(Card.loop_id == loop_id, Card.life != "retired")
    return session.scalar(query) or 0


def refuse_closed(loop: Loop) -> None:
    if loop.closed_at is not None:
        raise LoopClosed(_("this loop is closed"))
