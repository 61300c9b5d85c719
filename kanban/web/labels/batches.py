"""Batches: what was printed, by whom, how far it is; its files, and what to do when the paper went wrong."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from flask import Response, abort, g, make_response, render_template, request, send_file, stream_with_context
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import Conflict, UnprocessableEntity
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, labels, people, prints
from kanban.labels import Plan, faces, rasters
from kanban.languages import gettext as _
from kanban.loops import Card
from kanban.prints import Batch, LabelIssue
from kanban.reports import printing
from kanban.web import forms, listing, respond, security
from kanban.web.labels import pressroom
from kanban.web.labels.blueprint import (
    ASSETS,
    asked,
    bp,
    by_form,
    card_faces,
    face_named,
    language_options,
    papers,
    planned,
    printer_options,
    remembered,
    sentence,
)
from kanban.web.reading import session
from kanban.web.running import running

MOST_PICTURES = 500
MOST_BLANK = 2_000
PAGE_DOTS = 96
SHEET_DPI = 300


@bp.get("/labels/batches")
@security.access("viewer")
def batches() -> str:
    """Every print, the newest first."""
    query = listing.Query.of_request(("newest",))
    count = session().scalar(select(func.count()).select_from(Batch)) or 0
    found = session().scalars(select(Batch).order_by(Batch.id.desc()).offset(query.skip).limit(query.limit))
    rows = [_view(batch) for batch in found]
    may_print = security.who().may("operator")
    return render_template("labels/batches.html", rows=rows, page=query.page_of(count), may_print=may_print)


@bp.get("/labels/batches/<int:batch_id>")
@security.access("viewer")
def batch(batch_id: int) -> str:
    """One print: where it stands, its files, its cards."""
    found = _get(batch_id)
    issues = list(
        session().scalars(
            select(LabelIssue).where(LabelIssue.batch_id == batch_id).order_by(LabelIssue.id).limit(200)
        )
    )
    return render_template(
        "labels/batch.html",
        batch=_view(found),
        issues=issues,
        progress=pressroom.progress_of(running(), found),
        may_print=security.who().may("operator"),
        may_void=security.who().may("buyer"),
        network=[each for each in prints.printers_in_use(session()) if each.is_network],
    )


@bp.get("/labels/batches/<int:batch_id>/progress")
@security.access("viewer")
def progress(batch_id: int) -> str:
    """How far it is, as a part of its page."""
    found = _get(batch_id)
    return render_template(
        "labels/_progress.html", batch=_view(found), progress=pressroom.progress_of(running(), found)
    )


@bp.get("/labels/batches/<int:batch_id>.pdf")
@security.access("viewer")
def batch_pdf(batch_id: int) -> AnyResponse:
    """The batch as PDF: the same bytes whenever it is asked for."""
    found = _get(batch_id)
    kanban = running()
    if pressroom.progress_of(kanban, found) and not pressroom.file_of(kanban, found).exists():
        raise Conflict(_("This file is still being made: look at its page for how far it is."))
    try:
        path = pressroom.make_file(kanban, batch_id)
    except labels.LabelError as refused:
        raise UnprocessableEntity(sentence(refused)) from refused
    answer: AnyResponse = send_file(path, mimetype="application/pdf", download_name=_name(found, "pdf"))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/labels/batches/<int:batch_id>.zpl")
@security.access("viewer")
def batch_zpl(batch_id: int) -> AnyResponse:
    """The batch for a Zebra, as a file."""
    found, how = _planned(batch_id)
    if not how.stock.is_roll:
        abort(404, _("ZPL is for label printers: this batch is on sheets."))
    made = printing.batch_labels(session(), found, running().settings.zone)
    own = bool(found.printer and found.printer.own_symbol)
    parts = pressroom.zpl_of(made, how, own_symbol=own)
    answer = Response(stream_with_context(parts), mimetype="application/zpl")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_name(found, "zpl")}"'
    return answer


@bp.get("/labels/batches/<int:batch_id>.zip")
@security.access("viewer")
def batch_pictures(batch_id: int) -> AnyResponse:
    """The batch as PNG: each label of a roll dot for dot, each page of a sheet at 300 dpi."""
    found, how = _planned(batch_id)
    if found.count > MOST_PICTURES:
        said = _("Pictures are for at most %(most)s labels: take the PDF.", most=MOST_PICTURES)
        raise UnprocessableEntity(said)
    made = list(printing.batch_labels(session(), found, running().settings.zone))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in _pictures(made, how):
            archive.writestr(zipfile.ZipInfo(name), data)  # without the day: the same bytes every time
    file.seek(0)
    answer: AnyResponse = send_file(file, mimetype="application/zip", download_name=_name(found, "zip"))
    return answer


@bp.get("/labels/batches/<int:batch_id>/page-<int:number>.<any('png', 'svg'):picture>")
@security.access("viewer")
def batch_page(batch_id: int, number: int, picture: str) -> AnyResponse:
    """One page as a picture, to look at or to place elsewhere."""
    found, how = _planned(batch_id)
    made = _on_page(printing.batch_labels(session(), found, running().settings.zone), how, number)
    if not made:
        abort(404)
    start = how.start if number == 1 else 1
    kind: Any = picture
    [page] = labels.page_pictures(made, replace(how, start=start), kind, PAGE_DOTS)
    answer = make_response(page)
    answer.headers["Content-Type"] = {"png": "image/png", "svg": "image/svg+xml"}[picture]
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return answer


@bp.post("/labels/batches/<int:batch_id>/reprint")
@security.access("operator")
def reprint(batch_id: int) -> AnyResponse:
    """The same cards once more, each with a new label; those that came out of this batch become old."""
    old = _get(batch_id)
    how = printing.plan_of(old, ASSETS)
    cards = session().scalars(
        select(Card.id)
        .join(LabelIssue, LabelIssue.card_id == Card.id)
        .where(LabelIssue.batch_id == batch_id, Card.life != "retired")
    )
    chosen = printing.cards(session(), list(cards))
    if not chosen:
        raise Conflict(_("None of its cards is in service any more."))
    wanted = printing.wanted_labels(session(), chosen, how.languages)
    printer = old.printer if old.printer and old.printer.retired_at is None else None
    paper = printing.paper_of(replace(how, shift=printing.shift_of(printer)), printer)

    def verb(session: Session, deed: journal.Deed) -> str:
        made = prints.make(session, deed, wanted, paper)
        if not (printer and printer.is_network):
            prints.hand_over(session, deed, made)
        return f"/labels/batches/{made.id}"

    address = respond.change(verb)
    pressroom.begin(int(address.rsplit("/", 1)[1]), g.at)
    return respond.seen(address)


@bp.post("/labels/batches/<int:batch_id>/sending")
@security.access("operator")
def send_again(batch_id: int) -> AnyResponse:
    """Try the printer once more."""
    found = _get(batch_id)
    if found.state == "printed" or found.printer is None or not found.printer.is_network:
        raise Conflict(_("There is nothing to send: it is printed, or it has no printer on the network."))
    respond.deed()  # a press without a key is refused here too; a second press finds the batch printed
    pressroom.begin(batch_id, g.at)
    return respond.seen(f"/labels/batches/{batch_id}")


@bp.post("/labels/batches/<int:batch_id>/handover")
@security.access("operator")
def hand_over(batch_id: int) -> AnyResponse:
    """The labels came out after all: their cards wear them from now on."""

    def verb(session: Session, deed: journal.Deed) -> str:
        prints.hand_over(session, deed, session.get_one(Batch, batch_id))
        return f"/labels/batches/{batch_id}"

    return respond.seen(respond.change(verb), _("They count as printed."))


@bp.post("/labels/batches/<int:batch_id>/voiding")
@security.access("buyer")
def void(batch_id: int) -> AnyResponse:
    """The paper is lost or spoiled: its labels never order."""

    def verb(session: Session, deed: journal.Deed) -> str:
        prints.void(session, deed, session.get_one(Batch, batch_id))
        return f"/labels/batches/{batch_id}"

    said = _("These labels order nothing any more. Their cards wait for paper again.")
    return respond.seen(respond.change(verb), said)


@bp.post("/labels/blanks")
@security.access("operator")
def blanks() -> AnyResponse:
    """Labels without a card yet: whoever scans one first says which card it becomes."""
    try:
        how, printer = planned(asked())
        count = _count()
    except forms.BadFields as bad:
        errors = bad.errors
        return forms.refused(bad, lambda: _blank_page(errors))
    paper = printing.paper_of(how, printer if printer and not printer.is_network else None)

    def verb(session: Session, deed: journal.Deed) -> str:
        return f"/labels/batches/{prints.make_blank(session, deed, count, paper).id}"

    address = respond.change(verb)
    pressroom.begin(int(address.rsplit("/", 1)[1]), g.at)
    return respond.seen(address)


@bp.get("/labels/blanks")
@security.access("operator")
def blank_form() -> str:
    """How many, and on what."""
    return _blank_page({})


def _blank_page(errors: dict[str, str]) -> str:
    face = face_named(request.form.get("face") or listing.one("face"))
    fitting = papers(face)
    last = remembered()
    stock = last.stock if last and last.face == face.name else ""
    return render_template(
        "labels/blanks.html",
        face=face,
        faces=[(each, f"/labels/blanks?face={each.name}") for each in card_faces()],
        papers=by_form(fitting),
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


def _get(batch_id: int) -> Batch:
    found = session().get(Batch, batch_id)
    if found is None:
        abort(404)
    return found


def _planned(batch_id: int) -> tuple[Batch, Plan]:
    found = _get(batch_id)
    try:
        return found, printing.plan_of(found, ASSETS)
    except labels.LabelError as refused:
        raise UnprocessableEntity(sentence(refused)) from refused


def _on_page(made: Iterator[labels.Label], how: Plan, number: int) -> list[labels.Label]:
    """The labels of one page, counted from 1."""
    size = how.stock.per_sheet
    first = max(0, (number - 1) * size - (how.start - 1))
    last = number * size - (how.start - 1)
    return list(islice(made, first, last)) if number > 0 else []


def _pictures(made: list[labels.Label], how: Plan) -> Iterator[tuple[str, bytes]]:
    if how.stock.is_roll:
        for number, (label, image) in enumerate(zip(made, rasters.images(made, how), strict=True), 1):
            yield f"{number:04}-{label.code}.png", rasters.png(image, how.stock.dpi)
        return
    for number in range(1, -(-(len(made) + how.start - 1) // how.stock.per_sheet) + 1):
        some = _on_page(iter(made), how, number)
        start = how.start if number == 1 else 1
        [page] = labels.page_pictures(some, replace(how, start=start), "png", SHEET_DPI)
        yield f"page-{number:03}.png", page


def _name(batch: Batch, ending: str) -> str:
    day = batch.made_at.astimezone(running().settings.zone).date().isoformat()
    return f"kanban-{batch.count}-{'card' if batch.count == 1 else 'cards'}-{day}.{ending}"


def _view(found: Batch) -> dict[str, Any]:
    known = faces.every(ASSETS)
    stock = printing.stock_of(found)
    person = session().get(people.Person, found.person_id) if found.person_id else None
    device = session().get(people.Device, found.device_id) if found.device_id else None
    pages = -(-(found.count + found.start - 1) // stock.per_sheet)
    return {
        "id": found.id,
        "href": f"/labels/batches/{found.id}",
        "kind": found.kind,
        "state": found.state,
        "trouble": found.trouble,
        "at": found.made_at,
        "by": person.name if person else device.name if device else "",
        "face": _(known[found.face].title) if found.face in known else found.face,
        "stock": stock.said,
        "is_roll": stock.is_roll,
        "count": found.count,
        "pages": pages,
        "start": found.start,
        "printer": found.printer.name if found.printer else "",
        "network": bool(found.printer and found.printer.is_network),
        "voided": _voided(found),
    }


def _voided(found: Batch) -> int:
    query = select(func.count()).where(LabelIssue.batch_id == found.id, LabelIssue.ended == "void")
    return session().scalar(query) or 0
