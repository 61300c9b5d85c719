"""The scan page as people meet it: on a phone, without script, by keyboard, over bad Wi-Fi."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route, expect
from waiting import wait_until

from browser.conftest import DESK, PASSWORD, PHONE

LARGEST_FIRST_VISIT = 30_000  # bytes on the wire
HUMAN = 90  # milliseconds between two keys of somebody who types well


def sign_in(page: Page) -> None:
    page.get_by_label("Sign-in name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def tab_to(page: Page, selector: str, most: int = 25) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(most):
        if page.locator(selector).evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached in {most} steps")


def order_and_take_back(page: Page) -> None:
    """Press the big button, then *Undo*."""
    page.get_by_role("button", name="This bin is empty").click()
    expect(page.get_by_role("heading", name="Ordered")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Taken back")).to_be_visible()


def test_a_phone_signs_in_orders_and_takes_it_back(phone: Page, card: str) -> None:
    phone.goto(f"/c/{card}")
    phone.get_by_role("link", name="Sign in to go on").click()
    sign_in(phone)
    phone.wait_for_url(f"/cards/{card}")
    order_and_take_back(phone)
    phone.reload()
    expect(phone.get_by_role("button", name="This bin is empty")).to_be_visible()


def test_the_same_walk_works_without_script(open_context: Callable[..., BrowserContext], card: str) -> None:
    page = open_context(**PHONE, java_script_enabled=False).new_page()
    page.goto(f"/c/{card}")
    page.get_by_role("link", name="Sign in to go on").click()
    sign_in(page)
    order_and_take_back(page)


def test_the_same_walk_works_by_keyboard_alone(
    open_context: Callable[..., BrowserContext], card: str
) -> None:
    page = open_context(**DESK).new_page()
    page.goto("/sign-in?next=/scan")
    expect(page.get_by_label("Sign-in name")).to_be_focused()
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("/scan")
    expect(page.get_by_label("Code on the card")).to_be_focused()
    page.keyboard.type(f"{card[:4]} {card[4:8]} {card[8:]}".lower(), delay=HUMAN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ordered")).to_be_visible()
    tab_to(page, ".entry [data-do=undo]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Taken back")).to_be_visible()
    expect(page.locator("#said")).to_contain_text("Taken back")


def test_the_first_step_of_every_screen_skips_to_its_content(desk: Page) -> None:
    desk.goto("/")
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("link", name="Skip to the content")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("#main")).to_be_focused()


def test_a_double_tap_sends_one_scan(open_context: Callable[..., BrowserContext], card: str) -> None:
    page = open_context(signed_in=True, **PHONE).new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.goto(f"/c/{card}")
    held: list[Route] = []
    page.route("**/scans", lambda route: held.append(route))  # no answer comes between the taps
    page.get_by_role("button", name="This bin is empty").dblclick(no_wait_after=True)
    wait_until(lambda: page.evaluate("1") and held, "the press is on its way")
    for route in held:
        route.continue_()
    expect(page.get_by_role("heading", name="Ordered")).to_be_visible()
    assert sent.count("POST") == 1


def test_opening_reloading_and_going_back_order_nothing(
    open_context: Callable[..., BrowserContext], card: str
) -> None:
    page = open_context(signed_in=True, **PHONE).new_page()
    page.goto(f"/c/{card}")
    page.reload()
    page.goto("/scan")
    page.go_back()
    expect(page.get_by_role("button", name="This bin is empty")).to_be_visible()


def test_without_a_server_the_page_says_so_and_the_press_can_be_repeated(
    open_context: Callable[..., BrowserContext], card: str
) -> None:
    context = open_context(signed_in=True, **PHONE)
    page = context.new_page()
    page.goto(f"/c/{card}")
    context.route("**/scans", lambda route: route.abort())
    page.get_by_role("button", name="This bin is empty").click()
    expect(page.get_by_role("alert")).to_be_visible()
    context.unroute("**/scans")
    page.get_by_role("button", name="This bin is empty").click()
    expect(page.get_by_role("heading", name="Ordered")).to_be_visible()


def test_the_first_visit_is_small(open_context: Callable[..., BrowserContext], card: str) -> None:
    context = open_context(signed_in=True, **PHONE)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    sizes: dict[str, float] = {}
    addresses: dict[str, str] = {}

    def note_address(told: dict[str, Any]) -> None:
        addresses[told["requestId"]] = told["response"]["url"]

    def note_size(told: dict[str, Any]) -> None:
        sizes[told["requestId"]] = told["encodedDataLength"]

    wire.on("Network.responseReceived", note_address)
    wire.on("Network.loadingFinished", note_size)
    wire.send("Network.enable")
    page.goto(f"/c/{card}", wait_until="networkidle")
    told = {addresses[request]: size for request, size in sizes.items()}
    assert len(told) >= 4, told
    assert sum(told.values()) < LARGEST_FIRST_VISIT, told
