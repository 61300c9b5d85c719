"""Delivery status notifications (RFC 3464): what a mail server says of a mail that it took before."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.policy import default

LONGEST_WHY = 300
_OURS = re.compile(rb"(?:^|[<\s;])([0-9a-f]{32})(?=@|\s|$)", re.MULTILINE)


@dataclass(frozen=True)
class Report:
    """Whether a mail failed for good, why, and the numbers that may be ours."""

    failed: bool
    why: str
    message_ids: tuple[str, ...]


def read(data: bytes) -> Report | None:
    """The report in a mail; none where the mail is no delivery status notification."""
    message = email.message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    parts = [part for part in message.walk() if part.get_content_type() == "message/delivery-status"]
    if message.get_content_type() != "multipart/report" or not parts:
        return None
    recipients = [each for part in parts for each in _groups(part)]
    failed = [each for each in recipients if str(each.get("Action", "")).strip().lower() == "failed"]
    why = " ".join(str(each.get("Diagnostic-Code") or each.get("Status") or "") for each in failed)
    found = dict.fromkeys(found.decode() for found in _OURS.findall(data))
    return Report(bool(failed), " ".join(why.split())[:LONGEST_WHY], tuple(found))


def _groups(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []
