"""Cards and labels: choosing, printing, and the note in the journal."""

from __future__ import annotations

import io
import re
import subprocess
import threading
from decimal import Decimal

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from kanban import config, create_app, items, journal, loops, prints, suppliers
from kanban.db import Database
from kanban.labels import faces, stocks, symbols
from kanban.prints import issues
from kanban.reports import printing
from kanban.web import labels as screen
from web.conftest import Client, ShopData, deed, do, revision

CARD = ("card", "a4-cards")
SMALL = ("small", "avery-l7160")


def text_of(pdf: bytes) -> str:
    return subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()


def ticked(text: str) -> list[int]:
    """The cards that a page offers to print."""
    return [int(found) for found in re.findall(r'name="card" value="(\d+)" checked', text)]


def card(database: Database, card_id: int) -> loops.Card:
    with database.read() as session:
        return session.get_one(loops.Card, card_id)


def order(*cards: int, paper: tuple[str, str] = CARD, start: str = "1", **more: str) -> dict[str, object]:
    face, stock = paper
    return {"card": [str(each) for each in cards], "face": face, "stock": stock, "start": start, **more}


def pdf_of(browser: Client, answer: TestResponse) -> bytes:
    """The PDF of the print that a press led to."""
    assert answer.status_code == 303, answer.text
    made = browser.get(f"{answer.location}.pdf")
    assert made.status_code == 200, made.text
    return made.data


def codes_on(pdf: bytes) -> list[str]:
    """What the symbols on the first page say."""
    png = subprocess.run(
        ["pdftoppm", "-r", "150", "-png", "-singlefile", "-"], input=pdf, capture_output=True, check=True
    ).stdout
    return sorted(found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(png))))


@pytest.fixture
def glove(database: Database, shop: ShopData) -> tuple[int, ...]:
    """Two more cards: gloves from another supplier on another rack."""
    this = deed()

    def stock(session) -> tuple[int, ...]:
        rack = items.add_location(session, this, "Rack AB", session.get_one(items.Location, shop.site))
        paper = suppliers.add(session, this, suppliers.SupplierFacts("Paper Ltd"))
        item = items.add(session, this, items.ItemFacts("GLOVE", "Glove, size L"))
        offer = suppliers.add_offer(session, this, paper, item, suppliers.OfferFacts(lead_time=1))
        loop = loops.add(session, this, rack, offer, loops.LoopFacts(Decimal("1250.5")))
        return tuple(each.id for each in loops.add_cards(session, this, loop, 2))

    return database.write(stock)


def test_cards_are_printed_and_noted(operator: Client, database: Database, shop: ShopData) -> None:
    assert ticked(operator.get("/labels").text) == list(shop.cards)
    answer = operator.post("/labels", order(*shop.cards))
    assert answer.status_code == 303
    made = operator.get(f"{answer.location}.pdf")
    assert made.content_type == "application/pdf"
    assert re.fullmatch(
        r"inline; filename=kanban-2-cards-\d{4}-\d\d-\d\d\.pdf", made.headers["Content-Disposition"]
    )
    text = text_of(made.data)
    for said in (
        "SCREW",
        "Hexagon screw M8",
        "25 pcs",
        "1 of 2",
        "2 of 2",
        "Bolts & Co",
        "B-100",
        "Rack A",
        "5 working days",
        "v1",
    ):
        assert said in text
    assert card(database, shop.cards[0]).print_version == 1
    assert card(database, shop.cards[0]).printed_at is not None
    assert "Nothing waits for paper" in operator.get("/labels").text


def test_a_print_is_one_transaction_with_an_event_for_each_card(
    operator: Client, database: Database, shop: ShopData
) -> None:
    before = revision(database)
    operator.post("/labels", order(*shop.cards))
    with database.read() as session:
        events = list(session.scalars(select(journal.Event).where(journal.Event.id > before)))
        assert not list(journal.verify(session))
    assert [(each.kind, each.card_id) for each in events] == [
        ("made", None),
        *[("printed", each) for each in shop.cards],
    ]


def test_a_second_try_of_one_press_gives_the_same_paper_and_counts_once(
    operator: Client, database: Database, shop: ShopData
) -> None:
    first = operator.post("/labels", order(*shop.cards), key="one-press-0001")
    again = operator.post("/labels", order(*shop.cards), key="one-press-0001")
    assert first.location == again.location
    assert pdf_of(operator, first) == pdf_of(operator, again)
    assert card(database, shop.cards[0]).print_version == 1


def test_other_cards_from_the_page_that_stayed_open_are_another_print(
    operator: Client, database: Database, shop: ShopData
) -> None:
    operator.post("/labels", order(shop.cards[0]), key="one-page-00001")
    assert operator.post("/labels", order(shop.cards[1]), key="one-page-00001").status_code == 303
    assert card(database, shop.cards[1]).print_version == 1


