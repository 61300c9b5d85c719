"""The lists of our own stores on the screen and on paper."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from kanban import items, loops, suppliers
from kanban.db import Database
from tests.web.conftest import Client, ShopData, deed, revision
from tests.web.test_queries import traced


class Depot:
    """A store for screws that stands at the rack, and a bench that it serves."""

    def __init__(self, session: Session, shop: ShopData) -> None:
        this = deed()
        site = session.get_one(items.Location, shop.site)
        bench = items.add_location(session, this, "Bench", site)
        store = suppliers.add(session, this, suppliers.SupplierFacts("Central store", kind="internal"))
        screw = session.get_one(items.Item, shop.screw)
        offer = suppliers.add_offer(session, this, store, screw, suppliers.OfferFacts())
        loop = loops.add(session, this, bench, offer, loops.LoopFacts(Decimal(5), kind="transfer"))
        self.id, self.bench = store.id, bench.id
        self.codes = [card.code for card in loops.add_cards(session, this, loop, 2, "active")]


@pytest.fixture
def depot(database: Database, shop: ShopData) -> Depot:
    return database.write(lambda session: Depot(session, shop))


def test_a_signalled_card_is_listed_picked_and_received(
    operator: Client, buyer: Client, shop: ShopData, depot: Depot
) -> None:
    assert "Nothing waits" in operator.get("/picking").text
    buyer.post(f"/suppliers/{depot.id}/place", {"location_id": str(shop.rack)})
    operator.post(f"/c/{depot.codes[0]}/scans", json={})
    listed = operator.get("/picking").text
    for told in ("SCREW", "5 pcs", "Rack A", "Bench", f"/picking/{depot.codes[0]}", shop.codes[0]):
        assert told in listed
    answer = operator.post(f"/picking/{depot.codes[0]}", {"source": str(depot.id), "emptied": shop.codes[0]})
    assert (answer.status_code, answer.location) == (303, f"/picking?from={depot.id}")
    assert "On their way, not received yet" in operator.get("/picking").text
    assert operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()["effect"] == "already"
    assert operator.post(f"/c/{depot.codes[0]}/scans", json={}).get_json()["effect"] == "received"


def test_a_pick_by_mistake_is_put_back_from_the_list_or_the_card(
    operator: Client, buyer: Client, depot: Depot
) -> None:
    code = depot.codes[0]
    operator.post(f"/c/{code}/scans", json={})
    operator.post(f"/picking/{code}", {"source": str(depot.id)})
    assert f"/picking/{code}/withdrawal" in operator.get("/picking").text
    answer = operator.post(f"/picking/{code}/withdrawal", {"source": str(depot.id)})
    assert (answer.status_code, answer.location) == (303, f"/picking?from={depot.id}")
    assert f'action="/picking/{code}"' in operator.get("/picking").text
    told = operator.post(f"/c/{code}/scans", json={"mode": "pick"}).get_json()
    assert told["effect"] == "picked"
    told = operator.post(f"/picking/{code}/withdrawal", json={}).get_json()
    assert (told["effect"], told["card"]["supply"]) == ("put_back", "ordered")
    refused = operator.post(f"/picking/{code}/withdrawal", json={})
    assert refused.status_code == 409


def test_a_scan_at_the_source_does_the_same(operator: Client, depot: Depot) -> None:
    operator.post(f"/c/{depot.codes[0]}/scans", json={})
    assert "Picked: it is on its way" in operator.get(f"/c/{depot.codes[0]}").text
    told = operator.post(f"/c/{depot.codes[0]}/scans", json={"mode": "pick"}).get_json()
    assert (told["effect"], told["card"]["supply"]) == ("picked", "in_transit")


def test_the_list_on_paper_is_a_pdf(operator: Client, depot: Depot) -> None:
    operator.post(f"/c/{depot.codes[0]}/scans", json={})
    for address in (f"/picking/{depot.id}.pdf", f"/making/{depot.id}.pdf?paper=us-letter"):
        assert operator.get(address).data.startswith(b"%PDF")
    assert operator.get(f"/picking/{depot.id}.pdf?paper=papyrus").status_code == 400
    assert operator.get("/picking/1.pdf").status_code == 404


def test_the_same_press_twice_picks_once(operator: Client, database: Database, depot: Depot) -> None:
    operator.post(f"/c/{depot.codes[0]}/scans", json={})
    operator.post(f"/picking/{depot.codes[0]}", {}, key="press-of-picked")
    before = revision(database)
    assert operator.post(f"/picking/{depot.codes[0]}", {}, key="press-of-picked").status_code == 303
    assert revision(database) == before


def test_what_makes_no_sense_is_refused(
    operator: Client, buyer: Client, shop: ShopData, depot: Depot
) -> None:
    assert operator.get("/picking?from=999").status_code == 404
    assert operator.post("/picking/nonsense", {}).status_code == 404
    operator.post(f"/c/{depot.codes[0]}/scans", json={})
    assert operator.post(f"/picking/{depot.codes[0]}", {"emptied": depot.codes[1]}).status_code == 422
    refused = buyer.post(f"/suppliers/{depot.id}/place", {"location_id": str(depot.bench)})
    assert refused.status_code == 409
    assert "replenished from itself" in refused.text
    assert buyer.post(f"/suppliers/{depot.id}/place", {"location_id": "999"}).status_code == 404
    assert buyer.get(f"/suppliers/{shop.bolts}/place").status_code == 404


def test_an_empty_shop_is_told_how_to_begin(operator: Client) -> None:
    assert "a store of your own" in operator.get("/picking").text
    assert "a work centre of your own" in operator.get("/making").text


def test_few_statements_read_the_list_however_long_it_is(
    operator: Client, database: Database, depot: Depot
) -> None:
    def asked() -> int:
        operator.get("/picking")
        with traced(database) as seen:
            operator.get("/picking")
            return len([each for each in seen if each.startswith(("SELECT", "WITH"))])

    none = asked()
    for code in depot.codes:
        operator.post(f"/c/{code}/scans", json={})
    assert asked() == none <= 10
