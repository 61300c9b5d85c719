"""Phones: pairing them at the desk, what the phone does about itself, and its cookie."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zxingcpp
from flask import Flask
from PIL import Image, ImageDraw
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from kanban import clock, journal, people
from kanban.db import Database
from web.conftest import ORIGIN, Client, ShopData, deed, do

FIELDS = {"name": "Rack A", "role": "signaller", "location": "", "asks": "nobody", "self_signal": "yes"}
DAY = timedelta(days=1)


@pytest.fixture
def time_machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets the signatures of permissions grow older by so many seconds."""

    def later(seconds: float) -> None:
        monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now() + seconds)

    now = time.time
    return later


@pytest.fixture
def phone(client: Callable[[str], Client]) -> Client:
    return client("phone")


def shown_codes(answer: TestResponse) -> tuple[str, str]:
    """What a camera reads from the square on the page, and the short code beside it."""
    assert answer.status_code == 200, answer.text
    side = int(re.findall(r'viewBox="0 0 (\d+) \1"', answer.text)[0])
    image = Image.new("L", (side * 6, side * 6), 255)
    draw = ImageDraw.Draw(image)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", answer.text):
        draw.rectangle((int(x) * 6, int(y) * 6, int(x) * 6 + 5, int(y) * 6 + 5), fill=0)
    (read,) = zxingcpp.read_barcodes(image)
    (short,) = re.findall(r'pairing__code code">([0-9A-Z]{4} [0-9A-Z]{4})<', answer.text)
    return read.text, short


def cookie(browser: Client, name: str = "kanban-device") -> str | None:
    found = browser.get_cookie(name)
    return found.value if found else None


def age_tokens(database: Database, days: int) -> None:
    """Let a phone's secrets be older than they are."""

    def work(session: object) -> None:
        session.execute(  # type: ignore[attr-defined]
            update(people.PhoneToken).values(made_at=clock.now() - DAY * days)
        )

    database.write(work)


def asking(database: Database, asks: str) -> int:
    """Let the phone ask, and give the operator a PIN; returns the operator's id."""
    facts = people.PhoneFacts("Bench 2", "signaller", asks=asks)
    do(database, people.change_device, people.Device, 1, facts)
    with database.read() as session:
        operator = people.by_login(session, "operator")
        assert operator is not None
    do(database, people.set_pin, people.Person, operator.id, people.hash_pin("4711"))
    return operator.id


def test_a_phone_is_paired_by_the_square_on_the_desk_screen(
    buyer: Client, stranger: Client, shop: ShopData
) -> None:
    link, _short = shown_codes(buyer.post("/devices/pairings", FIELDS))
    address, _hash, secret = link.partition("#")
    assert address == "http://kanban.example/pair"
    assert len(secret) >= 22, "128 bits and more"
    answer = stranger.post("/pair", {"code": secret})
    assert (answer.status_code, answer.location) == (303, "/device")
    assert "Rack A" in stranger.get("/device").text
    assert '"signalled"' in stranger.post(f"/c/{shop.codes[0]}/scans", json={}).text


def test_the_desk_screen_hears_that_the_phone_has_come(buyer: Client, stranger: Client) -> None:
    page = buyer.post("/devices/pairings", FIELDS)
    (state,) = set(re.findall(r'hx-get="(/devices/pairings/\d+)"', page.text))
    ask = {"HX-Request": "true"}
    assert buyer.get(state, headers=ask).status_code == 204
    assert "Not yet" in buyer.get(state).text
    stranger.post("/pair", {"code": shown_codes(page)[1]})
    assert "The phone is paired" in buyer.get(state, headers=ask).text
    assert "The phone is paired" in buyer.get(state).text


def test_a_phone_returns_to_the_card_that_it_came_from(
    buyer: Client, stranger: Client, shop: ShopData
) -> None:
    code = shown_codes(buyer.post("/devices/pairings", FIELDS))[1]
    assert f'href="/pair?next=/c/{shop.codes[0]}"' in stranger.get(f"/c/{shop.codes[0]}").text
    stranger.get(f"/pair?next=/c/{shop.codes[0]}")
    assert stranger.post("/pair", {"code": code}).location == f"/c/{shop.codes[0]}"


