"""A card opened by the camera of a paired phone signals by itself: exactly once, and never by any other way.

Here Chromium is started as a person starts it, with back-forward cache, prerendering and session restore.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Playwright, expect
from serving import Browser
from waiting import LONGEST_WAIT, wait_until

from browser.conftest import FLAGS, PASSWORD, PHONE, PLAIN_HOST, OpenShop
from browser.mortal import until

BLANK = ("about:blank",)
QUIET = 1.5  # seconds in which a signal that should not come would have come
PREVIEWERS = (
    "WhatsApp/2.23.20.0", "facebookexternalhit/1.1", "TelegramBot (like TwitterBot)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4"
    " facebookexternalhit/1.1 Facebot Twitterbot/1.0",
)  # fmt: skip


def pairing_code(shop: OpenShop, role: str = "operator") -> str:
    """The short code that the desk screen shows for a phone that is expected."""
    desk = Browser(shop.served.address)
    desk.sign_in("ada", PASSWORD)
    form = desk.get("/devices/pair")
    page = desk.send(form, "/devices/pairings", name="Bench 2", role=role, self_signal="yes", asks="nobody",
                     lasts="screen")  # fmt: skip
    (code,) = re.findall(r'pairing__code code">([0-9A-Z]{4} [0-9A-Z]{4})<', page.text)
    return str(code)


def pair(page: Page, shop: OpenShop) -> None:
    page.goto(f"{shop.served.address}/pair")
    page.get_by_label("The code from the desk screen").fill(pairing_code(shop))
    page.get_by_role("button", name="Pair this phone").click()
    page.wait_for_url(re.compile("/device$"))


def signals(shop: OpenShop, card: str) -> int:
    """How often the journal says that this card was signalled."""
    found, after = 0, 0
    while True:
        address = f"{shop.served.address}/api/v1/journal?limit=1000&after={after}"
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {shop.token}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            page = json.load(answer)
        found += sum(each["effect"] == "signalled" and each["card"] == card for each in page["events"])
        if page["next"] is None:
            return found
        after = page["next"]


def refill(shop: OpenShop, card: str) -> None:
    """The bin is full again, some other way."""
    headers = {
        "Authorization": f"Bearer {shop.token}", "Idempotency-Key": f"refill-{time.monotonic_ns()}",
        "Content-Type": "application/json",
    }  # fmt: skip
    address = f"{shop.served.address}/c/{card}/elsewhere"
    with urllib.request.urlopen(urllib.request.Request(address, b"{}", headers), timeout=20) as answer:
        assert answer.status == 200


def opened(page: Page, shop: OpenShop, card: str) -> None:
    """The phone's camera opens the card, and the card is signalled without a further tap."""
    page.goto(f"{shop.served.address}/c/{card}")
    expect(page.get_by_role("heading", name="Ordered")).to_be_visible()
    assert page.url.endswith(f"/cards/{card}")


class Line:
    """The way of a page's scans to the shop, cut until somebody mends it."""

    def __init__(self, page: Page) -> None:
        self.is_cut = True
        page.route("**/scans", lambda route: route.abort() if self.is_cut else route.continue_())


def shown_once(page: Page, headline: str) -> None:
    """The page shows one result, and this one."""
    expect(page.get_by_role("heading", name=headline)).to_be_visible()
    expect(page.locator("#result[data-tone]")).to_have_count(1)
    expect(page.locator(".verdict")).to_have_count(1)


@pytest.fixture
def phone(chromium: Chromium, open_shop: OpenShop) -> Iterator[Page]:
    """A paired phone."""
    context = chromium.new_context(**PHONE)
    page = context.new_page()
    pair(page, open_shop)
    until(page, "document.cookie.includes('kanban-queue=')")  # it knows the app now
    yield page
    context.close()


