"""One POST to somebody else's server, by the rules for addresses that people type in (docs/security.md).

The name is looked up once, every address it has is checked, and the connection goes to a checked one:
no second look-up could lead elsewhere. No redirect is followed, and little of the answer is read.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import urllib3
from urllib3.util import Timeout

from kanban.languages import Sentence, sentence
from kanban.senders import reach
from kanban.senders.reach import Network

LONGEST_WAIT = 15.0  # seconds
MOST_READ = 64_000  # bytes


class NotPosted(Exception):
    """Nothing was taken; ``why`` says what was wrong."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(why)
        self.why = why


class Forbidden(NotPosted):
    """The address is not one that we may call."""


class NoAnswer(NotPosted):
    """Nobody answered, or not in time."""


class Answer(NamedTuple):
    """What the other side said."""

    status: int
    text: str
    retry_after: str


def post(url: str, body: bytes, headers: Mapping[str, str], *, allowed: Sequence[Network] = ()) -> Answer:
    """Send ``body`` and return the answer. Raises :class:`Forbidden` and :class:`NoAnswer`."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = checked_address(host, port, allowed)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with _pool(parts.scheme, host, address, port) as pool:
        try:
            response = pool.urlopen(
                "POST", path, body=body, headers={"Host": parts.netloc, **headers}, redirect=False,
                retries=False, preload_content=False, assert_same_host=False,
            )  # fmt: skip
            text = response.read(MOST_READ).decode("utf-8", "replace")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NoAnswer(
                sentence("no answer from %(host)s: %(error)s", host=host, error=str(error))
            ) from error
        response.close()
    return Answer(response.status, text, response.headers.get("Retry-After", ""))


def checked_address(host: str, port: int, allowed: Sequence[Network] = ()) -> str:
    """An address of ``host``, all of whose addresses are public or allowed."""
    try:
        found = set(reach.look_up(host, port))
    except (OSError, UnicodeError) as unknown:
        raise NoAnswer(sentence("%(host)s is not known", host=host)) from unknown
    for address in found:
        if not reach.may_be_called(ipaddress.ip_address(address.partition("%")[0]), allowed):
            said = sentence("%(host)s is an address inside a network: it is not called", host=host)
            raise Forbidden(said)
    return sorted(found, key=lambda each: (":" in each, each))[0]


def _pool(scheme: str, host: str, address: str, port: int) -> urllib3.HTTPConnectionPool:
    timeout = Timeout(total=LONGEST_WAIT)
    if scheme == "https":
        return urllib3.HTTPSConnectionPool(
            address, port, timeout=timeout, server_hostname=host, assert_hostname=host, ssl_context=trust()
        )
    return urllib3.HTTPConnectionPool(address, port, timeout=timeout)


def trust() -> ssl.SSLContext:
    """The certificates that we believe: the system's."""
    return ssl.create_default_context()
