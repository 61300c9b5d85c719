"""One question per item: what happens if this runs out for a week? And the map that the answers draw."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Annotated

from flask import Blueprint, render_template
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import items, journal
from kanban.items import CONSEQUENCES, Item
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports import advised
from kanban.web import forms, listing, photos, respond, security
from kanban.web.advice.words import WORD_COLOURS, WORDS
from kanban.web.forms.fields import RowId, WholeNumber
from kanban.web.reading import session

bp = Blueprint("triage", __name__)

SUPPLIES = {"robust": mark("robust"), "watch": mark("to be watched"), "fragile": mark("fragile")}
EXAMPLES = {
    1: mark("We shrug, and wait."),
    2: mark("We borrow, make do, do something else first."),
    3: mark("Somebody’s order does not leave the house."),
    4: mark("Nobody can work, or somebody may get hurt."),
}


class AnswerForm(forms.Form):
    """What it means when an item runs out; ``again`` walks through answered items too."""

    consequence: Annotated[WholeNumber, Field(ge=1, le=4)] = Field(title=mark("What a stock-out means"))
    again: bool = Field(False, title=mark("Answered items too"))
    after: RowId | None = Field(None, title=mark("The item"))


@bp.get("/triage")
@security.access("buyer")
def ask() -> str:
    """The question for the next item; four big buttons."""
    after, again = listing.whole("after", 0), listing.one("again") == "1"
    asked = advised.next_question(session(), after, only_open=not again)
    item = asked.item
    return render_template(
        "triage/ask.html",
        item=item,
        photo=photos.address(item.photo_id, small=False) if item else None,
        answered=asked.answered,
        total=asked.total,
        again=again,
        answers=[(key, _(said), _(EXAMPLES[key])) for key, said in CONSEQUENCES.items()],
    )


@bp.post("/items/<int:item_id>/consequence")
@security.access("buyer")
def answer(item_id: int) -> Response:
    """Note the answer, size the item's loops by it, and ask about the next item."""
    sent = forms.sent(AnswerForm, forms.typed_fields())

    def verb(session: Session, deed: journal.Deed) -> str:
        item = session.get_one(Item, item_id)
        items.set_consequence(session, deed, item, sent.consequence)
        return f"/triage?after={item_id}" + ("&again=1" if sent.again else "")

    return respond.seen(respond.change_and_size(verb))


@bp.get("/map")
@security.access("viewer")
def show() -> str:
    """Consequence of a stock-out by fragility of supply, with every loop in its square."""
    squares: dict[tuple[int | None, str], list[advised.Placed]] = defaultdict(list)
    placed = advised.placed(session())
    for each in placed:
        squares[each.consequence, each.supply].append(each)
    levels: list[tuple[int | None, str]] = [(key, _(said)) for key, said in reversed(CONSEQUENCES.items())]
    if any(consequence is None for consequence, _supply in squares):
        levels.append((None, _("Not said yet")))
    return render_template(
        "triage/map.html",
        supplies=[(key, _(said)) for key, said in SUPPLIES.items()],
        levels=levels,
        squares=squares,
        times=Counter(each.sku for each in placed),
        words={key: _(said) for key, said in WORDS.items()},
        colours=WORD_COLOURS,
        may_change=security.who().may("buyer"),
    )
