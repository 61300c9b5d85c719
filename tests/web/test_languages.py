"""The language of an answer: who chooses it, and that a page says nothing in another."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from gettext import NullTranslations
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from werkzeug.test import TestResponse

from kanban import config
from kanban.languages import speech
from web.conftest import Client, ShopData
from web.test_access import rules

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


def language(answer: TestResponse) -> str:
    said = answer.headers["Content-Language"]
    assert f'<html lang="{said}" dir="ltr"' in answer.text
    return said


def test_a_new_item_is_counted_in_the_language_spoken(buyer: Client) -> None:
    assert 'value="Stk"' in buyer.get("/items/new", headers=GERMAN).text
    assert 'value="pcs"' in buyer.get("/items/new").text


def test_the_browser_is_answered_in_its_language(buyer: Client) -> None:
    answer = buyer.get("/items", headers=GERMAN)
    assert language(answer) == "de"
    assert {"Accept-Language", "Cookie"} <= set(answer.vary)


def test_a_browser_that_asks_for_none_of_ours_gets_the_shops(app: Flask, stranger: Client) -> None:
    assert language(stranger.get("/sign-in", headers={"Accept-Language": "fi"})) == "en"


def test_what_was_chosen_on_the_device_outranks_its_browser(buyer: Client) -> None:
    answer = buyer.post(
        "/language", {"language": "en"}, headers={"Referer": "http://localhost/items?q=a&sort=name"}
    )
    assert (answer.status_code, answer.location) == (303, "/items?q=a&sort=name")
    assert language(buyer.get("/items", headers=GERMAN)) == "en"


def test_a_stranger_may_choose_too(stranger: Client) -> None:
    assert stranger.post("/language", {"language": "de"}).status_code == 303
    assert language(stranger.get("/sign-in")) == "de"


@pytest.mark.parametrize("before", ["https://elsewhere.example/", "http://localhost/items/1/offers", ""])
def test_the_choice_leads_back_only_to_a_page_that_opens(buyer: Client, before: str) -> None:
    answer = buyer.post("/language", {"language": "de"}, headers={"Referer": before})
    assert answer.location == "/"


@pytest.mark.parametrize("wrong", ["fr", "", "../de"])
def test_a_language_that_we_do_not_speak_is_refused(buyer: Client, wrong: str) -> None:
    answer = buyer.post("/language", {"language": wrong})
    assert answer.status_code == 400
    assert "English and Deutsch" in answer.text


def test_a_damaged_cookie_counts_as_none(buyer: Client) -> None:
    buyer.set_cookie("language", "xx")
    assert language(buyer.get("/items", headers=GERMAN)) == "de"


def test_refusals_for_programs_are_said_in_the_language_too(operator: Client, shop: ShopData) -> None:
    answer = operator.post(
        f"/c/{shop.codes[0]}/withdrawal", json={}, headers={"Accept": "application/json"} | GERMAN
    )
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["error"] == "Nichts zurückzunehmen"


def test_one_answers_language_does_not_leak_into_the_next(buyer: Client) -> None:
    buyer.get("/items", headers=GERMAN)
    assert speech.spoken() == "en"


# What follows reads every page in a language of Greek letters: a Latin word on it was never translated.

GREEK = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "αβξδεφγηιϕκλμνοπθρστυβωχψζΑΒΞΔΕΦΓΗΙΦΚΛΜΝΟΠΘΡΣΤΥΒΩΧΨΖ",
)
GREEK_SPEAKER = {"Accept-Language": "de"}
KEPT = re.compile(r"(%\(\w+\)s|%%|<[^>]*>|&\w+;)")
FIELD_NAMES = re.compile(r"\{\w+\}|\b[a-z_]+(?:, [a-z_]+){3,}")
"""What templates of a supplier's own are made of; lists of them stand in hints."""
LATIN = re.compile(r"[A-Za-z]{2,}")
UNSPOKEN = {"bdi", "code", "script", "style", "textarea", "ins", "del"}
VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
    "use",
    "path",
    "rect",
}
ATTRIBUTES = {"title", "aria-label", "placeholder", "alt", "data-label", "data-broken"}
NAMES = (
    "Mill Lane 1", "Works", "Rack A", "Bolts & Co", "orders@bolts.example", "Hexagon screw M8",
    "SCREW", "B-100", "pcs", "Kanban", "Viewer", "Operator", "Buyer", "Admin", "viewer", "operator",
    "buyer", "admin", "http://kanban.example", "KANBAN_BASE_URL", "CSV", "PDF", ".csv", ".xlsx",
    "EUR", "PO-", "test", "Europe/Lisbon", "Bench 2", "Signaller", "signaller",
    "US", "Letter", "unknown", "English", "Deutsch", "dpi", "mm",
)  # fmt: skip
"""What stands on pages in no language: the shop's own words, and names of things outside."""


