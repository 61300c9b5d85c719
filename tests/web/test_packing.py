"""What leaves is small, and still what it was."""

from __future__ import annotations

import re
from pathlib import Path

import brotli
import pytest
from flask import Flask

from kanban import config
from kanban.web import files
from web.conftest import Client, ShopData

FILE = "/static/js/queue.js"


def test_a_file_of_ours_is_packed_as_small_as_it_gets_and_unpacks_to_itself(stranger: Client) -> None:
    plain = stranger.get(FILE, headers={"Accept-Encoding": "identity"})
    packed = stranger.get(FILE, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert packed.headers["Content-Encoding"] == "br"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3
    assert brotli.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_a_file_that_the_browser_has_is_not_sent_again(stranger: Client) -> None:
    how = {"Accept-Encoding": "br"}
    first = stranger.get(FILE, headers=how)
    again = stranger.get(FILE, headers=how | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert stranger.head(FILE, headers=how).data == b""
    part = stranger.get(FILE, headers=how | {"Range": "bytes=0-9"})
    assert (part.status_code, len(part.data)) == (206, 10)


@pytest.mark.parametrize(
    ("accepted", "used"), [("gzip", "gzip"), ("zstd, gzip", "zstd"), ("identity", None), ("", None)]
)
def test_whoever_takes_no_brotli_gets_something_else(
    stranger: Client, accepted: str, used: str | None
) -> None:
    assert stranger.get(FILE, headers={"Accept-Encoding": accepted}).headers.get("Content-Encoding") == used


def test_parts_of_a_page_carry_no_rules_for_pages_and_workers_do(stranger: Client) -> None:
    for part in (FILE, "/static/css/tokens.css", "/static/icons/icon-192.png"):
        headers = stranger.get(part).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Security-Policy" not in headers
    for whole in ("/static/js/scanner/worker.js", "/sw.js", "/static/icons/icon.svg", "/queue"):
        assert "default-src 'none'" in stranger.get(whole).headers["Content-Security-Policy"], whole


@pytest.mark.parametrize("name", sorted(files.WHOLE))
def test_what_leaves_as_one_is_its_parts_in_their_order(stranger: Client, name: str) -> None:
    whole = stranger.get(f"/static/{name}", headers={"Accept-Encoding": "identity"})
    parts = [(config.assets("static") / part).read_bytes() for part in files.WHOLE[name]]
    assert whole.data == b"".join(parts)
    assert all(part.endswith((b"\n", b";")) for part in parts), "the next one begins on its own"
    assert whole.data.partition(b"\n")[2].startswith(b'"use strict";')


def test_no_page_loads_more_than_a_handful_of_scripts(
    buyer: Client, operator: Client, shop: ShopData
) -> None:
    """Each may be missing on bad Wi-Fi."""
    for path in (
        "/",
        "/scan",
        "/queue",
        "/labels",
        "/account",
        "/receiving",
        f"/c/{shop.codes[0]}",
        "/offline/card",
    ):
        for who in (buyer, operator):
            page = who.get(path).text
            assert 1 < len(re.findall(r"<script src=", page)) <= 4, path
    assert len(re.findall(r"<script src=", operator.get("/scan").text)) == 2


def test_every_script_of_the_scanner_leaves_with_it(stranger: Client) -> None:
    folder = config.assets("static") / "js" / "scanner"
    sent = {Path(part).name for part in files.WHOLE["js/scanner.js"] if part.startswith("js/scanner/")}
    assert {part.name for part in folder.iterdir()} - sent == {"worker.js"}


def test_the_queue_leaves_in_one_piece_made_of_its_nouns(app: Flask, stranger: Client) -> None:
    whole = stranger.get(FILE, headers={"Accept-Encoding": "identity"})
    assert whole.mimetype == "text/javascript"
    folder = config.assets("static") / "js" / "queue"
    assert {part.name for part in folder.iterdir()} == {
        Path(part).name for part in files.WHOLE["js/queue.js"]
    }
    for part in folder.iterdir():
        assert part.read_bytes() in whole.data
    with app.test_request_context():
        address = files.asset("js/queue.js")
    assert "max-age=31536000" in stranger.get(address).headers["Cache-Control"]
    assert address in stranger.get("/queue").text


def test_a_file_that_is_not_there_may_be_asked_about(stranger: Client) -> None:
    assert stranger.open("/static/1/", method="OPTIONS").status_code == 200
    assert stranger.get("/static/1/").status_code == 404
