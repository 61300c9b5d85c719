"""Prints: a batch of labels is made, handed over to the cards, fails or is made void.

A print makes new codes first (:func:`make`), and lets the cards wear them once the paper is there
(:func:`hand_over`). Between the two a label that came out all the same is known and counts, and the
label that the card wore before stays the good one: nothing is half printed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kanban import bulk, codes, journal
from kanban.languages import gettext as _
from kanban.loops import Card
from kanban.prints import issues
from kanban.prints.tables import Batch, LabelIssue

MOST_LABELS = 20_000


class CardsChanged(ValueError):
    """Some of the cards were printed or retired by somebody else while their labels were made."""


class NotPrintable(ValueError):
    """The batch is past what was asked of it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A card's coming label: which version the card has now, and what shall stand on it."""

    card_id: int
    version: int
    facts: Mapping[str, Any]
    fingerprint: str
    photo_id: int | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """On what a batch is printed, in the words of its table."""

    face: str
    stock: str
    stock_facts: str
    languages: str
    base_url: str
    start: int = 1
    printer_id: int | None = None
    shift: str = "{}"


def make(session: Session, deed: journal.Deed, wanted: Sequence[Wanted], paper: Paper) -> Batch:
    """A batch of labels for cards, each with a code of its own, which no card wears yet.

    A card that was never printed keeps the code that it has. Raises :class:`CardsChanged`.
    """
    now = _versions(session, [each.card_id for each in wanted])
    if any(now.get(each.card_id, (-1, ""))[0] != each.version for each in wanted):
        raise CardsChanged(
            _("somebody printed or retired one of these cards just now: look again, then print")
        )
    batch = _batch(session, deed, paper, len(wanted), "cards")
    issued = _issued(session, [each.card_id for each in wanted])
    rows = [
        _row(batch, each, now[each.card_id][1] if each.version == 0 and each.card_id not in issued else "")
        for each in wanted
    ]
    bulk.add(session, LabelIssue, rows)
    facts = {"count": len(wanted), "face": paper.face, "stock": paper.stock}
    journal.append(session, deed, "made", "print_batch", batch.id, facts)
    return batch


def make_blank(session: Session, deed: journal.Deed, count: int, paper: Paper) -> Batch:
    """A batch of labels that have no card yet: their first scan asks for one."""
    batch = _batch(session, deed, paper, count, "blank")
    batch.state, batch.printed_at = "printed", deed.at
    row = {"batch_id": batch.id, "card_id": None, "version": 1, "printed_at": deed.at}
    bulk.add(session, LabelIssue, [row | issues.REST | {"code": codes.make()} for _each in range(count)])
    facts = {"count": count, "face": paper.face, "stock": paper.stock}
    journal.append(session, deed, "printed", "print_batch", batch.id, facts | {"kind": "blank"})
    return batch


def hand_over(session: Session, deed: journal.Deed, batch: Batch) -> None:
    """The paper is there: each card wears its new label, the one before is replaced.

    Raises :class:`CardsChanged` where a card was printed meanwhile, :class:`NotPrintable` for a batch that
    was handed over or cancelled already.
    """
    _check_open(batch)
    columns = (LabelIssue.card_id, LabelIssue.code, LabelIssue.version, Card.print_version, Card.code)
    query = select(*columns).join(Card).where(LabelIssue.batch_id == batch.id, Card.life != "retired")
    rows: list[Any] = list(session.execute(query.order_by(LabelIssue.id)))
    if len(rows) < batch.count or any(row[2] != row[3] + 1 for row in rows):
        raise CardsChanged(
            _("somebody printed or retired one of these cards just now: look again, then print")
        )
    issues.end_former(session, deed.at, batch, [(row[0], row[4], row[3]) for row in rows if row[3] > 0])
    issues.wear(session, deed.at, [(row[0], row[1], row[2]) for row in rows])
    session.execute(
        update(LabelIssue).where(LabelIssue.batch_id == batch.id).values(printed_at=deed.at),
        execution_options={"synchronize_session": False},
    )
    batch.state, batch.printed_at, batch.trouble = "printed", deed.at, ""
    session.flush()
    entries = (
        journal.Entry("printed", "card", row[0], {"version": row[2], "batch": batch.id}, card_id=row[0])
        for row in rows
    )
    journal.append_all(session, deed, entries)
    session.expire_all()


