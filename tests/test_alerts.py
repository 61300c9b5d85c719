from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from shop import BERLIN, Shop
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kanban import alerts, answers, journal, loops, orders, outbox, people, subscriptions
from kanban.alerts import Alert, Choices
from kanban.answers import LineSaid

UNDO = timedelta(seconds=10)
HOW = alerts.Told(BERLIN, "https://kanban.example")


def watch(shop: Shop) -> tuple[int, int]:
    deed = shop.deed()
    return shop.write(lambda session: alerts.watch(session, deed, undo=UNDO, zone=BERLIN))


def tell(shop: Shop) -> int:
    deed = shop.deed()
    return shop.write(lambda session: alerts.tell(session, deed, HOW))


def found(shop: Shop, *, resolved: bool = False) -> list[str]:
    with shop.database.read() as session:
        listed = alerts.listed(session, people.ROLES, resolved=resolved)
        return sorted(f"{alert.kind}: {alerts.sentence(alert)}" for alert in listed)


def answer(shop: Shop, order_id: int, *said: LineSaid) -> None:
    deed = journal.Deed(shop.at, journal.By("supplier"))
    shop.write(lambda session: answers.confirm(session, deed, session.get_one(orders.Order, order_id), said))


def choose(shop: Shop, who: str = "owner", **choices: Any) -> None:
    deed = shop.deed()
    wanted = Choices(**{"email": f"{who}@shop.example"} | choices)
    shop.write(
        lambda session: alerts.choose(session, deed, session.get_one(people.Person, shop.ids[who]), wanted)
    )


def mails(shop: Shop) -> list[dict[str, str]]:
    with shop.database.read() as session:
        query = select(outbox.Delivery).where(outbox.Delivery.kind == "notice").order_by(outbox.Delivery.id)
        return [json.loads(each.payload or b"") for each in session.scalars(query)]


def test_a_late_order_is_told_once_and_gone_when_its_goods_are_here(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    answer(shop, order_id)
    shop.later(days=8)
    watch(shop)
    assert found(shop) == ["late: PO-000001: SCREW from Bolts & Co was due on Mon 9 Mar"]
    assert watch(shop) == (0, 0), "raised once"
    shop.receive(shop.line(order_id).id, 30)
    assert watch(shop) == (0, 1)
    assert found(shop) == []
    assert len(found(shop, resolved=True)) == 1


def test_the_late_lines_of_one_order_are_one_alert(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0], shop.gloves[0])
    answer(shop, order_id)
    shop.later(days=8)
    watch(shop)
    assert found(shop) == ["late: PO-000001: GLOVE +1 from Bolts & Co was due on Mon 9 Mar"]


def test_a_cause_that_comes_back_is_raised_again(shop: Shop) -> None:
    for code in shop.paper:
        shop.scan(code)
    assert watch(shop) == (1, 0)
    shop.undo(shop.paper[0])
    assert watch(shop) == (0, 1)
    shop.scan(shop.paper[0])
    assert watch(shop) == (1, 0)


def test_each_kind_is_found_by_its_cause(shop: Shop) -> None:
    order_id = shop.ordered(*shop.screws, shop.gloves[0])
    shop.set_urgent(shop.screws[0])
    screws, gloves = shop.line(order_id, "SCREW"), shop.line(order_id, "GLOVE")
    answer(shop, order_id, LineSaid(screws.id, Decimal(50)), LineSaid(gloves.id, unit_price=Decimal(3)))
    shop.receive(gloves.id, 30)
    watch(shop)
    assert found(shop) == [
        "answered: PO-000001: Bolts & Co has answered",
        "last_bin: SCREW: no full bin is left at Works › Rack A",
        "quantity: PO-000001: more of GLOVE came than was ordered",
        "short: PO-000001: Bolts & Co cannot bring all of SCREW",
    ]


def test_a_copied_pairing_is_told_until_the_phone_is_stopped(shop: Shop) -> None:
    device = shop.write(lambda session: people.add_device(session, shop.deed(), "Bench 2", "operator")[0])
    shop.write(lambda session: people.mark_copied(session, shop.deed(), device.id))
    watch(shop)
    assert found(shop) == ["copied: Bench 2: two browsers show its pairing"]
    shop.write(
        lambda session: people.revoke_device(session, shop.deed(), session.get_one(people.Device, device.id))
    )
    watch(shop)
    assert found(shop) == []


