"""The outbox: everything that left, waits, or could not leave; and the sheet for a call."""

from __future__ import annotations

from flask import abort, render_template, request

from kanban import languages, outbox
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.outbox import Delivery
from kanban.senders import Refused, link, purchase
from kanban.web import listing, respond, security
from kanban.web.outbox.blueprint import bp
from kanban.web.outbox.views import delivery_view
from kanban.web.reading import session
from kanban.web.running import running

FILTERS = {
    "open": (mark("Waiting"), ("held", "queued", "leased")),
    "dead": (mark("Not delivered"), ("dead",)),
    "done": (mark("Delivered"), ("delivered",)),
    "all": (mark("All"), outbox.STATES),
}


def _link(delivery: Delivery, order: purchase.Purchase) -> str:
    """The way into the supplier's web shop with this order; empty for any other channel."""
    if delivery.channel != "link":
        return ""
    try:
        return link.filled(order.chosen.address, order)
    except link.BadLink:
        return ""


@bp.get("/outbox")
@security.access("buyer")
def index() -> str:
    """All deliveries, newest first."""
    shown = request.args.get("state", "all")
    shown = shown if shown in FILTERS else "all"
    query = listing.Query.of_request()
    rows, count = outbox.trouble.page(
        session(), states=FILTERS[shown][1], search=query.q, skip=query.skip, limit=query.limit
    )
    return render_template(
        "outbox/_rows.html" if respond.wants_fragment() else "outbox/list.html",
        rows=[delivery_view(row) for row in rows],
        page=query.page_of(count),
        q=query.q,
        shown=shown,
        filters=[(key, _(label)) for key, (label, _states) in FILTERS.items()],
    )


@bp.get("/deliveries/<int:delivery_id>/call-sheet")
@security.access("buyer")
def call_sheet(delivery_id: int) -> str:
    """What to say on the phone, line by line, in the supplier's language; or the way into its web shop."""
    delivery = session().get(Delivery, delivery_id)
    if delivery is None or delivery.order_id is None:
        abort(404)
    settings = running().settings
    try:
        order = purchase.of_claim(session(), outbox.claim_of(delivery), settings)
    except Refused:
        abort(404)
    return render_template(
        "outbox/call_sheet.html",
        delivery=delivery_view(delivery),
        purchase=order,
        phone=delivery.address if delivery.channel == "phone" else "",
        link=_link(delivery, order),
        spoken=languages.SPOKEN.get(order.chosen.language, ""),
    )
