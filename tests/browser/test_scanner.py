"""The scanner in a real browser: a camera that sees our own printed labels, and every other way in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect

from browser import film, handscanner
from browser.conftest import DESK, FLAGS, LONGEST_WAIT, PHONE
from browser.film import over, printed
from browser.mortal import MortalShop, mortal_shop, until, wait_for_states
from browser.test_screens import AXE

STRANGE = "https://kanban.elsewhere.example"
FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
NEVER_ASKED = "navigator.permissions.query = () => Promise.resolve({ state: 'prompt' });"
"""The fake camera counts as allowed already; a phone that opens the scanner first was never asked."""
IN_OUR_HANDS = {"service_workers": "block"}
"""What a service worker fetches or has kept, no test can take away."""
NARROW = {**PHONE, "viewport": {"width": 320, "height": 640}}

Opens = Callable[..., Page]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalShop]:
    settings = {"KANBAN_UNDO_SECONDS": "120", "KANBAN_TRUSTED_HOSTS": "kanban.test"}
    with mortal_shop(tmp_path_factory.mktemp("scanner") / "shop", 150, **settings) as shop:
        yield shop


@pytest.fixture(scope="module")
def full(shop: MortalShop) -> Iterator[str]:
    """Cards with full bins that no other test touches."""
    return iter(shop.cards)


@pytest.fixture
def card(full: Iterator[str]) -> str:
    return next(full)


@pytest.fixture
def sheet(full: Iterator[str]) -> list[str]:
    """The cards of a sheet of twelve labels: three columns, four rows."""
    return list(islice(full, 12))


@pytest.fixture
def open_scanner(chromium: Chromium, shop: MortalShop, tmp_path: Path) -> Iterator[Opens]:
    """Opens a phone of its own on the scanner; ``scenes`` are what its camera sees."""
    stack = ExitStack()

    def make(
        *scenes: list[bytes], path: str = "/scan", flags: tuple[str, ...] = FAKE_CAMERA,
        host: str = "", before: str = NEVER_ASKED, **options: Any,
    ) -> Page:  # fmt: skip
        reel = film.write(tmp_path / "camera.mjpeg", *(scenes or [film.nothing(1)]))
        seen = f"--use-file-for-fake-video-capture={reel}"
        rules = "--host-resolver-rules=MAP kanban.test 127.0.0.1"
        browser = chromium.browser_type.launch(
            executable_path=shutil.which("chromium"), args=[*FLAGS, *flags, seen, rules]
        )
        stack.callback(browser.close)
        address = shop.address.replace("127.0.0.1", host) if host else shop.address
        context = browser.new_context(base_url=address, **{**PHONE, **options})
        context.add_cookies([{"name": "kanban", "value": shop.cookie, "url": address}])
        context.add_init_script(before)
        page = context.new_page()
        page.goto(path)
        return page

    yield make
    stack.close()


@pytest.fixture
def desk(chromium: Chromium, shop: MortalShop) -> Iterator[Page]:
    """A desk screen without a camera, with a hand scanner."""
    context = chromium.new_context(base_url=shop.address, **DESK)
    context.add_cookies([{"name": "kanban", "value": shop.cookie, "url": shop.address}])
    yield context.new_page()
    context.close()


def recorded(shop: MortalShop, codes: list[str]) -> list[tuple[str, str]]:
    """What the journal holds of scans of these cards, in order."""
    return [(each.effect, each.code) for each in shop.scans() if each.code in codes]


def headlines(page: Page) -> list[str]:
    """What the list says, the newest first."""
    return page.locator(".entry__headline").all_text_contents()


def expect_newest(page: Page, headline: str) -> None:
    expect(page.locator(".entry__headline").first).to_have_text(headline)


def expect_open(page: Page) -> None:
    """Wait until the camera's picture is there."""
    expect(page.locator("#view")).to_have_attribute("data-state", "open")


