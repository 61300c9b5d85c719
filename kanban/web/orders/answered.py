"""What the supplier has answered, on the order's page: what asks the buyer, what is missing, and the link."""

from __future__ import annotations

from typing import Any

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response

from kanban import answers, journal
from kanban.answers import Answer, LineAnswer
from kanban.answers.shortages import missing, needs
from kanban.languages import gettext as _
from kanban.orders import Order, OrderLine
from kanban.senders import purchase
from kanban.suppliers import SupplierItem
from kanban.web import formats, respond, security
from kanban.web.answer import views
from kanban.web.formats import units
from kanban.web.orders.blueprint import bp
from kanban.web.reading import session
from kanban.web.running import running


@bp.post("/line-answers/<int:answer_id>/acceptance")
@security.access("buyer")
def accept(answer_id: int) -> Response:
    """The buyer takes another price or a substitute."""
    return _decide(answer_id, _("Accepted."), accept=True)


@bp.post("/line-answers/<int:answer_id>/refusal")
@security.access("buyer")
def refuse(answer_id: int) -> Response:
    """The buyer does not take it; the supplier sees that on its page."""
    return _decide(answer_id, _("Refused. The supplier sees it on its page."), accept=False)


@bp.post("/order-lines/<int:line_id>/alternatives/<int:offer_id>")
@security.access("buyer")
def pass_on(line_id: int, offer_id: int) -> Response:
    """Another supplier is asked for what this one cannot bring."""

    def verb(session: Session, deed: journal.Deed) -> str:
        line = session.get_one(OrderLine, line_id)
        others = {each.id: each for each in answers.alternatives(session, line, deed.at.date())}
        if offer_id not in others:
            raise answers.NobodyElse(_("that supplier does not offer this item just now"))
        answers.pass_on(session, deed, line, others[offer_id])
        return f"/orders/{line.order_id}"

    return respond.seen(respond.change(verb), _("Asked there. Its draft waits on the board."))


@bp.post("/orders/<int:order_id>/answer-link")
@security.access("buyer")
def renew_link(order_id: int) -> Response:
    """A new link for the supplier; earlier ones are closed."""

    def verb(session: Session, deed: journal.Deed) -> str:
        answers.renew(session, deed, session.get_one(Order, order_id))
        return f"/orders/{order_id}"

    return respond.seen(respond.change(verb), _("There is a new link; earlier ones are closed."))


@bp.post("/orders/<int:order_id>/answer-link/revocation")
@security.access("buyer")
def revoke_link(order_id: int) -> Response:
    """No link opens this order any more."""

    def verb(session: Session, deed: journal.Deed) -> str:
        answers.revoke(session, deed, session.get_one(Order, order_id))
        return f"/orders/{order_id}"

    return respond.seen(respond.change(verb), _("The link is closed."))


def panel(order: Order) -> dict[str, Any] | None:
    """What the page of an order shows of answers; none for a draft, and for a store of our own."""
    if order.state == "draft" or order.supplier.kind == "internal":
        return None
    buyer = security.who().may("buyer")
    said = views.answers_of(session(), order)
    link = answers.link_of(session(), order.id)
    return {
        "said": [views.said(each, running().settings.zone) for each in said],
        "questions": [_question(each) for each in _pending(order)] if buyer else [],
        "shortages": [_shortage(line) for line in order.lines if missing(line) > 0] if buyer else [],
        "link": purchase.answer_url(session(), order.id, running().settings)
        if buyer and not link.revoked
        else "",
        "renew_post": f"/orders/{order.id}/answer-link" if buyer else None,
        "revoke_post": f"/orders/{order.id}/answer-link/revocation" if buyer else None,
    }


def _address(order: Order) -> str:
    return purchase.answer_url(session(), order.id, running().settings)


def _decide(answer_id: int, said: str, *, accept: bool) -> Response:
    def verb(session: Session, deed: journal.Deed) -> str:
        asked = session.get_one(LineAnswer, answer_id)
        answers.decide(session, deed, asked, accept=accept)
        return f"/orders/{asked.answer.order_id}"

    return respond.seen(respond.change(verb), said)


def _pending(order: Order) -> list[LineAnswer]:
    query = select(LineAnswer).join(LineAnswer.answer).options(joinedload(LineAnswer.order_line))
    asked = Answer.order_id == order.id, LineAnswer.question == "pending"
    return list(session().scalars(query.where(*asked).order_by(LineAnswer.id)))


def _question(asked: LineAnswer) -> dict[str, str]:
    line = asked.order_line
    if asked.substitute:
        text = _("%(sku)s: offers %(substitute)s instead", sku=line.sku, substitute=asked.substitute)
    else:
        text = _(
            "%(sku)s: costs %(asked)s each, ordered at %(ordered)s",
            sku=line.sku,
            asked=formats.money(asked.unit_price) if asked.unit_price is not None else "",
            ordered=formats.money(line.unit_price) if line.unit_price is not None else _("no price"),
        )
    address = f"/line-answers/{asked.id}"
    return {
        "text": text,
        "note": asked.note,
        "accept_post": f"{address}/acceptance",
        "refuse_post": f"{address}/refusal",
    }


def _shortage(line: OrderLine) -> dict[str, Any]:
    lost = units(missing(line), line.unit or "")
    others = answers.alternatives(session(), line, g.at.date())
    return {
        "text": _("%(sku)s: %(lost)s cannot come", sku=line.sku, lost=lost),
        "needed": _needed(line),
        "others": [_other(line, offer) for offer in others[:3]],
    }


def _needed(line: OrderLine) -> str:
    """What another supplier would be asked for, said before the press."""
    needed = needs(line).units
    if needed == missing(line):
        return _("As much would be asked elsewhere, rounded up there to packs.")
    said = units(needed, line.unit or "")
    return _("The cards need %(units)s of it: so much would be asked, rounded up there to packs.", units=said)


def _other(line: OrderLine, offer: SupplierItem) -> dict[str, str]:
    return {
        "label": _("Ask %(supplier)s", supplier=offer.supplier.name),
        "post": f"/order-lines/{line.id}/alternatives/{offer.id}",
    }
