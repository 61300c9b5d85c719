"""What a person sees who opens a card's code."""

from __future__ import annotations

from flask import make_response, render_template
from werkzeug.wrappers import Response as AnyResponse

from kanban import codes, scans
from kanban.web import claims, respond, security
from kanban.web.reading import session
from kanban.web.scan.blueprint import bp
from kanban.web.scan.facts import looked
from kanban.web.scan.pages import page


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
        return looked(card)
    if card is None:
        return claims.page(code) or make_response(render_template("scan/unknown.html", text=code[:40]), 404)
    return make_response(page(card, is_scanned=is_scanned))
