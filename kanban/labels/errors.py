"""What cannot be printed, by name."""

from __future__ import annotations


class LabelError(ValueError):
    """Something that cannot be printed; the message says why and what helps."""


class Cancelled(Exception):
    """Somebody wants the job no more. Nothing is wrong with it."""


class UnknownFace(LabelError):
    """The folder holds no design of that name."""


class UnknownStock(LabelError):
    """No stock has that name."""


class BadStock(LabelError):
    """A stock that cannot be: a label off its paper, labels over each other, a field missing.

    ``field`` is what has to be changed; pitch_x and pitch_y are the two of ``pitch``.
    """

    def __init__(self, said: str, field: str = "") -> None:
        super().__init__(said)
        self.field = field


class FaceDoesNotFit(LabelError):
    """The labels of the stock are smaller than the design allows."""


class ModuleTooSmall(LabelError):
    """Modules would be smaller than LEAST_MODULE_MM; a shorter host name or a larger label helps."""


class StartOffSheet(LabelError):
    """The start position is not on the sheet."""


class NothingToPrint(LabelError):
    """No label was given."""


class NotACode(LabelError):
    """A code is 12 characters of Crockford base32."""


class NotAnAddress(LabelError):
    """The base address is not a plain http(s) address."""


class NotAColour(LabelError):
    """A colour is `#rrggbb` or nothing."""


class NoRoom(LabelError):
    """The disk takes no more."""


class PrinterTrouble(LabelError):
    """A printer on the network did not take the whole job."""
