"""Screens of advice: proposals, their settling, the question, the map, the walk, the dashboard, calendars."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from kanban import advice, clock, items, journal, loops
from kanban.db import Database
from kanban.items import Item, Location
from kanban.reports import advised as advised_reports
from kanban.reports import figures
from kanban.suppliers import SupplierItem
from web.conftest import Client, ShopData, deed, do, revision

BERLIN = ZoneInfo("Europe/Berlin")


def send(browser: Client, path: str, **fields: str) -> TestResponse:
    return browser.post(path, fields)


@pytest.fixture
def advised(database: Database, shop: ShopData) -> ShopData:
    """A shop whose screws are used so fast that their loop needs more cards."""
    this = deed()

    def tell(session: object) -> None:
        loop = session.get_one(loops.Loop, shop.loop)  # type: ignore[attr-defined]
        facts = advice.SizingFacts(use_per_day=Decimal(60), sureness="records")
        advice.describe(session, this, loop, facts)  # type: ignore[arg-type]
        advice.review_all(session, this, BERLIN)  # type: ignore[arg-type]

    database.write(tell)
    return shop


def latest(database: Database, shop: ShopData) -> advice.Advice:
    with database.read() as session:
        found = advice.latest(session, shop.loop)
    assert found is not None
    return found


def test_the_list_proposes_and_one_press_accepts(
    buyer: Client, database: Database, advised: ShopData
) -> None:
    page = buyer.get("/advice").text
    assert "Add " in page
    assert "Accept" in page
    answer = send(buyer, f"/loops/{advised.loop}/advice/acceptance", back="list")
    assert answer.status_code == 303
    assert answer.location == "/advice"
    with database.read() as session:
        settled = advice.past_advice(session, advised.loop)[0]
        assert settled.state == "accepted"
        assert loops.count_cards(session, advised.loop) == settled.cards


def test_what_was_accepted_is_told_no_more(buyer: Client, database: Database, advised: ShopData) -> None:
    wanted, address = latest(database, advised).cards, f"/loops/{advised.loop}/advice"
    assert f"{wanted} instead of 2" in buyer.get(address).text
    buyer.post(f"{address}/acceptance", {}, key="one-press")
    for page in (buyer.get(address).text, buyer.get("/advice?show=all").text):
        assert f"Keep {wanted} cards" in page
    assert "Accept</button>" not in buyer.get(address).text
    assert "Nothing to change" in buyer.get("/advice").text
    row = next(csv.DictReader(buyer.get("/dashboard.csv").text.splitlines()))
    assert (row["cards"], row["cards_advised"]) == (str(wanted), str(wanted))
    with database.read() as session:
        told = list(session.scalars(select(journal.Event).where(journal.Event.kind.like("advi%"))))
    said = {event.kind: event.person_id for event in told}
    assert said["advice_accepted"] is not None
    before = revision(database)
    assert buyer.post(f"{address}/acceptance", {}, key="one-press").status_code == 303
    assert revision(database) == before


LOOP = {"kind": "purchase", "card_quantity": "20"}


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/loops/{loop}/cards", {"count": "4"}),
        ("/loops/{loop}/temporary-cards", {"count": "1", "leaves_on": "2099-01-01"}),
        ("/cards/{card}/life", {"life": "surplus"}),
        ("/loops/{loop}", LOOP | {"offer_id": "{offer}", "location_id": "{rack}", "card_quantity": "300"}),
        ("/offers/{offer}", {"pack_size": "10", "lead_time": "60"}),
        ("/suppliers/{bolts}", {"name": "Bolts & Co", "kind": "external", "lead_time": "60"}),
        ("/items/{screw}", {"sku": "SCREW", "name": "Screw", "unit": "pcs", "consequence": "4"}),
        ("/items/{screw}/consequence", {"consequence": "4"}),
        ("/loops/{loop}/sizing", {"use_per_day": "90", "sureness": "records"}),
        ("/locations/{rack}/closures", {"first": "2099-01-01", "reason": "Move"}),
    ],
)
def test_what_a_person_sets_is_sized_before_the_answer(
    buyer: Client, database: Database, advised: ShopData, path: str, fields: dict[str, str]
) -> None:
    ids = vars(advised) | {"card": advised.cards[0]}
    sent = {name: value.format(**ids) for name, value in fields.items()}
    before = latest(database, advised)
    assert buyer.post(path.format(**ids), sent).status_code == 303
    after = latest(database, advised)
    assert after.inputs != before.inputs
    with database.read() as session:
        said = list(session.scalars(select(journal.Event).where(journal.Event.kind == "advised")))
    assert [event.person_id for event in said] == [None] * len(said), "nobody has proposed it"
    this = deed()
    assert database.write(lambda session: advice.review_all(session, this, BERLIN)) == 0
    with database.read() as session:
        told = advice.collect(session, this.at, BERLIN)
    assert [each.cards for each in told] == [after.cards_now]


def test_cards_scanned_all_at_once_are_named_in_the_reasons(
    buyer: Client, database: Database, shop: ShopData
) -> None:
    do(database, loops.add_cards, loops.Loop, shop.loop, 28, "active")
    with database.read() as session:
        codes = list(session.scalars(select(loops.Card.code)))
    for code in codes:
        assert buyer.post(f"/c/{code}/scans", json={}).status_code == 200
    page = send(buyer, "/advice/review").location
    assert page == "/advice"
    told = buyer.get(f"/loops/{shop.loop}/advice").text
    assert "30 cards were scanned at once on " in told
    assert "they are not counted as use" in told
    assert "the scans do not tell it yet" in told
    assert "Nothing to change" in buyer.get("/advice").text


def test_a_second_source_is_followed_at_once(buyer: Client, database: Database, advised: ShopData) -> None:
    assert latest(database, advised).figures["reasons"] == ["single_source"]
    other = buyer.post("/suppliers", {"name": "Nordbolt", "kind": "external", "lead_time": "3"})
    offer = {"supplier_id": other.location.rsplit("/", 1)[1], "pack_size": "1"}
    assert buyer.post(f"/items/{advised.screw}/offers", offer).status_code == 303
    assert latest(database, advised).figures["reasons"] == []


def test_a_change_that_concerns_many_loops_sizes_them_all(
    buyer: Client, database: Database, advised: ShopData
) -> None:
    this = deed()

    def many(session: Session) -> None:
        rack, offer = session.get_one(Location, advised.rack), session.get_one(SupplierItem, advised.offer)
        for _each in range(advice.MOST_AT_ONCE * 2 + 3):
            loop = loops.add(session, this, rack, offer, loops.LoopFacts(card_quantity=Decimal(100)))
            loops.add_cards(session, this, loop, 2)

    database.write(many)
    supplier = {"name": "Bolts & Co", "kind": "external", "lead_time": "60"}
    assert buyer.post(f"/suppliers/{advised.bolts}", supplier).status_code == 303
    assert database.write(lambda session: advice.review_all(session, this, BERLIN)) == 0


def test_a_loop_says_why_in_plain_words(buyer: Client, advised: ShopData) -> None:
    page = buyer.get(f"/loops/{advised.loop}/advice").text
    for said in ("Why", "Side by side", "A bin is usually back", "Early days", "As a table"):
        assert said in page


def test_advice_is_refused_with_a_reason_or_put_off(
    buyer: Client, database: Database, advised: ShopData
) -> None:
    assert send(buyer, f"/loops/{advised.loop}/advice/snooze", days="10").status_code == 303
    assert latest(database, advised).state == "snoozed"
    send(buyer, f"/loops/{advised.loop}/advice/refusal", reason="The job ends")
    assert latest(database, advised).reason == "The job ends"
    again = send(buyer, f"/loops/{advised.loop}/advice/refusal", reason="x")
    assert again.status_code == 409
    assert "The job ends" in buyer.get("/advice?show=history").text


@pytest.mark.parametrize("path", ["acceptance", "refusal", "snooze"])
def test_an_operator_settles_nothing(operator: Client, advised: ShopData, path: str) -> None:
    assert send(operator, f"/loops/{advised.loop}/advice/{path}").status_code == 403


def test_what_people_say_of_the_use_is_kept_and_sized_at_once(
    buyer: Client, database: Database, shop: ShopData
) -> None:
    fields = {
        "scan_rule": "first_piece",
        "use_per_day": "12,5",
        "sureness": "estimate",
        "when_out": "elsewhere",
    }
    answer = buyer.post(
        f"/loops/{shop.loop}/sizing",
        data=fields | {"season": ["1"] * 6 + ["2"] * 6, "key": "sizing-facts-1"},
        headers={"Origin": "http://localhost"},
    )
    assert answer.status_code == 303
    with database.read() as session:
        told = advice.facts_of(session, shop.loop)
    assert (told.scan_rule, told.use_per_day, told.season[11]) == ("first_piece", Decimal("12.5"), 2)
    assert latest(database, shop).figures["use"] > 0
    assert "12.5" in buyer.get(f"/loops/{shop.loop}/sizing").text


@pytest.mark.parametrize(
    "bad", [{"use_per_day": "much"}, {"use_per_day": "-1"}, {"scan_rule": "never"}, {"put_away": "1000"}]
)
def test_what_makes_no_sense_is_said_at_its_field(buyer: Client, shop: ShopData, bad: dict[str, str]) -> None:
    answer = send(buyer, f"/loops/{shop.loop}/sizing", **bad)
    assert answer.status_code == 422
    assert "needs your attention" in answer.text


def test_what_if_plays_a_year(viewer: Client, advised: ShopData) -> None:
    page = viewer.get(f"/loops/{advised.loop}/simulation?lead_time=2&use=1.5&failure=5").text
    assert "Stock-outs a year" in page
    assert "polyline" in page
    assert viewer.get(f"/loops/{advised.loop}/simulation?lead_time=9").status_code == 400
    assert viewer.get("/loops/999999/simulation").status_code == 404


def test_one_question_walks_through_all_items(buyer: Client, database: Database, shop: ShopData) -> None:
    page = buyer.get("/triage").text
    assert "What happens if this runs out for a week?" in page
    answer = send(buyer, f"/items/{shop.screw}/consequence", consequence="4")
    assert answer.status_code == 303
    assert answer.location == f"/triage?after={shop.screw}"
    with database.read() as session:
        assert session.get_one(Item, shop.screw).consequence == 4
    assert latest(database, shop).figures["target"] == pytest.approx(0.995)
    assert send(buyer, f"/items/{shop.screw}/consequence", consequence="5").status_code == 422


def test_the_map_holds_every_loop(buyer: Client, database: Database, advised: ShopData) -> None:
    this = deed()
    database.write(
        lambda session: items.set_consequence(session, this, session.get_one(Item, advised.screw), 3)
    )
    page = buyer.get("/map").text
    assert f"/loops/{advised.loop}/advice" in page


def test_the_walk_shows_an_empty_shelf_until_somebody_looked(
    operator: Client, database: Database, shop: ShopData
) -> None:
    for code in shop.codes:
        send(operator, f"/c/{code}/scans")
    page = operator.get("/walk").text
    assert "All bins empty" in page
    assert send(operator, f"/loops/{shop.loop}/check", find="out").status_code == 303
    assert "The walk is done" in operator.get("/walk?kind=out").text
    assert send(operator, f"/loops/{shop.loop}/check", find="nothing").status_code == 422


def test_the_dashboard_counts(buyer: Client, viewer: Client, advised: ShopData) -> None:
    for by in ("supplier", "area", "class", "word"):
        page = buyer.get(f"/dashboard?by={by}&days=28").text
        assert "In stock" in page
    assert "Money on the shelves" in page
    assert "Money on the shelves" not in viewer.get("/dashboard").text
    table = buyer.get("/dashboard.csv")
    assert table.mimetype == "text/csv"
    assert table.text.startswith("\ufeffsku,")
    assert viewer.get("/dashboard.csv").status_code == 403


def test_every_figure_has_its_weeks(buyer: Client, viewer: Client, advised: ShopData) -> None:
    for figure in ("in_stock", "on_time", "orders", "money", "days", "turns", "dead"):
        page = buyer.get(f"/dashboard?figure={figure}&by=class").text
        assert "by week" in page
        assert "Week of" in page
    assert "Turns" not in viewer.get("/dashboard?figure=turns").text.split("Side by side")[0]
    sheet = buyer.get("/dashboard/weeks.csv?by=supplier")
    rows = sheet.text.splitlines()
    assert rows[0].startswith("\ufeffgroup,week,in_stock")
    assert viewer.get("/dashboard/weeks.csv").status_code == 403


def test_weeks_begin_with_the_journal_and_are_half_a_year_at_most(
    buyer: Client, database: Database, advised: ShopData
) -> None:
    """A week before the shop was born is not a zero."""
    rows = csv.DictReader(buyer.get("/dashboard/weeks.csv").text.removeprefix("\ufeff").splitlines())
    assert len([row for row in rows if row["group"] == ""]) == 1
    loop = buyer.get(f"/loops/{advised.loop}/advice").text.split("Bins emptied a week", 1)[1]
    assert loop.split("</figure>")[0].count("<rect") == 1
    assert 'width="10.0"' in loop.split("</figure>")[0], "one week is no bar as wide as the chart"
    for weeks, shown in ((0, 1), (2, 3), (30, 26)):
        later = clock.now() + timedelta(weeks=weeks)
        with database.read() as session:
            told = advice.collect(session, later, BERLIN)
            found = figures.OverTime(session, later, BERLIN).of(told)
            bins = advised_reports.scans_per_week(session, advised.loop, later, BERLIN, 26)
        assert len(found) == len(bins) == shown
        assert found[-1].start == bins[-1][0]
        assert all(week.worked > 0 for week in found[:-1])


def test_periods_stand_in_their_order_and_the_chosen_one_is_marked(buyer: Client, shop: ShopData) -> None:
    for chosen, word in (("", "Quarter"), ("?days=28", "4 weeks"), ("?days=365", "Year")):
        page = buyer.get(f"/dashboard{chosen}").text
        nav = page.split('aria-label="Window"')[1].split("</nav>")[0]
        assert re.findall(r">([^<]+)</a>", nav) == ["4 weeks", "Quarter", "Half-year", "Year"]
        assert re.findall(r'aria-current="true">([^<]+)<', nav) == [word]
    assert buyer.get("/dashboard?days=30").status_code == 400


def test_advice_and_finds_are_to_be_had_as_sheets(buyer: Client, viewer: Client, advised: ShopData) -> None:
    rows = buyer.get("/advice.csv").text.splitlines()
    assert rows[0].startswith("\ufeffsku,item,place")
    assert len(rows) == 2
    loop = buyer.get(f"/loops/{advised.loop}/advice.csv").text
    assert "week," in loop
    assert "lead time," in loop
    assert ",orders_a_month," in loop
    assert buyer.get("/loops/999/advice.csv").status_code == 404
    assert viewer.get("/walk.csv").text.startswith("\ufefffound,")
    assert viewer.get("/advice.csv").status_code == 403


class TestCalendar:
    def week(self, **days: list[str]) -> dict[str, list[str]]:
        usual = {day: ["06:00", "14:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
        return usual | days

    def save(self, buyer: Client, place: int, key: str, **fields: object) -> object:
        headers = {"Origin": "http://localhost", "Idempotency-Key": key}
        return buyer.post(f"/locations/{place}/calendar", data=fields, headers=headers)

    def test_a_site_gets_shifts_and_holidays(self, buyer: Client, shop: ShopData) -> None:
        answer = self.save(buyer, shop.rack, "calendar-1", country="de", region="BY", **self.week())
        assert answer.status_code == 303  # type: ignore[attr-defined]
        page = buyer.get(f"/locations/{shop.rack}/calendar").text
        assert 'value="06:00"' in page
        assert "selected>BY" in page

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"mon": ["14:00", "06:00"]}, "each ends after it starts"),
            ({"mon": ["early", "late"]}, "give both times"),
            ({"country": "DE", "region": "XX"}, "none whose holidays we know"),
            ({"country": "XX"}, "not a country"),
        ],
    )
    def test_a_bad_week_is_refused(
        self, buyer: Client, shop: ShopData, fields: dict[str, object], said: str
    ) -> None:
        answer = self.save(buyer, shop.rack, "calendar-2", **(self.week() | fields))
        assert answer.status_code == 422  # type: ignore[attr-defined]
        assert said in answer.text  # type: ignore[attr-defined]

    def test_days_are_closed_and_opened_again(self, buyer: Client, shop: ShopData) -> None:
        address = f"/locations/{shop.rack}/closures"
        assert send(buyer, address, first="2026-08-03", last="2026-08-14", reason="Summer").status_code == 303
        assert "Summer" in buyer.get(f"/locations/{shop.rack}/calendar").text
        assert send(buyer, "/closures/1/removal").status_code == 303
        assert "Summer" not in buyer.get(f"/locations/{shop.rack}/calendar").text
        assert send(buyer, "/closures/1/removal").status_code == 404
        assert send(buyer, address, first="2026-08-14", last="2026-08-03").status_code == 422


class TestStock:
    def test_a_loop_is_counted_taken_from_and_counted_again(self, buyer: Client, shop: ShopData) -> None:
        address = f"/loops/{shop.loop}"
        assert "Run by its cards" in buyer.get(f"{address}/stock").text
        levels = {"counted": "100", "reorder_point": "40", "target_level": "120"}
        assert send(buyer, f"{address}/stock", **levels).status_code == 303
        assert send(buyer, f"{address}/takings", quantity="70").status_code == 303
        assert send(buyer, f"{address}/returns", quantity="5").status_code == 303
        assert send(buyer, f"{address}/counts", counted="30", reason="lost").status_code == 303
        page = buyer.get(f"{address}/stock").text
        assert "lost" in page
        assert "Records right" in buyer.get("/counts").text
        assert send(buyer, f"{address}/takings", quantity="1000").status_code == 422
        asked = send(buyer, f"/c/{shop.codes[0]}/scans")
        assert "How many did you take?" in asked.text
        assert 'name="quantity"' in buyer.get(f"/cards/{shop.codes[0]}").text
        assert send(buyer, f"/c/{shop.codes[0]}/takings", quantity="2").status_code == 303
        assert send(buyer, f"{address}/stock/end").status_code == 303
        assert send(buyer, f"{address}/takings", quantity="1").status_code == 409

    def test_a_withdrawal_is_planned_ordered_and_called_off(self, buyer: Client, shop: ShopData) -> None:
        address = f"/loops/{shop.loop}/withdrawals"
        assert send(buyer, address, quantity="900", day="2020-01-01").status_code == 422
        for _each in range(2):
            far = (date.today() + timedelta(days=200)).isoformat()  # noqa: DTZ011 - any day to come will do
            assert send(buyer, address, quantity="900", day=far, note="Fair").status_code == 303
        assert "Fair" in buyer.get(f"/loops/{shop.loop}/stock").text
        assert send(buyer, "/withdrawals/1/order").status_code == 303
        assert send(buyer, "/withdrawals/1/order").status_code == 409
        assert send(buyer, "/withdrawals/2/call-off").status_code == 303
        assert send(buyer, "/withdrawals/99/order").status_code == 404

    def test_cards_for_a_while_are_made(self, buyer: Client, shop: ShopData) -> None:
        far = (date.today() + timedelta(days=20)).isoformat()  # noqa: DTZ011
        address = f"/loops/{shop.loop}/temporary-cards"
        assert send(buyer, address, count="2", leaves_on=far).status_code == 303
        assert send(buyer, address, count="2", leaves_on="2020-01-01").status_code == 422
