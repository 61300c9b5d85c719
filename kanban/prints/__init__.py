"""Prints: the life of every printed label, the batches that they came in, and the printers."""

from kanban.prints.batches import (
    MOST_LABELS,
    CardsChanged,
    NotPrintable,
    Paper,
    Wanted,
    cancel,
    hand_over,
    last_of,
    make,
    make_blank,
    note_failure,
    void,
)
from kanban.prints.issues import (
    NotBlank,
    card_of,
    claim,
    count_waiting,
    is_blank,
    issue_of,
    last_fingerprints,
)
from kanban.prints.printers import BadPrinter, PrinterFacts, PrinterTaken, StockTaken
from kanban.prints.printers import in_use as printers_in_use
from kanban.prints.tables import Batch, LabelIssue, OwnStock, Printer

__all__ = [
    "MOST_LABELS",
    "BadPrinter",
    "Batch",
    "CardsChanged",
    "LabelIssue",
    "NotBlank",
    "NotPrintable",
    "OwnStock",
    "Paper",
    "Printer",
    "PrinterFacts",
    "PrinterTaken",
    "StockTaken",
    "Wanted",
    "cancel",
    "card_of",
    "claim",
    "count_waiting",
    "hand_over",
    "is_blank",
    "issue_of",
    "last_fingerprints",
    "last_of",
    "make",
    "make_blank",
    "note_failure",
    "printers_in_use",
    "void",
]
