"""The one gate through which every text enters: forms, sheets, the API."""

from __future__ import annotations

import re
import unicodedata

from kanban.languages import gettext as _
from kanban.languages import mark

LONGEST_ACCENT_RUN = 30  # Unicode's stream-safe text (UAX 15); longer runs make normalising quadratic


class BadText(ValueError):
    """A text that we do not keep; the message says what is wrong with it, as in "is …" or "holds …"."""


def clean(value: str, *, limit: int, code: bool = False, lines: bool = False) -> str:
    """The text as we keep it: trimmed and composed (NFC), at most ``limit`` characters long.

    Any letters, signs and emoji may stand in it. Control characters and halves of characters are
    refused; in a ``code`` (SKU, order number, address) everything invisible is refused too, since two
    codes that look alike must be alike. ``lines`` allows line breaks and turns tabs into spaces. What
    looks like a formula or like mark-up is plain text here. Raises :class:`BadText`.
    """
    value = value.strip()
    if lines:
        value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    _refuse_accent_towers(value)
    value = unicodedata.normalize("NFC", value)
    if len(value) > limit:
        raise BadText(_("is longer than %(limit)s characters", limit=limit))
    if not (value.isascii() and value.isprintable()):
        for character in value:
            _check(character, code, lines)
    return value


def as_sentence(said: object) -> str:
    """What an error says, as a sentence: it begins with a capital letter and has an end."""
    text = str(said)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def to_cell(text: str) -> str:
    """The text as a cell of a sheet that we hand out: no spreadsheet takes it for a formula.

    An apostrophe goes before every sign that begins a formula, at the cell's start and wherever a
    program that expects another separator would start a cell. :func:`from_cell` takes it away again.
    """
    return _FORMULA.sub("'", text)


def from_cell(text: str) -> str:
    """The text that :func:`to_cell` made safe, or any other cell."""
    return _DISARMED.sub("", text)


def _check(character: str, code: bool, lines: bool) -> None:
    category = unicodedata.category(character)
    if category == "Cc" and not (lines and character == "\n"):
        raise BadText(_control(character))
    if category == "Cs":
        raise BadText(_("holds half of a character (%(point)s)", point=_point(character)))
    if category == "Cn" and (ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef"):
        raise BadText(_("holds what is no character (%(point)s)", point=_point(character)))
    if code and category in ("Cf", "Zl", "Zp"):
        raise BadText(_("holds an invisible character (%(point)s): type it anew", point=_point(character)))


def _refuse_accent_towers(value: str) -> None:
    run = 0
    for character in value if not value.isascii() else "":
        run = run + 1 if unicodedata.combining(character) else 0
        if run > LONGEST_ACCENT_RUN:
            raise BadText(_("stacks too many accents on one letter"))


def _control(character: str) -> str:
    if character in _CONTROLS:
        return _(_CONTROLS[character])
    return _("holds a control character (%(point)s)", point=_point(character))


def _point(character: str) -> str:
    return f"U+{ord(character):04X}"


_STARTS = r"(?:^|(?<=[;\n]))"
_SIGNS = "(?='*[=+\\-@\t\r\0＝＋－＠])"
_FORMULA = re.compile(_STARTS + _SIGNS)
_DISARMED = re.compile(f"{_STARTS}'{_SIGNS}")

_CONTROLS = {
    "\t": mark("holds a tab"),
    "\n": mark("holds a line break"),
    "\r": mark("holds a line break"),
    "\0": mark("holds a NUL byte"),
}
