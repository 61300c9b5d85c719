"""The shop's own certificates: a small authority that phones trust once, and the server's certificate by it.

Phones give their camera and offline storage only to pages that come over TLS with a certificate that they
trust. The authority may sign for nothing but ``.local``, private addresses and the shop's own host name (its
name constraints say so, and phones hold it to them), so that trusting it risks nothing else. All lies in one
folder; the two keys can be read by nobody but the owner, and are in no backup.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

FOLDER = "tls"
AUTHORITY_LASTS = timedelta(days=3650)
SERVER_LASTS = timedelta(days=396)
"""Phones refuse a server's certificate that is good for more than 398 days."""
SERVER_NAME = "Kanban server"
"""No host: OpenSSL would hold one that is a number against the names that the authority may sign for."""
RENEWED_BEFORE = timedelta(days=60)
CLOCK_DOUBT = timedelta(hours=1)
PRIVATE = tuple(
    ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8",
                 "fc00::/7", "fe80::/10", "::1/128")
)  # fmt: skip


class BadCertificate(Exception):
    """A certificate or key that the server cannot work with; the message says what would do."""


@dataclass(frozen=True)
class Certificate:
    """What a certificate says: whom it is for, until when, and who signed it."""

    hosts: frozenset[str]
    not_before: datetime
    not_after: datetime
    signed_by_itself: bool
    fingerprint: str

    def is_for(self, host: str) -> bool:
        """Whether a phone that calls ``host`` accepts the name; ``*.`` stands for one label."""
        wild = f"*.{host.partition('.')[2]}" if "." in host and _address(host) is None else host
        return host in self.hosts or wild in self.hosts


@dataclass(frozen=True)
class Files:
    """Where the server's certificate and its key lie; ``renewed`` where they were made just now."""

    certificate: Path
    key: Path
    renewed: bool = False


def authority_in(data: Path) -> Path:
    """Where the authority's certificate lies, if there is one."""
    return data / FOLDER / "authority.pem"


def keep(data: Path, host: str, also: tuple[str, ...], at: datetime) -> Files:
    """Make what is missing: the authority once, the server's certificate as it runs out or ``host`` changes.

    ``also`` are further names and addresses of this machine, as far as the authority may sign for them.
    Raises :class:`BadCertificate` where the authority of this folder may not sign for ``host``.
    """
    folder = data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    if not authority_in(data).exists():
        _make_authority(folder, host, at)
    authority, key = _load(folder, "authority")
    if not _may_sign(authority, host):
        raise BadCertificate(
            f"the authority in {folder} was made for another host name and may not sign for {host}: move the "
            "folder away, start again, and let every phone trust the new authority"
        )
    hosts = tuple(dict.fromkeys([host, *(each for each in also if _may_sign(authority, each))]))
    certificate = folder / "server.pem"
    if certificate.exists() and not _is_due(read(certificate.read_bytes()), hosts, at):
        return Files(certificate, folder / "server.key")
    _make_server(folder, authority, key, hosts, at)
    return Files(certificate, folder / "server.key", renewed=True)


def names_of_this_machine(address: str) -> tuple[str, ...]:
    """What phones and this machine itself may call it besides the shop's host name."""
    name = socket.gethostname().split(".")[0].lower()
    local = (f"{name}.local",) if name.replace("-", "").isalnum() and name.isascii() else ()
    return (*local, address, "localhost", "127.0.0.1")


def read(pem: bytes) -> Certificate:
    """The first certificate of a PEM file. Raises :class:`BadCertificate`."""
    try:
        found = x509.load_pem_x509_certificates(pem)[0]
    except ValueError as wrong:
        raise BadCertificate("this is not a certificate in PEM form") from wrong
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        dns, addresses = names.get_values_for_type(x509.DNSName), names.get_values_for_type(x509.IPAddress)
    except x509.ExtensionNotFound:
        dns, addresses = [], []
    return Certificate(
        hosts=frozenset([*(each.lower() for each in dns), *map(str, addresses)]),
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        signed_by_itself=found.issuer == found.subject,
        fingerprint=found.fingerprint(hashes.SHA256()).hex(":", 1).upper(),
    )


def as_der(pem: bytes) -> bytes:
    """The first certificate of a PEM file as phones take it."""
    return x509.load_pem_x509_certificates(pem)[0].public_bytes(Encoding.DER)


def _make_authority(folder: Path, host: str, at: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Kanban authority of {socket.gethostname()[:40]}, {at:%Y-%m-%d}")
    built = (
        _builder(name, name, key.public_key(), at, AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(_permitted(host), None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "authority.key", _private(key), secret=True)
    _write(folder / "authority.pem", built.public_bytes(Encoding.PEM))


def _make_server(
    folder: Path, authority: x509.Certificate, key: Any, hosts: tuple[str, ...], at: datetime
) -> None:
    own = ec.generate_private_key(ec.SECP256R1())
    built = (
        _builder(_name(SERVER_NAME), authority.subject, own.public_key(), at, SERVER_LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(each) for each in hosts]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "server.key", _private(own), secret=True)
    _write(folder / "server.pem", built.public_bytes(Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Any, at: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - CLOCK_DOUBT)
        .not_valid_after(at + lasts)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip


def _permitted(host: str) -> list[x509.GeneralName]:
    """What the authority may sign for: nothing that the world reaches but the shop's own host."""
    names: list[x509.GeneralName] = [x509.DNSName("local"), x509.DNSName("localhost")]
    names += [x509.IPAddress(each) for each in PRIVATE]
    address = _address(host)
    if address is not None:
        return [*names, x509.IPAddress(ip_network(address))]
    return [*names, x509.DNSName(host)]


def _may_sign(authority: x509.Certificate, host: str) -> bool:
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    allowed = constraints.permitted_subtrees or []
    address = _address(host)
    if address is not None:
        nets = (ip_network(str(each.value)) for each in allowed if isinstance(each, x509.IPAddress))
        return any(address in net for net in nets)
    names = (each.value for each in allowed if isinstance(each, x509.DNSName))
    return any(f".{host}".endswith(f".{name}") for name in names)


def _is_due(known: Certificate, hosts: tuple[str, ...], at: datetime) -> bool:
    return known.not_after - at < RENEWED_BEFORE or at < known.not_before or not set(hosts) <= known.hosts


def _load(folder: Path, name: str) -> tuple[x509.Certificate, Any]:
    try:
        found = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
        key = load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
    except (OSError, ValueError) as wrong:
        raise BadCertificate(f"{folder / name}.pem or its key cannot be read: {wrong}") from wrong
    if (folder / f"{name}.key").stat().st_mode & 0o077:
        kept = folder / f"{name}.key"
        raise BadCertificate(f"{kept} can be read by others: run `chmod 600 {kept}`")
    return found, key


def _general(host: str) -> x509.GeneralName:
    address = _address(host)
    return x509.DNSName(host) if address is None else x509.IPAddress(address)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, data: bytes, *, secret: bool = False) -> None:
    """Put a file in its place whole: a start that is killed leaves the old one or the new one."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)
