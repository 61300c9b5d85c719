"""Who may do what: the whole table of routes and roles, and that looking changes nothing.

A new route stands in :data:`TABLE` first: the tests walk the application and accept no other.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from kanban import counts, items, journal, orders, outbox, people, prints, scans, suppliers
from kanban.db import Base, Database
from kanban.items import Location
from kanban.labels import stocks
from kanban.prints import printers
from kanban.web.labels import ASSETS
from web.conftest import Client, ShopData, deed, do

ANYONE, VIEWER, SIGNALLER, OPERATOR, BUYER, ADMIN = "", "viewer", "signaller", "operator", "buyer", "admin"

TABLE = {
    "GET /import": BUYER,
    "POST /import": BUYER,
    "GET /import/<token>": BUYER,
    "POST /import/<token>": BUYER,
    "GET /import/done/<int:number>": BUYER,
    "GET /import/<any('template', 'shop'):what>.<any('csv', 'xlsx'):ending>": BUYER,
    # Anybody: what a phone sees of a card, the doors, and signs of life. A scan asks who it is by itself.
    "GET /c/<code>": ANYONE,
    "GET /cards/<code>": ANYONE,
    "POST /c/<code>/scans": ANYONE,
    "POST /c/<code>/withdrawal": ANYONE,
    "GET /set-up/<token>": ANYONE,
    "POST /set-up/<token>": ANYONE,
    "GET /sign-in": ANYONE,
    "POST /sign-in": ANYONE,
    "POST /sign-out": ANYONE,
    # A supplier with its link answers its order.
    "GET /s/<token>": ANYONE,
    "GET /calendar/<token>.ics": ANYONE,
    "GET /s/<token>/order.pdf": ANYONE,
    "POST /s/<token>/confirmation": ANYONE,
    "POST /s/<token>/shipment": ANYONE,
    "GET /api/v1/answers/<token>": ANYONE,
    "POST /api/v1/answers/<token>/confirmation": ANYONE,
    "POST /api/v1/answers/<token>/shipment": ANYONE,
    "POST /language": ANYONE,
    "GET /sw.js": ANYONE,
    "GET /offline/<name>": ANYONE,
    "GET /queue": ANYONE,
    "GET /manifest.webmanifest": ANYONE,
    "POST /share": ANYONE,
    "POST /push/subscriptions/removal": ANYONE,
    "POST /push/subscriptions/renewal": ANYONE,
    "GET /healthz": ANYONE,
    "GET /readyz": ANYONE,
    # Whoever comes to trust the shop's certificate.
    "GET /install": ANYONE,
    "GET /install/kanban-authority.crt": ANYONE,
    "GET /install/kanban-authority.pem": ANYONE,
    "GET /install/kanban.mobileconfig": ANYONE,
    # A phone about itself: it comes in by a code, and acts for nobody but itself.
    "GET /pair": ANYONE,
    "POST /pair": ANYONE,
    "GET /device": ANYONE,
    "POST /device/holder": ANYONE,
    "POST /device/rest": ANYONE,
    "POST /device/leaving": ANYONE,
    # Viewers look.
    "GET /": VIEWER,
    "GET /account": VIEWER,
    "GET /alerts": VIEWER,
    "GET /account/notices": VIEWER,
    "POST /account/notices": VIEWER,
    "POST /account/notices/calendar": VIEWER,
    "POST /account/notices/calendar/revocation": VIEWER,
    "POST /alerts/<int:alert_id>/taking": OPERATOR,
    "POST /push/subscriptions": VIEWER,
    "POST /push/test": VIEWER,
    "POST /account/password": VIEWER,
    "GET /items": VIEWER,
    "GET /items/<int:item_id>": VIEWER,
    "GET /suppliers": VIEWER,
    "GET /suppliers/<int:supplier_id>": VIEWER,
    "GET /suppliers/scorecard": VIEWER,
    "GET /suppliers/scorecard.csv": VIEWER,
    "GET /suppliers/<int:supplier_id>/scorecard": VIEWER,
    "GET /locations": VIEWER,
    "GET /locations/<int:location_id>": VIEWER,
    "GET /loops": VIEWER,
    "GET /loops/<int:loop_id>": VIEWER,
    "GET /orders": VIEWER,
    "GET /orders/<int:order_id>": VIEWER,
    "GET /labels": VIEWER,
    "GET /advice": VIEWER,
    "GET /map": VIEWER,
    "GET /counts": VIEWER,
    "GET /loops/<int:loop_id>/stock": VIEWER,
    "GET /walk": VIEWER,
    "GET /walk.csv": VIEWER,
    "GET /dashboard": VIEWER,
    "GET /locations/<int:location_id>/calendar": VIEWER,
    "GET /loops/<int:loop_id>/advice": VIEWER,
    "GET /loops/<int:loop_id>/simulation": VIEWER,
    "GET /labels/batches": VIEWER,
    "GET /labels/batches/<int:batch_id>": VIEWER,
    "GET /labels/batches/<int:batch_id>/progress": VIEWER,
    "GET /labels/batches/<int:batch_id>.pdf": VIEWER,
    "GET /labels/batches/<int:batch_id>.zpl": VIEWER,
    "GET /labels/batches/<int:batch_id>.zip": VIEWER,
    "GET /labels/batches/<int:batch_id>/page-<int:number>.<any('png', 'svg'):picture>": VIEWER,
    "GET /labels/poster.pdf": VIEWER,
    "GET /labels/places.pdf": VIEWER,
    "GET /stocks": VIEWER,
    "GET /stocks/<stock>.pdf": VIEWER,
    "GET /journal": VIEWER,
    "GET /receiving/notes/<int:note_id>": VIEWER,
    "GET /audits": VIEWER,
    "GET /audits/<int:audit_id>": VIEWER,
    "GET /photos/<int:photo_id>": VIEWER,
    "GET /photos/<int:photo_id>/small": VIEWER,
    "GET /api/v1/cards": VIEWER,
    "GET /api/v1/cards/<code>": VIEWER,
    "GET /api/v1/orders": VIEWER,
    "GET /api/v1/journal": VIEWER,
    # Operators work with the bins.
    "GET /scan": SIGNALLER,
    "POST /api/v1/signals": SIGNALLER,
    "GET /receiving": OPERATOR,
    "GET /picking": OPERATOR,
    "GET /making": OPERATOR,
    "GET /picking/<int:supplier_id>.pdf": OPERATOR,
    "GET /making/<int:supplier_id>.pdf": OPERATOR,
    "POST /picking/<code>": OPERATOR,
    "POST /picking/<code>/withdrawal": OPERATOR,
    "GET /problems": OPERATOR,
    "GET /problems/new": OPERATOR,
    "POST /problems": OPERATOR,
    "GET /receiving/returns": OPERATOR,
    "GET /receiving/suppliers/<int:supplier_id>": OPERATOR,
    "POST /receiving/suppliers/<int:supplier_id>/receipts": OPERATOR,
    "POST /receiving/notes/<int:note_id>/photo": OPERATOR,
    "POST /receipts/<int:receipt_id>/correction": OPERATOR,
    "GET /audits/places": OPERATOR,
    "GET /audits/shelf/<int:location_id>": OPERATOR,
    "POST /audits": OPERATOR,
    "POST /c/<code>/elsewhere": OPERATOR,
    "POST /c/<code>/extra": OPERATOR,
    "POST /c/<code>/receipt": OPERATOR,
    "POST /c/<code>/reprint": SIGNALLER,
    "POST /c/<code>/urgent": SIGNALLER,
    "POST /cards/<int:card_id>/reprint": OPERATOR,
    "POST /loops/<int:loop_id>/check": OPERATOR,
    "POST /loops/<int:loop_id>/returns": OPERATOR,
    "POST /loops/<int:loop_id>/counts": OPERATOR,
    "POST /loops/<int:loop_id>/takings": SIGNALLER,
    "POST /c/<code>/takings": SIGNALLER,
    "POST /order-lines/<int:line_id>/receipts": OPERATOR,
    "POST /orders/<int:order_id>/receipts": OPERATOR,
    "POST /labels": OPERATOR,
    "POST /labels/preview": OPERATOR,
    "GET /labels/blanks": OPERATOR,
    "POST /labels/blanks": OPERATOR,
    "POST /labels/batches/<int:batch_id>/reprint": OPERATOR,
    "POST /labels/batches/<int:batch_id>/sending": OPERATOR,
    "POST /labels/batches/<int:batch_id>/cancellation": OPERATOR,
    "POST /labels/batches/<int:batch_id>/handover": OPERATOR,
    "POST /c/<code>/claim": OPERATOR,
    "GET /printers": OPERATOR,
    "GET /printers/<int:printer_id>/calibration-<any('a4', 'letter'):paper>.pdf": OPERATOR,
    # Buyers keep items, suppliers and orders.
    "GET /items/new": BUYER,
    "POST /items": BUYER,
    "GET /items/<int:item_id>/edit": BUYER,
    "POST /items/<int:item_id>": BUYER,
    "GET /items/<int:item_id>/offers/new": BUYER,
    "POST /items/<int:item_id>/offers": BUYER,
    "GET /suppliers/new": BUYER,
    "POST /suppliers": BUYER,
    "GET /suppliers/<int:supplier_id>/edit": BUYER,
    "POST /suppliers/<int:supplier_id>": BUYER,
    "GET /suppliers/<int:supplier_id>/offers/new": BUYER,
    "POST /suppliers/<int:supplier_id>/offers": BUYER,
    "GET /offers/<int:offer_id>/edit": BUYER,
    "POST /offers/<int:offer_id>": BUYER,
    "GET /locations/new": BUYER,
    "POST /locations": BUYER,
    "GET /locations/<int:location_id>/edit": BUYER,
    "POST /locations/<int:location_id>": BUYER,
    "GET /loops/new": BUYER,
    "POST /loops": BUYER,
    "GET /loops/<int:loop_id>/edit": BUYER,
    "POST /loops/<int:loop_id>": BUYER,
    "POST /loops/<int:loop_id>/cards": BUYER,
    "POST /advice/review": BUYER,
    "GET /triage": BUYER,
    "POST /loops/<int:loop_id>/stock": BUYER,
    "POST /loops/<int:loop_id>/stock/end": BUYER,
    "POST /loops/<int:loop_id>/withdrawals": BUYER,
    "POST /loops/<int:loop_id>/temporary-cards": BUYER,
    "POST /withdrawals/<int:withdrawal_id>/order": BUYER,
    "POST /withdrawals/<int:withdrawal_id>/call-off": BUYER,
    "POST /items/<int:item_id>/consequence": BUYER,
    "GET /dashboard.csv": BUYER,
    "GET /dashboard/weeks.csv": BUYER,
    "GET /advice.csv": BUYER,
    "GET /loops/<int:loop_id>/advice.csv": BUYER,
    "POST /locations/<int:location_id>/calendar": BUYER,
    "POST /locations/<int:location_id>/closures": BUYER,
    "POST /closures/<int:closure_id>/removal": BUYER,
    "POST /loops/<int:loop_id>/advice/acceptance": BUYER,
    "POST /loops/<int:loop_id>/advice/refusal": BUYER,
    "POST /loops/<int:loop_id>/advice/snooze": BUYER,
    "GET /loops/<int:loop_id>/sizing": BUYER,
    "POST /loops/<int:loop_id>/sizing": BUYER,
    "POST /loops/<int:loop_id>/closure": BUYER,
    "POST /cards/<int:card_id>/life": BUYER,
    "POST /cards/<int:card_id>/replacement": BUYER,
    "GET /orders/<int:order_id>.pdf": BUYER,
    "GET /orders/<int:order_id>.csv": BUYER,
    "GET /orders/<int:order_id>/document": BUYER,
    "GET /orders/<int:order_id>/logo": BUYER,
    "POST /orders/<int:order_id>/release": BUYER,
    "POST /orders/<int:order_id>/approval": BUYER,
    "POST /orders/<int:order_id>/answer-link": BUYER,
    "POST /orders/<int:order_id>/answer-link/revocation": BUYER,
    "POST /line-answers/<int:answer_id>/acceptance": BUYER,
    "POST /line-answers/<int:answer_id>/refusal": BUYER,
    "POST /order-lines/<int:line_id>/alternatives/<int:offer_id>": BUYER,
    "POST /orders/<int:order_id>/early-cards": BUYER,
    "GET /suppliers/<int:supplier_id>/rules": BUYER,
    "POST /suppliers/<int:supplier_id>/rules": BUYER,
    "GET /outbox": BUYER,
    "GET /suppliers/<int:supplier_id>/channel": BUYER,
    "POST /suppliers/<int:supplier_id>/channel": BUYER,
    "GET /suppliers/<int:supplier_id>/channel/preview": BUYER,
    "GET /suppliers/<int:supplier_id>/channel/preview/<any(raw, html):part>": BUYER,
    "POST /suppliers/<int:supplier_id>/channel/test": BUYER,
    "POST /suppliers/<int:supplier_id>/channel/secret": BUYER,
    "GET /deliveries/<int:delivery_id>/call-sheet": BUYER,
    "GET /deliveries/<int:delivery_id>/other-way": BUYER,
    "POST /deliveries/<int:delivery_id>/other-way": BUYER,
    "POST /deliveries/<int:delivery_id>/letting-go": BUYER,
    "POST /deliveries/<int:delivery_id>/trial": BUYER,
    "POST /deliveries/<int:delivery_id>/handover": BUYER,
    "GET /shop/brakes": BUYER,
    "POST /shop/brakes/pause": BUYER,
    "POST /shop/brakes/going-on": BUYER,
    "POST /orders/<int:order_id>/confirmation": BUYER,
    "POST /orders/<int:order_id>/shipment": BUYER,
    "POST /orders/<int:order_id>/cancellation": BUYER,
    "POST /order-lines/<int:line_id>/cancellation": BUYER,
    "POST /order-lines/<int:line_id>/short-close": BUYER,
    "POST /order-lines/<int:line_id>/returns": BUYER,
    "POST /quarantine/<int:quarantine_id>/acceptance": BUYER,
    "POST /quarantine/<int:quarantine_id>/return": BUYER,
    "POST /returns/<int:return_id>/settlement": BUYER,
    "POST /problems/<int:problem_id>/settlement": BUYER,
    "GET /suppliers/<int:supplier_id>/place": BUYER,
    "POST /suppliers/<int:supplier_id>/place": BUYER,
    # Administrators: people, devices, the shop.
    # ... and pair phones, up to what they may do themselves.
    "GET /devices": BUYER,
    "GET /devices/pair": BUYER,
    "POST /devices/pairings": BUYER,
    "GET /devices/pairings/<int:pairing_id>": BUYER,
    "POST /devices/pairings/<int:pairing_id>/end": BUYER,
    "POST /devices/pairings/<int:pairing_id>/card": BUYER,
    "GET /devices/<int:device_id>": BUYER,
    "POST /devices/<int:device_id>": BUYER,
    "POST /devices/<int:device_id>/revocation": BUYER,
    # Administrators: people, tokens, the shop.
    "POST /labels/batches/<int:batch_id>/voiding": BUYER,
    "POST /stocks": BUYER,
    "POST /stocks/<stock>/removal": BUYER,
    # Administrators: people, devices, the shop.
    "GET /printers/new": ADMIN,
    "POST /printers": ADMIN,
    "GET /printers/<int:printer_id>": ADMIN,
    "POST /printers/<int:printer_id>": ADMIN,
    "POST /printers/<int:printer_id>/calibration": ADMIN,
    "POST /printers/<int:printer_id>/retirement": ADMIN,
    "GET /people": ADMIN,
    "GET /people/new": ADMIN,
    "POST /people": ADMIN,
    "GET /people/<int:person_id>": ADMIN,
    "POST /people/<int:person_id>": ADMIN,
    "POST /people/<int:person_id>/leaving": ADMIN,
    "POST /people/<int:person_id>/return": ADMIN,
    "POST /people/<int:person_id>/password": ADMIN,
    "POST /people/<int:person_id>/pin": ADMIN,
    "GET /devices/new": ADMIN,
    "POST /devices": ADMIN,
    "GET /shop": ADMIN,
    "POST /shop/brakes": ADMIN,
    "GET /shop/mail": ADMIN,
    "POST /shop/mail/test": ADMIN,
    "POST /shop": ADMIN,
}
"""Each address, and the lowest role that it opens for."""

PERSONAL = {
    "GET /account", "POST /account/password", "GET /account/notices", "POST /account/notices",
    "POST /account/notices/calendar", "POST /account/notices/calendar/revocation",
}  # fmt: skip
"""For people only: a device has no account."""

LEAVING = {"POST /sign-out", "POST /device/leaving"}
"""After these one is somebody else."""

ASKS_ITSELF: dict[str, Callable[[people.Who], bool]] = {
    "POST /c/<code>/scans": lambda who: who.may(SIGNALLER),
    "POST /c/<code>/withdrawal": lambda who: who.may(SIGNALLER),
    "POST /device/holder": lambda who: False,
    "POST /device/rest": lambda who: who.device_id is not None,
    "POST /sign-in": lambda _: False,
}
"""Open doors that ask for more than a role: who may pass with an empty request, as shops usually are set."""

PRINCIPALS = ("nobody", VIEWER, SIGNALLER, OPERATOR, BUYER, ADMIN, "device", "phone")
DEVICE_ROLE = OPERATOR
PHONE_ROLE = SIGNALLER
IS_PROGRAM = {"Accept": "application/json"}


def rules(app: Flask, method: str = "") -> Iterator[tuple[str, Rule]]:
    """Every route but the static files, as ``GET /items`` and its rule."""
    for rule in app.url_map.iter_rules():
        for each in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if rule.endpoint != "static" and method in ("", each):
                yield f"{each} {rule.rule}", rule


@pytest.fixture
def device(database: Database) -> dict[str, str]:
    """The header that a device of the role operator sends."""
    this = deed()
    token = database.write(lambda session: people.add_device(session, this, "Scanner", DEVICE_ROLE)[1])
    return {"Authorization": f"Bearer {token}"}


def phone_call(session: Session, this: journal.Deed) -> int:
    """An order that was cancelled, and whose supplier is to be called."""
    site = session.scalars(select(items.Location).where(items.Location.parent_id.is_(None))).first()
    supplier = session.scalars(select(suppliers.Supplier)).first()
    assert site
    assert supplier
    order = orders.Order(
        supplier_id=supplier.id,
        ship_to_id=site.id,
        state="cancelled",
        number="PO-9",
        created_at=this.at,
        released_at=this.at,
    )
    session.add(order)
    session.flush()
    return outbox.add(
        session,
        this,
        kind="cancellation",
        channel="phone",
        address="1",
        about="PO-9",
        order_id=order.id,
        held_because="person",
    ).id


@pytest.fixture
def address(app: Flask, database: Database, shop: ShopData) -> Callable[[Rule], str]:
    """The address of a route for things that exist: an order with a line, a card, a person, and so on."""
    this = deed()
    order_id = database.write(lambda session: scans.scan(session, this, shop.codes[0])).order_id
    delivery_id = database.write(lambda session: phone_call(session, this))
    with database.read() as session:
        line_id = session.get_one(orders.Order, order_id).lines[0].id
        token = "x" * 32
    audit_id = do(database, counts.audit, Location, shop.rack, [shop.codes[1]]).id
    batch_id, printer_id = database.write(lambda session: a_print(session, this))
    known: dict[str, Any] = {
        "code": shop.codes[0],
        "token": token,
        "item_id": shop.screw,
        "supplier_id": shop.bolts,
        "offer_id": shop.offer,
        "location_id": shop.rack,
        "loop_id": shop.loop,
        "card_id": shop.cards[0],
        "order_id": order_id,
        "number": 1,
        "photo_id": 1,
        "what": "template",
        "ending": "csv",
        "audit_id": audit_id,
        "note_id": 1,
        "receipt_id": 1,
        "quarantine_id": 1,
        "return_id": 1,
        "problem_id": 1,
        "delivery_id": delivery_id,
        "pairing_id": 1,
        "batch_id": batch_id,
        "printer_id": printer_id,
        "picture": "png",
        "paper": "a4",
        "stock": "a4-cards",
        "line_id": line_id,
        "person_id": 1,
        "device_id": 1,
        "closure_id": 1,
        "name": "queue",
        "part": "raw",
        "answer_id": 1,
        "alert_id": 1,
        "withdrawal_id": 1,
    }

    def build(rule: Rule) -> str:
        built = rule.build({name: known[name] for name in rule.arguments})
        assert built is not None
        return built[1]

    return build


def a_print(session: Session, this: journal.Deed) -> tuple[int, int]:
    """A batch of a blank label and a printer; returns their ids."""
    stock = json.dumps(stocks.facts(stocks.every(ASSETS)["a4-cards"]))
    batch = prints.make_blank(
        session, this, 1, prints.Paper("card", "a4-cards", stock, "en", "http://a.example")
    )
    return batch.id, printers.add(session, this, prints.PrinterFacts("Office")).id


def send(browser: Client, name: str, path: str, **headers: str) -> TestResponse:
    method = name.split()[0]
    own = {"Origin": "http://localhost", "Idempotency-Key": str(uuid.uuid4())}
    return browser.open(path, method=method, headers=own | headers)


def refusal(name: str, answer: TestResponse) -> int | None:
    """The status by which the door refused; none where the request came through."""
    if answer.status_code == 303 and str(answer.location).startswith("/sign-in?"):
        return 303
    return answer.status_code if answer.status_code in (401, 403) else None


def test_every_route_declares_who_may_and_the_table_tells_all(app: Flask) -> None:
    declared = {name: getattr(app.view_functions[rule.endpoint], "access", None) for name, rule in rules(app)}
    assert declared == TABLE


def test_a_route_that_declares_nothing_is_closed(app: Flask, client: Callable[[str], Client]) -> None:
    app.add_url_rule("/forgotten", view_func=lambda: "open!", endpoint="forgotten")
    assert client("admin").get("/forgotten").status_code == 403


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_everybody_gets_exactly_what_their_role_opens(
    app: Flask,
    client: Callable[[str], Client],
    device: dict[str, str],
    address: Callable[[Rule], str],
    principal: str,
) -> None:
    role = {"nobody": "", "device": DEVICE_ROLE, "phone": PHONE_ROLE}.get(principal, principal)
    headers = device if principal == "device" else {}
    mine = people.Who("me", role, device_id=1 if principal == "phone" else None)
    for name, rule in sorted(rules(app), key=lambda each: each[0] in LEAVING):
        answer = send(client(principal), name, address(rule), **headers)
        if name in ASKS_ITSELF:
            assert (answer.status_code in (401, 403)) != ASKS_ITSELF[name](mine), f"{principal}: {name}"
            continue
        needed = TABLE[name]
        if needed == ANYONE or (
            mine.may(needed) and not (principal in ("device", "phone") and name in PERSONAL)
        ):
            expected = None
        elif role:
            expected = 403
        else:
            expected = 303 if name.startswith("GET") and not name.startswith("GET /api/") else 401
        assert refusal(name, answer) == expected, f"{principal}: {name} answered {answer.status_code}"
        assert answer.status_code < 500, f"{principal}: {name}"


def test_a_stranger_is_led_to_the_sign_in_and_a_program_is_told(
    app: Flask, stranger: Client, address: Callable[[Rule], str]
) -> None:
    assert stranger.get("/items").location == "/sign-in?next=/items"
    for name, rule in rules(app):
        if TABLE[name] != ANYONE:
            answer = send(stranger, name, address(rule), **IS_PROGRAM)
            assert answer.status_code == 401, name
            assert answer.is_json, name


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
)
def test_another_sites_page_changes_nothing(
    app: Flask, admin: Client, database: Database, address: Callable[[Rule], str], headers: dict[str, str]
) -> None:
    before = fingerprints(database)
    for name, rule in rules(app, "POST"):
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answer = admin.open(address(rule), method="POST", headers=headers | key)
        assert answer.status_code == 403, name
    assert fingerprints(database) == before


def test_another_sites_page_signs_nobody_in(stranger: Client) -> None:
    fields = {"login": "admin", "password": "whatever it may be"}
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (
            Client.open(stranger, "/sign-in", method="POST", data=fields, headers=headers).status_code == 403
        )


@pytest.mark.parametrize("principal", [ADMIN, "nobody", "device", "phone"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(
    app: Flask, client: Callable[[str], Client], database: Database, device: dict[str, str],
    address: Callable[[Rule], str], principal: str, method: str,
) -> None:  # fmt: skip
    browser = client(principal)
    before = fingerprints(database)
    for name, rule in rules(app, "GET"):
        answer = browser.open(address(rule), method=method, headers=device if principal == "device" else {})
        assert answer.status_code < 500, name
        if principal == ADMIN and method == "GET":
            assert answer.status_code in (200, 303, 404, 410), name
    assert fingerprints(database) == before


def test_get_does_not_do_what_a_post_does(app: Flask, admin: Client, address: Callable[[Rule], str]) -> None:
    gets = {rule.rule for _, rule in rules(app, "GET")}
    for name, rule in rules(app, "POST"):
        if rule.rule not in gets:
            assert admin.get(address(rule)).status_code == 405, name


def test_a_change_without_a_key_is_refused(
    app: Flask, client: Callable[[str], Client], database: Database, address: Callable[[Rule], str]
) -> None:
    """Sign-in and sign-out need none: both may be done twice."""
    before = fingerprints(database)
    for name, rule in rules(app, "POST"):
        if name not in ("POST /sign-in", "POST /sign-out", "POST /share"):
            answer = client("admin").open(
                address(rule), method="POST", headers={"Origin": "http://localhost"}
            )
            assert 400 <= answer.status_code < 500, name
    assert fingerprints(database) == before


@pytest.mark.parametrize("token", ["", " ", "x", "Bearer", "é"])
def test_a_token_that_nobody_made_opens_nothing(app: Flask, token: str) -> None:
    header = f"Bearer {token}".encode().decode("latin-1")
    assert app.test_client().get("/items", headers=IS_PROGRAM | {"Authorization": header}).status_code == 401


def test_a_leavers_cookie_and_a_lost_devices_token_end_with_the_next_request(
    client: Callable[[str], Client], app: Flask, database: Database, device: dict[str, str]
) -> None:
    viewer = client("viewer")
    assert viewer.get("/items").status_code == 200
    assert app.test_client().get("/items", headers=device).status_code == 200
    with database.read() as session:
        leaver = people.by_login(session, "viewer").id
    do(database, people.change, people.Person, leaver, name="V", role="viewer", active=False)
    do(database, people.revoke_device, people.Device, 2)
    assert viewer.get("/items").status_code == 303
    assert app.test_client().get("/items", headers=IS_PROGRAM | device).status_code == 401


def fingerprints(database: Database) -> dict[str, str]:
    """A hash over every row of every table."""
    found = {}
    with database.read() as session:
        for table in Base.metadata.sorted_tables:
            rows = session.execute(text(f'SELECT * FROM "{table.name}"')).all()
            found[table.name] = hashlib.sha256(repr(sorted(map(repr, rows))).encode()).hexdigest()
    return found
