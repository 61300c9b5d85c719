"""File drop: the order as CSV, UBL or cXML in the export folder, from where any program takes it."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from kanban import languages
from kanban.config import Settings
from kanban.languages import kept, sentence
from kanban.outbox import Claim
from kanban.senders import cxml, purchase, tables, ubl
from kanban.senders.parcel import Failed, Refused
from kanban.senders.purchase import Purchase

FORMATS: dict[str, tuple[str, Callable[[Purchase, Settings], bytes]]] = {
    "csv": ("csv", lambda order, settings: tables.written(order, order.chosen.template)),
    "ubl": ("xml", ubl.written),
    "cxml": ("xml", cxml.written),
}


def ready(settings: Settings) -> bool:
    """Files can always be written: a folder that is missing is made."""
    return True


def make(session: Session, claim: Claim, settings: Settings) -> bytes:
    """The order in the format of its channel."""
    order = purchase.of_claim(session, claim, settings)
    _ending, write = FORMATS[claim.channel]
    with languages.speaking(order.chosen.language):
        try:
            return write(order, settings)
        except tables.BadTemplate as wrong:
            raise Refused(wrong.why) from wrong


def send(claim: Claim, payload: bytes, settings: Settings) -> str:
    """Put the file there whole or not at all; one that is there already is never written again.

    Its name holds the order's number and the delivery's own, so that a repeat meets its first copy.
    """
    folder = settings.export / folder_name(claim.address)
    path = folder / file_name(claim)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return kept(sentence("written as %(path)s", path=_put(path, payload).relative_to(settings.export)))
    except OSError as trouble:
        why = trouble.strerror or str(trouble)
        raise Failed(sentence("the file cannot be written: %(why)s", why=why)) from trouble


def folder_name(address: str) -> str:
    """The folder inside the export folder: plain letters, no way out of it."""
    return re.sub(r"[^\w-]+", "-", address).strip("-")[:100] or "orders"


def file_name(claim: Claim) -> str:
    """Stable over all tries, and unlike that of any other delivery."""
    number = re.sub(r"[^\w-]+", "-", claim.about.split(" · ")[0]).strip("-")
    kind = "" if claim.kind == "order" else f"-{claim.kind}"
    return f"{number}{kind}-{claim.message_id[:8]}.{FORMATS[claim.channel][0]}"


def _put(path: Path, payload: bytes) -> Path:
    if path.exists():
        if path.read_bytes() != payload:
            raise Refused(sentence("there is another file of this name: %(name)s", name=path.name))
        return path
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(fresh, "xb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    except FileExistsError:
        pass  # another dispatcher was quicker with the same delivery
    finally:
        fresh.unlink(missing_ok=True)
    _flush(path.parent)
    return path


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
