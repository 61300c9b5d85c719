"""What a scan did, told to whoever asked: a page, a fragment or JSON."""

from __future__ import annotations

from flask import jsonify, make_response, render_template, request
from werkzeug.exceptions import Conflict
from werkzeug.wrappers import Response as AnyResponse

from kanban import codes, scans
from kanban.languages import gettext as _
from kanban.web import respond
from kanban.web.reading import session
from kanban.web.scan.facts import answer_facts
from kanban.web.scan.pages import as_it_stands, doors, has_news, next_step, page, shown
from kanban.web.scan.reading import Scan, may_scan
from kanban.web.verdict import undone, verdict

STATUS_OF_REFUSAL = {"unknown": 404, "not_a_code": 404}


def answered(answer: scans.Answer) -> AnyResponse:
    """What a scan did, as a page, a fragment or JSON."""
    status = STATUS_OF_REFUSAL.get(answer.reason, 409) if answer.effect == "refused" else 200
    if respond.wants_json():
        response: AnyResponse = jsonify(answer_facts(answer))
    elif answer.card is None:
        response = make_response(render_template("scan/unknown.html", text=request.path.split("/")[2][:40]))
    else:
        response = shown(answer.card, undone(answer) if answer.effect == "withdrawn" else verdict(answer))
    response.status_code = status
    if answer.replayed:
        response.headers["Idempotent-Replay"] = "true"
    return response


def press_instead(code: str) -> AnyResponse:
    """The page may not signal by itself any more: nothing was ordered, and the button is there."""
    if respond.wants_json():
        raise Conflict(_("This page is too old to signal by itself. Scan the card again."))
    card = scans.look(session(), codes.read(code))
    if card is None:
        raise codes.BadCode(_("no card has this code"))
    if respond.wants_fragment() and not has_news(card):
        fragment = render_template(
            "scan/_press.html",
            may_signal=may_scan(Scan()), what=next_step(card), post=f"/c/{card.code}/scans",
            card=card, doors=doors(card), nonce=None,
        )  # fmt: skip
        return make_response(fragment, 409)
    response = shown(card, verdict(as_it_stands(card))) if has_news(card) else make_response(page(card))
    response.status_code = 409
    return response
