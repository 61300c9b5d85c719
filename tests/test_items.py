from collections.abc import Callable
from decimal import Decimal

import pytest
from shop import MONDAY_MORNING, Shop
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kanban import items, journal
from kanban.db import Database

DEED = journal.Deed(MONDAY_MORNING, journal.By("test"))
BOLT = items.ItemFacts("M8-20", "Bolt M8×20", "pcs", Decimal("0.1234"), 3, "zinc")


def test_an_item_keeps_its_facts(database: Database) -> None:
    database.write(lambda session: items.add(session, DEED, BOLT))
    with database.read() as session:
        item = items.by_sku(session, "M8-20")
        assert item is not None
        assert (
            items.ItemFacts(item.sku, item.name, item.unit, item.unit_cost, item.consequence, item.note)
            == BOLT
        )
        assert type(item.unit_cost) is Decimal


@pytest.mark.parametrize("sku", ["m8-20", "  M8-20 ", "Ｍ８-20"])
def test_a_sku_that_looks_alike_is_the_same(database: Database, sku: str) -> None:
    database.write(lambda session: items.add(session, DEED, BOLT))
    with database.read() as session:
        assert items.by_sku(session, sku) is not None
    with pytest.raises(items.SkuTaken, match="Bolt M8×20"):
        database.write(lambda session: items.add(session, DEED, items.ItemFacts(sku, "Other")))


def test_a_changed_item_tells_the_journal_what_changed(database: Database) -> None:
    def change(session: Session) -> bool:
        item = items.add(session, DEED, BOLT)
        return items.change(
            session, DEED, item, items.ItemFacts("m8-20", "Bolt", "pcs", BOLT.unit_cost, 3, "zinc")
        )

    assert database.write(change)
    with database.read() as session:
        event = session.query(journal.Event).order_by(journal.Event.id.desc()).first()
        assert event is not None
        assert event.facts == {"sku": "m8-20", "name": "Bolt"}


def test_nothing_changed_leaves_no_event(database: Database) -> None:
    assert not database.write(
        lambda session: items.change(session, DEED, items.add(session, DEED, BOLT), BOLT)
    )
    with database.read() as session:
        assert journal.revision(session) == 1


def test_an_item_cannot_take_the_sku_of_another(database: Database) -> None:
    def change(session: Session) -> None:
        items.add(session, DEED, BOLT)
        items.change(session, DEED, items.add(session, DEED, items.ItemFacts("B", "B")), BOLT)

    with pytest.raises(items.SkuTaken):
        database.write(change)


@pytest.mark.parametrize(
    "facts",
    [
        items.ItemFacts("", "x"),
        items.ItemFacts("x", ""),
        items.ItemFacts("x", "x" * 201),
        items.ItemFacts("x", "x", consequence=5),
        items.ItemFacts("x", "x", unit_cost=Decimal(-1)),
    ],
)
def test_the_database_refuses_facts_that_cannot_be(database: Database, facts: items.ItemFacts) -> None:
    with pytest.raises(DBAPIError):
        database.write(lambda session: items.add(session, DEED, facts))


def tree(session: Session) -> dict[str, items.Location]:
    works = items.add_location(session, DEED, "Works")
    rack = items.add_location(session, DEED, "Rack A", works)
    return {
        "works": works,
        "rack": rack,
        "shelf": items.add_location(session, DEED, "Shelf 1", rack),
        "rack 2": items.add_location(session, DEED, "Rack A2", works),
        "store": items.add_location(session, DEED, "Store"),
    }


def test_a_location_has_a_path_and_the_site_at_its_top(database: Database) -> None:
    places = database.write(tree)
    assert places["shelf"].path == "Works › Rack A › Shelf 1"
    assert {places[name].site_id for name in ("works", "rack", "shelf")} == {places["works"].id}
    with database.read() as session:
        found = items.location_at(session, "works › RACK a › shelf 1")
        assert found is not None
        assert found.id == places["shelf"].id


def move(name: str, new_name: str, parent: str | None) -> Callable[[Session], dict[str, items.Location]]:
    def work(session: Session) -> dict[str, items.Location]:
        places = tree(session)
        items.change_location(session, DEED, places[name], new_name, places[parent] if parent else None)
        return places

    return work


def test_a_renamed_place_takes_along_what_stands_below_it(database: Database) -> None:
    places = database.write(move("rack", "Rack 7", "works"))
    assert places["shelf"].path == "Works › Rack 7 › Shelf 1"
    assert places["rack 2"].path == "Works › Rack A2"


def test_a_place_moved_to_another_site_belongs_to_it_with_all_below(database: Database) -> None:
    places = database.write(move("rack", "Rack A", "store"))
    assert places["shelf"].path == "Store › Rack A › Shelf 1"
    assert {places["rack"].site_id, places["shelf"].site_id} == {places["store"].id}


def test_a_place_without_parent_becomes_a_site_of_its_own(database: Database) -> None:
    places = database.write(move("rack", "Rack A", None))
    assert {places["rack"].site_id, places["shelf"].site_id} == {places["rack"].id}


@pytest.mark.parametrize("parent", ["rack", "shelf"])
def test_a_place_cannot_stand_in_itself(database: Database, parent: str) -> None:
    with pytest.raises(items.PlaceInItself):
        database.write(move("rack", "Rack A", parent))


def test_two_places_of_one_name_cannot_stand_at_one_place(database: Database) -> None:
    with pytest.raises(items.PlaceTaken):
        database.write(move("rack 2", "rack a", "works"))


def test_a_moved_bin_ships_to_its_new_site_from_the_next_signal(shop: Shop) -> None:
    def move_rack(session: Session) -> int:
        store = items.add_location(session, deed, "Store")
        rack = session.get_one(items.Location, shop.ids["rack"])
        items.change_location(session, deed, rack, "Rack A", store)
        return store.id

    deed = shop.deed()
    first = shop.scan(shop.screws[0]).order_id
    store_id = shop.write(move_rack)
    second = shop.scan(shop.screws[1]).order_id
    assert (shop.order(first).ship_to_id, shop.order(second).ship_to_id) == (shop.ids["site"], store_id)
