from datetime import UTC, date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanban import clock

FRIDAY, SATURDAY, MONDAY = date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 9)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def test_now_is_utc_to_the_millisecond() -> None:
    moment = clock.now()
    assert moment.tzinfo is UTC
    assert moment.microsecond % 1000 == 0


def test_working_days_go_round_the_week_end() -> None:
    assert clock.next_working_day(FRIDAY) == FRIDAY
    assert clock.next_working_day(SATURDAY) == MONDAY
    assert clock.add_working_days(FRIDAY, 1) == MONDAY
    assert clock.add_working_days(SATURDAY, 0) == MONDAY
    assert clock.add_working_days(FRIDAY, 10) == date(2026, 3, 20)


def test_public_holidays_of_the_country_are_no_working_days() -> None:
    good_friday = date(2026, 4, 3)
    assert clock.is_working_day(good_friday)
    assert not clock.is_working_day(good_friday, "DE")
    assert clock.next_working_day(good_friday, "DE") == date(2026, 4, 7)
    assert clock.is_working_day(good_friday, "US")


@pytest.mark.parametrize(
    ("code", "known"), [("DE", True), ("US", True), ("XX", False), ("", False), ("de", False)]
)
def test_a_country_is_known_or_not(code: str, known: bool) -> None:
    assert clock.known_country(code) is known


@given(DAYS, st.integers(0, 30), st.sampled_from(["", "DE", "US"]))
def test_so_many_working_days_later_lie_so_many_working_days(day: date, count: int, country: str) -> None:
    end = clock.add_working_days(day, count, country)
    assert clock.is_working_day(end, country)
    span = (day + timedelta(days=passed) for passed in range((end - day).days + 1))
    passed = sum(clock.is_working_day(each, country) for each in span)
    assert passed == count + 1
