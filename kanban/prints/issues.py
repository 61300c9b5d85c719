"""The life of a printed label: issued, worn by its card, replaced, void; or blank, then claimed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from kanban import bulk, journal, loops
from kanban.db import Statement
from kanban.languages import gettext as _
from kanban.loops import Card
from kanban.prints.tables import Batch, LabelIssue

AT_ONCE = 500


class NotBlank(ValueError):
    """The label is no blank one: it has its card, or it is void."""


def claim(session: Session, deed: journal.Deed, issue: LabelIssue, card: Card) -> None:
    """A blank label becomes the label of a card, which goes into service with it. Raises NotBlank."""
    if issue.card_id is not None or issue.ended:
        raise NotBlank(_("this label is not blank any more"))
    if card.print_version > 0:
        end_former(session, deed.at, None, [(card.id, card.code, card.print_version)])
    issue.card_id, issue.version = card.id, card.print_version + 1
    card.code, card.print_version, card.printed_at = issue.code, issue.version, deed.at
    card.reprint_requested, card.reprint_because = False, ""
    session.flush()
    facts = {"version": issue.version, "claimed": issue.id}
    journal.append(session, deed, "printed", "card", card.id, facts, card_id=card.id)
    if card.life == "new":
        loops.set_life(session, deed, card, "active")


_FIND = Statement("SELECT id, card_id, ended FROM label_issue WHERE code = :code")


def is_blank(session: Session, code: str) -> bool:
    """Whether a label with this code waits for its card."""
    row = _FIND.first(session, code=code)
    return row is not None and row.card_id is None and not row.ended


def issue_of(session: Session, code: str) -> LabelIssue | None:
    """The label with this code, if one was issued."""
    return session.scalar(select(LabelIssue).where(LabelIssue.code == code))


def card_of(session: Session, code: str) -> Card | None:
    """The card that this code leads to: the one that wears it, or wore it before."""
    card = loops.by_code(session, code)
    if card is not None:
        return card
    issue = issue_of(session, code)
    return session.get(Card, issue.card_id) if issue and issue.card_id else None


def last_fingerprints(session: Session, card_ids: Sequence[int]) -> dict[int, str]:
    """What stood on the label that each card wears, as a hash; none of a card printed elsewhere."""
    found: dict[int, str] = {}
    for some in slices(card_ids):
        query = select(LabelIssue.card_id, LabelIssue.fingerprint).where(
            LabelIssue.card_id.in_(some), LabelIssue.ended == "", LabelIssue.printed_at.is_not(None)
        )
        found |= {row[0]: row[1] for row in session.execute(query) if row[0] is not None}
    return found


REST: dict[str, Any] = {
    "facts": "{}",
    "fingerprint": "",
    "photo_id": None,
    "ended": "",
    "ended_at": None,
}
"""What a row has that was never printed here."""


def end_former(
    session: Session, at: datetime, batch: Batch | None, worn: Sequence[tuple[int, str, int]]
) -> None:
    """End the labels that these cards (id, code, version) wore; those printed elsewhere get their row."""
    session.flush()
    known: set[str] = set()
    for some in slices([card_id for card_id, _code, _version in worn]):
        of_card = LabelIssue.card_id.in_(some)
        known |= set(session.scalars(select(LabelIssue.code).where(of_card)))
        other = LabelIssue.batch_id != batch.id if batch else LabelIssue.id > 0
        ending = (
            update(LabelIssue)
            .where(of_card, LabelIssue.ended == "", or_(LabelIssue.batch_id.is_(None), other))
            .values(ended="replaced", ended_at=at)
        )
        session.execute(ending, execution_options={"synchronize_session": False})
    ended = {"batch_id": None, "printed_at": None, "ended": "replaced", "ended_at": at}
    rows = [
        REST | ended | {"card_id": card_id, "code": code, "version": version}
        for card_id, code, version in worn
        if code not in known
    ]
    bulk.add(session, LabelIssue, rows)


def wear(session: Session, at: datetime, worn: Sequence[tuple[int, str, int]]) -> None:
    """These cards (id, code, version) wear a new label."""
    table = Card.__table__
    statement = (
        update(Card)
        .where(table.c.id == bindparam("of"))
        .values(
            code=bindparam("its_code"),
            print_version=bindparam("its_version"),
            printed_at=at,
            reprint_requested=False,
            reprint_because="",
        )
    )
    rows = [{"of": card_id, "its_code": code, "its_version": version} for card_id, code, version in worn]
    session.connection().execute(statement, rows)


def slices(ids: Sequence[int]) -> list[Sequence[int]]:
    """The ids in lists that one statement may name."""
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]


def count_waiting(session: Session) -> int:
    """How many cards wait for paper."""
    waits = or_(Card.print_version == 0, Card.reprint_requested)
    return session.scalar(select(func.count()).select_from(Card).where(waits, Card.life != "retired")) or 0
