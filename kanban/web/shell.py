"""What stands around every screen: the shop's name, who is signed in, and the way to the other places."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Flask, Request, g, get_flashed_messages
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from kanban import outbox, shop
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.people import NOBODY
from kanban.web.reading import session


class Place(NamedTuple):
    """One entry of the navigation; ``main`` ones stand open on a phone."""

    key: str
    label: str
    href: str
    icon: str
    main: bool
    role: str


class Notice(NamedTuple):
    """A sentence on top of the page."""

    tone: str
    text: str


PLACES = (
    Place("board", mark("Board"), "/", "board", True, "viewer"),
    Place("scan", mark("Scan"), "/scan", "scan", True, "signaller"),
    Place("orders", mark("Orders"), "/orders", "order", True, "viewer"),
    Place("receiving", mark("Receiving"), "/receiving", "truck", False, "operator"),
    Place("items", mark("Items"), "/items", "item", True, "viewer"),
    Place("loops", mark("Loops"), "/loops", "loop", False, "viewer"),
    Place("advice", mark("Advice"), "/advice", "advice", False, "viewer"),
    Place("suppliers", mark("Suppliers"), "/suppliers", "supplier", False, "viewer"),
    Place("labels", mark("Labels"), "/labels", "print", False, "viewer"),
)
MORE_PLACES = (
    Place("alerts", mark("Alerts"), "/alerts", "late", False, "viewer"),
    Place("outbox", mark("Outbox"), "/outbox", "send", False, "buyer"),
    Place("walk", mark("Walk"), "/walk", "walk", False, "viewer"),
    Place("dashboard", mark("Dashboard"), "/dashboard", "gauge", False, "viewer"),
    Place("locations", mark("Places"), "/locations", "place", False, "viewer"),
    Place("audits", mark("Shelf audits"), "/audits", "audit", False, "viewer"),
    Place("picking", mark("To pick"), "/picking", "bin-full", False, "operator"),
    Place("making", mark("To make"), "/making", "loop", False, "operator"),
    Place("problems", mark("Problems"), "/problems", "look", False, "operator"),
    Place("journal", mark("Journal"), "/journal", "journal", False, "viewer"),
    Place("imports", mark("Import"), "/import", "import", False, "buyer"),
    Place("devices", mark("Phones and devices"), "/devices", "phone", False, "buyer"),
    Place("people", mark("People"), "/people", "people", False, "admin"),
)


class NoticeSession(SecureCookieSessionInterface):
    """Flask's signed cookie, which holds nothing but notices; a request without one opens no cookie."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return SecureCookieSession()
        return super().open_session(app, request)


def install(app: Flask) -> None:
    """Hand the surroundings to every template."""
    app.session_interface = NoticeSession()
    app.context_processor(_surroundings)


def _said(place: Place) -> Place:
    return place._replace(label=_(place.label))


def _surroundings() -> dict[str, Any]:
    who = g.get("who", NOBODY)
    is_shell = g.get("is_shell", False)  # a page that phones keep: nobody's, and no notice is spent on it
    return {
        "is_shell": is_shell,
        "shop": shop.name(session()),
        "pause": None if is_shell or not who.role else outbox.trouble.pause(session()),
        "may_go_on": bool(who.role) and who.may("buyer"),
        "person": who if who.role else None,
        "may_scan": who.may("signaller"),
        "places": [_said(place) for place in PLACES if who.may(place.role)],
        "more_places": [_said(place) for place in MORE_PLACES if who.may(place.role)],
        "notices": [] if is_shell else [Notice(*said) for said in get_flashed_messages(with_categories=True)],
    }
