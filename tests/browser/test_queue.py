"""The queue on the phone: scans that are made without a network arrive later, once, and in their order.

The network is taken away by killing the server: a browser told to be offline still lets a worker's
requests through, and `navigator.onLine` says nothing of a server that is down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Response, Route, expect
from waiting import wait_until

from browser.conftest import LONGEST_WAIT, PHONE
from browser.mortal import (
    MortalShop,
    mortal_shop,
    phone_on,
    rewrite,
    scan,
    states,
    until,
    wait_for_states,
    wrong_clock,
)  # fmt: skip

YEAR = timedelta(days=365)
SLACK = timedelta(minutes=5)
"""What a machine may lose between a gesture and its scan; a wrong clock is off by hours at least."""
NEW = ("**/scans", "**/healthz")
WITHOUT_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });"
WITHOUT_STORE = "Object.defineProperty(self, 'indexedDB', { value: undefined });"
WITHOUT_UUID = "Object.defineProperty(Crypto.prototype, 'randomUUID', { value: undefined });"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalShop]:
    with mortal_shop(tmp_path_factory.mktemp("queue") / "shop", 200) as shop:
        yield shop


@pytest.fixture
def on(chromium: Chromium, shop: MortalShop, tmp_path: Path) -> Callable[..., Any]:
    """Switches on a phone whose storage outlives it, without a service worker."""

    def switch_on(**options: Any) -> Any:
        return phone_on(chromium.browser_type, tmp_path / "phone", shop, service_workers="block", **options)

    return switch_on


@pytest.fixture
def context(chromium: Chromium, shop: MortalShop) -> Iterator[BrowserContext]:
    """A phone for one test, without a service worker, so that the test can play the network."""
    context = chromium.new_context(base_url=shop.address, service_workers="block", **PHONE)
    sign_in(context, shop)
    yield context
    context.close()


def sign_in(context: BrowserContext, shop: MortalShop) -> None:
    context.add_cookies([{"name": "kanban", "value": shop.cookie, "url": shop.address}])


def lose_network(context: BrowserContext) -> None:
    """Let nothing through that asks the server for something new."""
    for address in NEW:
        context.route(address, lambda route: route.abort())


def find_network(context: BrowserContext) -> None:
    """The opposite; and the pages try again at once, as they do when they are looked at."""
    for address in NEW:
        context.unroute(address)
    for page in context.pages:
        page.evaluate("void self.queue?.flush()")


def queue_of(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/queue")
    return page


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return queue_of(context)


def trouble(page: Page, word: str) -> None:
    page.wait_for_function("word => queue.status().trouble === word", arg=word, timeout=LONGEST_WAIT)


def effects(shop: MortalShop, *keys: str) -> list[str]:
    return [each.effect for each in shop.scans(keys)]


# --- the server dies


def test_scans_made_while_the_server_is_down_arrive_once_in_their_order(page: Page, shop: MortalShop) -> None:
    shop.kill()
    made = [scan(page, code) for code in shop.take(20)]
    wait_for_states(page, "waiting", 20)
    expect(page.locator("#unsent")).to_have_text("Not sent yet: 20")
    shop.start()
    page.evaluate("void queue.flush()")  # as when it is looked at again
    wait_for_states(page, "sent", 20)
    assert [each.key for each in shop.scans(made)] == made
    assert set(effects(shop, *made)) == {"signalled"}
    assert all(timedelta(0) <= each.age < SLACK for each in shop.scans(made))
    expect(page.locator("#unsent")).to_be_hidden()


def test_a_scan_survives_the_phone_being_switched_off(on: Callable[..., Any], shop: MortalShop) -> None:
    with on() as context:
        page = queue_of(context)
        shop.kill()
        made = [scan(page, code) for code in shop.take(5)]
        wait_for_states(page, "waiting", 5)
    shop.start()
    with on() as context:
        wait_for_states(queue_of(context), "sent", 5)
        assert [each.key for each in shop.scans(made)] == made


# --- the network


def test_a_scan_is_kept_sent_and_acknowledged(page: Page, shop: MortalShop) -> None:
    [code] = shop.take(1)
    key = scan(page, code)
    wait_for_states(page, "sent", 1)
    assert states(page) == {key: "sent"}
    assert [each[:3] for each in shop.scans([key])] == [("signalled", code, key)]
    expect(page.get_by_role("heading", name="Ordered")).to_be_visible()


def test_two_tabs_send_each_scan_once(context: BrowserContext, shop: MortalShop) -> None:
    one, two = queue_of(context), queue_of(context)
    lose_network(context)
    made = [scan((one, two)[place % 2], code) for place, code in enumerate(shop.take(20))]
    wait_for_states(one, "waiting", 20)
    wait_for_states(two, "waiting", 20)
    answered: list[str] = []

    def note(answer: Response) -> None:
        if answer.request.method == "POST":
            answered.append(answer.url)

    context.on("response", note)
    find_network(context)
    wait_for_states(one, "sent", 20)
    wait_for_states(two, "sent", 20)
    assert sorted(each.key for each in shop.scans(made)) == sorted(made)
    assert len(answered) == 20, "one sender at a time"


@pytest.mark.parametrize("lacking", [WITHOUT_LOCKS + WITHOUT_UUID], ids=["plain HTTP"])
def test_plain_http_lacks_locks_and_uuids_and_sends_each_scan_once(
    context: BrowserContext, shop: MortalShop, lacking: str
) -> None:
    context.add_init_script(lacking)
    one, two = queue_of(context), queue_of(context)
    made = [scan((one, two)[place % 2], code) for place, code in enumerate(shop.take(10))]
    wait_for_states(one, "sent", 10)
    assert sorted(each.key for each in shop.scans(made)) == sorted(made)
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", key)
        for key in made
    )


def test_a_browser_that_keeps_nothing_sends_at_once_and_says_what_it_cannot(
    context: BrowserContext, shop: MortalShop
) -> None:
    context.add_init_script(WITHOUT_STORE)
    page = queue_of(context)
    one, two = shop.take(2)
    keys = [scan(page, one)]
    wait_for_states(page, "sent", 1)
    lose_network(context)
    keys.append(scan(page, two))
    expect(page.get_by_text("This browser keeps nothing on the disk")).to_be_visible()
    expect(page.locator("#unsent")).to_have_text("Not sent, do not close: 1")
    find_network(context)
    wait_for_states(page, "sent", 2)
    assert effects(shop, *keys) == ["signalled", "signalled"]


NO_ANSWERS: list[dict[str, Any]] = [
    {"status": 200, "content_type": "text/html", "body": "<h1>Welcome to the Wi-Fi</h1>"},
    {"status": 302, "headers": {"Location": "https://wifi.example/"}, "body": ""},
    {"status": 200, "json": {"key": "another", "effect": "signalled"}},
    {"status": 200, "json": {"hello": "world"}},
    {"status": 200, "json": None},
    {"status": 404, "content_type": "text/html", "body": "<h1>nginx</h1>"},
    {"status": 403, "content_type": "text/html", "body": "<h1>proxy</h1>"},
    {"status": 502, "content_type": "text/html", "body": "<h1>nginx</h1>"},
    {"status": 503, "json": {"error": "cannot write"}},
    {"status": 429, "json": {"error": "too many"}},
    {"status": 200, "content_type": "application/json", "body": '{"key": "cut'},
]


def test_what_is_no_answer_of_ours_leaves_the_scan_waiting(context: BrowserContext, shop: MortalShop) -> None:
    page = queue_of(context)
    tried: list[int] = []

    def answer(route: Route) -> None:
        told = NO_ANSWERS[len(tried)]
        tried.append(told["status"])
        route.fulfill(**told)

    context.route("**/scans", answer)
    key = scan(page, *shop.take(1))
    while len(tried) < len(NO_ANSWERS):
        page.evaluate("queue.flush()")
    assert states(page) == {key: "waiting"}
    assert len(tried) == len(NO_ANSWERS)
    context.unroute("**/scans")
    find_network(context)
    wait_for_states(page, "sent", 1)
    assert effects(shop, key) == ["signalled"]


def test_an_answer_that_is_lost_after_the_commit_is_asked_for_again(
    context: BrowserContext, shop: MortalShop
) -> None:
    page = queue_of(context)
    lost: list[int] = []

    def commit_and_lose(route: Route) -> None:
        if not lost:
            lost.append(route.fetch().status)
        route.abort()

    context.route("**/scans", commit_and_lose)
    key = scan(page, *shop.take(1))
    trouble(page, "away")
    assert lost == [200]
    expect(page.get_by_text("It was sent, but no answer came.")).to_be_visible()
    expect(page.get_by_role("button", name="Take back")).to_be_hidden()
    context.unroute("**/scans")
    find_network(context)
    wait_for_states(page, "sent", 1)
    assert effects(shop, key) == ["signalled"]


def test_a_phone_that_nobody_signed_in_on_keeps_its_scans_until_somebody_does(
    context: BrowserContext, shop: MortalShop
) -> None:
    context.clear_cookies()
    page = queue_of(context)
    key = scan(page, *shop.take(1))
    trouble(page, "pair")
    expect(page.get_by_text("Nobody is signed in on this phone")).to_be_visible()
    expect(page.locator("#unsent")).to_have_text("Not sent, sign in: 1")
    sign_in(context, shop)
    page.reload()
    wait_for_states(page, "sent", 1)
    assert effects(shop, key) == ["signalled"]


def test_a_slow_network_doubles_nothing(context: BrowserContext, shop: MortalShop) -> None:
    page = queue_of(context)
    slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", slow)
    made = [scan(page, code) for code in shop.take(6)]
    wait_for_states(page, "sent", 6)
    assert [each.key for each in shop.scans(made)] == made


def test_a_scan_that_breaks_the_server_holds_back_only_its_own_card(
    context: BrowserContext, shop: MortalShop
) -> None:
    page = queue_of(context)
    bad, good = shop.take(2)
    context.route(f"**/c/{bad}/scans", lambda route: route.fulfill(status=500, json={"error": "broken"}))
    broken = [scan(page, bad), scan(page, bad, mode="receive")]
    well = scan(page, good)
    wait_for_states(page, "sent", 1)
    assert states(page) == dict.fromkeys(broken, "waiting") | {well: "sent"}


# --- what the person sees and does


def test_a_refusal_stays_until_the_person_has_seen_it(page: Page) -> None:
    scan(page, "0" * 12)
    wait_for_states(page, "refused", 1)
    page.reload()
    expect(page.locator("#unsent")).to_have_text("Please look: 1")
    expect(page.get_by_role("heading", name="This is not a code of ours")).to_be_visible()
    page.get_by_role("button", name="I have seen it").click()
    expect(page.get_by_role("heading", name="Nothing waits here")).to_be_visible()
    expect(page.locator("#unsent")).to_be_hidden()


def test_a_scan_that_was_never_tried_can_be_taken_back(
    context: BrowserContext, page: Page, shop: MortalShop
) -> None:
    lose_network(context)
    one, two = shop.take(2)
    kept = scan(page, one)
    trouble(page, "away")
    taken_back = page.evaluate("code => queue.add({ code }).key", two)
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#unsent")).to_have_text("Not sent yet: 1")
    find_network(context)
    wait_for_states(page, "sent", 1)
    assert effects(shop, kept, taken_back) == ["signalled"]


def test_a_question_is_answered_from_the_list(page: Page, shop: MortalShop) -> None:
    def ask(route: Route) -> None:
        key = route.request.headers["idempotency-key"]
        route.fulfill(json={"key": key, "effect": "asked", "card": None})

    page.route("**/scans", ask)
    scan(page, *shop.take(1))
    sure = page.get_by_role("button", name="Yes, order again")
    expect(sure).to_be_visible()
    page.unroute("**/scans")
    sure.click()
    wait_until(lambda: effects(shop, *states(page)) == ["signalled"])


def test_a_scan_that_was_shown_is_forgotten_after_half_a_day(page: Page, shop: MortalShop) -> None:
    scan(page, *shop.take(1))
    expect(page.get_by_role("heading", name="Ordered")).to_be_visible()
    until(page, "async () => (await new Promise((done) => queue.onChange(done)))[0].shown")
    page.reload()
    wait_for_states(page, "sent", 1)
    rewrite(page, "entry.wall -= 13 * 3600 * 1000")
    page.reload()
    expect(page.get_by_role("heading", name="Nothing waits here")).to_be_visible()


# --- clocks


@pytest.mark.parametrize("off", [YEAR, -YEAR])
def test_a_clock_that_is_wrong_by_a_year_does_no_harm(
    context: BrowserContext, shop: MortalShop, off: timedelta
) -> None:
    wrong_clock(context, off)
    page = queue_of(context)
    key = scan(page, *shop.take(1))
    wait_for_states(page, "sent", 1)
    assert timedelta(0) <= shop.scans([key])[0].age < SLACK


@pytest.mark.parametrize(
    ("leap", "age"),
    [(YEAR, 0.0), (-YEAR, 0.0), (-timedelta(hours=3), 0.0), (timedelta(hours=8), 8.0)],
    ids=["set forward", "set back", "set back a little", "slept eight hours"],
)
def test_a_clock_that_leaps_while_scans_wait_was_set_or_has_slept(
    context: BrowserContext, shop: MortalShop, leap: timedelta, age: float
) -> None:
    """A sleeping phone's counter stands still while its clock goes on; nobody sets a clock that little."""
    wrong_clock(context, timedelta())
    page = queue_of(context)
    lose_network(context)
    key = scan(page, *shop.take(1))
    wait_for_states(page, "waiting", 1)
    page.evaluate("leap => { self.clockOff = leap; }", leap / timedelta(milliseconds=1))
    find_network(context)
    wait_for_states(page, "sent", 1)
    late = shop.scans([key])[0].age - timedelta(hours=age)
    assert timedelta(seconds=-1) <= late < SLACK


