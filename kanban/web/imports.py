"""A spreadsheet in: choose the file, see what it would do, then do it."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
)
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal
from kanban.imports import applying, columns, export, planning, rows, sheet, uploads
from kanban.imports.fates import Count, Plan, as_plain
from kanban.journal import Event
from kanban.languages import gettext as _
from kanban.languages import mark, ngettext
from kanban.web import respond, security
from kanban.web.reading import session
from kanban.web.running import running

bp = Blueprint("imports", __name__)

FORM_AROUND_FILE = 100_000  # bytes
MOST_SHOWN = 200  # errors, and rows
GONE = mark("That sheet is imported already, or it was uploaded more than a day ago. Choose the file again.")
TOKEN = re.compile("[A-Za-z0-9_-]{22}")


@bp.get("/import")
@security.access("buyer")
def choose() -> str:
    """The form that takes a file."""
    return _form()


@bp.post("/import")
@security.access("buyer")
def upload() -> AnyResponse:
    """Read the file and lead to the preview; nothing is kept of it but the rows."""
    request.max_content_length = sheet.MAX_BYTES + FORM_AROUND_FILE
    file = request.files.get("file")
    if file is None or not file.filename:
        return _refused(_("No file was chosen."), 422)
    name = Path(file.filename).name
    try:
        read = sheet.read(file.read(), name)
        columns.find(read)
    except sheet.SheetError as wrong:
        return _refused(str(wrong), 422)
    shown = "".join(sign for sign in name if sign.isprintable())[:MOST_SHOWN]
    token = uploads.keep(_folder(), _owner(), uploads.Upload(shown, read), g.at)
    return respond.seen(f"/import/{token}")


@bp.get("/import/<token>")
@security.access("buyer")
def preview(token: str) -> AnyResponse:
    """What the sheet would do: counts, errors first, then the rows that say something new."""
    try:
        stored = uploads.fetch(_folder(), _owner(), _checked(token), g.at)
    except uploads.UploadGone:
        return _refused(_(GONE), 410)
    parsed = rows.parse(stored.sheet)
    planned = planning.plan(session(), parsed, running().settings.currency)
    if respond.wants_json():
        return jsonify(as_plain(planned, parsed))
    return make_response(
        render_template(
            "imports/preview.html", **_shown(planned, parsed), name=stored.name, post=request.path
        )
    )


@bp.post("/import/<token>")
@security.access("buyer")
def apply(token: str) -> AnyResponse:
    """Import the sheet that the preview showed, once."""
    this = respond.deed("import")
    replayed = journal.replayed(session(), this)
    if replayed:
        return respond.seen(f"/import/done/{replayed.id}")
    try:
        stored = uploads.fetch(_folder(), _owner(), _checked(token), g.at)
    except uploads.UploadGone:
        return _refused(_(GONE), 410)
    parsed = rows.parse(stored.sheet)
    try:
        number = respond.write(lambda session: _apply_once(session, this, parsed))
    except (applying.SheetRefused, applying.PlanChanged) as refusal:
        flash(_("Nothing was imported. %(refusal)s", refusal=refusal), "look")
        return redirect(request.path, code=303)
    uploads.drop(_folder(), _owner(), token)
    if number is None:
        return respond.seen("/import", _("The shop held all of that already: nothing was changed."))
    return respond.seen(f"/import/done/{number}")


@bp.get("/import/done/<int:number>")
@security.access("buyer")
def done(number: int) -> str:
    """What an import made, and what to do next."""
    event = session().get(Event, number)
    if event is None or (event.kind, event.noun) != ("imported", "sheet"):
        abort(404)
    return render_template("imports/done.html", counts=event.facts, at=event.recorded_at)


@bp.get("/import/<any('template', 'shop'):what>.<any('csv', 'xlsx'):ending>")
@security.access("buyer")
def download(what: str, ending: str) -> Response:
    """A sheet to fill in, or the shop as a sheet."""
    table = export.everything(session(), running().settings.currency) if what == "shop" else export.template()
    kind, written = {
        "csv": ("text/csv; charset=utf-8", export.as_csv),
        "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", export.as_workbook),
    }[ending]
    answer = make_response(written(table))
    answer.headers["Content-Type"] = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="kanban-{what}.{ending}"'
    return answer


def _apply_once(session: Session, this: journal.Deed, parsed: rows.Parsed) -> int | None:
    """The number of the import's event; of the first try's, where this is another one."""
    replayed = journal.replayed(session, this)
    if replayed:
        return replayed.id
    seen = request.form.get("plan")
    return applying.apply(session, this, parsed, running().settings.currency, seen).event_id


def _form(error: str = "") -> str:
    limits = {"megabytes": sheet.MAX_BYTES // 1_000_000, "rows": sheet.MAX_ROWS}
    return render_template("imports/form.html", error=error, columns=columns.COLUMNS, limits=limits)


def _refused(sentence: str, status: int) -> Response:
    if respond.wants_json():
        answer: Response = jsonify({"error": _("Not imported"), "detail": sentence})
    else:
        answer = make_response(_form(sentence))
    answer.status_code = status
    return answer


def _shown(planned: Plan, parsed: rows.Parsed) -> dict[str, Any]:
    bad = {error.row for error in planned.errors}
    good = [fate for fate in planned.fates.values() if fate.row not in bad]
    speaking = [fate for fate in good if fate.new or fate.changes]
    return {
        "counts": planned.counts,
        "told": {noun: _beside(count) for noun, count in planned.counts.items()},
        "errors": list(islice(planned.errors, MOST_SHOWN)),
        "error_count": len(planned.errors),
        "fates": speaking[:MOST_SHOWN],
        "speaking": len(speaking),
        "silent": len(good) - len(speaking),
        "changes": planned.changes_anything,
        "unlooped": planned.unlooped,
        "readings": parsed.readings,
        "ignored": parsed.ignored,
        "digest": planned.digest,
    }


def _beside(count: Count) -> str:
    """What stands below the large number of a tile: that of the new ones, else that of the changed."""
    said = []
    if count.changed:
        many = ngettext("%(num)s change", "%(num)s change", count.changed)
        said.append(many if count.new else _("change"))
    if count.same:
        said.append(ngettext("%(num)s as before", "%(num)s as before", count.same))
    return ", ".join(said)


def _checked(token: str) -> str:
    if not TOKEN.fullmatch(token):
        raise uploads.UploadGone(token)
    return token


def _folder() -> Path:
    return running().settings.data / "imports"


def _owner() -> str:
    who = security.who()
    return f"person{who.person_id}" if who.person_id else f"device{who.device_id}"