@pytest.mark.parametrize(
    "place", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:"]
)
def test_pairing_leads_to_no_other_site(buyer: Client, stranger: Client, place: str) -> None:
    code = shown_codes(buyer.post("/devices/pairings", FIELDS))[1]
    stranger.set_cookie("kanban-wanted", place)
    assert stranger.post("/pair", {"code": code}).location == "/device"


def test_the_cookie_is_out_of_reach_of_scripts_and_foreign_pages(buyer: Client, stranger: Client) -> None:
    code = shown_codes(buyer.post("/devices/pairings", FIELDS))[1]
    (header,) = [
        each
        for each in stranger.post("/pair", {"code": code}).headers.getlist("Set-Cookie")
        if "device" in each
    ]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Max-Age=34560000" in header


def test_nobody_gives_more_than_they_may(buyer: Client, admin: Client) -> None:
    answer = buyer.post("/devices/pairings", FIELDS | {"role": "admin"})
    assert answer.status_code == 403
    assert "more than you may do yourself" in answer.text
    admin.post("/devices", {"name": "Office robot", "role": "admin"})
    assert buyer.post("/devices/2/revocation").status_code == 403
    assert admin.post("/devices/2/revocation").status_code == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "The name is empty"),
        ({"role": "king"}, "The role must be"),
        ({"location": "999"}, "This place is gone"),
        ({"location": "x"}, "The place is not a number"),
        ({"asks": "blood"}, "The question must be"),
        ({"lasts": "ever"}, "The time must be"),
    ],
)
def test_a_form_that_is_not_right_says_where(buyer: Client, fields: dict[str, str], said: str) -> None:
    answer = buyer.post("/devices/pairings", FIELDS | fields)
    assert answer.status_code == 422
    assert said in answer.text


def test_a_wrong_code_says_so_and_the_sixth_waits(stranger: Client) -> None:
    for _each in range(5):
        answer = stranger.post("/pair", {"code": "AAAA BBBB"})
        assert answer.status_code == 410
        assert "mistyped" in answer.text
    answer = stranger.post("/pair", {"code": "AAAA BBBB"})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 600


def test_a_stopped_phone_is_refused_at_once(phone: Client, buyer: Client, shop: ShopData) -> None:
    assert phone.get("/scan").status_code == 200
    buyer.post("/devices/1/revocation")
    assert phone.get("/scan").location == "/device?next=/scan"
    assert phone.get("/device?next=/scan").location == "/pair?next=/scan", "a phone is never asked to sign in"
    assert phone.post(f"/c/{shop.codes[0]}/scans", json={}).status_code == 401
    assert "Stopped" in buyer.get("/devices").text


def test_a_signaller_signals_and_takes_back_and_does_not_receive(
    phone: Client, operator: Client, buyer: Client, shop: ShopData, database: Database
) -> None:
    code = shop.codes[0]
    assert '"signalled"' in phone.post(f"/c/{code}/scans", json={}).text
    assert '"withdrawn"' in phone.post(f"/c/{code}/withdrawal", json={}).text
    assert '"signalled"' in phone.post(f"/c/{code}/scans", json={}).text
    order = buyer.get("/api/v1/cards/" + code).json["order"]  # type: ignore[index]
    buyer.post(f"/orders/{order}/release")
    assert phone.post(f"/c/{code}/scans", json={"mode": "receive"}).status_code == 403
    buyer.post(f"/orders/{order}/shipment")
    assert '"already"' in phone.post(f"/c/{code}/scans", json={}).text, "a plain scan does not receive either"
    assert "The goods are here" not in phone.get(f"/c/{code}").text
    assert '"received"' in operator.post(f"/c/{code}/scans", json={}).text


def test_the_journal_names_the_phone(phone: Client, shop: ShopData, database: Database) -> None:
    phone.post(f"/c/{shop.codes[0]}/scans", json={})
    with database.read() as session:
        event = session.scalars(select(journal.Event).order_by(journal.Event.id.desc()).limit(1)).one()
        assert (event.device_id, event.person_id) == (1, None)


