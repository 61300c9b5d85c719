"""What would leave, made by the very code that makes it, for a person to look at before it does."""

from __future__ import annotations

import email
import json
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTPUTF8

from sqlalchemy.orm import Session

from kanban.config import MailServer, Settings
from kanban.languages import gettext as _
from kanban.languages import sentence
from kanban.outbox import BY_HAND, Claim
from kanban.senders import BY_CHANNEL, link, purchase
from kanban.senders.parcel import Refused

NO_SERVER = MailServer(
    host="", port=0, security="none", user="", password="", sender="orders@example.invalid", reply_to="",
    bounces="orders@example.invalid", ca_file=None, own_name="",
)  # fmt: skip
"""Stands in for a mail server where none is set yet, so that the mail can be looked at all the same."""


@dataclass(frozen=True)
class Preview:
    """``payload`` is what would leave; ``text`` and ``head`` show it; ``html`` is a mail's other face."""

    payload: bytes
    text: str
    head: tuple[tuple[str, str], ...]
    html: str
    file_name: str
    attachments: tuple[tuple[str, int], ...] = ()


def of_claim(session: Session, claim: Claim, settings: Settings) -> Preview:
    """The preview of a delivery. Raises :class:`Refused` with what is missing."""
    if claim.channel in BY_HAND:
        return _by_hand(session, claim, settings)
    if claim.channel == "email" and settings.mail is None:
        from dataclasses import replace

        settings = replace(settings, mail=NO_SERVER)
    payload = BY_CHANNEL[claim.channel].make(session, claim, settings)
    if claim.channel == "email":
        return _mail(payload)
    text = payload.decode("utf-8-sig")
    if claim.channel == "webhook":
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    ending = {"webhook": "json", "csv": "csv"}.get(claim.channel, "xml")
    return Preview(payload, text, ((_("To"), claim.address),), "", f"preview.{ending}")


def _mail(payload: bytes) -> Preview:
    message = email.message_from_bytes(payload, policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    return Preview(
        payload,
        plain.get_content() if plain else "",
        tuple((name, str(message[name])) for name in ("From", "To", "Reply-To", "Subject") if message[name]),
        html.get_content() if html else "",
        "preview.eml",
        tuple(
            (str(part.get_filename()), len(part.get_payload(decode=True) or b""))
            for part in message.iter_attachments()
        ),
    )


def _by_hand(session: Session, claim: Claim, settings: Settings) -> Preview:
    order = purchase.of_claim(session, claim, settings)
    if claim.channel == "phone":
        raise Refused(
            sentence("Nothing leaves by itself: whoever calls reads from the call sheet of the order.")
        )
    try:
        made = link.filled(claim.address, order)
    except link.BadLink as wrong:
        raise Refused(sentence("The link %(why)s.", why=wrong)) from wrong
    return Preview(made.encode(), made, (), "", "preview.txt")
