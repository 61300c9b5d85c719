"""The files of a batch: PDF, ZPL, and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Response, abort, make_response, send_file, stream_with_context
from werkzeug.exceptions import Conflict, UnprocessableEntity
from werkzeug.wrappers import Response as AnyResponse

from kanban import labels
from kanban.labels import Plan, archives, zpl
from kanban.languages import gettext as _
from kanban.prints import Batch
from kanban.reports import printing
from kanban.text import as_sentence
from kanban.web import respond, security
from kanban.web.labels import pressroom
from kanban.web.labels.blueprint import (
    ASSETS,
    batch_of,
    bp,
)
from kanban.web.labels.progress import file_of, progress_of
from kanban.web.reading import session
from kanban.web.running import running

PAGE_DOTS = 96


@bp.get("/labels/batches/<int:batch_id>.pdf")
@security.access("viewer")
def batch_pdf(batch_id: int) -> AnyResponse:
    """The batch as PDF: the same bytes whenever it is asked for."""
    found = _wanted(batch_id)
    kanban = running()
    if not file_of(kanban, found).exists():
        if progress_of(kanban, found):
            raise Conflict(_("This file is still being made: look at its page for how far it is."))
        if pressroom.is_large(found.count):  # it was tidied away, or its making was cut off
            pressroom.start_file(kanban, batch_id)
            return respond.seen(f"/labels/batches/{batch_id}")
    try:
        path = pressroom.make_file(kanban, batch_id)
    except labels.NoRoom:
        raise
    except labels.LabelError as refused:
        raise UnprocessableEntity(as_sentence(refused)) from refused
    answer: AnyResponse = send_file(path, mimetype="application/pdf", download_name=_name(found, "pdf"))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/labels/batches/<int:batch_id>.zpl")
@security.access("viewer")
def batch_zpl(batch_id: int) -> AnyResponse:
    """The batch for a Zebra, as a file."""
    found, how = _planned(_wanted(batch_id))
    if not how.stock.is_roll:
        abort(404, _("ZPL is for label printers: this batch is on sheets."))
    own = bool(found.printer and found.printer.own_symbol)
    return _streamed(zpl.job(_labels_of(found), how, own_symbol=own), found, "zpl")


@bp.get("/labels/batches/<int:batch_id>.zip")
@security.access("viewer")
def batch_pictures(batch_id: int) -> AnyResponse:
    """The batch as PNG: each label of a roll dot for dot, each page of a sheet at 300 dpi."""
    found, how = _planned(_wanted(batch_id))
    return _streamed(archives.pictures(_labels_of(found), how), found, "zip")


@bp.get("/labels/batches/<int:batch_id>/page-<int:number>.<any('png', 'svg'):picture>")
@security.access("viewer")
def batch_page(batch_id: int, number: int, picture: str) -> AnyResponse:
    """One page as a picture, to look at or to place elsewhere."""
    found, how = _planned(batch_of(batch_id))
    made = _on_page(found, how, number)
    if not made:
        abort(404)
    start = how.start if number == 1 else 1
    kind: Any = picture
    [page] = labels.page_pictures(made, replace(how, start=start), kind, PAGE_DOTS)
    answer = make_response(page)
    answer.headers["Content-Type"] = {"png": "image/png", "svg": "image/svg+xml"}[picture]
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return answer


def _wanted(batch_id: int) -> Batch:
    """The batch, unless it was cancelled."""
    found = batch_of(batch_id)
    if found.state == "cancelled":
        raise Conflict(_("This print was cancelled, so it has no files. Print its cards anew on its page."))
    return found


def _planned(found: Batch) -> tuple[Batch, Plan]:
    try:
        return found, printing.plan_of(found, ASSETS)
    except labels.LabelError as refused:
        raise UnprocessableEntity(as_sentence(refused)) from refused


def _labels_of(found: Batch) -> Iterator[labels.Label]:
    return printing.labels_of(running().database, found.id, running().settings.zone)


def _streamed(parts: Iterator[bytes], found: Batch, ending: str) -> Response:
    """A file that is made while it is taken; however slowly that is, no transaction is open."""
    answer = Response(stream_with_context(parts), mimetype=f"application/{ending}")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_name(found, ending)}"'
    return answer


def _on_page(found: Batch, how: Plan, number: int) -> list[labels.Label]:
    """The labels of one page, counted from 1."""
    size, used = how.stock.per_sheet, how.start - 1
    first, last = max(0, (number - 1) * size - used), number * size - used
    if not first < found.count or last < 1:
        return []
    return list(printing.batch_labels(session(), found, running().settings.zone, first, last - first))


def _name(batch: Batch, ending: str) -> str:
    day = batch.made_at.astimezone(running().settings.zone).date().isoformat()
    return f"kanban-{batch.count}-{'card' if batch.count == 1 else 'cards'}-{day}.{ending}"
