"""Shelf audits on the screen and for the scanner."""

from __future__ import annotations

import uuid

from kanban import codes
from kanban.db import Database
from web.conftest import Client, ShopData, revision


def test_the_scanner_learns_the_places_and_what_belongs_there(operator: Client, shop: ShopData) -> None:
    places = operator.get("/audits/places").get_json()["places"]
    assert [(each["path"], each["cards"]) for each in places] == [("Works", 2), ("Works › Rack A", 2)]
    shelf = operator.get(f"/audits/shelf/{shop.rack}").get_json()
    assert [card["code"] for card in shelf["cards"]] == list(shop.codes)
    assert shelf["cards"][0]["supply_word"] == "full"
    assert operator.get("/audits/shelf/999").status_code == 404


def test_a_sweep_is_saved_once_and_shown(operator: Client, shop: ShopData, database: Database) -> None:
    key, sent = str(uuid.uuid4()), {"location": shop.rack, "seen": [shop.codes[0]]}
    answer = operator.post("/audits", json=sent, key=key)
    assert answer.status_code == 200
    before = revision(database)
    assert operator.post("/audits", json=sent, key=key).get_json()["href"] == answer.get_json()["href"]
    assert revision(database) == before
    page = operator.get(answer.get_json()["href"]).text
    assert "50 %" in page
    assert "Missing (1)" in page
    assert f"/cards/{shop.codes[1]}" in page
    assert "50 %" in operator.get("/audits").text


def test_an_unknown_code_is_shown_as_such(operator: Client, shop: ShopData) -> None:
    sent = {"location": shop.rack, "seen": [*shop.codes, codes.make()]}
    page = operator.get(operator.post("/audits", json=sent).get_json()["href"]).text
    assert "66.6 %" in page
    assert "Unknown (1)" in page


def test_before_the_first_audit_the_page_says_what_to_do(viewer: Client, operator: Client) -> None:
    assert "No shelf was audited yet" in viewer.get("/audits").text
    assert "/scan?mode=audit" not in viewer.get("/audits").text
    assert "/scan?mode=audit" in operator.get("/audits").text


def test_a_sweep_that_makes_no_sense_is_refused(operator: Client, shop: ShopData, database: Database) -> None:
    before = revision(database)
    for sent, status in (
        ({}, 400),
        ({"location": "here"}, 400),
        ({"location": shop.rack, "seen": "all"}, 400),
        ({"location": shop.rack, "seen": ["no code"]}, 404),
        ({"location": shop.rack, "seen": [shop.codes[0]] * 5001}, 400),
        ({"location": 999, "seen": []}, 404),
        ({"location": shop.rack, "colour": "blue"}, 400),
    ):
        answer = operator.post("/audits", json=sent)
        assert answer.status_code == status, sent
        assert answer.get_json()["error"]
    assert revision(database) == before
