"""What stands on a label: finished text, cleaned so that it can be set."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from kanban.labels.errors import NotACode, NotAColour
from kanban.languages import gettext as _

_LONGEST = 400  # characters of one value; no label has room for more, and fitting takes time
_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{12}")
_ORDINARY = re.compile("[ -~\u00a0-\u02ff\u2010-\u2027\u2030-\u205e]*")
"""Characters that stay as they are: composed, seen, none a mark on another."""
_BETWEEN_PLACES = " › "
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}|")


@dataclass(frozen=True, slots=True)
class Label:
    """The finished text of one label; `quantity` and `lead_time` carry their unit, `photo` is a JPEG.

    The symbol says the card's `code`; a label that is not of a card (a place, a phone to pair) has a
    `link` instead. `home` is where a bin comes back to, `note` one more sentence.
    """

    code: str = ""
    sku: str = ""
    name: str = ""
    quantity: str = ""
    number: int = 1
    of: int = 1
    supplier: str = ""
    supplier_sku: str = ""
    location: str = ""
    lead_time: str = ""
    kind: str = "purchase"
    colour: str = ""
    print_version: int = 1
    printed_on: str = ""
    photo: bytes | None = None
    shop: str = ""
    home: str = ""
    note: str = ""
    link: str = ""

    def __post_init__(self) -> None:
        if not self.link:
            check_code(self.code)
        if not _COLOUR.fullmatch(self.colour):
            raise NotAColour(_("“%(value)s” is not a colour like #1f6feb", value=self.colour))


def parted(location: str) -> tuple[str, str]:
    """The way to a place and its own name, which is read from afar: ``Hall 1 › Rack 2``, ``A-07``."""
    way, _, spot = location.rpartition(_BETWEEN_PLACES)
    return way, spot


def edition(print_version: int, printed_on: str, shop: str) -> str:
    """Which print this is, when and whose: ``v2 · 2026-11-26 · Works``."""
    version = f"v{print_version}" if print_version > 0 else ""
    return " · ".join(filter(None, (version, printed_on, shop)))


def check_code(code: str) -> None:
    """Raise :class:`NotACode` unless this is a code in its canonical form."""
    if not _CODE.fullmatch(code):
        raise NotACode(
            _("“%(value)s” is not a code of 12 Crockford base32 characters in upper case", value=code)
        )


def plain(value: str) -> str:
    """One line of text that can be set: composed, without control characters, at most 400 characters long.

    Marks piled on a letter are cut at three, direction overrides dropped: neither may reach other fields.
    """
    if not _ORDINARY.fullmatch(value):
        value = _composed(value)
    line = re.sub(" +", " ", value).strip()  # no-break spaces stay: they hold numbers together
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _composed(value: str) -> str:
    composed = unicodedata.normalize("NFC", value.encode("utf-8", "replace").decode())
    kept: list[str] = []
    marks = 0
    for letter in composed[: 2 * _LONGEST]:
        category = unicodedata.category(letter)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= 3 and not _overrides_direction(letter):
            kept.append(" " if category in ("Cc", "Zl", "Zp") else letter)
    return "".join(kept)


def _overrides_direction(letter: str) -> bool:
    return "\u202a" <= letter <= "\u202e" or "\u2066" <= letter <= "\u2069"
