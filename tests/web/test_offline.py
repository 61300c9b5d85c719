"""What a phone keeps: the worker, the shells that open without a network, and when it forgets all that."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from kanban import people
from kanban.db import Database
from web.conftest import Client, ShopData, deed

SHELLS = ("/offline/scan", "/offline/card", "/offline/queue")


def kept(client: Client, **headers: str) -> dict[str, Any]:
    """What the worker says that it keeps."""
    text = client.get("/sw.js", headers=headers).get_data(as_text=True)
    told: dict[str, Any] = json.loads(text.partition("\n")[0].removeprefix("const KEPT = ").removesuffix(";"))
    return told


def test_the_worker_keeps_the_shells_and_all_that_they_load(stranger: Client) -> None:
    told = kept(stranger)
    assert told["shells"] == {"/scan": SHELLS[0], "/c/": SHELLS[1], "/queue": SHELLS[2]}
    for shell in told["shells"].values():
        answer = stranger.get(shell)
        assert answer.headers["Kanban-Version"] == told["version"]
        loaded = re.findall(r'(?:src|href)="(/static/[^"#]+)', answer.get_data(as_text=True))
        assert set(loaded) <= {*told["assets"], *told["late"]}
    for asset in [*told["assets"], *told["late"], told["queue"], told["icon"]]:
        answer = stranger.get(asset)
        assert answer.status_code == 200
        is_named = "?v=" in asset  # what the plain reader loads itself has its version in its path alone
        assert ("max-age=31536000" in answer.headers["Cache-Control"]) == is_named


def test_everybody_gets_the_same_worker_which_says_nothing_of_anybody(
    stranger: Client, admin: Client, operator: Client
) -> None:
    assert kept(stranger) == kept(admin) == kept(operator)
    for shell in SHELLS:
        pages = {client.get(shell).get_data(as_text=True) for client in (stranger, admin, operator)}
        assert len(pages) == 1
        assert "Sign out" not in pages.pop()


def test_another_language_and_another_name_of_the_shop_are_another_version(
    stranger: Client, admin: Client
) -> None:
    before = kept(stranger)
    german = kept(stranger, **{"Accept-Language": "de"})
    assert german["version"] != before["version"]
    assert german["code"] == before["code"]
    admin.post("/shop", {"name": "Mill Works", "address": ""})
    assert kept(stranger)["version"] != before["version"]
    assert "Mill Works" in stranger.get("/offline/queue").get_data(as_text=True)


def test_fetching_the_worker_spends_no_notice(admin: Client) -> None:
    admin.post("/shop", {"name": "Mill Works", "address": ""})
    admin.get("/sw.js")
    admin.get("/offline/queue")
    assert 'class="notice' in admin.get("/people").get_data(as_text=True)


def test_what_is_kept_is_not_kept_by_the_way(stranger: Client) -> None:
    for path in ("/sw.js", "/queue", "/manifest.webmanifest", *SHELLS):
        assert stranger.get(path).headers["Cache-Control"] == "no-store", path
    assert stranger.get("/offline/board").status_code == 404


@pytest.mark.parametrize("asked", ["?v=0123456789", "", "?v=", "?v=%00"])
def test_a_file_under_the_name_of_another_version_is_not_kept(stranger: Client, asked: str) -> None:
    assert stranger.get(f"/static/js/queue.js{asked}").headers["Cache-Control"] == "no-store"
    assert stranger.get(f"/static/js/nothing.js{asked}").status_code == 404


@pytest.mark.parametrize(
    ("cookie", "forgets"),
    [
        (None, True), ("b9c1.20.0", True), ("b9c1.20.3", False), ("b9c1.20.", True), ("nonsense", True),
        ("b9c1.20.-1", True), ("b9c1.20.٣", True), ("b9c1.20." + "9" * 30, True),
    ],
)  # fmt: skip
def test_signing_out_clears_the_browser_unless_scans_wait_in_it(
    operator: Client, cookie: str | None, forgets: bool
) -> None:
    if cookie is not None:
        operator.set_cookie("kanban-queue", cookie)
    answer = operator.post("/sign-out", {})
    assert answer.headers.get("Clear-Site-Data") == ('"cache", "storage"' if forgets else None)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_way_back_takes_the_worker_away(app: Flask, stranger: Client) -> None:
    kanban = app.extensions["kanban"]
    app.extensions["kanban"] = replace(kanban, settings=replace(kanban.settings, offline=False))
    script = stranger.get("/sw.js").get_data(as_text=True)
    assert "unregister()" in script
    assert "KEPT" not in script
    assert 'data-worker=""' in stranger.get("/queue").get_data(as_text=True)


def test_the_manifest_speaks_the_shops_name_and_the_devices_language(stranger: Client, admin: Client) -> None:
    admin.post("/shop", {"name": "Mill Works", "address": ""})
    answer = stranger.get("/manifest.webmanifest", headers={"Accept-Language": "de"})
    assert answer.mimetype == "application/manifest+json"
    told = answer.get_json()
    assert (told["name"], told["short_name"], told["lang"]) == ("Mill Works", "Mill Works", "de")
    assert {icon.get("purpose") for icon in told["icons"]} == {"any", "maskable", None}
    assert [each["url"] for each in told["shortcuts"]] == ["/scan", "/scan?mode=receive", "/"]
    for icon in told["icons"]:
        assert stranger.get(icon["src"]).status_code == 200


def test_a_shared_photo_without_a_worker_leads_to_the_scanner(operator: Client) -> None:
    answer = operator.post("/share", {})
    assert (answer.status_code, answer.location) == (303, "/scan")


def test_a_replay_under_another_age_is_the_same_scan_and_the_form_may_tell_it(
    operator: Client, shop: ShopData
) -> None:
    """What the queue sends after an htmx press got no answer: the same words, as a form, with an age."""
    path, key = f"/c/{shop.codes[0]}/scans", "5f0c2f4e-press"
    first = operator.post(path, {"key": key}, key=key)
    assert first.status_code == 200
    again = operator.post(path, {"age_ms": "90000"}, key=key, headers={"Accept": "application/json"})
    assert again.get_json()["effect"] == "signalled"
    assert again.headers["Idempotent-Replay"] == "true"


def test_a_scan_without_a_sign_in_is_not_spent(stranger: Client, shop: ShopData, database: Database) -> None:
    """401 keeps the entry on the phone: its key must count once somebody is signed in."""
    path, key = f"/c/{shop.codes[0]}/scans", "5f0c2f4e-stranger"
    refused = stranger.post(path, json={"mode": "signal"}, key=key)
    assert (refused.status_code, "error" in refused.get_json()) == (401, True)
    this = deed()
    token = database.write(lambda session: people.add_device(session, this, "Phone", "operator")[1])
    sent = stranger.post(path, json={"mode": "signal"}, key=key, headers={"Authorization": f"Bearer {token}"})
    assert sent.get_json()["effect"] == "signalled"
