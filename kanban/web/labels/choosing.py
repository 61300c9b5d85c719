"""Choose the cards, choose the paper, look, print."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from itertools import islice
from typing import Any

from flask import g, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from kanban import codes, journal, labels, loops, prints
from kanban.items import Item, Location
from kanban.labels import Plan, faces, glyphs, stocks
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports import printing
from kanban.suppliers import Supplier
from kanban.text import BadText, as_sentence, clean
from kanban.web import forms, listing, respond, security
from kanban.web.labels import pressroom
from kanban.web.labels.blueprint import (
    ASSETS,
    Asked,
    all_stocks,
    asked,
    bp,
    by_form,
    card_faces,
    face_named,
    language_options,
    next_start,
    offered,
    options,
    paper_choice,
    planned,
    printer_options,
    remembered,
)
from kanban.web.reading import session
from kanban.web.running import running, today

WHICH = (
    ("waiting", mark("What waits for paper")),
    ("new", mark("Never printed")),
    ("worn", mark("Asked for again")),
    ("changed", mark("Changed since the print")),
    ("all", mark("All cards")),
)
PREVIEW_DOTS = 110
MOST_GAPS = 5


@bp.get("/labels")
@security.access("viewer")
def show() -> str:
    """The cards of a choice, ticked, with their papers; for a search among these, they alone."""
    if respond.wants_fragment():
        return paper_choice(_face(listing.one("face")))
    return _page({})


@bp.post("/labels")
@security.access("operator")
def print_cards() -> AnyResponse:
    """Issue a label for each chosen card, and lead to the page where they are printed."""
    try:
        how, printer = planned(asked())
        this = _deed()
        first = journal.replayed(session(), this)
        batch_id = first.noun_id if first else _issued(how, printer, this)
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _page(errors))
    assert batch_id is not None, "a batch is the first that a print writes"
    pressroom.begin(batch_id, g.at)
    return respond.seen(f"/labels/batches/{batch_id}")


@bp.post("/labels/preview")
@security.access("operator")
def preview() -> AnyResponse | str:
    """The first page as it would be printed now; changes nothing."""
    respond.deed()  # the form's key comes along, as with every press; nothing is written under it
    try:
        how, _printer = planned(asked())
        ids = _card_ids()
        with forms.taken(prints.CardsChanged, "cards"):
            first = printing.cards(session(), ids[: how.stock.per_sheet - how.start + 1])
        made = printing.previewed(session(), first, how.languages, today())
        page = labels.page_pictures(made, replace(how, outline=not how.stock.cut), "png", PREVIEW_DOTS)[0]
    except forms.BadFields as bad:
        return _looked_at(page=None, errors=bad.errors)
    except labels.LabelError as refused:
        return _looked_at(page=None, errors={"stock": as_sentence(refused)})
    return _looked_at(
        page=base64.b64encode(page).decode(),
        errors={},
        gaps=_gaps(ids),
        place=how.place(),
        micro=how.face.micro,
        good=labels.GOOD_MODULE_MM,
        stock=how.stock,
    )


def _looked_at(**shown: Any) -> str:
    """The preview beside its form, or a page of its own where no script puts it there."""
    fragment = respond.wants_fragment()
    return render_template("labels/_preview.html" if fragment else "labels/preview.html", **shown)


def _issued(how: Plan, printer: prints.Printer | None, this: journal.Deed) -> int:
    """Make the batch, in one short transaction; what is slow was done before. Raises forms.BadFields."""
    try:
        with forms.taken(prints.CardsChanged, "cards"):
            chosen = printing.cards(session(), _card_ids())
    except printing.TooManyLabels as refused:
        raise forms.BadFields({"cards": as_sentence(refused)}) from refused
    wanted = printing.wanted_labels(session(), chosen, how.languages)
    paper = printing.paper_of(how, printer)

    def issue(session: Session) -> int:
        first = journal.replayed(session, this)
        if first and first.noun_id:
            return first.noun_id
        batch = prints.make(session, this, wanted, paper)
        if pressroom.counts_at_once(len(wanted), printer):
            prints.hand_over(session, this, batch)
        return batch.id

    with forms.taken(prints.CardsChanged, "cards"):
        return respond.write(issue)


def _deed() -> journal.Deed:
    """This print as a deed of its own.

    The page may be open in two tabs, so its key may come again with other cards ticked. That is
    another print and no mistake: what is printed is part of the key.
    """
    this = respond.deed()
    own = hashlib.sha256(f"{this.key} {this.fingerprint}".encode()).hexdigest()
    return replace(this, key=own)


def _card_ids() -> list[int]:
    """The cards that the form ticks, or all that its filter finds. Raises :class:`forms.BadFields`."""
    if request.form.get("everything"):
        return printing.card_ids(session(), _choice())
    ids = request.form.getlist("card")
    if not all(re.fullmatch("[0-9]{1,15}", each) for each in ids):
        raise BadRequest(_("A card is named by its number."))
    if not ids:
        raise forms.BadFields({"cards": _("No card is ticked.")})
    return [int(each) for each in ids]


def _page(errors: dict[str, str]) -> str:
    """The screen; ``errors`` are those of a print that was refused."""
    choice, what = _choice(), asked()
    chosen, count = printing.choose(session(), choice)
    face = _face(what.face or listing.one("face"))
    fitting, missed = offered(face)
    last = remembered()
    values = _values(what, face.name, fitting)
    base_url = running().settings.base_url
    return render_template(
        "labels/list.html",
        chosen=chosen,
        said=printing.asked(session(), chosen),
        count=count,
        shown=sum(len(each.cards) for each in chosen),
        choice=choice,
        about=_about(choice),
        which=[(key, _(label)) for key, label in WHICH],
        suppliers=options(select(Supplier.id, Supplier.name).order_by(Supplier.name_key)),
        locations=options(select(Location.id, Location.path).order_by(Location.path_key)),
        face=face,
        faces=[(each, listing.href(face=each.name)) for each in card_faces()],
        papers=by_form(fitting),
        missed=missed,
        good=labels.GOOD_MODULE_MM,
        printers=printer_options(),
        label_languages=language_options(),
        ticked=set(request.form.getlist("card")) if request.method == "POST" else None,
        everything=bool(request.form.get("everything")),
        values=values,
        post=request.full_path.rstrip("?"),
        base_url=base_url,
        provisional=printing.is_provisional(base_url),
        may_print=security.who().may("operator"),
        last=last,
        errors=errors,
    )


def _face(name: str) -> faces.Face:
    try:
        return face_named(name)
    except labels.UnknownFace:
        if request.method == "POST":
            return faces.known(ASSETS, "card")
        raise BadRequest(_("In the address, “face” is none of our designs.")) from None


def _values(what: Asked, face: str, fitting: list[tuple[stocks.Stock, faces.Place]]) -> dict[str, str]:
    """What the form shows: what was sent, else what was printed on last."""
    if request.method == "POST":
        return vars(what)
    last = remembered()
    names = [stock.name for stock, _place in fitting]
    same = last is not None and last.face == face and last.stock in names
    stock = last.stock if last is not None and same else next(iter(names), "")
    start = next_start(all_stocks()[stock], last) if stock and same else 1
    return {
        "stock": stock,
        "start": str(start),
        "printer": str(last.printer_id or "") if last else "",
        "languages": last.languages if last else "",
        "length": "",
    }


def _choice() -> printing.Choice:
    """The choice that the address asks for; 400 for what no link or form of ours says."""
    loop_id, code = listing.whole("loop", 0), listing.one("card")
    item_id, order_id = listing.whole("item", 0), listing.whole("order", 0)
    note_id = listing.whole("note", 0)
    code = _worn_code(codes.read(code)) if code else ""
    usual = "all" if loop_id or code or item_id or order_id or note_id else "waiting"
    try:
        q = clean(listing.one("q"), limit=listing.LONGEST_SEARCH)
    except BadText as wrong:
        raise BadRequest(_("What you search for %(wrong)s.", wrong=wrong)) from wrong
    which = listing.one("which") or usual
    if which not in printing.WAITING:
        raise BadRequest(_("In the address, “which” is none of our choices."))
    supplier_id, location_id = listing.whole("supplier", 0), listing.whole("location", 0)
    return printing.Choice(which, q, loop_id, supplier_id, location_id, item_id, order_id, note_id, code)


def _worn_code(code: str) -> str:
    """The code that the card wears now, whichever of its labels was named."""
    card = prints.card_of(session(), code)
    return card.code if card else code


def _about(choice: printing.Choice) -> tuple[str, str] | None:
    """Title and address of the one thing whose cards are shown."""
    if choice.loop_id:
        loop = session().get_one(loops.Loop, choice.loop_id)
        said = _("%(sku)s at %(place)s", sku=loop.item.sku, place=loop.location.path)
        return said, f"/loops/{loop.id}"
    if choice.item_id:
        item = session().get_one(Item, choice.item_id)
        return item.sku, f"/items/{item.id}"
    return None


def _gaps(ids: list[int]) -> list[dict[str, str]]:
    """What cannot be set of all that stands on these cards, once for each item."""
    found = glyphs.gaps(printing.texts(session(), ids), ASSETS / "fonts")
    return [{"item": gap.item, "characters": gap.characters[:40]} for gap in islice(found, MOST_GAPS)]
