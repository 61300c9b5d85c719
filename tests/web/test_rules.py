"""The screen of a supplier's rule, and what a draft waits for on its page and on the board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kanban import orders, suppliers
from kanban.db import Database
from kanban.orders import rules
from web.conftest import Client, ShopData, do

RULE = {
    "leaves": "cut_off",
    "waits_for": "free_freight",
    "free_freight": "300",
    "urgent_at_once": "yes",
    "confirm_days": "3",
}


@pytest.fixture
def address(shop: ShopData) -> str:
    return f"/suppliers/{shop.bolts}/rules"


def signal(operator: Client, code: str) -> int:
    order: int = operator.post(f"/c/{code}/scans", json={}).get_json()["order"]
    return order


def test_a_buyer_gives_a_supplier_its_rule(
    buyer: Client, database: Database, shop: ShopData, address: str
) -> None:
    assert buyer.post(address, RULE | {"time_zone": "Europe/Lisbon"}).location == address
    with database.read() as session:
        rule = rules.rule_of(session, shop.bolts)
        assert (rule.leaves, rule.waits_for, rule.free_freight, rule.confirm_days) == (
            "cut_off",
            "free_freight",
            300,
            3,
        )
        assert session.get_one(suppliers.Supplier, shop.bolts).time_zone == "Europe/Lisbon"
    page = buyer.get(address).text
    assert 'value="cut_off" checked' in page
    assert 'value="Europe/Lisbon"' in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"time_zone": "Mars/Olympus"}, "The time zone is not one"),
        ({"region": "BY"}, "none of the supplier’s country"),
        ({"waits_for": "minimum"}, "no minimum order value"),
        ({"free_freight": ""}, "Free freight from which value?"),
        ({"leaves": "limit", "waits_for": "nothing"}, "Choose the value"),
        ({"leaves": "sometimes"}, "When it leaves must be"),
        ({"confirm_days": "101"}, "must be at most 100"),
        ({"approve_over": "a lot"}, "is not a number"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_what_to_do(
    buyer: Client, database: Database, shop: ShopData, address: str, wrong: dict[str, Any], said: str
) -> None:
    answer = buyer.post(address, RULE | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    with database.read() as session:
        assert rules.rule_of(session, shop.bolts) == rules.RuleFacts()


def test_a_region_of_the_suppliers_country_is_offered_and_taken(
    buyer: Client, database: Database, shop: ShopData, address: str
) -> None:
    facts = suppliers.SupplierFacts("Bolts & Co", country="DE")
    do(database, suppliers.change, suppliers.Supplier, shop.bolts, facts)
    assert '<option value="BY"' in buyer.get(address).text
    assert buyer.post(address, RULE | {"region": "BY"}).status_code == 303


def test_the_board_and_the_draft_say_what_it_waits_for(
    buyer: Client, operator: Client, shop: ShopData, address: str
) -> None:
    buyer.post(address, RULE)
    order_id = signal(operator, shop.codes[0])
    for page in (buyer.get("/").text, buyer.get(f"/orders/{order_id}").text):
        assert "rder by" in page
        assert "eaves" in page
    assert "€75.00 of €300.00" in buyer.get(f"/orders/{order_id}").text
    assert "€75.00 of" not in operator.get(f"/orders/{order_id}").text
    assert "Send now" in buyer.get("/").text


def test_a_draft_over_the_limit_is_approved_and_one_for_an_administrator_is_not(
    buyer: Client, operator: Client, admin: Client, shop: ShopData, address: str
) -> None:
    buyer.post(address, RULE | {"approve_over": "10", "admin_over": "50"})
    order_id = signal(operator, shop.codes[0])
    assert "waits for an administrator’s approval" in buyer.get("/").text
    for step in ("approval", "release"):
        answer = buyer.post(f"/orders/{order_id}/{step}")
        assert answer.status_code == 403
        assert "administrator" in answer.text
    assert "Approve" in admin.get("/").text
    assert admin.post(f"/orders/{order_id}/approval").status_code == 303
    assert "approval" not in admin.get("/").text


def test_cards_are_pulled_forward_by_one_press(
    buyer: Client, operator: Client, database: Database, shop: ShopData
) -> None:
    order_id = signal(operator, shop.codes[0])
    pull = f"/orders/{order_id}/early-cards"
    assert buyer.post(pull, {}).status_code == 400
    assert buyer.post(pull, {"card": "x"}).status_code == 400
    assert buyer.post(pull, {"card": str(shop.cards[1])}).status_code == 303
    with database.read() as session:
        (line,) = session.get_one(orders.Order, order_id).lines
        assert orders.need_of(line) == 50
    assert buyer.post(f"/orders/{order_id}/release").status_code == 303
    assert buyer.post(pull, {"card": str(shop.cards[1])}).status_code == 409


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_is_no_buyer_sees_no_rules(client: Callable[[str], Client], address: str, role: str) -> None:
    assert client(role).get(address).status_code == 403