@pytest.mark.parametrize("wrong", [YEAR, -YEAR, timedelta(days=3)])
def test_a_clock_that_is_mended_while_the_app_is_closed_does_no_harm(
    context: BrowserContext, shop: MortalShop, wrong: timedelta
) -> None:
    wrong_clock(context, timedelta())
    page = queue_of(context)
    page.evaluate("off => { sessionStorage.clockOff = off; }", wrong / timedelta(milliseconds=1))
    page.reload()
    one, two = shop.take(2)
    scan(page, one)
    wait_for_states(page, "sent", 1)  # the phone has heard the server's clock
    lose_network(context)
    key = scan(page, two)
    wait_for_states(page, "waiting", 1)
    page.evaluate("sessionStorage.clockOff = 0")
    page.reload()
    find_network(context)
    wait_until(lambda: shop.scans([key]))
    assert timedelta(seconds=-2) <= shop.scans([key])[0].age < SLACK


@pytest.mark.parametrize(
    ("change", "age"),
    [("entry.wall -= 21 * DAY", 21), ("entry.wall -= 900 * DAY", 30), ("entry.wall += 5 * DAY", 30)],
    ids=["three weeks", "years", "a clock that nobody can explain"],
)
def test_after_weeks_a_scan_is_late_and_orders_nothing_for_a_bin_filled_since(
    context: BrowserContext, shop: MortalShop, change: str, age: int
) -> None:
    page = queue_of(context)
    filled, never_filled = shop.take(2)
    keys = [scan(page, filled)]
    wait_for_states(page, "sent", 1)
    page.evaluate(
        """code => fetch(`/c/${code}/elsewhere`, {
          method: "POST", headers: { "Idempotency-Key": queue.newKey(), Accept: "application/json" },
        })""",
        filled,
    )
    lose_network(context)
    keys += [scan(page, filled), scan(page, never_filled)]
    wait_for_states(page, "waiting", 2)
    page.goto("/readyz")
    rewrite(page, f"const DAY = 86_400_000; if (entry.state === 'waiting') {change}")
    for address in NEW:
        context.unroute(address)
    page.goto("/queue")
    wait_for_states(page, "sent", 3)
    expect(page.get_by_role("heading", name="This scan came late")).to_be_visible()
    assert effects(shop, *keys) == ["signalled", "stale", "signalled"]
    assert all(abs(each.age - timedelta(days=age)) < SLACK for each in shop.scans(keys)[1:])


