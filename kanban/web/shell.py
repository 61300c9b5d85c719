"""What stands around every screen: the shop's name, who is signed in, and the way to the other places."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Flask, Request, g, get_flashed_messages
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from kanban import outbox, shop
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.people import NOBODY, Who
from kanban.web.reading import session


class Place(NamedTuple):
    """One entry of the navigation, and the lowest role that may go there."""

    key: str
    label: str
    href: str
    icon: str
    role: str


class Group(NamedTuple):
    """Places that belong together: at a desk a row of groups, and below it the places of the current one."""

    key: str
    label: str
    places: tuple[Place, ...]


class Notice(NamedTuple):
    """A sentence on top of the page."""

    tone: str
    text: str


SCAN = Place("scan", mark("Scan"), "/scan", "scan", "signaller")
GROUPS = (
    Group("today", mark("Today"), (
        Place("board", mark("Board"), "/", "board", "viewer"),
        Place("orders", mark("Orders"), "/orders", "order", "viewer"),
        Place("receiving", mark("Receiving"), "/receiving", "truck", "operator"),
        Place("picking", mark("To pick"), "/picking", "bin-full", "operator"),
        Place("making", mark("To make"), "/making", "loop", "operator"),
        Place("alerts", mark("Alerts"), "/alerts", "late", "viewer"),
        Place("problems", mark("Problems"), "/problems", "look", "operator"),
    )),
    Group("inventory", mark("Inventory"), (
        Place("items", mark("Items"), "/items", "item", "viewer"),
        Place("loops", mark("Loops"), "/loops", "loop", "viewer"),
        Place("labels", mark("Labels"), "/labels", "print", "viewer"),
        Place("locations", mark("Places"), "/locations", "place", "viewer"),
        Place("audits", mark("Shelf audits"), "/audits", "audit", "viewer"),
    )),
    Group("buying", mark("Buying"), (
        Place("suppliers", mark("Suppliers"), "/suppliers", "supplier", "viewer"),
        Place("outbox", mark("Outbox"), "/outbox", "send", "buyer"),
        Place("imports", mark("Import"), "/import", "import", "buyer"),
    )),
    Group("improvement", mark("Improve"), (
        Place("advice", mark("Advice"), "/advice", "advice", "viewer"),
        Place("dashboard", mark("Dashboard"), "/dashboard", "gauge", "viewer"),
        Place("walk", mark("Walk"), "/walk", "walk", "viewer"),
    )),
    Group("shop", mark("Shop"), (
        Place("journal", mark("Journal"), "/journal", "journal", "viewer"),
        Place("devices", mark("Phones and devices"), "/devices", "phone", "buyer"),
        Place("people", mark("People"), "/people", "people", "admin"),
    )),
)  # fmt: skip
IN_REACH = ("board", "scan", "receiving", "orders")
"""What stands open on a phone, under the thumb; the rest is behind *More*."""


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


def _groups(who: Who) -> list[Group]:
    """The groups as this one may see them, in their language."""
    seen = (
        Group(group.key, _(group.label), tuple(_said(place) for place in group.places if who.may(place.role)))
        for group in GROUPS
    )
    return [group for group in seen if group.places]


def _said(place: Place) -> Place:
    return place._replace(label=_(place.label))


def _in_reach(groups: list[Group], may_scan: bool) -> list[Place]:
    scan = [_said(SCAN)] if may_scan else []
    known = {place.key: place for place in (*scan, *(each for group in groups for each in group.places))}
    return [known[key] for key in IN_REACH if key in known]


def _surroundings() -> dict[str, Any]:
    who = g.get("who", NOBODY)
    groups = _groups(who) if who.role else []
    is_shell = g.get("is_shell", False)  # a page that phones keep: nobody's, and no notice is spent on it
    return {
        "is_shell": is_shell,
        "shop": shop.name(session()),
        "pause": None if is_shell or not who.role else outbox.trouble.pause(session()),
        "may_go_on": bool(who.role) and who.may("buyer"),
        "person": who if who.role else None,
        "may_scan": who.may("signaller"),
        "navigation": groups,
        "in_reach": _in_reach(groups, who.may("signaller")),
        "notices": [] if is_shell else [Notice(*said) for said in get_flashed_messages(with_categories=True)],
    }
