"""``POST /api/v1/signals``: for buttons and sensors, which cannot make UUIDs and remember little.

A press is told by what the button can give: a key, a ``press`` that is new each time, or nothing. In the
last case the presses of one device for one card within ten seconds are one press. Whatever comes later finds
the card on order and changes nothing.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

from flask import Blueprint, g, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from kanban import codes, journal, people, scans
from kanban.db import to_milliseconds
from kanban.languages import gettext as _
from kanban.web import respond, scan, security
from kanban.web.reading import session

bp = Blueprint("signals", __name__)

FIELDS = {"code", "press", "sure", "key"}
PRESS_FORM = re.compile(r"[A-Za-z0-9_.:-]{1,32}")
ONE_PRESS_MS = 10_000
RATE = people.Limit(10, timedelta(seconds=1))
"""Signals that one device may send: a stuck relay must not keep the shop busy."""


@bp.post("/api/v1/signals")
@security.access("signaller")
def signal() -> Response:
    """Signal the card whose button was pressed."""
    sent = _sent()
    code = codes.read("".join(str(sent.get("code", ""))[:40].split()))
    this, wish = _deed(code, sent), scans.Wish(sure=_is_true(sent.get("sure")), may_receive=False)
    sender = f"signals {this.by.device_id or 0} {this.by.person_id or 0}"
    people.refuse_too_many(session(), sender, RATE, this.at)

    def act(session: Session) -> scans.Answer:
        people.count(session, sender, RATE, this.at)
        return scans.scan(session, this, code, wish)

    return scan.answered(respond.write(act))


def _sent() -> dict[str, Any]:
    """The fields of JSON or of a form; or a plain text, which is the code alone."""
    if request.mimetype == "text/plain":
        return {"code": request.get_data(as_text=True)}
    sent = dict(respond.body())
    unknown = sorted(set(sent) - FIELDS)
    if unknown:
        raise BadRequest(_("There is no field “%(field)s” here.", field=unknown[0][:40]))
    return sent


def _deed(code: str, sent: dict[str, Any]) -> journal.Deed:
    who = security.who()
    fingerprint = hashlib.sha256(f"signal {code} {who.device_id} {who.person_id}".encode()).hexdigest()
    return journal.Deed(g.at, journal.By("api", who.person_id, who.device_id), _key(code, sent), fingerprint)


def _key(code: str, sent: dict[str, Any]) -> str:
    own = respond.given_key()
    if own is not None:
        return own
    who = security.who()
    sender = f"d{who.device_id}" if who.device_id else f"p{who.person_id}"
    press = sent.get("press")
    if press is None or press == "":
        return f"t:{sender}:{code}:{to_milliseconds(g.at) // ONE_PRESS_MS}"
    if isinstance(press, bool) or not PRESS_FORM.fullmatch(str(press)):
        raise BadRequest(_("“press” has 1 to 32 letters, digits or - _ . : and is new with each press."))
    return f"n:{sender}:{code}:{press}"


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "1", "yes", "on")
