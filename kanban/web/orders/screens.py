"""The list of orders and an order's page."""

from __future__ import annotations

from flask import render_template, request

from kanban import orders, outbox
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports import orders as reports
from kanban.reports import story
from kanban.web import listing, respond, security
from kanban.web.orders import answered, waiting
from kanban.web.orders.blueprint import bp
from kanban.web.orders.views import found, list_row, order_view
from kanban.web.outbox import delivery_view
from kanban.web.reading import session
from kanban.web.running import today

SORTS = {"late": mark("Late first"), "due": mark("By due day")}
FILTERS = {
    "open": (mark("Open"), ("draft", *orders.OPEN_STATES)),
    "draft": (mark("Drafts"), ("draft",)),
    "coming": (mark("On order"), orders.OPEN_STATES),
    "done": (mark("Finished"), ("received", "cancelled")),
    "all": (mark("All"), ()),
}


@bp.get("/orders")
@security.access("viewer")
def index() -> str:
    """All orders: those that are late lead, then the newest; or by their next day."""
    shown = request.args.get("state", "open")
    shown = shown if shown in FILTERS else "open"
    query = listing.Query.of_request(tuple(SORTS))
    rows, count = reports.page(
        session(),
        today(),
        states=FILTERS[shown][1],
        search=query.q,
        sort=listing.choice("sort", tuple(SORTS)),
        skip=query.skip,
        limit=query.limit,
    )
    template = "orders/_rows.html" if respond.wants_fragment() else "orders/list.html"
    return render_template(
        template,
        rows=[list_row(row) for row in rows],
        page=query.page_of(count),
        q=query.q,
        shown=shown,
        sort=query.sort,
        sorts=listing.choices("sort", SORTS),
        filters=[(key, _(label)) for key, (label, _states) in FILTERS.items()],
    )


@bp.get("/orders/<int:order_id>")
@security.access("viewer")
def show(order_id: int) -> str:
    """One order with its lines, cards and history."""
    order = found(order_id)
    return render_template(
        "orders/show.html",
        order=order_view(order),
        waiting=waiting.panel(order),
        answered=answered.panel(order),
        deliveries=[delivery_view(each) for each in outbox.of_order(session(), order.id)],
        history=story.of_order(session(), order.id),
        today=today(),
    )
