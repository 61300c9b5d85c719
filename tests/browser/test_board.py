"""The board is live: it shows what others do, and leaves the reader where they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import OpenShop, opened_shop

PLACE = """() => ({
  focus: document.activeElement.closest("li").id,
  page: scrollY,
  lane: document.activeElement.closest(".lane").scrollTop,
  top: Math.round(document.activeElement.getBoundingClientRect().top),
})"""
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def open_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenShop]:
    """A shop for these tests alone: a column shows its first sixty rows, and a new signal is the last."""
    with opened_shop(tmp_path_factory.mktemp("board") / "shop") as shop:
        yield shop


def test_a_scan_elsewhere_appears_and_nothing_jumps(desk: Page, open_shop: OpenShop, card: str) -> None:
    desk.set_viewport_size({"width": 1280, "height": 500})
    desk.goto("/")
    desk.locator(f"#row-{open_shop.waiting[-1]} a").first.focus()
    desk.evaluate("scrollBy(0, 80)")
    desk.evaluate(PAINTED)
    before = desk.evaluate(PLACE)
    assert before["page"] + before["lane"] > 0, "the shop has too few rows to scroll"
    loads: list[str] = []
    desk.on("load", lambda page: loads.append(page.url))
    open_shop.another_scans(card)
    expect(desk.locator(f"#row-{card}")).to_be_attached()
    desk.evaluate(PAINTED)
    after = desk.evaluate(PLACE)
    assert after["focus"] == before["focus"]
    assert abs(after["top"] - before["top"]) <= 1
    assert loads == []


def test_typing_in_the_search_goes_on_while_the_board_changes(
    desk: Page, open_shop: OpenShop, card: str
) -> None:
    desk.goto("/")
    search = desk.get_by_label("Find on the board")
    search.press_sequentially("PA")
    open_shop.another_scans(card)
    expect(desk.locator(f"#row-{card}")).to_be_attached()
    search.press_sequentially("RT")
    expect(search).to_be_focused()
    expect(search).to_have_value("PART")


def test_a_press_on_the_board_moves_the_goods_on(desk: Page, open_shop: OpenShop, card: str) -> None:
    open_shop.another_scans(card)
    desk.goto("/")
    row = desk.locator(f"#lane-to_order #row-{card}")
    expect(row).to_be_attached()
    row.locator("xpath=ancestor::article").get_by_role("button").first.click()
    expect(desk.locator(f"#lane-ordered #row-{card}")).to_be_attached()
