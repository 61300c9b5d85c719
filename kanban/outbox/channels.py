"""How each supplier gets its orders, and the delivery that a released order makes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from kanban import journal
from kanban.languages import gettext as _
from kanban.outbox import brakes, queue, steps
from kanban.outbox.queue import HELD_FOR_HANDS
from kanban.outbox.tables import BY_HAND, Delivery, SupplierChannel
from kanban.suppliers import Supplier

OLD_SECRET_LASTS = timedelta(hours=24)
"""How long both secrets sign after a change, so that the other side can change its own in peace."""
TAKE_CANCELLATIONS = ("email", "webhook", "cxml")
"""Channels that can say that an order is cancelled; elsewhere a person calls."""


@dataclass(frozen=True)
class ChannelFacts:
    """What a person chose for a supplier; texts are clean already."""

    channel: str = "email"
    address: str = ""
    language: str = "en"
    paper: str = "a4"
    greeting: str = ""
    template: str = ""
    buyer_endpoint: str = ""
    seller_endpoint: str = ""


def of_supplier(session: Session, supplier: Supplier) -> SupplierChannel:
    """The supplier's channel; where nobody chose, mail to its address, or a call where it has none."""
    chosen = session.get(SupplierChannel, supplier.id)
    if chosen is not None:
        return chosen
    return SupplierChannel(
        supplier_id=supplier.id, secret="", old_secret="", channel="email" if supplier.email else "phone",
        **{name: value for name, value in vars(ChannelFacts()).items() if name != "channel"},
    )  # fmt: skip


def choose(session: Session, deed: journal.Deed, supplier: Supplier, facts: ChannelFacts) -> bool:
    """Give a supplier another channel; says whether anything changed. A webhook gets its secret."""
    row = of_supplier(session, supplier)
    changed = {name: value for name, value in vars(facts).items() if getattr(row, name) != value}
    is_new = session.get(SupplierChannel, supplier.id) is None
    if not changed and not is_new:
        return False
    for name, value in changed.items():
        setattr(row, name, value)
    if row.channel == "webhook" and not row.secret:
        row.secret = new_secret()
    session.add(row)
    session.flush()
    told = {"channel": row.channel, "language": row.language}
    journal.append(session, deed, "channel_chosen", "supplier", supplier.id, told)
    return True


def rotate_secret(session: Session, deed: journal.Deed, supplier: Supplier) -> None:
    """A new signing secret; for a day both sign."""
    row = of_supplier(session, supplier)
    row.old_secret, row.old_secret_until = row.secret, deed.at + OLD_SECRET_LASTS
    row.secret = new_secret()
    session.add(row)
    session.flush()
    journal.append(session, deed, "secret_rotated", "supplier", supplier.id)


def new_secret() -> str:
    """A signing secret in the form of Standard Webhooks: 32 random bytes."""
    import base64

    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def put_order(
    session: Session, deed: journal.Deed, order_id: int, number: str, supplier: Supplier, value: Decimal
) -> Delivery | None:
    """The delivery of an order, in the transaction that releases it; none for a store of our own.

    It waits for a person where a brake says so, or where its channel is served by one.
    """
    if supplier.kind == "internal":
        return None
    limits = brakes.get(session)
    chosen = of_supplier(session, supplier)
    leaving = brakes.Leaving(supplier.id, value, deed.by.person_id is not None)
    held = brakes.hold(session, limits, leaving, deed.at)
    return queue.add(
        session,
        deed,
        kind="order",
        channel=chosen.channel,
        address=address_of(chosen, supplier),
        about=f"{number} · {supplier.name}",
        order_id=order_id,
        supplier_id=supplier.id,
        held_because=held or (HELD_FOR_HANDS if chosen.channel in BY_HAND else ""),
        rest=timedelta(seconds=limits.rest_seconds),
    )


def other_way(
    session: Session, deed: journal.Deed, delivery: Delivery, channel: str, address: str
) -> Delivery:
    """Send what did not arrive through another channel, or to another address; the failed one is given up.

    Raises :class:`steps.NotWaiting` for one that is being sent or was delivered.
    """
    if delivery.state not in ("held", "queued", "dead"):
        raise steps.NotWaiting(_("this is being sent, or was delivered already"))
    if delivery.state != "dead":
        steps.call_back(session, deed, delivery)
    return queue.add(
        session,
        deed,
        kind=delivery.kind,
        channel=channel,
        address=address,
        about=delivery.about,
        order_id=delivery.order_id,
        supplier_id=delivery.supplier_id,
        held_because=HELD_FOR_HANDS if channel in BY_HAND else "",
    )


def take_back(session: Session, deed: journal.Deed, order_id: int) -> None:
    """An order is cancelled: what has not left stays here, and who has it, or may have it, is told."""
    for delivery in queue.of_order(session, order_id):
        if delivery.kind == "order" and not steps.call_back(session, deed, delivery):
            told = delivery.channel in TAKE_CANCELLATIONS
            queue.add(
                session,
                deed,
                kind="cancellation",
                channel=delivery.channel if told else "phone",
                address=delivery.address if told else "",
                about=delivery.about,
                order_id=order_id,
                supplier_id=delivery.supplier_id,
                held_because="" if told else HELD_FOR_HANDS,
            )
            return


def address_of(chosen: SupplierChannel, supplier: Supplier) -> str:
    """Where a channel leads: its own address, or for mail and calls the supplier's."""
    if chosen.address:
        return chosen.address
    return {"email": supplier.email, "phone": supplier.phone}.get(chosen.channel, "")