# --- The camera --------------------------------------------------------------------------------------------
def test_one_tap_opens_and_a_pan_over_a_sheet_orders_the_labels_meant_and_no_neighbour(
    open_scanner: Opens, shop: MortalShop, sheet: list[str]
) -> None:
    """Several labels are in each picture, tilted, a little out of focus and low in contrast."""
    paper = printed(sheet, shop.address)
    how = {"across": 200.0, "tilt": 25.0, "roll": 8.0, "blur": 1.2, "contrast": 0.6}
    assert len(zxingcpp.read_barcodes(film.frame(paper, over(5, **how)))) >= 4, "neighbours are readable, too"
    scenes: list[list[bytes]] = [film.nothing(5)]  # the reader may start slowly
    for position, following in ((2, 5), (5, 8), (8, None)):
        scenes.append(film.tremble(paper, over(position, **how), 4))
        if following:
            scenes.append(film.pan(paper, over(position, **how), over(following, **how), 0.7, 10))
    page = open_scanner(*scenes, film.nothing(60))
    page.get_by_role("button", name="Start the camera").tap()
    expect(page.locator(".entry[data-tone=done]")).to_have_count(3)
    expect_newest(page, "Ordered")
    assert recorded(shop, sheet) == [("signalled", sheet[position - 1]) for position in (2, 5, 8)]
    assert page.locator(".entry").count() == 3


def test_a_card_that_stays_or_comes_back_at_once_counts_once(
    open_scanner: Opens, shop: MortalShop, card: str, sheet: list[str]
) -> None:
    paper = printed([card, *sheet], shop.address)
    look = film.hold(paper, over(1, across=90), 2)
    page = open_scanner(look, film.nothing(1), look, film.nothing(1.5), look * 3, film.nothing(60))
    page.get_by_role("button", name="Start the camera").tap()
    expect_newest(page, "Ordered")
    page.wait_for_timeout(9_000)
    assert recorded(shop, [card, *sheet]) == [("signalled", card)]
    assert headlines(page) == ["Ordered"]


def test_another_shops_card_and_a_foreign_code_do_nothing_and_are_named(
    open_scanner: Opens, shop: MortalShop, card: str
) -> None:
    before = len(shop.scans())
    paper = printed([card], STRANGE)
    page = open_scanner(film.nothing(1), film.hold(paper, over(1, across=90), 30))
    page.get_by_role("button", name="Start the camera").tap()
    expect_newest(page, "A card of another shop")
    expect(page.locator(".entry__text").first).to_contain_text("kanban.elsewhere.example")
    page.evaluate("read('https://example.org/an-advertisement')")
    expect_newest(page, "Not a card of ours")
    assert len(shop.scans()) == before


def test_a_label_printed_for_a_host_that_is_trusted_is_known_by_its_code(
    open_scanner: Opens, shop: MortalShop, card: str
) -> None:
    paper = printed([card], "http://kanban.test")
    page = open_scanner(film.nothing(1), film.hold(paper, over(1, across=90), 30))
    page.get_by_role("button", name="Start the camera").tap()
    expect_newest(page, "Ordered")
    assert recorded(shop, [card]) == [("signalled", card)]


def test_where_the_camera_was_allowed_before_it_opens_without_a_tap(
    open_scanner: Opens, shop: MortalShop, card: str
) -> None:
    paper = printed([card], shop.address)
    page = open_scanner(
        film.nothing(1),
        film.hold(paper, over(1, across=90), 30),
        path="/scan?mode=look",
        before="",
        permissions=["camera"],
    )
    expect_newest(page, "Full")
    assert recorded(shop, [card]) == []


def test_a_hidden_page_lets_go_of_the_camera_and_takes_it_again(open_scanner: Opens) -> None:
    page = open_scanner(film.nothing(1), before="", permissions=["camera"])
    expect_open(page)
    hide = "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
    page.evaluate(hide + " document.dispatchEvent(new Event('visibilitychange')); }", True)
    assert page.evaluate("camera.isOpen()") is False
    page.evaluate(hide + " document.dispatchEvent(new Event('visibilitychange')); }", False)
    until(page, "camera.isOpen()")
    expect_open(page)


