"""Many scans at the same instant: in threads of one process, and in processes of their own."""

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from shop import MONDAY_MORNING, Shop
from waiting import LONGEST_WAIT

from kanban import journal, orders, receipts, scans
from kanban.db import Database

PHONES = 12
PROCESSES = 3


def scan_at_once(database: Database, code: str, key: str | None) -> scans.Answer:
    deed = journal.Deed(MONDAY_MORNING, journal.By("test"), key, key and "same")
    return database.write(lambda session: scans.scan(session, deed, code))


def in_threads(count: int, work: Callable[[int], scans.Answer]) -> list[scans.Answer]:
    """Run ``work`` in so many threads that all start at the same instant; returns what each answered."""
    barrier = threading.Barrier(count)
    answers: list[scans.Answer] = []

    def run(number: int) -> None:
        barrier.wait(LONGEST_WAIT)
        answers.append(work(number))

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST_WAIT)
    assert len(answers) == count
    return answers


def assert_one_order(shop: Shop, answers: list[scans.Answer], code: str) -> None:
    assert Counter(answer.effect for answer in answers) == {"signalled": 1, "already": len(answers) - 1}
    assert len({answer.order_id for answer in answers}) == 1
    card_id = shop.look(code).card_id
    assert len([event for event in shop.events("signalled") if event.card_id == card_id]) == 1


def test_many_phones_that_scan_one_card_at_once_order_once(shop: Shop) -> None:
    for code in shop.cards:
        answers = in_threads(
            PHONES, lambda number, code=code: scan_at_once(shop.database, code, f"{code}-{number}")
        )
        assert_one_order(shop, answers, code)
    assert shop.count(orders.Replenishment) == len(shop.cards)
    assert shop.count(orders.Order) == 2
    with shop.database.read() as session:
        assert list(journal.verify(session)) == []


def test_connections_of_their_own_order_once_too(shop: Shop, tmp_path: Path) -> None:
    own = [Database(shop.database.url, tmp_path) for _ in range(4)]
    for code in shop.cards:
        answers = in_threads(len(own), lambda number, code=code: scan_at_once(own[number], code, None))
        assert_one_order(shop, answers, code)
    for database in own:
        database.close()


def test_a_key_that_arrives_many_times_at_once_has_one_effect_and_one_answer(shop: Shop) -> None:
    for code in shop.cards:
        answers = in_threads(PHONES, lambda number, code=code: scan_at_once(shop.database, code, code))
        assert {answer.effect for answer in answers} == {"signalled"}
        assert len({(answer.order_id, answer.event_id) for answer in answers}) == 1
        assert sum(answer.replayed for answer in answers) == PHONES - 1
    assert len([event for event in shop.events() if event.key]) == len(shop.cards)
    assert len(shop.events("already")) == 0


def test_a_delivery_scanned_twice_at_once_is_received_once(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    wish = scans.Wish(mode="receive", order_id=order_id)

    def receive(number: int) -> scans.Answer:
        deed = journal.Deed(shop.at, journal.By("test"))
        return shop.write(lambda session: scans.scan(session, deed, shop.screws[0], wish))

    answers = in_threads(4, receive)
    assert Counter(answer.effect for answer in answers) == {"received": 1, "nothing": 3}
    assert (shop.line(order_id).received, shop.count(receipts.Receipt)) == (30, 1)


def test_different_cards_scanned_at_once_share_one_draft(shop: Shop) -> None:
    codes = [*shop.screws, *shop.gloves]
    answers = in_threads(len(codes), lambda number: scan_at_once(shop.database, codes[number], None))
    assert {answer.effect for answer in answers} == {"signalled"}
    assert len({answer.order_id for answer in answers}) == 1


def test_a_signal_and_a_release_at_once_lose_nothing(shop: Shop) -> None:
    """The signal is on the order that left, or on the next draft: never on neither."""
    for code in shop.screws[:2]:
        order_id = shop.scan(shop.gloves[0]).order_id or shop.look(shop.gloves[0]).order_id

        def act(number: int, code: str = code, order_id: int | None = order_id) -> scans.Answer | None:
            return scan_at_once(shop.database, code, None) if number else shop.release(order_id)

        in_threads(2, act)
        order = shop.order(shop.look(code).order_id)
        line = next(each for each in order.lines if code in [turn.card.code for turn in each.replenishments])
        assert order.state == "draft" or line.quantity >= orders.need_of(line)
        shop.cancel(order_id, give_back=False)


@pytest.mark.parametrize("same_key", [False, True])
def test_processes_that_scan_one_card_at_once_order_once(shop: Shop, tmp_path: Path, same_key: bool) -> None:
    fresh = multiprocessing.get_context("forkserver")
    fresh.set_forkserver_preload(["kanban.scans", "pytest"])  # imported once, not by each process
    barrier, results = fresh.Barrier(PROCESSES), fresh.Queue()
    rest = (shop.database.url, tmp_path, shop.cards, same_key, barrier, results)
    processes = [fresh.Process(target=scan_all, args=(number, *rest)) for number in range(PROCESSES)]
    for process in processes:
        process.start()
    told = [results.get(timeout=LONGEST_WAIT) for _ in processes]
    for process in processes:
        process.join(LONGEST_WAIT)
        assert process.exitcode == 0
    for answers in zip(*told, strict=True):
        expected = {"signalled": PROCESSES} if same_key else {"signalled": 1, "already": PROCESSES - 1}
        assert Counter(effect for effect, _ in answers) == expected
        assert len({order_id for _, order_id in answers}) == 1
    assert len(shop.events("signalled")) == shop.count(orders.Replenishment) == len(shop.cards)
    with shop.database.read() as session:
        assert list(journal.verify(session)) == []


def scan_all(
    number: int, url: str, folder: Path, codes: list[str], same_key: bool, barrier: Barrier,
    results: "multiprocessing.Queue[list[tuple[str, int | None]]]",
) -> None:  # fmt: skip
    """What each process does: scan card after card, each at the same instant as the others."""
    database = Database(url, folder)
    answers = []
    for code in codes:
        barrier.wait(LONGEST_WAIT)
        answer = scan_at_once(database, code, code if same_key else f"{code}-{number}")
        answers.append((answer.effect, answer.order_id))
    database.close()
    results.put(answers)