def test_the_symbol_carries_the_base_url_and_not_the_address_in_use(operator: Client, shop: ShopData) -> None:
    answer = operator.post("/labels", order(shop.cards[0]), base_url="http://localhost")
    assert codes_on(pdf_of(operator, answer)) == [f"http://kanban.example/c/{shop.codes[0]}"]


def test_a_worn_label_waits_for_paper_again(operator: Client, database: Database, shop: ShopData) -> None:
    operator.post("/labels", order(*shop.cards))
    operator.post(f"/cards/{shop.cards[1]}/reprint")
    assert ticked(operator.get("/labels").text) == [shop.cards[1]]
    worn = operator.get("/labels?which=worn").text
    assert ticked(worn) == [shop.cards[1]]
    assert re.search(r"worn.*?<bdi>Operator</bdi>, ", worn, re.S), "who said so, and when, stands beside it"
    assert ticked(operator.get("/labels?which=new").text) == []
    assert "v2" in text_of(pdf_of(operator, operator.post("/labels", order(shop.cards[1]))))


@pytest.mark.parametrize(
    ("wanted", "screws", "gloves"),
    [
        ("", True, True),
        ("q=glove", False, True),
        ("q=HEXAGON", True, False),
        ("q=paper+ltd", False, True),
        ("q=%25", False, False),
        ("supplier={bolts}", True, False),
        ("location={site}", True, True),
        ("location={rack}", True, False),
        ("loop={loop}", True, False),
        ("card={code}", True, False),
        ("location={rack}&q=glove", False, False),
    ],
)
def test_cards_are_chosen_by_what_they_are(
    operator: Client, shop: ShopData, glove: tuple[int, ...], wanted: str, screws: bool, gloves: bool
) -> None:
    names = vars(shop) | {"code": shop.codes[0]}
    found = set(ticked(operator.get(f"/labels?{wanted.format(**names)}").text))
    assert bool(found & set(shop.cards)) == screws
    assert bool(found & set(glove)) == gloves


def test_from_a_loop_all_its_cards_are_one_press_away(
    operator: Client, shop: ShopData, glove: tuple[int, ...]
) -> None:
    operator.post("/labels", order(*shop.cards))
    text = operator.get(f"/labels?loop={shop.loop}").text
    assert ticked(text) == list(shop.cards)
    assert f'href="/loops/{shop.loop}"' in text


def test_a_single_card_is_chosen_by_its_code(operator: Client, shop: ShopData) -> None:
    assert ticked(operator.get(f"/labels?card={shop.codes[1].lower()}").text) == [shop.cards[1]]
    assert operator.get("/labels?card=nonsense").status_code == 404


def test_a_viewer_sees_and_does_not_print(viewer: Client, database: Database, shop: ShopData) -> None:
    text = viewer.get("/labels").text
    assert "Card 1" in text
    assert 'name="stock"' not in text
    assert viewer.post("/labels", order(*shop.cards)).status_code == 403
    assert card(database, shop.cards[0]).print_version == 0