class Own:
    """A Chromium with a profile of its own on the disk, which can be killed and started again."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self.playwright, self.folder = playwright, folder

    @contextmanager
    def running(self, *more: str) -> Iterator[BrowserContext]:
        """Started, and driven from here."""
        told = self.folder / "DevToolsActivePort"
        told.unlink(missing_ok=True)
        with self.unwatched("--remote-debugging-port=0", *(more or BLANK)) as process:
            wait_until(lambda: told.exists() and told.read_text().strip(), "Chromium")
            port = told.read_text().splitlines()[0]
            browser = self.playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
            yield browser.contexts[0]
            browser.new_browser_cdp_session().send("Browser.close")  # it writes down what is open
            process.wait(LONGEST_WAIT)

    def has_written(self, address: str) -> bool:
        """Whether the browser would open this address again if it were killed now."""
        sessions = (self.folder / "Default" / "Sessions").glob("Session_*")
        return any(address.encode() in file.read_bytes() for file in sessions)

    @contextmanager
    def unwatched(self, *more: str) -> Iterator[subprocess.Popen[bytes]]:
        """Started, and left alone."""
        program = shutil.which("chromium") or shutil.which("chromium-browser") or "google-chrome"
        flags = [*FLAGS, "--headless=new", f"--user-data-dir={self.folder}", *more]
        silent = subprocess.DEVNULL
        process = subprocess.Popen([program, *flags], stdout=silent, stderr=silent)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def addresses(context: BrowserContext) -> list[str]:
    """What its tabs show by now."""
    context.pages[0].wait_for_timeout(100)  # the driver listens only while it is asked something
    return [page.url for page in context.pages]


@pytest.fixture
def own(tmp_path: Path, driver: Playwright) -> Own:
    return Own(driver, tmp_path / "profile")


def test_the_phones_camera_opens_the_card_and_it_is_ordered_without_a_further_tap(
    phone: Page, open_shop: OpenShop, card: str
) -> None:
    sent: list[str] = []
    phone.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    opened(phone, open_shop, card)
    expect(phone.get_by_role("button", name="Undo")).to_be_visible()
    assert signals(open_shop, card) == 1
    assert [each.split()[0] for each in sent].count("POST") == 1, "nothing else sends what the page sends"
    phone.get_by_role("button", name="Undo").click()
    expect(phone.get_by_role("heading", name="Taken back")).to_be_visible()


def test_reload_and_back_after_a_refill_order_nothing(phone: Page, open_shop: OpenShop, card: str) -> None:
    opened(phone, open_shop, card)
    refill(open_shop, card)
    phone.reload()
    expect(phone.get_by_role("button", name="This bin is empty")).to_be_visible()
    phone.goto(f"{open_shop.served.address}/device")
    phone.go_back()
    expect(phone.get_by_role("button", name="This bin is empty")).to_be_visible()
    time.sleep(QUIET)
    assert signals(open_shop, card) == 1
    opened(phone, open_shop, card)
    assert signals(open_shop, card) == 2, "a new scan after the refill counts"


def test_a_look_at_a_card_on_order_does_not_wait_in_its_tab_for_the_refill(
    phone: Page, open_shop: OpenShop, card: str
) -> None:
    open_shop.another_scans(card)
    phone.goto(f"{open_shop.served.address}/c/{card}")
    expect(phone.get_by_role("heading", name="Already on order")).to_be_visible()
    assert phone.url.endswith(f"/cards/{card}")
    refill(open_shop, card)
    phone.goto(phone.url)  # a phone that threw the tab out of memory opens its address anew
    expect(phone.get_by_role("button", name="This bin is empty")).to_be_visible()
    time.sleep(QUIET)
    assert signals(open_shop, card) == 1


def test_two_tabs_that_open_one_card_at_once_order_once(phone: Page, open_shop: OpenShop, card: str) -> None:
    other = phone.context.new_page()
    address = f"{open_shop.served.address}/c/{card}"
    phone.goto(address, wait_until="commit")
    other.goto(address, wait_until="commit")
    for tab in (other, phone):
        tab.bring_to_front()
        expect(tab.get_by_role("heading", name=re.compile("Ordered|Already on order"))).to_be_visible()
    time.sleep(QUIET)
    assert signals(open_shop, card) == 1


def test_the_same_permission_sent_again_and_again_orders_once(
    phone: Page, open_shop: OpenShop, card: str
) -> None:
    line = Line(phone)
    phone.goto(f"{open_shop.served.address}/c/{card}")
    kept = phone.get_by_text("No answer from the shop. Your press is kept")
    expect(kept).to_be_visible()
    form = phone.locator("form[data-nonce]")
    fields = {
        "nonce": form.get_attribute("data-nonce") or "",
        "key": form.locator("[name=key]").input_value(),
    }
    line.is_cut = False
    address = f"{open_shop.served.address}/c/{card}/scans"
    origin = {"Origin": open_shop.served.address}
    for _each in range(3):
        assert phone.request.post(address, form=fields, headers=origin).status == 200
    assert signals(open_shop, card) == 1
    refill(open_shop, card)
    again = phone.request.post(address, form=fields, headers=origin)
    assert again.headers["idempotent-replay"] == "true"
    foreign = phone.request.post(address, form=fields | {"key": "another-key-1"}, headers=origin)
    assert foreign.status == 409
    assert signals(open_shop, card) == 1
    phone.evaluate("dispatchEvent(new Event('online'))")
    shown_once(phone, "Ordered")
    expect(kept).to_be_hidden()
    assert signals(open_shop, card) == 1, "what the phone kept is the same gesture"


def test_a_press_in_a_page_whose_signal_got_no_answer_is_the_same_gesture(
    phone: Page, open_shop: OpenShop, card: str
) -> None:
    line = Line(phone)
    phone.goto(f"{open_shop.served.address}/c/{card}")
    expect(phone.locator("#kept-press")).to_be_visible()
    line.is_cut = False
    phone.evaluate("document.querySelector('form[data-nonce]')?.requestSubmit()")
    shown_once(phone, "Ordered")
    assert signals(open_shop, card) == 1


def test_nobody_else_sends_what_a_page_is_sending_and_what_it_leaves_when_it_dies_goes_out(
    phone: Page, open_shop: OpenShop, card: str
) -> None:
    silent = phone.context.new_page()
    silent.route("**/scans", lambda _route: None)  # neither an answer nor an error
    silent.goto(f"{open_shop.served.address}/c/{card}")
    until(silent, "self.queue !== undefined && queue.status().unsent === 1")
    phone.goto(f"{open_shop.served.address}/queue")
    phone.evaluate("queue.flush()")
    time.sleep(QUIET)
    assert signals(open_shop, card) == 0, "the form has it in hand"
    expect(phone.get_by_role("button", name="Take back")).to_be_hidden()
    silent.close()
    expect(phone.locator("#unsent")).to_be_hidden()  # the hold is over
    assert signals(open_shop, card) == 1


def test_without_javascript_the_page_has_the_button(
    chromium: Chromium, open_shop: OpenShop, card: str
) -> None:
    context = chromium.new_context(**PHONE, java_script_enabled=False)
    page = context.new_page()
    pair(page, open_shop)
    page.goto(f"{open_shop.served.address}/c/{card}")
    time.sleep(QUIET)
    assert signals(open_shop, card) == 0
    page.get_by_role("button", name="This bin is empty").click()
    expect(page.get_by_role("heading", name="Ordered")).to_be_visible()
    assert signals(open_shop, card) == 1
    context.close()


@pytest.mark.parametrize("agent", PREVIEWERS)
def test_a_link_preview_orders_nothing_even_with_the_phones_cookie(
    phone: Page, open_shop: OpenShop, card: str, agent: str
) -> None:
    address = f"{open_shop.served.address}/c/{card}"
    for method in ("HEAD", "GET"):
        answer = phone.request.fetch(address, method=method, headers={"User-Agent": agent})
        assert answer.status == 200
    assert signals(open_shop, card) == 0


@pytest.mark.parametrize(
    "header",
    [
        {"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"},
        {"X-Purpose": "preview"}, {"X-Moz": "prefetch"},
    ],
)  # fmt: skip
def test_a_page_that_is_fetched_ahead_gets_no_permission(
    phone: Page, open_shop: OpenShop, card: str, header: dict[str, str]
) -> None:
    address = f"{open_shop.served.address}/c/{card}"
    assert "data-nonce" in phone.request.get(address).text()
    ahead = phone.request.get(address, headers=header).text()
    assert "data-nonce" not in ahead
    assert "data-again" in ahead
    assert "data-nonce" not in phone.request.fetch(address, method="HEAD").text()


def test_a_hidden_tab_waits_until_somebody_sees_it(phone: Page, open_shop: OpenShop, card: str) -> None:
    hide = """
        let state = "hidden";
        Object.defineProperty(document, "visibilityState", { get: () => state });
        window.show = () => { state = "visible"; document.dispatchEvent(new Event("visibilitychange")); };
    """
    phone.add_init_script(hide)
    phone.goto(f"{open_shop.served.address}/c/{card}")
    time.sleep(QUIET)
    assert signals(open_shop, card) == 0
    phone.evaluate("window.show()")
    expect(phone.get_by_role("heading", name="Ordered")).to_be_visible()
    assert signals(open_shop, card) == 1


class Start(BaseHTTPRequestHandler):
    """A page that lets the browser fetch a card ahead and opens it later; all else comes from the shop.

    A driver that watches the browser would switch prerendering off, so nobody watches: the page acts, once
    ``may_open`` is set.
    """

    shop, kind, card, may_open = "", "", "", threading.Event()
    asked: ClassVar[list[tuple[str, str, str]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.command, self.path, self.headers.get("Sec-Purpose", "")))
        if self.path == "/may-open":
            self.may_open.wait(LONGEST_WAIT)
            return self.tell(200, {}, b"")
        if self.path != "/start":
            return self.pass_on()
        rules = {self.kind: [{"source": "list", "urls": [f"/c/{self.card}"], "eagerness": "immediate"}]}
        opening = f"fetch('/may-open').then(() => {{ location.href = '/c/{self.card}' }})"
        text = f"""<!doctype html><script type="speculationrules">{json.dumps(rules)}</script>
            <script>{opening}</script>"""
        return self.tell(200, {"Content-Type": "text/html"}, text.encode())

    do_POST = do_GET

    def pass_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        with closing(http.client.HTTPConnection(self.shop, timeout=20)) as line:
            line.request(self.command, self.path, self.rfile.read(length) or None, dict(self.headers))
            answer = line.getresponse()
            told = {name: value for name, value in answer.getheaders() if name.lower() != "transfer-encoding"}
            self.tell(answer.status, told, answer.read())

    def tell(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_told: object) -> None:
        pass


@contextmanager
def start_page(shop: OpenShop, kind: str, card: str) -> Iterator[str]:
    Start.shop = shop.served.address.removeprefix("http://")
    Start.kind, Start.card, Start.may_open = kind, card, threading.Event()
    Start.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Start) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/start"
        Start.may_open.set()
        server.shutdown()


@pytest.mark.parametrize("kind", ["prefetch", "prerender"])
def test_a_page_that_the_browser_fetched_ahead_orders_once_when_it_is_opened(
    own: Own, open_shop: OpenShop, card: str, kind: str
) -> None:
    with own.running() as context:
        pair(context.pages[0], open_shop)
    ahead = ("GET", f"/c/{card}", "prefetch;prerender" if kind == "prerender" else "prefetch")
    with start_page(open_shop, kind, card) as address, own.unwatched(address):
        wait_until(lambda: ahead in Start.asked, Start.asked)
        time.sleep(QUIET)
        assert signals(open_shop, card) == 0, "nobody has opened it"
        assert not [each for each in Start.asked if each[0] == "POST"]
        Start.may_open.set()
        wait_until(lambda: signals(open_shop, card) == 1, Start.asked)
        time.sleep(QUIET)
        assert signals(open_shop, card) == 1


def test_it_works_on_plain_http_where_browsers_give_a_page_little(
    own: Own, open_shop: OpenShop, card: str
) -> None:
    """No secure context: no camera, no service worker, no randomUUID; the phone's own camera is enough."""
    address = open_shop.served.address.replace("127.0.0.1", PLAIN_HOST)
    plain = replace(open_shop, served=replace(open_shop.served, address=address))
    with own.running(f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1", *BLANK) as context:
        page = context.pages[0]
        page.goto(f"{address}/pair")
        assert page.evaluate("[isSecureContext, typeof navigator.mediaDevices]") == [False, "undefined"]
        page.get_by_label("The code from the desk screen").fill(pairing_code(open_shop))
        page.get_by_role("button", name="Pair this phone").click()
        page.wait_for_url(re.compile("/device$"))
        opened(page, plain, card)
        assert signals(open_shop, card) == 1
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("heading", name="Taken back")).to_be_visible()


