"""The queue on the phone: scans that are made without a network arrive later, once, and in their order.

The network is taken away by killing the server: a browser told to be offline still lets a worker's
requests through, and `navigator.onLine` says nothing of a server that is down.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from browser.mortal import MortalShop, mortal_shop, phone_on, scan, states, wait_for_states


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[MortalShop]:
    with mortal_shop(tmp_path / "shop") as shop:
        yield shop


@pytest.fixture
def page(chromium: Chromium, shop: MortalShop, tmp_path: Path) -> Iterator[Page]:
    with phone_on(chromium.browser_type, tmp_path / "phone", shop) as context:
        page = context.new_page()
        page.goto("/scan")
        page.add_script_tag(url="/static/js/queue.js")
        yield page


def test_a_scan_is_kept_sent_and_acknowledged(page: Page, shop: MortalShop) -> None:
    key = scan(page, shop.cards[0])
    wait_for_states(page, "sent", 1)
    assert states(page) == {key: "sent"}
    assert [each[:3] for each in shop.scans()] == [("signalled", shop.cards[0], key)]


def test_scans_made_while_the_server_is_down_arrive_once_in_their_order(page: Page, shop: MortalShop) -> None:
    shop.kill()
    made = [scan(page, code) for code in shop.cards[:20]]
    wait_for_states(page, "waiting", 20)
    shop.start()
    wait_for_states(page, "sent", 20)
    assert [each.key for each in shop.scans()] == made
    assert {each.effect for each in shop.scans()} == {"signalled"}
    assert all(timedelta(0) <= each.age < timedelta(minutes=2) for each in shop.scans())