@lru_cache(maxsize=1)
def known_sentences() -> frozenset[str]:
    with Path(speech.__file__).with_name("de.po").open("rb") as file:
        ids = (each.id for each in read_po(file))
        return frozenset(form for id in ids for form in (id if isinstance(id, tuple) else (id,)) if form)


STOCKS = sorted(
    (tomllib.loads(path.read_text())["title"] for path in config.assets("labels").glob("stocks/*.toml")),
    key=len,
)[::-1]
"""What the makers of labels call their sheets and rolls."""


class Greek(NullTranslations):
    """Says in Greek what the catalogues know, and everything else as it stands."""

    def gettext(self, message: str) -> str:
        if message not in known_sentences():
            return message
        return "".join(
            part if KEPT.fullmatch(part) else part.translate(GREEK) for part in KEPT.split(message)
        )

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


class Page(HTMLParser):
    """What a page says, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.said: list[str] = []
        self.links: list[str] = []
        self.forms: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attributes}
        if tag == "a" and "download" not in told:
            self.links.append(told.get("href", ""))
        if tag == "form" and told.get("method") == "post":
            self.forms.append(told["action"])
        self.said += [value for name, value in told.items() if name in ATTRIBUTES]
        silent = (
            tag in UNSPOKEN or "code" in told.get("class", "").split() or ("lang" in told and tag != "html")
        )
        if tag not in VOID:
            self.open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(silent for _, silent in self.open):
            self.said.append(data)

    @property
    def latin(self) -> list[str]:
        found = []
        for said in self.said:
            plain = FIELD_NAMES.sub("", unescape(said))
            for name in (*STOCKS, *NAMES):
                plain = plain.replace(name, "")
            if LATIN.search(plain):
                found.append(" ".join(said.split()))
        return found


@pytest.fixture
def greek(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "_catalogue", lambda language: Greek())
    monkeypatch.setitem(speech.LOCALES, "de", "el_GR")


def pages(browser: Client, app: Flask, shop: ShopData) -> Iterator[tuple[str, str]]:
    """Every page that has an address without a blank to fill in, and every page that these lead to."""
    plain = [rule.rule for _, rule in rules(app, "GET") if not rule.arguments]
    waiting = ["/", *sorted(plain), *(f"/c/{code}" for code in shop.codes), "/nothing/here"]
    kinds: set[str] = set()
    seen = set(waiting)
    while waiting:
        path = waiting.pop(0)
        answer = browser.get(path, headers=GREEK_SPEAKER)
        if answer.mimetype != "text/html" or answer.status_code in (302, 303):
            continue
        yield path, answer.text
        for link in Page(answer.text).links:
            to = urljoin(f"http://localhost{path}", link).partition("#")[0]
            kind = re.sub(r"\d+|(?<=/c/)\w+", "N", to)
            if (
                urlsplit(to).netloc == "localhost"
                and to not in seen
                and kind not in kinds
                and len(seen) < 300
            ):
                seen.add(to)
                kinds.add(kind)
                waiting.append(to.removeprefix("http://localhost"))


@pytest.fixture
def worked(operator: Client, buyer: Client, shop: ShopData) -> None:
    """A shop in which something has happened: an order on its way, a part of it here, a bin empty again."""
    operator.post(f"/c/{shop.codes[0]}/scans")
    buyer.post("/orders/1/release")
    buyer.post("/orders/1/confirmation")
    operator.post("/order-lines/1/receipts", {"units": "5", "delivery_note": "4711"})
    operator.post(f"/c/{shop.codes[1]}/scans")
    operator.post(f"/c/{shop.codes[1]}/urgent")


def test_no_page_says_a_word_that_no_catalogue_has(
    app: Flask, admin: Client, shop: ShopData, worked: None, greek: None
) -> None:
    found = {path: Page(text).latin for path, text in pages(admin, app, shop)}
    assert len(found) > 50
    assert {path: said for path, said in found.items() if said} == {}


def test_no_refusal_says_a_word_that_no_catalogue_has(
    app: Flask, admin: Client, shop: ShopData, worked: None, greek: None
) -> None:
    """Every form is sent empty, and every change without a key."""
    actions = {form for _, text in pages(admin, app, shop) for form in Page(text).forms}
    found = {}
    for action in sorted(actions - {"/sign-out"}):
        for fields in ({"unknown": "x"}, {}):
            answer = admin.post(action, fields, headers=GREEK_SPEAKER)
            if answer.mimetype == "text/html" and answer.status_code >= 400:
                found[action, *fields] = Page(answer.text).latin
    assert len(found) > 20
    assert {path: said for path, said in found.items() if said} == {}
