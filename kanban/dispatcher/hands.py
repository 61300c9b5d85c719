"""One try of one delivery: make what will leave, keep it, send it, and only then note what came of it."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from kanban import clock, journal, outbox
from kanban.config import Settings
from kanban.db import Database, Trouble
from kanban.languages import Sentence, kept, sentence
from kanban.outbox import Claim
from kanban.senders import Failed, Refused, Sender

log = logging.getLogger("kanban.dispatcher")

TRIES_TO_NOTE = 5


def serve(database: Database, settings: Settings, senders: Mapping[str, Sender], claim: Claim) -> None:
    """Try to send one claimed delivery. Whatever goes wrong is this delivery's own trouble."""
    sender = senders[claim.channel]
    try:
        ready = claim if claim.payload is not None else _make(database, settings, sender, claim)
        if ready is None or ready.payload is None:
            return
        answer = sender.send(ready, ready.payload, settings)
    except Refused as refused:
        _note(database, claim, _failing(claim, refused.why, final=True))
    except Failed as failed:
        _note(database, claim, _failing(claim, failed.why, unsure=failed.unsure))
    except Trouble:
        raise
    except Exception as broken:  # a mistake in a channel must not leave the delivery without an outcome
        log.exception("delivery %s by %s broke", claim.id, claim.channel)
        _note(database, claim, _failing(claim, _broken(broken), unsure=True))
    else:
        _note(database, claim, lambda session, deed: outbox.delivered(session, deed, claim, answer))


def _make(database: Database, settings: Settings, sender: Sender, claim: Claim) -> Claim | None:
    """The claim with what will leave, made outside of any transaction; none where it is no longer ours."""
    try:
        with database.read() as session:
            payload = sender.make(session, claim, settings)
    except (Refused, Failed, Trouble):
        raise
    except Exception as broken:  # writing it would break again with every try: a person has to look
        log.exception("delivery %s cannot be made", claim.id)
        raise Refused(sentence("this could not be written: %(why)s", why=_broken(broken))) from broken
    kept = database.write(lambda session: outbox.keep(session, claim, payload))
    return replace(claim, payload=payload) if kept else None


def _failing(
    claim: Claim, why: Sentence | str, *, final: bool = False, unsure: bool = False
) -> Callable[[Session, journal.Deed], bool]:
    chance = random.random()  # noqa: S311 - spreads the load, keeps no secret
    return lambda session, deed: outbox.failed(
        session, deed, claim, kept(why), final=final, unsure=unsure, chance=chance
    )


def _broken(broken: Exception) -> str:
    """A mistake of ours, for whoever reports it."""
    return f"{type(broken).__name__}: {broken}"


def _note(database: Database, claim: Claim, verb: Callable[[Session, journal.Deed], bool]) -> None:
    """Settle the delivery; while the database cannot write, try again for a while (the lease goes on)."""
    deed = journal.Deed(clock.now(), journal.By("dispatch"))
    for tried in range(TRIES_TO_NOTE):
        try:
            if not database.write(lambda session: verb(session, deed)):
                log.warning("delivery %s went to another dispatcher meanwhile", claim.id)
            return
        except Trouble:
            if tried + 1 == TRIES_TO_NOTE:
                raise
            time.sleep(2**tried / 4)
