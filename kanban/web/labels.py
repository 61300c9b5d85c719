"""Cards and labels: choose them, choose the paper, print."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, g, make_response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from kanban import codes, config, journal, labels, languages, loops
from kanban.items import Location
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports import printing
from kanban.suppliers import Supplier
from kanban.text import BadText, clean
from kanban.web import forms, listing, respond, security
from kanban.web.reading import session
from kanban.web.running import running

bp = Blueprint("labels", __name__)

ASSETS = config.assets("labels")
WHICH = (
    ("waiting", mark("What waits for paper")),
    ("new", mark("Never printed")),
    ("reprint", mark("To be printed again")),
    ("all", mark("All cards")),
)


@dataclass(frozen=True)
class Order:
    """What a person sends to be printed. ``start`` is the first free label of the first sheet, from 1."""

    card_ids: list[int]
    paper: str
    start: int


@bp.get("/labels")
@security.access("viewer")
def show() -> str:
    """The cards of a choice, ticked, with the papers that they fit on."""
    return _page({})


@bp.post("/labels")
@security.access("operator")
def print_cards() -> AnyResponse:
    """The chosen cards as PDF, and a note in the journal that they were printed."""
    try:
        order, this = _order(), _deed()
        replayed = journal.replayed(session(), this) is not None
        pdf, versions = _sheets(order, ahead=0 if replayed else 1)
        _note(this, versions)
    except forms.BadFields as bad:
        errors = bad.errors
        return forms.refused(bad, lambda: _page(errors))
    return _paper(pdf, len(versions))


def _sheets(order: Order, *, ahead: int) -> tuple[bytes, dict[int, int]]:
    """The PDF, made while nobody waits for the database, and the versions that the cards had before.

    Raises :class:`forms.BadFields`.
    """
    settings = running().settings
    today = g.at.astimezone(settings.zone).date()
    face, stock = order.paper.partition(".")[::2]
    try:
        with forms.taken(printing.CardsChanged, "cards"):
            chosen = printing.cards(session(), order.card_ids)
        values = printing.label_values(session(), chosen, today, ahead=ahead)
        pdf = labels.pdf(
            values, base_url=settings.base_url, face=face, stock=stock, start=order.start, assets=ASSETS
        )
    except (labels.LabelError, printing.TooManyLabels) as refused:
        field = "start" if isinstance(refused, labels.StartOffSheet) else "paper"
        said = str(refused)
        raise forms.BadFields({field: f"{said[:1].upper()}{said[1:]}."}) from refused
    return pdf, {card.id: card.print_version for card in chosen}


def _note(this: journal.Deed, versions: dict[int, int]) -> None:
    """Count the print once. Raises :class:`forms.BadFields` where somebody else came first."""

    def note(session: Session) -> None:
        if not journal.replayed(session, this):
            printing.note_printed(session, this, versions)

    with forms.taken(printing.CardsChanged, "cards"):
        respond.write(note)


def _deed() -> journal.Deed:
    """This print as a deed of its own.

    The page stays open beside its PDF, so its key may come again with other cards ticked. That is
    another print and no mistake: what is printed is part of the key.
    """
    this = respond.deed()
    own = hashlib.sha256(f"{this.key} {this.fingerprint}".encode()).hexdigest()
    return replace(this, key=own)


def _order() -> Order:
    """What the form says. Raises :class:`forms.BadFields`, and 400 for what no form of ours sends."""
    ids = request.form.getlist("card")
    if not all(re.fullmatch("[0-9]{1,15}", each) for each in ids):
        raise BadRequest(_("A card is named by its number."))
    if not ids:
        raise forms.BadFields({"cards": _("No card is ticked.")})
    start = request.form.get("start", "").strip() or "1"
    if not re.fullmatch("[0-9]{1,3}", start):
        raise forms.BadFields({"start": _("The first free label is a whole number, counted from 1.")})
    return Order([int(each) for each in ids], request.form.get("paper", ""), int(start))


def _page(errors: dict[str, str]) -> str:
    """The screen; ``errors`` are those of a print that was refused."""
    choice = _choice()
    chosen, count = printing.choose(session(), choice)
    base_url = running().settings.base_url
    papers = printing.papers(ASSETS, base_url)
    return render_template(
        "labels/list.html",
        chosen=chosen,
        count=count,
        shown=sum(len(each.cards) for each in chosen),
        most=printing.MOST_CARDS,
        choice=choice,
        circuit=_loop_title(choice),
        which=languages.choices(WHICH),
        suppliers=_options(select(Supplier.id, Supplier.name).order_by(Supplier.name_key)),
        locations=_options(select(Location.id, Location.path).order_by(Location.path_key)),
        papers=papers,
        coarsest=labels.GOOD_MODULE_MM,
        smallest=min((paper.module for paper in papers), default=0),
        ticked=set(request.form.getlist("card")) if request.method == "POST" else None,
        values=request.form,
        post=request.full_path.rstrip("?"),
        base_url=base_url,
        provisional=printing.is_provisional(base_url),
        may_print=security.who().may("operator"),
        errors=errors,
    )


def _choice() -> printing.Choice:
    """The choice that the address asks for; 400 for what no link or form of ours says."""
    loop_id, code = listing.whole("loop", 0), listing.one("card")
    code = codes.read(code) if code else ""
    usual = "all" if loop_id or code else "waiting"
    try:
        q = clean(listing.one("q"), limit=listing.LONGEST_SEARCH)
    except BadText as wrong:
        raise BadRequest(_("What you search for %(wrong)s.", wrong=wrong)) from wrong
    which = listing.one("which") or usual
    if which not in printing.WAITING:
        raise BadRequest(_("In the address, “which” is none of our choices."))
    return printing.Choice(
        which, q, loop_id, listing.whole("supplier", 0), listing.whole("location", 0), code
    )


def _loop_title(choice: printing.Choice) -> str:
    if not choice.loop_id:
        return ""
    loop = session().get_one(loops.Loop, choice.loop_id)
    return _("%(sku)s at %(path)s", sku=loop.item.sku, path=loop.location.path)


def _options(query: Any) -> list[tuple[int, str]]:
    return [(0, _("All")), *((row[0], row[1]) for row in session().execute(query))]


def _paper(pdf: bytes, count: int) -> Response:
    """A PDF to look at and print; its name says how many cards, and when."""
    response = make_response(pdf)
    day = g.at.astimezone(running().settings.zone).date().isoformat()
    name = f"kanban-{count}-{'card' if count == 1 else 'cards'}-{day}.pdf"
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
