"""The files of ours that a browser downloads, each under an address with its version in it.

What a page has whole or not at all is written in several files and leaves as one: a bad line that loses
one of seven would leave a queue that keeps scans and never sends them.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from flask import Flask, Response, current_app, send_file

WHOLE = {
    "js/queue.js": tuple(
        f"js/queue/{noun}.js" for noun in ("key", "clock", "store", "mark", "turn", "post", "queue")
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
