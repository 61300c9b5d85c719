"""What the printer prints for a bin: a code becomes a QR symbol, symbol and facts become cards and labels.

Faces are typst designs (``labels/<face>.typ``), stocks are geometry (``labels/stocks/<stock>.toml``, in mm).
Values reach a design as JSON only and are set as plain text; nothing in a name can become mark-up.
"""

from kanban.labels import faces, stocks
from kanban.labels.errors import (
    BadStock,
    FaceDoesNotFit,
    LabelError,
    ModuleTooSmall,
    NoRoom,
    NotACode,
    NotAColour,
    NotAnAddress,
    NothingToPrint,
    PrinterTrouble,
    StartOffSheet,
    UnknownFace,
    UnknownStock,
)
from kanban.labels.faces import Face, Place
from kanban.labels.setting import typeset
from kanban.labels.sheets import Plan, Shift, page_pictures, pdf, plan
from kanban.labels.stocks import Stock
from kanban.labels.symbols import GOOD_MODULE_MM, LEAST_MODULE_MM, QUIET_ZONE
from kanban.labels.values import Label, plain

__all__ = [
    "GOOD_MODULE_MM",
    "LEAST_MODULE_MM",
    "QUIET_ZONE",
    "BadStock",
    "Face",
    "FaceDoesNotFit",
    "Label",
    "LabelError",
    "ModuleTooSmall",
    "NoRoom",
    "NotACode",
    "NotAColour",
    "NotAnAddress",
    "NothingToPrint",
    "Place",
    "Plan",
    "PrinterTrouble",
    "Shift",
    "StartOffSheet",
    "Stock",
    "UnknownFace",
    "UnknownStock",
    "faces",
    "page_pictures",
    "pdf",
    "plain",
    "plan",
    "stocks",
    "typeset",
]
