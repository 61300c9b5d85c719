"""Every main screen: open to everybody, silent in the console, and large enough for a thumb."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from browser.conftest import DESK, PHONE, OpenShop

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
RUN_AXE = "only => axe.run({runOnly: only, resultTypes: ['violations']})"
WIDTHS = (390, 1280)
LOOKS = ("light", "dark")
SMALLEST_TARGET = 44  # pixels, each way

SCREENS = {
    "the board": "/",
    "the wall view": "/?wall=1",
    "a card": "/c/{full}",
    "a card on order": "/c/{waiting}",
    "an unknown card": "/c/NOCARDATALL1",
    "a typed code": "/scan",
    "the orders": "/orders",
    "an order": "/orders/{order}",
    "the items": "/items",
    "an item": "/items/1",
    "a new item": "/items/new",
    "the loops": "/loops",
    "a loop": "/loops/1",
    "the suppliers": "/suppliers",
    "a supplier": "/suppliers/1",
    "the places": "/locations",
    "cards and labels": "/labels",
    "the journal": "/journal",
    "the people": "/people",
    "the import": "/import",
    "one's own account": "/account",
}

SMALL = """smallest => [...document.querySelectorAll("button, .button, [role=button], summary, select")]
  .map(button => [button.textContent.trim() || button.outerHTML.slice(0, 80), button.getBoundingClientRect()])
  .filter(([_, box]) => box.width && box.height && (box.width < smallest || box.height < smallest))
  .map(([text, box]) => `${text}: ${Math.round(box.width)} × ${Math.round(box.height)}`)"""

WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def addresses(open_shop: OpenShop) -> dict[str, str]:
    """Where each screen is in this shop."""
    known = {"full": next(open_shop.full), "waiting": open_shop.waiting[0], "order": open_shop.order}
    return {name: address.format(**known) for name, address in SCREENS.items()}


def violations(page: Page, look: str) -> list[str]:
    """What axe finds on the page in this look; the dark one differs in its colours only."""
    page.emulate_media(color_scheme=look)  # type: ignore[arg-type]
    only = {"type": "tag", "values": TAGS} if look == "light" else {"type": "rule", "values": COLOUR_RULES}
    found: dict[str, Any] = page.evaluate(RUN_AXE, only)
    return [f"{each['id']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"]]


def show(page: Page, address: str) -> list[str]:
    """Open a screen; returns what the console says about it."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    answer = page.goto(address, wait_until="networkidle")
    assert answer is not None
    assert answer.status == (404 if address == SCREENS["an unknown card"] else 200), address
    return [text for text in said if "status of 404" not in text]  # the browser's own note of that


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing(
    open_context: Callable[..., BrowserContext], addresses: dict[str, str], screen: str
) -> None:
    page = open_context(signed_in=True, reduced_motion="reduce", **DESK).new_page()
    assert show(page, addresses[screen]) == [], "the console stays silent"
    page.evaluate(AXE)
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        for look in LOOKS:
            found[width, look] = violations(page, look)
    assert {at: what for at, what in found.items() if what} == {}


def test_a_thumb_hits_every_button(
    open_context: Callable[..., BrowserContext], addresses: dict[str, str]
) -> None:
    page = open_context(signed_in=True, **PHONE).new_page()
    found: dict[str, Any] = {}
    for screen, address in addresses.items():
        page.goto(address)
        found[screen] = page.evaluate(SMALL, SMALLEST_TARGET), page.evaluate(WIDER)
    assert {screen: what for screen, what in found.items() if what != ([], 0)} == {}


def test_the_doors_are_open_to_everybody(open_context: Callable[..., BrowserContext]) -> None:
    page = open_context(reduced_motion="reduce", **DESK).new_page()
    assert show(page, "/sign-in") == []
    page.evaluate(AXE)
    assert [violations(page, look) for look in LOOKS] == [[], []]