def note_failure(session: Session, deed: journal.Deed, batch: Batch, trouble: str) -> None:
    """The printer did not take the whole batch: nothing of it counts as printed."""
    if batch.is_over:
        return
    batch.state, batch.trouble = "failed", trouble
    journal.append(session, deed, "failed", "print_batch", batch.id, {"trouble": trouble})


def cancel(session: Session, deed: journal.Deed, batch: Batch) -> None:
    """Nobody wants the batch any more: no card will wear its labels. Raises :class:`NotPrintable`."""
    _check_open(batch)
    batch.state, batch.trouble = "cancelled", ""
    journal.append(session, deed, "cancelled", "print_batch", batch.id)


def _check_open(batch: Batch) -> None:
    if batch.state == "cancelled":
        raise NotPrintable(_("this print was cancelled: print its cards anew"))
    if batch.is_over:
        raise NotPrintable(_("these labels count as printed already"))


def void(session: Session, deed: journal.Deed, batch: Batch) -> int:
    """The batch's paper is lost or spoiled: labels that are still worn, or blank, never order any more.

    Their cards wait for new ones. Returns how many labels that were.
    """
    live = select(LabelIssue).where(LabelIssue.batch_id == batch.id, LabelIssue.ended == "")
    found = list(session.scalars(live))
    for issue in found:
        issue.ended, issue.ended_at = "void", deed.at
        if issue.card is not None and issue.card.code == issue.code and issue.card.life != "retired":
            issue.card.reprint_requested, issue.card.reprint_because = True, "void"
    journal.append(session, deed, "voided", "print_batch", batch.id, {"count": len(found)})
    return len(found)


def last_of(session: Session, person_id: int | None, device_id: int | None) -> Batch | None:
    """The last print of a person or device: what they are likely to print on again."""
    whose = Batch.person_id == person_id if person_id else Batch.device_id == device_id
    if person_id is None and device_id is None:
        return None
    return session.scalar(select(Batch).where(whose).order_by(Batch.id.desc()).limit(1))


def _batch(session: Session, deed: journal.Deed, paper: Paper, count: int, kind: str) -> Batch:
    by = deed.by
    batch = Batch(
        kind=kind,
        made_at=deed.at,
        person_id=by.person_id,
        device_id=by.device_id,
        count=count,
        **asdict(paper),
    )
    session.add(batch)
    session.flush()
    return batch


def _row(batch: Batch, wanted: Wanted, code: str) -> dict[str, Any]:
    facts = json.dumps(dict(wanted.facts), ensure_ascii=False, separators=(",", ":"))
    return issues.REST | {
        "batch_id": batch.id,
        "card_id": wanted.card_id,
        "version": wanted.version + 1,
        "code": code or codes.make(),
        "facts": facts,
        "fingerprint": wanted.fingerprint,
        "photo_id": wanted.photo_id,
        "printed_at": None,
    }


def _versions(session: Session, card_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Print version and code of the cards that are not retired."""
    found: dict[int, tuple[int, str]] = {}
    for some in issues.slices(card_ids):
        query = select(Card.id, Card.print_version, Card.code).where(
            Card.id.in_(some), Card.life != "retired"
        )
        found |= {row[0]: (row[1], row[2]) for row in session.execute(query)}
    return found


def _issued(session: Session, card_ids: Sequence[int]) -> set[int]:
    """The cards whose own code stands on a label already, one that never counted as printed."""
    found: set[int] = set()
    for some in issues.slices(card_ids):
        query = select(LabelIssue.card_id).where(LabelIssue.card_id.in_(some))
        found |= {card_id for card_id in session.scalars(query) if card_id is not None}
    return found
