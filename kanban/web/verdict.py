"""What the scan page says: one headline, one sentence, and what the person with the bin may do next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import g

from kanban.items import inside_site
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.scans import Answer, Situation
from kanban.web import photos, rests, security
from kanban.web.formats import units
from kanban.web.running import running

SUPPLY_WORDS = {
    "full": mark("Full"),
    "empty": mark("Empty, to be ordered"),
    "ordered": mark("On order"),
    "in_transit": mark("On its way"),
}

LIFE_WORDS = {
    "new": mark("New"),
    "on_hold": mark("On hold"),
    "surplus": mark("Surplus"),
    "retired": mark("Retired"),
}

REFUSALS = {
    "lost": (
        mark("This card was reported lost"),
        mark("A new card took its place. Put this one in the bin for paper."),
    ),
    "replaced": (mark("This card was replaced"), mark("A newer card is at the bin. Throw this one away.")),
    "surplus": (
        mark("This card leaves the loop"),
        mark("One bin fewer is needed here. Hand the card in; nothing is ordered."),
    ),
    "loop_closed": (mark("Not used any more"), mark("Nothing is ordered with this card now. Hand it in.")),
    "retired": (mark("Not used any more"), mark("Nothing is ordered with this card now. Hand it in.")),
    "on_hold": (mark("This card rests"), mark("It was put on hold. Ask the buyer before you order.")),
    "void_label": (
        mark("This label is void"),
        mark("It was lost or spoiled before it came to its bin. Put it in the bin for paper."),
    ),
    "stranger": (mark("This phone may not order"), mark("Sign in, and scan again.")),
}


@dataclass(frozen=True)
class Action:
    """One more thing to do with this bin in the hand."""

    label: str
    post: str
    fields: dict[str, str] = field(default_factory=dict)
    style: str = ""


@dataclass(frozen=True)
class Undo:
    """Where a press takes the signal back, and for how long it is offered."""

    post: str
    seconds: int
    key: str


@dataclass(frozen=True)
class Verdict:
    """The result of a scan as the page shows it; ``tone`` is colour and shape: done, known, look or no."""

    effect: str
    tone: str
    headline: str
    text: str = ""
    order_number: str | None = None
    order_href: str | None = None
    due: date | str | None = None
    by: str = ""
    at: datetime | None = None
    undo: Undo | None = None
    actions: tuple[Action, ...] = ()


def verdict(answer: Answer) -> Verdict:
    """What to say of an answer about a known card."""
    card = answer.card
    assert card is not None, "an unknown code has a page of its own"
    if answer.effect == "refused" or card.life in ("retired", "on_hold"):
        reason = answer.reason or card.retired_because or card.life
        headline, text = REFUSALS[reason]
        return Verdict("refused", "no" if card.life == "retired" else "look", _(headline), _(text))
    if answer.effect == "already" and card.supply == "full":
        return Verdict("already", "known", _("Nothing to do"), _("This scan changed nothing."))
    said = _SAYINGS[answer.effect](answer, card)
    if said.effect in ("already", "received"):
        return replace(said, text=rests.after(said.text, card))
    return said


def undone(answer: Answer) -> Verdict:
    """The signal was taken back."""
    return Verdict(
        "withdrawn", "done", _("Taken back"), _("Nothing is ordered for this bin. Its card counts as full.")
    )


def card_view(card: Situation, *, stranger: bool) -> dict[str, Any]:
    """The card's facts for the page; a stranger is not told from whom we buy, nor where it stands."""
    word = SUPPLY_WORDS[card.supply] if card.life == "active" else LIFE_WORDS[card.life]
    return {
        "code": card.code,
        "sku": card.sku,
        "item_name": card.item_name,
        "photo": None if stranger else photos.address(card.photo_id, small=True),
        "quantity_text": units(card.card_quantity, card.unit),
        "number": card.number,
        "of": card.of,
        "supplier": "" if stranger else card.supplier,
        "location": "" if stranger else inside_site(card.location),
        "life": card.life,
        "supply": card.supply,
        "replaced_on": card.label_ended_at if card.label_ended == "replaced" else None,
        "supply_word": _(word),
    }


def _signalled(answer: Answer, card: Situation) -> Verdict:
    seconds = int(running().settings.undo.total_seconds())
    undo = Undo(f"/c/{card.code}/withdrawal", seconds, _undo_key(answer))
    text = _(
        "%(quantity)s wait in the next order to %(supplier)s",
        quantity=units(card.card_quantity, card.unit),
        supplier=_ended(card.supplier),
    )
    return Verdict(
        "signalled", "done", _("Ordered"), text, due=_expected(card), undo=undo if seconds else None
    )


