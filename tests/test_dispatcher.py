"""The dispatcher: what is due is sent at once, one after the other's failure, and chores are done once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from shop import Shop
from sqlalchemy import select
from sqlalchemy.orm import Session
from waiting import LONGEST_WAIT, wait_until

from kanban import clock, config, journal, outbox, suppliers
from kanban.db import Trouble
from kanban.dispatcher import Bell, Chore, Dispatcher, ring_across
from kanban.outbox import Claim, Delivery
from kanban.senders import Failed, Refused


class Post:
    """A sender that writes down what it sends; ``troubles`` are raised first, one per try."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)
        self.sent: list[tuple[str, bytes]] = []
        self.made = 0
        self.gate: threading.Event | None = None

    def ready(self, settings: config.Settings) -> bool:
        return True

    def make(self, session: Session, claim: Claim, settings: config.Settings) -> bytes:
        self.made += 1
        return f"{claim.about} {self.made}".encode()

    def send(self, claim: Claim, payload: bytes, settings: config.Settings) -> str:
        if self.gate:
            self.gate.wait(LONGEST_WAIT)
        if self.troubles:
            raise self.troubles.pop(0)
        self.sent.append((claim.message_id, payload))
        return "taken"


@pytest.fixture
def settings(tmp_path: Path) -> config.Settings:
    return config.load({"KANBAN_DATA": str(tmp_path)})


@pytest.fixture
def make(shop: Shop, settings: config.Settings) -> Iterator[Callable[..., Dispatcher]]:
    """Makes dispatchers of the shop; all are stopped after the test."""
    made: list[Dispatcher] = []

    def dispatcher(**how: Any) -> Dispatcher:
        made.append(Dispatcher(shop.database, settings, **how))
        return made[-1]

    yield dispatcher
    for each in made:
        each.stop()


def deliveries(shop: Shop) -> list[Delivery]:
    with shop.database.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def by_mail(shop: Shop) -> None:
    def address(session: Session) -> None:
        for each in session.scalars(select(suppliers.Supplier)):
            each.email = "orders@supplier.example"

    shop.write(address)


def test_a_release_wakes_the_dispatcher(
    shop: Shop, make: Callable[..., Dispatcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kanban.dispatcher.LONGEST_SLEEP", 10 * LONGEST_WAIT)
    by_mail(shop)
    post = Post()
    make(by_channel={"email": post}).start()
    time.sleep(0.3)  # asleep by now
    shop.at = clock.now()
    shop.ordered(shop.screws[0])
    wait_until(lambda: bool(post.sent))
    wait_until(lambda: deliveries(shop)[0].state == "delivered")


def test_a_delivery_is_made_once_and_every_copy_is_the_same(
    shop: Shop, make: Callable[..., Dispatcher]
) -> None:
    by_mail(shop)
    shop.ordered(shop.screws[0])
    post = Post(Failed("421 later", unsure=True))
    dispatcher = make(by_channel={"email": post})
    assert dispatcher.send_all() == 1
    first = deliveries(shop)[0]
    assert (first.state, first.answer, first.possible_repeat) == ("queued", "421 later", True)
    shop.write(lambda session: setattr(session.get_one(Delivery, first.id), "due_at", shop.at))
    assert dispatcher.send_all() == 1
    assert (post.made, post.sent) == (1, [(first.message_id, b"PO-000001 \xc2\xb7 Bolts & Co 1")])


@pytest.mark.parametrize(
    ("trouble", "state"),
    [(Failed("421"), "queued"), (Refused("550"), "dead"), (ValueError("a bug"), "queued")],
)
def test_a_failure_is_noted_and_holds_up_no_other(
    shop: Shop, make: Callable[..., Dispatcher], trouble: Exception, state: str
) -> None:
    by_mail(shop)
    for code in shop.screws:
        shop.ordered(code)
    post = Post(trouble)
    assert make(by_channel={"email": post}).send_all() == 3
    assert [each.state for each in deliveries(shop)] == [state, "delivered", "delivered"]


def test_what_cannot_be_made_is_dead_and_says_why(shop: Shop, make: Callable[..., Dispatcher]) -> None:
    class Clumsy(Post):
        def make(self, session: Session, claim: Claim, settings: config.Settings) -> bytes:
            raise KeyError("no such template")

    by_mail(shop)
    shop.ordered(shop.screws[0])
    make(by_channel={"email": Clumsy()}).send_all()
    assert deliveries(shop)[0].state == "dead"
    assert "no such template" in deliveries(shop)[0].answer


def test_a_silent_server_holds_up_no_other_delivery(shop: Shop, make: Callable[..., Dispatcher]) -> None:
    by_mail(shop)
    slow, quick = Post(), Post()
    slow.gate = threading.Event()
    for code in (*shop.screws, *shop.gloves):
        shop.ordered(code)
    shop.write(lambda session: setattr(session.scalars(select(Delivery)).first(), "channel", "webhook"))
    dispatcher = make(by_channel={"email": quick, "webhook": slow}, hands=2)
    dispatcher.start()
    wait_until(lambda: len(quick.sent) == 4)
    assert slow.sent == []
    slow.gate.set()
    wait_until(lambda: len(slow.sent) == 1)


def test_stopping_lets_what_is_under_way_end(shop: Shop, make: Callable[..., Dispatcher]) -> None:
    by_mail(shop)
    shop.ordered(shop.screws[0])
    post = Post()
    post.gate = threading.Event()
    dispatcher = make(by_channel={"email": post})
    dispatcher.start()
    wait_until(lambda: deliveries(shop)[0].state == "leased")
    threading.Timer(0.3, post.gate.set).start()
    assert dispatcher.stop(LONGEST_WAIT)
    assert deliveries(shop)[0].state == "delivered"


def test_a_channel_without_settings_waits(shop: Shop, make: Callable[..., Dispatcher]) -> None:
    class Missing(Post):
        def ready(self, settings: config.Settings) -> bool:
            return False

    by_mail(shop)
    shop.ordered(shop.screws[0])
    assert make(by_channel={"email": Missing()}).send_all() == 0
    assert deliveries(shop)[0].state == "queued"


def test_another_process_rings_the_bell(sqlite_shop: Shop, tmp_path: Path) -> None:
    by_mail(sqlite_shop)
    bell = Bell(sqlite_shop.database, tmp_path)
    bell.open()
    wait_until(lambda: any((tmp_path / "bells").glob("[!.]*")))
    load = "from pathlib import Path; from kanban.dispatcher.bell import ring_others"
    ring = f"{load}; ring_others(Path({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", ring], check=True)
    assert bell.wait(LONGEST_WAIT)
    bell.close()
    wait_until(lambda: not any((tmp_path / "bells").glob("*")))


