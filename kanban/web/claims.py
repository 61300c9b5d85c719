"""Blank labels: whoever scans one says which card it becomes, and the card goes into service with it."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, abort, make_response, render_template
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from kanban import codes, journal, loops, prints
from kanban.languages import gettext as _
from kanban.loops import Card, Loop
from kanban.reports import printing
from kanban.text import BadText, clean
from kanban.web import listing, respond, security
from kanban.web.reading import session

bp = Blueprint("claims", __name__)

SHOWN = 40


def page(code: str, status: int = 200) -> Response | None:
    """The page of a blank label: which card shall it be? None where the label is not blank."""
    try:
        canonical = codes.read(code)
    except codes.BadCode:
        return None
    if not prints.is_blank(session(), canonical):
        return None
    may_claim = security.who().may("operator")
    text = render_template(
        "scan/blank.html",
        code=canonical,
        q=_searched(),
        chosen=_offered() if may_claim else [],
        may_claim=may_claim,
        may_add=security.who().may("buyer"),
        sign_in_href=None if security.who().role else f"/sign-in?next=/c/{canonical}",
    )
    return make_response(text, status)


@bp.post("/c/<code>/claim")
@security.access("operator")
def claim(code: str) -> Response:
    """This blank label becomes the label of a card; or of one card more in a loop."""
    canonical = codes.read(code)
    fields = respond.body()
    card_id, loop_id = _number(fields.get("card", "")), _number(fields.get("loop", ""))
    if loop_id and not security.who().may("buyer"):
        abort(403, _("Adding a card to a loop needs the role buyer."))

    def verb(session: Session, deed: journal.Deed) -> str:
        issue = prints.issue_of(session, canonical)
        if issue is None:
            raise codes.BadCode(_("no card has this code"))
        if loop_id:
            [card] = loops.add_cards(session, deed, session.get_one(Loop, loop_id), 1)
        else:
            card = session.get_one(Card, card_id)
        prints.claim(session, deed, issue, card)
        return f"/c/{canonical}"

    respond.change(verb)
    return respond.seen(f"/c/{canonical}", _("In service. From now on a scan of this card orders."))


def _offered() -> list[dict[str, Any]]:
    """Cards that wait for paper, or those that the search finds; by place."""
    q = _searched()
    choice = printing.Choice(which="all" if q else "waiting", q=q)
    groups, _count = printing.choose(session(), choice, most=SHOWN)
    return [{"loop": each.loop, "cards": each.cards} for each in groups]


def _searched() -> str:
    try:
        return clean(listing.one("q"), limit=listing.LONGEST_SEARCH)
    except BadText as wrong:
        raise BadRequest(_("What you search for %(wrong)s.", wrong=wrong)) from wrong


def _number(text: object) -> int:
    if not text:
        return 0
    if not re.fullmatch("[0-9]{1,15}", str(text)):
        raise BadRequest(_("A card is named by its number."))
    return int(str(text))