def _already(answer: Answer, card: Situation) -> Verdict:
    ordered = _("It is on order at %(supplier)s", supplier=_ended(card.supplier))
    if card.order_state == "confirmed":
        ordered = _("%(supplier)s has confirmed it.", supplier=card.supplier)
    text = {
        "empty": _("It is on the next order to %(supplier)s", supplier=_ended(card.supplier)),
        "ordered": ordered,
        "in_transit": _("It is on its way from %(supplier)s", supplier=_ended(card.supplier)),
    }[card.supply]
    href = f"/orders/{card.order_id}"
    return Verdict(
        "already",
        "known",
        _("Already on order"),
        text,
        order_number=card.order_number,
        order_href=href if card.order_number else None,
        due=_expected(card),
        by=card.signalled_by or _("somebody"),
        at=card.signalled_at,
        actions=_in_hand(card),
    )


def _ended(name: str) -> str:
    """A name at the end of a sentence: ``S.r.l.`` brings its own full stop."""
    return name if name.endswith(".") else f"{name}."


def _expected(card: Situation) -> date:
    return card.expected_day(g.at, running().settings.zone)


def _asked(answer: Answer, card: Situation) -> Verdict:
    if answer.reason == "counted" or (card.counted and not answer.reason):
        return Verdict(
            "asked",
            "look",
            _("How many did you take?"),
            _("What is taken here is counted. More is ordered when it runs low."),
            order_href=f"/loops/{card.loop_id}/stock",
        )
    again = Action(_("Yes, order again"), f"/c/{card.code}/scans", {"sure": "true"}, "primary")
    hours = round(Decimal(card.minimum_cycle.total_seconds()) / 3600, 1)
    text = _(
        "This bin was signalled less than %(hours)s hours ago. Is it really empty?",
        hours=hours,
    )
    return Verdict("asked", "look", _("Emptied again already?"), text, actions=(again,))


def _received(answer: Answer, card: Situation) -> Verdict:
    if card.supply == "full":
        return Verdict(
            "received", "done", _("Received"), _("The card is full again. Put it back with its bin.")
        )
    return Verdict("received", "done", _("Received in part"), _("The rest is still to come."))


def _in_service(answer: Answer, card: Situation) -> Verdict:
    now = Action(_("The bin is empty: order now"), f"/c/{card.code}/scans", {"sure": "true"})
    return Verdict(
        "in_service", "done", _("In service"), _("From now on a scan of this card orders."), actions=(now,)
    )


def _stale(answer: Answer, card: Situation) -> Verdict:
    text = _(
        "The bin was filled after this scan was made, so nothing is ordered. Is it empty now? Scan it again."
    )
    return Verdict("stale", "look", _("This scan came late"), text)


def _nothing(answer: Answer, card: Situation) -> Verdict:
    text = {
        "other_turn": _("The bin was filled since this page was opened. Is it empty now? Scan it again."),
        "other_order": _("That receipt was for another order of this card."),
        "not_on_order": _("This card is full: nothing of it is on order."),
        "not_to_pick": _("This card is full: nothing of it is to be picked."),
        "of_a_firm": _("A firm brings these goods: nothing of them is picked here."),
    }.get(answer.reason, "")
    return Verdict("nothing", "look", _("Nothing to do"), text)


def _withdrawn(answer: Answer, card: Situation) -> Verdict:
    return undone(answer)


def _picked(answer: Answer, card: Situation) -> Verdict:
    text = _("The goods are on their way to %(place)s.", place=inside_site(card.location))
    seconds = int(running().settings.undo.total_seconds())
    undo = Undo(f"/picking/{card.code}/withdrawal", seconds, _undo_key(answer)) if seconds else None
    return Verdict("picked", "done", _("On its way"), text, undo=undo)


def _put_back(answer: Answer, card: Situation) -> Verdict:
    return Verdict("put_back", "done", _("Put back"), _("The goods are here, and on the list again."))


_SAYINGS = {
    "picked": _picked,
    "put_back": _put_back,
    "signalled": _signalled,
    "already": _already,
    "asked": _asked,
    "received": _received,
    "in_service": _in_service,
    "stale": _stale,
    "nothing": _nothing,
    "withdrawn": _withdrawn,
}


def _in_hand(card: Situation) -> tuple[Action, ...]:
    """What a person may want who holds a bin that is on order already, as far as they may."""
    who, actions = security.who(), []
    if card.internal and card.supply in ("empty", "ordered") and who.may("operator"):
        made = card.loop_kind == "production"
        word = _("Made: it is on its way") if made else _("Picked: it is on its way")
        actions.append(Action(word, f"/c/{card.code}/scans", {"mode": "pick"}, "primary"))
    if card.supply == "ordered" and who.may("operator"):
        actions.append(
            Action(_("It is here: receive"), f"/c/{card.code}/scans", {"mode": "receive"}, "primary")
        )
    if not card.urgent and who.may("signaller"):
        actions.append(Action(_("Urgent"), f"/c/{card.code}/urgent"))
    if who.may("operator"):
        actions.append(Action(_("Need one more"), f"/c/{card.code}/extra"))
        actions.append(Action(_("Bought elsewhere"), f"/c/{card.code}/elsewhere"))
    if who.may("signaller"):
        actions.append(Action(_("Label is worn"), f"/c/{card.code}/reprint"))
    return tuple(actions)


def _undo_key(answer: Answer) -> str:
    """The key of the one *Undo* that this signal can have: a second press is a replay."""
    return f"undo-{answer.event_id}"
