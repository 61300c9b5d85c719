"""Goods that arrived: by order line, by delivery note, or by scanning the card that came back full.

A :class:`Receipt` counts usable units on its line. They fill the line's open turns, oldest signal first,
or the one whose card was scanned; a turn that is full closes, and its card is full again. What arrives
beyond the order is accepted and flagged; what is missing stays open until somebody closes the line short.

A :class:`DeliveryNote` is the paper that came with the goods and groups receipts of several orders.
What arrived damaged or is the wrong item is put into :class:`Quarantine`: it counts nowhere until it is
accepted or goes back. A :class:`Return` stays open until its credit or its replacement is here. A
mistaken receipt is never edited: :func:`correct` adds an entry against it.
"""

from kanban.receipts.arriving import (
    Arrival,
    BadReceipt,
    Doubtful,
    NothingComing,
    OtherSupplier,
    close_short,
    receive,
    receive_card,
    receive_line,
)
from kanban.receipts.correcting import BadCorrection, correct, counted
from kanban.receipts.returning import (
    NotInQuarantine,
    ReturnSettled,
    ReturnWish,
    accept,
    return_goods,
    return_quarantined,
    settle_return,
)
from kanban.receipts.tables import (
    EXPECTED,
    LARGEST_RECEIPT,
    QUARANTINE_REASONS,
    RETURN_REASONS,
    DeliveryNote,
    Quarantine,
    Receipt,
    Return,
)

__all__ = [
    "EXPECTED",
    "LARGEST_RECEIPT",
    "QUARANTINE_REASONS",
    "RETURN_REASONS",
    "Arrival",
    "BadCorrection",
    "BadReceipt",
    "DeliveryNote",
    "Doubtful",
    "NotInQuarantine",
    "NothingComing",
    "OtherSupplier",
    "Quarantine",
    "Receipt",
    "Return",
    "ReturnSettled",
    "ReturnWish",
    "accept",
    "close_short",
    "correct",
    "counted",
    "receive",
    "receive_card",
    "receive_line",
    "return_goods",
    "return_quarantined",
    "settle_return",
]
