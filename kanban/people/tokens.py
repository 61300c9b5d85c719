"""Secrets that open a door: 256 random bits in the hand, their SHA-256 in the database."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def make() -> str:
    """A new secret."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """What the database keeps of a secret."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def following(token: str, salt: str) -> str:
    """The secret that comes after ``token``: whoever has only the token, or only the salt, cannot tell it.

    Two browser tabs that ask at once get the same one, and so does a phone that never heard the first answer.
    """
    return hmac.new(token.encode("utf-8", "surrogatepass"), salt.encode(), "sha256").hexdigest()
