"""The screens: one module each. What they share: who asks, how a change is made, how it is answered."""

from __future__ import annotations

from flask import Flask, Response
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from kanban.web import (
    advice,
    alerts,
    answer,
    audits,
    board,
    calendars,
    claims,
    dashboard,
    errors,
    formats,
    former,
    health,
    homescreen,
    imports,
    items,
    journal,
    labels,
    languages,
    locations,
    loops,
    offline,
    orders,
    outbox,
    people,
    photos,
    picking,
    problems,
    push,
    receiving,
    scan,
    scanner,
    security,
    shell,
    stock,
    suppliers,
    triage,
    trust,
    walk,
)
from kanban.web.reading import reading
from kanban.web.running import Kanban

__all__ = ["Kanban", "install"]

SMALLEST_COMPRESSED = 500  # bytes

SCREENS = (
    alerts,
    answer,
    board,
    scan,
    claims,
    orders,
    receiving,
    items,
    suppliers,
    locations,
    loops,
    labels,
    journal,
    imports,
    people,
    photos,
    picking,
    health,
    languages,
    offline,
    homescreen,
    push,
    scanner,
    audits,
    problems,
    outbox,
    advice,
    stock,
    triage,
    walk,
    dashboard,
    calendars,
    trust,
)


class RowNumber(IntegerConverter):
    """A row's number in an address; what no database could count to is an address that does not exist."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**53)


class _Compress(Compress):
    """Compression for what is worth it; a scan's JSON goes as it is."""

    def after_request(self, response: Response | None) -> Response:
        assert response is not None, "Flask hands every response on"
        length = response.content_length
        if length is not None and length < SMALLEST_COMPRESSED:
            return response
        return super().after_request(response)


def install(app: Flask) -> None:
    """Put the screens into the application."""
    app.url_map.converters["int"] = RowNumber
    settings = app.extensions["kanban"].settings
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=1, x_host=0, x_prefix=0
        )
    app.jinja_options = {"trim_blocks": False, "autoescape": True}
    app.config["COMPRESS_MIMETYPES"] = [
        "text/html", "text/css", "text/javascript", "application/json", "image/svg+xml",
        "application/manifest+json", "application/wasm",
    ]  # fmt: skip
    _Compress(app)
    reading.init_app(app)
    languages.install(app)
    security.install(app)
    former.install(app)
    formats.install(app)
    shell.install(app)
    scanner.install(app)
    offline.install(app)
    push.install(app)
    errors.install(app)
    for screen in SCREENS:
        app.register_blueprint(screen.bp)