def test_a_price_that_differs_asks_until_it_is_decided(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    answer(shop, order_id, LineSaid(shop.line(order_id).id, unit_price=Decimal(3)))
    watch(shop)
    assert "asks: PO-000001: Bolts & Co asks about SCREW" in found(shop)
    deed = shop.deed()
    shop.write(
        lambda session: answers.decide(session, deed, session.get_one(answers.LineAnswer, 1), accept=True)
    )
    watch(shop)
    assert [each for each in found(shop) if each.startswith("asks")] == []


def test_an_order_without_an_answer_is_told_after_the_days_of_its_supplier(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])  # on a Monday; two working days by rule
    shop.later(days=2)
    watch(shop)
    assert found(shop) == []
    shop.later(days=1)
    watch(shop)
    assert found(shop) == ["unconfirmed: PO-000001: no answer from Bolts & Co since Mon 2 Mar"]
    answer(shop, order_id)
    watch(shop)
    assert found(shop) == ["answered: PO-000001: Bolts & Co has answered"]


def test_an_urgent_card_is_told_until_its_supplier_has_answered(shop: Shop) -> None:
    order_id = shop.scan(shop.screws[0]).order_id or 0
    shop.set_urgent(shop.screws[0])
    watch(shop)
    assert found(shop) == ["urgent: SCREW is urgent and waits at Bolts & Co"]
    shop.release(order_id)
    shop.confirm(order_id)
    watch(shop)
    assert found(shop) == []


def test_a_held_order_is_told_and_a_dead_one_too(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])

    def change(session: Session, state: str) -> None:
        (delivery,) = session.scalars(select(outbox.Delivery).where(outbox.Delivery.order_id == order_id))
        delivery.state, delivery.held_because = state, "new" if state == "held" else ""

    watch(shop)
    assert found(shop) == [], "an order that somebody telephones is held by no brake"
    shop.write(lambda session: change(session, "held"))
    watch(shop)
    assert [each.split(":")[0] for each in found(shop)] == ["held"]
    shop.write(lambda session: change(session, "dead"))
    watch(shop)
    assert found(shop) == ["dead: PO-000001 did not reach Bolts & Co"]


@pytest.mark.parametrize(
    ("because", "sentence"),
    [
        ("worn", "label: SCREW: the label of card 1 is worn and wants a new one"),
        ("changed", "label: SCREW: cards at Works › Rack A have changed since they were printed"),
        ("void", "label: SCREW: cards at Works › Rack A have no valid label, their print is void"),
    ],
)
def test_a_label_says_why_it_is_to_be_printed(shop: Shop, because: str, sentence: str) -> None:
    def ask(session: Session, because: str) -> None:
        card = session.scalars(select(loops.Card).where(loops.Card.code == shop.screws[0])).one()
        card.reprint_requested, card.reprint_because = bool(because), because

    shop.write(lambda session: ask(session, because))
    watch(shop)
    assert found(shop) == [sentence]
    shop.write(lambda session: ask(session, ""))
    watch(shop)
    assert found(shop) == []


def test_a_loop_that_changed_is_one_alert_however_many_cards_it_has(shop: Shop) -> None:
    shop.write(
        lambda session: session.execute(
            update(loops.Card)
            .where(loops.Card.code.in_(shop.screws))
            .values(reprint_requested=True, reprint_because="changed")
        )
    )
    assert watch(shop) == (1, 0)


def test_another_reason_to_print_a_label_is_another_alert(shop: Shop) -> None:
    for because, opened in (("changed", (1, 0)), ("worn", (1, 1))):
        shop.write(
            lambda session, because=because: session.execute(
                update(loops.Card)
                .where(loops.Card.code == shop.screws[0])
                .values(reprint_requested=True, reprint_because=because)
            )
        )
        assert watch(shop) == opened


# Told


def burst(shop: Shop, number: int, kind: str = "urgent") -> None:
    deed = shop.deed()

    def many(session: Session) -> None:
        for each in range(number):
            about = f"{kind}:{shop.at.timestamp()}:{each}"
            alerts.raise_(session, deed, kind, about=about, facts={"sku": f"S{each}", "supplier": "B"})

    shop.write(many)


