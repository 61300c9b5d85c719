"""The journal on the screen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import event

from kanban import journal, loops, people, scans
from kanban.db import Database
from kanban.web.journal import EVENTS_A_PAGE
from web.conftest import Client, ShopData, deed, do, revision


def numbers(text: str) -> list[int]:
    """The events that a page shows, from top to bottom."""
    return [int(found) for found in re.findall(r'id="event-(\d+)"', text)]


def scan(database: Database, code: str) -> None:
    this = deed()
    database.write(lambda session: scans.scan(session, this, code))


@pytest.fixture
def long_journal(database: Database, shop: ShopData) -> int:
    """More than two pages; returns the last number."""
    for _ in range(2 * EVENTS_A_PAGE):
        do(database, loops.request_reprint, loops.Card, shop.cards[0])
    return revision(database)


def test_the_newest_event_stands_on_top_in_plain_words(
    viewer: Client, database: Database, shop: ShopData
) -> None:
    scan(database, shop.codes[1])
    text = viewer.get("/journal").text
    last = revision(database)
    assert numbers(text) == list(range(last, max(0, last - EVENTS_A_PAGE), -1))
    top = text[text.index(f'id="event-{last}"') :]
    assert "SCREW card 2" in top
    assert "joined the draft for Bolts &amp; Co" in top


def test_the_end_of_the_chain_is_shown(viewer: Client, database: Database) -> None:
    with database.read() as session:
        last_id, last_hash = journal.head(session)
    assert f"{last_id}·{last_hash[:8]}" in viewer.get("/journal").text


def test_one_pages_to_the_first_event_and_back(viewer: Client, long_journal: int) -> None:
    seen: list[int] = []
    pages = ["/journal"]
    while True:
        text = viewer.get(pages[-1]).text
        seen += numbers(text)
        older = re.search(r'rel="next" href="([^"]+)"', text)
        if not older:
            break
        pages.append("/journal" + older.group(1))
    assert seen == list(range(long_journal, 0, -1))
    newer = re.search(r'rel="prev" href="([^"]+)"', text).group(1)
    assert numbers(viewer.get("/journal" + newer).text)[-1] == numbers(text)[0] + 1


def test_a_page_stays_where_it_is_while_new_events_come_in(
    viewer: Client, database: Database, shop: ShopData, long_journal: int
) -> None:
    page = f"/journal?before={long_journal - 10}"
    before = numbers(viewer.get(page).text)
    do(database, loops.request_reprint, loops.Card, shop.cards[0])
    assert numbers(viewer.get(page).text) == before


def test_the_newest_page_offers_nothing_newer(viewer: Client, long_journal: int) -> None:
    assert 'rel="prev"' not in viewer.get(f"/journal?after={long_journal - 5}").text
    assert 'rel="prev"' in viewer.get("/journal?after=1").text


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("noun=scan", 1),
        ("noun=receipt", 0),
        ("q=hexagon", 4),
        ("q=HEXAGON", 4),
        ("q=nothing+of+the+kind", 0),
        ("q=%25", 0),
        ("q=_____________", 0),
        ("order=PO-000001", 0),
        ("since=2020-01-01&until=2020-12-31", 0),
        ("noun=scan&since=2020-01-01", 1),
        ("who=d99", 0),
        ("card=0000", 0),
    ],
)
def test_the_journal_is_narrowed_down(
    viewer: Client, database: Database, shop: ShopData, wanted: str, found: int
) -> None:
    scan(database, shop.codes[0])
    answer = viewer.get(f"/journal?{wanted}")
    assert answer.status_code == 200
    assert len(numbers(answer.text)) == found


def test_a_card_an_order_and_a_person_have_their_own_journal(
    viewer: Client, operator: Client, database: Database, shop: ShopData
) -> None:
    operator.post(f"/c/{shop.codes[0]}/scans")
    with database.read() as session:
        person = people.by_login(session, "operator")
    typed = f"{shop.codes[0][:4]} {shop.codes[0][4:8].lower()}-{shop.codes[0][8:]}"
    text = viewer.get("/journal", query_string={"card": typed}).text
    assert len(numbers(text)) == 2
    assert "card 2" not in text
    assert len(numbers(viewer.get(f"/journal?who=p{person.id}&noun=scan").text)) == 1
    assert len(numbers(viewer.get("/journal?q=Operator&noun=scan").text)) == 1


def test_text_beyond_ascii_is_found_as_it_is_kept(viewer: Client, admin: Client) -> None:
    admin.post("/shop", {"name": "Brandt Präzision", "address": ""})
    assert len(numbers(viewer.get("/journal?q=präzi").text)) == 1


@pytest.mark.parametrize(
    "address",
    [
        "noun=god", "since=yesterday", "until=2026-13-01", "until=9999-12-31", "who=x", "who=p", "who=p1x",
        "who=p٣", "before=x", "after=-1", "q=%00", "q=" + "x" * 1000, "noun=scan&noun=card",
    ],
)  # fmt: skip
def test_an_address_that_no_link_of_ours_has_is_refused(viewer: Client, address: str) -> None:
    assert viewer.get(f"/journal?{address}").status_code == 400


def test_names_are_text_and_never_mark_up(viewer: Client, admin: Client) -> None:
    admin.post("/people", {"name": "<script>alert(1)</script>", "login": "eve", "role": "viewer"})
    text = viewer.get("/journal").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_the_number_of_statements_does_not_grow_with_the_events(
    viewer: Client, database: Database, shop: ShopData, statements: Callable[[str], int]
) -> None:
    few = statements("/journal?noun=scan")
    for code in shop.codes:
        scan(database, code)
    for _ in range(60):
        do(database, loops.request_reprint, loops.Card, shop.cards[0])
    assert statements("/journal") == few


@pytest.fixture
def statements(viewer: Client, database: Database) -> Callable[[str], int]:
    """Counts the statements that a page needs."""

    def count(address: str) -> int:
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(database.reader, "before_cursor_execute", note)
        viewer.get(address)
        event.remove(database.reader, "before_cursor_execute", note)
        return len(seen)

    return count
