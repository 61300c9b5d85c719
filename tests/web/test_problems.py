"""The short report from a scan, and the buyer's list."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from kanban.db import Database
from tests.web.conftest import Client, ShopData, revision


def test_a_problem_is_reported_from_the_scan_page_and_settled(
    operator: Client, buyer: Client, shop: ShopData
) -> None:
    assert f"/problems/new?card={shop.codes[0]}" in operator.get(f"/c/{shop.codes[0]}").text
    form = operator.get(f"/problems/new?card={shop.codes[0]}").text
    assert "SCREW" in form
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "PNG")
    fields = {"card": shop.codes[0], "kind": "damaged", "note": "heads are torn",
              "photo": (io.BytesIO(file.getvalue()), "p.png")}  # fmt: skip
    answer = operator.post("/problems", fields)
    assert (answer.status_code, answer.location) == (303, f"/c/{shop.codes[0]}")
    listed = buyer.get("/problems").text
    for told in ("SCREW", "heads are torn", "Operator", "/photos/", "Bolts"):
        assert told in listed
    assert operator.post("/problems/1/settlement", {}).status_code == 403
    assert buyer.post("/problems/1/settlement", {"settlement": "new ones come"}).status_code == 303
    assert buyer.post("/problems/1/settlement", {}).status_code == 409
    assert "heads are torn" not in buyer.get("/problems").text
    assert "new ones come" in buyer.get("/problems?state=settled").text


def test_a_stranger_sees_no_way_to_report(stranger: Client, shop: ShopData) -> None:
    assert "/problems" not in stranger.get(f"/c/{shop.codes[0]}").text


def test_the_same_press_twice_is_one_report(operator: Client, database: Database, shop: ShopData) -> None:
    fields = {"card": shop.codes[0], "kind": "short"}
    operator.post("/problems", fields, key="press-of-report")
    before = revision(database)
    again = operator.post("/problems", fields, key="press-of-report")
    assert again.status_code == 303
    assert revision(database) == before


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 422), ({"kind": "damaged"}, 404), ({"kind": "broken"}, 422), ({"kind": "other"}, 422),
        ({"kind": "short", "role": "admin"}, 400), ({"kind": "short", "delivery": "99"}, 422),
        ({"kind": "short", "delivery": "x"}, 422), ({"kind": "short", "note": "\x00"}, 422),
        ({"kind": "short", "photo": (io.BytesIO(b"no photo"), "p.png")}, 422),
    ],
)  # fmt: skip
def test_a_report_that_says_too_little_or_too_much_is_refused(
    operator: Client, database: Database, shop: ShopData, fields: dict[str, object], status: int
) -> None:
    before = revision(database)
    whole = fields if fields.get("kind") == "damaged" else {"card": shop.codes[0]} | fields
    if "delivery" in fields:
        whole = dict(fields)
    answer = operator.post("/problems", whole)
    assert answer.status_code in (status, 404)
    assert revision(database) == before


def test_a_form_about_nothing_is_not_there(operator: Client) -> None:
    for asked in ("", "?card=nonsense", "?card=7K3M9QX2FT4A", "?delivery=77"):
        assert operator.get(f"/problems/new{asked}").status_code == 404
