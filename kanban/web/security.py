"""Who asks, and whether they may. Every route says which role it needs; without saying it is closed.

A person shows the sign-in cookie, a paired phone the device cookie, a program its token
(``Authorization: Bearer …``). A changing
request that carries a cookie must come from our own pages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import Forbidden, Unauthorized

from kanban import clock, people
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.web import files, formats, phones
from kanban.web.running import running

View = TypeVar("View", bound=Callable[..., Any])

ANYONE = ""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; media-src 'self' blob:; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

PARTS = frozenset({"text/css", "text/javascript", "image/png", "application/wasm"})
PART_HEADERS = {"X-Content-Type-Options": "nosniff"}
"""What a page loads is no page: the rules of the page hold, and half a kilobyte a file is saved."""

DECODING_POLICY = CONTENT_POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
DECODERS = frozenset({"/scan", "/offline/scan", "/static/js/scanner/worker.js"})
"""Where WebAssembly decodes: the scanner's page, and its worker, which has a policy of its own."""


SECRET_PATHS = ("/c/", "/cards/", "/pair", "/device")
"""Pages whose address nobody need hear of. A form on them then sends ``Origin: null``, so that Fetch Metadata
must say whence it comes; without TLS browsers send none, and the address goes to our own pages alone."""


class Door(NamedTuple):
    """A page that opens what is closed now, and what is said of it."""

    href: str
    asks: str


class ForeignPage(Forbidden):
    """A changing request that another site's page sent."""

    description = mark("This request came from a page that is not ours.")


def access(role: str) -> Callable[[View], View]:
    """Declare which role a view needs; :data:`ANYONE` opens it to everybody."""

    def declare(view: View) -> View:
        view.access = role  # type: ignore[attr-defined]
        return view

    return declare


def install(app: Flask) -> None:
    """Check every request before its view, and send the protecting headers with every answer."""
    app.before_request(_admit)
    app.after_request(_protect)
    app.after_request(phones.keep)


def who() -> people.Who:
    """The one who sends this request."""
    asking: people.Who = g.who
    return asking


def cookie_name() -> str:
    """The sign-in cookie's name; bound to host and TLS by its prefix where there is TLS."""
    return "__Host-kanban" if running().settings.is_https else "kanban"


def cookie_token() -> str | None:
    """The secret in the sign-in cookie."""
    return request.cookies.get(cookie_name())


def _admit() -> None:
    g.at = clock.now()
    if request.endpoint is None or request.endpoint == "static":
        return
    _refuse_foreign_page()
    _recognize()
    needed: str | None = getattr(current_app.view_functions[request.endpoint], "access", None)
    if needed is None:
        raise Forbidden(_("This address is closed."))
    if needed != ANYONE and not g.who.may(needed):
        if not g.who.role or is_asking():
            raise Unauthorized(door().asks)
        wanted, who = formats.role(needed), formats.role(g.who.role)
        raise Forbidden(_("This needs the role %(needed)s; you are: %(role)s.", needed=wanted, role=who))


def _recognize() -> None:
    """Find out who asks: a program by its token; else the person signed in, the paired phone, or both.

    Of both it is the person who acts, on this phone, with the higher of the two roles.
    """
    g.phone = None
    header = request.headers.get("Authorization", "")
    if header:
        g.who = _program(header)
        return
    g.phone = phones.recognized(g.at)
    token = cookie_token() or ""
    person = people.signed_in(running().database, token, g.at) if token else people.NOBODY
    phone = g.phone.who() if g.phone and not g.phone.is_copy else people.NOBODY
    g.who = people.together(person, phone)


def _program(header: str) -> people.Who:
    scheme, _space, token = header.partition(" ")
    known = scheme.lower() == "bearer"
    found = people.device_of(running().database, token.strip()) if known else people.NOBODY
    if not found.role:
        raise Unauthorized(_("This token is not known, or was revoked."))
    return found


def phone() -> people.Phone | None:
    """The paired phone that sends this request, if one does; its secret may be a stale copy."""
    found: people.Phone | None = g.get("phone")
    return found


def is_asking() -> bool:
    """Whether a paired phone asks who holds it, and nobody signed in has said so otherwise."""
    asking = phone()
    return asking is not None and asking.is_asking and not asking.is_copy and who().person_id is None


def door() -> Door:
    """Where somebody goes who may not do it yet. A paired phone never sees a sign-in page."""
    if is_asking():
        return Door("/device", _("Say first who holds this phone."))
    if phones.cookie_token():
        return Door("/device", _("This phone is not paired any more: pair it again."))
    return Door("/sign-in", _("Sign in first."))


def _refuse_foreign_page() -> None:
    """Cross-site request forgery: ``Origin`` first (plain HTTP has nothing else), then Fetch Metadata."""
    if request.method in SAFE_METHODS or "Authorization" in request.headers:
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin is not None and (origin, site) != ("null", "same-origin"):
        ours = urlsplit(running().settings.base_url).netloc
        if urlsplit(origin).netloc not in (request.host, ours):
            raise ForeignPage
        return
    if site in ("same-origin", "none") or (site is None and not cookie_token() and not phones.cookie_token()):
        return
    raise ForeignPage


def _names_its_version(response: Response) -> bool:
    """Whether a static file was asked for by the version it has; under any other name nobody may keep it.

    A page of the version before may still ask while the program is being updated.
    """
    path = (request.view_args or {}).get("filename", "")
    found = request.method in ("GET", "HEAD") and response.status_code in (200, 206, 304)
    return found and files.asset(path) == f"/static/{path}?v={request.args.get('v')}"


def _protect(response: Response) -> Response:
    if running().settings.is_https and request.path.startswith(SECRET_PATHS):
        response.headers.setdefault("Referrer-Policy", "no-referrer")
    is_part = request.endpoint == "static" and response.mimetype in PARTS
    for name, value in (PART_HEADERS if is_part else HEADERS).items():
        response.headers.setdefault(name, value)  # a view may have said something stricter or narrower itself
    if request.path in DECODERS:
        response.headers["Content-Security-Policy"] = DECODING_POLICY
    if running().settings.is_https and running().settings.tls != "local":  # whose install page has no TLS
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif not _names_its_version(response):
        response.headers["Cache-Control"] = "no-store"
    return response
