"""In which language a request is answered: as its device chose, its browser asks, or the shop speaks."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, redirect, request
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from kanban import languages
from kanban.languages import gettext as _
from kanban.web import respond, security
from kanban.web.running import running

bp = Blueprint("languages", __name__)

COOKIE = "language"
KEPT = 400 * 24 * 3600
"""Seconds that a device remembers its language: as long as browsers keep any cookie."""
SPOKEN_TYPES = frozenset({"text/html", "text/plain", "application/json"})


def install(app: Flask) -> None:
    """Choose before anything is said, and tell every template and cache what was chosen."""
    app.before_request(_choose)
    app.after_request(_tell)
    app.teardown_request(_fall_silent)
    app.context_processor(_surroundings)


@bp.post("/language")
@security.access(security.ANYONE)
def choose() -> AnyResponse:
    """Keep this device's language and return to the page that it was chosen on."""
    chosen = respond.body().get("language")
    if chosen not in languages.SPOKEN:
        raise BadRequest(
            _("Choose one of %(languages)s.", languages=languages.listing(languages.SPOKEN.values()))
        )
    answer = redirect(_page_before(), code=303)
    answer.set_cookie(
        COOKIE, chosen, max_age=KEPT, samesite="Lax", httponly=True, secure=running().settings.is_https
    )
    return answer


def _choose() -> None:
    languages.speak(_chosen())


def _chosen() -> str:
    kept = request.cookies.get(COOKIE)
    if kept in languages.SPOKEN:
        return kept
    return request.accept_languages.best_match(languages.SPOKEN) or running().settings.language


def _tell(response: Response) -> Response:
    if request.endpoint != "static" and response.mimetype in SPOKEN_TYPES:
        response.headers["Content-Language"] = languages.spoken()
        response.vary.update(["Accept-Language", "Cookie"])
    return response


def _fall_silent(_error: BaseException | None) -> None:
    languages.speak(languages.SOURCE)


def _surroundings() -> dict[str, object]:
    return {
        "language": languages.spoken(),
        "direction": languages.direction(),
        "languages": languages.SPOKEN,
    }


def _page_before() -> str:
    """The page of ours that sent this request, where it can be opened; else the start page."""
    before = urlsplit(request.referrer or "")
    if before.netloc != request.host or not _opens(before.path):
        return "/"
    return respond.local_path(before.path + (f"?{before.query}" if before.query else ""))


def _opens(path: str) -> bool:
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True
