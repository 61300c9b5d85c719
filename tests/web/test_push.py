"""Messages on a device: switched on by whoever holds it, reached by nobody else, and over when gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from kanban import people, subscriptions
from kanban.db import Database
from kanban.senders import push
from kanban.subscriptions import PushSubscription
from web.conftest import Client, deed

BROWSER = {
    "endpoint": "https://push.example/send/abc",
    "expirationTime": None,
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}


def kept(database: Database) -> list[PushSubscription]:
    with database.read() as session:
        return list(session.scalars(select(PushSubscription)))


def bad(**changes: Any) -> dict[str, Any]:
    return BROWSER | changes


def test_a_person_switches_messages_on_and_off(viewer: Client, database: Database) -> None:
    assert viewer.post("/push/subscriptions", json=BROWSER).status_code == 200
    [row] = kept(database)
    assert row.person_id
    assert (row.device_id, row.gone_at, row.endpoint) == (None, None, BROWSER["endpoint"])
    with database.read() as session:
        assert [each.id for each in subscriptions.of(session, people=[row.person_id])] == [row.id]
    answer = viewer.post("/push/subscriptions/removal", json={"endpoint": BROWSER["endpoint"]})
    assert answer.status_code == 200
    assert kept(database) == []


def test_a_device_takes_messages_too(stranger: Client, database: Database) -> None:
    this = deed()
    device, token = database.write(lambda session: people.add_device(session, this, "Phone", "operator"))
    sent = stranger.post("/push/subscriptions", json=BROWSER, headers={"Authorization": f"Bearer {token}"})
    assert sent.status_code == 200
    assert [(row.person_id, row.device_id) for row in kept(database)] == [(None, device.id)]


def test_a_browser_that_got_another_address_stays_whose_it_was(
    viewer: Client, stranger: Client, database: Database
) -> None:
    """The service worker tells it, perhaps long after somebody signed out: it knows the old address."""
    viewer.post("/push/subscriptions", json=BROWSER)
    [before] = kept(database)
    moved = bad(endpoint="https://push.example/send/new", before=BROWSER["endpoint"])
    assert stranger.post("/push/subscriptions/renewal", json=moved).status_code == 200
    [row] = kept(database)
    assert (row.id, row.person_id) == (before.id, before.person_id)
    assert row.endpoint == "https://push.example/send/new"
    again = stranger.post("/push/subscriptions/renewal", json=moved)
    assert again.status_code == 422, "nobody has the old address any more"
    assert stranger.post("/push/subscriptions/renewal", json=bad(before="")).status_code == 400
    assert [each.endpoint for each in kept(database)] == [row.endpoint]


def test_a_browser_belongs_to_whoever_switched_it_on_last(
    viewer: Client, buyer: Client, database: Database
) -> None:
    viewer.post("/push/subscriptions", json=BROWSER)
    [before] = kept(database)
    buyer.post("/push/subscriptions", json=BROWSER)
    [after] = kept(database)
    assert after.id == before.id
    assert after.person_id != before.person_id


def test_a_replay_keeps_one_and_journals_once(viewer: Client, database: Database) -> None:
    for _ in range(2):
        assert viewer.post("/push/subscriptions", json=BROWSER, key="subscribe-1").status_code == 200
    viewer.post("/push/subscriptions/removal", json={"endpoint": BROWSER["endpoint"]})
    viewer.post("/push/subscriptions", json=BROWSER, key="subscribe-1")
    assert kept(database) == [], "the late copy of a request brings nothing back"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 400), ({"endpoint": 7, "keys": BROWSER["keys"]}, 400), ([], 400), (bad(keys=None), 400),
        (bad(keys={}), 400), (bad(endpoint=""), 422), (bad(endpoint="http://push.example/x"), 422),
        (bad(endpoint="https://localhost/x"), 422), (bad(endpoint="https://10.0.0.1/x"), 422),
        (bad(endpoint="https://[::1]/x"), 422), (bad(endpoint="https://2130706433/x"), 422),
        (bad(endpoint="https://push.example:8443/x"), 422), (bad(endpoint="https://a:b@push.example/x"), 422),
        (bad(endpoint="https://push.example:99999/x"), 422), (bad(endpoint="https://püsh.example/x"), 422),
        (bad(endpoint="https://push.example/" + "x" * 2_000), 400), (bad(endpoint="file:///etc/passwd"), 422),
        (bad(endpoint="https://push.example/\ud800"), 400), (bad(endpoint="https://[push.example/x"), 422),
        (bad(keys=BROWSER["keys"] | {"auth": "AAAA"}), 422),
        (bad(keys=BROWSER["keys"] | {"p256dh": "!"}), 422),
        (bad(keys=BROWSER["keys"] | {"auth": "x" * 41}), 400),
    ],
)  # fmt: skip
def test_what_no_browser_sends_is_refused(viewer: Client, database: Database, sent: Any, status: int) -> None:
    answer = viewer.post("/push/subscriptions", json=sent)
    assert answer.status_code == status
    assert answer.get_json()["error"]
    assert kept(database) == []


@pytest.mark.parametrize("sent", [{}, {"endpoint": 7}, {"endpoint": ""}, {"endpoint": "x" * 3_000}])
@pytest.mark.parametrize("path", ["/push/subscriptions/removal", "/push/test"])
def test_an_endpoint_that_is_none_is_refused(viewer: Client, path: str, sent: dict[str, Any]) -> None:
    assert viewer.post(path, json=sent).status_code == 400


@pytest.mark.parametrize(
    ("fate", "said"), [(push.DELIVERED, "Sent."), (push.GONE, "off and on"), (push.LATER, "internet")]
)
def test_a_test_message_says_what_became_of_it(
    viewer: Client, database: Database, monkeypatch: pytest.MonkeyPatch, fate: str, said: str
) -> None:
    sent: list[tuple[str, bytes]] = []

    def send(subscription: PushSubscription, payload: bytes, **how: Any) -> push.Outcome:
        sent.append((subscription.endpoint, payload))
        return push.Outcome(fate)

    monkeypatch.setattr(push, "send", send)
    viewer.post("/push/subscriptions", json=BROWSER)
    answer = viewer.post("/push/test", json={"endpoint": BROWSER["endpoint"]})
    assert (answer.get_json()["fate"], said in answer.get_json()["said"]) == (fate, True)
    assert [endpoint for endpoint, _ in sent] == [BROWSER["endpoint"]]
    assert b"kanban.example/account" in sent[0][1]
    [row] = kept(database)
    assert (row.gone_at is not None) == (fate == push.GONE)


def test_nobody_sends_a_test_to_anothers_browser(viewer: Client, buyer: Client) -> None:
    viewer.post("/push/subscriptions", json=BROWSER)
    assert buyer.post("/push/test", json={"endpoint": BROWSER["endpoint"]}).status_code == 400


def test_the_account_offers_messages_with_our_key(viewer: Client, client: Callable[[str], Client]) -> None:
    page = viewer.get("/account").get_data(as_text=True)
    assert 'id="push" data-key="B' in page
    assert client("buyer").get("/account").get_data(as_text=True).count('id="push"') == 1
