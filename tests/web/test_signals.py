"""Buttons and sensors: the smallest request that orders, and what happens when it comes twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from kanban import journal, people
from kanban.db import Database
from web.conftest import Client, ShopData, deed, do

Press = Callable[..., TestResponse]


@pytest.fixture
def press(app: Flask, database: Database) -> Press:
    """A button with a token: ``press(json={…})``."""
    this = deed()
    token = database.write(lambda session: people.add_device(session, this, "Button", "signaller")[1])
    button = app.test_client()

    def send(**request: object) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}", **request.pop("headers", {})}  # type: ignore[dict-item]
        return button.open("/api/v1/signals", method="POST", headers=headers, **request)  # type: ignore[arg-type]

    return send


def signals(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).where(journal.Event.kind == "signalled")) or 0


@pytest.mark.parametrize("form", ["json", "form", "text"])
def test_a_press_orders(press: Press, shop: ShopData, database: Database, form: str) -> None:
    code = shop.codes[0]
    request: dict[str, object] = {
        "json": {"json": {"code": code}},
        "form": {"data": {"code": code.lower()}},
        "text": {"data": f"{code[:4]} {code[4:8]} {code[8:]}\n", "content_type": "text/plain"},
    }[form]
    answer = press(**request)
    assert answer.status_code == 200
    assert answer.json["effect"] == "signalled"  # type: ignore[index]
    assert signals(database) == 1


def test_the_journal_names_the_button(press: Press, shop: ShopData, database: Database) -> None:
    press(json={"code": shop.codes[0]})
    with database.read() as session:
        event = session.scalars(select(journal.Event).where(journal.Event.kind == "signalled")).one()
        assert (event.via, event.device_id) == ("api", 2)


@pytest.mark.parametrize(
    "same", [{"headers": {"Idempotency-Key": "one-press-0001"}}, {"press": "b7f3-1"}, {"press": 17}, {}]
)
def test_a_press_that_comes_twice_orders_once_even_if_it_was_taken_back(
    press: Press, operator: Client, shop: ShopData, database: Database, same: dict[str, object]
) -> None:
    headers = same.pop("headers", {})
    fields = {"code": shop.codes[0], **same}
    press(json=fields, headers=headers)
    operator.post(f"/c/{shop.codes[0]}/withdrawal", json={})
    again = press(json=fields, headers=headers)
    assert again.headers["Idempotent-Replay"] == "true"
    assert signals(database) == 1


def test_another_press_after_the_refill_orders_again(
    press: Press, operator: Client, shop: ShopData, database: Database
) -> None:
    press(json={"code": shop.codes[0], "press": 1})
    assert press(json={"code": shop.codes[0], "press": 2}).json["effect"] == "already"  # type: ignore[index]
    operator.post(f"/c/{shop.codes[0]}/elsewhere", json={})
    assert press(json={"code": shop.codes[0], "press": 3}).json["effect"] == "signalled"  # type: ignore[index]


def test_a_button_receives_nothing(press: Press, buyer: Client, shop: ShopData, database: Database) -> None:
    order = press(json={"code": shop.codes[0], "press": 1}).json["order"]  # type: ignore[index]
    buyer.post(f"/orders/{order}/release")
    buyer.post(f"/orders/{order}/shipment")
    assert press(json={"code": shop.codes[0], "press": 2}).json["effect"] == "already"  # type: ignore[index]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 404),
        ({"code": "AAAAAAAAAAAA"}, 404),
        ({"code": None}, 404),
        ({"code": "CODE", "press": True}, 400),
        ({"code": "CODE", "press": ""}, 200),
        ({"code": "CODE", "press": "x" * 33}, 400),
        ({"code": "CODE", "press": ["x"]}, 400),
        ({"code": "CODE", "mode": "receive"}, 400),
        ({"code": "CODE", "key": 5}, 400),
        ({"code": "CODE", "key": "short"}, 400),
    ],
)
def test_what_is_not_right_is_said(
    press: Press, shop: ShopData, fields: dict[str, object], status: int
) -> None:
    if fields.get("code") == "CODE":
        fields = fields | {"code": shop.codes[0]}
    assert press(json=fields).status_code == status


def test_ten_a_second_and_then_it_waits(press: Press, shop: ShopData) -> None:
    statuses = [press(json={"code": shop.codes[0], "press": number}).status_code for number in range(40)]
    assert statuses[:10] == [200] * 10
    assert 429 in statuses


def test_without_a_token_or_with_an_ended_one_nothing_is_ordered(
    app: Flask, press: Press, shop: ShopData, database: Database
) -> None:
    answer = app.test_client().post("/api/v1/signals", json={"code": shop.codes[0]})
    assert answer.status_code == 401
    do(database, people.revoke_device, people.Device, 2)
    assert press(json={"code": shop.codes[0]}).status_code == 401
    assert signals(database) == 0
