"""The app without a network: it opens cold, is renewed whole, and comes between no scan and its answer."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect
from waiting import wait_until

from browser.conftest import LONGEST_WAIT, PHONE
from browser.mortal import MortalShop, mortal_shop, phone_on, scan, until, wait_for_states

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalShop]:
    with mortal_shop(tmp_path_factory.mktemp("offline") / "shop", 100) as shop:
        yield shop


@pytest.fixture(autouse=True)
def alive(shop: MortalShop) -> None:
    """Each test begins with a server that runs, of the version that we are."""
    if not shop.is_alive:
        shop.start()


@pytest.fixture
def on(chromium: Chromium, shop: MortalShop, tmp_path: Path) -> Callable[..., Any]:
    """Switches on a phone whose storage outlives it."""
    return lambda **how: phone_on(chromium.browser_type, tmp_path / "phone", shop, **how)


@pytest.fixture
def context(chromium: Chromium, shop: MortalShop) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=shop.address, **PHONE)
    context.add_cookies([{"name": "kanban", "value": shop.cookie, "url": shop.address}])
    yield context
    context.close()


def app(context: BrowserContext, path: str = "/queue") -> Page:
    """A page of a phone that has kept the whole app."""
    page = context.new_page()
    page.goto(path)
    page.wait_for_function(
        "() => navigator.serviceWorker.controller?.state === 'activated'", timeout=LONGEST_WAIT
    )
    return page


def kept(page: Page) -> list[str]:
    """The names of what the worker keeps."""
    names: list[str] = page.evaluate("caches.keys()")
    return sorted(names)


def test_a_whole_session_without_the_server_arrives_once_and_in_order(
    on: Callable[..., Any], shop: MortalShop
) -> None:
    with on() as context:
        app(context)
    shop.kill()
    made = []
    with on() as context:  # cold: the browser starts, and nobody answers
        page = context.new_page()
        page.goto("/scan")
        made += [scan(page, code) for code in shop.take(4)]
        wait_for_states(page, "waiting", 4)
    with on() as context:
        page = context.new_page()
        page.goto("/scan")
        expect(page.locator("#unsent")).to_have_text("Not sent yet: 4")
        made += [scan(page, code) for code in shop.take(4)]
        wait_for_states(page, "waiting", 8)
        shop.start()
        page.evaluate("void queue.flush()")  # as when it is looked at again
        wait_for_states(page, "sent", 8)
    assert [each.key for each in shop.scans(made)] == made
    assert {each.effect for each in shop.scans(made)} == {"signalled"}


def test_a_card_opened_by_the_camera_without_the_server_keeps_the_press(
    context: BrowserContext, shop: MortalShop
) -> None:
    page = app(context)
    [code] = shop.take(1)
    shop.kill()
    page.goto(f"/c/{code}")
    expect(page.get_by_role("heading", name=f"{code[:4]} {code[4:8]} {code[8:]}")).to_be_visible()
    page.get_by_role("button", name="This bin is empty").click()
    expect(page.get_by_role("heading", name="Will be sent")).to_be_visible()
    page.reload()  # looks, and presses nothing
    expect(page.get_by_role("button", name="This bin is empty")).to_be_visible()
    shop.start()
    page.goto("/queue")
    wait_for_states(page, "sent", 1)
    assert [each.effect for each in shop.scans() if each.code == code] == ["signalled"]


def test_another_page_says_that_the_shop_does_not_answer(context: BrowserContext, shop: MortalShop) -> None:
    page = app(context)
    shop.kill()
    page.goto("/orders")
    expect(page.get_by_text("The shop does not answer, so that page cannot be shown")).to_be_visible()
    shop.start()
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()


def test_what_is_kept_says_nothing_of_anybody(context: BrowserContext, shop: MortalShop) -> None:
    page = app(context, "/")
    for path in ("/orders", "/account", f"/c/{shop.cards[-1]}", "/"):
        page.goto(path)
    texts: list[str] = page.evaluate(
        """async () => {
          const texts = [];
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) {
              const text = await (await cache.match(request)).text();
              if (!request.url.includes("/static/")) texts.push(request.url + text);
            }
          }
          return texts;
        }"""
    )
    assert len(texts) == 3
    assert not any("Ada" in text or "PART-0" in text or "Sign out" in text for text in texts)


def test_the_queue_is_sent_in_the_background(context: BrowserContext, shop: MortalShop) -> None:
    page = app(context)
    shop.kill()
    made = [scan(page, code) for code in shop.take(3)]
    wait_for_states(page, "waiting", 3)
    wait_until(lambda: page.evaluate("1") and context.service_workers, "the worker is known here")
    worker = context.service_workers[0]
    page.goto("about:blank")
    shop.start()
    # what the event "sync" does, which Chromium sends when it thinks fit, and again until all is sent
    wait_until(lambda: worker.evaluate("self.queue.flush()") == "all", "the worker sends all")
    assert [each.key for each in shop.scans(made)] == made
    wait_for_states(app(context), "sent", 3)


# --- versions

FATE = """async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  const end = new Promise((done) => registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    coming.addEventListener("statechange", () => done(coming.state));
  }));
  registration.update().catch(() => {});
  return end;
}"""
"""What becomes of the worker that an update brings."""


@pytest.fixture
def older(tmp_path: Path) -> dict[str, str]:
    """The settings of a server of an older version: it has other files, and says so."""
    copy = tmp_path / "older"
    for folder in ("kanban", "static", "templates", "labels"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    script = copy / "static" / "js" / "offline.js"
    script.write_text(script.read_text() + "\nself.isOlder = true;\n")
    return {"PYTHONPATH": str(copy)}


def test_a_new_version_takes_over_whole_with_a_queue_pending(
    on: Callable[..., Any], shop: MortalShop, older: dict[str, str]
) -> None:
    shop.kill()
    shop.start(**older)
    with on() as context:
        page = app(context)
        assert page.evaluate("self.isOlder")
        before = kept(page)
        shop.kill()
        made = [scan(page, code) for code in shop.take(3)]
        wait_for_states(page, "waiting", 3)
        shop.start()
        page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
        until(page, "async (before) => !(await caches.keys()).includes(before[0])", before)
        expect(page.get_by_text("A new version is here.")).to_be_visible()
        page.evaluate("void queue.flush()")  # as when it is looked at again
        wait_for_states(page, "sent", 3)
        assert [each.key for each in shop.scans(made)] == made
        page.get_by_role("button", name="Reload").click()
        page.wait_for_function("() => !self.isOlder && typeof offline === 'object'", timeout=LONGEST_WAIT)
        expect(page.get_by_text("A new version is here.")).to_be_hidden()
        assert len(kept(page)) == len(before)
        shop.kill()
        page.goto("/scan")
        assert page.evaluate("() => !self.isOlder")


def test_no_new_version_takes_over_while_a_page_scans(
    context: BrowserContext, shop: MortalShop, older: dict[str, str]
) -> None:
    shop.kill()
    shop.start(**older)
    page = app(context)
    other = app(context)
    page.evaluate("document.documentElement.dataset.scanning = 'yes'")
    shop.kill()
    shop.start()
    other.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
    expect(other.get_by_text("A new version is here.")).to_be_visible()
    assert other.evaluate("navigator.serviceWorker.getRegistration().then((found) => Boolean(found.waiting))")
    page.evaluate("delete document.documentElement.dataset.scanning")
    page.goto("/queue")
    until(page, "async () => !(await navigator.serviceWorker.getRegistration()).waiting")


def test_a_torn_version_is_not_taken(
    context: BrowserContext, shop: MortalShop, older: dict[str, str]
) -> None:
    """One file comes from another version: the worker keeps what it has, and tries again later."""
    page = app(context)
    before = kept(page)
    shop.kill()
    module = Path(older["PYTHONPATH"]) / "kanban" / "web" / "offline.py"
    text = module.read_text()
    torn = text.replace('"shop": shop.name', '**TORN, "shop": shop.name')
    assert torn != text
    module.write_text(
        f'{torn}\n\nTORN = {{"assets": ["/static/js/app.js?v=0123456789"], "version": "torn"}}\n'
    )
    shop.start(**older)
    assert page.evaluate(FATE) == "redundant"
    assert kept(page) == before


def test_the_way_back_takes_the_kept_files_away_and_sends_what_waits(
    context: BrowserContext, shop: MortalShop
) -> None:
    page = app(context)
    shop.kill()
    key = scan(page, *shop.take(1))
    wait_for_states(page, "waiting", 1)
    shop.start(KANBAN_OFFLINE="no")
    page.goto("/")
    page.goto("/queue")
    until(
        page,
        "async () => !(await navigator.serviceWorker.getRegistration()) && !(await caches.keys()).length",
    )
    wait_for_states(page, "sent", 1)
    assert [each.effect for each in shop.scans([key])] == ["signalled"]
    shop.kill()


def test_a_photo_from_another_app_reaches_the_scanner(context: BrowserContext, shop: MortalShop) -> None:
    page = app(context)
    page.evaluate(
        """async () => {
          const form = new FormData();
          form.append("photo", new File(["a label"], "label.png", { type: "image/png" }));
          await fetch("/share", { method: "POST", body: form });
        }"""
    )
    taken = "offline.sharedPhoto().then((photo) => photo && photo.text())"
    assert page.evaluate(taken) == "a label"
    assert page.evaluate(taken) is None


def test_the_decoder_is_kept_once_the_scanner_was_opened(context: BrowserContext, shop: MortalShop) -> None:
    page = app(context, "/scan")
    wasm = page.evaluate("document.body.dataset.wasm")
    page.evaluate("(wasm) => fetch(wasm).then((answer) => answer.arrayBuffer())", wasm)
    shop.kill()
    page.goto("/scan")
    assert page.evaluate("(wasm) => fetch(wasm).then((answer) => answer.status)", wasm) == 200
