"""What is decided after goods came: a count corrected, goods accepted, sent back, a return settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import journal, receipts
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.orders import OrderLine
from kanban.receipts import Quarantine, Receipt, Return, ReturnWish
from kanban.web import forms, respond, security
from kanban.web.forms.fields import Note, Quantity, QuantityOrZero, Short
from kanban.web.receiving.blueprint import bp


class CorrectionForm(forms.Form):
    """What really arrived, in units, and why the first count was wrong."""

    units: QuantityOrZero = Field(title=mark("The right quantity"))
    reason: Note = Field("", title=mark("The reason"))


class AcceptanceForm(forms.Form):
    """How much is usable after all, and why."""

    units: Quantity = Field(title=mark("The quantity"))
    reason: Note = Field("", title=mark("The reason"))


class ReturnForm(forms.Form):
    """What goes back, why, and what is expected for it."""

    units: Quantity = Field(title=mark("The quantity"))
    reason: Literal["damaged", "wrong_item", "not_needed", "other"] = Field(
        "damaged", title=mark("The reason")
    )
    expected: Literal["credit", "replacement", "nothing"] = Field("credit", title=mark("What is expected"))
    reference: Short = Field("", title=mark("The supplier’s reference"))
    note: Note = Field("", title=mark("The note"))
    give_back: Literal["yes", ""] = Field("", title=mark("The need"))

    def wish(self) -> ReturnWish:
        """The same in the domain's words."""
        return ReturnWish(
            self.units, self.reason, self.expected, self.reference, self.note, self.give_back == "yes"
        )


class SettlementForm(forms.Form):
    """What arrived for goods that went back."""

    settlement: Short = Field("", title=mark("What settled it"))


@bp.post("/receipts/<int:receipt_id>/correction")
@security.access("operator")
def correct(receipt_id: int) -> Response:
    """The count was wrong: an entry against it says what really came."""
    sent = forms.sent(CorrectionForm, forms.typed_fields())

    def verb(session: Session, deed: journal.Deed) -> str:
        receipt = session.get_one(Receipt, receipt_id)
        receipts.correct(session, deed, receipt, sent.units, sent.reason)
        return _page_of(receipt.delivery_note_id, receipt.order_line)

    return _done(verb, _("Corrected. The first count stays on record beside it."))


@bp.post("/quarantine/<int:quarantine_id>/acceptance")
@security.access("buyer")
def accept(quarantine_id: int) -> Response:
    """What was set apart is usable after all."""
    sent = forms.sent(AcceptanceForm, forms.typed_fields())

    def verb(session: Session, deed: journal.Deed) -> str:
        kept = session.get_one(Quarantine, quarantine_id)
        receipts.accept(session, deed, kept, sent.units, sent.reason)
        return _page_of(kept.delivery_note_id, kept.order_line)

    return _done(verb, _("Accepted: it counts as received now."))


@bp.post("/quarantine/<int:quarantine_id>/return")
@security.access("buyer")
def return_quarantined(quarantine_id: int) -> Response:
    """What was set apart goes back."""
    sent = forms.sent(ReturnForm, forms.typed_fields())

    def verb(session: Session, deed: journal.Deed) -> str:
        kept = session.get_one(Quarantine, quarantine_id)
        receipts.return_quarantined(session, deed, kept, sent.wish())
        return _page_of(kept.delivery_note_id, kept.order_line)

    return _done(verb, _("It goes back. The return stays open until it is settled."))


@bp.post("/order-lines/<int:line_id>/returns")
@security.access("buyer")
def return_goods(line_id: int) -> Response:
    """Goods that had been received as usable go back."""
    sent = forms.sent(ReturnForm, forms.typed_fields())

    def verb(session: Session, deed: journal.Deed) -> str:
        line = session.get_one(OrderLine, line_id)
        receipts.return_goods(session, deed, line, sent.wish())
        return "/receiving/returns"

    return _done(verb, _("It goes back. The return stays open until it is settled."))


@bp.post("/returns/<int:return_id>/settlement")
@security.access("buyer")
def settle(return_id: int) -> Response:
    """The credit or the replacement is here."""
    sent = forms.sent(SettlementForm, forms.typed_fields())

    def verb(session: Session, deed: journal.Deed) -> str:
        receipts.settle_return(session, deed, session.get_one(Return, return_id), sent.settlement)
        return "/receiving/returns"

    return _done(verb, _("Settled."))


def _done(verb: Callable[[Session, journal.Deed], str], said: str) -> Response:
    return respond.seen(respond.change(verb), said)


def _page_of(note_id: int | None, line: Any) -> str:
    return f"/receiving/notes/{note_id}" if note_id else f"/orders/{line.order_id}"
