"""The screens of items: lists that stay quick, pages that hide what is not for everybody, and the form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

from kanban import items
from kanban.db import Database
from kanban.items import Item
from kanban.web import forms
from web.conftest import Client, ShopData, deed, revision


def item_of(database: Database, sku: str) -> Item:
    with database.read() as session:
        found = items.by_sku(session, sku)
    assert found is not None
    return found


def add_items(database: Database, *facts: items.ItemFacts) -> None:
    def add(session: Session) -> None:
        for each in facts:
            items.add(session, deed(), each)

    database.write(add)


@contextmanager
def counted_statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(database.reader, "before_cursor_execute", note)
    yield seen
    event.remove(database.reader, "before_cursor_execute", note)


def test_a_buyer_adds_an_item_and_sees_its_page(buyer: Client, database: Database) -> None:
    answer = buyer.post("/items", {"sku": "NUT-8", "name": "Nut M8", "unit": "pcs", "unit_cost": "0,05"})
    assert answer.status_code == 303
    page = buyer.get(answer.location).text
    assert "NUT-8" in page
    assert "Nut M8" in page
    assert "Saved." in page
    assert item_of(database, "nut-8").unit_cost == Decimal("0.05")


def test_a_second_try_under_the_same_key_makes_no_second_item(buyer: Client, database: Database) -> None:
    fields = {"sku": "NUT-8", "name": "Nut M8"}
    first = buyer.post("/items", fields, key="one-press")
    before = revision(database)
    again = buyer.post("/items", fields, key="one-press")
    assert again.location == first.location
    assert revision(database) == before


def test_the_page_shows_offers_loops_cards_and_history(buyer: Client, shop: ShopData) -> None:
    page = buyer.get(f"/items/{shop.screw}").text
    said = ("Hexagon screw M8", "Bolts &amp; Co", "B-100", "€2.50", "Rack A", "Card 2 of 2", "Card 1: made")
    for each in said:
        assert each in page


def test_a_viewer_sees_no_prices_and_no_buttons(viewer: Client, shop: ShopData) -> None:
    for path in (f"/items/{shop.screw}", "/items"):
        page = viewer.get(path).text
        assert "€" not in page
        assert "/items/new" not in page
        assert "/edit" not in page


@pytest.mark.parametrize("path", ["/items/new", "/items/1/edit", "/items/1/offers/new"])
def test_a_viewer_gets_no_form(viewer: Client, path: str) -> None:
    assert viewer.get(path).status_code == 403


def test_a_viewer_and_an_operator_change_nothing(
    viewer: Client, operator: Client, database: Database, shop: ShopData
) -> None:
    before = revision(database)
    for browser in (viewer, operator):
        assert browser.post("/items", {"sku": "A", "name": "B"}).status_code == 403
        assert browser.post(f"/items/{shop.screw}", {"sku": "A", "name": "B"}).status_code == 403
    assert revision(database) == before


def test_a_stranger_is_asked_to_sign_in(stranger: Client) -> None:
    assert stranger.get("/items").location.startswith("/sign-in")


def test_every_bad_field_is_said_at_once_and_what_was_typed_stays(buyer: Client, database: Database) -> None:
    before = revision(database)
    answer = buyer.post("/items", {"sku": "", "name": "Kept <b>", "unit_cost": "much", "consequence": "9"})
    assert answer.status_code == 422
    assert "The SKU is empty." in answer.text
    assert "The unit cost is not a number." in answer.text
    assert "must be at most 4" in answer.text
    assert "Kept &lt;b&gt;" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert revision(database) == before


def test_a_taken_sku_is_said_at_its_field(buyer: Client, shop: ShopData) -> None:
    answer = buyer.post("/items", {"sku": "screw", "name": "Another"})
    assert answer.status_code == 409
    assert "is the SKU of “Hexagon screw M8” already." in answer.text
    assert 'value="Another"' in answer.text


def test_an_item_is_changed(buyer: Client, database: Database, shop: ShopData) -> None:
    form = buyer.get(f"/items/{shop.screw}/edit").text
    assert 'value="0.12"' in form
    fields = {"sku": "SCREW-8", "name": "Screw", "unit": "pcs", "unit_cost": "", "consequence": "3"}
    assert buyer.post(f"/items/{shop.screw}", fields).location == f"/items/{shop.screw}"
    item = item_of(database, "SCREW-8")
    assert (item.unit_cost, item.consequence) == (None, 3)
    assert "the SKU to “SCREW-8”" in buyer.get(f"/items/{shop.screw}").text


def test_a_program_sends_json_and_gets_sentences_by_field(buyer: Client) -> None:
    assert buyer.post("/items", json={"sku": "J-1", "name": "By JSON", "unit_cost": 2.5}).status_code == 200
    answer = buyer.post("/items", json={"sku": 5, "name": "x", "unit_cost": float("nan")})
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["fields"] == {
        "sku": "The SKU is not a text.",
        "unit_cost": "The unit cost is not a number.",
    }


HOSTILE = [
    {"sku": "A\0B", "name": "x"},
    {"sku": "A", "name": "x" * 70_000},
    {"sku": "A\u200bB", "name": "x"},
    {"sku": "A", "name": "x", "unit_cost": "1e400"},
    {"sku": "A", "name": "x", "unit_cost": "9" * 300},
    {"sku": "A", "name": "x", "unit_cost": "-1"},
    {"sku": "A", "name": "x", "unit_cost": "NaN"},
    {"sku": "A", "name": "x", "unit_cost": "0.00001"},
    {"sku": "A", "name": "x", "unit_cost": "1,234"},
    {"sku": "A", "name": "x", "consequence": "1.5"},
    {"sku": ["A", "B"], "name": "x"},
    {"sku": "A", "name": "x", "id": "7"},
]


@pytest.mark.parametrize("fields", HOSTILE)
def test_hostile_fields_are_refused_and_nothing_is_saved(
    buyer: Client, database: Database, fields: dict[str, object]
) -> None:
    before = revision(database)
    assert buyer.post("/items", fields).status_code in (400, 422)
    assert revision(database) == before


@pytest.mark.parametrize(
    "sent",
    [
        {"sku": "\ud800", "name": "x"},
        {"sku": None, "name": [1]},
        {"sku": True, "name": {}},
        {"sku": "A", "name": "x", "unit_cost": 10**30},
        {"sku": "A", "name": "x", "unit_cost": float("inf")},
        {"sku": "A", "name": "x", "consequence": float("-inf")},
        {"sku": "A", "name": "x", "consequence": True},
        {"sku": "A", "name": "x", "other": 1},
        [],
        "text",
        None,
    ],
)
def test_hostile_json_is_refused_and_nothing_is_saved(
    buyer: Client, database: Database, sent: object
) -> None:
    before = revision(database)
    assert buyer.post("/items", json=sent).status_code in (400, 422)
    assert revision(database) == before


def test_a_number_beyond_json_is_refused(buyer: Client) -> None:
    body = '{"sku": "A", "name": "x", "unit_cost": ' + "9" * 5000 + "}"
    answer = buyer.post("/items", data=body, content_type="application/json")
    assert answer.status_code == 400


def test_the_list_is_searched_by_word_whatever_the_case(buyer: Client, database: Database) -> None:
    add_items(database, items.ItemFacts("Ü-1", "ÖLKANNE 100%"), items.ItemFacts("X_1", "Plain"))
    for q, found in [
        ("hexagon", "SCREW"), ("SCREW hex", "SCREW"), ("bolts", "SCREW"), ("ölkanne", "Ü-1"), ("ü-1", "Ü-1"),
        ("100%", "Ü-1"), ("x_1", "X_1"),
    ]:  # fmt: skip
        page = buyer.get("/items", query_string={"q": q}).text
        assert page.count('id="item-') == 1, q
        assert f"<bdi>{found}</bdi>" in page


@pytest.mark.parametrize("q", ["%", "_", "\\", "'", '"', "screw hexagon nowhere"])
def test_a_search_for_signs_finds_only_them(buyer: Client, q: str) -> None:
    page = buyer.get("/items", query_string={"q": q})
    assert page.status_code == 200
    assert 'id="item-' not in page.text
    assert "Nothing matches" in page.text


def test_htmx_gets_the_table_alone(buyer: Client) -> None:
    page = buyer.get("/items?q=screw", headers={"HX-Request": "true"}).text
    assert page.startswith('<div id="items">')


def test_the_list_is_sorted_both_ways_and_paged(buyer: Client, database: Database) -> None:
    add_items(database, *(items.ItemFacts(f"N-{number:03}", f"Nut {number}") for number in range(120)))
    first = buyer.get("/items?sort=sku").text
    assert first.count('id="item-') == 50
    assert "1–50 of 121" in first
    assert first.index("N-000") < first.index("N-049")
    assert "SCREW" in buyer.get("/items?sort=-sku").text
    last = buyer.get("/items?page=3").text
    assert "101–121 of 121" in last
    assert 'rel="next"' not in last
    assert buyer.get("/items?size=500").text.count('id="item-') == 121


@pytest.mark.parametrize(
    "query", ["sort=price", "q=a&q=b", "page=x", "page=-1", "page=9999999999999", "q=%00", "q=" + "a" * 300]
)
def test_what_no_link_of_ours_says_is_refused(viewer: Client, query: str) -> None:
    assert viewer.get(f"/items?{query}").status_code == 400


def test_behind_the_last_page_there_is_nothing(viewer: Client) -> None:
    assert viewer.get("/items?page=2").status_code == 404


@pytest.mark.parametrize("item_id", ["999", "99999999999999999999999", "0"])
def test_an_unknown_item_is_not_there(buyer: Client, item_id: str) -> None:
    assert buyer.get(f"/items/{item_id}").status_code == 404
    assert buyer.get(f"/items/{item_id}/edit").status_code == 404
    assert buyer.post(f"/items/{item_id}", {"sku": "A", "name": "B"}).status_code in (404, 405)


def test_many_rows_cost_as_many_statements_as_few(buyer: Client, database: Database) -> None:
    buyer.get("/items")
    with counted_statements(database) as few:
        buyer.get("/items")
    add_items(database, *(items.ItemFacts(f"N-{number}", "Nut") for number in range(200)))
    with counted_statements(database) as many:
        assert buyer.get("/items?size=200").text.count('id="item-') == 200
    assert len(many) == len(few)


def test_looking_changes_nothing(buyer: Client, database: Database, shop: ShopData) -> None:
    before = revision(database)
    for path in ("/items", "/items/new", f"/items/{shop.screw}", f"/items/{shop.screw}/edit"):
        assert buyer.get(path).status_code == 200
        assert buyer.head(path).status_code == 200
    assert revision(database) == before


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2,5", "2.5"), ("2.5", "2.5"), ("1.234,5", "1234.5"), ("1,234.5", "1234.5"), ("1 000", "1000"),
        ("1'250", "1250"), ("1.234.567", "1234567"), (" 7 ", "7"), (",5", "0.5"), ("0.125", "0.125"),
        ("−3", "-3"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(typed: str, meant: str) -> None:
    assert forms.number(typed) == Decimal(meant)


@pytest.mark.parametrize("typed", ["", "-", "1..2", "1,2,3", "1e5", "0x1", "NaN", "Infinity", "١٢", "1,234"])
def test_what_is_no_clear_number_is_asked_back(typed: str) -> None:
    with pytest.raises(ValueError, match=r"number|can mean"):
        forms.number(typed)


@given(st.decimals(min_value=0, max_value=1_000_000, places=3))
def test_a_number_in_a_field_is_read_back_as_itself(value: Decimal) -> None:
    assert forms.number(forms.plain(value)) == value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.dictionaries(st.sampled_from(["sku", "name", "unit", "unit_cost", "note"]), st.text(max_size=30)))
def test_any_text_is_saved_or_refused_and_never_breaks(buyer: Client, fields: dict[str, str]) -> None:
    sent = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
    assert buyer.post("/items", sent).status_code in (303, 409, 422)
