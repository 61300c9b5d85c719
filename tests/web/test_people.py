"""Set-up, sign-in, people, devices and the shop's name."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters
from flask import Flask
from sqlalchemy import func, select

from kanban import clock, config, create_app, journal, people, shop
from kanban.db import Database
from kanban.web import respond
from web.conftest import Client, deed, revision

PASSWORD = "four plain words here"
OTHER = "another four plain words"
NEW_SHOP = {
    "shop": "Brandt Präzision",
    "name": "Anna",
    "login": "anna",
    "password": PASSWORD,
    "password_again": PASSWORD,
}

HOSTILE_ADDRESSES = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example",
    "\\/evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example",
    " //evil.example", "\x00//evil.example", "http://evil.example", "https://evil.example",
    "HTTPS://evil.example", "http:evil.example", "http:/evil.example", "http:///evil.example",
    "https:evil.example", "ftp://evil.example", "javascript:alert(1)", "JavaScript:alert(1)",
    "java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "mailto:x@evil.example", "evil.example",
    "evil.example/items", "@evil.example", "/@evil.example", "/items@evil.example:80",
    "//localhost@evil.example", "http://localhost@evil.example", "http://localhost.evil.example",
    "?next=//evil.example", "#//evil.example", "/items#//evil.example", "/items\r\nSet-Cookie: a=b",
    "/items\r\nLocation: //evil.example", "/ünïcode", "/\u2028/evil.example", "／／evil.example", "",
    "x" * 3000,
]  # fmt: skip


@pytest.fixture(scope="module")
def password_hash() -> str:
    return people.hash_password(PASSWORD)


@pytest.fixture
def anna(database: Database, password_hash: str) -> int:
    """A buyer who knows her password."""
    this = deed()
    return database.write(
        lambda session: (
            people.add(session, this, login="Anna", name="Anna", role="buyer", password_hash=password_hash).id
        )
    )


@pytest.fixture
def set_up_link(database: Database) -> str:
    token = database.write(lambda session: people.open_set_up(session, clock.now()))
    return f"/set-up/{token}"


def sign_in(browser: Client, password: str = PASSWORD, **fields: str) -> int:
    return browser.post("/sign-in", {"login": "anna", "password": password, **fields}).status_code


def may(browser: Client) -> bool:
    """Whether the browser is signed in."""
    return browser.get("/account").status_code == 200


def count(database: Database, table: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_set_up_link_opens_the_shop(stranger: Client, set_up_link: str, database: Database) -> None:
    assert "Set up your shop" in stranger.get(set_up_link).text
    answer = stranger.post(set_up_link, NEW_SHOP)
    assert (answer.status_code, answer.location) == (303, "/")  # a shop with items has a board to show
    assert stranger.get("/people").status_code == 200
    with database.read() as session:
        assert shop.name(session) == "Brandt Präzision"
        assert people.by_login(session, "ANNA").role == "admin"
        assert not list(journal.verify(session))


def test_the_set_up_link_is_closed_for_ever_once_used(
    client: Callable[[str], Client], set_up_link: str
) -> None:
    client("stranger").post(set_up_link, NEW_SHOP)
    late = client("stranger")
    assert late.get(set_up_link).status_code == 410
    assert late.post(set_up_link, NEW_SHOP | {"login": "eve"}).status_code == 410


def test_a_set_up_link_that_was_not_printed_opens_nothing(
    stranger: Client, set_up_link: str, database: Database
) -> None:
    before = count(database, people.Person)
    assert stranger.get(set_up_link + "x").status_code == 410
    assert stranger.post(set_up_link[:-1], NEW_SHOP).status_code == 410
    assert count(database, people.Person) == before


def test_a_set_up_link_ends_after_a_day(stranger: Client, database: Database) -> None:
    yesterday = clock.now() - people.SET_UP_LASTS - timedelta(seconds=1)
    token = database.write(lambda session: people.open_set_up(session, yesterday))
    assert stranger.get(f"/set-up/{token}").status_code == 410


def test_of_two_who_use_the_set_up_link_at_once_one_wins(
    app: Flask, client: Callable[[str], Client], set_up_link: str
) -> None:
    start, answers = threading.Barrier(4), []

    def race(number: int) -> None:
        browser = client("stranger")
        start.wait()
        answers.append(browser.post(set_up_link, NEW_SHOP | {"login": f"racer{number}"}).status_code)

    racers = [threading.Thread(target=race, args=(number,)) for number in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(answers) == [303, 410, 410, 410]


def test_pressing_the_set_up_button_twice_makes_one_admin(
    stranger: Client, set_up_link: str, database: Database
) -> None:
    before = count(database, people.Person)
    first = stranger.post(set_up_link, NEW_SHOP, key="one-press-0001")
    again = stranger.post(set_up_link, NEW_SHOP, key="one-press-0001")
    assert (first.status_code, again.status_code) == (303, 303)
    assert count(database, people.Person) == before + 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password_again": "four plain words her"}, "The two passwords differ."),
        ({"password": "short", "password_again": "short"}, "at least 12 characters"),
        ({"password": "anna12345678", "password_again": "anna12345678"}, "Too easy to guess"),
        ({"shop": " "}, "The shop’s name is empty."),
        ({"login": "an\u200bna"}, "The sign-in name holds an invisible character"),
        ({"login": "viewer"}, "Somebody signs in as viewer already."),
    ],
)
def test_a_slip_in_the_set_up_form_is_said_and_leaves_the_link_open(
    stranger: Client, set_up_link: str, wrong: dict[str, str], said: str
) -> None:
    answer = stranger.post(set_up_link, NEW_SHOP | wrong)
    assert answer.status_code in (409, 422)
    assert said in answer.text
    assert PASSWORD not in answer.text
    assert stranger.post(set_up_link, NEW_SHOP).status_code == 303


def test_a_person_signs_in_and_out(stranger: Client, anna: int) -> None:
    answer = stranger.post("/sign-in", {"login": "ANNA", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/")
    assert may(stranger)
    answer = stranger.post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert not may(stranger)


def test_signing_out_ends_the_secret_itself(
    stranger: Client, client: Callable[[str], Client], anna: int
) -> None:
    sign_in(stranger)
    thief = client("stranger")
    thief.set_cookie("kanban", stranger.get_cookie("kanban").value)
    assert may(thief)
    stranger.post("/sign-out")
    assert not may(thief)


def test_sign_in_leads_back_to_the_card_that_was_scanned(stranger: Client, anna: int) -> None:
    answer = stranger.get("/sign-in?next=/c/7K3M9QX2FT4A")
    assert 'value="/c/7K3M9QX2FT4A"' in answer.text
    answer = stranger.post("/sign-in", {"login": "anna", "password": PASSWORD, "next": "/c/7K3M9QX2FT4A"})
    assert answer.location == "/c/7K3M9QX2FT4A"


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_sign_in_leads_nowhere_outside(address: str) -> None:
    assert respond.local_path(address) == "/"


def test_sign_in_leads_nowhere_outside_whichever_way_it_is_asked(stranger: Client, anna: int) -> None:
    assert "evil" not in stranger.get("/sign-in?next=//evil.example").text
    answer = stranger.post("/sign-in", {"login": "anna", "password": PASSWORD, "next": "//evil.example"})
    assert answer.location == "/"
    assert stranger.get("/sign-in?next=//evil.example").location == "/"


def test_each_sign_in_gets_a_new_secret_and_ends_the_one_before(
    stranger: Client, client: Callable[[str], Client], anna: int
) -> None:
    stranger.set_cookie("kanban", "chosen-by-a-thief")
    sign_in(stranger)
    first = stranger.get_cookie("kanban").value
    sign_in(stranger)
    second = stranger.get_cookie("kanban").value
    assert len({"chosen-by-a-thief", first, second}) == 3
    thief = client("stranger")
    thief.set_cookie("kanban", first)
    assert not may(thief)


def test_the_cookie_is_for_this_host_and_no_script(stranger: Client, anna: int) -> None:
    answer = stranger.post("/sign-in", {"login": "anna", "password": PASSWORD})
    (cookie,) = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith("kanban=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert len(cookie.split(";")[0]) > 40


def test_over_tls_the_cookie_is_bound_to_host_and_tls(app: Flask, anna: int) -> None:
    data = app.extensions["kanban"].settings.data
    secure = create_app(config.load({"KANBAN_DATA": str(data), "KANBAN_BASE_URL": "https://kanban.example"}))
    answer = secure.test_client().post(
        "/sign-in",
        base_url="https://kanban.example",
        data={"login": "anna", "password": PASSWORD},
        headers={"Origin": "https://kanban.example"},
    )
    (cookie,) = [each for each in answer.headers.getlist("Set-Cookie") if "__Host-kanban=" in each]
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    secure.extensions["kanban"].database.close()


def test_known_and_unknown_names_get_the_same_answer(stranger: Client, anna: int) -> None:
    known = stranger.post("/sign-in", {"login": "anna", "password": OTHER})
    unknown = stranger.post("/sign-in", {"login": "otto", "password": OTHER})
    assert known.status_code == unknown.status_code == 401
    assert "Name and password do not fit" in known.text
    plain = [re.sub(r'name="key" value="[^"]*"', "", answer.text) for answer in (known, unknown)]
    assert plain[0].replace("anna", "") == plain[1].replace("otto", "")


def test_known_and_unknown_names_take_the_same_work(
    password_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    verify = PasswordHasher.verify

    def noted(self: PasswordHasher, hashed: str, password: str) -> bool:
        tried.append(hashed)
        return verify(self, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    person = people.Person(password_hash=password_hash, active=True)
    assert not people.password_fits(person, OTHER)
    assert not people.password_fits(None, OTHER)
    known, unknown = (extract_parameters(each) for each in tried)
    assert known == unknown


def test_guessing_is_slowed_down_for_one_name_from_one_address(stranger: Client, anna: int) -> None:
    tries = [sign_in(stranger, OTHER) for _ in range(people.TRIES_PER_LOGIN_AND_ADDRESS + 2)]
    assert tries == [401] * people.TRIES_PER_LOGIN_AND_ADDRESS + [429, 429]
    assert sign_in(stranger) == 429
    assert not may(stranger)


def test_guessing_locks_nobody_out_who_comes_from_elsewhere(app: Flask, stranger: Client, anna: int) -> None:
    for _ in range(people.TRIES_PER_LOGIN_AND_ADDRESS):
        sign_in(stranger, OTHER)
    answer = stranger.post(
        "/sign-in", {"login": "anna", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "192.0.2.9"}
    )
    assert answer.status_code == 303


def test_tries_sent_all_at_once_are_counted_one_by_one(
    client: Callable[[str], Client], database: Database, anna: int
) -> None:
    start, answers = threading.Barrier(16), []

    def guess() -> None:
        browser = client("stranger")
        start.wait()
        answers.append(sign_in(browser, OTHER))

    guessers = [threading.Thread(target=guess) for _ in range(16)]
    for guesser in guessers:
        guesser.start()
    for guesser in guessers:
        guesser.join()
    assert answers.count(401) == people.TRIES_PER_LOGIN_AND_ADDRESS
    assert count(database, people.WrongTry) == people.TRIES_PER_LOGIN_AND_ADDRESS


def test_a_sign_in_that_fails_writes_no_event(stranger: Client, database: Database, anna: int) -> None:
    before = revision(database)
    sign_in(stranger, OTHER)
    assert revision(database) == before


def test_nothing_of_a_password_stands_in_the_journal(
    stranger: Client, client: Callable[[str], Client], set_up_link: str, database: Database
) -> None:
    """Not even a fast hash over it: two passwords under one key leave the same fingerprint."""
    stranger.post(set_up_link, NEW_SHOP, key="the-set-up-key")
    fields = {"old_password": PASSWORD, "password": OTHER, "password_again": OTHER}
    assert stranger.post("/account/password", fields, key="the-password-key").status_code == 303
    with database.read() as session:
        kept = {event.key: event.fingerprint for event in session.scalars(select(journal.Event)) if event.key}
    assert kept["the-set-up-key"] == "set-up"
    assert re.fullmatch(r"password of \d+", kept["the-password-key"])


@pytest.mark.parametrize(
    "login", ["", " ", "\x00", "a\x00b", "x" * 5000, "%", "anna' OR 1=1 --", "\u202eanna"]
)
def test_an_odd_name_is_a_wrong_name(stranger: Client, anna: int, login: str) -> None:
    assert stranger.post("/sign-in", {"login": login, "password": PASSWORD}).status_code == 401


def test_who_is_signed_in_needs_no_sign_in_page(buyer: Client) -> None:
    assert buyer.get("/sign-in?next=/items").location == "/items"


def test_before_anybody_exists_the_sign_in_page_says_where_the_link_is(tmp_path) -> None:
    from kanban import schema

    schema.upgrade(f"sqlite:///{tmp_path / 'kanban.sqlite'}")
    app = create_app(config.load({"KANBAN_DATA": str(tmp_path), "KANBAN_BASE_URL": "http://kanban.example"}))
    assert "set-up link that the server printed" in app.test_client().get("/sign-in").text
    app.extensions["kanban"].database.close()


def test_an_admin_adds_somebody_whose_password_is_shown_once(
    admin: Client, stranger: Client, database: Database
) -> None:
    fields = {"name": "Otto", "login": "Otto", "role": "operator"}
    answer = admin.post("/people", fields, key="one-press-0001")
    (password,) = re.findall(r'class="code">([0-9a-z-]{19})<', answer.text)
    assert "otto" in admin.get("/people").text
    again = admin.post("/people", fields, key="one-press-0001")
    assert (again.status_code, password in again.text) == (200, False)
    assert stranger.post("/sign-in", {"login": "otto", "password": password}).status_code == 303
    assert stranger.get("/people").status_code == 403


def test_a_sign_in_name_that_is_taken_is_said_at_its_field(admin: Client) -> None:
    answer = admin.post("/people", {"name": "V", "login": "VIEWER", "role": "viewer"})
    assert answer.status_code == 409
    assert "Somebody signs in as VIEWER already." in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "login": "x", "role": "viewer"},
        {"name": "X", "login": "", "role": "viewer"},
        {"name": "X", "login": "x", "role": "god"},
        {"name": "X", "login": "x"},
        {"name": "X" * 201, "login": "x", "role": "viewer"},
        {"name": "X", "login": "x", "role": "viewer", "active": "no"},
        {"name": "X", "login": "x", "role": "viewer", "password_hash": "x"},
    ],
)
def test_nobody_is_added_by_half(admin: Client, database: Database, fields: dict[str, str]) -> None:
    before = count(database, people.Person)
    assert admin.post("/people", fields).status_code in (400, 422)
    assert count(database, people.Person) == before


def test_another_role_bites_on_the_next_request(admin: Client, stranger: Client, anna: int) -> None:
    sign_in(stranger)
    assert admin.post(f"/people/{anna}", {"name": "Anna", "role": "viewer"}).location == "/people"
    assert not may(stranger)
    sign_in(stranger)
    assert stranger.get("/items/new").status_code == 403


def test_access_ends_on_the_next_request_and_can_be_given_back(
    admin: Client, stranger: Client, anna: int
) -> None:
    sign_in(stranger)
    admin.post(f"/people/{anna}/leaving")
    assert not may(stranger)
    assert sign_in(stranger) == 401
    admin.post(f"/people/{anna}/return")
    assert sign_in(stranger) == 303


def test_the_last_admin_stays(admin: Client, database: Database) -> None:
    with database.read() as session:
        me = people.by_login(session, "admin").id
    assert admin.post(f"/people/{me}/leaving").status_code == 409
    answer = admin.post(f"/people/{me}", {"name": "Admin", "role": "viewer"})
    assert (answer.status_code, "This is the last administrator." in answer.text) == (409, True)
    assert may(admin)


def test_a_reset_password_replaces_the_old_one_and_ends_its_sign_ins(
    admin: Client, stranger: Client, anna: int
) -> None:
    sign_in(stranger)
    answer = admin.post(f"/people/{anna}/password", key="one-press-0001")
    (password,) = re.findall(r'class="code">([0-9a-z-]{19})<', answer.text)
    assert not may(stranger)
    assert sign_in(stranger) == 401
    assert password not in admin.post(f"/people/{anna}/password", key="one-press-0001").text
    assert sign_in(stranger, password) == 303


def test_people_who_do_not_exist_are_not_found(admin: Client) -> None:
    assert admin.get("/people/999").status_code == 404
    for way in ("", "/leaving", "/return", "/password"):
        assert admin.post(f"/people/999{way}", {"name": "X", "role": "viewer"}).status_code == 404


def test_a_person_takes_another_password_and_stays_signed_in_here_alone(
    stranger: Client, client: Callable[[str], Client], anna: int
) -> None:
    elsewhere = client("stranger")
    sign_in(stranger)
    sign_in(elsewhere)
    answer = stranger.post(
        "/account/password", {"old_password": PASSWORD, "password": OTHER, "password_again": OTHER}
    )
    assert (answer.status_code, answer.location) == (303, "/account")
    assert may(stranger)
    assert not may(elsewhere)
    assert sign_in(elsewhere) == 401
    assert sign_in(elsewhere, OTHER) == 303


def test_another_password_needs_the_present_one_and_guessing_it_is_slowed_down(
    stranger: Client, anna: int
) -> None:
    sign_in(stranger)
    fields = {"old_password": "not this one at all", "password": OTHER, "password_again": OTHER}
    tries = [
        stranger.post("/account/password", fields) for _ in range(people.TRIES_PER_LOGIN_AND_ADDRESS + 1)
    ]
    assert [answer.status_code for answer in tries] == [422] * people.TRIES_PER_LOGIN_AND_ADDRESS + [429]
    assert "This is not your present password." in tries[0].text


def test_a_device_has_no_account(app: Flask, database: Database) -> None:
    this = deed()
    token = database.write(lambda session: people.add_device(session, this, "Scanner", "operator")[1])
    answer = app.test_client().get("/account", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


def test_a_token_is_shown_once_and_ends_when_revoked(app: Flask, admin: Client, database: Database) -> None:
    fields = {"name": "Scanner", "role": "operator"}
    answer = admin.post("/devices", fields, key="one-press-0001")
    (token,) = set(re.findall(r"Bearer ([A-Za-z0-9_-]{43})", answer.text))
    assert token not in admin.post("/devices", fields, key="one-press-0001").text
    assert token not in admin.get("/devices").text
    with database.read() as session:
        assert token not in [device.token_hash for device in session.scalars(select(people.Device))]
    program = app.test_client()
    header = {"Authorization": f"Bearer {token}"}
    assert program.get("/items", headers=header).status_code == 200
    assert program.get("/people", headers=header).status_code == 403
    assert admin.post("/devices/2/revocation").location == "/devices"
    assert program.get("/items", headers=header).status_code == 303
    assert "Revoked" in admin.get("/devices").text


def test_the_shop_gets_its_name_and_address(admin: Client, database: Database) -> None:
    answer = admin.post("/shop", {"name": "Brandt <b>", "address": "Mill Lane 1\r\nDover"})
    assert answer.status_code == 303
    with database.read() as session:
        assert shop.get(session).address == "Mill Lane 1\nDover"
    assert "Brandt &lt;b&gt;" in admin.get("/shop").text
    assert admin.post("/shop", {"name": " ", "address": ""}).status_code == 422
