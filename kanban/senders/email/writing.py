"""A mail as the bytes that leave: text and HTML, with what is attached."""

from __future__ import annotations

import email
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from kanban import languages
from kanban.languages import gettext as _
from kanban.senders.email import headers

POSSIBLE_REPEAT = "Kanban-Possible-Repeat"
_STRIP = "margin:0;padding:12px 16px;background:#fff4d6;color:#4a3500"


@dataclass(frozen=True)
class Attachment:
    """A file beside the text; ``kind`` such as ``application/pdf``."""

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True)
class Letter:
    """A mail before it is written. ``sender`` and ``reply_to`` as (name, address)."""

    message_id: str
    at: datetime
    sender: tuple[str, str]
    to: tuple[str, str]
    subject: str
    text: str
    html: str
    language: str
    reply_to: tuple[str, str] | None = None
    automatic: bool = True
    attachments: Sequence[Attachment] = ()
    more: tuple[tuple[str, str], ...] = ()


def written(letter: Letter) -> bytes:
    """The letter as RFC 5322 wants it, the same bytes each time. Raises ``Refused`` for a bad address."""
    to = headers.address(letter.to[1], letter.to[0])
    message = EmailMessage(policy=SMTPUTF8 if headers.is_international(to) else SMTP)
    message["From"] = headers.address(letter.sender[1], letter.sender[0])
    message["To"] = to
    if letter.reply_to:
        message["Reply-To"] = headers.address(letter.reply_to[1], letter.reply_to[0])
    message["Subject"] = headers.text(letter.subject)
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = letter.message_id
    if letter.automatic:
        message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.more:
        message[name] = headers.text(value)
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    for each in letter.attachments:
        main, sub = each.kind.split("/")
        message.add_attachment(each.data, maintype=main, subtype=sub, filename=each.name)
    message["Content-Language"] = letter.language  # last: whatever sets content clears what it says of it
    _name_boundaries(message, letter.message_id)
    return message.as_bytes()


def marked_as_repeat(payload: bytes) -> bytes:
    """The same mail, under the same number, that says of itself that it may have come before."""
    message = email.message_from_bytes(payload, policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    message[POSSIBLE_REPEAT] = "yes"
    with languages.speaking(str(message["Content-Language"] or languages.SOURCE)):
        sentence = _("This may be a repeat: we could not see whether this very mail reached you before.")
    for part in message.walk():
        if part.get_content_disposition() != "attachment" and part.get_content_maintype() == "text":
            _put_first(part, sentence)
    return message.as_bytes()


def notice(subject: str, text: str) -> bytes:
    """A plain message to one of our own people, for ``outbox.add(kind="notice", payload=…)``."""
    return json.dumps({"subject": subject, "text": text}, ensure_ascii=False).encode()


def _put_first(part: MIMEPart, sentence: str) -> None:
    content = part.get_content()
    if part.get_content_subtype() == "html":
        start = content.index(">", content.index("<body")) + 1
        strip = f'<p style="{_STRIP}"><strong>{sentence}</strong></p>'
        part.set_content(content[:start] + strip + content[start:], subtype="html", cte="quoted-printable")
    else:
        part.set_content(f"{sentence}\n\n{content}", cte="quoted-printable")


def _name_boundaries(message: EmailMessage, message_id: str) -> None:
    """Boundaries from the message's number instead of chance."""
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary("=_" + hashlib.sha256(f"{message_id}{number}".encode()).hexdigest()[:32])
