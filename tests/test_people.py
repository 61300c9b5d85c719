from collections.abc import Callable
from datetime import timedelta

import pytest
from shop import MONDAY_MORNING, Shop
from sqlalchemy.orm import Session

from kanban import journal, people
from kanban.db import Database

DEED = journal.Deed(MONDAY_MORNING, journal.By("test"))
PASSWORD = "seven green buckets"
HASH = people.hash_password(PASSWORD)


def added(login: str = "anna", role: str = "buyer") -> Callable[[Session], people.Person]:
    return lambda session: people.add(session, DEED, login=login, name="Anna", role=role, password_hash=HASH)


def person(session: Session, login: str) -> people.Person:
    found = people.by_login(session, login)
    assert found is not None
    return found


def signed_in(database: Database, login: str) -> str:
    return database.write(lambda session: people.sign_in(session, DEED, person(session, login)))


def who(database: Database, token: str, later: timedelta = timedelta(0)) -> people.Who:
    return people.signed_in(database, token, MONDAY_MORNING + later)


def change(login: str, **facts: object) -> Callable[[Session], None]:
    def work(session: Session) -> None:
        anna = person(session, login)
        wanted = {"name": anna.name, "role": anna.role, "active": anna.active} | facts
        people.change(session, DEED, anna, **wanted)  # type: ignore[arg-type]

    return work


def test_a_person_signs_in_and_out(database: Database) -> None:
    database.write(added())
    token = signed_in(database, "ANNA")
    assert (who(database, token).name, who(database, token).role) == ("Anna", "buyer")
    database.write(lambda session: people.sign_out(session, DEED, token))
    assert who(database, token) == people.NOBODY


def test_the_password_fits_only_its_person(database: Database) -> None:
    anna = database.write(added())
    assert people.password_fits(anna, PASSWORD)
    assert not people.password_fits(anna, PASSWORD.upper())
    assert not people.password_fits(None, PASSWORD)


def test_a_login_belongs_to_one_person_whatever_the_case(database: Database) -> None:
    database.write(added("anna"))
    with pytest.raises(people.LoginTaken):
        database.write(added("ANNA"))


