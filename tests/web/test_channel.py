"""How a supplier gets its orders, on the screen: chosen, looked at, and tried."""

from __future__ import annotations

import email
from email.policy import default

import pytest
from sqlalchemy import select

from kanban import outbox
from kanban.db import Database
from kanban.outbox import Delivery
from tests.web.conftest import Client, ShopData


def chosen(database: Database, supplier_id: int) -> outbox.SupplierChannel:
    with database.read() as session:
        return session.get_one(outbox.SupplierChannel, supplier_id)


def test_a_channel_is_chosen_and_the_next_order_leaves_by_it(
    operator: Client, buyer: Client, database: Database, shop: ShopData
) -> None:
    address = f"/suppliers/{shop.bolts}/channel"
    assert "orders@bolts.example" in buyer.get(address).text
    saved = buyer.post(address, {"channel": "csv", "address": "bolts", "template": "Menge = quantity"})
    assert saved.headers["Location"] == address
    assert (chosen(database, shop.bolts).channel, chosen(database, shop.bolts).address) == ("csv", "bolts")
    draft = operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()["order"]
    buyer.post(f"/orders/{draft}/release", {})
    with database.read() as session:
        delivery = session.scalars(select(Delivery)).one()
    assert (delivery.channel, delivery.address, delivery.state) == ("csv", "bolts", "queued")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"channel": "pigeon"}, "must be"),
        ({"channel": "email", "address": "a@b.example, c@d.example"}, "not one e-mail address"),
        ({"channel": "webhook", "address": "ftp://x"}, "such as https://"),
        ({"channel": "link", "address": "https://shop.example/{secret}"}, "does not know {secret}"),
        ({"channel": "link", "address": "javascript:alert(1)"}, "begins with https://"),
        ({"channel": "csv", "template": "no equals sign"}, "Line 1 is not"),
        ({"channel": "ubl", "buyer_endpoint": "0088:1"}, "scheme and number"),
        ({"channel": "email", "address": "a\u2028b@c.example"}, "invisible"),
    ],
)
def test_what_a_channel_cannot_work_with_is_refused(
    buyer: Client, shop: ShopData, fields: dict[str, str], said: str
) -> None:
    answer = buyer.post(f"/suppliers/{shop.bolts}/channel", fields)
    assert answer.status_code == 422
    assert said in answer.text.replace("&#39;", "'")


def test_a_webhook_gets_a_secret_and_a_new_one_on_request(
    buyer: Client, database: Database, shop: ShopData
) -> None:
    address = f"/suppliers/{shop.bolts}/channel"
    buyer.post(address, {"channel": "webhook", "address": "https://erp.example/orders"})
    first = chosen(database, shop.bolts).secret
    assert first.startswith("whsec_")
    assert first in buyer.get(address).text
    buyer.post(f"{address}/secret", {})
    after = chosen(database, shop.bolts)
    assert (after.old_secret, after.secret != first) == (first, True)


def test_the_preview_is_the_mail_that_would_leave(operator: Client, buyer: Client, shop: ShopData) -> None:
    address = f"/suppliers/{shop.bolts}/channel/preview"
    assert "THIS IS A TEST" in buyer.get(address).text
    draft = operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()["order"]
    buyer.post(f"/orders/{draft}/release", {})
    page = buyer.get(address).text
    assert "PURCHASE ORDER PO-000001" in page
    assert "PO-000001.pdf" in page
    raw = buyer.get(f"{address}/raw")
    assert raw.headers["Content-Disposition"] == 'attachment; filename="preview.eml"'
    message = email.message_from_bytes(raw.data, policy=default)
    assert message["To"] == "Bolts & Co <orders@bolts.example>"
    html = buyer.get(f"{address}/html")
    assert html.headers.getlist("Content-Security-Policy") == [
        "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'; base-uri 'none'"
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"channel": "webhook", "address": "https://erp.example/"}, "order.test"),
        ({"channel": "csv"}, "our_sku"),
        (
            {"channel": "link", "address": "https://shop.example/?ref={number}[&amp;s={our_sku}]"},
            "shop.example",
        ),
        ({"channel": "ubl", "buyer_endpoint": "0088:1", "seller_endpoint": "0088:2"}, "country is missing"),
        ({"channel": "phone"}, "call sheet"),
    ],
)
def test_every_channel_can_be_looked_at(
    buyer: Client, shop: ShopData, fields: dict[str, str], said: str
) -> None:
    buyer.post(f"/suppliers/{shop.bolts}/channel", fields)
    assert said in buyer.get(f"/suppliers/{shop.bolts}/channel/preview").text


def test_a_test_is_sent_and_its_fate_shown(buyer: Client, database: Database, shop: ShopData) -> None:
    address = f"/suppliers/{shop.bolts}/channel"
    buyer.post(address, {"channel": "csv"})
    buyer.post(f"{address}/test", {})
    with database.read() as session:
        delivery = session.scalars(select(Delivery)).one()
    assert (delivery.kind, delivery.channel, delivery.supplier_id) == ("test", "csv", shop.bolts)
    assert "waits to leave" in buyer.get(address).text


def test_operators_do_not_see_addresses_and_secrets(operator: Client, shop: ShopData) -> None:
    for path in ("", "/preview", "/preview/raw"):
        assert operator.get(f"/suppliers/{shop.bolts}/channel{path}").status_code == 403


def test_a_supplier_that_is_not_there_is_404(buyer: Client) -> None:
    assert buyer.get("/suppliers/999/channel").status_code == 404
    assert buyer.post("/suppliers/999/channel", {"channel": "csv"}).status_code == 404