# --- what a browser throws away


def test_scans_that_the_browser_threw_away_are_counted_and_said(
    context: BrowserContext, shop: MortalShop
) -> None:
    page = queue_of(context)
    lose_network(context)
    for code in shop.take(3):
        scan(page, code)
    wait_for_states(page, "waiting", 3)
    page.goto("about:blank")
    thrown = {"origin": shop.address, "storageTypes": "indexeddb,cache_storage,local_storage"}
    context.new_cdp_session(page).send("Storage.clearDataForOrigin", thrown)
    page.goto("/queue")
    expect(page.get_by_text("threw scans away before they were sent: 3.")).to_be_visible()
    expect(page.locator("#unsent")).to_have_text("Scans lost: 3")
    page.reload()
    page.locator("#lost").get_by_role("button").click()
    expect(page.locator("#unsent")).to_be_hidden()
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#lost")).to_be_hidden()


def test_nothing_is_called_lost_that_another_tab_has_sent(context: BrowserContext, shop: MortalShop) -> None:
    one, two = queue_of(context), queue_of(context)
    lose_network(context)
    for code in shop.take(3):
        scan(one, code)
    wait_for_states(two, "waiting", 3)
    one.close()
    find_network(context)
    wait_for_states(two, "sent", 3)
    three = queue_of(context)
    wait_for_states(three, "sent", 3)
    assert three.evaluate("queue.status().lost") == 0


