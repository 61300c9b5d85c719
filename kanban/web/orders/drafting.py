"""What a person does about a draft that its rule holds back: approve it, or pull cards forward."""

from __future__ import annotations

from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from kanban import journal
from kanban.languages import gettext as _
from kanban.languages import ngettext
from kanban.orders import NotAllowed, Order, rules
from kanban.web import forms, respond, security
from kanban.web.orders.blueprint import bp
from kanban.web.running import running


@bp.post("/orders/<int:order_id>/approval")
@security.access("buyer")
def approve(order_id: int) -> Response:
    """A buyer says yes to the draft as it stands; it leaves when its rule says so."""

    def verb(session: Session, deed: journal.Deed) -> str:
        order = session.get_one(Order, order_id)
        settings = running().settings
        found = rules.standings(session, deed.at, undo=settings.undo, zone=settings.zone, only=order_id)
        if order_id not in found:
            raise NotAllowed(_("this order is no draft, or it asks for nothing"))
        rules.approve(session, deed, order, found[order_id])
        return f"/orders/{order_id}"

    return respond.seen(respond.change(verb), _("Approved. It leaves by its rule."))


@bp.post("/orders/<int:order_id>/early-cards")
@security.access("buyer")
def pull_forward(order_id: int) -> Response:
    """Cards that will soon be empty join the draft now."""
    sent = forms.typed_fields("card").get("card", [])
    chosen = [_number(each) for each in sent] if isinstance(sent, list) else []
    if not chosen:
        raise BadRequest(_("Tick the cards that shall join the order."))
    joined = 0

    def verb(session: Session, deed: journal.Deed) -> str:
        nonlocal joined
        joined = rules.pull_forward(session, deed, session.get_one(Order, order_id), chosen)
        return f"/orders/{order_id}"

    address = respond.change(verb)
    return respond.seen(
        address, ngettext("%(num)s card joined the draft.", "%(num)s cards joined the draft.", joined)
    )


def _number(text: object) -> int:
    if not str(text).isascii() or not str(text).isdigit() or len(str(text)) > 15:
        raise BadRequest(_("A card is named by its number."))
    return int(str(text))
