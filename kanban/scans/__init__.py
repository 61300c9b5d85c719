"""What a scan means. The card's state decides; every scan, refused ones too, is in the journal.

:func:`look` reads a card's whole situation in one statement. :func:`scan` acts on it: a full card is
signalled, an empty one answers what is known already, one that is in transit is received, a new one
goes into service. Each is one transaction of the caller, and says in an :class:`Answer` what happened.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from kanban import codes, journal, loops, orders, prints, receipts, suppliers
from kanban.db import Statement
from kanban.items import PATH_SEPARATOR
from kanban.languages import gettext as _
from kanban.orders import Replenishment
from kanban.orders.queue import Source
from kanban.scans.answers import Answer, Wish
from kanban.scans.lateness import gesture_time, is_before, is_soon, is_stale
from kanban.scans.look import Situation, look

__all__ = [
    "Answer",
    "NotUpstream",
    "NothingToUndo",
    "Situation",
    "TooLate",
    "Wish",
    "gesture_time",
    "look",
    "put_back",
    "refuse_stranger",
    "scan",
    "undo",
]

PLAIN = Wish()
"""A scan and nothing more."""
UNDO_GRACE = timedelta(seconds=5)
"""The time that an *Undo* tapped in the last moment may need through a bad network."""


class TooLate(ValueError):
    """The time for *Undo* is over."""


class NotUpstream(ValueError):
    """A bin that does not feed the card whose goods were picked."""


class NothingToUndo(ValueError):
    """There is no signal of this card to take back."""


_FEEDS = Statement(  # only our own constants are put into it
    f"""SELECT u.id FROM card c JOIN loop l ON l.id = c.loop_id
 JOIN supplier_item si ON si.id = l.supplier_item_id
 JOIN supplier_place sp ON sp.supplier_id = si.supplier_id JOIN location a ON a.id = sp.location_id
 JOIN loop u ON u.item_id = l.item_id AND u.id <> l.id JOIN location b ON b.id = u.location_id
 JOIN card k ON k.loop_id = u.id WHERE c.id = :card_id AND k.id = :emptied_id AND {suppliers.INSIDE}"""
)
_FIND_KEY = Statement("SELECT id FROM event WHERE key = :key")


def scan(session: Session, deed: journal.Deed, text: str, wish: Wish = PLAIN) -> Answer:
    """Act on a scanned or typed code. Never raises for what a card or a code may be; see :class:`Answer`.

    A replay of the deed's key gives the first answer and changes nothing; raises
    :class:`journal.KeyReused` where the key was used for something else.
    """
    if deed.key and _FIND_KEY.first(session, key=deed.key):
        return _first_answer(session, deed)
    try:
        code = codes.read(text)
    except codes.BadCode:
        return _refuse(session, deed, None, "not_a_code", text=text[:20])
    card = look(session, code)
    if card is None:
        reason = "blank" if prints.is_blank(session, code) else "unknown"
        return _refuse(session, deed, None, reason, text=code)
    answer = _act(session, deed, card, wish)
    if card.label_ended == "replaced":
        _note_old_label(session, deed, card)
    return answer


def refuse_stranger(session: Session, deed: journal.Deed, text: str) -> Answer:
    """Note in the journal that somebody who may not signal tried to, and change nothing else.

    Only a code that some card really has is noted: whoever has none cannot fill the journal. The key
    stays free: after signing in, the same gesture may be sent again and counts.
    """
    try:
        card = look(session, codes.read(text))
    except codes.BadCode:
        card = None
    if card is None:
        return Answer("refused", deed.key, 0, reason="unknown")
    return _refuse(session, replace(deed, key=None), card, "stranger")


def undo(
    session: Session, deed: journal.Deed, code: str, *, window: timedelta, anyway: bool = False
) -> Answer:
    """Take the card's open signal back within ``window`` of it; ``anyway`` (a buyer) at any time.

    Raises :class:`NothingToUndo`, :class:`TooLate`, :class:`orders.AlreadyReleased`.
    """
    if journal.replayed(session, deed):
        return _first_answer(session, deed)
    card = look(session, code)
    if card is None or card.turn_id is None or card.signalled_at is None:
        raise NothingToUndo(_("this card has no open signal"))
    turn = session.get_one(Replenishment, card.turn_id)
    recorded = session.get_one(journal.Event, turn.signal_event_id).recorded_at
    if not anyway and card.order_state == "draft" and deed.at - recorded > window + UNDO_GRACE:
        raise TooLate(_("the time for undo is over: ask a buyer to take it off the order"))
    orders.withdraw(session, deed, turn)
    return Answer("withdrawn", deed.key, journal.revision(session), card.order_id, card=look(session, code))


def put_back(
    session: Session, deed: journal.Deed, code: str, *, window: timedelta, anyway: bool = False
) -> Answer:
    """The goods of a card were not picked after all, said within ``window`` of the pick; ``anyway`` (a buyer)
    at any time before they are received. A bin that was signalled as emptied by it stays signalled.

    Raises :class:`NothingToUndo`, :class:`TooLate`, :class:`orders.NotAllowed`.
    """
    if journal.replayed(session, deed):
        return _first_answer(session, deed)
    card = look(session, code)
    turn = session.get(Replenishment, card.turn_id) if card and card.turn_id else None
    if card is None or turn is None or turn.shipped_at is None:
        raise NothingToUndo(_("nothing of this card was picked, or it is received already"))
    if not anyway and deed.at - turn.shipped_at > window + UNDO_GRACE:
        raise TooLate(_("the time for undo is over: ask a buyer to put it back on the list"))
    orders.put_back(session, deed, turn)
    now = look(session, card.label_code)
    return Answer("put_back", deed.key, journal.revision(session), card.order_id, card=now)


def _act(session: Session, deed: journal.Deed, card: Situation, wish: Wish) -> Answer:
    if card.life in ("retired", "on_hold"):
        reason = card.retired_because if card.life == "retired" else "on_hold"
        return _refuse(session, deed, card, reason or "retired")
    if card.label_ended == "void":
        return _refuse(session, deed, card, "void_label")
    if wish.order_id is not None and wish.mode == "receive" and wish.order_id != card.order_id:
        return _note(session, deed, card, "nothing", reason="other_order")
    if is_stale(deed, card):
        return _note(session, deed, card, "stale")
    if wish.mode == "pick":
        return _pick(session, deed, card, wish)
    if wish.cycle is not None and card.supply == "full" and wish.cycle != card.last_cycle + 1:
        return _note(session, deed, card, "nothing", reason="other_turn")
    if card.supply == "full":
        return _full_card(session, deed, card, wish)
    comes = card.supply == "in_transit" or (card.supply == "ordered" and wish.mode == "receive")
    if comes and wish.may_receive and not is_before(deed, card.order_left_at):
        return _receive(session, deed, card, wish)
    return _note(session, deed, card, "already")


def _full_card(session: Session, deed: journal.Deed, card: Situation, wish: Wish) -> Answer:
    if wish.mode == "receive":
        return _note(session, deed, card, "nothing", reason="not_on_order")
    if card.life == "new":
        answer = _note(session, deed, replace(card, life="active"), "in_service")
        loops.set_life(session, deed, session.get_one(loops.Card, card.card_id), "active")
        return answer
    if card.loop_closed:
        return _refuse(session, deed, card, "loop_closed")
    if card.life == "surplus":
        answer = _refuse(session, deed, card, "surplus")
        loops.set_life(session, deed, session.get_one(loops.Card, card.card_id), "retired", "surplus")
        return answer
    if not wish.sure and card.counted:
        return _note(session, deed, card, "asked", reason="counted")
    if not wish.sure and is_soon(deed, card):
        return _note(session, deed, card, "asked")
    return _signal(session, deed, card)


def _signal(session: Session, deed: journal.Deed, card: Situation) -> Answer:
    line = card.draft or orders.draft_line(
        session, deed, Source(card.supplier_id, card.supplier_item_id, card.ship_to_id)
    )
    event_id = orders.open_turn(
        session,
        deed,
        card_id=card.card_id,
        cycle=card.last_cycle + 1,
        quantity=card.card_quantity,
        line=line,
    )
    signalled = replace(card, supply="empty", order_id=line[0], order_state="draft", signalled_at=deed.at)
    return Answer("signalled", deed.key, event_id, line[0], card=signalled)


def _receive(session: Session, deed: journal.Deed, card: Situation, wish: Wish) -> Answer:
    turn = session.get_one(Replenishment, card.turn_id)
    event_id = journal.revision(session) + 1  # the receipt's: it carries the key, others follow it
    receipts.receive_card(session, deed, turn, wish.quantity)
    session.flush()
    now = look(session, card.label_code)
    return Answer("received", deed.key, event_id, card.order_id, card=now)


def _pick(session: Session, deed: journal.Deed, card: Situation, wish: Wish) -> Answer:
    """The goods leave their source. A bin that this emptied there is signalled by the same gesture."""
    if card.supply == "in_transit":
        return _note(session, deed, card, "already")
    if card.turn_id is None or not card.internal:
        return _note(session, deed, card, "nothing", reason="not_to_pick" if card.internal else "of_a_firm")
    event_id = _note(session, deed, card, "picked").event_id
    orders.pick(session, deed, session.get_one(Replenishment, card.turn_id), wish.zone)
    session.flush()
    if wish.emptied:
        _signal_upstream(session, deed, card, wish.emptied)
    return Answer("picked", deed.key, event_id, card.order_id, card=look(session, card.code))


def _signal_upstream(session: Session, deed: journal.Deed, card: Situation, text: str) -> None:
    """The supermarket's bin is empty: its own loop is signalled, if it is one that feeds this card."""
    code = codes.read(text)
    emptied = look(session, code)
    if emptied is None or not _FEEDS.value(
        session, card_id=card.card_id, emptied_id=emptied.card_id, separator=PATH_SEPARATOR
    ):
        raise NotUpstream(_("that bin is not one from which %(sku)s is picked for this card", sku=card.sku))
    scan(session, replace(deed, key=None, fingerprint=None), code, Wish(sure=True, may_receive=False))


