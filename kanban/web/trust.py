"""How a device comes to trust the shop's own certificate: steps for each kind, and the file itself.

Served twice: at the shop's own address, and without TLS on a port of its own, since a phone that does not
trust us yet must be able to come. That port serves nothing else.
"""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from flask import Blueprint, Flask, Response, abort, render_template, request

from kanban import certificates
from kanban.web import security
from kanban.web.people.pairing import squares
from kanban.web.running import running

bp = Blueprint("trust", __name__)

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
OPEN_PATHS = ("/install", "/static/")
PROFILE_SPACE = uuid.UUID("8f4e9f0a-2c9b-4d58-9c3e-4d6a8f0b7c11")
DEVICES = {"iPhone": "ios", "iPad": "ios", "Android": "android", "Windows": "windows", "Macintosh": "macos"}
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>PayloadType</key><string>Configuration</string><key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>kanban.authority.{id}</string><key>PayloadUUID</key><string>{id}</string>
<key>PayloadDisplayName</key><string>Kanban {host}</string>
<key>PayloadDescription</key><string>Lets this device trust {host}, and nothing outside its network.</string>
<key>PayloadContent</key><array><dict>
<key>PayloadType</key><string>com.apple.security.root</string><key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>kanban.authority.{id}.root</string>
<key>PayloadUUID</key><string>{root}</string><key>PayloadDisplayName</key><string>Kanban {host}</string>
<key>PayloadContent</key><data>{data}</data>
</dict></array></dict></plist>
"""


@bp.get("/install")
@security.access(security.ANYONE)
def show_install() -> str:
    """The steps, those for the device that asks first."""
    settings, pem = running().settings, _authority()
    host = urlsplit(settings.base_url).hostname or ""
    address = f"http://{host}:{settings.install_port}/install"
    side, path = squares(address)
    agent = request.headers.get("User-Agent", "")
    return render_template(
        "install/show.html",
        device=next((kind for word, kind in DEVICES.items() if word in agent), "linux"),
        base_url=settings.base_url, host=host, address=address, side=side, path=path,
        fingerprint=certificates.read(pem).fingerprint,
    )  # fmt: skip


@bp.get("/install/kanban-authority.crt")
@security.access(security.ANYONE)
def give_certificate() -> Response:
    """The authority's certificate as Android, Windows and macOS take it."""
    return _file(certificates.as_der(_authority()), "application/x-x509-ca-cert", "kanban-authority.crt")


@bp.get("/install/kanban-authority.pem")
@security.access(security.ANYONE)
def give_pem() -> Response:
    """The same as Linux and programs take it."""
    return _file(_authority(), "application/x-pem-file", "kanban-authority.pem")


@bp.get("/install/kanban.mobileconfig")
@security.access(security.ANYONE)
def give_profile() -> Response:
    """The same as a profile for iPhone and iPad."""
    pem = _authority()
    own = uuid.uuid5(PROFILE_SPACE, certificates.read(pem).fingerprint)
    text = PROFILE.format(
        id=own, root=uuid.uuid5(own, "root"), host=urlsplit(running().settings.base_url).hostname,
        data=base64.b64encode(certificates.as_der(pem)).decode(),
    )  # fmt: skip
    return _file(text.encode(), "application/x-apple-aspen-config", "kanban.mobileconfig")


def serve_beside(app: Flask, host: str, port: int) -> None:
    """Serve the install pages of ``app`` without TLS on a port of their own, while the process lives."""
    server = make_server(host, port, _only_install(app.wsgi_app), _Server, _Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_port = True  # while a worker takes the place of another, both listen


class _Silent(WSGIRequestHandler):
    timeout = 20

    def log_message(self, *_told: object) -> None:
        """A phone that fetches a certificate is no news."""


def _only_install(whole: Wsgi) -> Wsgi:
    """Everything but the install pages leads to them, so that nothing of the shop goes without TLS."""

    def filtered(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] in ("GET", "HEAD") and path.startswith(OPEN_PATHS):
            environ.pop("HTTP_COOKIE", None)
            return whole(environ, start)
        start("303 See Other", [("Location", "/install"), ("Content-Length", "0")])
        return [b""]

    return filtered


def _authority() -> bytes:
    """The authority's certificate; 404 where the shop has none of its own."""
    path = certificates.authority_in(running().settings.data)
    if running().settings.tls != "local" or not path.exists():
        abort(404)
    return path.read_bytes()


def _file(data: bytes, kind: str, name: str) -> Response:
    return Response(data, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
