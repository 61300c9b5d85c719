"""A card's page: what stands on it, what a press does, and where a phone goes that may not."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from kanban import scans
from kanban.web import nonces, respond, security
from kanban.web.scan.reading import Scan, may_scan
from kanban.web.verdict import Verdict, card_view, verdict


def shown(card: scans.Situation, result: Verdict) -> Response:
    """The result of an act: the part of the page that it replaces, or the whole page."""
    if respond.wants_fragment():
        return make_response(render_template("scan/_result.html", result=result))
    return make_response(page(card, result))


def page(card: scans.Situation, result: Verdict | None = None, *, is_scanned: bool = False) -> str:
    """The whole page."""
    who, what = security.who(), next_step(card)
    may_self = is_scanned and what == "signal" and _signals_by_itself()
    ahead = may_self and nonces.is_fetched_ahead()
    phone = security.phone()
    return render_template(
        "scan/show.html",
        card=card_view(card, stranger=not who.role),
        may_signal=may_scan(Scan()),
        what=what,
        post=f"/c/{card.label_code or card.code}/scans",
        doors=doors(card),
        plain=f"/cards/{card.code}",
        again=f"/c/{card.code}?again" if ahead and "again" not in request.args else None,
        nonce=nonces.give(card.code, card.last_cycle + 1, phone.device_id)
        if may_self and not ahead and phone
        else None,
        result=result or (verdict(as_it_stands(card)) if has_news(card) else None),
    )


def next_step(card: scans.Situation) -> str:
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


def doors(card: scans.Situation) -> dict[str, str]:
    """Where a phone that may not signal goes to be allowed to; it comes back to the card."""
    if security.is_asking():
        return {"who": f"/device?next=/c/{card.code}"}
    if security.who().role:
        return {}
    return {"pair": f"/pair?next=/c/{card.code}", "sign_in": f"/sign-in?next=/c/{card.code}"}


def as_it_stands(card: scans.Situation) -> scans.Answer:
    """What a scan of this card would answer that changes nothing."""
    return scans.Answer("already", None, 0, card.order_id, "", card)


def has_news(card: scans.Situation) -> bool:
    """Whether the page has news of this card to show before anything is pressed."""
    who = security.who()
    waits = card.supply == "in_transit" and not who.may("operator")
    return bool(who.role) and (
        waits or card.supply in ("empty", "ordered") or card.life in ("retired", "on_hold")
    )
