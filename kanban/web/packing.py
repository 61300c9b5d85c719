"""Fewer bytes over bad Wi-Fi: pages compressed as they leave, our own files once and as small as they get."""

from __future__ import annotations

from functools import lru_cache

import brotli
from flask import Flask, Response, request
from flask_compress import Compress

SMALLEST = 500  # bytes; less is not worth it, and a scan's JSON goes as it is
TYPES = [
    "text/html", "text/css", "text/javascript", "application/json", "image/svg+xml",
    "application/manifest+json", "application/wasm",
]  # fmt: skip
BEST, GOOD = 11, 9
SLOWLY = 100_000
"""Bytes up to which the best compression is worth the time that a first visitor waits for it."""


class Packing(Compress):
    """Compression for what is worth it."""

    def after_request(self, response: Response | None) -> Response:
        """The response as it leaves."""
        assert response is not None, "Flask hands every response on"
        length = response.content_length
        if length is not None and length < SMALLEST:
            return response
        if request.endpoint == "static" and response.status_code == 200 and response.mimetype in TYPES:
            _pack_file(response)
        return super().after_request(response)


def install(app: Flask) -> None:
    """Compress what leaves the application."""
    app.config["COMPRESS_MIMETYPES"] = TYPES
    Packing(app)


def _pack_file(response: Response) -> None:
    """Send a file of ours by Brotli to whoever takes it, as nearly every browser does; whole to others."""
    if request.method == "HEAD":
        return
    response.direct_passthrough = False
    data = response.get_data()
    if request.accept_encodings.quality("br") <= 0:
        response.set_data(data)  # no stream any more: every other way of packing knows it
        return
    response.set_data(_packed(data))
    response.headers["Content-Encoding"] = "br"
    etag, _ = response.get_etag()
    response.set_etag(f"{etag}-br")
    response.make_conditional(request)


@lru_cache(maxsize=256)
def _packed(data: bytes) -> bytes:
    packed: bytes = brotli.compress(data, quality=BEST if len(data) <= SLOWLY else GOOD)
    return packed
