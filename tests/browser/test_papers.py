"""Choosing the paper: found by its number; the first free label picked on the sheet, also by keys."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from browser.conftest import PHONE


def test_a_sheet_is_found_by_its_number_and_enter_does_not_print(desk: Page) -> None:
    desk.goto("/labels?which=all&face=small")
    desk.get_by_label("Find the sheet or roll").press_sequentially("J8160")
    expect(desk.locator("#stock option")).to_have_count(1)
    expect(desk.locator("#stock")).to_have_value("avery-l7160")
    desk.keyboard.press("Enter")
    expect(desk.locator("#stock")).to_have_value("avery-l7160")
    assert desk.url.endswith("/labels?which=all&face=small"), "nothing was printed"


def test_the_first_free_label_is_picked_on_the_sheet(desk: Page) -> None:
    desk.set_viewport_size(PHONE["viewport"])
    desk.goto("/labels?which=all&face=small&paper=L7160")
    desk.get_by_text("Choose it on the sheet").click()
    expect(desk.locator(".positions input")).to_have_count(21)
    desk.get_by_label("Label 5 of the sheet").click()
    start = desk.get_by_label("First free label").and_(desk.locator("input[type=text]"))
    expect(start).to_have_value("5")
    for key, value in (("ArrowDown", "8"), ("ArrowRight", "9"), ("ArrowUp", "6"), ("ArrowLeft", "5")):
        desk.keyboard.press(key)
        expect(start).to_have_value(value)
    start.fill("20")
    expect(desk.get_by_label("Label 20 of the sheet")).to_be_checked()
    expect(desk.locator(".positions__label--used")).to_have_count(19)


def test_a_roll_and_a_whole_page_have_no_position_to_pick(desk: Page) -> None:
    desk.goto("/labels?which=all&face=small&paper=zebra-57x32")
    expect(desk.locator("#stock")).to_have_value("zebra-57x32")
    expect(desk.get_by_text("Choose it on the sheet")).to_be_hidden()
