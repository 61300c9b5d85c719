from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop import BERLIN, MONDAY_MORNING, Shop
from sqlalchemy.orm import Session

from kanban import items, journal, suppliers
from kanban.db import Database

DEED = journal.Deed(MONDAY_MORNING, journal.By("test"))


def offer(
    pack: str = "1", multiple: str = "0", minimum: str = "0", *prices: tuple[int, str]
) -> suppliers.SupplierItem:
    return suppliers.SupplierItem(
        pack_size=Decimal(pack),
        order_multiple=Decimal(multiple),
        minimum_order_quantity=Decimal(minimum),
        price_breaks=[
            suppliers.PriceBreak(from_quantity=Decimal(start), unit_price=Decimal(price))
            for start, price in prices
        ],
    )


@pytest.mark.parametrize(
    ("need", "pack", "multiple", "minimum", "ordered"),
    [
        (25, "10", "0", "0", 30),
        (30, "10", "0", "0", 30),
        (1, "10", "0", "100", 100),
        (1, "10", "0", "101", 110),
        (25, "1", "6", "0", 30),
        (25, "4", "6", "0", 36),
        (25, "4", "6", "37", 48),
        (1, "0.75", "0.5", "0", Decimal("1.5")),
        (0, "10", "6", "50", 0),
    ],
)
def test_a_need_is_rounded_to_minimum_multiple_and_packs(
    need: int, pack: str, multiple: str, minimum: str, ordered: Decimal
) -> None:
    assert offer(pack, multiple, minimum).rounded(Decimal(need)) == ordered


def thousandths(smallest: int, largest: int) -> st.SearchStrategy[Decimal]:
    return st.integers(smallest, largest).map(lambda value: Decimal(value).scaleb(-3))


@given(
    thousandths(1, 10**9),
    thousandths(1, 10**5) | st.sampled_from([Decimal(1), Decimal(10), Decimal("0.001")]),
    st.just(Decimal(0)) | thousandths(1, 10**5),
    st.just(Decimal(0)) | thousandths(1, 10**9),
)
def test_rounding_covers_the_need_with_the_fewest_packs_that_fit(
    need: Decimal, pack: Decimal, multiple: Decimal, minimum: Decimal
) -> None:
    ordered = offer(str(pack), str(multiple), str(minimum)).rounded(need)
    floor = max(need, minimum)
    assert type(ordered) is Decimal
    assert ordered >= floor
    assert ordered % pack == 0
    step = pack
    if multiple:
        assert ordered % multiple == 0
        step = next(pack * count for count in range(1, 10**5 + 1) if (pack * count) % multiple == 0)
    assert ordered - step < floor


@given(thousandths(1, 10**9), thousandths(1, 10**6))
def test_rounding_what_was_rounded_changes_nothing(need: Decimal, pack: Decimal) -> None:
    once = offer(str(pack)).rounded(need)
    assert offer(str(pack)).rounded(once) == once


def test_the_price_is_that_of_the_break_which_the_quantity_reaches() -> None:
    screws = offer("1", "0", "0", (1, "2.5"), (100, "2"), (500, "1.75"))
    prices = {quantity: screws.price_at(Decimal(quantity)) for quantity in (1, 99, 100, 499, 500, 9999)}
    two_and_a_half, two, less = Decimal("2.5"), Decimal(2), Decimal("1.75")
    assert prices == {1: two_and_a_half, 99: two_and_a_half, 100: two, 499: two, 500: less, 9999: less}


def test_below_the_first_break_its_price_holds() -> None:
    assert offer("1", "0", "0", (100, "2")).price_at(Decimal(5)) == 2


def test_without_prices_there_is_no_price() -> None:
    assert offer().price_at(Decimal(5)) is None


def test_an_offer_holds_from_its_first_to_its_last_day() -> None:
    spring = suppliers.SupplierItem(valid_from=date(2026, 3, 1), valid_until=date(2026, 5, 31))
    days = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 5, 31), date(2026, 6, 1))
    assert [spring.is_valid_on(day) for day in days] == [False, True, True, False]
    assert suppliers.SupplierItem().is_valid_on(days[0])


MONDAY, TUESDAY, THURSDAY, NEXT_TUESDAY = (date(2026, 3, day) for day in (2, 3, 5, 10))


def who_takes_orders(days: str = "", until: str = "", country: str = "") -> suppliers.Supplier:
    return suppliers.Supplier(order_days=days, order_until=until, country=country, lead_time=2)


