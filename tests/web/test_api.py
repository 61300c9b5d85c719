"""Journal, cards and orders for programs, and the health of the server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from kanban import clock, outbox, people
from kanban.db import Database
from kanban.outbox import Delivery
from tests.web.conftest import Client, ShopData, deed


@pytest.fixture
def program(stranger: Client, database: Database) -> dict[str, str]:
    """The headers of a program with a viewer's token."""
    _, token = database.write(lambda session: people.add_device(session, deed(), "ERP", "viewer"))
    return {"Authorization": f"Bearer {token}"}


def test_the_journal_is_followed_by_cursor(stranger: Client, program: dict[str, str]) -> None:
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        told = stranger.get(f"/api/v1/journal?after={after}&limit=5", headers=program).get_json()
        seen += [row["seq"] for row in told["events"]]
        after = told["next"]
    assert seen == list(range(1, seen[-1] + 1))


def test_a_signal_is_seen_in_every_export(
    operator: Client, stranger: Client, program: dict[str, str], shop: ShopData
) -> None:
    told = operator.post(f"/c/{shop.codes[0]}/scans", json={}, key="key-of-the-scan").get_json()
    (row,) = stranger.get("/api/v1/orders", headers=program).get_json()["orders"]
    assert (row["id"], row["card"], row["source_key"]) == (told["order"], shop.codes[0], "key-of-the-scan")
    cards = stranger.get("/api/v1/cards", headers=program).get_json()["cards"]
    assert {card["code"]: card["supply"] for card in cards} == {shop.codes[0]: "empty", shop.codes[1]: "full"}
    assert stranger.get(f"/api/v1/cards/{shop.codes[0]}", headers=program).get_json()["supply"] == "empty"


def test_without_a_token_nothing_is_told(stranger: Client) -> None:
    for address in ("/api/v1/journal", "/api/v1/cards", "/api/v1/orders"):
        assert stranger.get(address).status_code == 401
        assert stranger.get(address, headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert stranger.get(address, headers={"Authorization": "Basic YTpi"}).status_code == 401


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "limit=0", "limit=1001", "after=" + "9" * 40, "limit=١٢"]
)
def test_a_cursor_that_makes_no_sense_is_named(stranger: Client, program: dict[str, str], query: str) -> None:
    answer = stranger.get(f"/api/v1/journal?{query}", headers=program)
    assert answer.status_code == 400
    assert query.split("=")[0] in answer.get_json()["detail"]


def test_an_unknown_card_is_404(stranger: Client, program: dict[str, str]) -> None:
    assert stranger.get("/api/v1/cards/000000000000", headers=program).status_code == 404
    assert stranger.get("/api/v1/cards/nonsense", headers=program).status_code == 404


def test_the_server_says_how_it_is(stranger: Client) -> None:
    assert stranger.get("/healthz").get_json() == {"status": "ok"}
    ready = stranger.get("/readyz")
    assert ready.status_code == 200
    assert ready.get_json()["checks"] == {"database": True, "disk": True}


def test_it_says_how_long_the_oldest_delivery_waits_and_when_a_dispatcher_was_seen(
    stranger: Client, buyer: Client, operator: Client, shop: ShopData, database: Database
) -> None:
    nothing = {"paused": False, "oldest_due_seconds": None, "dispatcher_seen_seconds": None}
    assert stranger.get("/readyz").get_json()["outbox"] == nothing
    order_id = operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()["order"]
    buyer.post(f"/orders/{order_id}/release")
    at = clock.now()

    def waits(session: Session) -> None:
        session.execute(
            update(Delivery).values(
                channel="csv", state="queued", held_because="", due_at=at - timedelta(minutes=7)
            )
        )
        outbox.chores.know(session, ["alerts"], at)
        turn = outbox.chores.claim(session, at, ["alerts"], timedelta(minutes=1))
        assert turn is not None
        outbox.chores.done(session, turn, at - timedelta(seconds=90), at)

    database.write(waits)
    told = stranger.get("/readyz")
    assert told.status_code == 200
    assert told.get_json()["outbox"]["oldest_due_seconds"] == pytest.approx(420, abs=30)
    assert told.get_json()["outbox"]["dispatcher_seen_seconds"] == pytest.approx(90, abs=30)


def test_a_foreign_host_name_is_refused(stranger: Client) -> None:
    assert stranger.get("/healthz", headers={"Host": "evil.example"}).status_code == 400
