"""Electronic kanban: a scanned card of an empty bin is an order on its way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from kanban.config import Settings

__version__ = "0.1.0"


def create_app(settings: Settings | None = None) -> Flask:
    """The web application: the only place where the parts meet.

    Without ``settings`` they come from the environment. Raises ``config.BadSetting`` for a setting
    that cannot work, and ``schema.WrongSchema`` for a database of another version.
    """
    from flask import Flask

    from kanban import api, config, schema, web
    from kanban.db import Database

    settings = settings or config.load(os.environ)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    schema.check(settings.database_url)
    config.vapid_key(settings.data)  # made, or refused, at the start and not at the first message
    app = Flask(
        __name__,
        static_folder=str(config.assets("static")),
        template_folder=str(config.assets("templates")),
    )
    app.config.update(
        SECRET_KEY=config.secret_key(settings.data),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        MAX_CONTENT_LENGTH=1_000_000,
        MAX_FORM_PARTS=1_000,
        SESSION_COOKIE_NAME="kanban-notices",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_SAMESITE="Lax",
        SEND_FILE_MAX_AGE_DEFAULT=365 * 24 * 3600,
    )
    app.extensions["kanban"] = web.Kanban(settings, Database(settings.database_url, settings.data))
    web.install(app)
    api.install(app)
    return app
