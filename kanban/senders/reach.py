"""Which addresses a webhook may reach: looked up once, each one checked, and the checked one is called."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from kanban.languages import sentence
from kanban.senders.parcel import Failed, Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LookUp = Callable[[str, int], Sequence[str]]

PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


@dataclass(frozen=True)
class Target:
    """Where to connect: the checked address, and what the other side is called there."""

    scheme: str
    host: str
    port: int
    address: str
    path: str


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system resolves it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def target(url: str, allowed: Sequence[Network], resolve: LookUp = look_up) -> Target:
    """Where ``url`` leads. Raises :class:`Refused` for an address that we do not call, and why.

    Private, local and other special addresses are refused unless the settings allow their network. Plain
    http and other ports than 80 and 443 are for allowed networks only.
    """
    scheme, host, port, path = _parts(url)
    try:
        names = resolve(host, port)
    except (OSError, UnicodeError) as trouble:
        raise Failed(sentence("the host %(host)s cannot be found", host=host)) from trouble
    if not names:
        raise Failed(sentence("the host %(host)s cannot be found", host=host))
    addresses = [ipaddress.ip_address(name.partition("%")[0]) for name in names]
    for address in addresses:
        if not may_be_called(address, allowed):
            raise Refused(
                sentence(
                    "%(host)s leads to the address %(address)s, which is not public",
                    host=host,
                    address=address,
                )
            )
    inside = all(_is_allowed(each, allowed) for each in addresses)
    if not inside and (scheme != "https" or port != PORTS["https"]):
        raise Refused(
            sentence("only https on port 443 is called outside of the networks that the settings allow")
        )
    return Target(scheme, host, port, str(addresses[0]), path)


def may_be_called(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether an address is public, or of a network that the settings allow."""
    return _is_allowed(address, allowed) or is_public(address)


def is_public(address: Address) -> bool:
    """Whether an address, and the IPv4 address inside it if there is one, belongs to the public internet."""
    inner = _embedded(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    )


def _parts(url: str) -> tuple[str, str, int, str]:
    if not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        raise Refused(sentence("this is not a plain web address"))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as wrong:
        raise Refused(sentence("this is not a web address")) from wrong
    if (
        parts.scheme not in PORTS
        or not parts.hostname
        or parts.username is not None
        or parts.password is not None
    ):
        raise Refused(sentence("give an address that begins with https:// and holds no name or password"))
    path = parts.path or "/"
    return (
        parts.scheme,
        parts.hostname,
        port or PORTS[parts.scheme],
        f"{path}?{parts.query}" if parts.query else path,
    )


def _is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    plain = (
        address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped else address
    )
    return any(plain in network for network in allowed if network.version == plain.version)


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