def test_a_bell_that_nobody_hears_any_more_is_taken_away(sqlite_shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "bells").mkdir()
    os.mkfifo(tmp_path / "bells" / "dead")
    ring_across(sqlite_shop.database, tmp_path)
    sqlite_shop.ordered(sqlite_shop.screws[0])
    assert not (tmp_path / "bells" / "dead").exists()


def test_a_chore_is_done_when_it_is_due_and_once(shop: Shop, make: Callable[..., Dispatcher]) -> None:
    done: list[journal.Deed] = []

    def work(session: Session, deed: journal.Deed, settings: config.Settings) -> None:
        done.append(deed)

    dispatcher = make(by_channel={}, chores=(Chore("tidy", timedelta(hours=1), work),))
    assert dispatcher.do_chores() == 1
    assert dispatcher.do_chores() == 0
    assert done[0].by.via == "dispatch"


def test_a_chore_that_fails_is_tried_again_and_says_why(shop: Shop, make: Callable[..., Dispatcher]) -> None:
    def work(session: Session, deed: journal.Deed, settings: config.Settings) -> None:
        session.add(outbox.ChoreTime(name="half", due_at=deed.at))
        raise ValueError("broken")

    dispatcher = make(by_channel={}, chores=(Chore("tidy", timedelta(hours=1), work),))
    dispatcher.do_chores()
    with shop.database.read() as session:
        (row,) = session.scalars(select(outbox.ChoreTime)).all()
    assert row.last_error == "ValueError: broken"
    assert row.lease_until is None
    assert timedelta(0) < row.due_at - clock.now() <= timedelta(minutes=1)


def test_a_chore_that_cannot_even_begin_is_not_tried_without_rest(
    shop: Shop, make: Callable[..., Dispatcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk, or in a data folder that has gone, every try breaks at once."""
    tries = []

    def full(*_: object) -> bool:
        tries.append(1)
        raise Trouble("database or disk is full")

    monkeypatch.setattr("kanban.dispatcher.do_one", full)
    monkeypatch.setattr("kanban.dispatcher.AFTER_TROUBLE", 4.0)
    make(by_channel={}, chores=(Chore("tidy", timedelta(hours=1), lambda *_: None),)).start()
    wait_until(lambda: bool(tries))
    time.sleep(0.5)
    assert len(tries) == 1
    wait_until(lambda: len(tries) == 2)


def test_a_database_in_trouble_is_given_rest_however_often_the_bell_rings(
    shop: Shop, make: Callable[..., Dispatcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def full(*_: object) -> float:
        tries.append(1)
        raise Trouble("database or disk is full")

    monkeypatch.setattr(Dispatcher, "_turn", full)
    monkeypatch.setattr("kanban.dispatcher.AFTER_TROUBLE", 600.0)
    dispatcher = make(by_channel={}, chores=())
    dispatcher.start()
    wait_until(lambda: bool(tries))
    for code in shop.screws:  # each commit rings
        shop.scan(code)
        time.sleep(0.1)
    assert len(tries) == 1
    assert dispatcher.stop(LONGEST_WAIT), "it cuts the rest short"


def test_a_chore_says_when_it_is_due_next(shop: Shop, make: Callable[..., Dispatcher]) -> None:
    times: list[datetime] = []

    def work(session: Session, deed: journal.Deed, settings: config.Settings) -> Any:
        times.append(deed.at)
        return deed.at + timedelta(milliseconds=300)

    make(by_channel={}, chores=(Chore("quick", timedelta(hours=1), work),)).start()
    wait_until(lambda: len(times) >= 3)
    assert all(later - sooner >= timedelta(milliseconds=300) for sooner, later in pairwise(times))


def test_a_chore_that_looks_at_changes_runs_soon_after_one_and_not_without(
    shop: Shop, make: Callable[..., Dispatcher]
) -> None:
    seen: list[int] = []

    def work(session: Session, deed: journal.Deed, settings: config.Settings) -> None:
        seen.append(journal.revision(session))

    make(by_channel={}, chores=(Chore("look", timedelta(hours=1), work, on_change=True),)).start()
    wait_until(lambda: bool(seen))
    time.sleep(2.5)
    quiet = len(seen)
    assert quiet <= 2
    shop.scan(shop.screws[0])
    wait_until(lambda: len(seen) > quiet)
