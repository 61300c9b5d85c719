"""The mail server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kanban.config import parsing
from kanban.config.parsing import BadSetting, one_of, read, whole

SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class MailServer:
    """How mail leaves. ``security`` is ``starttls``, ``tls``, or for a server on this machine ``none``."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    sender: str
    reply_to: str
    """Who gets the answers; empty: the sender."""
    bounces: str
    """The envelope's sender, to which undeliverable mail comes back."""
    ca_file: Path | None
    """Certificates to trust instead of the system's."""
    own_name: str


def mail_server(environ: Mapping[str, str], own_name: str) -> MailServer | None:
    """The mail server of an environment, if one is named. Raises :class:`BadSetting`."""
    host = read(environ, "KANBAN_SMTP_HOST", parsing.host_name, "")
    if not host:
        return None
    security = read(environ, "KANBAN_SMTP_SECURITY", one_of(tuple(SMTP_PORTS)), "starttls")
    if security == "none" and host not in LOOPBACK:
        raise BadSetting(
            "KANBAN_SMTP_SECURITY='none': only a mail server on this very machine is called in the clear"
        )
    sender = read(environ, "KANBAN_SMTP_FROM", parsing.mailbox, "")
    if not sender:
        raise BadSetting("KANBAN_SMTP_FROM is missing: give the address that orders come from")
    user = environ.get("KANBAN_SMTP_USER", "").strip()
    password = parsing.secret(environ, "KANBAN_SMTP_PASSWORD")
    if bool(user) != bool(password):
        raise BadSetting("KANBAN_SMTP_USER comes with KANBAN_SMTP_PASSWORD or KANBAN_SMTP_PASSWORD_FILE")
    return MailServer(
        host=host,
        port=read(environ, "KANBAN_SMTP_PORT", whole(1, 65535), SMTP_PORTS[security]),
        security=security,
        user=user,
        password=password,
        sender=sender,
        reply_to=read(environ, "KANBAN_SMTP_REPLY_TO", parsing.mailbox, ""),
        bounces=read(environ, "KANBAN_SMTP_BOUNCES", parsing.mailbox, sender),
        ca_file=read(environ, "KANBAN_SMTP_CA_FILE", parsing.file, None),
        own_name=own_name,
    )