def test_the_start_position_leaves_used_labels_out(operator: Client, shop: ShopData) -> None:
    whole = operator.post("/labels", order(shop.cards[0], paper=SMALL))
    later = operator.post("/labels", order(shop.cards[1], paper=SMALL, start="21"))
    assert whole.status_code == later.status_code == 303
    assert pdf_of(operator, later) != pdf_of(operator, whole)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"card": []}, "No card is ticked."),
        ({"start": "0"}, "Start at 1 to 8"),
        ({"start": "9"}, "Start at 1 to 8"),
        ({"start": "-1"}, "The first free label is a whole number"),
        ({"start": "٣"}, "The first free label is a whole number"),
        ({"stock": "avery-5160"}, "needs a label of at least"),
        ({"stock": "nothing"}, "There is no stock"),
        ({"face": "nothing"}, "There is no face"),
        ({"face": "../card"}, "There is no"),
        ({"stock": ""}, "There is no"),
        ({"printer": "99"}, "That printer is not there"),
        ({"printer": "x"}, "That printer is not there"),
        ({"stock": "zebra-4in-continuous", "length": "long"}, "The length is a number"),
        ({"stock": "zebra-4in-continuous", "length": "9999"}, "a length from 0 to 1500"),
    ],
)
def test_what_cannot_be_printed_is_said_and_not_noted(
    operator: Client, database: Database, shop: ShopData, sent: dict[str, object], said: str
) -> None:
    answer = operator.post("/labels", order(*shop.cards) | sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert card(database, shop.cards[0]).print_version == 0


def test_a_card_that_is_not_there_is_refused(operator: Client, database: Database, shop: ShopData) -> None:
    do(database, loops.set_life, loops.Card, shop.cards[0], "retired", because="lost")
    assert operator.post("/labels", order(*shop.cards)).status_code == 409
    assert operator.post("/labels", order(987654321)).status_code == 409
    assert operator.post("/labels", order(1) | {"card": "1 OR 1=1"}).status_code == 400
    assert card(database, shop.cards[1]).print_version == 0


def test_two_who_print_the_same_cards_at_once_never_count_one_version_twice(
    operator: Client, buyer: Client, database: Database, shop: ShopData
) -> None:
    start, answers = threading.Barrier(2), []

    def press(browser: Client) -> None:
        start.wait()
        answers.append(browser.post("/labels", order(*shop.cards)))

    presses = [threading.Thread(target=press, args=(browser,)) for browser in (operator, buyer)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    made = [pdf_of(operator, answer) for answer in answers if answer.status_code == 303]
    printed = sorted(text_of(pdf).count("v1") for pdf in made)
    version = card(database, shop.cards[0]).print_version
    assert version == len(printed)
    assert printed in ([2], [0, 2])
    assert {answer.status_code for answer in answers} <= {303, 409}


def test_more_cards_than_one_print_takes_are_refused(
    operator: Client, database: Database, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prints, "MOST_LABELS", 1)
    answer = operator.post("/labels", order(*shop.cards))
    assert answer.status_code == 422
    assert "One print takes at most 1 cards, and these are 2." in answer.text
    assert card(database, shop.cards[0]).print_version == 0


def test_all_that_match_are_printed_though_not_all_are_listed(
    operator: Client, database: Database, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing.choose, "__defaults__", (1,))
    text = operator.get("/labels").text
    assert len(ticked(text)) == 1
    assert "All 2 cards that match, not only the 1 that are listed" in text
    answer = operator.post("/labels?which=waiting", order(everything="yes"))
    assert answer.status_code == 303
    assert [card(database, each).print_version for each in shop.cards] == [1, 1]


def test_the_sheet_is_set_while_nobody_waits_for_the_database(
    operator: Client, database: Database, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = screen.pressroom.jobs.sheets.pdf
    seen = []

    def check(*some: object) -> bytes:
        seen.append(database.write(lambda session: True))  # somebody else's change gets through meanwhile
        return made(*some)

    monkeypatch.setattr(screen.pressroom.jobs.sheets, "pdf", check)
    pdf_of(operator, operator.post("/labels", order(*shop.cards)))
    assert seen == [True]


@pytest.mark.parametrize(
    ("base_url", "warns"),
    [
        ("http://192.168.178.50:8000", True),
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[fd00::1]:8000", True),
        ("http://kanban.local", False),
        ("https://kanban.example", False),
    ],
)
def test_an_address_that_may_change_is_warned_about(base_url: str, warns: bool) -> None:
    assert printing.is_provisional(base_url) == warns


def test_the_warning_stands_on_the_screen(app: Flask, operator: Client) -> None:
    assert "KANBAN_BASE_URL" not in operator.get("/labels").text
    settings = app.extensions["kanban"].settings
    bare = create_app(
        config.load({"KANBAN_DATA": str(settings.data), "KANBAN_BASE_URL": "http://10.0.0.7:8000"})
    )
    browser = bare.test_client()
    browser.set_cookie("kanban", operator.get_cookie("kanban").value)
    text = browser.get("/labels").text
    assert "KANBAN_BASE_URL" in text
    assert "http://10.0.0.7:8000" in text
    bare.extensions["kanban"].database.close()


def test_small_symbols_are_warned_about_and_too_small_ones_not_offered() -> None:
    def offered(face: str, base_url: str) -> dict[str, faces.Place]:
        known = faces.known(screen.ASSETS, face)
        found = stocks.every(screen.ASSETS)
        pairs = faces.papers(screen.ASSETS, known, found, symbols.modules(base_url))
        return {stock.name: place for stock, place in pairs}

    long = "https://" + "kanban." * 20 + "example"
    assert not any(place.is_small for place in offered("card", "http://kanban.example").values())
    assert any(place.is_small for place in offered("small", long).values())
    assert all(place.module >= 0.329 for place in offered("small", long).values())
    assert offered("small", long).keys() < offered("small", "http://kanban.example").keys()


def test_what_was_printed_on_last_is_offered_first(operator: Client, shop: ShopData) -> None:
    operator.post("/labels", order(*shop.cards, paper=SMALL, start="3", languages="de en"))
    text = operator.get("/labels?which=all").text
    assert 'value="avery-l7160" selected' in text
    assert 'name="start" type="text" value="5"' in text
    assert 'value="de en" selected' in text


@pytest.mark.parametrize("screen", ["/labels?which=all&face=small", "/labels/blanks?face=small"])
def test_a_sheet_is_looked_for_among_those_that_the_design_fits_on(operator: Client, screen: str) -> None:
    """As typed, in a fragment; and without a script by the address."""
    part = operator.get(f"{screen}&paper=8160&stock=avery-5160", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div class="papers" id="papers">')
    assert re.findall(r'<option value="([^"]+)"', part) == ["avery-5160", "avery-l7160"]
    assert 'value="avery-5160" selected' in part
    whole = operator.get(f"{screen}&paper=L7160").text
    assert re.findall(r'<option value="(avery-[^"]+)"', whole) == ["avery-l7160"]


def test_a_sheet_without_room_for_the_design_is_told_and_all_that_have_are_listed(
    operator: Client, shop: ShopData
) -> None:
    text = operator.get("/labels?which=all&face=card&paper=L7651").text
    assert "has room for this design" in text
    assert 'value="a4-cards"' in text
    assert "has room for this design" not in operator.get("/labels?which=all&face=card").text


def test_a_chosen_sheet_stays_chosen_on_the_way_to_other_cards(operator: Client, shop: ShopData) -> None:
    operator.post("/labels", order(*shop.cards))  # nothing waits any more
    text = operator.get("/labels?face=small&paper=avery-l7651").text
    for which in ("all", "changed"):
        assert f'href="/labels?which={which}&amp;face=small&amp;paper=avery-l7651"' in text
    assert '<input type="hidden" name="paper" value="avery-l7651">' in text


def test_without_a_script_the_preview_is_a_page_of_its_own(operator: Client, shop: ShopData) -> None:
    page = operator.post("/labels/preview", order(*shop.cards))
    assert page.status_code == 200
    assert "Nothing is printed yet" in page.text
    assert "data:image/png;base64," in page.text
    part = operator.post("/labels/preview", order(*shop.cards), headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "data:image/png;base64," in part.text


def test_the_real_page_is_shown_before_it_is_printed(
    operator: Client, database: Database, shop: ShopData
) -> None:
    before = revision(database)
    answer = operator.post("/labels/preview", order(*shop.cards))
    [page] = re.findall('src="data:image/png;base64,([^"]+)"', answer.text)
    import base64

    picture = Image.open(io.BytesIO(base64.b64decode(page)))
    assert sorted(found.text[-12:] for found in zxingcpp.read_barcodes(picture)) == sorted(shop.codes)
    assert "Squares of 1.19 mm: read from about 41 cm." in answer.text
    assert revision(database) == before
    assert "Start at 1 to 8" in operator.post("/labels/preview", order(*shop.cards, start="9")).text


def test_a_character_without_a_glyph_is_named_before_it_is_printed(
    operator: Client, database: Database, shop: ShopData
) -> None:
    def rename(session, this, item):
        return items.change(session, this, item, items.ItemFacts("SCREW", "Bolt \U0001f929 \U00012000"))

    do(database, rename, items.Item, shop.screw)
    text = operator.post("/labels/preview", order(*shop.cards)).text
    assert "\U00012000" in text
    assert text.count("SCREW: no font here has") == 1, "once for all cards of an item"


def test_letters_that_are_missing_on_whichever_card_are_named(
    operator: Client, database: Database, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issues, "AT_ONCE", 1)  # the last one is in the last of several questions

    def add(session, this, rack):
        item = items.add(session, this, items.ItemFacts("ZEBRA", "Bolt \U00012000"))
        bolts = session.get_one(suppliers.Supplier, shop.bolts)
        offer = suppliers.add_offer(session, this, bolts, item, suppliers.OfferFacts(sku="B-9"))
        loop = loops.add(session, this, rack, offer, loops.LoopFacts(Decimal(5)))
        return loops.add_cards(session, this, loop, 1, "active")[0].id

    last = do(database, add, items.Location, shop.rack)
    page = operator.post("/labels/preview", order(*shop.cards, last, start="8")).text
    assert "ZEBRA: no font here has" in page


@pytest.mark.parametrize(
    "query", ["item={screw}", "loop={loop}", "card={code}", "order=1", "which=changed", "face=qr"]
)
def test_every_way_in_leads_to_a_page(operator: Client, shop: ShopData, query: str) -> None:
    names = vars(shop) | {"code": shop.codes[0]}
    assert operator.get(f"/labels?{query.format(**names)}").status_code == 200


def test_an_unknown_design_in_the_address_is_refused(operator: Client) -> None:
    assert operator.get("/labels?face=nothing").status_code == 400
