"""A person's steps with a delivery, and what the other side sends back."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban import journal
from kanban.languages import gettext as _
from kanban.outbox import queue
from kanban.outbox.tables import BY_HAND, Delivery


class NotWaiting(ValueError):
    """The delivery is not in a state that allows this step."""


def let_go(session: Session, deed: journal.Deed, delivery: Delivery) -> None:
    """A person lets a held delivery leave. Raises :class:`NotWaiting`."""
    if delivery.state != "held":
        raise NotWaiting(_("this is not on hold any more"))
    if delivery.channel in BY_HAND:  # past the brake, it waits for the person who calls
        delivery.held_because = queue.HELD_FOR_HANDS
    else:
        delivery.state, delivery.held_because, delivery.due_at = "queued", "", deed.at
    session.flush()
    queue.tell(session, deed, delivery, "let_go", {})


def try_again(session: Session, deed: journal.Deed, delivery: Delivery) -> None:
    """Send a dead delivery again: the same message under the same number, from the first try on.

    Raises :class:`NotWaiting` where it is not dead, or another delivery of the order took its place.
    """
    if delivery.state != "dead":
        raise NotWaiting(_("this has not failed"))
    if delivery.order_id is not None and _live_twin(session, delivery):
        raise NotWaiting(_("this order leaves by the same way already"))
    delivery.state, delivery.attempts, delivery.due_at, delivery.settled_at = "queued", 0, deed.at, None
    session.flush()
    queue.tell(session, deed, delivery, "tried_again", {})


def hand_over(session: Session, deed: journal.Deed, delivery: Delivery, note: str = "") -> None:
    """A person has handed it over themselves: called, ordered in the shop, sent the document.

    Raises :class:`NotWaiting` where it was delivered already, or is being sent this moment.
    """
    if delivery.state not in ("held", "queued", "dead"):
        raise NotWaiting(_("this is being sent, or was delivered already"))
    delivery.state, delivery.held_because, delivery.settled_at = "delivered", "", deed.at
    delivery.answer = note[: queue.LONGEST_ANSWER]
    session.flush()
    queue.tell(session, deed, delivery, "handed_over", {"channel": delivery.channel})


def call_back(session: Session, deed: journal.Deed, delivery: Delivery) -> bool:
    """Cancel a delivery; false where it has left, is leaving this moment, or may have left."""
    if delivery.state not in ("held", "queued", "dead") or delivery.possible_repeat:
        return delivery.state == "cancelled"
    delivery.state, delivery.held_because, delivery.settled_at = "cancelled", "", deed.at
    session.flush()
    queue.tell(session, deed, delivery, "cancelled", {})
    return True


def bounced(session: Session, deed: journal.Deed, delivery: Delivery, why: str) -> None:
    """The other side took it and sent it back: it did not arrive. Nothing for one that is not delivered."""
    if delivery.state != "delivered":
        return
    delivery.state, delivery.settled_at, delivery.answer = "dead", deed.at, why[: queue.LONGEST_ANSWER]
    session.flush()
    queue.tell(session, deed, delivery, "bounced", {})


def note_bounce(session: Session, deed: journal.Deed, message_ids: Iterable[str], why: str) -> str | None:
    """What came back undelivered is dead; says what it was about, or none where it is not ours."""
    delivery = queue.by_message_ids(session, message_ids)
    if delivery is None:
        return None
    bounced(session, deed, delivery, why)
    return delivery.about


def _live_twin(session: Session, delivery: Delivery) -> bool:
    twin = select(Delivery.id).where(
        Delivery.order_id == delivery.order_id, Delivery.kind == delivery.kind,
        Delivery.channel == delivery.channel, Delivery.id != delivery.id,
        Delivery.state.not_in(("dead", "cancelled")),
    )  # fmt: skip
    return session.scalar(twin.limit(1)) is not None
