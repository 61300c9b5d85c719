"""Photos: shown to people, and taken in by forms."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, request
from werkzeug.wrappers import Response as AnyResponse

from kanban import photos
from kanban.text import as_sentence
from kanban.web import forms, security
from kanban.web.reading import session

bp = Blueprint("photos", __name__)

ROOM_FOR_FIELDS = 1_000_000  # bytes of a form beside its photo


@bp.get("/photos/<int:photo_id>")
@security.access("viewer")
def show(photo_id: int) -> AnyResponse:
    """A photo as a screen shows it."""
    return _shown(photo_id, small=False)


@bp.get("/photos/<int:photo_id>/small")
@security.access("viewer")
def show_small(photo_id: int) -> AnyResponse:
    """The same, small."""
    return _shown(photo_id, small=True)


def expect() -> None:
    """Let this request's body be as large as a photo; to be called before the body is read."""
    request.max_content_length = photos.LARGEST_FILE + ROOM_FOR_FIELDS


def sent(field: str = "photo") -> photos.Prepared | None:
    """The photo that the form sent, ready to be stored; none where none was chosen.

    Raises :class:`forms.BadFields` with what is wrong with it.
    """
    file = request.files.get(field)
    if file is None or not file.filename:
        return None
    try:
        return photos.prepare(file.read())
    except photos.NotAPhoto as refused:
        raise forms.BadFields({field: as_sentence(refused)}) from refused
    finally:
        file.seek(0)


def address(photo_id: int | None, *, small: bool = False) -> str | None:
    """Where a photo is shown."""
    if photo_id is None:
        return None
    return f"/photos/{photo_id}/small" if small else f"/photos/{photo_id}"


def _shown(photo_id: int, *, small: bool) -> AnyResponse:
    found = photos.content(session(), photo_id, small=small)
    if found is None:
        abort(404)
    sha256, data = found
    response = make_response(data)
    response.headers["Content-Type"] = "image/jpeg"
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    response.set_etag(f"{sha256[:32]}{'-small' if small else ''}")
    return response.make_conditional(request)
