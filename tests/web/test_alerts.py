"""The list of alerts, how each person is told, and the calendar's secret address."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from kanban import alerts, orders
from kanban.config import load
from kanban.db import Database
from web.conftest import Client, ShopData, deed


@pytest.fixture
def late(operator: Client, buyer: Client, database: Database, shop: ShopData) -> int:
    """An order that was due long ago."""
    order_id: int = operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()["order"]
    buyer.post(f"/orders/{order_id}/release")
    this = deed()

    def age(database_session: object) -> None:
        session = database_session
        for line in session.get_one(orders.Order, order_id).lines:  # type: ignore[attr-defined]
            line.due -= timedelta(days=60)
        session.flush()  # type: ignore[attr-defined]
        zone = load({"KANBAN_TIME_ZONE": "Europe/Berlin"}).zone
        alerts.watch(session, this, undo=timedelta(seconds=10), zone=zone)  # type: ignore[arg-type]

    database.write(age)
    return order_id


def test_the_list_shows_what_needs_somebody_and_who_takes_care(
    buyer: Client, admin: Client, operator: Client, late: int
) -> None:
    page = buyer.get("/alerts").text
    assert "SCREW from Bolts &amp; Co was due on" in page
    assert f'href="/orders/{late}"' in page
    assert "was due on" not in operator.get("/alerts").text
    assert buyer.post("/alerts/1/taking").status_code == 303
    assert "Buyer takes care" in admin.get("/alerts").text


def test_an_alert_that_is_gone_stands_under_gone(buyer: Client, database: Database, late: int) -> None:
    this = deed()
    database.write(lambda session: alerts.resolve(session, this, "late", about="order:1"))
    assert "was due on" not in buyer.get("/alerts").text
    assert "was due on" in buyer.get("/alerts?show=resolved").text


def test_somebody_chooses_how_to_be_told(buyer: Client, database: Database) -> None:
    fields = {"email": "me@shop.example", "push": "yes", "digest_at": "06:30", "how_late": "at_once"}
    assert buyer.post("/account/notices", fields).location == "/account/notices"
    page = buyer.get("/account/notices").text
    assert 'value="me@shop.example"' in page
    assert 'name="how_late" value="at_once" checked' in page
    assert 'name="how_short" value="at_once" checked' in page


@pytest.mark.parametrize(
    "wrong",
    [{"email": "a@b, c@d"}, {"digest_at": "25:00"}, {"how_late": "loudly"}, {"email": "x@y\r\nBcc: z@z"}],
)
def test_choices_that_cannot_be_are_refused(buyer: Client, wrong: dict[str, str]) -> None:
    assert buyer.post("/account/notices", {"digest_at": "07:00"} | wrong).status_code == 422


def test_the_calendar_has_a_secret_address_of_its_own_that_can_be_closed(
    buyer: Client, stranger: Client, late: int
) -> None:
    page = buyer.post("/account/notices/calendar", key="calendar-1").text
    found = re.search(r"http://kanban\.example(/calendar/[A-Za-z0-9_-]{32}\.ics)", page)
    assert found
    answer = stranger.get(found[1])
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"UID:order-{late}@kanban.example" in answer.text
    assert found[1] not in buyer.post("/account/notices/calendar", key="calendar-1").text
    other = "y" if found[1][-5] == "x" else "x"
    assert stranger.get(f"{found[1][:-5]}{other}.ics").status_code == 404
    buyer.post("/account/notices/calendar/revocation")
    assert stranger.get(found[1]).status_code == 404