def test_a_burst_is_told_in_one_message(shop: Shop) -> None:
    choose(shop, how={"urgent": "at_once"}, digest_at="23:59")
    burst(shop, 100)
    assert tell(shop) == 1
    (mail,) = mails(shop)
    assert mail["subject"] == "100 things need you"
    assert mail["text"].count("is urgent") == alerts.MOST_LINES
    assert "and 70 more" in mail["text"]
    assert "https://kanban.example/alerts" in mail["text"]
    assert tell(shop) == 0, "nobody is told twice"


def test_however_much_happens_a_person_gets_six_messages_an_hour_two_minutes_apart(shop: Shop) -> None:
    choose(shop, how={"urgent": "at_once"}, digest_at="23:59")
    began, sent = shop.at, []
    while shop.at < began + timedelta(hours=3):
        burst(shop, 3)
        if tell(shop):
            sent.append(shop.at)
        shop.later(seconds=20)
    for moment in sent:
        window = [each for each in sent if moment <= each < moment + timedelta(hours=1)]
        assert len(window) <= alerts.MOST_AN_HOUR
    assert all(later - earlier >= alerts.LEAST_APART for earlier, later in pairwise(sent))
    shop.later(hours=2)
    tell(shop)
    with shop.database.read() as session:
        told = session.scalars(select(alerts.Notice.alert_id)).all()
        assert len(told) == len(session.scalars(select(Alert.id)).all()), "nothing is lost"


def test_the_rest_comes_once_a_day_at_the_persons_hour(shop: Shop) -> None:
    choose(shop, digest_at="14:30", how={"held": "digest"})
    burst(shop, 2, "held")
    assert tell(shop) == 0  # it is 10:00 in Berlin
    shop.later(hours=4, minutes=29)
    assert tell(shop) == 0
    shop.later(minutes=1)
    assert tell(shop) == 1
    burst(shop, 1, "held")
    shop.later(hours=3)
    assert tell(shop) == 0
    shop.later(hours=21)
    assert tell(shop) == 1
    assert len(mails(shop)) == 2


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_the_digest_keeps_its_hour_when_the_clock_changes(shop: Shop, day: datetime) -> None:
    choose(shop, digest_at="07:00", how={"held": "digest"})
    shop.at = day - timedelta(days=1)
    hours = []
    while shop.at < day + timedelta(days=2):
        burst(shop, 1, "held")
        if tell(shop):
            hours.append(shop.at.astimezone(BERLIN).strftime("%d %H:%M"))
        shop.later(minutes=30)
    assert [each[3:] for each in hours] == ["07:00"] * 3


def test_what_somebody_does_not_want_is_not_told_and_nobody_without_an_address(shop: Shop) -> None:
    choose(shop, how={"urgent": "off"}, digest_at="00:00")
    choose(shop, "colleague", email="", how={})
    burst(shop, 1)
    assert tell(shop) == 0


def test_an_operator_is_not_told_what_concerns_buyers(shop: Shop) -> None:
    choose(shop, "colleague", digest_at="00:00")
    burst(shop, 1, "held")
    assert tell(shop) == 0
    burst(shop, 1, "label")
    shop.later(days=1)
    assert tell(shop) == 1


def test_a_message_goes_to_each_browser_that_takes_them(shop: Shop) -> None:
    choose(shop, email="", how={"urgent": "at_once"})

    def subscribe(session: Session) -> None:
        for number in (1, 2):
            session.add(
                subscriptions.PushSubscription(
                    endpoint_hash=str(number), endpoint=f"https://push.example/{number}", p256dh="k",
                    auth="a", language="en", person_id=shop.ids["owner"], created_at=shop.at,
                )
            )  # fmt: skip

    shop.write(subscribe)
    burst(shop, 1)
    assert tell(shop) == 1
    assert [(each["title"], each["endpoint"][-1]) for each in mails(shop)] == [
        ("S0 is urgent and waits at B", "1"),
        ("S0 is urgent and waits at B", "2"),
    ]


