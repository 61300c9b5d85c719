"""What stands in a mail's head: addresses and texts that cannot be anything else."""

from __future__ import annotations

import re
import unicodedata
from email.headerregistry import Address
from urllib.parse import urlsplit

from kanban.languages import sentence
from kanban.senders.parcel import Refused

LONGEST_TEXT = 200
LONGEST_ADDRESS = 254
_LOCAL = re.compile(r"[^\s@,;:<>()\[\]\"\\\x00-\x1f\x7f]+(?<!\.)")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)
_AMBIGUOUS = frozenset("ßς\u200c\u200d")
"""Letters that the two standards of international host names turn into different hosts."""


def text(value: str) -> str:
    """The text as one line of a header: whatever would end the line, or is invisible, becomes a space."""
    plain = unicodedata.normalize("NFC", value)
    kept = "".join(" " if unicodedata.category(each) in _UNSEEN else each for each in plain)
    return " ".join(kept.split())[:LONGEST_TEXT]


def address(value: str, name: str = "") -> Address:
    """Exactly one address. Raises :class:`Refused`, which says what is wrong with it."""
    local, at, domain = value.strip().rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or local.startswith(".") or ".." in local:
        raise Refused(sentence("“%(address)s” is not one e-mail address", address=text(value)))
    if any(unicodedata.category(each) in _UNSEEN for each in local):
        raise Refused(sentence("“%(address)s” holds an invisible character", address=text(value)))
    host = _host(domain)
    if len(f"{local}@{host}".encode()) > LONGEST_ADDRESS:
        raise Refused(sentence("“%(address)s” is too long for an e-mail address", address=text(value)))
    return Address(display_name=text(name), username=local, domain=host)


def is_international(one: Address) -> bool:
    """Whether the part before the @ needs a server that speaks SMTPUTF8."""
    return not one.username.isascii()


def message_id(unique: str, base_url: str) -> str:
    """``<unique@host>``: the same for every try of one delivery."""
    host = urlsplit(base_url).hostname or "localhost"
    if ":" in host:
        host = f"[IPv6:{host}]"
    elif re.fullmatch(r"[0-9.]+", host):
        host = f"[{host}]"
    return f"<{unique}@{host}>"


def _host(domain: str) -> str:
    if _AMBIGUOUS & set(domain):
        raise Refused(
            sentence(
                "write the host name “%(host)s” in its xn-- form: it could mean two hosts", host=text(domain)
            )
        )
    try:
        host = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError as wrong:
        raise Refused(sentence("“%(host)s” is not a host name", host=text(domain))) from wrong
    labels = host.rstrip(".").split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise Refused(sentence("“%(host)s” is not a host name", host=text(domain)))
    return host.lower()


_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"))
