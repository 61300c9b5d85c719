"""Web Push: a short message to a browser that asked for it, through the service of the browser's maker.

:func:`message` is what the phone shows, :func:`send` hands one over. What is inside is encrypted for the
browser alone (RFC 8291); the service sees an address, a size and our public key (VAPID, RFC 8292).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from kanban import languages
from kanban.senders import posting
from kanban.senders.push import encryption
from kanban.senders.push.vapid import Vapid
from kanban.subscriptions import PushSubscription

__all__ = ["DELIVERED", "GONE", "LATER", "Outcome", "Vapid", "message", "send"]

DELIVERED, GONE, LATER = "delivered", "gone", "later"
LASTS = timedelta(hours=24)
"""How long the service keeps a message for a phone that is switched off."""
LARGEST = 3_000
"""Bytes of a message; every service takes 4,096 encrypted."""
DECLARATIVE = 8030
"""The number by which iOS knows a message that it may show without waking the app."""
TAKEN = (200, 201, 202, 204)
UNKNOWN_TO_SERVICE = (403, 404, 410)
"""The browser is gone, or subscribed under another key than ours: it has to ask again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message: :data:`DELIVERED` to the service, :data:`GONE` for ever, or :data:`LATER`."""

    fate: str
    why: languages.Sentence | str = ""
    retry_after: str = ""


def message(title: str, body: str, path: str = "/", *, tag: str = "", base_url: str) -> bytes:
    """What the phone shows, in the language spoken now; a press opens ``path``.

    A later message with the same ``tag`` takes the place of the one before.
    """
    told = {
        "title": title,
        "body": body,
        "navigate": base_url + path,
        "lang": languages.spoken(),
        "dir": languages.direction(),
        "tag": tag or None,
    }
    while len(packed := _packed(told)) > LARGEST:
        told["body"] = f"{str(told['body'])[: len(str(told['body'])) * 3 // 4]}…"
    return packed


def send(
    subscription: PushSubscription, payload: bytes, *, vapid: Vapid, now: datetime, urgent: bool = False
) -> Outcome:
    """Hand a message over. Never raises for what the service says, or for its silence."""
    headers = {
        "Authorization": vapid.authorization(subscription.endpoint, now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(LASTS.total_seconds())),
        "Urgency": "high" if urgent else "normal",
    }
    try:
        body = encryption.encrypt(payload, subscription.p256dh, subscription.auth)
        answer = posting.post(subscription.endpoint, body, headers)
    except encryption.BadKeys as hopeless:
        return Outcome(GONE, str(hopeless))
    except posting.NotPosted as wrong:
        return Outcome(GONE if isinstance(wrong, posting.Forbidden) else LATER, wrong.why)
    said = f"{answer.status} {answer.text[:200]}".strip()
    if answer.status in TAKEN:
        return Outcome(DELIVERED, said)
    return Outcome(GONE if answer.status in UNKNOWN_TO_SERVICE else LATER, said, answer.retry_after)


def _packed(told: dict[str, str | None]) -> bytes:
    shown = {name: value for name, value in told.items() if value is not None}
    return json.dumps({"web_push": DECLARATIVE, "notification": shown}, ensure_ascii=False).encode()
