"""What a buyer does with a loop's cards: more of them, on hold, surplus, lost, printed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import journal, loops, orders
from kanban.languages import gettext as _
from kanban.languages import ngettext
from kanban.loops import Card, Loop
from kanban.web import forms, respond, security
from kanban.web.loops.blueprint import bp
from kanban.web.reading import session


@bp.post("/loops/<int:loop_id>/cards")
@security.access("buyer")
def add_cards(loop_id: int) -> Response:
    """More cards on the lowest free positions."""
    count = forms.sent(forms.CardsForm, forms.typed_fields()).count

    def verb(session: Session, deed: journal.Deed) -> str:
        loops.add_cards(session, deed, session.get_one(Loop, loop_id), count)
        return f"/loops/{loop_id}"

    respond.change_and_size(verb)
    made = ngettext(
        "One card is made. Print, hang on the bin, scan once.",
        "%(num)s cards are made. Print, hang on the bin, scan once.",
        count,
    )
    return respond.seen(f"/loops/{loop_id}", made)


@bp.post("/cards/<int:card_id>/life")
@security.access("buyer")
def set_life(card_id: int) -> Response:
    """On hold, back in service, or surplus."""
    life = forms.sent(forms.LifeForm, forms.typed_fields()).life
    return _step(
        card_id, loops.set_life, _("The card is now: %(life)s.", life=_(loops.LIFE_WORDS[life])), life
    )


@bp.post("/cards/<int:card_id>/replacement")
@security.access("buyer")
def replace(card_id: int) -> Response:
    """The card is lost: a new one, with a new code, takes its position."""
    typed = forms.typed_fields()
    to_paper = typed.pop("then", "") == "print"
    because = forms.sent(forms.ReplacementForm, typed).because
    said = _("A new card stands at this position. Print it; the old one works no more, even if it is found.")
    return _step(card_id, orders.replace_card, said, because, to_paper=to_paper)


@bp.post("/cards/<int:card_id>/reprint")
@security.access("operator")
def reprint(card_id: int) -> Response:
    """The card is worn: it goes on the list to print again."""
    return _step(card_id, loops.request_reprint, _("The card is on the list to print again."))


def _step(card_id: int, verb: Callable[..., Any], said: str, *rest: str, to_paper: bool = False) -> Response:
    known = session().get(Card, card_id)
    if known is None:
        abort(404)
    address = f"/loops/{known.loop_id}"

    def do(session: Session, deed: journal.Deed) -> str:
        verb(session, deed, session.get_one(Card, card_id), *rest)
        return address

    respond.change_and_size(do)
    return respond.seen(f"/labels?loop={known.loop_id}&which=new" if to_paper else address, said)
