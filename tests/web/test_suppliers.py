"""The screens of suppliers and of what they offer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kanban import suppliers
from kanban.db import Database
from kanban.suppliers import Supplier, SupplierItem
from web.conftest import Client, ShopData, revision

FIELDS = {
    "name": "Nordbolt AB", "kind": "external", "email": "orders@nordbolt.example", "lead_time": "4",
    "order_days": ["thu", "mon"], "order_until": "14:30", "minimum_order_value": "1.250,50", "country": "SE",
    "address": "Skruvgatan 1\r\nGöteborg",
}  # fmt: skip
OFFER = {
    "sku": "B-200", "pack_size": "100", "minimum_order_quantity": "", "order_multiple": "", "lead_time": "",
    "valid_from": "2026-01-01", "valid_until": "", "rank": "2", "supplier_id": "",
    "from_quantity": ["", "1000", ""], "unit_price": ["0,05", "0.04", ""],
}  # fmt: skip


def get(database: Database, table: type, row_id: int) -> object:
    with database.read() as session:
        found = session.get_one(table, row_id)
        if isinstance(found, SupplierItem):
            assert found.price_breaks is not None
    return found


def test_a_buyer_adds_a_supplier_with_its_habits(buyer: Client, database: Database) -> None:
    answer = buyer.post("/suppliers", FIELDS)
    assert answer.status_code == 303
    page = buyer.get(answer.location).text
    for said in ("Monday and Thursday, until 14:30", "4 working days", "Sweden", "€1,250.50", "Göteborg"):
        assert said in page
    supplier = get(database, Supplier, int(answer.location.rsplit("/", 1)[1]))
    assert isinstance(supplier, Supplier)
    assert supplier.order_days == "mon,thu"
    assert supplier.minimum_order_value == Decimal("1250.5")


def test_the_form_holds_what_the_supplier_is_and_saving_it_changes_nothing(
    buyer: Client, database: Database
) -> None:
    address = buyer.post("/suppliers", FIELDS).location
    form = buyer.get(f"{address}/edit").text
    assert 'value="mon" checked' in form
    assert 'value="tue">' in form
    assert 'value="1250.5"' in form
    before = revision(database)
    assert buyer.post(address, FIELDS).status_code == 303
    assert revision(database) == before


def test_the_page_shows_offers_and_hides_prices_from_viewers(
    viewer: Client, buyer: Client, shop: ShopData
) -> None:
    assert "€2.50" in buyer.get(f"/suppliers/{shop.bolts}").text
    page = viewer.get(f"/suppliers/{shop.bolts}").text
    assert "SCREW" in page
    assert "€" not in page
    assert "/edit" not in page


def test_every_bad_field_of_a_supplier_is_said_at_once(buyer: Client, database: Database) -> None:
    before = revision(database)
    bad = {
        "name": "", "email": "a@b, c@d", "order_days": ["mon", "some"], "order_until": "25:00",
        "country": "XX", "lead_time": "1001", "minimum_order_value": "-1", "kind": "other",
    }  # fmt: skip
    answer = buyer.post("/suppliers", bad)
    assert answer.status_code == 422
    for said in (
        "The name is empty.", "is not one e-mail address", "The order days must be", "is not a time such as",
        "is not a country", "The lead time must be at most 1,000.", "must be at least 0", "The kind must be",
    ):  # fmt: skip
        assert said in answer.text
    assert 'value="a@b, c@d"' in answer.text
    assert 'value="mon" checked' in answer.text
    assert revision(database) == before


def test_a_taken_name_is_said_at_its_field(buyer: Client) -> None:
    answer = buyer.post("/suppliers", {"name": "BOLTS & co"})
    assert answer.status_code == 409
    assert "There is a supplier Bolts &amp; Co already." in answer.text


@pytest.mark.parametrize(
    "fields",
    [{"name": "X", "lead_time": ["1", "2"]}, {"name": "X", "name_key": "y"}, {"name": "X", "id": "1"}],
)
def test_fields_twice_or_unknown_are_refused(buyer: Client, fields: dict[str, object]) -> None:
    assert buyer.post("/suppliers", fields).status_code == 400


def test_the_list_is_searched_and_sorted(viewer: Client, buyer: Client) -> None:
    buyer.post("/suppliers", FIELDS)
    assert viewer.get("/suppliers?q=nord").text.count('id="supplier-') == 1
    page = viewer.get("/suppliers?sort=-lead").text
    assert page.index("Bolts") < page.index("Nordbolt")


def test_an_offer_needs_a_supplier_first(
    buyer: Client, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/items/{shop.screw}/offers/new"
    assert 'name="supplier_id"' in buyer.get(address).text
    monkeypatch.setattr("kanban.reports.catalogue.suppliers", lambda *_: ([], 0))
    page = buyer.get(address).text
    assert 'name="supplier_id"' not in page
    assert 'href="/suppliers/new"' in page


def test_an_offer_is_added_on_the_items_page(buyer: Client, database: Database, shop: ShopData) -> None:
    nord = buyer.post("/suppliers", FIELDS).location.rsplit("/", 1)[1]
    answer = buyer.post(f"/items/{shop.screw}/offers", {**OFFER, "supplier_id": nord})
    assert answer.location == f"/items/{shop.screw}"
    page = buyer.get(answer.location).text
    for said in ("Nordbolt AB", "Choice 2", "in packs of", "€0.05", "from 1,000 pcs", "from 1 Jan 2026"):
        assert said in page
    with database.read() as session:
        offer = session.query(SupplierItem).filter_by(supplier_id=int(nord)).one()
        assert suppliers.prices_of(offer) == (
            (Decimal(0), Decimal("0.05")),
            (Decimal(1000), Decimal("0.04")),
        )


def test_an_offer_is_added_on_the_suppliers_page(buyer: Client, shop: ShopData) -> None:
    buyer.post("/items", {"sku": "NUT-8", "name": "Nut M8"})
    fields = {name: value for name, value in OFFER.items() if name != "supplier_id"} | {"item_sku": "nut-8"}
    answer = buyer.post(f"/suppliers/{shop.bolts}/offers", fields)
    assert answer.location == f"/suppliers/{shop.bolts}"
    assert "NUT-8" in buyer.get(answer.location).text


@pytest.mark.parametrize(
    ("extra", "said", "status"),
    [
        ({"item_sku": "NONE-1"}, "No item has the SKU “NONE-1”.", 422),
        ({"item_sku": ""}, "Our SKU is empty.", 422),
        ({"item_sku": "SCREW"}, "Bolts &amp; Co offers SCREW already.", 409),
    ],
)
def test_an_offer_of_nothing_or_of_the_same_is_refused(
    buyer: Client, shop: ShopData, extra: dict[str, str], said: str, status: int
) -> None:
    fields = {name: value for name, value in OFFER.items() if name != "supplier_id"} | extra
    answer = buyer.post(f"/suppliers/{shop.bolts}/offers", fields)
    assert answer.status_code == status
    assert said in answer.text


def test_bad_prices_are_said_in_their_rows_and_stay(
    buyer: Client, database: Database, shop: ShopData
) -> None:
    before = revision(database)
    fields = {
        **OFFER, "from_quantity": ["", "many", "5"], "unit_price": ["1", "2", ""], "pack_size": "0",
        "valid_until": "2025-01-01",
    }  # fmt: skip
    del fields["supplier_id"]
    answer = buyer.post(f"/offers/{shop.offer}", fields)
    assert answer.status_code == 422
    for said in (
        "The quantity of a price in row 2 is not a number.", "The price in row 3 is empty.",
        "The pack size must be more than 0.", "The last day lies before the first day.",
    ):  # fmt: skip
        assert said in answer.text
    assert 'value="many"' in answer.text
    assert revision(database) == before


def test_one_quantity_twice_is_refused(buyer: Client, shop: ShopData) -> None:
    fields = {"pack_size": "1", "from_quantity": ["5", "5"], "unit_price": ["1", "2"]}
    answer = buyer.post(f"/offers/{shop.offer}", fields)
    assert answer.status_code == 422
    assert "The prices name one quantity twice." in answer.text


def test_more_rows_keep_what_was_typed_and_save_nothing(
    buyer: Client, database: Database, shop: ShopData
) -> None:
    before = revision(database)
    rows = {"from_quantity": ["1", "2", "3"], "unit_price": ["9", "8", "7"]}
    answer = buyer.post(f"/offers/{shop.offer}", {"pack_size": "10", "more": "yes", **rows})
    assert answer.status_code == 200
    assert 'id="unit_price_6"' in answer.text
    assert 'value="7"' in answer.text
    assert revision(database) == before


def test_an_offer_is_changed_and_empty_rows_take_prices_away(
    buyer: Client, database: Database, shop: ShopData
) -> None:
    assert 'value="2.5"' in buyer.get(f"/offers/{shop.offer}/edit").text
    fields = {"sku": "NEW", "pack_size": "1", "from_quantity": [""], "unit_price": [""]}
    assert buyer.post(f"/offers/{shop.offer}", fields).location == f"/items/{shop.screw}"
    offer = get(database, SupplierItem, shop.offer)
    assert isinstance(offer, SupplierItem)
    assert (offer.sku, offer.price_breaks) == ("NEW", [])


def test_a_program_sends_prices_as_a_list(buyer: Client, shop: ShopData) -> None:
    good = {"prices": [{"from_quantity": 1, "unit_price": "2.25"}]}
    assert buyer.post(f"/offers/{shop.offer}", json=good).status_code == 200
    for bad in ([1], "x", [{"unit_price": None}], [{"unit_price": 1, "more": 2}], [{}] * 21):
        assert buyer.post(f"/offers/{shop.offer}", json={"prices": bad}).status_code in (400, 422)


@pytest.mark.parametrize("path", ["/suppliers/999", "/suppliers/999/edit", "/offers/999/edit"])
def test_what_does_not_exist_is_not_there(buyer: Client, path: str) -> None:
    assert buyer.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/suppliers", "/suppliers/1", "/offers/1", "/items/1/offers"])
def test_a_viewer_changes_nothing(viewer: Client, path: str) -> None:
    assert viewer.post(path, {"name": "X"}).status_code == 403
