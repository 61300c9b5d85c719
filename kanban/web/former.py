"""Former addresses of the shop: cards that were printed with one still open their page."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, abort, redirect, request
from werkzeug.wrappers import Response

from kanban.languages import gettext as _
from kanban.web.running import running


def install(app: Flask) -> None:
    """Lead cards on, before anything else looks at the request."""
    app.before_request(_lead_on)


def _lead_on() -> Response | None:
    settings = running().settings
    if not settings.former_urls or not _is_former():
        return None
    if request.method not in ("GET", "HEAD") or not request.path.startswith("/c/"):
        abort(404, _("This shop has moved to %(address)s.", address=settings.base_url))
    return redirect(f"{settings.base_url}{request.path}", code=302)


def _is_former() -> bool:
    """Whether the request came to a name that only older cards carry."""
    settings = running().settings
    name = urlsplit(f"//{request.host}").hostname
    former = {urlsplit(each).hostname for each in settings.former_urls}
    return name in former and name != urlsplit(settings.base_url).hostname
