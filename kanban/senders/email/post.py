"""Handing a mail to an SMTP server: each failure is named, and only those meant for good are final."""

from __future__ import annotations

import smtplib
import ssl
import time
from functools import lru_cache
from pathlib import Path

from kanban.config import MailServer
from kanban.languages import gettext as _
from kanban.senders.parcel import LONGEST_TRY, Failed, Refused

LONGEST_HAND_OVER = 60
"""Seconds for all steps together; well within a dispatcher's lease."""


def hand_over(server: MailServer, envelope: tuple[str, str], message: bytes, *, envelope_id: str) -> str:
    """Give one mail to the server; returns its answer. ``envelope`` is (sender, recipient).

    Raises ``Refused`` for what the server refuses for good (5xx of this sender, recipient or content), and
    ``Failed`` for everything else, *unsure* where the server may have taken the mail.
    """
    deadline = time.monotonic() + LONGEST_HAND_OVER
    connection = _connect(server)
    try:
        _sign_in(connection, server)
        return _transfer(connection, envelope, message, envelope_id, deadline)
    finally:
        _leave(connection)


def _connect(server: MailServer) -> smtplib.SMTP:
    try:
        if server.security == "tls":
            return smtplib.SMTP_SSL(
                server.host,
                server.port,
                local_hostname=server.own_name,
                timeout=LONGEST_TRY,
                context=_trusting(server.ca_file),
            )
        connection = smtplib.SMTP(
            server.host, server.port, local_hostname=server.own_name, timeout=LONGEST_TRY
        )
    except smtplib.SMTPResponseException as answer:
        raise Failed(_said(answer.smtp_code, answer.smtp_error)) from answer
    except (OSError, smtplib.SMTPException) as trouble:
        raise Failed(_("the mail server cannot be reached: %(why)s", why=_why(trouble))) from trouble
    if server.security == "starttls":
        try:
            _start_tls(connection, _trusting(server.ca_file))
        except BaseException:
            connection.close()
            raise
    return connection


@lru_cache(maxsize=4)  # reading the system's certificates takes longer than writing the mail
def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)


def _start_tls(connection: smtplib.SMTP, context: ssl.SSLContext) -> None:
    try:
        connection.ehlo_or_helo_if_needed()
        if not connection.has_extn("starttls"):
            raise Failed(_("the mail server offers no encryption (STARTTLS): nothing is sent in the clear"))
        code, said = connection.starttls(context=context)
    except smtplib.SMTPResponseException as answer:
        raise Failed(_said(answer.smtp_code, answer.smtp_error)) from answer
    except (OSError, smtplib.SMTPException) as trouble:
        raise Failed(_("no encrypted connection to the mail server: %(why)s", why=_why(trouble))) from trouble
    if code != 220:
        raise Failed(_said(code, said))


def _sign_in(connection: smtplib.SMTP, server: MailServer) -> None:
    try:
        connection.ehlo_or_helo_if_needed()
        if server.user:
            connection.login(server.user, server.password)
    except smtplib.SMTPAuthenticationError as answer:
        said = _said(answer.smtp_code, answer.smtp_error)
        raise Failed(_("the mail server refused our sign-in: %(answer)s", answer=said)) from answer
    except smtplib.SMTPResponseException as answer:
        raise Failed(_said(answer.smtp_code, answer.smtp_error)) from answer
    except (OSError, smtplib.SMTPException) as trouble:
        raise Failed(_("the mail server broke off: %(why)s", why=_why(trouble))) from trouble


def _transfer(
    connection: smtplib.SMTP, envelope: tuple[str, str], message: bytes, envelope_id: str, deadline: float
) -> str:
    sender, recipient = envelope
    try:
        _step(*connection.mail(sender, _mail_options(connection, envelope, message, envelope_id)))
        notify = ["NOTIFY=FAILURE,DELAY"] if connection.has_extn("dsn") else []
        _step(*connection.rcpt(recipient, notify))
        _step(*connection.docmd("DATA"), wanted=354)
    except (OSError, smtplib.SMTPException) as trouble:
        raise Failed(_("the mail server broke off: %(why)s", why=_why(trouble))) from trouble
    if time.monotonic() > deadline:
        raise Failed(_("the mail server was too slow"))
    try:
        connection.send(_dotted(message))
        code, said = connection.getreply()
    except (OSError, smtplib.SMTPException) as trouble:
        why = _("the mail server broke off after it had the mail: %(why)s", why=_why(trouble))
        raise Failed(why, unsure=True) from trouble
    _step(code, said)
    return _said(code, said)


def _mail_options(
    connection: smtplib.SMTP, envelope: tuple[str, str], message: bytes, envelope_id: str
) -> list[str]:
    options = []
    if not all(each.isascii() for each in envelope):
        if not connection.has_extn("smtputf8"):
            raise Refused(
                _(
                    "our mail server cannot send to “%(address)s”: only plain letters before the @",
                    address=envelope[1],
                )
            )
        connection.command_encoding = "utf-8"
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    if connection.has_extn("size"):
        options.append(f"SIZE={len(message)}")
    if connection.has_extn("dsn"):
        options += ["RET=HDRS", f"ENVID={envelope_id}"]
    return options


def _step(code: int, said: bytes, wanted: int = 250) -> None:
    """Go on where the server agrees; 5xx is its final word on this mail, anything else may change."""
    if code == wanted or (wanted == 250 and code in (250, 251, 252)):
        return
    if 500 <= code < 600:
        raise Refused(_said(code, said))
    raise Failed(_said(code, said))


def _leave(connection: smtplib.SMTP) -> None:
    """Say goodbye; what was settled before does not depend on it."""
    try:
        if connection.sock is not None:
            connection.sock.settimeout(2)
            connection.quit()
    except (OSError, smtplib.SMTPException):
        pass
    finally:
        connection.close()


def _dotted(message: bytes) -> bytes:
    """RFC 5321, 4.5.2: lines end in CRLF, a leading dot is doubled, one dot ends it all."""
    lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n"


def _said(code: int, said: bytes | str) -> str:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"{code} {' '.join(words.split())}"[:300]


def _why(trouble: BaseException) -> str:
    if isinstance(trouble, TimeoutError) or isinstance(trouble.__context__, TimeoutError):
        return _("no answer within %(seconds)s seconds", seconds=LONGEST_TRY)
    return str(trouble) or type(trouble).__name__