def test_somebody_signed_in_on_a_paired_phone_acts_as_themselves(
    phone: Client, made: object, shop: ShopData, database: Database
) -> None:
    phone.set_cookie("kanban", made.tokens["buyer"])  # type: ignore[attr-defined]
    phone.post(f"/c/{shop.codes[0]}/scans", json={})
    with database.read() as session:
        event = session.scalars(select(journal.Event).order_by(journal.Event.id.desc()).limit(1)).one()
        buyer = people.by_login(session, "buyer")
        assert buyer is not None
        assert (event.device_id, event.person_id) == (1, buyer.id)
    assert phone.get("/items/new").status_code == 200, "with their own rights"


def test_a_phone_that_asks_for_initials_acts_after_one_tap(
    phone: Client, shop: ShopData, database: Database
) -> None:
    operator = asking(database, "initials")
    wanted = f"/c/{shop.codes[0]}"
    assert phone.get("/scan").location == "/device?next=/scan"
    refused = phone.post(f"{wanted}/scans", json={})
    assert refused.status_code == 401
    assert "who holds this phone" in refused.text
    assert "Operator" in phone.get(f"/device?next={wanted}").text
    assert phone.post("/device/holder", {"person": operator, "next": wanted}).location == wanted
    assert '"signalled"' in phone.post(f"{wanted}/scans", json={}).text
    with database.read() as session:
        event = session.scalars(select(journal.Event).order_by(journal.Event.id.desc()).limit(1)).one()
        assert (event.device_id, event.person_id) == (1, operator)
    phone.post("/device/rest")
    assert phone.get("/scan").status_code == 303


def test_a_phone_that_asks_for_a_pin_takes_no_other(phone: Client, database: Database) -> None:
    operator = asking(database, "pin")
    assert "PIN of" in phone.get(f"/device?person={operator}").text
    assert phone.post("/device/holder", {"person": operator, "pin": "4712"}).status_code == 422
    assert phone.post("/device/holder", {"person": operator}).status_code == 422
    assert phone.post("/device/holder", {"person": 999, "pin": "4711"}).status_code == 422
    assert phone.get("/scan").status_code == 303
    assert phone.post("/device/holder", {"person": operator, "pin": "4711"}).status_code == 303
    assert phone.get("/scan").status_code == 200


def test_wrong_pins_hold_this_phone_alone(
    phone: Client, database: Database, buyer: Client, app: Flask
) -> None:
    operator = asking(database, "pin")
    for _each in range(5):
        phone.post("/device/holder", {"person": operator, "pin": "0815"})
    held = phone.post("/device/holder", {"person": operator, "pin": "4711"})
    assert held.status_code == 429
    other = app.test_client()
    other.post("/pair", {"code": shown_codes(buyer.post("/devices/pairings", FIELDS | {"asks": "pin"}))[1]})
    assert other.post("/device/holder", {"person": operator, "pin": "4711"}).status_code == 303


def test_who_only_holds_a_phone_has_no_account_on_it(phone: Client, database: Database) -> None:
    operator = asking(database, "initials")
    phone.post("/device/holder", {"person": operator})
    assert phone.get("/account").status_code == 403
    assert phone.post("/account/password", {"old_password": "x"}).status_code == 403


def test_no_pin_reaches_the_journal(phone: Client, admin: Client, database: Database) -> None:
    operator = asking(database, "pin")
    admin.post(f"/people/{operator}/pin", {"pin": "260815"}, key="one-gesture-000001")
    admin.post(f"/people/{operator}/pin", {"pin": "260816"}, key="one-gesture-000001")
    phone.post("/device/holder", {"person": operator, "pin": "260815"})
    with database.read() as session:
        rows = session.scalars(select(journal.Event)).all()
        assert not any("260815" in f"{row.data}{row.fingerprint}" for row in rows)
        kept = session.get_one(people.Person, operator)
        assert people.pin_fits(kept, "260815"), "a replay changes nothing"


def test_the_secret_changes_with_a_scan_after_a_day_and_never_with_a_look(
    phone: Client, database: Database, shop: ShopData
) -> None:
    first = cookie(phone)
    phone.post(f"/c/{shop.codes[0]}/scans", json={})
    assert cookie(phone) == first
    age_tokens(database, 2)
    phone.get("/scan")
    assert cookie(phone) == first
    phone.post(f"/c/{shop.codes[0]}/scans", json={})
    second = cookie(phone)
    assert second != first
    assert phone.get("/scan").status_code == 200


