"""Which cards go on paper, what stands on each, and on which papers they fit."""

from kanban.reports.printing.batches import (
    all_stocks,
    batch_labels,
    is_provisional,
    labels_of,
    paper_of,
    plan_of,
    shift_of,
    stock_of,
)
from kanban.reports.printing.choosing import (
    MOST_SHOWN,
    WAITING,
    Asked,
    Choice,
    LoopCards,
    TooManyLabels,
    asked,
    card_ids,
    cards,
    choose,
)
from kanban.reports.printing.saying import fingerprint, previewed, texts, wanted_labels

__all__ = [
    "MOST_SHOWN",
    "WAITING",
    "Asked",
    "Choice",
    "LoopCards",
    "TooManyLabels",
    "all_stocks",
    "asked",
    "batch_labels",
    "card_ids",
    "cards",
    "choose",
    "fingerprint",
    "is_provisional",
    "labels_of",
    "paper_of",
    "plan_of",
    "previewed",
    "shift_of",
    "stock_of",
    "texts",
    "wanted_labels",
]