@pytest.mark.parametrize(
    ("password", "login"),
    [
        ("short", ""),
        ("x" * 1001, ""),
        ("a" * 20, ""),
        ("abababababab", ""),
        ("anna-anna-2026", "anna-"),
        ("annaannaanna1!", "anna"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(password: str, login: str) -> None:
    with pytest.raises(people.BadPassword):
        people.hash_password(password, login=login)


def test_passwords_are_kept_as_argon2id_and_salted() -> None:
    assert HASH.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert people.hash_password(PASSWORD) != HASH


def test_only_hashes_of_secrets_are_in_the_database(database: Database) -> None:
    database.write(added())
    token = signed_in(database, "anna")
    with database.read() as session:
        kept = session.query(people.SignIn).one().token_hash
    assert (len(token) >= 43, len(kept), token in kept) == (True, 64, False)


@pytest.mark.parametrize(("role", "days"), [("operator", 7), ("buyer", 7), ("admin", 1)])
def test_a_sign_in_ends_by_itself(database: Database, role: str, days: int) -> None:
    database.write(added(role=role))
    token = signed_in(database, "anna")
    assert who(database, token, timedelta(days=days, milliseconds=-1)).role == role
    assert who(database, token, timedelta(days=days)) == people.NOBODY


@pytest.mark.parametrize("facts", [{"role": "viewer"}, {"active": False}])
def test_less_rights_bite_on_the_next_request(database: Database, facts: dict[str, object]) -> None:
    database.write(added())
    token = signed_in(database, "anna")
    database.write(change("anna", **facts))
    assert who(database, token) == people.NOBODY


def test_a_new_name_ends_no_sign_in(database: Database) -> None:
    database.write(added())
    token = signed_in(database, "anna")
    database.write(change("anna", name="Anna B."))
    assert who(database, token).name == "Anna B."


def test_somebody_who_left_cannot_sign_in_with_the_right_password(database: Database) -> None:
    database.write(added())
    database.write(change("anna", active=False))
    with database.read() as session:
        assert not people.password_fits(person(session, "anna"), PASSWORD)


def test_a_new_password_ends_the_old_sign_ins(database: Database) -> None:
    database.write(added())
    token = signed_in(database, "anna")
    database.write(lambda session: people.set_password(session, DEED, person(session, "anna"), HASH))
    assert who(database, token) == people.NOBODY


@pytest.mark.parametrize("facts", [{"role": "buyer"}, {"active": False}])
def test_the_last_administrator_stays(database: Database, facts: dict[str, object]) -> None:
    database.write(added("anna", "admin"))
    with pytest.raises(people.LastAdmin):
        database.write(change("anna", **facts))
    database.write(added("bob", "admin"))
    database.write(change("anna", **facts))
    with pytest.raises(people.LastAdmin):
        database.write(change("bob", **facts))


@pytest.mark.parametrize("role", people.ROLES)
def test_each_role_may_do_what_those_before_it_may(role: str) -> None:
    one = people.Who("x", role)
    assert [one.may(each) for each in people.ROLES] == [
        people.ROLES.index(each) <= people.ROLES.index(role) for each in people.ROLES
    ]
    assert not people.NOBODY.may("viewer")


def test_a_device_acts_until_it_is_revoked(database: Database) -> None:
    device, token = database.write(lambda session: people.add_device(session, DEED, "Scanner 1", "operator"))
    assert people.device_of(database, token) == people.Who("Scanner 1", "operator", device_id=device.id)
    assert people.device_of(database, token + "x") == people.NOBODY
    database.write(
        lambda session: people.revoke_device(session, DEED, session.get_one(people.Device, device.id))
    )
    assert people.device_of(database, token) == people.NOBODY


def guess(database: Database, times: int, login: str, address: str, at: timedelta = timedelta(0)) -> None:
    def work(session: Session) -> None:
        for _ in range(times):
            people.note_wrong_try(session, login, address, MONDAY_MORNING + at)

    database.write(work)


def braked(database: Database, login: str, address: str, at: timedelta = timedelta(0)) -> bool:
    with database.read() as session:
        try:
            people.refuse_guessing(session, login, address, MONDAY_MORNING + at)
        except people.TooManyTries:
            return True
    return False


def test_guessing_is_braked_after_ten_tries_and_forgiven_after_five_minutes(database: Database) -> None:
    guess(database, 9, "anna", "10.0.0.1")
    assert not braked(database, "anna", "10.0.0.1")
    guess(database, 1, "ANNA", "10.0.0.1")
    assert braked(database, "Anna", "10.0.0.1")
    assert not braked(database, "anna", "10.0.0.1", people.TRIES_WINDOW)


def test_nobody_can_lock_somebody_else_out_from_another_machine(database: Database) -> None:
    guess(database, people.TRIES_PER_ADDRESS, "anna", "10.0.0.66")
    assert not braked(database, "anna", "10.0.0.1")
    assert braked(database, "bob", "10.0.0.66")


def test_the_set_up_door_opens_once_and_closes_for_ever(database: Database) -> None:
    def come_in(login: str) -> Callable[[Session], people.Person]:
        return lambda session: people.set_up(
            session, DEED, token or "", login=login, name="Anna", password_hash=HASH
        )

    token = database.write(lambda session: people.open_set_up(session, MONDAY_MORNING))
    assert database.write(come_in("anna")).role == "admin"
    with pytest.raises(people.SetUpClosed):
        database.write(come_in("bob"))
    assert database.write(lambda session: people.open_set_up(session, MONDAY_MORNING)) is None


def test_only_the_set_up_link_printed_last_opens_and_only_for_a_day(database: Database) -> None:
    first = database.write(lambda session: people.open_set_up(session, MONDAY_MORNING))
    last = database.write(lambda session: people.open_set_up(session, MONDAY_MORNING))
    with database.read() as session:
        assert not people.may_set_up(session, first or "", MONDAY_MORNING)
        assert people.may_set_up(session, last or "", MONDAY_MORNING)
        assert not people.may_set_up(session, last or "", MONDAY_MORNING + people.SET_UP_LASTS)


def test_a_name_can_be_changed_and_the_chain_stays_whole(shop: Shop) -> None:
    shop.scan(shop.screws[0], shop.deed(who="colleague"))
    shop.write(change("colleague", name="Operator 17"))
    with shop.database.read() as session:
        assert list(journal.verify(session)) == []
    assert shop.look(shop.screws[0]).signalled_by == "Operator 17"
