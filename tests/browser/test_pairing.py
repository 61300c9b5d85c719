"""Pairing as people do it: a square on the desk screen, a phone before it, and what it asks afterwards."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect
from serving import Browser

from browser.conftest import DESK, PASSWORD, PHONE, OpenShop
from browser.test_screens import WIDER, all_violations

STILL: dict[str, Any] = {"reduced_motion": "reduce"}  # a colour on its way to another has no contrast


def show_code(desk: Page, name: str, asks: str = "nobody") -> str:
    """Ask for a code at the desk; returns what a camera reads from the screen."""
    desk.goto("/devices/pair")
    desk.get_by_label("Name").fill(name)
    desk.get_by_label("May do").select_option("operator")
    desk.get_by_label("Whom it asks").select_option(asks)
    desk.get_by_role("button", name="Show the code").click()
    desk.locator(".pairing").wait_for()
    with Image.open(io.BytesIO(desk.locator(".pairing__square").screenshot())) as seen:
        (read,) = zxingcpp.read_barcodes(seen)
    return str(read.text)


def is_sound(page: Page) -> None:
    """Axe finds nothing in either look, and the page fits a small phone."""
    size = page.viewport_size
    page.wait_for_load_state()
    assert all_violations(page) == {}
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate(WIDER) == 0
    if size:
        page.set_viewport_size(size)


def test_a_phone_before_the_square_is_paired_with_one_press_and_the_desk_says_so(
    open_context: Callable[..., BrowserContext], open_shop: OpenShop
) -> None:
    desk = open_context(signed_in=True, **STILL, **DESK).new_page()
    link = show_code(desk, "Rack A")
    is_sound(desk)
    phone = open_context(**STILL, **PHONE).new_page()
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(link)
    expect(phone.get_by_text("The code is read")).to_be_visible()
    assert phone.url.endswith("/pair"), "the code is out of the address"
    secret = link.partition("#")[2]
    assert not [url for url in asked if secret in url.partition("#")[0]], "no server hears it in an address"
    is_sound(phone)
    phone.get_by_role("button", name="Pair this phone").click()
    expect(phone.get_by_role("heading", name="Rack A")).to_be_visible()
    is_sound(phone)
    expect(desk.get_by_text("The phone is paired")).to_be_visible()
    is_sound(desk)
    again = open_context(**STILL, **PHONE).new_page()
    again.goto(link)
    again.get_by_role("button", name="Pair this phone").click()
    expect(again.get_by_role("alert")).to_contain_text("used already")


@pytest.mark.parametrize("asks", ["initials", "pin"])
def test_a_shared_phone_asks_who_holds_it_and_goes_on_to_the_card(
    open_context: Callable[..., BrowserContext], open_shop: OpenShop, card: str, asks: str
) -> None:
    office = Browser(open_shop.served.address)
    office.sign_in("ada", PASSWORD)
    office.send(office.get("/people/1"), "/people/1/pin", pin="4711")
    desk = open_context(signed_in=True, **STILL, **DESK).new_page()
    phone = open_context(**STILL, **PHONE).new_page()
    phone.goto(show_code(desk, "Forklift", asks))
    phone.get_by_role("button", name="Pair this phone").click()
    phone.get_by_role("button", name="Ada").wait_for()
    phone.goto(f"/c/{card}")
    phone.get_by_role("link", name="Say who you are").click()
    expect(phone.get_by_role("heading", name="Who are you?")).to_be_visible()
    is_sound(phone)
    phone.get_by_role("button", name="Ada").click()
    if asks == "pin":
        phone.get_by_label("PIN of Ada").fill("4712")
        phone.get_by_role("button", name="That is me").click()
        expect(phone.get_by_role("alert")).to_contain_text("does not fit")
        is_sound(phone)
        phone.get_by_label("PIN of Ada").fill("4711")
        phone.get_by_role("button", name="That is me").click()
    expect(phone.get_by_role("heading", name="Ordered")).to_be_visible()
    phone.goto("/device")
    phone.get_by_role("button", name="Not me").click()
    expect(phone.get_by_role("heading", name="Who are you?")).to_be_visible()


def test_a_strangers_phone_comes_from_a_card_and_returns_to_it(
    open_context: Callable[..., BrowserContext], open_shop: OpenShop, card: str
) -> None:
    desk = open_context(signed_in=True, **STILL, **DESK).new_page()
    link = show_code(desk, "Bench 7")
    context = open_context(**STILL, **PHONE)
    phone = context.new_page()
    phone.goto(f"/c/{card}")
    phone.get_by_role("link", name="Pair this phone").click()
    phone.wait_for_url(re.compile(r"/pair\?next="))
    camera = context.new_page()  # the camera opens a tab of its own
    camera.goto(link)
    camera.get_by_role("button", name="Pair this phone").click()
    expect(camera.get_by_role("heading", name="Ordered")).to_be_visible()
