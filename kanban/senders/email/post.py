"""Handing a mail to an SMTP server: each failure is named, and only those meant for good are final."""

from __future__ import annotations

import smtplib
import time

from kanban.config import MailServer
from kanban.languages import sentence
from kanban.senders.email import connections
from kanban.senders.email.connections import said, why
from kanban.senders.parcel import Failed, Refused

LONGEST_HAND_OVER = 60
"""Seconds for all steps together; well within a dispatcher's lease."""


def hand_over(server: MailServer, envelope: tuple[str, str], message: bytes, *, envelope_id: str) -> str:
    """Give one mail to the server; returns its answer. ``envelope`` is (sender, recipient).

    Raises ``Refused`` for what the server refuses for good (5xx of this sender, recipient or content), and
    ``Failed`` for everything else, *unsure* where the server may have taken the mail.
    """
    deadline = time.monotonic() + LONGEST_HAND_OVER
    with connections.borrowed(server) as connection:
        return _transfer(connection, envelope, message, envelope_id, deadline)


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
        raise Failed(sentence("the mail server broke off: %(why)s", why=why(trouble))) from trouble
    if time.monotonic() > deadline:
        raise Failed(sentence("the mail server was too slow"))
    try:
        connection.send(_dotted(message))
        code, words = connection.getreply()
    except (OSError, smtplib.SMTPException) as trouble:
        lost = sentence("the mail server broke off after it had the mail: %(why)s", why=why(trouble))
        raise Failed(lost, unsure=True) from trouble
    _step(code, words)
    return said(code, words)


def _mail_options(
    connection: smtplib.SMTP, envelope: tuple[str, str], message: bytes, envelope_id: str
) -> list[str]:
    options = []
    connection.command_encoding = "ascii"
    if not all(each.isascii() for each in envelope):
        if not connection.has_extn("smtputf8"):
            raise Refused(
                sentence(
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


def _step(code: int, words: bytes, wanted: int = 250) -> None:
    """Go on where the server agrees; 5xx is its final word on this mail, anything else may change."""
    if code == wanted or (wanted == 250 and code in (250, 251, 252)):
        return
    if 500 <= code < 600:
        raise Refused(said(code, words))
    raise Failed(said(code, words))


def _dotted(message: bytes) -> bytes:
    """RFC 5321, 4.5.2: lines end in CRLF, a leading dot is doubled, one dot ends it all."""
    lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n"