def test_a_phone_that_only_looks_keeps_its_cookie(phone: Client, database: Database) -> None:
    age_tokens(database, 31)
    answer = phone.get("/scan")
    assert "kanban-device=" in answer.headers["Set-Cookie"]
    assert "Max-Age=34560000" in answer.headers["Set-Cookie"]


def test_a_stolen_copy_of_a_replaced_secret_is_refused_and_shown(
    app: Flask, phone: Client, buyer: Client, database: Database, shop: ShopData
) -> None:
    stolen = cookie(phone)
    assert stolen
    age_tokens(database, 2)
    phone.post(f"/c/{shop.codes[0]}/scans", json={})
    phone.post(f"/c/{shop.codes[0]}/scans", json={})

    def long_ago(session: object) -> None:
        session.execute(  # type: ignore[attr-defined]
            update(people.PhoneToken)
            .where(people.PhoneToken.retired_at.is_not(None))
            .values(retired_at=clock.now() - DAY)
        )

    database.write(long_ago)
    thief = app.test_client()
    thief.set_cookie("kanban-device", stolen)
    assert "Two browsers" not in buyer.get("/devices").text
    assert "went on elsewhere" in thief.get("/device").text
    assert thief.post(f"/c/{shop.codes[1]}/scans", json={}).status_code == 401
    assert "Two browsers show this pairing" in buyer.get("/devices").text
    assert phone.get("/scan").status_code == 200, "the true one goes on"
    thief.post("/device/leaving")
    assert phone.get("/scan").status_code == 200, "the copy cannot end it"


def test_the_open_code_is_printed_as_a_card(buyer: Client, stranger: Client) -> None:
    page = buyer.post("/devices/pairings", FIELDS)
    link, short = shown_codes(page)
    (post,) = set(re.findall(r'action="(/devices/pairings/\d+/card)"', page.text))
    fields = {"secret": link.partition("#")[2], "short": short.replace(" ", "")}
    card = buyer.post(post, fields)
    assert card.mimetype == "application/pdf"
    with TemporaryDirectory() as folder:
        file = Path(folder) / "card.pdf"
        file.write_bytes(card.data)
        subprocess.run(["pdftoppm", "-r", "150", "-png", file, Path(folder) / "page"], check=True)
        (picture,) = Path(folder).glob("page*.png")
        with Image.open(picture) as page_image:
            (read,) = zxingcpp.read_barcodes(page_image)
    assert read.text == link
    assert buyer.post(post, fields | {"short": "AAAABBBB"}).status_code == 410
    stranger.post("/pair", {"code": short})
    assert buyer.post(post, fields).status_code == 410, "a used code is not printed"


def test_with_tls_nobody_hears_the_address_of_a_card_and_forms_still_work(
    app: Flask, phone: Client, shop: ShopData, monkeypatch: pytest.MonkeyPatch
) -> None:
    kanban = app.extensions["kanban"]
    secure = replace(kanban.settings, base_url="https://kanban.example")
    app.extensions["kanban"] = replace(kanban, settings=secure)
    phone.set_cookie("__Host-kanban-device", cookie(phone) or "", secure=True)
    page = phone.get(f"/c/{shop.codes[0]}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert phone.get("/").headers["Referrer-Policy"] == "same-origin"
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert phone.post(f"/c/{shop.codes[0]}/scans", headers=own).status_code == 200
    for foreign in ({"Origin": "null"}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}):
        assert phone.post(f"/c/{shop.codes[1]}/scans", headers=foreign).status_code == 403


def test_a_phone_can_be_forgotten(phone: Client, buyer: Client) -> None:
    assert phone.post("/device/leaving").location == "/pair"
    assert cookie(phone) is None
    assert "Stopped" in buyer.get("/devices").text


def test_the_pages_of_a_phone_are_made_for_it(buyer: Client, stranger: Client, phone: Client) -> None:
    assert "Eight letters and digits" in stranger.get("/pair").text
    assert "paired already" in phone.get("/pair").text
    assert stranger.get("/device").location == "/pair"
    assert 'value="Bench 2"' in buyer.get("/devices/pair?again=1").text
    assert 'value="Bench 2"' in buyer.get("/devices/1").text
    buyer.post("/devices/1", FIELDS | {"role": "operator"})
    assert "Signals and receives" in phone.get("/device").text


