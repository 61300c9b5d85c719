"""The files of ours that a browser downloads, each under an address with its version in it.

What a page has whole or not at all is written in several files and leaves as one: a bad line that loses
one of seven would leave a queue that keeps scans and never sends them, one of twelve a camera that reads
and says nothing.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from flask import Flask, Response, current_app, send_file


def _of(folder: str, *nouns: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{noun}.js" for noun in nouns)


_EVERYWHERE = _of("js", "offline", "homescreen")
_SCANS = _of("js", "codes", "wedge", "entries")
_DESK = ("js/app.js", *_EVERYWHERE)
_PTAG = _of("vendor/htmx-4.0.1", "hx-ptag.min")
WHOLE = {
    "js/queue.js": _of("js/queue", "key", "clock", "store", "mark", "turn", "post", "queue"),
    "js/desk.js": (*_DESK, *_PTAG),
    "js/desk-that-scans.js": (*_DESK, *_SCANS, "js/corner.js", *_PTAG),
    "js/scanner.js": (
        *_EVERYWHERE,
        *_SCANS,
        *_of("js/scanner", "reticle", "decoder", "camera", "sight", "feel", "view", "audit", "scanner"),
    ),
}
"""What leaves in one piece, and of which files it is made, in their order."""


def install(app: Flask) -> None:
    """Send the files, and tell templates their addresses."""
    app.view_functions["static"] = _send
    app.jinja_env.globals["asset"] = asset


def asset(path: str) -> str:
    """The address of a file below ``static``, with its version, so that it can be cached for ever."""
    return f"/static/{path}?v={_version(_folder(), path)}"


def _send(filename: str) -> Response:
    if filename not in WHOLE:
        return current_app.send_static_file(filename)
    return send_file(
        BytesIO(_content(_folder(), filename)),
        "text/javascript",
        etag=_version(_folder(), filename),
        max_age=current_app.get_send_file_max_age(filename),
    )


@lru_cache(maxsize=256)
def _version(folder: Path, path: str) -> str:
    return hashlib.sha256(_content(folder, path)).hexdigest()[:10]


def _content(folder: Path, path: str) -> bytes:
    return b"".join((folder / part).read_bytes() for part in WHOLE.get(path, (path,)))


def _folder() -> Path:
    assert current_app.static_folder is not None, "the application has static files"
    return Path(current_app.static_folder)
