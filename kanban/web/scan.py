"""The page that a card's code opens, and what a press or a scan on it does.

``GET /c/CODE`` only shows. ``POST /c/CODE/scans`` acts, and answers a person's page, an htmx fragment
or a program's JSON from the same verb.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from flask import Blueprint, Response, g, jsonify, make_response, render_template, request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from werkzeug.exceptions import Conflict, Forbidden, HTTPException, Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from kanban import codes, journal, loops, orders, people, prints, scans
from kanban.languages import gettext as _
from kanban.web import claims, formats, forms, nonces, respond, scanner, security
from kanban.web.reading import session
from kanban.web.running import running
from kanban.web.verdict import Verdict, card_view, undone, verdict

bp = Blueprint("scan", __name__)

ANYONES_SCANS = people.Limit(30, timedelta(minutes=10))
"""Scans that a stranger's address may make, where a shop lets anyone signal who holds a card."""
STATUS_OF_REFUSAL = {"unknown": 404, "not_a_code": 404}


class Scan(BaseModel):
    """What a client may send with a scan. ``age_ms``: milliseconds since the code was read, by its clock."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["signal", "receive", "pick"] = "signal"
    quantity: Decimal | None = Field(None, gt=0, le=1_000_000, decimal_places=3)
    sure: bool = False
    order: int | None = Field(None, ge=1, le=2**53)
    age_ms: int | None = Field(None, ge=0, le=2**53)
    emptied: str = Field("", max_length=40)
    nonce: str | None = Field(None, max_length=300)

    def wish(self, cycle: int | None = None) -> scans.Wish:
        """The same in the domain's words."""
        may_receive = security.who().may("operator")
        zone = running().settings.zone
        return scans.Wish(
            self.mode, self.quantity, self.sure, self.order, may_receive, cycle, self.emptied, zone
        )


@bp.get("/c/<code>")
@security.access(security.ANYONE)
def show(code: str) -> AnyResponse:
    """What a person sees who opens a card's code; changes nothing.

    On a paired phone the page may be allowed to signal by itself: see :mod:`kanban.web.nonces`.
    """
    return _shown(code, is_scanned=True)


@bp.get("/cards/<code>")
@security.access(security.ANYONE)
def show_card(code: str) -> AnyResponse:
    """The same page for whoever wants to look: it signals nothing by itself, whoever opens it."""
    return _shown(code, is_scanned=False)


def _shown(code: str, *, is_scanned: bool) -> AnyResponse:
    try:
        card = scans.look(session(), codes.read(code))
    except codes.BadCode:
        card = None
    if respond.wants_json():
        return _looked(card)
    if card is None:
        return claims.page(code) or make_response(render_template("scan/unknown.html", text=code[:40]), 404)
    return make_response(_page(card, is_scanned=is_scanned))


@bp.post("/c/<code>/scans")
@security.access(security.ANYONE)
def scan(code: str) -> AnyResponse:
    """Act on a scan of the card."""
    sent = _sent()
    this = respond.deed("scan", age_milliseconds=sent.age_ms)
    if not _may_scan(sent):
        respond.write(lambda session: scans.refuse_stranger(session, this, code))
        raise _refusal()
    try:
        wish = sent.wish(_own_turn(sent, this, code))
    except nonces.BadNonce:
        return _press_instead(code)
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
    if not _may_scan(Scan()):
        raise _refusal()
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
    return _show(card, Verdict("done", "done", headline, text))


def _sent() -> Scan:
    """The scan that the client sent; 400 with every field that is wrong."""
    fields = {name: value for name, value in respond.body().items() if value != ""}
    return forms.checked(Scan, fields)


def _may_scan(sent: Scan) -> bool:
    if security.who().may("operator" if sent.mode in ("receive", "pick") else "signaller"):
        return True
    return running().settings.signal == "anyone" and sent.mode == "signal"


def _refusal() -> HTTPException:
    if security.is_asking():
        return Unauthorized(security.door().asks)
    if security.who().role:
        role = formats.role(security.who().role)
        return Forbidden(_("Your role does not allow this: %(role)s.", role=role))
    return Unauthorized(_("This phone may look, but not order. Sign in first."))


def answered(answer: scans.Answer) -> AnyResponse:
    """What a scan did, as a page, a fragment or JSON."""
    status = STATUS_OF_REFUSAL.get(answer.reason, 409) if answer.effect == "refused" else 200
    if respond.wants_json():
        response: AnyResponse = jsonify(_told(answer))
    elif answer.card is None:
        response = make_response(render_template("scan/unknown.html", text=request.path.split("/")[2][:40]))
    else:
        response = _show(answer.card, undone(answer) if answer.effect == "withdrawn" else verdict(answer))
    response.status_code = status
    if answer.replayed:
        response.headers["Idempotent-Replay"] = "true"
    return response


def _told(answer: scans.Answer) -> dict[str, Any]:
    """An answer as JSON: see docs/api.md."""
    return {
        "key": answer.key,
        "effect": answer.effect,
        "order": answer.order_id,
        "event": answer.event_id,
        "reason": answer.reason or None,
        "replayed": answer.replayed,
        "card": card_facts(answer.card) if answer.card else None,
        "verdict": scanner.told(answer),
    }