def test_who_was_given_a_code_stands_in_the_journal_by_id_alone(buyer: Client, database: Database) -> None:
    link, short = shown_codes(buyer.post("/devices/pairings", FIELDS))
    with database.read() as session:
        rows = session.scalars(select(journal.Event)).all()
        text = " ".join(row.data for row in rows)
    assert link.partition("#")[2] not in text
    assert short.replace(" ", "") not in text
    assert deed().key is None


def test_no_code_and_no_secret_reaches_the_log(
    phone: Client, shop: ShopData, database: Database, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def broken(*_told: object, **_more: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("kanban.scans.scan", broken)
    assert phone.post(f"/c/{shop.codes[0]}/scans", json={}).status_code == 500
    assert "POST /c/<code>/scans" in caplog.text
    assert shop.codes[0] not in caplog.text
    assert (cookie(phone) or "?") not in caplog.text


def test_who_only_holds_a_phone_changes_nobodys_notices(phone: Client, database: Database) -> None:
    operator = asking(database, "initials")
    phone.post("/device/holder", {"person": operator})
    assert phone.get("/account/notices").status_code == 403


def test_where_anybody_may_signal_an_address_is_held_and_receives_nothing(
    app: Flask, stranger: Client, buyer: Client, shop: ShopData
) -> None:
    kanban = app.extensions["kanban"]
    app.extensions["kanban"] = replace(kanban, settings=replace(kanban.settings, signal="anyone"))
    first, second = shop.codes
    assert "This bin is empty" in stranger.get(f"/c/{first}").text, "one big button"
    assert "data-nonce" not in stranger.get(f"/c/{first}").text, "and nothing by itself"
    order = stranger.post(f"/c/{first}/scans", json={}).json["order"]  # type: ignore[index]
    buyer.post(f"/orders/{order}/release")
    buyer.post(f"/orders/{order}/shipment")
    assert stranger.post(f"/c/{first}/scans", json={}).json["effect"] == "already"  # type: ignore[index]
    statuses = [stranger.post(f"/c/{second}/scans", json={}).status_code for _each in range(30)]
    assert statuses == [200] * 28 + [429] * 2
    assert buyer.post(f"/c/{second}/scans", json={}).status_code == 200, "others are not held"


def test_a_phone_that_waits_for_a_press_gets_no_permission(
    phone: Client, shop: ShopData, database: Database
) -> None:
    assert "data-nonce" in phone.get(f"/c/{shop.codes[0]}").text
    assert "data-nonce" not in phone.get(f"/cards/{shop.codes[0]}").text
    patient = people.PhoneFacts("Bench 2", "signaller", self_signal=False)
    do(database, people.change_device, people.Device, 1, patient)
    page = phone.get(f"/c/{shop.codes[0]}").text
    assert "data-nonce" not in page
    assert "This bin is empty" in page


def test_a_permission_is_for_one_minute_one_phone_and_one_turn(
    phone: Client,
    operator: Client,
    buyer: Client,
    app: Flask,
    shop: ShopData,
    time_machine: Callable[[float], None],
) -> None:
    code, other = shop.codes

    def permission(card: str) -> dict[str, str]:
        page = phone.get(f"/c/{card}").text
        (nonce,) = re.findall(r'data-nonce="([^"]+)"', page)
        (key,) = re.findall(r'name="key" value="(self-[0-9a-f]+)"', page)
        return {"nonce": nonce, "key": key}

    given = permission(code)
    for browser, card, fields in (
        (operator, code, given),
        (phone, other, given),
        (phone, code, given | {"nonce": given["nonce"][:-1] + "x"}),
        (phone, code, given | {"nonce": "x"}),
    ):
        answer = browser.open(f"/c/{card}/scans", method="POST", data=fields, headers={"Origin": ORIGIN})
        assert answer.status_code == 409
    operator.post(f"/c/{code}/scans", json={})
    operator.post(f"/c/{code}/elsewhere", json={})
    late = phone.open(f"/c/{code}/scans", method="POST", data=given, headers={"Origin": ORIGIN})
    assert "filled since this page was opened" in late.text
    given = permission(other)
    time_machine(61)
    answer = phone.open(f"/c/{other}/scans", method="POST", data=given, headers={"Origin": ORIGIN})
    assert answer.status_code == 409
    assert "This bin is empty" in answer.text, "a press is still possible"
