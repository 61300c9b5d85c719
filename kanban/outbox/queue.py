"""Deliveries: put in the queue, claimed by a dispatcher, and settled after they were sent."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, or_, select, text, update
from sqlalchemy.orm import Session

from kanban import journal
from kanban.db import RING
from kanban.languages import kept, sentence
from kanban.outbox import brakes
from kanban.outbox.tables import UNSETTLED, Delivery, SupplierChannel

DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600,
    )
)  # fmt: skip
"""How long to wait before each try, counted from the one before it."""
KEPT_TRYING = timedelta(hours=76)
"""Nothing that may still change is given up sooner, however chance shortened the delays."""
JITTER = 0.2
DEADLY = 20
"""Tries that nobody ended: whatever takes a dispatcher down so often is not tried again by itself."""
ENDED = sentence("%(tries)s tries were begun and none ended: it takes the dispatcher down", tries=DEADLY)
HELD_FOR_HANDS = "person"
LONGEST_ANSWER = 1_000


TOLD = (
    "queued", "held", "let_go", "delivered", "handed_over", "dead", "bounced", "tried_again", "cancelled",
)  # fmt: skip
"""What the journal says of a delivery."""
_NOTIFY = text("NOTIFY kanban_outbox")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a dispatcher needs to send one delivery: a copy, so that no transaction stays open meanwhile."""

    id: int
    kind: str
    channel: str
    address: str
    about: str
    order_id: int | None
    supplier_id: int | None
    person_id: int | None
    message_id: str
    payload: bytes | None
    attempt: int
    possible_repeat: bool
    created_at: datetime
    secrets: tuple[str, ...] = ()
    """What signs it, where its channel is signed: the supplier's secret, and for a day the one before."""


