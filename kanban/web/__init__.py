"""The screens: one module each. What they share: who asks, how a change is made, how it is answered."""

from __future__ import annotations

from flask import Flask
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
    files,
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
    packing,
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


def install(app: Flask) -> None:
    """Put the screens into the application."""
    app.url_map.converters["int"] = RowNumber
    settings = app.extensions["kanban"].settings
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=1, x_host=0, x_prefix=0
        )
    app.jinja_options = {"trim_blocks": False, "autoescape": True}
    packing.install(app)
    reading.init_app(app)
    languages.install(app)
    security.install(app)
    former.install(app)
    files.install(app)
    formats.install(app)
    shell.install(app)
    scanner.install(app)
    offline.install(app)
    push.install(app)
    errors.install(app)
    for screen in SCREENS:
        app.register_blueprint(screen.bp)
