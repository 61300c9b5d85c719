"""What a press or a scan does: each verb of a card at an address of its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import jsonify, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import codes, journal, loops, orders, people, prints, scans
from kanban.languages import gettext as _
from kanban.web import nonces, respond, security
from kanban.web.running import running
from kanban.web.scan.answers import answered, press_instead
from kanban.web.scan.blueprint import bp
from kanban.web.scan.pages import shown
from kanban.web.scan.reading import Scan, may_scan, refusal, sent_scan
from kanban.web.verdict import Verdict

ANYONES_SCANS = people.Limit(30, timedelta(minutes=10))
"""Scans that a stranger's address may make, where a shop lets anyone signal who holds a card."""


@bp.post("/c/<code>/scans")
@security.access(security.ANYONE)
def scan(code: str) -> AnyResponse:
    """Act on a scan of the card."""
    sent = sent_scan()
    this = respond.deed("scan", age_milliseconds=sent.age_ms)
    if not may_scan(sent):
        respond.write(lambda session: scans.refuse_stranger(session, this, code))
        raise refusal()
    try:
        wish = sent.wish(_own_turn(sent, this, code))
    except nonces.BadNonce:
        return press_instead(code)
    who, address = security.who(), request.remote_addr

    def act(session: Session) -> scans.Answer:
        if not who.role:
            people.count(session, f"anyone {address}", ANYONES_SCANS, this.at)
        return scans.scan(session, this, code, wish)

    return answered(respond.write(act))


@bp.post("/c/<code>/receipt")
@security.access("operator")
def receive(code: str) -> AnyResponse:
    """The card's goods are here, whole: one press on the board."""
    this = respond.deed("web")
    wish = scans.Wish("receive")
    answer = respond.write(lambda session: scans.scan(session, this, code, wish))
    return respond.back_to_board() or answered(answer)


@bp.post("/c/<code>/withdrawal")
@security.access(security.ANYONE)
def undo(code: str) -> AnyResponse:
    """Take the open signal back."""
    if not may_scan(Scan()):
        raise refusal()
    this = respond.deed("scan")
    anyway = security.who().may("buyer")
    window = running().settings.undo
    answer = respond.write(
        lambda session: scans.undo(session, this, codes.read(code), window=window, anyway=anyway)
    )
    return answered(answer)


@bp.post("/c/<code>/urgent")
@security.access("signaller")
def urgent(code: str) -> AnyResponse:
    """This one cannot wait."""
    return _tell(code, _urgent, _("Marked urgent"), _("The buyer sees it on top of the board."))


@bp.post("/c/<code>/extra")
@security.access("operator")
def extra(code: str) -> AnyResponse:
    """One more bin is needed than the cards bring."""
    return _tell(code, _extra, _("One more is coming"), _("One more bin’s quantity joined the next order."))


@bp.post("/c/<code>/elsewhere")
@security.access("operator")
def elsewhere(code: str) -> AnyResponse:
    """The bin was filled from elsewhere."""
    return _tell(code, _elsewhere, _("Noted: the bin is full"), _("What was ordered stays on its order."))


@bp.post("/c/<code>/reprint")
@security.access("signaller")
def reprint(code: str) -> AnyResponse:
    """The label is worn."""
    return _tell(
        code, loops.request_reprint, _("A new label is on the list"), _("It waits in “Cards and labels”.")
    )


def _urgent(session: Session, deed: journal.Deed, card: loops.Card) -> None:
    orders.set_urgent(session, deed, orders.needed_turn_of(session, card))


def _extra(session: Session, deed: journal.Deed, card: loops.Card) -> None:
    orders.add_extra(session, deed, card)


def _elsewhere(session: Session, deed: journal.Deed, card: loops.Card) -> None:
    orders.close_turn(session, deed, orders.needed_turn_of(session, card), "elsewhere")


def _tell(code: str, verb: Any, headline: str, text: str) -> AnyResponse:
    """Do a verb of the card's once, and say so on the card's page."""
    this = respond.deed("scan")

    def once(session: Session) -> scans.Situation:
        card = prints.card_of(session, codes.read(code))
        if card is None:
            raise codes.BadCode(_("no card has this code"))
        if not journal.replayed(session, this):
            verb(session, this, card)
        seen = scans.look(session, card.code)
        assert seen is not None, "the card was there a moment ago"
        return seen

    card = respond.write(once)
    if respond.wants_json():
        return jsonify({"key": this.key, "effect": request.path.rsplit("/", 1)[-1], "order": card.order_id})
    return shown(card, Verdict("done", "done", headline, text))


def _own_turn(sent: Scan, this: journal.Deed, code: str) -> int | None:
    """The turn that a page signals by itself; none where somebody pressed. Raises ``nonces.BadNonce``."""
    if sent.nonce is None:
        return None
    return nonces.take(sent.nonce, this.key, codes.read(code), security.who().device_id)
