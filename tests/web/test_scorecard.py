"""Scorecards on the screen: words, charts with their tables, and the sheet."""

from __future__ import annotations

import csv
import io

import pytest

from kanban.db import Database
from tests.web.conftest import Client, ShopData
from tests.web.test_queries import traced

ADDRESSES = ("/suppliers/scorecard", "/suppliers/scorecard.csv")


@pytest.fixture
def order(operator: Client, buyer: Client, shop: ShopData) -> int:
    order: int = operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()["order"]
    buyer.post(f"/orders/{order}/release", {})
    buyer.post(f"/orders/{order}/confirmation", {})
    operator.post(f"/orders/{order}/receipts", {})
    return order


def test_a_share_is_said_with_what_it_may_be(viewer: Client, shop: ShopData, order: int) -> None:
    listed = viewer.get("/suppliers/scorecard").text
    assert "Bolts &amp; Co" in listed
    assert "at most 2 working days before it" in listed
    page = viewer.get(f"/suppliers/{shop.bolts}/scorecard").text
    assert "of 1 on time: anything from" in page
    assert "too few to judge" in page
    assert 'role="img"' in page
    assert "As a table" in page
    assert "SCREW" in page
    assert "/scorecard" in viewer.get(f"/suppliers/{shop.bolts}").text


def test_an_empty_shop_has_nothing_to_judge(viewer: Client, shop: ShopData) -> None:
    assert "Nothing to judge yet" in viewer.get("/suppliers/scorecard").text
    assert "Nothing to judge yet" in viewer.get(f"/suppliers/{shop.bolts}/scorecard").text
    assert viewer.get("/suppliers/999/scorecard").status_code == 404


def test_the_sheet_has_a_row_for_each_supplier(viewer: Client, order: int) -> None:
    answer = viewer.get("/suppliers/scorecard.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 2
    assert len(rows[0]) == len(rows[1])
    assert rows[1][:2] == ["Bolts & Co", "1"]
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("sort", ["confirmed", "-promised", "p50", "-p90", "short", "-answer", "name"])
def test_the_list_is_sorted_by_every_column(viewer: Client, order: int, sort: str) -> None:
    assert viewer.get(f"/suppliers/scorecard?sort={sort}").status_code == 200


@pytest.mark.parametrize("asked", ["?sort=price", "?days=1", "?days=x"])
def test_what_no_link_says_is_refused(viewer: Client, asked: str) -> None:
    for address in ADDRESSES:
        assert viewer.get(address + asked).status_code == 400


def test_few_statements_read_all_of_it(viewer: Client, database: Database, order: int) -> None:
    viewer.get("/suppliers/scorecard")
    with traced(database) as seen:
        viewer.get("/suppliers/scorecard")
        asked = [each for each in seen if each.startswith("SELECT")]
    assert 4 <= len(asked) <= 8, asked
