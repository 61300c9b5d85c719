"""One POST to somebody else's server, by the rules for addresses that people type in (docs/security.md).

The name is looked up once, every address it has is checked, and the connection goes to a checked one:
no second look-up could lead elsewhere. No redirect is followed, and little of the answer is read.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import urllib3
from urllib3.util import Timeout

from kanban.languages import gettext as _

LONGEST_WAIT = 15.0  # seconds
MOST_READ = 64_000  # bytes

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_CARRIERS = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
"""IPv6 ranges that carry an IPv4 address, which may be anybody's."""


class Forbidden(Exception):
    """The address is not one that we may call."""


class NoAnswer(Exception):
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
            raise NoAnswer(_("no answer from %(host)s: %(error)s", host=host, error=str(error))) from error
        response.close()
    return Answer(response.status, text, response.headers.get("Retry-After", ""))


def checked_address(host: str, port: int, allowed: Sequence[Network] = ()) -> str:
    """An address of ``host``, all of whose addresses are public or allowed."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as unknown:
        raise NoAnswer(_("%(host)s is not known", host=host)) from unknown
    for address in found:
        if not is_public(address) and not _is_in(address, allowed):
            raise Forbidden(_("%(host)s is an address inside a network: it is not called", host=host))
    return sorted(found, key=lambda each: (":" in each, each))[0]


def is_public(address: str) -> bool:
    """Whether an address belongs to the internet, and not to this machine, this network or nobody."""
    number = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(number, ipaddress.IPv6Address):
        if number.ipv4_mapped:
            return is_public(str(number.ipv4_mapped))
        if any(number in carrier for carrier in _CARRIERS):
            return False
    return number.is_global and not number.is_multicast


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    number = ipaddress.ip_address(address.partition("%")[0])
    return any(number.version == network.version and number in network for network in networks)


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
