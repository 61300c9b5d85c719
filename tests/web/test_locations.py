"""The screens of places: the tree, a place's page, adding, renaming and moving."""

from __future__ import annotations

import pytest

from kanban.db import Database
from kanban.items import Location
from web.conftest import Client, ShopData, revision


def path_of(database: Database, location_id: int) -> str:
    with database.read() as session:
        return session.get_one(Location, location_id).path


def add(buyer: Client, name: str, parent: int | None = None) -> int:
    answer = buyer.post("/locations", {"name": name, "parent_id": str(parent or "")})
    assert answer.status_code == 303
    return int(answer.location.rsplit("/", 1)[1])


def test_a_buyer_adds_a_place_in_another(buyer: Client, database: Database, shop: ShopData) -> None:
    assert f'value="{shop.rack}" selected' in buyer.get(f"/locations/new?parent={shop.rack}").text
    place = add(buyer, "Position 3", shop.rack)
    assert path_of(database, place) == "Works › Rack A › Position 3"
    page = buyer.get(f"/locations/{place}").text
    assert f'href="/locations/{shop.rack}"' in page
    assert "No bins stand here yet" in page


def test_the_page_of_a_site_shows_its_address_and_the_loops_below(viewer: Client, shop: ShopData) -> None:
    page = viewer.get(f"/locations/{shop.site}").text
    for said in ("Mill Lane 1", "Rack A", "1 loop here", "SCREW", "all 2 full"):
        assert said in page
    assert "/edit" not in page


def test_the_tree_keeps_what_stands_in_a_place_beside_it(buyer: Client, shop: ShopData) -> None:
    add(buyer, "Rack", shop.site)
    add(buyer, "Zone", add(buyer, "Rack A 1", shop.site))
    add(buyer, "Shelf", shop.rack)
    page = buyer.get("/locations").text
    names = ["Works", "Rack", "Rack A", "Shelf", "Rack A 1", "Zone"]
    shown = [page.index(f"<bdi>{name}</bdi>", page.index('id="places"')) for name in names]
    assert shown == sorted(shown)


def test_a_search_says_where_each_match_stands(viewer: Client) -> None:
    page = viewer.get("/locations?q=rack").text
    assert page.count('id="place-') == 1
    assert '<p class="grid__note"><bdi>Works</bdi></p>' in page


def test_a_place_moves_with_all_that_stands_in_it(buyer: Client, database: Database, shop: ShopData) -> None:
    place = add(buyer, "Position 3", shop.rack)
    hall = add(buyer, "Hall 2")
    fields = {"name": "Rack B", "parent_id": str(hall), "address": ""}
    assert buyer.post(f"/locations/{shop.rack}", fields).status_code == 303
    assert path_of(database, place) == "Hall 2 › Rack B › Position 3"
    assert "the place to “Hall 2 › Rack B”" in buyer.get(f"/locations/{shop.rack}").text


def test_a_place_cannot_stand_in_itself(buyer: Client, database: Database, shop: ShopData) -> None:
    place = add(buyer, "Position 3", shop.rack)
    options = buyer.get(f"/locations/{shop.rack}/edit").text
    assert f'<option value="{place}"' not in options
    answer = buyer.post(f"/locations/{shop.rack}", {"name": "Rack A", "parent_id": str(place)})
    assert answer.status_code == 409
    assert "A place cannot stand inside itself." in answer.text
    assert path_of(database, shop.rack) == "Works › Rack A"


def test_a_taken_place_is_said_at_its_name(buyer: Client, shop: ShopData) -> None:
    answer = buyer.post("/locations", {"name": "rack a", "parent_id": str(shop.site)})
    assert answer.status_code == 409
    assert "There is a place Works › Rack A already." in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""}, {"name": "A › B"}, {"name": "X", "parent_id": "999"}, {"name": "X", "parent_id": "1e9"},
        {"name": "X", "parent_id": "9" * 30}, {"name": "X", "address": "a\0b"}, {"name": "X" * 70_000},
    ],
)  # fmt: skip
def test_bad_fields_are_refused_and_nothing_is_saved(
    buyer: Client, database: Database, fields: dict[str, str]
) -> None:
    before = revision(database)
    assert buyer.post("/locations", fields).status_code == 422
    assert revision(database) == before


def test_a_site_with_more_than_a_page_of_loops_leads_to_all_of_them(viewer: Client, shop: ShopData) -> None:
    assert viewer.get(f"/loops?location={shop.site}").text.count('id="loop-') == 1
    assert viewer.get("/loops?location=999").text.count('id="loop-') == 0


def test_a_viewer_changes_nothing(viewer: Client, shop: ShopData) -> None:
    assert viewer.post("/locations", {"name": "X"}).status_code == 403
    assert viewer.post(f"/locations/{shop.rack}", {"name": "X"}).status_code == 403
