"""The code on a card: 11 random characters and a check character of Crockford's base 32.

55 random bits make the code a capability that cannot be guessed; the check character finds every
single wrong character and nearly all swaps of two neighbours. Read aloud or typed, ``O`` counts as
``0``, ``I`` and ``L`` as ``1``, and case, blanks and hyphens do not matter.
"""

from __future__ import annotations

import secrets
import unicodedata

from kanban.languages import gettext as _

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12

_VALUE = {character: value for value, character in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}


class BadCode(ValueError):
    """Not a code of a card: wrong length, a character that no code has, or a slip of one character."""


def make() -> str:
    """A new code, 12 characters, from the system's random source."""
    body = [byte & 31 for byte in secrets.token_bytes(LENGTH - 1)]  # 32 divides 256: no value is likelier
    return "".join(ALPHABET[value] for value in [*body, _check(body)])


def read(text: str) -> str:
    """The code that a person typed or a camera read, in its one canonical form; raises :class:`BadCode`."""
    plain = unicodedata.normalize("NFKC", text).upper().replace(" ", "").replace("-", "")
    if len(plain) != LENGTH:
        raise BadCode(_("a code has %(length)s letters and digits", length=LENGTH))
    try:
        values = [_VALUE[character] for character in plain]
    except KeyError as missing:
        raise BadCode(_("a character that no code has")) from missing
    if _check(values[:-1]) != values[-1]:
        raise BadCode(_("mistyped: the last character does not fit the others"))
    return "".join(ALPHABET[value] for value in values)


def grouped(code: str) -> str:
    """The code as it stands on a card: three groups of four."""
    return " ".join(code[start : start + 4] for start in range(0, LENGTH, 4))


def _check(values: list[int]) -> int:
    """Sum of each value times its own odd weight, modulo 32: an odd weight lets no single slip pass."""
    return sum(value * (2 * place + 1) for place, value in enumerate(values)) % 32
