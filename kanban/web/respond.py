"""How a change is made and answered: one deed, one transaction, one answer after the commit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Response, flash, g, jsonify, redirect, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from kanban import advice, journal, scans
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.web import security
from kanban.web.running import running

T = TypeVar("T")

KEY_FORM = re.compile(r"[A-Za-z0-9_.:-]{8,64}")
NOT_FINGERPRINTED = frozenset({"key", "age_ms", "nonce", "password", "password_again", "old_password", "pin"})
"""Fields that may differ between two tries of one gesture, and secrets: no hash of one is ever kept."""
SIZED_IN_A_REQUEST = 200
"""Loops that one change lets a person wait for."""


class KeyMissing(BadRequest):
    """A changing request without idempotency key."""

    description = mark(
        "A changing request carries its own key, made when the finger lifts and sent with every try: "
        "the header Idempotency-Key or the field key, 8 to 64 letters, digits or - _ . :"
    )


def wants_json() -> bool:
    """Whether the client is a program: it sent JSON, asks for it, or calls the API."""
    if request.is_json or request.path.startswith("/api/"):
        return True
    return request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json"


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page."""
    return "HX-Request" in request.headers


def body() -> Mapping[str, Any]:
    """The request's fields: a JSON object or a form. Raises 400 for anything else."""
    fields = _object() if request.is_json else request.form
    return {name: value for name, value in fields.items() if name != "key"}


def _object() -> dict[str, Any]:
    """The JSON object that the client sent."""
    try:
        sent = request.get_json()
    except RecursionError as deep:
        raise BadRequest(_("This JSON is nested deeper than anything we know.")) from deep
    if not isinstance(sent, dict):
        raise BadRequest(_("Send a JSON object."))
    return sent


def deed(via: str = "web", *, age_milliseconds: int | None = None) -> journal.Deed:
    """This request as a deed: when, by whom, under which key. Raises :class:`KeyMissing`."""
    asking = security.who()
    return journal.Deed(
        at=g.at,
        by=journal.By(via, asking.person_id, asking.device_id),
        key=_key(),
        fingerprint=_fingerprint(),
        occurred_at=None if age_milliseconds is None else scans.gesture_time(g.at, age_milliseconds),
    )


def write(work: Callable[[Session], T]) -> T:
    """Run a unit of work in the one transaction of this request; answers after its commit."""
    return running().database.write(work)


def change(verb: Callable[[Session, journal.Deed], str]) -> str:
    """Do ``verb`` once for this request's key and return the address of the page that shows the result.

    A replay of the key changes nothing; it leads to the page of what the first try changed.
    """
    this = deed()

    def once(session: Session) -> str:
        first = journal.replayed(session, this)
        return page_of(first) if first else verb(session, this)

    return write(once)


def change_and_size(verb: Callable[[Session, journal.Deed], str]) -> str:
    """Like :func:`change`; loops that it concerns are sized anew before the answer.

    The first in the same transaction, the others in transactions as short. A change that concerns
    hundreds leaves the rest to the dispatcher.
    """
    zone, left = running().settings.zone, list[int]()

    def and_size(session: Session, this: journal.Deed) -> str:
        before = journal.revision(session)
        address = verb(session, this)
        session.flush()
        left[:] = advice.follow(session, this, zone, before)
        return address

    address = change(and_size)
    later = advice.own_deed(deed())
    for start in range(0, min(len(left), SIZED_IN_A_REQUEST), advice.MOST_AT_ONCE):
        some = left[start : start + advice.MOST_AT_ONCE]
        write(partial(advice.review_all, deed=later, zone=zone, loop_ids=some))
    return address


def page_of(event: journal.Event) -> str:
    """The address of the page that shows what an event changed."""
    pages = {
        "item": "/items", "supplier": "/suppliers", "location": "/locations", "loop": "/loops",
        "print_batch": "/labels/batches", "printer": "/printers",
    }  # fmt: skip
    if event.noun == "delivery_note":
        return f"/receiving/notes/{event.noun_id}"
    if event.order_id is not None:
        return f"/orders/{event.order_id}"
    if event.noun in pages and event.noun_id is not None:
        return f"{pages[event.noun]}/{event.noun_id}"
    lists = {
        "person": "/people",
        "device": "/devices",
        "pairing": "/devices",
        "brakes": "/shop/brakes",
        "stock": "/stocks",
    }
    return lists.get(event.noun, "/")


def seen(address: str, said: str = "") -> AnyResponse:
    """303 to the page that shows the result, with a sentence on it; a press on the board stays there."""
    if wants_json():
        return jsonify({"href": address, "said": said})
    board = back_to_board()
    if board:
        return board
    if said:
        flash(said, "done")
    if wants_fragment():
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, code=303)


def back_to_board() -> AnyResponse | None:
    """For a press that htmx sent from the board: 303 to the same view of it; none for any other request."""
    try:
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:  # no page of ours has such an address
        return None
    if not wants_fragment() or shown.path != "/":
        return None
    return redirect(f"/?{shown.query}" if shown.query else "/", code=303)


def local_path(text: str | None) -> str:
    """``text`` where it is a plain path on this host, else the start page: no open redirect."""
    plain = text is not None and re.fullmatch(r"/[A-Za-z0-9_\-./?=&%]*", text) and not text.startswith("//")
    return text if plain and text else "/"


def given_key() -> str | None:
    """The key that the request carries, or none. Raises :class:`KeyMissing` for one that cannot be a key."""
    key = request.headers.get("Idempotency-Key") or request.form.get("key")
    if key is None and request.is_json:
        key = _object().get("key")
    if key is not None and (not isinstance(key, str) or not KEY_FORM.fullmatch(key)):
        raise KeyMissing
    return key


def _key() -> str:
    key = given_key()
    if key is None:
        raise KeyMissing
    return key


def _fingerprint() -> str:
    """What the request says, without what may differ between two tries of it."""
    asking = security.who()
    sent = _object() if request.is_json else _form_and_files()
    said = sorted((name, repr(value)) for name, value in sent.items() if name not in NOT_FINGERPRINTED)
    person = None if asking.device_id else asking.person_id  # a phone may change hands between two tries
    told = repr((request.path.casefold(), person, asking.device_id, said))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _form_and_files() -> dict[str, Any]:
    sent: dict[str, Any] = request.form.to_dict(flat=False)
    for name, file in request.files.items():
        sent[f"file {name}"] = hashlib.sha256(file.read()).hexdigest()
        file.seek(0)
    return sent
