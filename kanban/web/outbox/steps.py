"""A person's steps with a delivery: let it go, try again, send it another way, or say that it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from flask import abort, render_template
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import journal, outbox
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.outbox import Delivery
from kanban.senders import Refused
from kanban.senders.email import headers
from kanban.suppliers import Supplier
from kanban.web import forms, respond, security
from kanban.web.forms.fields import Code, Short
from kanban.web.outbox.blueprint import bp
from kanban.web.outbox.views import CHANNELS, delivery_view
from kanban.web.reading import session

OTHER_WAYS = ("email", "phone")


class HandoverForm(forms.Form):
    """Who took it, as the person notes it."""

    note: Short = Field("", title=mark("The note"))


class OtherWayForm(forms.Form):
    """Another channel, or another address of the same."""

    channel: Literal["email", "phone"] = Field(title=mark("The way"))
    address: Annotated[Code, Field()] = Field("", title=mark("The address"))


@bp.post("/deliveries/<int:delivery_id>/letting-go")
@security.access("buyer")
def let_go(delivery_id: int) -> Response:
    """A held delivery may leave."""
    return _step(delivery_id, outbox.let_go, _("It leaves now."))


@bp.post("/deliveries/<int:delivery_id>/trial")
@security.access("buyer")
def try_again(delivery_id: int) -> Response:
    """A dead delivery is tried again."""
    return _step(delivery_id, outbox.try_again, _("It is tried again now."))


@bp.post("/deliveries/<int:delivery_id>/handover")
@security.access("buyer")
def hand_over(delivery_id: int) -> Response:
    """A person has handed it over."""
    note = forms.sent(HandoverForm, forms.typed_fields()).note

    def verb(session: Session, deed: journal.Deed, delivery: Delivery) -> None:
        outbox.hand_over(session, deed, delivery, note)

    return _step(delivery_id, verb, _("Noted: the supplier has it."))


@bp.get("/deliveries/<int:delivery_id>/other-way")
@security.access("buyer")
def choose_other_way(delivery_id: int) -> str:
    """The form: by which way instead, and to whom."""
    delivery = _get(delivery_id)
    supplier = session().get(Supplier, delivery.supplier_id) if delivery.supplier_id else None
    address = supplier.email if supplier else delivery.address  # as it is known now, perhaps mended meanwhile
    return _form(delivery_id, {"channel": "email", "address": address}, {})


@bp.post("/deliveries/<int:delivery_id>/other-way")
@security.access("buyer")
def other_way(delivery_id: int) -> Response:
    """What did not arrive is sent another way."""
    typed = forms.typed_fields()
    try:
        form = forms.sent(OtherWayForm, typed)
        if form.channel == "email":
            _refuse_bad_address(form.address)
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _form(delivery_id, typed, errors))

    def verb(session: Session, deed: journal.Deed, delivery: Delivery) -> None:
        outbox.other_way(session, deed, delivery, form.channel, form.address)

    return _step(delivery_id, verb, _("It goes another way now."))


def _refuse_bad_address(address: str) -> None:
    try:
        headers.address(address)
    except Refused as wrong:
        raise forms.BadFields({"address": f"{wrong}."}) from wrong


def _step(delivery_id: int, verb: Callable[[Session, journal.Deed, Delivery], Any], said: str) -> Response:
    def do(session: Session, deed: journal.Deed) -> str:
        delivery = session.get_one(Delivery, delivery_id)
        verb(session, deed, delivery)
        return f"/orders/{delivery.order_id}" if delivery.order_id else "/outbox"

    return respond.seen(respond.change(do), said)


def _form(delivery_id: int, values: dict[str, Any], errors: dict[str, str]) -> str:
    delivery = _get(delivery_id)
    return render_template(
        "outbox/other_way.html",
        delivery=delivery_view(delivery),
        post=f"/deliveries/{delivery_id}/other-way",
        back_href=f"/orders/{delivery.order_id}" if delivery.order_id else "/outbox",
        ways=[(name, _(CHANNELS[name])) for name in OTHER_WAYS],
        values=values,
        errors=errors,
    )


def _get(delivery_id: int) -> Delivery:
    delivery = session().get(Delivery, delivery_id)
    if delivery is None:
        abort(404)
    return delivery