def _looked(card: scans.Situation | None) -> AnyResponse:
    """A card for the scanner's look-up; a stranger is told no more than its page shows."""
    if card is None:
        unknown = scans.Answer("refused", None, 0, reason="unknown")
        return make_response({"card": None, "verdict": scanner.told(unknown)}, 404)
    if not security.who().role:
        return make_response({"card": card_view(card, stranger=True), "verdict": None})
    return make_response({"card": card_facts(card), "verdict": scanner.looked(card)})


def card_facts(card: scans.Situation) -> dict[str, Any]:
    """A card as a program sees it."""
    return {
        "code": card.code,
        "number": card.number,
        "of": card.of,
        "life": card.life,
        "supply": card.supply,
        "sku": card.sku,
        "item": card.item_name,
        "quantity": format(card.card_quantity.normalize(), "f"),
        "unit": card.unit,
        "location": card.location,
        "supplier": card.supplier,
        "order": card.order_id,
        "order_number": card.order_number,
        "due": None if card.supply == "full" else _due(card).isoformat(),
        "label": card.label_ended or "current",
    }


def _due(card: scans.Situation) -> date:
    return card.expected_day(g.at, running().settings.zone)


def _show(card: scans.Situation, result: Verdict) -> Response:
    if respond.wants_fragment():
        return make_response(render_template("scan/_result.html", result=result))
    return make_response(_page(card, result))


def _page(card: scans.Situation, result: Verdict | None = None, *, is_scanned: bool = False) -> str:
    who, what = security.who(), _next_step(card)
    may_self = is_scanned and what == "signal" and _signals_by_itself()
    ahead = may_self and nonces.is_fetched_ahead()
    phone = security.phone()
    return render_template(
        "scan/show.html",
        card=card_view(card, stranger=not who.role),
        may_signal=_may_scan(Scan()),
        what=what,
        post=f"/c/{card.label_code or card.code}/scans",
        doors=_doors(card),
        plain=f"/cards/{card.code}",
        again=f"/c/{card.code}?again" if ahead and "again" not in request.args else None,
        nonce=nonces.give(card.code, card.last_cycle + 1, phone.device_id)
        if may_self and not ahead and phone
        else None,
        result=result or (verdict(_as_it_stands(card)) if _open(card) else None),
    )


def _next_step(card: scans.Situation) -> str:
    """What a press on the page does."""
    if card.life in ("retired", "on_hold"):
        return "none"
    if card.life == "new":
        return "put_in_service"
    if card.supply == "in_transit":
        return "receive" if security.who().may("operator") else "none"
    if card.counted:
        return "take"
    return "signal" if card.supply == "full" else "none"


def _signals_by_itself() -> bool:
    """Whether this is a real look from a paired phone that signals without a press."""
    phone = security.phone()
    return (
        phone is not None
        and phone.self_signal
        and not phone.is_copy
        and request.method == "GET"
        and security.who().may("signaller")
    )


def _own_turn(sent: Scan, this: journal.Deed, code: str) -> int | None:
    """The turn that a page signals by itself; none where somebody pressed. Raises ``nonces.BadNonce``."""
    if sent.nonce is None:
        return None
    return nonces.take(sent.nonce, this.key, codes.read(code), security.who().device_id)


def _press_instead(code: str) -> AnyResponse:
    """The page may not signal by itself any more: nothing was ordered, and the button is there."""
    if respond.wants_json():
        raise Conflict(_("This page is too old to signal by itself. Scan the card again."))
    card = scans.look(session(), codes.read(code))
    if card is None:
        raise codes.BadCode(_("no card has this code"))
    if respond.wants_fragment() and not _open(card):
        fragment = render_template(
            "scan/_press.html",
            may_signal=_may_scan(Scan()), what=_next_step(card), post=f"/c/{card.code}/scans",
            doors=_doors(card), nonce=None,
        )  # fmt: skip
        return make_response(fragment, 409)
    shown = _show(card, verdict(_as_it_stands(card))) if _open(card) else make_response(_page(card))
    shown.status_code = 409
    return shown


def _doors(card: scans.Situation) -> dict[str, str]:
    """Where a phone that may not signal goes to be allowed to; it comes back to the card."""
    if security.is_asking():
        return {"who": f"/device?next=/c/{card.code}"}
    if security.who().role:
        return {}
    return {"pair": f"/pair?next=/c/{card.code}", "sign_in": f"/sign-in?next=/c/{card.code}"}


def _as_it_stands(card: scans.Situation) -> scans.Answer:
    return scans.Answer("already", None, 0, card.order_id, "", card)


def _open(card: scans.Situation) -> bool:
    """Whether the page has news of this card to show before anything is pressed."""
    who = security.who()
    waits = card.supply == "in_transit" and not who.may("operator")
    return bool(who.role) and (
        waits or card.supply in ("empty", "ordered") or card.life in ("retired", "on_hold")
    )
