"""A web shop's cart by link: filled from a template, with every value encoded."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanban.outbox import SupplierChannel
from kanban.senders import link
from kanban.senders.purchase import Party, Purchase, PurchaseLine

TEMPLATE = "https://shop.example/cart?ref={number}[&sku{n}={supplier_sku}&qty{n}={packs}]"


def order(*skus: str) -> Purchase:
    lines = tuple(
        PurchaseLine(n, "OURS", sku, "Screw", "pcs", Decimal(30), Decimal(10), None, None)
        for n, sku in enumerate(skus, start=1)
    )
    us = Party("Works")
    return Purchase(
        "PO-000001", "m", datetime(2026, 3, 2, tzinfo=UTC), us, us, us, lines, "EUR", "K 1", "", False, False,
        SupplierChannel(),
    )  # fmt: skip


def test_each_line_comes_once() -> None:
    assert link.filled(TEMPLATE, order("B-100", "B-200")) == (
        "https://shop.example/cart?ref=PO-000001&sku1=B-100&qty1=3&sku2=B-200&qty2=3"
    )


@given(st.text(min_size=1, max_size=50))
def test_no_value_leaves_its_place(sku: str) -> None:
    try:
        sku.encode()
    except UnicodeEncodeError:
        return
    made = urlsplit(link.filled(TEMPLATE, order(sku)))
    assert (made.scheme, made.netloc, made.path, made.fragment) == ("https", "shop.example", "/cart", "")
    assert dict(parse_qsl(made.query, keep_blank_values=True))["sku1"] == sku


@pytest.mark.parametrize(
    "template",
    [
        "javascript:alert({number})", "//shop.example/{number}", "https://{number}.example/", "https://shop.example/{secret}",
        "https://shop.example/{supplier_sku}", "https://shop.example/[{number}", "https://shop.example/{number",
        "https://user@shop.example/", "data:text/html,{number}", "https://shop.example/ {number}", "", "https://",
        "https://shop.example/{number.__class__}", "https://shop.example/{0}",
    ],
)  # fmt: skip
def test_a_bad_template_is_refused(template: str) -> None:
    with pytest.raises(link.BadLink):
        link.check(template)


def test_a_link_that_no_browser_takes_is_refused() -> None:
    with pytest.raises(link.BadLink):
        link.filled(TEMPLATE, order(*["B-100"] * 500))
