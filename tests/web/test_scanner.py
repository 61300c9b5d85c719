"""The scanner's page as the server sends it, and what its scripts are told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask

from kanban import codes
from web.conftest import Client, ShopData

AS_JSON = {"Accept": "application/json"}


def test_without_script_the_page_is_a_form_that_leads_to_the_card(operator: Client, shop: ShopData) -> None:
    page = operator.get("/scan")
    assert 'action="/scan"' in page.text
    code = shop.codes[0]
    for typed in (code, f"{code[:4]} {code[4:8]}-{code[8:]}".lower(), f"http://anywhere.example/c/{code}"):
        assert operator.get("/scan", query_string={"code": typed}).location == f"/cards/{code}"


def test_a_mistyped_code_is_told_where_it_was_typed(operator: Client) -> None:
    page = operator.get("/scan?code=ABC").text
    assert 'aria-invalid="true"' in page
    assert "12" in page


def test_webassembly_is_allowed_to_the_scanner_alone(operator: Client) -> None:
    policies = {
        path: operator.get(path).headers.getlist("Content-Security-Policy")
        for path in ("/scan", "/static/js/scanner/worker.js", "/", "/static/js/app.js", "/items")
    }
    assert [path for path, told in policies.items() if "'wasm-unsafe-eval'" in "".join(told)] == [
        "/scan", "/static/js/scanner/worker.js",
    ]  # fmt: skip
    for told in policies.values():
        assert len(told) <= 1
        assert "'unsafe-eval'" not in "".join(told)
        assert "'unsafe-inline'" not in "".join(told)


def test_the_reader_is_served_as_what_it_is_to_be_kept_for_ever(operator: Client) -> None:
    page = operator.get("/scan").text
    (address,) = re.findall(r'data-wasm="([^"]+)"', page)
    answer = operator.get(address, headers={"Accept-Encoding": "br"})
    assert answer.mimetype == "application/wasm"
    assert answer.headers["Content-Encoding"] == "br"
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert not re.search(r"<script(?![^>]+(src=|application/json))", page), "no script stands in the page"
    assert "reader.js" not in "".join(re.findall(r"<script[^>]+>", page)), "it comes when needed"


def test_the_scripts_know_our_hosts_without_ports(operator: Client) -> None:
    (texts,) = re.findall(r'id="scan-texts">(.*?)</script>', operator.get("/scan").text, re.DOTALL)
    hosts = json.loads(texts)["hosts"]
    assert {"kanban.example", "localhost"} <= set(hosts)
    assert not [host for host in hosts if ":8" in host]


def test_a_signaller_is_shown_the_modes_that_they_may_use(client: Callable[[str], Client]) -> None:
    modes = {
        role: re.findall(r'name="mode" value="(\w+)"', client(role).get("/scan").text)
        for role in ("signaller", "operator")
    }
    allowed = ["signal", "receive", "look", "audit", "pick"]
    assert modes == {"signaller": ["signal", "look"], "operator": allowed}


def test_every_answer_says_what_to_show(operator: Client, shop: ShopData) -> None:
    scan = f"/c/{shop.codes[0]}/scans"
    first = operator.post(scan, json={}).get_json()["verdict"]
    assert (first["tone"], first["headline"], first["correction"]) == ("done", "Ordered", None)
    assert first["undo"]["post"] == f"/c/{shop.codes[0]}/withdrawal"
    again = operator.post(scan, json={}).get_json()["verdict"]
    assert (again["tone"], again["headline"]) == ("known", "Already on order")
    assert again["facts"][-1].startswith("Operator, ")
    undone = operator.post(first["undo"]["post"], json={}).get_json()["verdict"]
    assert undone["headline"] == "Taken back"
    unknown = operator.post(f"/c/{codes.make()}/scans", json={}).get_json()["verdict"]
    assert (unknown["tone"], unknown["undo"]) == ("no", None)


def test_a_look_tells_the_cards_facts_and_a_stranger_little(
    operator: Client, stranger: Client, shop: ShopData
) -> None:
    address = f"/c/{shop.codes[0]}"
    seen = operator.get(address, headers=AS_JSON).get_json()
    assert seen["verdict"]["headline"] == "Full"
    assert seen["verdict"]["facts"] == ["Rack A, from Bolts & Co"]
    assert seen["card"]["sku"] == "SCREW"
    operator.post(f"{address}/scans", json={})
    assert operator.get(address, headers=AS_JSON).get_json()["verdict"]["headline"] == "Empty, to be ordered"
    told = stranger.get(address, headers=AS_JSON)
    assert "Bolts" not in told.text
    assert "Rack A" not in told.text
    assert operator.get(f"/c/{codes.make()}", headers=AS_JSON).status_code == 404


@pytest.mark.parametrize("path", ["/", "/items", "/journal"])
def test_a_hand_scanner_works_on_every_screen_of_who_may_scan(
    client: Callable[[str], Client], app: Flask, path: str
) -> None:
    assert "js/desk-that-scans.js" in client("signaller").get(path).text
    assert "js/desk-that-scans.js" not in client("viewer").get(path).text