@pytest.mark.parametrize(
    ("days", "until", "hour", "day"),
    [
        ("", "", 23, MONDAY),
        ("mon", "", 9, MONDAY),
        ("tue,thu", "", 9, TUESDAY),
        ("thu", "", 9, THURSDAY),
        ("", "12:00", 10, MONDAY),
        ("", "12:00", 12, TUESDAY),
        ("mon,thu", "12:00", 12, THURSDAY),
    ],
)
def test_an_order_waits_for_the_next_order_day(days: str, until: str, hour: int, day: date) -> None:
    at = datetime(2026, 3, 2, hour, 0, 1, tzinfo=BERLIN)
    assert who_takes_orders(days, until).terms().next_order_day(at, BERLIN) == day


def test_the_last_hour_for_orders_is_the_shops_hour() -> None:
    noon_in_berlin = datetime(2026, 7, 6, 10, 30, tzinfo=UTC)
    late = who_takes_orders(until="12:00")
    assert late.terms().next_order_day(noon_in_berlin, BERLIN) == date(2026, 7, 7)
    assert late.terms().next_order_day(noon_in_berlin, ZoneInfo("Europe/London")) == date(2026, 7, 6)


@pytest.mark.parametrize(
    ("hour", "day"), [(22, date(2026, 3, 30)), (21, date(2026, 3, 30)), (23, date(2026, 3, 30))]
)
def test_the_day_is_right_in_the_night_when_the_clock_changes(hour: int, day: date) -> None:
    assert who_takes_orders().terms().next_order_day(datetime(2026, 3, 29, hour, tzinfo=UTC), BERLIN) == day


def test_goods_are_expected_a_lead_time_of_working_days_after_the_order_day() -> None:
    at = datetime(2026, 3, 5, 9, tzinfo=UTC)
    assert who_takes_orders().terms().expected_day(at, BERLIN) == date(2026, 3, 9)
    assert who_takes_orders().terms(0).expected_day(at, BERLIN) == THURSDAY
    assert who_takes_orders("tue").terms(1).expected_day(at, BERLIN) == date(2026, 3, 11)
    assert who_takes_orders(country="DE").terms(1).expected_day(
        datetime(2026, 4, 2, 9, tzinfo=UTC), BERLIN
    ) == date(2026, 4, 7)


def test_an_order_day_that_never_comes_does_not_hang() -> None:
    assert who_takes_orders("sat").terms().next_order_day(MONDAY_MORNING, BERLIN) > MONDAY


def test_a_supplier_keeps_its_facts_and_one_name(database: Database) -> None:
    database.write(
        lambda session: suppliers.add(session, DEED, suppliers.SupplierFacts("Bolts & Co", lead_time=3))
    )
    with database.read() as session:
        found = suppliers.by_name(session, " bolts &  CO")
        assert found is not None
        assert found.lead_time == 3
    with pytest.raises(suppliers.SupplierTaken):
        database.write(lambda session: suppliers.add(session, DEED, suppliers.SupplierFacts("BOLTS & CO")))


def test_contact_details_never_enter_the_journal(database: Database) -> None:
    facts = suppliers.SupplierFacts(
        "Bolts", email="eva@bolts.example", phone="0123", address="Eva Street", note="Eva"
    )

    def add_and_change(session: Session) -> None:
        supplier = suppliers.add(session, DEED, facts)
        other = suppliers.SupplierFacts(
            "Bolts", email="ann@bolts.example", phone="0456", address="Ann Street", note="Ann"
        )
        suppliers.change(session, DEED, supplier, other)

    database.write(add_and_change)
    with database.read() as session:
        held = " ".join(event.data for event in session.query(journal.Event))
    assert not [word for word in ("eva", "ann", "0123", "0456") if word in held.lower()]


def test_several_suppliers_may_offer_one_item_but_each_only_once(shop: Shop) -> None:
    def offer_screws(session: Session, supplier: str) -> int:
        item = items.by_sku(session, "SCREW")
        assert item is not None
        seller = session.get_one(suppliers.Supplier, shop.ids[supplier])
        return suppliers.add_offer(session, deed, seller, item, suppliers.OfferFacts(rank=2)).id

    deed = shop.deed()
    assert shop.write(lambda session: offer_screws(session, "paper_ltd"))
    with pytest.raises(suppliers.OfferTaken):
        shop.write(lambda session: offer_screws(session, "bolts"))


def test_other_price_breaks_replace_those_that_were(shop: Shop) -> None:
    def change(session: Session) -> list[bool]:
        item = items.by_sku(session, "SCREW")
        bolts = session.get_one(suppliers.Supplier, shop.ids["bolts"])
        assert item is not None
        offered = suppliers.offer_of(session, bolts, item)
        assert offered is not None
        facts = suppliers.OfferFacts(
            "B-100", Decimal(10), prices=((Decimal(1), Decimal(3)), (Decimal(50), Decimal(1)))
        )
        changed = [suppliers.change_offer(session, deed, offered, facts) for _ in range(2)]
        session.flush()
        session.expire(offered)
        assert suppliers.prices_of(offered) == facts.prices
        return changed

    deed = shop.deed()
    assert shop.write(change) == [True, False]