def test_a_browser_that_its_maker_knows_no_more_gets_nothing_more(shop: Shop) -> None:
    choose(shop, email="", how={"urgent": "at_once"}, digest_at="23:59")

    def subscribe(session: Session) -> None:
        session.add(
            subscriptions.PushSubscription(
                endpoint_hash="1", endpoint="https://push.example/1", p256dh="k", auth="a", language="en",
                person_id=shop.ids["owner"], created_at=shop.at,
            )
        )  # fmt: skip

    def bury(session: Session) -> None:
        for delivery in session.scalars(select(outbox.Delivery).where(outbox.Delivery.channel == "push")):
            delivery.state = "dead"

    shop.write(subscribe)
    burst(shop, 1)
    assert tell(shop) == 1
    shop.write(bury)
    shop.later(minutes=10)
    burst(shop, 1)
    assert tell(shop) == 0
    with shop.database.read() as session:
        assert subscriptions.of(session, people=[shop.ids["owner"]]) == []

    def ask_again(session: Session) -> None:
        row = session.get_one(subscriptions.PushSubscription, 1)
        row.created_at, row.gone_at = shop.at, None

    shop.write(ask_again)
    assert tell(shop) == 1


def test_the_journal_knows_no_address(shop: Shop) -> None:
    choose(shop)
    (event,) = shop.events("notices_chosen")
    assert "owner@" not in event.data


# The calendar


def calendar(shop: Shop) -> bytes:
    with shop.database.read() as session:
        about = alerts.Feed("Works, goods; in\nhere", "https://kanban.example:8443")
        return alerts.feed(session, about, shop.at)


def read_calendar(data: bytes) -> list[dict[str, str]]:
    """The events of a calendar, read as strictly as RFC 5545 writes it."""
    assert data.endswith(b"\r\n")
    physical = data.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 for line in physical)
    assert b"\n" not in b"".join(physical)
    assert b"\r" not in b"".join(physical)
    lines = re.sub(r"\r\n[ \t]", "", data.decode("utf-8")).split("\r\n")[:-1]
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    events: list[dict[str, str]] = []
    inside = False
    head = {}
    for line in lines[1:-1]:
        named = re.fullmatch(r"([A-Z-]+)((?:;[A-Z-]+=[^;:,\"]+)*):(.*)", line)
        assert named, line
        name, value = named[1], named[3]
        if (name, value) == ("BEGIN", "VEVENT"):
            assert not inside
            events.append({})
            inside = True
        elif (name, value) == ("END", "VEVENT"):
            inside = False
        else:
            target = events[-1] if inside else head
            assert name not in target, f"{name} twice"
            target[name] = value
    assert not inside
    assert head["VERSION"] == "2.0"
    assert {"PRODID", "VERSION"} <= head.keys()
    for event in events:
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY"} <= event.keys()
        assert re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", event["DTSTAMP"])
        for text in ("SUMMARY", "DESCRIPTION"):
            assert re.fullmatch(r"(?:[^\\;,]|\\[\\;,nN])*", event[text]), event[text]
    return events


def test_expected_deliveries_stand_in_the_calendar_under_an_id_that_stays(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0], shop.gloves[0])
    (before,) = read_calendar(calendar(shop))
    assert before["UID"] == f"order-{order_id}@kanban.example"
    assert (before["DTSTART"], before["DTEND"], before["STATUS"]) == ("20260309", "20260310", "TENTATIVE")
    assert before["SUMMARY"] == "Bolts & Co · PO-000001"
    assert "30 pcs SCREW" in before["DESCRIPTION"]
    shop.later(hours=1)
    lines = [LineSaid(line.id, due=datetime(2026, 4, 2).date()) for line in shop.order(order_id).lines]  # noqa: DTZ001
    answer(shop, order_id, *lines)
    (after,) = read_calendar(calendar(shop))
    assert (after["UID"], after["DTSTART"], after["STATUS"]) == (before["UID"], "20260402", "CONFIRMED")
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
    for line in shop.order(order_id).lines:
        shop.receive(line.id, line.quantity or 0)
    assert read_calendar(calendar(shop)) == []


def test_a_calendars_address_opens_it_until_it_is_renewed_or_closed(shop: Shop) -> None:
    def of(token: str) -> str | None:
        with shop.database.read() as session:
            person = alerts.feed_of(session, token)
            return person.login if person else None

    def to_owner(verb: Any) -> Any:
        deed = shop.deed()
        return shop.write(
            lambda session: verb(session, deed, session.get_one(people.Person, shop.ids["owner"]))
        )

    first = to_owner(alerts.open_feed)
    assert of(first) == "owner"
    second = to_owner(alerts.open_feed)
    assert (of(first), of(second), of("")) == (None, "owner", None)
    to_owner(alerts.revoke_feed)
    assert of(second) is None
