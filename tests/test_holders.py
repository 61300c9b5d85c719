from datetime import timedelta

import pytest
from shop import MONDAY_MORNING
from sqlalchemy.orm import Session

from kanban import journal, people
from kanban.db import Database

DEED = journal.Deed(MONDAY_MORNING, journal.By("test"))
MINUTE = timedelta(minutes=1)
PIN = people.hash_pin("4711")


def a_person(session: Session, login: str = "priya", name: str = "Priya Nair") -> people.Person:
    return people.add(session, DEED, login=login, name=name, role="operator", password_hash="none")


def a_phone(session: Session, asks: str) -> tuple[people.Device, str]:
    facts = people.PhoneFacts("Bench 2", "operator", asks=asks)
    return people.pair(session, DEED, people.open_pairing(session, DEED, facts).secret)


def phone(database: Database, token: str, later: timedelta = timedelta(0)) -> people.Phone:
    found = people.phone_of(database, token, MONDAY_MORNING + later)
    assert found is not None
    return found


@pytest.mark.parametrize("asks", ["initials", "pin"])
def test_a_phone_that_asks_only_looks_until_somebody_says_who_they_are(database: Database, asks: str) -> None:
    token = database.write(lambda session: a_phone(session, asks)[1])
    assert phone(database, token).who() == people.Who("Bench 2", "viewer", device_id=1)

    def say(session: Session) -> int:
        person = a_person(session)
        people.hold(session, DEED, people.devices(session)[0], person)
        return person.id

    priya = database.write(say)
    held = phone(database, token).who()
    assert (held.name, held.role, held.person_id, held.device_id) == ("Priya Nair", "operator", priya, 1)
    assert held.is_holder
    assert phone(database, token, timedelta(hours=9)).who().role == "viewer", "the shift is over"


def test_not_me_any_more(database: Database) -> None:
    def work(session: Session) -> str:
        device, token = a_phone(session, "initials")
        people.hold(session, DEED, device, a_person(session))
        people.let_go(session, DEED, device)
        return token

    assert phone(database, database.write(work)).is_asking


def test_whoever_leaves_the_shop_holds_no_phone(database: Database) -> None:
    def work(session: Session) -> str:
        device, token = a_phone(session, "initials")
        person = a_person(session)
        people.hold(session, DEED, device, person)
        people.change(session, DEED, person, name=person.name, role=person.role, active=False)
        assert people.may_hold(session, device) == []
        return token

    assert phone(database, database.write(work)).is_asking


def test_with_a_pin_only_those_who_have_one_are_asked(database: Database) -> None:
    def work(session: Session) -> list[str]:
        device, _token = a_phone(session, "pin")
        people.set_pin(session, DEED, a_person(session), PIN)
        a_person(session, "liam", "Liam")
        return [each.name for each in people.may_hold(session, device)]

    assert database.write(work) == ["Priya Nair"]


def test_a_pin_fits_its_person_alone(database: Database) -> None:
    priya = database.write(a_person)
    assert not people.pin_fits(priya, "4711")
    database.write(lambda session: people.set_pin(session, DEED, session.merge(priya), PIN))
    with database.read() as session:
        priya = session.get_one(people.Person, priya.id)
    assert people.pin_fits(priya, "4711")
    assert not people.pin_fits(priya, "4712")
    assert not people.pin_fits(None, "4711")
    assert priya.pin_hash
    assert priya.pin_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("pin", ["", "123", "1234567", "12a4", "0000", "1234", "9876", "٤٧١١", "47 11"])
def test_a_pin_that_everybody_tries_first_is_refused(pin: str) -> None:
    with pytest.raises(people.BadPin):
        people.hash_pin(pin)


def test_after_five_wrong_pins_a_phone_waits_longer_and_longer_and_no_other_with_it(
    database: Database,
) -> None:
    def wrong(device_id: int, later: timedelta = timedelta(0)) -> None:
        at = MONDAY_MORNING + later
        database.write(lambda session: people.note_wrong_pin(session, device_id, at))

    def wait(device_id: int, later: timedelta = timedelta(0)) -> timedelta:
        with database.read() as session:
            try:
                people.refuse_guessing_pins(session, device_id, MONDAY_MORNING + later)
            except people.TooManyTries as held:
                return held.wait
        return timedelta(0)

    for _each in range(5):
        wrong(1)
    assert (wait(1), wait(2)) == (5 * MINUTE, timedelta(0))
    wrong(1, 5 * MINUTE)
    assert wait(1, 5 * MINUTE) == 10 * MINUTE
    later = 15 * MINUTE
    for _each in range(8):
        wrong(1, later)
        later += wait(1, later)
    wrong(1, later)
    assert wait(1, later) == timedelta(hours=1), "never longer"


def test_the_right_pin_forgets_the_wrong_ones(database: Database) -> None:
    def work(session: Session) -> None:
        device, _token = a_phone(session, "pin")
        for _each in range(4):
            people.note_wrong_pin(session, device.id, MONDAY_MORNING)
        people.hold(session, DEED, device, a_person(session))
        for _each in range(5):
            people.note_wrong_pin(session, device.id, MONDAY_MORNING)

    database.write(work)


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Priya Nair", "PN"), ("Anna Maria de Souza", "AS"), ("Li", "L"), ("ömer çelik", "ÖÇ")],
)
def test_initials_are_the_first_letters_of_first_and_last_name(name: str, letters: str) -> None:
    assert people.initials(people.Person(name=name)) == letters
