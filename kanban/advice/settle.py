"""Advice is a proposal: written down when it changes, then accepted, refused or put off by a person."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import journal, loops
from kanban.advice.histories import collect
from kanban.advice.review import Calendars, Reviewed, figures_of, inputs_hash, review
from kanban.advice.tables import Advice
from kanban.languages import gettext as _
from kanban.loops import Card, Loop
from kanban.sizing import advice as engine

ALIVE = ("open", "snoozed")
LONGEST_SNOOZE = timedelta(days=366)
REVIEW_AGAIN = timedelta(days=1)
"""Time alone changes what is believed (old scans fade, silence lasts): a loop is sized again after a day."""


class NothingAdvised(ValueError):
    """There is no advice of this loop that waits for an answer."""


def review_all(
    session: Session, deed: journal.Deed, zone: ZoneInfo, loop_ids: Collection[int] | None = None
) -> int:
    """Size open loops anew whose facts have changed or whose advice is a day old; returns how many.

    Each gets one row of :class:`Advice` that is alive at most; the one before is *overtaken* unless it
    says the same. Advice that somebody refused or put off comes back only when it says something else.
    """
    clocks = Calendars(session, zone)
    last, changed = _last(session, loop_ids), _changed(session)
    done = 0
    for told in collect(session, deed.at, zone, loop_ids):
        before = last.get(told.loop.id)
        inputs = inputs_hash(told, clocks)
        if before and before.inputs == inputs and deed.at - before.at < REVIEW_AGAIN:
            continue
        reviewed = review(told, clocks, deed.at, changed.get(told.loop.id))
        _write(session, deed, reviewed, inputs, before)
        done += 1
    return done


def accept(session: Session, deed: journal.Deed, loop: Loop) -> list[Card]:
    """Do what is advised: new cards, which wait to be printed, or the last card leaves at its next emptying.

    Returns the cards that are new or surplus now. Raises :class:`NothingAdvised`.
    """
    advice = _alive(session, loop)
    if advice.decision == "keep":
        raise NothingAdvised(_("the advice is to change nothing"))
    if advice.decision == "add":
        changed = loops.add_cards(session, deed, loop, advice.cards - advice.cards_now)
    else:
        changed = _leave(session, deed, loop, advice.cards_now - advice.cards)
    _settle(session, deed, advice, "accepted")
    return changed


def refuse(session: Session, deed: journal.Deed, loop: Loop, reason: str) -> None:
    """Keep the cards as they are, and say why. Raises :class:`NothingAdvised`."""
    _settle(session, deed, _alive(session, loop), "refused", reason)


def snooze(session: Session, deed: journal.Deed, loop: Loop, until: datetime) -> None:
    """Ask again after ``until``. Raises :class:`NothingAdvised`."""
    advice = _alive(session, loop)
    advice.state = "snoozed"
    advice.snoozed_until = min(until, deed.at + LONGEST_SNOOZE)
    told = {"advice_id": advice.id, "until": advice.snoozed_until}
    journal.append(session, deed, "advice_snoozed", "loop", loop.id, told)


def latest(session: Session, loop_id: int) -> Advice | None:
    """What was advised last."""
    return session.scalar(select(Advice).where(Advice.loop_id == loop_id).order_by(Advice.id.desc()).limit(1))


def past_advice(session: Session, loop_id: int) -> list[Advice]:
    """What became of advice on this loop, the latest first; what was overtaken unanswered is left out."""
    settled = Advice.state.in_(("accepted", "refused"))
    query = select(Advice).where(Advice.loop_id == loop_id, settled).order_by(Advice.id.desc())
    return list(session.scalars(query.limit(50)))


def _write(
    session: Session, deed: journal.Deed, reviewed: Reviewed, inputs: str, before: Advice | None
) -> None:
    loop, decision = reviewed.told.loop, reviewed.decision
    now = reviewed.told.cards
    if before is not None and _says_the_same(before, now, decision):
        if before.state == "snoozed" and before.snoozed_until and before.snoozed_until <= deed.at:
            before.state, before.snoozed_until = "open", None
        if before.state == "open":
            before.cards, before.because = decision.cards, decision.because
        before.at, before.inputs, before.facts = deed.at, inputs, json.dumps(figures_of(reviewed))
        return
    if before is not None and before.state in ALIVE:
        before.state, before.settled_at = "overtaken", deed.at
        session.flush()
    fresh = Advice(
        loop_id=loop.id,
        at=deed.at,
        inputs=inputs,
        cards_now=now,
        cards=decision.cards,
        decision=decision.what,
        because=decision.because,
        facts=json.dumps(figures_of(reviewed)),
        state="open",
    )
    session.add(fresh)
    session.flush()
    if decision.what != "keep":
        told = {"advice_id": fresh.id, "now": now, "cards": decision.cards}
        journal.append(session, deed, "advised", "loop", loop.id, told)


def _says_the_same(before: Advice, now: int, decision: engine.Decision) -> bool:
    """Whether nobody need be told: the same step is still open, or no more is asked than was answered."""
    if before.state not in ("open", "snoozed", "refused") or before.cards_now != now:
        return False
    asks_more = abs(decision.cards - now) > abs(before.cards - now)
    return before.decision == decision.what and (before.state == "open" or not asks_more)


def _leave(session: Session, deed: journal.Deed, loop: Loop, count: int) -> list[Card]:
    """The cards with the highest numbers become surplus: they leave when their bins are empty next."""
    active = [card for card in loops.cards_in_service(session, loop) if card.life in ("new", "active")]
    leaving = active[-count:] if count else []
    for card in leaving:
        life = "surplus" if card.life == "active" else "retired"
        loops.set_life(session, deed, card, life, "surplus" if life == "retired" else "")
    return leaving


def _settle(session: Session, deed: journal.Deed, advice: Advice, state: str, reason: str = "") -> None:
    advice.state, advice.settled_at, advice.reason = state, deed.at, reason
    told = {
        "advice_id": advice.id,
        "decision": advice.decision,
        "now": advice.cards_now,
        "cards": advice.cards,
    }
    journal.append(session, deed, f"advice_{state}", "loop", advice.loop_id, told)


def _alive(session: Session, loop: Loop) -> Advice:
    alive = session.scalar(select(Advice).where(Advice.loop_id == loop.id, Advice.state.in_(ALIVE)))
    if alive is None:
        raise NothingAdvised(_("there is no advice for this loop that waits for an answer"))
    return alive


def _last(session: Session, loop_ids: Collection[int] | None) -> dict[int, Advice]:
    newest = select(func.max(Advice.id)).group_by(Advice.loop_id)
    query = select(Advice).where(Advice.id.in_(newest))
    if loop_ids is not None:
        query = query.where(Advice.loop_id.in_(list(loop_ids)))
    return {each.loop_id: each for each in session.scalars(query)}


def _changed(session: Session) -> dict[int, datetime]:
    """When advice last changed the number of cards of each loop."""
    query = (
        select(Advice.loop_id, func.max(Advice.settled_at))
        .where(Advice.state == "accepted")
        .group_by(Advice.loop_id)
    )
    return {loop_id: at for loop_id, at in session.execute(query) if at is not None}