def test_a_restored_browser_orders_nothing(own: Own, open_shop: OpenShop, card: str) -> None:
    with own.running() as context:
        page = context.pages[0]
        pair(page, open_shop)
        opened(page, open_shop, card)
        other = context.new_page()
        other.goto(f"{open_shop.served.address}/cards/{card}")
        wait_until(lambda: own.has_written(f"/cards/{card}"), "the browser writes down what is open")
    refill(open_shop, card)
    with own.running("--restore-last-session") as context:
        wait_until(lambda: context.pages and card in " ".join(addresses(context)), "the tabs are open again")
        for page in context.pages:
            page.bring_to_front()
            page.wait_for_load_state()
            time.sleep(QUIET)
        assert signals(open_shop, card) == 1


def test_back_from_the_cache_orders_nothing(own: Own, open_shop: OpenShop, card: str) -> None:
    with own.running() as context:
        page = context.pages[0]
        pair(page, open_shop)
        opened(page, open_shop, card)
        refill(open_shop, card)
        page.evaluate("location.href = '/device'")
        page.wait_for_url(re.compile("/device$"))
        page.evaluate("history.back()")
        page.wait_for_url(re.compile(f"/cards/{card}$"))
        time.sleep(QUIET)
        assert signals(open_shop, card) == 1
