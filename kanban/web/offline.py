"""What a phone keeps so that the app opens without a network: the worker, its shells, the queue's page.

A *shell* is a screen as nobody in particular sees it: the shop's name, and what the script on the phone
fills in. The worker keeps the shells with all that they load, whole versions at a time.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, abort, current_app, g, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from kanban import __version__, shop
from kanban.people import NOBODY
from kanban.web import push, security
from kanban.web.files import asset
from kanban.web.reading import session
from kanban.web.running import running

bp = Blueprint("offline", __name__)

SHELLS = {
    "/scan": ("scan", "scanner/show.html", {"text": "", "error": ""}),
    "/c/": ("card", "offline/card.html", {}),
    "/queue": ("queue", "offline/queue.html", {}),
}
"""By the path that a shell stands in for: its own name, its template and what that takes."""

LOADED = re.compile(r"/static/[\w./-]+\?v=[0-9a-f]+")
QUEUE_COOKIE = "kanban-queue"
KEPT_LATE = re.compile(r"\.wasm$|/vendor/qr-")
"""Files that are too large, or too rarely used, to be kept before they are needed."""
PLAIN_READER = "/static/vendor/qr-0.7.0/index.js"
"""What the plain reader loads itself; the version in its path is all it has."""


def install(app: Flask) -> None:
    """Tell every page which worker it starts, and of which version it is."""
    app.context_processor(_surroundings)


@bp.get("/queue")
@security.access(security.ANYONE)
def queue() -> str:
    """The scans that this phone has not sent yet, and what became of the others."""
    return render_template("offline/queue.html")


@bp.get("/offline/<name>")
@security.access(security.ANYONE)
def shell(name: str) -> AnyResponse:
    """One shell, for the worker to keep."""
    kept = {known: path for path, (known, *_) in SHELLS.items()}
    if name not in kept:
        abort(404)
    pages = _shells()
    response = make_response(pages[kept[name]])
    response.headers["Kanban-Version"] = _version(pages)
    return response


@bp.get("/sw.js")
@security.access(security.ANYONE)
def worker() -> AnyResponse:
    """The service worker: what this version keeps, and the script that keeps it."""
    if running().settings.offline:
        text = f"const KEPT = {json.dumps(_kept())};\n{_script('sw.js')}"
    else:
        text = _script("sw-off.js")
    response = make_response(text)
    response.mimetype = "text/javascript"
    return response


def clear(response: AnyResponse) -> None:
    """Let the browser forget all that it keeps of us; not while scans wait in it, which would be lost."""
    if not _unsent():
        response.headers["Clear-Site-Data"] = '"cache", "storage"'


def _unsent() -> int:
    """How many scans wait on this phone, as its queue tells: ``store.added.unsent`` (js/queue/mark.js)."""
    told = request.cookies.get(QUEUE_COOKIE, "").rpartition(".")[2]
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0


def _surroundings() -> dict[str, object]:
    return {"worker": "/sw.js" if running().settings.offline else "", "code": _code()}


def _kept() -> dict[str, object]:
    """What the worker must know. Alike for everybody who speaks one language."""
    pages = _shells()
    loaded = sorted({address for page in pages.values() for address in LOADED.findall(page)})
    return {
        "version": _version(pages),
        "code": _code(),
        "shells": {path: f"/offline/{name}" for path, (name, *_) in SHELLS.items()},
        "assets": [address for address in loaded if not _is_late(address)],
        "late": [PLAIN_READER, *(address for address in loaded if _is_late(address))],
        "queue": asset("js/queue.js"),
        "pushKey": push.public_key(),
        "shop": shop.name(session()),
        "icon": asset("icons/icon-192.png"),
    }


def _is_late(address: str) -> bool:
    return KEPT_LATE.search(address.partition("?")[0]) is not None


def _shells() -> dict[str, str]:
    """Every shell as nobody sees it. Nothing of a person, and no key, may stand in them."""
    asking, g.who, g.is_shell = g.who, NOBODY, True
    try:
        return {path: render_template(page, **takes) for path, (_, page, takes) in SHELLS.items()}
    finally:
        g.who, g.is_shell = asking, False


def _version(pages: dict[str, str]) -> str:
    told = "\0".join((_code(), *pages.values()))
    return hashlib.sha256(told.encode()).hexdigest()[:12]


@lru_cache(maxsize=1)
def _code() -> str:
    """The version of all that a phone downloads: it changes with every file of ours."""
    assert current_app.static_folder is not None, "the application has static files"
    told = hashlib.sha256(__version__.encode())
    for file in sorted(Path(current_app.static_folder).rglob("*")):
        if file.suffix in (".js", ".css", ".svg", ".wasm"):
            told.update(file.read_bytes())
    return told.hexdigest()[:12]


@lru_cache(maxsize=4)
def _script(name: str) -> str:
    assert current_app.static_folder is not None, "the application has static files"
    return (Path(current_app.static_folder) / "js" / name).read_text()