def _note(session: Session, deed: journal.Deed, card: Situation, effect: str, reason: str = "") -> Answer:
    facts = {"reason": reason} if reason else {}
    event_id = journal.append(
        session, deed, effect, "scan", None, facts, card_id=card.card_id, order_id=card.order_id
    )
    return Answer(effect, deed.key, event_id, card.order_id, reason, card)


def _note_old_label(session: Session, deed: journal.Deed, card: Situation) -> None:
    """The scan counted, but this label should be in the bin for paper: somebody should see that."""
    facts = {"label": card.label_code}
    journal.append(session, deed, "old_label", "card", card.card_id, facts, card_id=card.card_id)


def _refuse(
    session: Session, deed: journal.Deed, card: Situation | None, reason: str, text: str = ""
) -> Answer:
    facts = {"reason": reason} | ({"text": text} if text else {})
    event_id = journal.append(
        session, deed, "refused", "scan", None, facts, card_id=card.card_id if card else None
    )
    return Answer("refused", deed.key, event_id, None, reason, card)


def _first_answer(session: Session, deed: journal.Deed) -> Answer:
    first = journal.replayed(session, deed)
    assert first is not None, "the caller saw the key in the journal"
    card = session.get(loops.Card, first.card_id) if first.card_id else None
    return Answer(
        first.kind,
        first.key,
        first.id,
        first.order_id,
        first.facts.get("reason", ""),
        look(session, card.code) if card else None,
        replayed=True,
    )
