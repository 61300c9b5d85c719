"""Every screen, as the routes name them: open to everybody, silent in the console, large enough for a thumb,
narrow enough for a small phone, and usable by keyboard, in each language and each direction of writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, Response, expect
from werkzeug.routing import Rule

from browser.conftest import DESK, PHONE, OpenShop
from kanban import languages, web

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
RUN_AXE = "only => axe.run({runOnly: only, resultTypes: ['violations']})"
ENHANCED = """() => axe.run("#result", {runOnly: {type: "rule", values: ["color-contrast-enhanced"]},
  rules: {"color-contrast-enhanced": {enabled: true}}, resultTypes: ["violations"]})"""
WIDTHS = (390, 1280)
NARROWEST = 320
LOOKS = ("light", "dark")
TONES = ("done", "known", "look", "no")
SMALLEST_TARGET = 44  # pixels, each way
MOST_STEPS = 160  # presses of Tab on one page

MORE_ADDRESSES = (
    "/?wall=1", "/?by=item&q=PART", "/c/{waiting}", "/cards/{waiting}", "/c/NOCARDATALL1", "/items?q=nothing",
    "/journal?noun=card", "/labels?which=all", "/loops?state=closed", "/orders?state=all", "/no/such/page",
)  # fmt: skip
"""Other states of screens; the screens themselves are named by the routes."""
NOT_FOUND = {"/c/NOCARDATALL1", "/no/such/page"}
NO_SCREENS = {"/offline/<name>"}
"""What only the service worker fetches, to keep."""

SMALL = """smallest => [...document.querySelectorAll(
    ":is(button, .button, [role=button], summary, select):not(.unseen)")]
  .map(button => [button.textContent.trim() || button.outerHTML.slice(0, 80), button.getBoundingClientRect()])
  .filter(([_, box]) => box.width && box.height && (box.width < smallest || box.height < smallest))
  .map(([text, box]) => `${text}: ${Math.round(box.width)} × ${Math.round(box.height)}`)"""

WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

PARTS = "() => 4 * document.querySelectorAll('[type=date], [type=time]').length"
WEAR = "(box, tone) => box.className = `verdict verdict--${tone}`"

REACHABLE = """() => [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter(each => each.checkVisibility({visibilityProperty: true}) && !each.disabled && each.tabIndex >= 0
    && each.type !== "hidden" && !each.closest("[inert]"))
  .filter(each => each.type !== "radio" || each.checked
    || !each.form?.querySelector(`[name="${each.name}"]:checked`))
  .map((each, index) => (each.dataset.step = index, each.outerHTML.slice(0, 100)))"""
STEP = """() => {
  const now = document.activeElement, box = now.getBoundingClientRect();
  const styles = [now, now.closest("label")].filter(Boolean).map(each => getComputedStyle(each));
  const hidden = box.width < 2 || box.bottom < 0 || box.top > innerHeight;
  const marked = styles.some(style => style.outlineStyle !== "none" || style.boxShadow !== "none")
    || ["date", "time"].includes(now.type);  // the browser marks the part of it that has the focus
  return {step: now.dataset?.step, shown: !hidden && marked, html: now.outerHTML.slice(0, 100)};
}"""


UNMOVED = """document.addEventListener("htmx:config:request", (event) => {
  if (event.detail.ctx?.sourceElement.hasAttribute("data-poll")) event.preventDefault();
})"""


@pytest.fixture
def open_still(open_context: Callable[..., BrowserContext]) -> Callable[..., BrowserContext]:
    """Opens a profile in which no page moves or renews itself while it is looked at."""

    def make(**options: Any) -> BrowserContext:
        context = open_context(reduced_motion="reduce", **options)
        context.add_init_script(UNMOVED)
        return context

    return make


def routes() -> list[Rule]:
    """The rules of every screen, without a shop behind them; one of a few words in it names a file."""
    app = Flask(__name__, static_folder=None)
    app.url_map.converters["int"] = web.RowNumber
    for screen in web.SCREENS:
        app.register_blueprint(screen.bp)
    found = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    screens = (rule for rule in found if rule.rule not in NO_SCREENS and "<any(" not in rule.rule)
    return sorted(screens, key=lambda rule: rule.rule)


def address_of(rule: Rule, shop: OpenShop) -> str:
    """Where this screen is in this shop: the first thing of each kind, and a full card."""
    known: dict[str, object] = {"order_id": shop.order, "code": shop.shown}
    built = rule.build({name: known.get(name, 1) for name in rule.arguments}, append_unknown=False)
    assert built is not None, rule.rule
    return built[1]


ADDRESSES = [rule.rule for rule in routes()]
RULES = {rule.rule: rule for rule in routes()}


def where(name: str, shop: OpenShop) -> str:
    if name in RULES:
        return address_of(RULES[name], shop)
    return name.format(waiting=shop.waiting[0])


def open_screen(page: Page, name: str, shop: OpenShop) -> bool:
    """Open it; false where it is no page (a file, a sign of life, or a thing that this shop has not)."""
    address = where(name, shop)
    try:
        answer = page.goto(address, wait_until="load")
    except Exception as refused:  # a download is no page
        if "Download is starting" in str(refused) or "net::ERR_ABORTED" in str(refused):
            return False
        raise
    if answer is None or "text/html" not in answer.headers.get("content-type", ""):
        return False
    assert answer.status in ((404,) if address in NOT_FOUND else (200, 404, 410)), (
        f"{address}: {answer.status}"
    )
    return answer.status == 200 or address in NOT_FOUND


def screens(page: Page, shop: OpenShop) -> Iterator[str]:
    """Opens one screen after the other and names it."""
    for name in (*ADDRESSES, *MORE_ADDRESSES):
        if open_screen(page, name, shop):
            yield name


def violations(page: Page, look: str) -> list[str]:
    """What axe finds on the page in this look; the dark one differs in its colours only."""
    page.emulate_media(color_scheme=look)  # type: ignore[arg-type]
    only = {"type": "tag", "values": TAGS} if look == "light" else {"type": "rule", "values": COLOUR_RULES}
    found: dict[str, Any] = page.evaluate(RUN_AXE, only)
    return [f"{each['id']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"]]


def all_violations(page: Page) -> dict[tuple[int, str], list[str]]:
    """The same in every width and look, where there are any."""
    page.wait_for_load_state()
    page.evaluate(AXE)
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        for look in LOOKS:
            found[width, look] = violations(page, look)
    return {at: what for at, what in found.items() if what}


def listened(page: Page) -> list[str]:
    """What the console of this page says from now on."""
    said: list[str] = []

    def missing(answer: Response) -> None:
        if answer.status >= 400 and answer.request.resource_type != "document":
            said.append(f"{answer.status} {answer.url}")

    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", missing)
    return said


@pytest.mark.parametrize("name", [*ADDRESSES, *MORE_ADDRESSES])
def test_axe_finds_nothing(open_still: Callable[..., BrowserContext], open_shop: OpenShop, name: str) -> None:
    page = open_still(signed_in=True, **DESK).new_page()
    said = listened(page)
    if not open_screen(page, name, open_shop):
        return
    page.wait_for_load_state("networkidle")
    assert [text for text in said if "status of 404" not in text] == [], "the console stays silent"
    assert all_violations(page) == {}


@pytest.mark.parametrize("name", [rule.rule for rule in routes() if not rule.arguments])
def test_a_stranger_finds_no_barrier_either(
    open_still: Callable[..., BrowserContext], open_shop: OpenShop, name: str
) -> None:
    page = open_still(**DESK).new_page()
    if open_screen(page, name, open_shop) and page.url.rstrip("/").endswith(name.rstrip("/")):
        assert all_violations(page) == {}


ANSWERS = {
    "ordered": ("/cards/{full}", "/c/{full}/scans", {}),
    "emptied again": ("/cards/{full}", "/c/{full}/scans", {}),
    "received": ("/cards/{coming}", "/c/{coming}/scans", {}),
    "urgent": ("/cards/{waiting}", "/c/{waiting}/urgent", {}),
    "one more": ("/cards/{waiting}", "/c/{waiting}/extra", {}),
    "worn": ("/cards/{waiting}", "/c/{waiting}/reprint", {}),
    "no such card": ("/cards/{full}", "/c/{full}/scans", {"form": "/c/NOCARDATALL1/scans"}),
    "too late for undo": ("/cards/{full}", "/c/{full}/scans", {"form": "/c/{full}/withdrawal"}),
    "no item": ("/items/new", "/items", {}),
    "no supplier": ("/suppliers/new", "/suppliers", {}),
    "no place": ("/locations/new", "/locations", {}),
    "no person": ("/people/new", "/people", {}),
    "somebody new": ("/people/new", "/people", {"name": "Bo", "login": "bo"}),
    "no device": ("/devices/new", "/devices", {}),
    "a token, once": ("/devices/new", "/devices", {"name": "Button"}),
    "a code for a phone": ("/devices/pair", "/devices/pairings", {"name": "Bench 9"}),
    "a calendar's address, once": ("/account/notices", "/account/notices/calendar", {}),
    "another password": ("/account", "/account/password", {}),
    "no file": ("/import", "/import", {}),
    "nothing said": ("/problems/new?card={full}", "/problems", {}),
    "too large": ("/items/new", "/items", {"name": "x" * 2_000_000}),
}
"""Pages that only a POST answers with: where its form stands, its action, and what is filled in."""
SUBMIT = """([action, told]) => {
  const form = document.querySelector(`form[action="${action}"]`);
  if (!form) return [...document.forms].map(each => each.getAttribute("action")).join(" ");
  const { form: other, ...values } = told;
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  if (other) form.action = other;
  setTimeout(() => HTMLFormElement.prototype.submit.call(form));
  return "";
}"""


def submitted(page: Page, action: str, told: dict[str, str]) -> int:
    """Send the form by its action, as without script; returns the answer's status when it is shown."""
    with (
        page.expect_event("load"),
        page.expect_response(lambda answer: answer.request.method == "POST") as answered,
    ):
        assert page.evaluate(SUBMIT, [action, told]) == ""
    return answered.value.status


@pytest.mark.parametrize("name", ANSWERS)
def test_axe_finds_nothing_on_what_a_press_answers(
    open_still: Callable[..., BrowserContext], open_shop: OpenShop, name: str
) -> None:
    codes = {"full": next(open_shop.full), "waiting": open_shop.waiting[1], "coming": open_shop.coming}
    start, action, told = ANSWERS[name]
    fill = {key: value.format(**codes) for key, value in told.items()}
    page = open_still(signed_in=True, **DESK).new_page()
    page.goto(start.format(**codes))
    assert submitted(page, action.format(**codes), fill) < 500
    assert all_violations(page) == {}
    for width in (NARROWEST, *WIDTHS):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(WIDER) == 0, width


def test_axe_finds_nothing_on_what_a_stranger_is_answered(
    open_still: Callable[..., BrowserContext], open_shop: OpenShop
) -> None:
    page = open_still(**PHONE).new_page()
    found = {}
    for start, action, told in (
        ("/sign-in", "/sign-in", {"login": "ada", "password": "wrong"}),
        ("/pair", "/pair", {"code": "WRONG123"}),
    ):
        page.goto(start)
        assert 400 <= submitted(page, action, told) < 500
        found[start] = all_violations(page)
    assert {at: what for at, what in found.items() if what} == {}


@pytest.mark.parametrize("language", languages.SPOKEN)
def test_every_screen_fits_and_every_button_is_hit(
    open_still: Callable[..., BrowserContext], open_shop: OpenShop, language: str
) -> None:
    context = open_still(signed_in=True, **PHONE)
    context.add_cookies([{"name": "language", "value": language, "url": open_shop.served.address}])
    page = context.new_page()
    found: dict[str, Any] = {}
    for name in screens(page, open_shop):
        small = page.evaluate(SMALL, SMALLEST_TARGET)
        wider = {}
        for direction in ("ltr", "rtl"):
            page.evaluate("direction => document.documentElement.dir = direction", direction)
            for width in (NARROWEST, *WIDTHS):
                page.set_viewport_size({"width": width, "height": 844})
                wider[direction, width] = page.evaluate(WIDER)
        found[name] = small, {at: by for at, by in wider.items() if by}
        page.set_viewport_size(PHONE["viewport"])
    assert len(found) > 40
    assert {screen: what for screen, what in found.items() if what != ([], {})} == {}


def test_every_screen_is_walked_by_keyboard_alone(
    open_still: Callable[..., BrowserContext], open_shop: OpenShop
) -> None:
    """Tab reaches everything that can be used, in turn and visibly, and gets out at the end."""
    page = open_still(signed_in=True, **DESK).new_page()
    found: dict[str, Any] = {}
    for name in screens(page, open_shop):
        wanted = page.evaluate(REACHABLE)
        reached: set[int] = set()
        unseen: list[str] = []
        page.evaluate("document.activeElement.blur()")
        for _ in range(min(len(wanted) + page.evaluate(PARTS) + 5, MOST_STEPS)):
            page.keyboard.press("Tab")
            at = page.evaluate(STEP)
            if at["step"] is None:
                continue
            if not at["shown"]:
                unseen.append(at["html"])
            reached.add(int(at["step"]))
        missed = [html for step, html in enumerate(wanted[:MOST_STEPS]) if step not in reached]
        found[name] = missed if len(wanted) + 5 <= MOST_STEPS else [], unseen
    assert {screen: what for screen, what in found.items() if what != ([], [])} == {}


def test_the_result_of_a_scan_is_readable_in_sunlight(
    open_still: Callable[..., BrowserContext], card: str
) -> None:
    """AAA contrast, in every tone and look."""
    page = open_still(signed_in=True, **PHONE).new_page()
    page.goto(f"/cards/{card}")
    page.locator("#press").click()
    expect(page.locator("#result .verdict--done")).to_be_visible()
    page.evaluate(AXE)
    found = {}
    for tone in TONES:
        page.locator("#result .verdict").evaluate(
            "(box, tone) => box.className = `verdict verdict--${tone}`", tone
        )
        for look in LOOKS:
            page.emulate_media(color_scheme=look)  # type: ignore[arg-type]
            answer: dict[str, Any] = page.evaluate(ENHANCED)
            found[tone, look] = [
                node["any"][0]["message"] for each in answer["violations"] for node in each["nodes"]
            ]
    assert {at: what for at, what in found.items() if what} == {}


def test_the_result_of_a_scan_is_announced(open_context: Callable[..., BrowserContext], card: str) -> None:
    page = open_context(signed_in=True, **PHONE).new_page()
    page.goto(f"/cards/{card}")
    live = page.locator("[aria-live]:has(#result)")
    expect(live).to_have_attribute("aria-live", "polite")
    page.locator("#press").click()
    expect(live).to_contain_text("Ordered")
