"""The demonstration shop: what it promises to show, whatever the day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from kanban import demo, items, journal, loops, orders, people, problems, schema
from kanban.db import Database
from kanban.demo import catalogue, history
from kanban.journal import Event
from kanban.loops import Card, Loop
from kanban.orders import Order, OrderLine, Replenishment
from kanban.receipts import Quarantine, Receipt, Return
from kanban.reports import picking
from kanban.suppliers import Supplier, SupplierItem, SupplierPlace

ZONE = ZoneInfo("Europe/Dublin")
MONDAY = datetime(2026, 3, 16, 11, 20, tzinfo=ZONE)
NEW_YEARS_SUNDAY = datetime(2023, 1, 1, 4, 0, tzinfo=ZONE)
SHORT = timedelta(days=21)


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, demo.DemoShop]]:
    database = empty(tmp_path_factory.mktemp("demo"))
    yield database, demo.load(database, MONDAY, ZONE)
    database.close()


@pytest.fixture
def shop(loaded: tuple[Database, demo.DemoShop]) -> demo.DemoShop:
    return loaded[1]


@pytest.fixture
def session(loaded: tuple[Database, demo.DemoShop]) -> Iterator[Session]:
    with loaded[0].read() as session:
        yield session


def empty(folder: Path) -> Database:
    url = f"sqlite:///{folder / 'kanban.db'}"
    schema.upgrade(url)
    return Database(url, folder)


def lived(folder: Path, at: datetime, zone: ZoneInfo = ZONE) -> Database:
    """A shop with a short history."""
    folder.mkdir()
    database = empty(folder)
    database.write(lambda session: history.live(session, catalogue.read(), at, zone, length=SHORT))
    return database


def supply_of_cards(session: Session) -> dict[str, int]:
    found = session.execute(
        text(
            f"SELECT {orders.SUPPLY} AS supply, count(*) FROM card c"
            " LEFT JOIN replenishment r ON r.card_id = c.id AND r.closed_at IS NULL"
            " LEFT JOIN order_line l ON l.id = r.order_line_id"
            ' LEFT JOIN "order" o ON o.id = l.order_id GROUP BY 1'
        )
    )
    return dict(found.all())  # type: ignore[arg-type]


def lines_of_drafts(session: Session) -> dict[int, int]:
    """Lines with an open need, by supplier."""
    found = session.execute(
        select(Order.supplier_id, func.count(OrderLine.id.distinct()))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Replenishment, Replenishment.order_line_id == OrderLine.id)
        .where(Order.state == "draft", Replenishment.closed_at.is_(None))
        .group_by(Order.supplier_id)
    )
    return dict(found.all())  # type: ignore[arg-type]


def empty_loops(session: Session) -> list[int]:
    """Loops of which every active card is away."""
    away = Card.id.in_(select(Replenishment.card_id).where(Replenishment.closed_at.is_(None)))
    query = select(Card.loop_id).where(Card.life == "active").group_by(Card.loop_id)
    return list(session.scalars(query.having(func.count().filter(away) == func.count())))


def count(session: Session, *where: object) -> int:
    return session.scalar(select(func.count()).where(*where)) or 0  # type: ignore[arg-type]


def test_it_fills_an_empty_database_with_a_whole_shop(shop: demo.DemoShop) -> None:
    assert shop.name == "Quillmere Precision"
    assert shop.items >= 80
    assert shop.suppliers == 12
    assert shop.loops >= 80
    assert shop.cards >= 200
    assert shop.orders >= 300
    assert shop.turns >= 1000
    assert shop.events >= 5000


def test_the_counts_are_those_of_the_database(session: Session, shop: demo.DemoShop) -> None:
    assert shop.cards == count(session, Card.id > 0)
    assert shop.turns == count(session, Replenishment.id > 0)
    assert shop.events == journal.head(session)[0]


def test_its_journal_holds_and_runs_in_order_of_time(session: Session) -> None:
    assert list(journal.verify(session)) == []
    recorded = list(session.scalars(select(Event.recorded_at).order_by(Event.id)))
    assert recorded == sorted(recorded)


def test_its_history_is_half_a_year_long_and_ends_before_the_given_moment(session: Session) -> None:
    first, last = session.execute(select(func.min(Event.recorded_at), func.max(Event.recorded_at))).one()
    assert last - first >= timedelta(days=180)
    assert last <= MONDAY
    assert MONDAY - last < timedelta(hours=2)


def test_nothing_happens_at_night_or_on_a_weekend(session: Session) -> None:
    for moment in session.scalars(select(Event.recorded_at)):
        local = moment.astimezone(ZONE)
        assert local.weekday() < 5
        assert 6 <= local.hour < 19


def test_every_state_of_cards_and_orders_can_be_seen(session: Session) -> None:
    assert set(supply_of_cards(session)) == {"full", "empty", "ordered", "in_transit"}
    assert set(session.scalars(select(Order.state))) == set(orders.STATES)
    assert set(session.scalars(select(Card.life))) == set(loops.LIVES)
    assert set(session.scalars(select(Loop.kind))) == set(loops.KINDS)
    assert set(session.scalars(select(items.Item.consequence))) == set(items.CONSEQUENCES)
    outcomes = {"received", "short", "withdrawn", "cancelled", None}
    assert set(session.scalars(select(Replenishment.outcome))) == outcomes


def test_every_kind_of_slip_has_happened(session: Session) -> None:
    kinds = set(session.scalars(select(Event.kind)))
    assert kinds >= {
        "signalled", "already", "asked", "refused", "withdrawn", "urgent", "in_service", "received",
        "released", "confirmed", "shipped", "cancelled", "closed_short", "extra",
        "printed", "reprint_requested",
    }  # fmt: skip
    refusals = session.scalars(select(Event).where(Event.kind == "refused"))
    assert {event.facts["reason"] for event in refusals} >= {"unknown", "not_a_code", "lost"}
    assert count(session, Receipt.over > 0) > 0
    assert count(session, Event.occurred_at < Event.recorded_at) > 0


def test_the_buyer_finds_drafts_at_most_suppliers(session: Session) -> None:
    drafts = lines_of_drafts(session)
    assert sum(lines >= 3 for lines in drafts.values()) >= 9


def test_the_board_shows_risk_urgency_and_lateness(session: Session) -> None:
    today = MONDAY.date()
    promised = func.coalesce(OrderLine.confirmed_due, OrderLine.due)
    coming = (OrderLine.closed_at.is_(None), OrderLine.quantity.is_not(None))
    assert len(empty_loops(session)) >= 4
    assert count(session, Replenishment.urgent, Replenishment.closed_at.is_(None)) >= 3
    assert count(session, *coming, promised < today) >= 3
    assert count(session, *coming, promised == today) >= 2
    assert count(session, *coming, promised > today, promised < today + timedelta(days=6)) >= 2


def test_two_suppliers_are_notoriously_late(session: Session) -> None:
    found = session.execute(
        select(Supplier.name, OrderLine.due, OrderLine.closed_at)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Supplier, Supplier.id == Order.supplier_id)
        .where(OrderLine.outcome == "received")
    )
    late: dict[str, list[bool]] = {}
    for name, due, closed_at in found:
        late.setdefault(name, []).append(closed_at.date() > due)
    worst = sorted(late, key=lambda name: sum(late[name]) / len(late[name]))[-2:]
    assert set(worst) == {"Acciai Bramante S.r.l.", "Longshan Toolholding Co., Ltd."}


def test_some_cards_were_never_printed(session: Session) -> None:
    assert 1 <= count(session, Card.printed_at.is_(None), Card.life != "retired") <= 12


def test_some_items_have_a_second_source_and_price_breaks(session: Session) -> None:
    assert count(session, SupplierItem.rank == 2) >= 8
    breaks = session.scalars(select(SupplierItem).where(SupplierItem.rank == 1))
    assert sum(len(offer.price_breaks) > 1 for offer in breaks) >= 20


def test_every_card_quantity_can_be_ordered_in_whole_packs(session: Session) -> None:
    for loop in session.scalars(select(Loop)):
        assert loop.card_quantity % loop.supplier_item.pack_size == 0, loop.item.sku


def test_prices_fall_with_the_quantity_and_start_at_the_unit_cost(session: Session) -> None:
    for offer in session.scalars(select(SupplierItem)):
        prices = [each.unit_price for each in offer.price_breaks]
        assert prices == sorted(prices, reverse=True), offer.sku
        if offer.rank == 1 and prices:
            assert prices[0] == offer.item.unit_cost, offer.sku


def test_no_quantity_or_price_is_a_float(session: Session) -> None:
    for table in (items.Item, SupplierItem, Loop, OrderLine, Replenishment, Receipt):
        for row in session.scalars(select(table).limit(50)):
            assert not [value for value in vars(row).values() if isinstance(value, float)]
    for data in session.scalars(select(Event.data).where(Event.kind.in_(("received", "signalled")))):
        assert "." not in data, data


def test_mail_goes_to_nobody_real(session: Session) -> None:
    emails = set(session.scalars(select(Supplier.email)))
    assert all(email.endswith(".example") for email in emails if email)


def test_nobody_can_sign_in_as_one_of_its_people(session: Session) -> None:
    persons = list(session.scalars(select(people.Person)))
    assert len(persons) == 6
    assert not any(people.password_fits(person, catalogue.NO_PASSWORD) for person in persons)


def test_it_refuses_a_database_that_holds_something(tmp_path: Path) -> None:
    database = empty(tmp_path)
    made = journal.Deed(MONDAY.astimezone(UTC), journal.By("web"))
    database.write(lambda session: items.add(session, made, items.ItemFacts("A-1", "Bolt")))
    with pytest.raises(demo.NotEmpty):
        demo.load(database, MONDAY, ZONE)
    with database.read() as session:
        assert count(session, items.Item.id > 0) == 1
    database.close()


def test_the_same_moment_gives_the_same_journal_but_other_codes(tmp_path: Path) -> None:
    first, second = (lived(tmp_path / name, MONDAY) for name in ("first", "second"))
    with first.read() as one, second.read() as other:
        assert journal.head(one) == journal.head(other)
        codes = {*one.scalars(select(Card.code)), *other.scalars(select(Card.code))}
        assert len(codes) == 2 * count(one, Card.id > 0)
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("at", "zone"),
    [
        pytest.param(NEW_YEARS_SUNDAY, ZONE, id="the night of a Sunday that is New Year's Day"),
        pytest.param(datetime(2025, 10, 27, 7, 0, tzinfo=UTC), ZoneInfo("America/Denver"), id="far west"),
    ],
)
def test_it_is_alive_on_any_day(tmp_path: Path, at: datetime, zone: ZoneInfo) -> None:
    database = lived(tmp_path / "shop", at, zone)
    with database.read() as session:
        last = session.scalars(select(Event.recorded_at).order_by(Event.id.desc())).first()
        assert last is not None
        assert last <= at
        assert last.astimezone(zone).weekday() < 5
        assert 6 <= last.astimezone(zone).hour < 18
        assert sum(lines >= 2 for lines in lines_of_drafts(session).values()) >= 9
        assert len(empty_loops(session)) >= 4
        assert set(supply_of_cards(session)) == {"full", "empty", "ordered", "in_transit"}
        assert not list(journal.verify(session))
    database.close()


def test_a_bin_that_leaves_the_shelf_full_takes_nothing_from_the_next_one() -> None:
    row = next(row for row in catalogue.read().loops if row.sku == "FAS-0825")
    shelf = demo.history.Shelf(row, "Assembly", 1.0)
    shelf.fill(1)
    shelf.fill(2)
    assert list(shelf.use(499.0)) == []
    assert list(shelf.use(2.0)) == [1]
    assert shelf.left == 499.0
    shelf.take_away(2)
    assert shelf.full == []
    assert list(shelf.use(10.0)) == []
    assert row.card_quantity == Decimal(500)


def test_the_dock_has_something_to_decide(session: Session) -> None:
    assert session.scalar(select(func.count()).where(Quarantine.closed_at.is_(None)))
    assert session.scalar(select(func.count()).where(Return.settled_at.is_(None)))
    assert session.scalar(select(func.count()).where(Return.settled_at.is_not(None)))
    assert problems.count_open(session) >= 2
    corrected = select(func.count()).where(Event.kind == "corrected")
    assert session.scalar(corrected)


def test_a_supermarket_feeds_the_points_of_use(session: Session) -> None:
    picked = select(func.count()).where(Event.kind == "picked", Event.noun == "scan")
    assert (session.scalar(picked) or 0) > 50
    store = session.scalars(select(SupplierPlace)).one()
    rows = picking.to_pick(session, store.supplier_id, MONDAY.date(), making=False)
    bins = {each.place for row in rows for each in row.bins}
    assert all("Stores" in place for place in bins)
