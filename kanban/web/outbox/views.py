"""How a delivery looks: what it is, where it stands, why, and what a person can do."""

from __future__ import annotations

from typing import Any

from flask import g

from kanban import languages, outbox, senders
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.outbox import BY_HAND, Delivery
from kanban.web import formats, security
from kanban.web.reading import session
from kanban.web.running import running

CHANNELS = {
    "email": mark("e-mail"),
    "webhook": mark("webhook"),
    "csv": mark("CSV file"),
    "ubl": mark("UBL file"),
    "cxml": mark("cXML file"),
    "phone": mark("phone or in person"),
    "link": mark("web shop"),
    "push": mark("push message"),
}
HELD = {
    "value": mark("Its value is over the limit of the brakes."),
    "day": mark("This supplier has had as many orders today as the brakes allow."),
    "new": mark("The first order to a new supplier waits for a person."),
}
STATES = {
    "held": (mark("on hold"), "hold", "amber"),
    "queued": (mark("waits to leave"), "clock", "blue"),
    "leased": (mark("is leaving"), "send", "blue"),
    "delivered": (mark("delivered"), "tick", "green"),
    "dead": (mark("not delivered"), "no", "red"),
    "cancelled": (mark("called back"), "cross", "quiet"),
}


def delivery_view(delivery: Delivery) -> dict[str, Any]:
    """A delivery as the board, the order's page and the outbox show it."""
    word, icon, colour = STATES[delivery.state]
    buyer = security.who().may("buyer")
    open_ = delivery.state in ("held", "queued", "dead")
    address = f"/deliveries/{delivery.id}"
    by_hand = delivery.state == "held" and delivery.channel in BY_HAND
    return {
        "id": delivery.id,
        "kind": delivery.kind,
        "about": delivery.about,
        "title": _title(delivery),
        "order_href": f"/orders/{delivery.order_id}" if delivery.order_id else None,
        "channel": _(CHANNELS.get(delivery.channel, delivery.channel)),
        "address": delivery.address if buyer else "",
        "state": delivery.state,
        "word": _(word),
        "icon": icon,
        "colour": colour,
        "why": _why(delivery),
        "attempts": delivery.attempts,
        "at": delivery.settled_at or delivery.created_at,
        "possible_repeat": delivery.possible_repeat,
        "next_try": delivery.due_at if delivery.state == "queued" and delivery.attempts else None,
        "let_go_post": f"{address}/letting-go"
        if buyer and delivery.state == "held" and not by_hand
        else None,
        "try_post": f"{address}/trial" if buyer and delivery.state == "dead" else None,
        "other_href": f"{address}/other-way" if buyer and open_ and delivery.kind != "test" else None,
        "done_post": f"{address}/handover" if buyer and by_hand else None,
        "sheet_href": _sheet_href(delivery) if by_hand else None,
        "sheet_word": _("Open the shop") if delivery.channel == "link" else _("Call sheet"),
    }


def _title(delivery: Delivery) -> str:
    if delivery.kind == "cancellation":
        return _("Cancellation of %(order)s", order=delivery.about)
    return _("Test: %(order)s", order=delivery.about) if delivery.kind == "test" else delivery.about


def _sheet_href(delivery: Delivery) -> str:
    return f"/deliveries/{delivery.id}/call-sheet"


def _why(delivery: Delivery) -> str:
    """One sentence for the state, in the language of whoever looks."""
    if delivery.state == "held":
        return _held(delivery)
    if delivery.state == "queued" and delivery.channel not in senders.ready(running().settings):
        if delivery.channel == "email":
            return _(
                "No mail server is set: an administrator gives KANBAN_SMTP_HOST, or send it another way."
            )
        return _("This channel is not set up here.")
    if delivery.state == "queued" and not delivery.attempts and delivery.due_at > g.at:
        return _("Can be called back until %(moment)s.", moment=formats.when(delivery.due_at))
    return languages.reread(delivery.answer)


def _held(delivery: Delivery) -> str:
    if delivery.held_because == outbox.HELD_FOR_HANDS:
        if delivery.kind == "cancellation":
            return _("Call the supplier: this order is cancelled.")
        if delivery.channel == "link":
            return _("Order it in the supplier’s web shop, then say so.")
        return _("Call the supplier or hand it over, then say so.")
    return _(HELD.get(delivery.held_because, mark("It waits for a person.")))


def troubles() -> dict[str, Any]:
    """What the board shows of the outbox, to those who can do something about it."""
    if not security.who().may("buyer"):
        return {"rows": [], "count": 0, "unready": 0}
    found = outbox.trouble.needing(session(), g.at, senders.ready(running().settings))
    rows = [delivery_view(row) for row in found.rows]
    return {"rows": rows, "count": found.count, "unready": found.unready}
