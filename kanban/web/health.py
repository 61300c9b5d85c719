"""Is the program alive, and can it take a scan? For watchers and load balancers."""

from __future__ import annotations

import shutil

from flask import Blueprint, jsonify
from sqlalchemy import text
from werkzeug.wrappers import Response

from kanban import __version__, journal
from kanban.web import security
from kanban.web.running import running

bp = Blueprint("health", __name__)

LEAST_FREE_BYTES = 20_000_000


@bp.get("/healthz")
@security.access(security.ANYONE)
def alive() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@bp.get("/readyz")
@security.access(security.ANYONE)
def ready() -> tuple[Response, int]:
    """The database can be read and written, and the disk has room; 503 where not, with the reasons.

    The write is a transaction that changes nothing: it takes the write lock and gives it back.
    """
    kanban = running()
    checks = {"disk": shutil.disk_usage(kanban.settings.data).free > LEAST_FREE_BYTES}
    with kanban.database.read() as session:
        events = journal.revision(session)
    checks["database"] = kanban.database.write(lambda session: session.scalar(text("SELECT 1"))) == 1
    well = all(checks.values())
    told = {
        "status": "ok" if well else "not ready",
        "checks": checks,
        "events": events,
        "version": __version__,
    }
    return jsonify(told), 200 if well else 503
