"""Messages to phones: the browser alone reads them, the service knows who sends, nothing inside is called."""

from __future__ import annotations

import base64
import http.server
import ipaddress
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import http_ece
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from kanban import config, languages
from kanban.senders import posting, push
from kanban.senders.push import encryption, vapid
from kanban.subscriptions import PushSubscription

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOST = "push.example"


@dataclass
class Phone:
    """A browser's side of a subscription."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def p256dh(self) -> str:
        return text(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def subscription(self, endpoint: str) -> PushSubscription:
        return PushSubscription(
            endpoint=endpoint, endpoint_hash="", p256dh=self.p256dh, auth=text(self.secret), language="en"
        )

    def read(self, body: bytes) -> bytes:
        decrypted: bytes = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"
        )
        return decrypted


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def data(said: str) -> bytes:
    return base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))


@pytest.fixture
def ours(tmp_path: Path) -> vapid.Vapid:
    return vapid.load(tmp_path, "https://kanban.example")


@pytest.fixture
def phone() -> Phone:
    return Phone()


@dataclass
class Service:
    """A push service on this machine, with a certificate for push.example."""

    port: int
    trust: ssl.SSLContext
    answer: int = 201
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"https://{HOST}:{self.port}/send/abc?x=1"


@contextmanager
def serving(folder: Path, name: str = HOST) -> Iterator[Service]:
    certificate, key = certified(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.got.append(
                (self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            )
            self.send_response(service.answer)
            self.send_header("Location", "https://127.0.0.1/elsewhere")
            self.send_header("Retry-After", "30")
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"said")

        def log_message(self, *words: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    service = Service(server.server_port, ssl.create_default_context(cafile=str(certificate)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certified(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, secret


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A push service whose name leads to this machine, which the test alone takes for a public address."""
    with serving(tmp_path) as service:
        resolve(monkeypatch, "127.0.0.1")
        monkeypatch.setattr(posting.reach, "is_public", lambda address: str(address) == "127.0.0.1")
        monkeypatch.setattr(posting, "trust", lambda: service.trust)
        yield service


def resolve(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let the service's name lead to these addresses."""
    real = socket.getaddrinfo

    def found(host: str, port: int, *more: Any, **how: Any) -> list[Any]:
        if host != HOST:
            return real(host, port, *more, **how)
        return [(None, None, None, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


def test_a_message_reaches_the_browser_and_only_it_can_read_it(
    service: Service, phone: Phone, ours: vapid.Vapid
) -> None:
    payload = push.message(
        "Mill", "Last bin: M8 × 40", "/orders/7", tag="risk", base_url="https://kanban.example"
    )
    outcome = push.send(phone.subscription(service.endpoint), payload, vapid=ours, now=NOW, urgent=True)
    assert outcome.fate == push.DELIVERED
    [(path, headers, body)] = service.got
    assert path == "/send/abc?x=1"
    assert b"M8" not in body
    assert json.loads(phone.read(body)) == {
        "web_push": 8030,
        "notification": {
            "title": "Mill", "body": "Last bin: M8 × 40", "navigate": "https://kanban.example/orders/7",
            "lang": "en", "dir": "ltr", "tag": "risk",
        },
    }  # fmt: skip
    assert (headers["content-encoding"], headers["ttl"], headers["urgency"]) == ("aes128gcm", "86400", "high")
    assert headers["host"] == f"{HOST}:{service.port}"
    assert body != encryption.encrypt(payload, phone.p256dh, text(phone.secret))


def test_the_service_can_tell_who_sends(ours: vapid.Vapid) -> None:
    said = ours.authorization("https://push.example/send/abc", NOW)
    assert said.startswith("vapid t=")
    token, _, public = said.removeprefix("vapid t=").partition(", k=")
    head, claims, signature = token.split(".")
    assert json.loads(data(head)) == {"typ": "JWT", "alg": "ES256"}
    told = json.loads(data(claims))
    assert (told["aud"], told["sub"]) == ("https://push.example", "https://kanban.example")
    assert timedelta(0) < datetime.fromtimestamp(told["exp"], UTC) - NOW <= timedelta(hours=24)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data(public))
    signed = encode_dss_signature(
        int.from_bytes(data(signature)[:32], "big"), int.from_bytes(data(signature)[32:], "big")
    )
    key.verify(signed, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(signed, f"{head}.{claims}x".encode(), ec.ECDSA(hashes.SHA256()))


def test_the_example_of_the_standard_is_decrypted_by_our_witness() -> None:
    """RFC 8291, section 5: the witness of these tests reads what the standard wrote."""
    private = int.from_bytes(data("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
    phone = Phone(ec.derive_private_key(private, ec.SECP256R1()), data("BTBZMqHH6r4Tts7J_aSIgg"))
    body = data(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert phone.read(body) == b"When I grow up, I want to be a watermelon"


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (200, push.DELIVERED), (202, push.DELIVERED), (404, push.GONE), (410, push.GONE), (403, push.GONE),
        (301, push.LATER), (307, push.LATER), (400, push.LATER), (413, push.LATER), (429, push.LATER),
        (500, push.LATER), (503, push.LATER),
    ],
)  # fmt: skip
def test_what_the_service_says_decides(
    service: Service, phone: Phone, ours: vapid.Vapid, status: int, fate: str
) -> None:
    service.answer = status
    outcome = push.send(phone.subscription(service.endpoint), b"x", vapid=ours, now=NOW)
    assert outcome.fate == fate
    assert str(status) in outcome.why
    assert len(service.got) == 1, "no redirect is followed"


def test_silence_is_for_later(service: Service, phone: Phone, ours: vapid.Vapid) -> None:
    dead = phone.subscription(f"https://{HOST}:1/send")
    assert push.send(dead, b"x", vapid=ours, now=NOW).fate == push.LATER


def test_a_certificate_for_another_name_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phone: Phone, ours: vapid.Vapid
) -> None:
    with serving(tmp_path, "elsewhere.example") as service:
        resolve(monkeypatch, "127.0.0.1")
        monkeypatch.setattr(posting.reach, "is_public", lambda address: True)
        monkeypatch.setattr(posting, "trust", lambda: service.trust)
        outcome = push.send(phone.subscription(service.endpoint), b"x", vapid=ours, now=NOW)
        assert (outcome.fate, service.got) == (push.LATER, [])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.50", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
        "2002:a00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_no_address_inside_a_network_is_called(
    monkeypatch: pytest.MonkeyPatch, phone: Phone, ours: vapid.Vapid, address: str
) -> None:
    resolve(monkeypatch, "93.184.216.34", address)
    outcome = push.send(phone.subscription(f"https://{HOST}/send"), b"x", vapid=ours, now=NOW)
    assert outcome.fate == push.GONE
    assert HOST in str(outcome.why)


def test_an_address_that_was_allowed_by_name_of_its_network_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve(monkeypatch, "10.1.2.3")
    assert posting.checked_address(HOST, 443, (ipaddress.ip_network("10.1.0.0/16"),)) == "10.1.2.3"
    with pytest.raises(posting.Forbidden):
        posting.checked_address(HOST, 443, (ipaddress.ip_network("10.2.0.0/16"),))


@pytest.mark.parametrize("bad", ["", "AAAA", text(b"\x04" + b"\1" * 64), text(b"\x04" + b"\0" * 64)])
def test_keys_that_are_none_are_given_up(phone: Phone, ours: vapid.Vapid, bad: str) -> None:
    subscription = phone.subscription(f"https://{HOST}/send")
    subscription.p256dh = bad
    assert push.send(subscription, b"x", vapid=ours, now=NOW).fate == push.GONE


@pytest.mark.parametrize("body", ["x" * 10_000, "子" * 5_000, "🙂" * 5_000])
def test_a_long_message_is_cut_until_every_service_takes_it(phone: Phone, body: str) -> None:
    payload = push.message("Mill", body, base_url="https://kanban.example")
    sealed = encryption.encrypt(payload, phone.p256dh, text(phone.secret))
    assert len(sealed) <= 4_096
    assert json.loads(phone.read(sealed))["notification"]["body"].endswith("…")


def test_a_message_speaks_the_readers_language() -> None:
    with languages.speaking("de"):
        told = json.loads(push.message("Mill", "Letzter Behälter", base_url="https://kanban.example"))
    assert told["notification"]["lang"] == "de"


def test_the_key_is_made_once_kept_and_closed_to_others(tmp_path: Path) -> None:
    first = vapid.load(tmp_path, "https://kanban.example").public
    assert vapid.load(tmp_path, "https://kanban.example").public == first
    file = tmp_path / "vapid_key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(data(first)) == 65
    file.chmod(0o640)
    with pytest.raises(config.BadSetting, match="chmod 600"):
        vapid.load(tmp_path, "https://kanban.example")


@pytest.mark.parametrize("damaged", ["", "zz" * 32, "0" * 64, "f" * 64, "1" * 63])
def test_a_damaged_key_is_named(tmp_path: Path, damaged: str) -> None:
    file = tmp_path / "vapid_key"
    file.write_text(damaged)
    file.chmod(0o600)
    with pytest.raises(config.BadSetting, match="vapid_key is damaged"):
        config.vapid_key(tmp_path)
