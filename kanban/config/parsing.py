"""What each kind of value must look like; a wrong one is named with what would do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

T = TypeVar("T")
YES_OR_NO = ("yes", "no")


class BadSetting(Exception):
    """A setting that the program cannot run with; the message names it and says what would do."""


def read(environ: Mapping[str, str], name: str, parse: Callable[[str], T], default: T) -> T:
    """The parsed value of a variable, or the default where it is empty. Raises :class:`BadSetting`."""
    value = environ.get(name, "").strip()
    if not value:
        return default
    try:
        return parse(value)
    except ValueError as wrong:
        raise BadSetting(f"{name}={value!r}: {wrong}") from wrong


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Parses a whole number of this range."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise ValueError(f"give a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    """Parses one of these words."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"give one of {', '.join(words)}")
        return text

    return parse


def secret(environ: Mapping[str, str], name: str) -> str:
    """A secret from the environment, or from the file that ``<name>_FILE`` names."""
    path = environ.get(f"{name}_FILE", "").strip()
    if not path:
        return environ.get(name, "")
    if environ.get(name):
        raise BadSetting(f"{name} and {name}_FILE are both given: give one")
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadSetting(f"{name}_FILE={path!r}: cannot be read") from wrong


def host_name(text: str) -> str:
    """A host name or address, without a port."""
    if not re.fullmatch(
        r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*", text
    ):
        raise ValueError("give a host name such as smtp.example.org, without a port")
    return text.lower()


def mailbox(text: str) -> str:
    """One plain e-mail address."""
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", text):
        raise ValueError("give one plain e-mail address")
    return text


def file(text: str) -> Path:
    """A file that exists."""
    path = Path(text)
    if not path.is_file():
        raise ValueError("there is no such file")
    return path


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks, separated by commas."""
    try:
        return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError as wrong:
        raise ValueError("give networks such as 192.168.10.0/24, separated by commas") from wrong


def base_url_of(text: str) -> str:
    """An address without a path, its host in lower case."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("give the address that phones call, such as https://kanban.example, without a path")
    if parts.username or parts.password or not re.fullmatch(r"[a-z0-9.\-\[\]:]+", parts.netloc.lower()):
        raise ValueError("give a plain host name, with a port if need be")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def former_urls_of(text: str) -> tuple[str, ...]:
    """Such addresses, separated by commas."""
    return tuple(dict.fromkeys(base_url_of(each.strip()) for each in text.split(",") if each.strip()))


def database_url_of(text: str) -> str:
    """SQLAlchemy's form of a database URL."""
    if text.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + text.split("://", 1)[1]
    if text.startswith(("postgresql+psycopg://", "sqlite:///")):
        return text
    raise ValueError("give postgresql://user@host/name, or leave it out for SQLite in the data folder")


def zone(text: str) -> ZoneInfo:
    """A time zone by its IANA name."""
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError) as unknown:
        raise ValueError("give a time zone such as Europe/Berlin") from unknown


def currency(text: str) -> str:
    """Three capital letters."""
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError("give three capital letters, such as EUR")
    return text
