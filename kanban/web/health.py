"""Is the program alive, and can it take a scan? For watchers and load balancers."""

from __future__ import annotations

import shutil
from datetime import datetime

from flask import Blueprint, g, jsonify
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import __version__, journal, outbox, senders
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

    The write is a transaction that changes nothing: it takes the write lock and gives it back. How the outbox
    stands is told beside it and makes no difference to the status: a server that takes scans is ready.
    """
    kanban = running()
    checks = {"disk": shutil.disk_usage(kanban.settings.data).free > LEAST_FREE_BYTES}
    with kanban.database.read() as session:
        events = journal.revision(session)
        sending = _outbox(session)
    checks["database"] = kanban.database.write(lambda session: session.scalar(text("SELECT 1"))) == 1
    well = all(checks.values())
    told = {
        "status": "ok" if well else "not ready",
        "checks": checks,
        "events": events,
        "outbox": sending,
        "version": __version__,
    }
    return jsonify(told), 200 if well else 503


def _outbox(session: Session) -> dict[str, float | bool | None]:
    """Seconds that the delivery due longest has waited, and since a dispatcher gave its last sign of life."""
    due = outbox.trouble.overdue_since(session, g.at, senders.ready(running().settings))
    return {
        "paused": outbox.brakes.is_paused(session),
        "oldest_due_seconds": _ago(due),
        "dispatcher_seen_seconds": _ago(outbox.chores.last_done(session)),
    }


def _ago(moment: datetime | None) -> float | None:
    return None if moment is None else round(max(0.0, (g.at - moment).total_seconds()), 1)
