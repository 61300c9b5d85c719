"""The permission, baked into a card's page, to signal by itself once when a phone's own camera opened it.

It is signed, good for a minute, and for one turn of one card on one phone. Nothing is stored when it is
given out (a GET writes nothing): the key that it is sent under is derived from it, and the journal takes a
key once. A page that is fetched ahead, just in case, gets none.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import NamedTuple

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

LASTS = 60  # seconds
SALT = "kanban: a card's page signals by itself"


class BadNonce(Exception):
    """Too old, for another card or phone, or not ours: nothing was ordered, a press still can."""


class Nonce(NamedTuple):
    """What the page sends: the permission, and the idempotency key that belongs to it."""

    text: str
    key: str


def is_fetched_ahead() -> bool:
    """Whether the browser asks before anybody wants to see the page: prefetch, prerender, preview."""
    told = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    return any(word in value.lower() for value in told for word in ("prefetch", "prerender", "preview"))


def give(code: str, cycle: int, device_id: int) -> Nonce:
    """A permission for the turn ``cycle`` of the card ``code`` on this phone."""
    text = _serializer().dumps([code, cycle, device_id, secrets.token_urlsafe(12)])
    return Nonce(text, _key(text))


def take(text: str, key: str | None, code: str, device_id: int | None) -> int:
    """The turn that the permission is for. Raises :class:`BadNonce`."""
    try:
        its_code, cycle, its_device, _random = _serializer().loads(text, max_age=LASTS)
    except (BadData, ValueError) as bad:
        raise BadNonce from bad
    if (its_code, its_device, _key(text)) != (code, device_id, key):
        raise BadNonce
    return int(cycle)


def _key(text: str) -> str:
    return f"self-{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def _serializer() -> URLSafeTimedSerializer:
    assert current_app.secret_key is not None, "the application has a secret key"
    return URLSafeTimedSerializer(
        current_app.secret_key, salt=SALT, signer_kwargs={"digest_method": hashlib.sha256}
    )
