"""Connections to the mail server: opened, encrypted, signed in, and kept for the next mail of a batch.

A connection that has just carried a mail waits a few seconds for another one; before it is used again the
server has to answer RSET (RFC 5321, 4.1.1.5). One that failed in any way is never used again, so what came
of a mail never depends on the mail before it.
"""

from __future__ import annotations

import smtplib
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kanban.config import MailServer
from kanban.languages import Sentence, sentence
from kanban.senders.parcel import LONGEST_TRY, Failed

MOST_MAILS = 50
"""Mails that one connection carries; servers end longer ones by themselves."""
LONGEST_REST = 5.0  # seconds
LONGEST_GOODBYE = 1.0  # seconds


@dataclass
class _Resting:
    """A connection that has carried ``mails`` and waits since ``since``."""

    server: MailServer
    connection: smtplib.SMTP
    mails: int
    since: float


_resting: list[_Resting] = []
_lock = threading.Lock()


@contextmanager
def borrowed(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A connection that is ready for a mail, kept afterwards unless something went wrong.

    Raises ``Failed`` where the server cannot be reached, encrypted or signed in to.
    """
    connection, mails = _rested(server) or (_opened(server), 0)
    try:
        yield connection
    except BaseException:  # one that failed in any way is never used again
        _leave(connection)
        raise
    if mails + 1 < MOST_MAILS:
        with _lock:
            _resting.append(_Resting(server, connection, mails + 1, time.monotonic()))
    else:
        _leave(connection)


def hang_up() -> None:
    """Say goodbye on every connection that waits for another mail."""
    with _lock:
        waiting, _resting[:] = list(_resting), []
    for each in waiting:
        _leave(each.connection)


def said(code: int, words: bytes | str) -> str:
    """A server's answer as one line."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return f"{code} {' '.join(text.split())}"[:300]


def why(trouble: BaseException) -> Sentence | str:
    """What went wrong on the way to a server."""
    if isinstance(trouble, TimeoutError) or isinstance(trouble.__context__, TimeoutError):
        return sentence("no answer within %(seconds)s seconds", seconds=LONGEST_TRY)
    return str(trouble) or type(trouble).__name__


def _rested(server: MailServer) -> tuple[smtplib.SMTP, int] | None:
    """A kept connection on which the server still answers, and how many mails it has carried."""
    while True:
        with _lock:
            found = next((each for each in _resting if each.server == server), None)
            if found is None:
                return None
            _resting.remove(found)
        if time.monotonic() - found.since < LONGEST_REST and _answers(found.connection):
            return found.connection, found.mails
        _leave(found.connection)


def _answers(connection: smtplib.SMTP) -> bool:
    try:
        return connection.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _opened(server: MailServer) -> smtplib.SMTP:
    connection = _connect(server)
    try:
        _sign_in(connection, server)
    except BaseException:  # nobody else knows of it yet: it would stay open
        _leave(connection)
        raise
    return connection


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
        raise Failed(said(answer.smtp_code, answer.smtp_error)) from answer
    except (OSError, smtplib.SMTPException) as trouble:
        raise Failed(sentence("the mail server cannot be reached: %(why)s", why=why(trouble))) from trouble
    if server.security == "starttls":
        try:
            _start_tls(connection, _trusting(server.ca_file))
        except BaseException:  # as in _opened; a talk that broke off in TLS has no goodbye
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
            raise Failed(
                sentence("the mail server offers no encryption (STARTTLS): nothing is sent in the clear")
            )
        code, words = connection.starttls(context=context)
    except smtplib.SMTPResponseException as answer:
        raise Failed(said(answer.smtp_code, answer.smtp_error)) from answer
    except (OSError, smtplib.SMTPException) as trouble:
        raise Failed(
            sentence("no encrypted connection to the mail server: %(why)s", why=why(trouble))
        ) from trouble
    if code != 220:
        raise Failed(said(code, words))


def _sign_in(connection: smtplib.SMTP, server: MailServer) -> None:
    try:
        connection.ehlo_or_helo_if_needed()
        if server.user:
            connection.login(server.user, server.password)
    except smtplib.SMTPAuthenticationError as answer:
        words = said(answer.smtp_code, answer.smtp_error)
        raise Failed(sentence("the mail server refused our sign-in: %(answer)s", answer=words)) from answer
    except smtplib.SMTPResponseException as answer:
        raise Failed(said(answer.smtp_code, answer.smtp_error)) from answer
    except (OSError, smtplib.SMTPException) as trouble:
        raise Failed(sentence("the mail server broke off: %(why)s", why=why(trouble))) from trouble


def _leave(connection: smtplib.SMTP) -> None:
    """Say goodbye; what was settled before does not depend on it."""
    try:
        if connection.sock is not None:
            connection.sock.settimeout(LONGEST_GOODBYE)
            connection.quit()
    except (OSError, smtplib.SMTPException):
        pass
    finally:
        connection.close()
