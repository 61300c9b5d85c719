"""The secrets of the installation, kept in files of the data folder."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from kanban.config.parsing import BadSetting

SHORTEST_SECRET = 32

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many private keys the curve P-256 has."""


def secret_key(data: Path) -> str:
    """The installation's secret, made at the first start. Raises :class:`BadSetting`."""
    return _kept(data / "secret_key", lambda: secrets.token_urlsafe(48), "everybody signs in again")


def vapid_key(data: Path) -> int:
    """The private number of the key that signs our messages to phones, made at the first start.

    Raises :class:`BadSetting`.
    """
    lost = "phones have to be asked for messages again"
    text = _kept(data / "vapid_key", lambda: f"{secrets.randbelow(P256_ORDER - 1) + 1:064x}", lost)
    if not re.fullmatch(r"[0-9a-f]{64}", text) or not 0 < int(text, 16) < P256_ORDER:
        raise BadSetting(f"{data / 'vapid_key'} is damaged: delete it, and a new key is made ({lost})")
    return int(text, 16)


def _kept(path: Path, make: Callable[[], str], lost: str) -> str:
    """A secret in a file of the data folder, mode 0600; made where there is none.

    Two processes that start at once agree on one: whoever links its file first wins. Raises
    :class:`BadSetting` for one that is too short or that others may read.
    """
    if not path.exists():
        _make_secret(path, make())
    if path.stat().st_mode & 0o077:
        raise BadSetting(f"{path} can be read by others: run `chmod 600 {path}`")
    key = path.read_text().strip()
    if len(key) < SHORTEST_SECRET:
        raise BadSetting(f"{path} is damaged: delete it, and a new key is made ({lost})")
    return key


def _make_secret(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass  # another process was first; its key is the one
    finally:
        fresh.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
