"""The ways out of the house: one module per channel, each with ``ready``, ``make`` and ``send``."""

from __future__ import annotations

from collections.abc import Mapping

from kanban.config import Settings
from kanban.senders import email, files, pushing, webhook
from kanban.senders.parcel import LONGEST_TRY, Failed, Refused, Sender

__all__ = ["BY_CHANNEL", "LONGEST_TRY", "Failed", "Refused", "Sender", "ready", "rest"]

BY_CHANNEL: Mapping[str, Sender] = {
    "email": email,
    "webhook": webhook,
    "csv": files,
    "ubl": files,
    "cxml": files,
    "push": pushing,
}
"""The sender of each channel that needs no person."""


def rest() -> None:
    """Nothing is to be sent for now: what a sender kept open for the next delivery ends."""
    email.rest()


def ready(settings: Settings) -> list[str]:
    """The channels that the settings allow."""
    return [name for name, sender in BY_CHANNEL.items() if sender.ready(settings)]
