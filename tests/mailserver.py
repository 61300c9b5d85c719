"""A real SMTP server for tests, with the faults that real ones have."""

from __future__ import annotations

import datetime
import ssl
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from ports import free_port

STAGES = ("EHLO", "MAIL", "RCPT", "DATA", "after DATA")


@dataclass
class Mail:
    """A mail that the server took."""

    sender: str
    recipient: str
    options: list[str]
    data: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.data, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MailServer:
    """What the server does is changed by its attributes, while it runs.

    ``drop_at``: close the connection at a stage of STAGES, so many times. ``answers``: say this instead, so
    many times, at a stage. ``take_then_drop``: take so many mails and close before saying so;
    ``ends_after_mail``: say so, and close at once.
    """

    drop_at: Counter[str] = field(default_factory=Counter)
    answers: dict[str, list[str]] = field(default_factory=dict)
    silent_at: Counter[str] = field(default_factory=Counter)
    take_then_drop: int = 0
    ends_after_mail: int = 0
    greylist: bool = False
    mails: list[Mail] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def messages(self) -> list[EmailMessage]:
        return [mail.message for mail in self.mails]

    def trouble(self, stage: str, server: SMTP) -> str | None:
        with self._lock:
            if self.drop_at[stage] > 0:
                self.drop_at[stage] -= 1
                server.transport.abort()
                return "421 dropped"
            if self.answers.get(stage):
                return self.answers[stage].pop(0)
        return None

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        said = self.trouble("EHLO", server)
        return [said] if said else [*responses[:-1], "250-DSN", responses[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self.trouble("MAIL", server)
        if said:
            return said
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.silent_at["RCPT"] > 0:
            self.silent_at["RCPT"] -= 1
            import asyncio

            await asyncio.sleep(3600)
        said = self.trouble("RCPT", server)
        if said:
            return said
        pair = (str(envelope.mail_from), address)
        if self.greylist and pair not in self._seen:
            self._seen.add(pair)
            return "451 4.7.1 greylisted, come back later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        said = self.trouble("DATA", server)
        if said:
            return said
        content = envelope.content
        assert isinstance(content, bytes)
        mail = Mail(str(envelope.mail_from), envelope.rcpt_tos[0], envelope.mail_options, content)
        with self._lock:
            self.mails.append(mail)
            drops = self.take_then_drop > 0
            self.take_then_drop -= drops
        if drops:
            server.transport.abort()
            return "421 dropped"
        with self._lock:
            ends = self.ends_after_mail > 0
            self.ends_after_mail -= ends
        if ends:  # it has said yes, and then it has had enough
            server.loop.call_soon(server.transport.close)  # which lets the answer out first
        said = self.trouble("after DATA", server)
        return said or f"250 taken as {len(self.mails)}"


class _Plain(SMTP):
    """DSN parameters are accepted, as by the servers of the real world."""

    async def smtp_MAIL(self, arg: str) -> None:
        await super().smtp_MAIL(_without(arg, ("RET=", "ENVID=")))

    async def smtp_RCPT(self, arg: str) -> None:
        await super().smtp_RCPT(_without(arg, ("NOTIFY=",)))


def _without(arg: str, names: tuple[str, ...]) -> str:
    words = (arg or "").split(" ")
    return " ".join(word for word in words if not word.upper().startswith(names))


class _Hooks:
    """The server's hooks and nothing else: aiosmtpd looks at every attribute anew for each connection, and
    :attr:`MailServer.messages` would parse all mails each time."""

    def __init__(self, server: MailServer) -> None:
        self.handle_EHLO = server.handle_EHLO
        self.handle_MAIL = server.handle_MAIL
        self.handle_RCPT = server.handle_RCPT
        self.handle_DATA = server.handle_DATA


class _Controller(Controller):
    def __init__(self, handler: Any, *, factory_options: dict[str, Any], **how: Any) -> None:
        self._options = factory_options
        super().__init__(handler, **how)

    def factory(self) -> SMTP:
        return _Plain(self.handler, **self._options)


@contextmanager
def running(
    server: MailServer | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    password: str = "",
    smtputf8: bool = False,
) -> Iterator[MailServer]:
    """A server on a free port of loopback; with ``tls`` from the first byte, or with STARTTLS."""
    server = server or MailServer()
    options: dict[str, Any] = {"enable_SMTPUTF8": smtputf8, "data_size_limit": 50_000_000}
    if starttls:
        options |= {"tls_context": starttls, "require_starttls": True}
    if password:

        def check(
            smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
        ) -> AuthResult:
            return AuthResult(success=login.password == password.encode(), handled=False)

        options |= {"authenticator": check, "auth_required": True, "auth_require_tls": starttls is not None}
    warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")  # it is TLS from the start
    controller = _Controller(
        _Hooks(server), factory_options=options, hostname="127.0.0.1", port=free_port(), ssl_context=tls
    )
    controller.start()
    server.port = controller.server.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        controller.stop()


def certificate(folder: Path, host: str = "localhost") -> Path:
    """A self-signed certificate with its key, in one file that is its own authority."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return file


def context_of(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
