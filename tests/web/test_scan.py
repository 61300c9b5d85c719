"""The page that a card's code opens, and its verb, for people, htmx and programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, g

from kanban import clock, journal, loops, people
from kanban.db import Database
from tests.web.conftest import Client, ShopData, deed, do, revision

KEY = "6f7d1c1e-0000-4000-8000-000000000001"


def bearer(database: Database, role: str = "operator") -> dict[str, str]:
    _, token = database.write(lambda session: people.add_device(session, deed(), "Scanner", role))
    return {"Authorization": f"Bearer {token}"}


def send(client: Client, code: str, key: str | None = None, **body: Any) -> Any:
    answer = client.post(f"/c/{code}/scans", json=body, key=key)
    return answer.status_code, answer.get_json()


def test_a_scan_of_a_full_card_orders(operator: Client, shop: ShopData) -> None:
    status, told = send(operator, shop.codes[0], KEY)
    assert status == 200
    assert told["key"] == KEY
    assert told["effect"] == "signalled"
    assert isinstance(told["order"], int)
    assert told["card"]["supply"] == "empty"
    assert told["card"]["due"] is not None


def test_a_person_sees_the_result_and_undo(operator: Client, shop: ShopData) -> None:
    page = operator.post(f"/c/{shop.codes[0]}/scans", {}).text
    assert 'data-effect="signalled"' in page
    assert f'action="/c/{shop.codes[0]}/withdrawal"' in page
    assert "<!doctype html>" in page


def test_htmx_gets_the_fragment_alone(operator: Client, shop: ShopData) -> None:
    part = operator.post(f"/c/{shop.codes[0]}/scans", {}, headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div class="result" id="result"')


@pytest.mark.parametrize("form", [str.lower, str.upper, lambda code: f"{code[:4]}-{code[4:8]}-{code[8:]}"])
def test_any_spelling_of_the_code_opens_the_card(
    operator: Client, shop: ShopData, form: Callable[[str], str]
) -> None:
    assert "SCREW" in operator.get(f"/c/{form(shop.codes[0])}").text


def test_opening_a_card_changes_nothing(operator: Client, database: Database, shop: ShopData) -> None:
    before = revision(database)
    for _ in range(3):
        assert operator.get(f"/c/{shop.codes[0]}").status_code == 200
        assert operator.head(f"/c/{shop.codes[0]}").status_code == 200
    assert revision(database) == before


def test_the_second_scan_tells_what_is_known(operator: Client, shop: ShopData) -> None:
    _, first = send(operator, shop.codes[0])
    status, second = send(operator, shop.codes[0])
    assert (status, second["effect"], second["order"]) == (200, "already", first["order"])


def test_a_card_on_order_says_what_its_supplier_said(operator: Client, buyer: Client, shop: ShopData) -> None:
    _, first = send(operator, shop.codes[0])
    buyer.post(f"/orders/{first['order']}/release")
    assert "It is on order at Bolts &amp; Co." in operator.get(f"/c/{shop.codes[0]}").text
    buyer.post(f"/orders/{first['order']}/confirmation", {"due": "2026-12-24"})
    page = operator.get(f"/c/{shop.codes[0]}").text
    assert "Bolts &amp; Co has confirmed it." in page
    assert "24 Dec" in page


def test_the_same_key_gets_the_same_answer(operator: Client, database: Database, shop: ShopData) -> None:
    first = send(operator, shop.codes[0], KEY)
    before = revision(database)
    answer = operator.post(f"/c/{shop.codes[0]}/scans", json={"age_ms": 5000}, key=KEY)
    assert answer.headers["Idempotent-Replay"] == "true"
    told = answer.get_json()
    assert {**told, "card": None, "replayed": False} == {**first[1], "card": None}
    assert revision(database) == before


def test_a_key_of_another_card_is_refused(operator: Client, database: Database, shop: ShopData) -> None:
    send(operator, shop.codes[0], KEY)
    before = revision(database)
    assert send(operator, shop.codes[1], KEY)[0] == 422
    assert revision(database) == before


def test_undo_takes_it_back(operator: Client, shop: ShopData) -> None:
    send(operator, shop.codes[0])
    assert "Taken back" in operator.post(f"/c/{shop.codes[0]}/withdrawal", {}).text
    assert send(operator, shop.codes[0])[1]["effect"] == "signalled"


def test_undo_is_refused_when_its_time_is_over(
    operator: Client, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(operator, shop.codes[0])
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    answer = operator.post(f"/c/{shop.codes[0]}/withdrawal", {})
    assert answer.status_code == 409
    assert "ask a buyer" in answer.text


def test_a_buyer_takes_it_off_the_draft_at_any_time(
    operator: Client, buyer: Client, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(operator, shop.codes[0])
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert buyer.post(f"/c/{shop.codes[0]}/withdrawal", {}).status_code == 200


def test_a_stranger_sees_the_card_but_not_its_place_or_supplier(stranger: Client, shop: ShopData) -> None:
    page = stranger.get(f"/c/{shop.codes[0]}").text
    assert "SCREW" in page
    assert "Rack A" not in page
    assert "Bolts" not in page
    assert "/sign-in?next=/c/" in page


def test_a_stranger_may_not_order_and_the_try_is_on_record(
    stranger: Client, database: Database, shop: ShopData
) -> None:
    before = revision(database)
    assert send(stranger, shop.codes[0])[0] == 401
    with database.read() as session:
        last = session.get_one(journal.Event, before + 1)
    assert (last.kind, last.facts["reason"], last.card_id) == ("refused", "stranger", shop.cards[0])


def test_who_holds_no_card_cannot_fill_the_journal(stranger: Client, database: Database) -> None:
    before = revision(database)
    assert send(stranger, "0" * 12)[0] == 401
    assert send(stranger, "no code at all")[0] == 401
    assert revision(database) == before


def test_where_the_shop_lets_anyone_signal_a_stranger_orders_but_does_not_receive(
    app: Flask, stranger: Client, shop: ShopData
) -> None:
    kanban = app.extensions["kanban"]
    app.extensions["kanban"] = type(kanban)(
        type(kanban.settings)(**{**vars(kanban.settings), "signal": "anyone"}), kanban.database
    )
    assert send(stranger, shop.codes[0])[1]["effect"] == "signalled"
    assert send(stranger, shop.codes[1], mode="receive")[0] == 401


def test_a_viewer_may_not_order(viewer: Client, shop: ShopData) -> None:
    assert send(viewer, shop.codes[0])[0] == 403


def test_a_device_scans_with_its_token(stranger: Client, database: Database, shop: ShopData) -> None:
    headers = bearer(database)
    answer = stranger.post(f"/c/{shop.codes[0]}/scans", json={}, headers=headers)
    assert answer.get_json()["effect"] == "signalled"


def test_a_revoked_token_is_refused_on_the_next_request(
    stranger: Client, database: Database, shop: ShopData
) -> None:
    headers = bearer(database)
    device_id = database.write(lambda session: people.devices(session)[-1].id)
    do(database, people.revoke_device, people.Device, device_id)
    assert stranger.post(f"/c/{shop.codes[0]}/scans", json={}, headers=headers).status_code == 401


@pytest.mark.parametrize("code", ["000000000000", "abc", "%00", "../../etc", "A" * 300, "ÄÖÜ", "＃"])
def test_what_is_no_code_of_ours_is_explained(operator: Client, code: str) -> None:
    assert operator.get(f"/c/{code}").status_code == 404
    assert operator.post(f"/c/{code}/scans", {}).status_code == 404


def test_an_unknown_code_is_refused_and_journalled(operator: Client, database: Database) -> None:
    from kanban import codes

    before = revision(database)
    status, told = send(operator, codes.make())
    assert (status, told["effect"], told["reason"]) == (404, "refused", "unknown")
    assert revision(database) == before + 1


def test_a_lost_card_never_orders(operator: Client, database: Database, shop: ShopData) -> None:
    do(database, loops.replace, loops.Card, shop.cards[0], "lost")
    status, told = send(operator, shop.codes[0])
    assert (status, told["effect"], told["reason"]) == (409, "refused", "lost")
    assert "reported lost" in operator.get(f"/c/{shop.codes[0]}").text


def test_a_late_scan_of_a_bin_that_was_filled_since_orders_nothing(
    operator: Client, buyer: Client, shop: ShopData
) -> None:
    _, told = send(operator, shop.codes[0])
    buyer.post(f"/orders/{told['order']}/release", {})
    assert send(operator, shop.codes[0], mode="receive")[1]["effect"] == "received"
    assert send(operator, shop.codes[0], age_ms=3_600_000)[1]["effect"] == "stale"
    assert send(operator, shop.codes[0])[1]["effect"] == "signalled"


def test_a_receipt_for_another_order_does_nothing(operator: Client, buyer: Client, shop: ShopData) -> None:
    _, told = send(operator, shop.codes[0])
    buyer.post(f"/orders/{told['order']}/release", {})
    _, other = send(operator, shop.codes[0], mode="receive", order=told["order"] + 1)
    assert (other["effect"], other["reason"]) == ("nothing", "other_order")


def test_a_part_receipt_leaves_the_rest_open(operator: Client, buyer: Client, shop: ShopData) -> None:
    _, told = send(operator, shop.codes[0])
    buyer.post(f"/orders/{told['order']}/release", {})
    _, part = send(operator, shop.codes[0], mode="receive", quantity="10")
    assert (part["effect"], part["card"]["supply"]) == ("received", "ordered")


@pytest.mark.parametrize("verb", ["urgent", "extra", "elsewhere", "reprint"])
def test_the_other_verbs_of_an_open_card_work_once_per_key(
    operator: Client, database: Database, shop: ShopData, verb: str
) -> None:
    send(operator, shop.codes[0])
    assert operator.post(f"/c/{shop.codes[0]}/{verb}", {}, key=KEY).status_code == 200
    before = revision(database)
    assert operator.post(f"/c/{shop.codes[0]}/{verb}", {}, key=KEY).status_code == 200
    assert revision(database) == before


def test_a_full_card_cannot_be_urgent(operator: Client, shop: ShopData) -> None:
    assert operator.post(f"/c/{shop.codes[0]}/urgent", {}).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "steal"},
        {"mode": None},
        {"quantity": "NaN"},
        {"quantity": "-1"},
        {"quantity": 1e400},
        {"quantity": "1.0005"},
        {"quantity": [1]},
        {"sure": "maybe"},
        {"order": 10**30},
        {"order": "x"},
        {"age_ms": -1},
        {"age_ms": 10**30},
        {"unknown": 1},
        {"mode": "\ud800"},
    ],
)
def test_a_field_that_makes_no_sense_is_named(
    operator: Client, database: Database, shop: ShopData, body: dict[str, Any]
) -> None:
    before = revision(database)
    status, told = send(operator, shop.codes[0], **body)
    assert status == 400
    assert next(iter(body)) in told["detail"]
    assert revision(database) == before


@pytest.mark.parametrize("sent", ["null", "[]", '"text"', "1", "{", "", "\x00", "[" * 5000])
def test_a_body_that_is_no_object_is_refused(operator: Client, shop: ShopData, sent: str) -> None:
    answer = operator.post(f"/c/{shop.codes[0]}/scans", data=sent, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 65, "with space in it", "Ümlautschlüssel", "a\x00bcdefgh"]
)
def test_a_request_without_a_proper_key_is_refused(
    stranger: Client, app: Flask, shop: ShopData, key: str
) -> None:
    answer = app.test_client().open(
        f"/c/{shop.codes[0]}/scans", method="POST", json={"key": key}, headers={"Origin": "http://localhost"}
    )
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.get_json()["detail"]


def test_a_full_disk_is_an_honest_503(
    operator: Client, database: Database, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def full(works: object) -> list[object]:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(database, "_transaction", full)
    answer = operator.post(f"/c/{shop.codes[0]}/scans", json={})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    monkeypatch.undo()
    assert send(operator, shop.codes[0])[1]["effect"] == "signalled"


def test_a_typed_code_leads_to_its_card(operator: Client, shop: ShopData) -> None:
    code = shop.codes[0]
    for typed in (code.lower(), f" {code[:4]} {code[4:8]} {code[8:]} ", f"http://kanban.example/c/{code}"):
        answer = operator.get("/scan", query_string={"code": typed})
        assert answer.headers["Location"].endswith(f"/cards/{code}"), typed


def test_a_mistyped_code_says_so(operator: Client) -> None:
    assert "twelve" in operator.get("/scan", query_string={"code": "nonsense"}).text.lower()


def test_the_clock_of_a_request_is_read_once(app: Flask) -> None:
    with app.test_request_context("/healthz"):
        app.preprocess_request()
        assert g.at.tzinfo is not None


def test_after_signing_in_the_refused_gesture_may_be_sent_again(
    stranger: Client, operator: Client, shop: ShopData
) -> None:
    assert send(stranger, shop.codes[0], KEY)[0] == 401
    assert send(operator, shop.codes[0], KEY)[1]["effect"] == "signalled"


def test_a_clock_that_was_set_back_makes_no_fresh_scan_late(
    operator: Client, buyer: Client, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, told = send(operator, shop.codes[0])
    buyer.post(f"/orders/{told['order']}/release", {})
    send(operator, shop.codes[0], mode="receive")
    earlier = clock.now() - timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: earlier)
    assert send(operator, shop.codes[0], age_ms=3_600_000)[1]["effect"] == "stale"
    assert send(operator, shop.codes[0], age_ms=400)[1]["effect"] == "signalled"
