"""The product for programs: journal, cards and orders as JSON with a cursor.

Changing verbs have no second address: a program sends JSON to the very routes that the screens post
to (``/c/CODE/scans``, ``/orders/ID/release`` …), with a token and a key. See docs/api.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, Flask, Response, abort, jsonify, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from kanban import codes, scans
from kanban.api import signals
from kanban.languages import gettext as _
from kanban.reports import exports
from kanban.web import scan, security
from kanban.web.reading import session

bp = Blueprint("api", __name__, url_prefix="/api/v1")

Rows = Callable[[Session, int, int], Iterator[dict[str, Any]]]


def install(app: Flask) -> None:
    """Put the API into the application."""
    app.register_blueprint(bp)
    app.register_blueprint(signals.bp)


@bp.get("/journal")
@security.access("viewer")
def journal() -> Response:
    """Events in their order; follow ``next`` until it is null."""
    return _page("events", exports.journal_rows, "seq")


@bp.get("/cards")
@security.access("viewer")
def cards() -> Response:
    """All cards with their supply now."""
    return _page("cards", exports.card_rows, "id")


@bp.get("/cards/<code>")
@security.access("viewer")
def card(code: str) -> Response:
    """One card as it stands now."""
    try:
        found = scans.look(session(), codes.read(code))
    except codes.BadCode:
        found = None
    if found is None:
        abort(404)
    return jsonify(scan.card_facts(found))


@bp.get("/orders")
@security.access("viewer")
def orders() -> Response:
    """One row per turn of a card, with its order."""
    return _page("orders", exports.order_rows, "turn")


def _page(name: str, rows: Rows, cursor: str) -> Response:
    limit = _number("limit", 200, 1, exports.LARGEST_PAGE)
    found = list(rows(session(), _number("after", 0, 0, 2**53), limit))
    following = found[-1][cursor] if len(found) == limit else None
    return jsonify({name: found, "next": following})


def _number(name: str, default: int, lowest: int, highest: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 16 or not lowest <= int(text) <= highest:
        raise BadRequest(
            _(
                "%(name)s: a whole number from %(lowest)s to %(highest)s",
                name=name,
                lowest=lowest,
                highest=highest,
            )
        )
    return int(text)
