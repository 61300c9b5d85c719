"""Replenishments and the orders that bring them: queue, release, confirm, ship, cancel.

A signal opens a :class:`Replenishment` (one turn of one card) on a line of its supplier's *draft*.
What a draft line will order is never stored: it is worked out from the turns that are open on it.
:func:`release` freezes it, gives the order its number, and from then on the order never changes;
what happens later (confirmation, receipt, cancellation) is added as new facts.
"""

from kanban.orders import rules
from kanban.orders.leaving import close_loop, replace_card
from kanban.orders.picking import NotOurs, pick, put_back
from kanban.orders.queue import (
    AlreadyReleased,
    NoOpenTurn,
    add_extra,
    add_more,
    cancel,
    cancel_line,
    close_turn,
    draft_line,
    needed_turn_of,
    open_turn,
    open_turn_of,
    set_urgent,
    signal_again,
    source_of,
    want,
    withdraw,
)
from kanban.orders.release import (
    NotAllowed,
    NothingToOrder,
    confirm,
    need_of,
    release,
    ship,
)
from kanban.orders.tables import (
    NUMBER_FORMAT,
    OPEN_STATES,
    OUTCOMES,
    STATES,
    SUPPLY,
    Counter,
    Order,
    OrderLine,
    Replenishment,
)

__all__ = [
    "NUMBER_FORMAT",
    "OPEN_STATES",
    "OUTCOMES",
    "STATES",
    "SUPPLY",
    "AlreadyReleased",
    "Counter",
    "NoOpenTurn",
    "NotAllowed",
    "NotOurs",
    "NothingToOrder",
    "Order",
    "OrderLine",
    "Replenishment",
    "add_extra",
    "add_more",
    "cancel",
    "cancel_line",
    "close_loop",
    "close_turn",
    "confirm",
    "draft_line",
    "need_of",
    "needed_turn_of",
    "open_turn",
    "open_turn_of",
    "pick",
    "put_back",
    "release",
    "replace_card",
    "rules",
    "set_urgent",
    "ship",
    "signal_again",
    "source_of",
    "want",
    "withdraw",
]
