"""People are told what is new for them: at once or once a day, always in one message, never a flood."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import journal, languages, outbox, subscriptions
from kanban.alerts.choices import Choices, choices_of
from kanban.alerts.kinds import KINDS, LABELS
from kanban.alerts.tables import Alert, Notice, NoticeSettings
from kanban.languages import gettext as _
from kanban.languages import ngettext
from kanban.people import Person

MOST_AN_HOUR = 6
"""Messages to one person; what comes beyond waits for the next one, which tells it all."""
LEAST_APART = timedelta(minutes=2)
"""What comes in a burst is told in one message."""
BROWSER = "browser "
BROWSERS_LOOKED_AT = timedelta(days=4)
"""How far back deliveries are looked at for browsers that are gone: longer than the outbox tries."""
MOST_LINES = 30
"""Sentences in one message; how many there are beyond is said."""


@dataclass(frozen=True, slots=True)
class Told:
    """How a message leaves: the shop's clock and language, and the address that its links start with."""

    zone: ZoneInfo
    base_url: str
    language: str = languages.SOURCE


def tell(session: Session, deed: journal.Deed, how: Told) -> int:
    """Queue a message for everybody who has something new to know; returns how many."""
    _forget_gone_browsers(session, deed)
    active = select(Person).where(Person.active).order_by(Person.id)
    return sum(_tell_person(session, deed, person, how) for person in session.scalars(active).all())


def sentence(alert: Alert) -> str:
    """An alert in the language spoken: ``PO-000123: M8-40 from Nordbolt was due on Tue 1 Dec``."""
    facts = json.loads(alert.facts)
    if "day" in facts:
        facts["day"] = languages.day(date.fromisoformat(facts["day"][:10]))
    known = {"sku": "", "supplier": "", "number": "", "place": "", "day": "", "card": ""} | facts
    said = LABELS.get(facts.get("because", ""), "") or KINDS[alert.kind].sentence
    return _(said, **known)


def _tell_person(session: Session, deed: journal.Deed, person: Person, how: Told) -> bool:
    choices = choices_of(session, person)
    if not _reachable(session, person, choices):
        return False
    new = _new_for(session, person, choices)
    now = [alert for alert in new if choices.how[alert.kind] == "at_once"]
    if now and not _may_disturb(session, person, deed.at):
        now = []
    digest = _digest_due(session, person, choices, deed.at, how.zone)
    chosen = new if digest else now
    if chosen:
        _send(session, deed, person, choices, chosen, how)
    if digest:
        _note_digest(session, person, deed.at.astimezone(how.zone).date())
    return bool(chosen)


def _reachable(session: Session, person: Person, choices: Choices) -> bool:
    return bool(choices.email) or (choices.push and bool(subscriptions.of(session, people=[person.id])))


def _new_for(session: Session, person: Person, choices: Choices) -> list[Alert]:
    """Open alerts that concern a person and that they were not told of, the oldest first."""
    kinds = [kind for kind, how in choices.how.items() if how != "off"]
    told = select(Notice.alert_id).where(Notice.person_id == person.id)
    query = select(Alert).where(Alert.resolved_at.is_(None), Alert.kind.in_(kinds), Alert.id.not_in(told))
    return list(session.scalars(query.order_by(Alert.raised_at, Alert.id)))


def _may_disturb(session: Session, person: Person, at: datetime) -> bool:
    """Whether another message may go out now; all sentences of one message have one time."""
    lately = select(func.count(Notice.at.distinct()), func.max(Notice.at)).where(
        Notice.person_id == person.id, Notice.at > at - timedelta(hours=1)
    )
    count, last = session.execute(lately).one()
    return count < MOST_AN_HOUR and (last is None or at >= last + LEAST_APART)


def _digest_due(session: Session, person: Person, choices: Choices, at: datetime, zone: ZoneInfo) -> bool:
    """Once a day from the person's hour on, by the shop's clock."""
    there = at.astimezone(zone)
    row = session.get(NoticeSettings, person.id)
    if row is not None and row.told_on is not None and row.told_on >= there.date():
        return False
    return there.strftime("%H:%M") >= choices.digest_at


def _note_digest(session: Session, person: Person, day: date) -> None:
    row = session.get(NoticeSettings, person.id)
    if row is None:
        row = NoticeSettings(person_id=person.id, email="", push=True, digest_at="07:00", language="")
        session.add(row)
    row.told_on = day
    session.flush()


def _send(
    session: Session, deed: journal.Deed, person: Person, choices: Choices, found: list[Alert], how: Told
) -> None:
    with languages.speaking(choices.language or how.language):
        subject, text = _subject(found), _text(found, how.base_url)
        first = found[0].path if len(found) == 1 else "/alerts"
        if choices.email:
            payload = json.dumps({"subject": subject, "text": text}, ensure_ascii=False).encode()
            outbox.add(
                session, deed, kind="notice", channel="email", address=choices.email, about=subject,
                person_id=person.id, payload=payload,
            )  # fmt: skip
        if choices.push:
            _push(session, deed, person, subject, text, first)
    session.add_all(Notice(alert_id=alert.id, person_id=person.id, at=deed.at) for alert in found)
    session.flush()


def _push(
    session: Session, deed: journal.Deed, person: Person, subject: str, text: str, address: str
) -> None:
    for browser in subscriptions.of(session, people=[person.id]):
        told = {
            "endpoint": browser.endpoint, "p256dh": browser.p256dh, "auth": browser.auth,
            "title": subject, "body": text.split("\n\n")[0], "path": address,
            "language": languages.spoken(), "tag": "alerts",
        }  # fmt: skip
        outbox.add(
            session, deed, kind="notice", channel="push", address=f"{BROWSER}{browser.id}", about=subject,
            person_id=person.id, payload=json.dumps(told, ensure_ascii=False).encode(),
        )  # fmt: skip


def _forget_gone_browsers(session: Session, deed: journal.Deed) -> None:
    """Browsers that their makers know no more get nothing more, unless they have asked again since."""
    dead = select(outbox.Delivery.address, func.max(outbox.Delivery.created_at)).where(
        outbox.Delivery.channel == "push",
        outbox.Delivery.state == "dead",
        outbox.Delivery.created_at > deed.at - BROWSERS_LOOKED_AT,
    )
    for address, at in session.execute(dead.group_by(outbox.Delivery.address)):
        browser = session.get(subscriptions.PushSubscription, int(address.removeprefix(BROWSER)))
        if browser is not None and browser.created_at <= at:
            subscriptions.note_gone(session, browser.id, deed.at)
    session.flush()


def _subject(found: list[Alert]) -> str:
    if len(found) == 1:
        return sentence(found[0])
    return ngettext("%(num)s thing needs you", "%(num)s things need you", len(found))


def _text(found: list[Alert], base_url: str) -> str:
    """The sentences by kind, each with its address; then where all stand."""
    parts = []
    for kind, about in KINDS.items():
        own = [alert for alert in found[:MOST_LINES] if alert.kind == kind]
        if own:
            lines = [f"• {sentence(alert)}\n  {base_url}{alert.path}" for alert in own]
            parts.append("\n".join([_(about.name), *lines]))
    beyond = len(found) - MOST_LINES
    if beyond > 0:
        parts.append(ngettext("and %(num)s more", "and %(num)s more", beyond))
    parts.append(_("All of it: %(address)s", address=f"{base_url}/alerts"))
    parts.append(_("How you are told: %(address)s", address=f"{base_url}/account/notices"))
    return "\n\n".join(parts)