def add(
    session: Session,
    deed: journal.Deed,
    *,
    kind: str,
    channel: str,
    address: str,
    about: str,
    order_id: int | None = None,
    supplier_id: int | None = None,
    person_id: int | None = None,
    payload: bytes | None = None,
    held_because: str = "",
    rest: timedelta = timedelta(0),
) -> Delivery:
    """Put a delivery into the queue, or on hold with a reason; it leaves after this transaction's commit.

    ``about`` names it for people. Without ``payload`` the channel's sender makes it before the first try.
    ``rest`` is how long it stays where it can be called back.
    """
    delivery = Delivery(
        kind=kind, channel=channel, address=address, about=about[:200], order_id=order_id,
        supplier_id=supplier_id, person_id=person_id, payload=payload, message_id=secrets.token_hex(16),
        state="held" if held_because else "queued", held_because=held_because,
        created_at=deed.at, due_at=deed.at + rest,
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    facts = {"kind": kind, "channel": channel} | ({"because": held_because} if held_because else {})
    tell(session, deed, delivery, delivery.state, facts)
    return delivery


def claim(
    session: Session, at: datetime, channels: Sequence[str], lease: timedelta, most: int = 1
) -> list[Claim]:
    """Take up to ``most`` deliveries that wait longest for one of ``channels``, until the lease ends.

    One whose lease has ended was left by a dispatcher that died: if it may have been sent already, it is
    marked as a possible repeat. None while everything is paused; no mails while their limit is reached.
    """
    open_channels = _open(session, at, channels)
    if not open_channels:
        return []
    abandoned = and_(Delivery.state == "leased", Delivery.lease_until <= at)
    deadly = update(Delivery).where(abandoned, Delivery.attempts >= DEADLY)
    session.execute(deadly.values(state="dead", lease_until=None, settled_at=at, answer=kept(ENDED)))
    due = or_(and_(Delivery.state == "queued", Delivery.due_at <= at), abandoned)
    first = (
        select(Delivery.id)
        .where(due, Delivery.channel.in_(open_channels))
        .order_by(Delivery.due_at, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    left = and_(Delivery.state == "leased", Delivery.payload.is_not(None))
    taken = (
        update(Delivery)
        .where(Delivery.id.in_(first.scalar_subquery()))
        .values(
            state="leased",
            attempts=Delivery.attempts + 1,
            lease_until=at + lease,
            possible_repeat=case((left, True), else_=Delivery.possible_repeat),
        )
        .returning(Delivery)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    rows = sorted(session.scalars(taken).all(), key=lambda row: (row.due_at, row.id))
    return [replace(claim_of(row), secrets=_secrets(session, row, at)) for row in rows]


def next_due(session: Session, at: datetime, channels: Sequence[str]) -> datetime | None:
    """When there is something to claim next: a queued delivery's time, the end of a lease, or of a limit."""
    if brakes.is_paused(session):
        return None
    when = case((Delivery.state == "leased", Delivery.lease_until), else_=Delivery.due_at)
    waiting = Delivery.state.in_(("queued", "leased"))
    earliest = select(func.min(when)).where(waiting)
    due = session.scalar(earliest.where(Delivery.channel.in_([each for each in channels if each != "email"])))
    mail = session.scalar(earliest.where(Delivery.channel == "email")) if "email" in channels else None
    if mail is not None:
        mail = max(mail, brakes.mails_free_at(session, at) or mail)
    return min((each for each in (due, mail) if each is not None), default=None)


def keep(session: Session, claim: Claim, payload: bytes) -> bool:
    """Keep what will be sent, before it is; false where the delivery is no longer the claimer's."""
    return _settle(session, claim, payload=payload)


def delivered(session: Session, deed: journal.Deed, claim: Claim, answer: str) -> bool:
    """The other side took it; false where the delivery is no longer the claimer's."""
    mine = _settle(
        session,
        claim,
        state="delivered",
        lease_until=None,
        settled_at=deed.at,
        answer=answer[:LONGEST_ANSWER],
    )
    if mine:
        facts = {"channel": claim.channel, "attempt": claim.attempt}
        _tell_claim(session, deed, claim, "delivered", facts)
    return mine


def failed(
    session: Session,
    deed: journal.Deed,
    claim: Claim,
    error: str,
    *,
    final: bool,
    unsure: bool,
    chance: float,
) -> bool:
    """This try came to nothing: the next one is due by the table, or it is dead.

    ``error`` is kept as it is given. ``unsure``: it may have arrived all the same. ``chance`` from 0 to 1
    spreads the delay by ±20 %.
    """
    more: dict[str, object] = {"possible_repeat": True} if unsure else {}
    if final or (claim.attempt >= len(DELAYS) and deed.at - claim.created_at >= KEPT_TRYING):
        return _bury(session, deed, claim, error, more)
    delay = DELAYS[min(claim.attempt, len(DELAYS) - 1)] * (1 - JITTER + 2 * JITTER * chance)
    return _settle(
        session, claim, state="queued", lease_until=None, due_at=deed.at + delay,
        answer=error, **more,
    )  # fmt: skip


def mark_all_as_possible_repeats(session: Session) -> int:
    """After a restoration: what is unsettled in the backup may have left since; says how many that are."""
    unsettled = update(Delivery).where(Delivery.state.in_(UNSETTLED)).values(possible_repeat=True)
    result = session.execute(unsettled)
    return int(getattr(result, "rowcount", 0))


def of_order(session: Session, order_id: int) -> Sequence[Delivery]:
    """The deliveries of an order, oldest first."""
    return session.scalars(select(Delivery).where(Delivery.order_id == order_id).order_by(Delivery.id)).all()


def by_message_ids(session: Session, message_ids: Iterable[str]) -> Delivery | None:
    """The delivery with one of these message ids."""
    return session.scalar(select(Delivery).where(Delivery.message_id.in_(list(message_ids))).limit(1))


def ring(session: Session) -> None:
    """Wake the dispatchers after this commit, wherever they run."""
    session.info[RING] = True
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_NOTIFY)


def _secrets(session: Session, row: Delivery, at: datetime) -> tuple[str, ...]:
    chosen = (
        session.get(SupplierChannel, row.supplier_id)
        if row.channel == "webhook" and row.supplier_id
        else None
    )
    if chosen is None or not chosen.secret:
        return ()
    still = chosen.old_secret_until is not None and chosen.old_secret_until > at
    return (chosen.secret, chosen.old_secret) if still else (chosen.secret,)


def _open(session: Session, at: datetime, channels: Sequence[str]) -> list[str]:
    """The channels through which something may leave now."""
    if brakes.is_paused(session):
        return []
    free_at = brakes.mails_free_at(session, at) if "email" in channels else None
    return [each for each in channels if each != "email" or free_at is None or free_at <= at]


def _bury(session: Session, deed: journal.Deed, claim: Claim, error: str, more: dict[str, object]) -> bool:
    mine = _settle(
        session,
        claim,
        state="dead",
        lease_until=None,
        settled_at=deed.at,
        answer=error,
        **more,
    )
    if mine:
        _tell_claim(session, deed, claim, "dead", {"channel": claim.channel, "attempt": claim.attempt})
    return mine


def _settle(session: Session, claim: Claim, **values: object) -> bool:
    """Change the row where it is still leased to this very try."""
    mine = Delivery.id == claim.id, Delivery.state == "leased", Delivery.attempts == claim.attempt
    changed = update(Delivery).where(*mine).values(**values).returning(Delivery.id)
    return session.scalar(changed.execution_options(synchronize_session=False)) is not None


def claim_of(row: Delivery) -> Claim:
    """The row as a sender sees it."""
    return Claim(
        row.id, row.kind, row.channel, row.address, row.about, row.order_id, row.supplier_id, row.person_id,
        row.message_id, row.payload, row.attempts, row.possible_repeat, row.created_at,
    )  # fmt: skip


def tell(
    session: Session, deed: journal.Deed, delivery: Delivery, kind: str, facts: Mapping[str, object]
) -> None:
    """Write into the journal what happened to a delivery, and wake the dispatchers."""
    ring(session)
    journal.append(session, deed, kind, "delivery", delivery.id, facts, order_id=delivery.order_id)


def _tell_claim(
    session: Session, deed: journal.Deed, claim: Claim, kind: str, facts: Mapping[str, object]
) -> None:
    journal.append(session, deed, kind, "delivery", claim.id, facts, order_id=claim.order_id)
