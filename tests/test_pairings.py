from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from shop import MONDAY_MORNING
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import journal, people
from kanban.db import Database

DEED = journal.Deed(MONDAY_MORNING, journal.By("test"))
BENCH = people.PhoneFacts("Bench 2", "signaller")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def expected(database: Database, facts: people.PhoneFacts = BENCH) -> people.PairingCode:
    return database.write(lambda session: people.open_pairing(session, DEED, facts))


def paired(database: Database, facts: people.PhoneFacts = BENCH) -> str:
    code = expected(database, facts).secret
    return database.write(lambda session: people.pair(session, DEED, code))[1]


def phone(database: Database, token: str, later: timedelta = timedelta(0)) -> people.Phone | None:
    return people.phone_of(database, token, MONDAY_MORNING + later)


def keep(database: Database, token: str, later: timedelta) -> str | None:
    return database.write(lambda session: people.keep_phone(session, token, MONDAY_MORNING + later))


def pairing_with(code: str, later: timedelta = timedelta(0)) -> Callable[[Session], object]:
    return lambda session: people.pair(session, replace(DEED, at=MONDAY_MORNING + later), code)


def test_the_phone_that_shows_the_code_becomes_a_device(database: Database) -> None:
    token = paired(database)
    found = phone(database, token)
    assert found is not None
    assert (found.name, found.role, found.self_signal) == ("Bench 2", "signaller", True)
    who = found.who()
    assert who.may("signaller")
    assert not who.may("operator")
    assert (who.person_id, who.device_id) == (None, found.device_id)


def test_the_short_code_opens_the_same_pairing_as_people_type_it(database: Database) -> None:
    short = expected(database).short
    typed = f" {short[:4].lower()}-{short[4:]} ".replace("0", "o").replace("1", "l")
    database.write(pairing_with(typed))


@pytest.mark.parametrize("kind", ["secret", "short"])
def test_a_code_pairs_one_phone(database: Database, kind: str) -> None:
    code = expected(database)
    database.write(pairing_with(getattr(code, kind)))
    for again in (code.secret, code.short):
        with pytest.raises(people.PairingClosed):
            database.write(pairing_with(again))


def test_of_many_phones_that_show_one_code_at_once_one_is_paired(database: Database) -> None:
    code = expected(database).secret

    def try_it(_number: int) -> bool:
        try:
            database.write(pairing_with(code))
        except people.PairingClosed:
            return False
        return True

    with ThreadPoolExecutor(8) as phones:
        assert sum(phones.map(try_it, range(16))) == 1


def test_a_code_is_good_for_ten_minutes(database: Database) -> None:
    code = expected(database).secret
    with pytest.raises(people.PairingClosed):
        database.write(pairing_with(code, later=people.LASTS))
    database.write(pairing_with(code, later=people.LASTS - MINUTE))


@pytest.mark.parametrize("code", ["", " ", "x" * 60, "ABCDEFGH", "\udcff", "é" * 8, "0" * 8])
def test_a_code_that_nobody_gave_out_opens_nothing(database: Database, code: str) -> None:
    expected(database)
    with pytest.raises(people.PairingClosed):
        database.write(pairing_with(code))


def test_an_ended_code_opens_nothing(database: Database) -> None:
    code = expected(database)
    database.write(
        lambda session: people.end_pairing(session, DEED, session.get_one(people.Pairing, code.pairing_id))
    )
    with pytest.raises(people.PairingClosed):
        database.write(pairing_with(code.secret))


def test_an_address_tries_five_wrong_codes_and_no_other_waits_with_it(database: Database) -> None:
    def wrong(address: str, later: timedelta = timedelta(0)) -> None:
        at = MONDAY_MORNING + later
        database.write(lambda session: people.note_wrong_code(session, address, "0" * 24, at))

    for _each in range(5):
        wrong("10.0.0.7")
    with pytest.raises(people.TooManyTries):
        wrong("10.0.0.7")
    wrong("10.0.0.8")
    with database.read() as session, pytest.raises(people.TooManyTries) as held:
        people.refuse_guessing_codes(session, "10.0.0.7", MONDAY_MORNING + 4 * MINUTE)
    assert held.value.wait == 6 * MINUTE
    wrong("10.0.0.7", later=10 * MINUTE)


def test_only_hashes_of_codes_and_secrets_are_kept(database: Database) -> None:
    code = expected(database)
    token = database.write(lambda session: people.pair(session, DEED, code.secret))[1]
    with database.read() as session:
        kept = [repr(session.execute(select(table)).all()) for table in people.Pairing.metadata.sorted_tables]
    assert not any(secret in row for row in kept for secret in (code.secret, code.short, token))


def test_a_stopped_phone_opens_nothing_from_then_on(database: Database) -> None:
    token = paired(database)
    database.write(lambda session: people.revoke_device(session, DEED, people.devices(session)[0]))
    assert phone(database, token) is None


def test_another_phone_takes_the_place_of_the_old_one(database: Database) -> None:
    old = paired(database)
    known = phone(database, old)

    def again(session: Session) -> str:
        device = people.devices(session)[0]
        return people.open_pairing(session, DEED, BENCH, again=device).secret

    code = database.write(again)
    assert phone(database, old) is not None, "the old one works until the new one comes"
    new = database.write(lambda session: people.pair(session, DEED, code))[1]
    assert phone(database, old) is None
    found = phone(database, new)
    assert found is not None
    assert known is not None
    assert found.device_id == known.device_id


def test_a_secret_changes_once_a_day_and_the_old_one_ends_when_the_new_one_comes(database: Database) -> None:
    first = paired(database)
    assert keep(database, first, timedelta(hours=23)) is None
    second = keep(database, first, DAY + MINUTE)
    assert second
    assert second != first
    assert phone(database, first, DAY * 2) is not None, "nobody has seen the new one yet"
    keep(database, second, DAY * 2)
    found = phone(database, first, DAY * 2 + MINUTE)
    assert found is not None
    assert not found.is_copy, "another tab's request may be under way"
    stale = phone(database, first, DAY * 2 + 3 * MINUTE)
    assert stale is not None
    assert stale.is_copy


def test_a_lost_answer_and_a_second_tab_are_offered_the_same_secret(database: Database) -> None:
    first = paired(database)
    offers = {keep(database, first, DAY + MINUTE * number) for number in range(1, 4)}
    assert len(offers) == 1
    assert keep(database, first, DAY * 30) in offers, "after weeks too"


def test_a_replaced_secret_is_offered_no_other(database: Database) -> None:
    first = paired(database)
    second = keep(database, first, DAY * 2)
    assert second
    keep(database, second, DAY * 2)
    assert keep(database, first, DAY * 2) is None
    third = keep(database, second, DAY * 4)
    assert third
    assert keep(database, third, DAY * 4) is None


def test_a_copy_is_noted_once(database: Database) -> None:
    paired(database)

    def mark(session: Session) -> None:
        people.mark_copied(session, DEED, people.devices(session)[0].id)

    database.write(mark)
    database.write(mark)
    with database.read() as session:
        assert people.devices(session)[0].copied_at == MONDAY_MORNING
        noted = select(func.count()).where(journal.Event.kind == "copied")
        assert session.scalar(noted) == 1