# --- a press on the page that the phone's camera opened


def press(context: BrowserContext, code: str) -> Page:
    """The card's page on a phone that knows the app; the button is pressed."""
    page = queue_of(context)
    page.wait_for_function("() => document.cookie.includes('kanban-queue=')")
    page.goto(f"/c/{code}")
    page.wait_for_function(
        "() => typeof queue === 'object' && typeof offline === 'object'", timeout=LONGEST_WAIT
    )
    page.get_by_role("button", name="This bin is empty").click()
    return page


def test_a_press_that_is_answered_leaves_nothing_behind(context: BrowserContext, shop: MortalShop) -> None:
    page = press(context, *shop.take(1))
    expect(page.get_by_role("heading", name="Ordered")).to_be_visible()
    wait_until(lambda: states(page) == {}, "the phone forgets what was answered")


def test_a_press_without_an_answer_is_kept_sent_once_and_its_answer_shown(
    context: BrowserContext, shop: MortalShop
) -> None:
    lose_network(context)
    page = press(context, *shop.take(1))
    expect(page.get_by_text("Your press is kept on this phone")).to_be_visible()
    expect(page.locator("#unsent")).to_have_text("Not sent yet: 1")
    [key] = states(page)
    find_network(context)
    expect(page.get_by_role("heading", name="Ordered")).to_be_visible()
    expect(page.get_by_text("Your press is kept on this phone")).to_be_hidden()
    wait_until(lambda: states(page) == {}, "the phone forgets what was answered")
    assert effects(shop, key) == ["signalled"]


def test_a_press_survives_its_page(context: BrowserContext, shop: MortalShop) -> None:
    lose_network(context)
    page = press(context, *shop.take(1))
    wait_for_states(page, "waiting", 1)
    [key] = states(page)
    page.close()
    for address in NEW:
        context.unroute(address)
    wait_for_states(queue_of(context), "sent", 1)
    assert effects(shop, key) == ["signalled"]
