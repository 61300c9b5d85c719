"""The channel of messages to our own people's browsers: what an alert says, on the locked screen."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from kanban import config, languages
from kanban.config import Settings
from kanban.outbox import Claim
from kanban.senders.parcel import Failed, Refused
from kanban.subscriptions import PushSubscription

if TYPE_CHECKING:
    from kanban.senders.push import Vapid


def ready(settings: Settings) -> bool:
    """Always: it asks for nothing but a way to the internet."""
    return True


def make(session: Session, claim: Claim, settings: Settings) -> bytes:
    """Nothing is made here: an alert brings its message along."""
    raise Refused("a message to a browser comes with its words")


def send(claim: Claim, payload: bytes, settings: Settings) -> str:
    """Hand one message to the browser's maker. Raises :class:`Refused` for a browser that is gone."""
    from kanban.senders import push

    told = json.loads(payload)
    browser = PushSubscription(endpoint=told["endpoint"], p256dh=told["p256dh"], auth=told["auth"])
    with languages.speaking(told["language"]):
        words = push.message(
            told["title"], told["body"], told["path"], tag=told["tag"], base_url=settings.base_url
        )
    outcome = push.send(
        browser,
        words,
        vapid=_vapid(settings.data, settings.base_url),
        now=datetime.fromtimestamp(time.time(), UTC),
    )
    if outcome.fate == push.DELIVERED:
        return languages.kept(outcome.why)
    if outcome.fate == push.GONE:
        raise Refused(outcome.why)
    raise Failed(outcome.why, unsure=True)


@lru_cache(maxsize=4)
def _vapid(data: Path, base_url: str) -> Vapid:
    from kanban.senders.push import vapid

    config.vapid_key(data)
    return vapid.load(data, base_url)
