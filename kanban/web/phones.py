"""The cookie by which a paired phone is known: read with each request, renewed with answers to changes."""

from __future__ import annotations

import logging
from datetime import datetime

from flask import Response, g, request
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, people
from kanban.db import Trouble
from kanban.web.running import running

log = logging.getLogger("kanban")


def cookie_name() -> str:
    """The device cookie's name; bound to host and TLS by its prefix where there is TLS."""
    return "__Host-kanban-device" if running().settings.is_https else "kanban-device"


def cookie_token() -> str | None:
    """The secret in the device cookie."""
    return request.cookies.get(cookie_name())


def recognized(at: datetime) -> people.Phone | None:
    """The paired phone that sends this request, or none."""
    token = cookie_token()
    return people.phone_of(running().database, token, at) if token else None


def give(response: AnyResponse, token: str) -> None:
    """Put the phone's secret into its cookie."""
    response.set_cookie(
        cookie_name(), token, max_age=people.COOKIE_LASTS, secure=running().settings.is_https, httponly=True,
        samesite="Lax",
    )  # fmt: skip


def take(response: AnyResponse) -> None:
    """Take the cookie away."""
    response.delete_cookie(cookie_name(), secure=running().settings.is_https, httponly=True, samesite="Lax")


def keep(response: Response) -> Response:
    """After each request of a phone: note that it was here, and hand out its next secret where it is time.

    Only a changing request may note anything. A phone that only looks gets its cookie again, which
    needs no note. What the request did is done by now: a database in trouble costs it nothing.
    """
    phone: people.Phone | None = g.get("phone")
    token = cookie_token()
    if phone is None or token is None or "Set-Cookie" in response.headers:
        return response
    if request.method == "POST":
        following = _noted(phone, token)
        if following:
            give(response, following)
    elif request.method == "GET" and not phone.is_copy and g.at - phone.made_at > people.COOKIE_RENEWED_AFTER:
        give(response, token)
    return response


def _noted(phone: people.Phone, token: str) -> str | None:
    at = g.at
    try:
        if phone.is_copy and not phone.is_marked:
            this = journal.Deed(at, journal.By("scan", device_id=phone.device_id))
            running().database.write(lambda session: people.mark_copied(session, this, phone.device_id))
        elif not phone.is_copy and phone.is_due(at):
            return running().database.write(lambda session: people.keep_phone(session, token, at))
    except Trouble as trouble:
        log.warning("could not note that device %s was here: %s", phone.device_id, trouble)
    return None
