"""The least that Flask can do: what a scan's speed is compared with, under the same granian settings."""

from __future__ import annotations

import sys

from flask import Flask, Response, jsonify


def make() -> Flask:
    """One route that answers a little JSON to the scan's own request."""
    app = Flask("bare")

    @app.post("/c/<code>/scans")
    def scan(code: str) -> Response:
        return jsonify({"effect": "signalled", "card": code})

    @app.get("/readyz")
    def ready() -> Response:
        return jsonify({"status": "ok"})

    return app


def serve(port: int, threads: int) -> None:
    """Run it as kanban.cli.serve runs the product."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "bare:make", factory=True, address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=1,
        blocking_threads=threads, backlog=2048, websockets=False, log_level=LogLevels.error,
    ).serve()  # fmt: skip


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
