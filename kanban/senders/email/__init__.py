"""E-mail by SMTP: the order as text and HTML with its PDF and CSV, sent under one stable Message-ID."""

from __future__ import annotations

import json

from sqlalchemy.orm import Session

from kanban import languages
from kanban.config import MailServer, Settings
from kanban.languages import gettext as _
from kanban.languages import sentence
from kanban.outbox import Claim
from kanban.senders import letters, papers, purchase, tables
from kanban.senders.email import connections, headers, post
from kanban.senders.email.writing import Attachment, Letter, marked_as_repeat, notice, written
from kanban.senders.parcel import Failed, Refused
from kanban.senders.purchase import Purchase

__all__ = ["headers", "make", "notice", "ready", "rest", "send"]


def ready(settings: Settings) -> bool:
    """Whether a mail server is set."""
    return settings.mail is not None


def make(session: Session, claim: Claim, settings: Settings) -> bytes:
    """The order's mail in its supplier's language."""
    if not claim.address:
        raise Refused(sentence("no e-mail address is known"))
    order = purchase.of_claim(session, claim, settings)
    with languages.speaking(order.chosen.language):
        return written(
            _order_letter(
                order, claim, settings, _reply_to(order, settings), _answer_url(session, claim, settings)
            )
        )


def send(claim: Claim, payload: bytes, settings: Settings) -> str:
    """Hand the mail to the mail server; a possible repeat says so of itself."""
    server = _server(settings)
    if payload.startswith(b"{"):
        payload = written(_notice_letter(payload, claim, settings))
    if claim.possible_repeat:
        payload = marked_as_repeat(payload)
    recipient = headers.address(claim.address).addr_spec
    return post.hand_over(server, (server.bounces, recipient), payload, envelope_id=claim.message_id)


def rest() -> None:
    """Nothing more is to be sent for now: connections that were kept for it end."""
    connections.hang_up()


def _order_letter(
    order: Purchase, claim: Claim, settings: Settings, reply_to: tuple[str, str] | None, answer_url: str
) -> Letter:
    told = {
        "purchase": order,
        "currency": order.currency,
        "zone": settings.zone,
        "answer_url": answer_url,
        "contact": reply_to is not None,
        "intro": order.chosen.greeting,
    }
    return Letter(
        message_id=headers.message_id(claim.message_id, settings.base_url),
        at=claim.created_at,
        sender=(order.buyer.name, _server(settings).sender),
        to=(order.supplier.name, claim.address),
        reply_to=reply_to,
        subject=_subject(order),
        text=letters.render("order.txt", **told),
        html=letters.render("order.html", **told),
        language=languages.spoken(),
        automatic=not order.released_by,
        attachments=[] if order.is_cancellation else _attachments(order, settings),
        more=(("Kanban-Order", order.number),),
    )


def _answer_url(session: Session, claim: Claim, settings: Settings) -> str:
    """Where the supplier answers; nothing to answer in a test or a cancellation."""
    if claim.kind != "order" or claim.order_id is None:
        return ""
    return purchase.answer_url(session, claim.order_id, settings)


def _subject(order: Purchase) -> str:
    if order.is_test:
        return _("Test: purchase order from %(firm)s", firm=order.buyer.name)
    values = {"number": order.number, "firm": order.buyer.name}
    if order.is_cancellation:
        return _("Cancelled: purchase order %(number)s from %(firm)s", **values)
    return _("Purchase order %(number)s from %(firm)s", **values)


def _attachments(order: Purchase, settings: Settings) -> list[Attachment]:
    return [
        Attachment(f"{order.number}.pdf", "application/pdf", papers.pdf(order, settings)),
        Attachment(f"{order.number}.csv", "text/csv", tables.written(order)),
    ]


def _notice_letter(payload: bytes, claim: Claim, settings: Settings) -> Letter:
    told = json.loads(payload)
    name = settings.base_url.split("://", 1)[1]
    values = {"text": told["text"], "shop": name}
    return Letter(
        message_id=headers.message_id(claim.message_id, settings.base_url),
        at=claim.created_at,
        sender=(name, _server(settings).sender),
        to=("", claim.address),
        subject=told["subject"],
        text=letters.render("notice.txt", **values),
        html=letters.render("notice.html", **values),
        language=languages.spoken(),
    )


def _reply_to(order: Purchase, settings: Settings) -> tuple[str, str] | None:
    """Answers go to the person who released it, else to the address that the settings name."""
    answers_to = order.answer_to or _server(settings).reply_to
    return (order.released_by or order.buyer.name, answers_to) if answers_to else None


def _server(settings: Settings) -> MailServer:
    if settings.mail is None:
        raise Failed(sentence("no mail server is set"))
    return settings.mail
