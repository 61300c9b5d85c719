"""Blank labels: how many, and on what."""

from __future__ import annotations

import re

from flask import g, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, labels, prints
from kanban.languages import gettext as _
from kanban.reports import printing
from kanban.web import forms, listing, respond, security
from kanban.web.labels import pressroom
from kanban.web.labels.blueprint import (
    asked,
    bp,
    by_form,
    card_faces,
    face_named,
    language_options,
    offered,
    paper_choice,
    planned,
    printer_options,
    remembered,
)

MOST_BLANK = 2_000


@bp.post("/labels/blanks")
@security.access("operator")
def blanks() -> AnyResponse:
    """Labels without a card yet: whoever scans one first says which card it becomes."""
    try:
        how, printer = planned(asked())
        count = _count()
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _blank_page(errors))
    paper = printing.paper_of(how, printer if printer and not printer.is_network else None)

    def verb(session: Session, deed: journal.Deed) -> str:
        return f"/labels/batches/{prints.make_blank(session, deed, count, paper).id}"

    address = respond.change(verb)
    pressroom.begin(int(address.rsplit("/", 1)[1]), g.at)
    return respond.seen(address)


@bp.get("/labels/blanks")
@security.access("operator")
def blank_form() -> str:
    """How many, and on what; of a search among the papers, they alone."""
    if respond.wants_fragment():
        return paper_choice(face_named(listing.one("face")))
    return _blank_page({})


def _blank_page(errors: dict[str, str]) -> str:
    face = face_named(request.form.get("face") or listing.one("face"))
    fitting, missed = offered(face)
    last = remembered()
    stock = last.stock if last and last.face == face.name else ""
    return render_template(
        "labels/blanks.html",
        face=face,
        faces=[(each, f"/labels/blanks?face={each.name}") for each in card_faces()],
        papers=by_form(fitting),
        missed=missed,
        good=labels.GOOD_MODULE_MM,
        printers=printer_options(),
        label_languages=language_options(),
        values={"stock": stock, "start": "1", "count": "24"} | request.form.to_dict(),
        errors=errors,
    )


def _count() -> int:
    text = request.form.get("count", "").strip()
    if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= MOST_BLANK:
        raise forms.BadFields({"count": _("How many: a whole number from 1 to %(most)s.", most=MOST_BLANK)})
    return int(text)