EQUIPPED = """
  MediaStreamTrack.prototype.getCapabilities = () =>
    ({ torch: true, zoom: { min: 1, max: 4, step: 0.1 }, focusMode: ["continuous"] });
  window.asked = [];
  MediaStreamTrack.prototype.applyConstraints = ({ advanced }) => {
    window.asked.push(...advanced);
    return Promise.resolve();
  };
"""


def test_light_zoom_and_focus_are_used_where_the_phone_has_them(open_scanner: Opens) -> None:
    page = open_scanner(before=EQUIPPED, permissions=["camera"])
    expect_open(page)
    page.get_by_role("button", name="Light").tap()
    expect(page.get_by_role("button", name="Light")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("slider", name="Zoom").fill("2.5")
    page.get_by_role("button", name="Light").tap()
    expect(page.get_by_role("button", name="Light")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("asked") == [
        {"focusMode": "continuous"}, {"torch": True}, {"zoom": 2.5}, {"torch": False},
    ]  # fmt: skip


def test_sound_is_remembered(open_scanner: Opens) -> None:
    page = open_scanner()
    page.get_by_role("button", name="Sound").tap()
    expect(page.get_by_role("button", name="Sound")).to_have_attribute("aria-pressed", "false")
    page.goto("/scan")
    expect(page.get_by_role("button", name="Sound")).to_have_attribute("aria-pressed", "false")


# --- Without a live camera ---------------------------------------------------------------------------------
REFUSING = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{}'))"


@pytest.mark.parametrize(
    ("error", "title"),
    [
        ("NotAllowedError", "The camera was refused"),
        ("NotFoundError", "No camera found"),
        ("NotReadableError", "The camera is busy"),
    ],
)
def test_a_camera_that_does_not_open_has_a_name_and_a_way_out(
    open_scanner: Opens, error: str, title: str
) -> None:
    page = open_scanner(before=NEVER_ASKED + REFUSING.format(error))
    page.get_by_role("button", name="Start the camera").tap()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert page.locator("[data-platform]:visible").count() == 1
    expect(page.get_by_text("Take a photo", exact=True)).to_be_visible()
    expect(page.get_by_label("Code on the card")).to_be_visible()


def test_a_browser_without_a_camera_says_so(open_scanner: Opens) -> None:
    page = open_scanner(flags=())
    page.get_by_role("button", name="Start the camera").tap()
    named = page.locator("[data-failure]:visible")
    expect(named).to_have_count(1)
    assert named.get_attribute("data-failure") in ("missing", "refused")


def test_where_webassembly_is_refused_the_plain_reader_reads(
    open_scanner: Opens, shop: MortalShop, sheet: list[str]
) -> None:
    """iPhone in Lockdown Mode, some managed phones. Of several labels in view the one in the ring counts."""
    paper = printed(sheet, shop.address)
    page = open_scanner(film.tremble(paper, over(5, across=150, tilt=15, blur=0.8), 2), **IN_OUR_HANDS)
    page.context.route("**/*.wasm*", lambda route: route.fulfill(status=200, body="not wasm"))
    page.get_by_role("button", name="Start the camera").tap()
    expect_newest(page, "Ordered")
    assert recorded(shop, sheet) == [("signalled", sheet[4])]


def test_where_no_reader_starts_the_screen_says_what_to_do(open_scanner: Opens) -> None:
    page = open_scanner(**IN_OUR_HANDS)
    page.context.route("**/*.wasm*", lambda route: route.fulfill(status=200, body="not wasm"))
    page.context.route("**/qr-*/**", lambda route: route.abort())
    page.get_by_role("button", name="Start the camera").tap()
    expect(page.get_by_role("heading", name="The reader did not start")).to_be_visible()
    page.context.unroute("**/qr-*/**")
    page.get_by_role("button", name="Try again").tap()
    expect_open(page)


def test_a_label_that_is_slanted_faint_blurred_and_grainy_at_once_is_read(
    open_scanner: Opens, shop: MortalShop, card: str
) -> None:
    pose = over(1, across=150, tilt=35, blur=1.5, contrast=0.4, noise=8)
    page = open_scanner(film.tremble(printed([card], shop.address), pose, 3))
    page.get_by_role("button", name="Start the camera").tap()
    expect_newest(page, "Ordered")
    assert recorded(shop, [card]) == [("signalled", card)]


def test_over_plain_http_a_photo_is_offered_first_and_orders(
    open_scanner: Opens, shop: MortalShop, card: str, tmp_path: Path
) -> None:
    page = open_scanner(host="kanban.test")
    expect(page.get_by_role("heading", name="No camera without HTTPS")).to_be_visible()
    label = tmp_path / "label.jpg"
    pose = over(1, across=90, tilt=20, blur=1)
    label.write_bytes(film.jpeg(film.frame(printed([card], shop.address), pose)))
    page.locator("#photo").set_input_files(label)
    expect_newest(page, "Ordered")
    assert recorded(shop, [card]) == [("signalled", card)]


def test_a_photo_of_several_labels_asks_which_and_one_without_any_says_so(
    open_scanner: Opens, shop: MortalShop, sheet: list[str], tmp_path: Path
) -> None:
    page = open_scanner()
    several = tmp_path / "several.jpg"
    several.write_bytes(film.jpeg(film.frame(printed(sheet, shop.address), over(5, across=240))))
    page.locator("#photo").set_input_files(several)
    code = sheet[4]
    page.get_by_role("button", name=f"{code[:4]} {code[4:8]} {code[8:]}").tap(timeout=LONGEST_WAIT)
    expect_newest(page, "Ordered")
    assert recorded(shop, sheet) == [("signalled", code)]
    bare = tmp_path / "bare.jpg"
    bare.write_bytes(film.nothing(0.04)[0])
    page.locator("#photo").set_input_files(bare)
    expect(page.get_by_text("No card is readable in that photo.")).to_be_visible()
    bare.write_bytes(b"no picture at all")
    page.locator("#photo").set_input_files(bare)
    expect(page.get_by_text("No card is readable in that photo.")).to_be_visible()


def test_a_tag_is_read_where_the_phone_can(open_scanner: Opens, shop: MortalShop, card: str) -> None:
    tags = """window.NDEFReader = class {
      scan() { window.tag = this; return Promise.resolve(); } };"""
    page = open_scanner(before=tags)
    page.get_by_role("button", name="Tag").tap()
    expect(page.get_by_role("button", name="Tag")).to_have_attribute("aria-pressed", "true")
    record = "{ recordType: 'url', data: new TextEncoder().encode(address) }"
    page.evaluate(
        f"address => window.tag.onreading({{ message: {{ records: [{record}] }} }})",
        f"{shop.address}/c/{card}",
    )
    expect_newest(page, "Ordered")
    assert recorded(shop, [card]) == [("signalled", card)]


# --- A hand scanner, and typing ----------------------------------------------------------------------------
@pytest.mark.parametrize("suffix", ["CR", "LF", "TAB"])
def test_a_hand_scanner_signals_on_any_screen_and_the_screen_stays(
    desk: Page, shop: MortalShop, full: Iterator[str], suffix: str
) -> None:
    code = next(full)
    desk.goto("/suppliers")
    handscanner.scan(desk, f"{shop.address}/c/{code}", suffix=suffix)
    expect_newest(desk, "Ordered")
    assert desk.url.endswith("/suppliers")
    assert recorded(shop, [code]) == [("signalled", code)]
    desk.get_by_role("button", name="Undo").click()
    expect_newest(desk, "Taken back")
    assert recorded(shop, [code]) == [("signalled", code), ("withdrawn", code)]


def test_a_keyboard_layout_that_garbles_the_address_does_not_garble_the_code(
    desk: Page, shop: MortalShop, full: Iterator[str]
) -> None:
    code = next(each for each in full if set("YZ") & set(each))
    desk.goto("/items")
    handscanner.scan(desk, f"https://kanban-1.example/c/{code}", german=True)
    expect_newest(desk, "Ordered")
    assert recorded(shop, [code]) == [("signalled", code)]


def test_on_a_cards_page_the_scan_of_another_card_goes_on_in_the_scanner(
    desk: Page, shop: MortalShop, full: Iterator[str]
) -> None:
    shown = next(full)
    code = next(each for each in full if set("YZ") & set(each))
    desk.goto(f"/cards/{shown}")
    desk.get_by_role("button", name="This bin is empty").focus()
    handscanner.scan(desk, f"{shop.address}/c/{code}", german=True)
    desk.wait_for_url("**/scan")
    expect_newest(desk, "Ordered")
    desk.reload()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Signal")
    desk.wait_for_timeout(500)
    assert recorded(shop, [shown, code]) == [("signalled", code)]


def test_a_scan_presses_no_button_and_submits_no_form(desk: Page, shop: MortalShop, card: str) -> None:
    desk.goto("/items/new")
    desk.get_by_role("button", name="Save").or_(desk.locator("form.form button").first).first.focus()
    handscanner.scan(desk, f"{shop.address}/c/{card}")
    expect_newest(desk, "Ordered")
    assert desk.url.endswith("/items/new")
    assert desk.locator("[aria-invalid]").count() == 0


def test_a_scan_in_a_text_field_is_taken_out_and_counts(desk: Page, shop: MortalShop, card: str) -> None:
    desk.goto("/items")
    field = desk.locator("input[name=q]")
    field.fill("screws")
    handscanner.scan(desk, f"{shop.address}/c/{card}")
    expect_newest(desk, "Ordered")
    expect(field).to_have_value("screws")


def test_a_persons_typing_is_no_scan(desk: Page, shop: MortalShop, card: str) -> None:
    desk.goto("/items")
    field = desk.locator("input[name=q]")
    field.click()
    desk.keyboard.type(card, delay=90)
    desk.keyboard.press("Enter")
    desk.wait_for_timeout(500)
    expect(desk.locator("input[name=q]")).to_have_value(card)
    desk.locator("body").click()
    handscanner.scan(desk, card, gap=0.09)
    desk.wait_for_timeout(500)
    assert recorded(shop, [card]) == []


def test_another_barcode_scanned_into_a_field_stays_in_it(desk: Page) -> None:
    desk.goto("/items/new")
    field = desk.locator("input[name=sku]")
    field.focus()
    handscanner.scan(desk, "4006381333931", suffix="TAB")
    expect(field).to_have_value("4006381333931")
    expect(desk.locator("#corner")).to_be_hidden()


def test_a_typed_code_is_checked_while_it_is_typed(desk: Page, shop: MortalShop, card: str) -> None:
    desk.goto("/scan")
    state = desk.locator("#code-state")
    expect(desk.get_by_label("Code on the card")).to_be_focused()
    desk.keyboard.type(card[:5].lower(), delay=90)
    expect(state).to_have_text("5 of 12")
    desk.keyboard.type(card[5:11], delay=90)
    desk.keyboard.type("0" if card[11] != "0" else "1", delay=90)
    expect(state).to_contain_text("Mistyped")
    desk.keyboard.press("Enter")
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("Backspace")
    desk.keyboard.type(card[11])
    expect(state).to_have_text("The code is complete.")
    assert recorded(shop, [card]) == []
    desk.keyboard.press("Enter")
    expect_newest(desk, "Ordered")
    assert recorded(shop, [card]) == [("signalled", card)]


# --- What is shown -----------------------------------------------------------------------------------------
def test_nothing_looks_done_before_the_server_has_said_so(
    open_scanner: Opens, shop: MortalShop, full: Iterator[str]
) -> None:
    kept, taken_back = next(full), next(full)
    page = open_scanner(before="", permissions=["camera"])
    expect_open(page)
    shop.kill()
    try:
        for code in (kept, taken_back):
            page.evaluate("code => accept(code)", code)
        expect_newest(page, "Will be sent")
        assert page.locator(".entry[data-tone=done]").count() == 0
        expect(page.locator("#unsent")).to_contain_text("2")
        page.locator(".entry").first.get_by_role("button", name="Undo").tap()
        expect_newest(page, "Taken back")
    finally:
        shop.start()
    page.evaluate("queue.flush()")
    expect(page.locator(".entry__headline").nth(1)).to_have_text("Ordered")
    assert recorded(shop, [kept, taken_back]) == [("signalled", kept)]


def test_a_whole_session_without_a_server_on_a_phone_that_was_switched_off_arrives_once(
    chromium: Chromium, shop: MortalShop, sheet: list[str], tmp_path: Path
) -> None:
    """The app, its reader and the camera's codes: all from the phone alone."""
    paper = printed(sheet, shop.address)
    two = [film.hold(paper, over(position, across=110), 4) for position in (2, 5)]
    reel = film.write(tmp_path / "camera.mjpeg", film.nothing(5), *two, film.nothing(60))
    flags = [*FLAGS, *FAKE_CAMERA, f"--use-file-for-fake-video-capture={reel}"]
    how = {"executable_path": shutil.which("chromium"), "args": flags, "permissions": ["camera"], **PHONE}

    def switched_on() -> BrowserContext:
        context = chromium.browser_type.launch_persistent_context(
            tmp_path / "phone", base_url=shop.address, **how
        )
        context.add_cookies([{"name": "kanban", "value": shop.cookie, "url": shop.address}])
        return context

    phone = switched_on()
    page = phone.new_page()
    page.goto("/scan?mode=look")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    expect_open(page)
    phone.close()
    shop.kill()
    try:
        phone = switched_on()
        page = phone.new_page()
        page.goto("/scan?mode=signal")
        expect(page.locator(".entry__headline")).to_have_text(["Will be sent"] * 2)
        phone.close()
    finally:
        shop.start()
    phone = switched_on()
    page = phone.new_page()
    page.goto("/queue")
    wait_for_states(page, "sent", 2)
    phone.close()
    assert recorded(shop, sheet) == [("signalled", sheet[1]), ("signalled", sheet[4])]


def test_a_second_scan_says_who_and_when_and_another_phone_learns_the_same(
    desk: Page, open_scanner: Opens, shop: MortalShop, card: str
) -> None:
    desk.goto("/scan")
    desk.evaluate("code => accept(code)", card)
    expect_newest(desk, "Ordered")
    page = open_scanner()
    page.evaluate("code => accept(code)", card)
    expect_newest(page, "Already on order")
    expect(page.locator(".entry__facts").first).to_contain_text("Ada")
    assert recorded(shop, [card]) == [("signalled", card), ("already", card)]


def test_the_mode_is_chosen_before_remembered_and_unmistakable(open_scanner: Opens, card: str) -> None:
    page = open_scanner()
    colours = set()
    for word in ("Receive", "Look up", "Shelf audit", "Signal"):
        page.get_by_role("radio", name=word).check(force=True)
        expect(page.get_by_role("heading", level=1)).to_contain_text(word)
        colours.add(page.locator(".bar").evaluate("bar => getComputedStyle(bar).getPropertyValue('--mode')"))
    assert len(colours) == 4
    page.get_by_role("radio", name="Receive").check(force=True)
    page.goto("/scan")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Receive")
    page.evaluate("code => accept(code)", card)
    expect_newest(page, "Nothing to do")


def test_what_was_received_is_corrected_on_its_entry(desk: Page, shop: MortalShop, card: str) -> None:
    desk.goto("/scan")
    desk.evaluate("code => accept(code)", card)
    expect_newest(desk, "Ordered")
    send = """code => fetch(`/c/${code}`, { headers: { Accept: "application/json" } })
      .then((answer) => answer.json())
      .then(({ card }) => fetch(`/orders/${card.order}/release`,
        { method: "POST", body: "{}",
          headers: { "Content-Type": "application/json", "Idempotency-Key": queue.newKey() } }))
      .then((answer) => answer.status)"""
    assert desk.evaluate(send, card) == 200
    desk.goto("/scan?mode=receive")
    desk.evaluate("code => accept(code)", card)
    expect_newest(desk, "Received")
    desk.get_by_role("button", name="Another quantity").click()
    desk.get_by_label("Really came").fill("20")
    desk.get_by_role("button", name="Correct it").click()
    expect_newest(desk, "Corrected")
    desk.goto(f"/cards/{card}")
    expect(desk.get_by_role("heading", name="Already on order")).to_be_visible()


def test_the_modes_go_by_keyboard(desk: Page, card: str) -> None:
    desk.goto("/scan")
    desk.locator("input[name=mode]:checked").focus()
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("ArrowRight")
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Look up")
    desk.get_by_label("Code on the card").focus()
    desk.keyboard.type(card, delay=60)
    desk.keyboard.press("Enter")
    expect_newest(desk, "Full")
    expect(desk.locator("#said")).to_contain_text("Full")


def test_a_shelf_audit_is_swept_saved_and_shown(
    open_scanner: Opens, shop: MortalShop, full: Iterator[str]
) -> None:
    page = open_scanner(path="/scan?mode=audit")
    page.get_by_label("Place").select_option(label="Works › Rack (150)")
    expect(page.locator("#audit-count")).to_have_text("0 of 150 seen")
    for code in islice(full, 3):
        page.evaluate("code => accept(code)", code)
    expect(page.locator("#audit-count")).to_have_text("3 of 150 seen")
    page.reload()
    expect(page.locator("#audit-count")).to_have_text("3 of 150 seen")
    page.get_by_role("button", name="Finish and save").tap()
    page.wait_for_url("**/audits/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Works › Rack")
    expect(page.locator(".tile__value").nth(1)).to_have_text("3")


def test_the_newest_result_is_readable_in_the_sun_in_every_colour(desk: Page, card: str) -> None:
    """Contrast of 7:1 or more, and large."""
    desk.emulate_media(reduced_motion="reduce")
    desk.goto("/scan")
    desk.evaluate(AXE)
    desk.evaluate("code => accept(code)", card)
    expect_newest(desk, "Ordered")
    found = {}
    for tone in ("done", "known", "look", "no", "kept", "plain"):
        desk.evaluate("tone => { document.querySelector('.entry').dataset.tone = tone; }", tone)
        told: dict[str, Any] = desk.evaluate(
            "axe.run('#entries', {runOnly: {type: 'rule', values: ['color-contrast-enhanced']},"
            " rules: {'color-contrast-enhanced': {enabled: true}}})"
        )
        assert told["passes"], "the rule has looked"
        found[tone] = [node["html"][:80] for each in told["violations"] for node in each["nodes"]]
    assert {tone: what for tone, what in found.items() if what} == {}
    assert (
        desk.locator(".entry__headline").first.evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
        >= 24
    )


@pytest.mark.parametrize("device", [NARROW, PHONE, DESK], ids=["320 px", "phone", "desk"])
def test_gloves_hit_every_control_and_nothing_runs_off_the_side(
    open_scanner: Opens, device: dict[str, Any]
) -> None:
    page = open_scanner(before="", permissions=["camera"], **device)
    expect_open(page)
    small = """() => [...document.querySelectorAll('button, label.tool, label.mode, .bar__back, .input')]
      .map((each) => [each.textContent.trim() || each.id || each.className, each.getBoundingClientRect()])
      .filter(([, box]) => box.width && (box.height < 56 || box.width < 48))
      .map(([name, box]) => `${name} ${box.width} × ${box.height}`)"""
    for mode in ("Signal", "Shelf audit"):
        page.get_by_role("radio", name=mode).check(force=True)
        assert page.evaluate(small) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_page_works_without_script(chromium: Chromium, shop: MortalShop, card: str) -> None:
    context: BrowserContext = chromium.new_context(base_url=shop.address, java_script_enabled=False, **PHONE)
    context.add_cookies([{"name": "kanban", "value": shop.cookie, "url": shop.address}])
    page = context.new_page()
    page.goto("/scan")
    page.get_by_label("Code on the card").fill(card.lower())
    page.get_by_role("button", name="Open the card").click()
    page.wait_for_url(f"**/cards/{card}")
    context.close()
