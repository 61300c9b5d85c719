"""How each person wants to be told: where, at which hour, and which kinds at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kanban import journal
from kanban.alerts.kinds import KINDS
from kanban.alerts.tables import NoticeChoice, NoticeSettings
from kanban.people import Person, Who


@dataclass(frozen=True)
class Choices:
    """A person's choices; ``how`` has every kind that concerns them. No e-mail address: no mail."""

    email: str = ""
    push: bool = True
    digest_at: str = "07:00"
    language: str = ""
    how: Mapping[str, str] = field(default_factory=dict)


def choices_of(session: Session, person: Person) -> Choices:
    """What a person has chosen, the usual way for the rest."""
    row = session.get(NoticeSettings, person.id)
    chosen = select(NoticeChoice.kind, NoticeChoice.how).where(NoticeChoice.person_id == person.id)
    how = usual(person.role) | {kind: how for kind, how in session.execute(chosen) if kind in KINDS}
    if row is None:
        return Choices(how=how)
    return Choices(row.email, row.push, row.digest_at, row.language, how)


def usual(role: str) -> dict[str, str]:
    """The usual way for a role: at once what cannot wait, to those whose work it is; the rest in a digest."""
    who = Who(role=role)
    return {
        kind: "at_once" if about.at_once and role == about.role else "digest"
        for kind, about in KINDS.items()
        if who.may(about.role)
    }


def choose(session: Session, deed: journal.Deed, person: Person, choices: Choices) -> None:
    """Another way of being told. The journal says that it changed, not the address."""
    row = session.get(NoticeSettings, person.id)
    if row is None:
        row = NoticeSettings(person_id=person.id)
        session.add(row)
    row.email, row.push = choices.email, choices.push
    row.digest_at, row.language = choices.digest_at, choices.language
    session.execute(delete(NoticeChoice).where(NoticeChoice.person_id == person.id))
    differs = {
        kind: how for kind, how in choices.how.items() if usual(person.role).get(kind) not in (None, how)
    }
    session.add_all(NoticeChoice(person_id=person.id, kind=kind, how=how) for kind, how in differs.items())
    session.flush()
    journal.append(session, deed, "notices_chosen", "person", person.id, {"mail": bool(choices.email)})
