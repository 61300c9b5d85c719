"""What leaves the house: deliveries that are kept until the other side has them, and the brakes before them.

A :class:`Delivery` is written in the transaction that releases an order, so that an order is released
exactly when its delivery is queued. Dispatchers claim it with a lease, send it outside of any
transaction, and settle it afterwards; whoever dies between leaves it to the next one.
"""

from kanban.outbox import brakes, chores, trouble
from kanban.outbox.channels import (
    ChannelFacts,
    address_of,
    choose,
    of_supplier,
    other_way,
    put_order,
    rotate_secret,
    take_back,
)
from kanban.outbox.queue import (
    DELAYS,
    HELD_FOR_HANDS,
    TOLD,
    Claim,
    add,
    by_message_ids,
    claim,
    claim_of,
    delivered,
    failed,
    keep,
    mark_all_as_possible_repeats,
    next_due,
    of_order,
    ring,
)
from kanban.outbox.steps import NotWaiting, bounced, call_back, hand_over, let_go, note_bounce, try_again
from kanban.outbox.tables import (
    BY_HAND,
    CHANNELS,
    STATES,
    UNSETTLED,
    Brakes,
    ChoreTime,
    Delivery,
    SupplierChannel,
)

__all__ = [
    "BY_HAND",
    "CHANNELS",
    "DELAYS",
    "HELD_FOR_HANDS",
    "STATES",
    "TOLD",
    "UNSETTLED",
    "Brakes",
    "ChannelFacts",
    "ChoreTime",
    "Claim",
    "Delivery",
    "NotWaiting",
    "SupplierChannel",
    "add",
    "address_of",
    "bounced",
    "brakes",
    "by_message_ids",
    "call_back",
    "choose",
    "chores",
    "claim",
    "claim_of",
    "delivered",
    "failed",
    "hand_over",
    "keep",
    "let_go",
    "mark_all_as_possible_repeats",
    "next_due",
    "note_bounce",
    "of_order",
    "of_supplier",
    "other_way",
    "put_order",
    "ring",
    "rotate_secret",
    "take_back",
    "trouble",
    "try_again",
]
