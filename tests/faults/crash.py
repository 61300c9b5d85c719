"""Kill the server again and again while phones scan through a bad network, and count what was lost.

    python tests/faults/crash.py --cycles 1000

Each key is sent until it is answered, at first through a proxy that cuts lines and doubles requests, and
some again much later. After each kill all that had been acknowledged must be in the journal; at the end the
orders must be those that the journal's signals ask for, and `kanban verify` must find nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from book import Book, Told
from flaky import FlakyProxy
from served import NO_ANSWER, Caller, Reply, Seeded, Server, last_lines, seed, sqlite_url
from waiting import wait_until

LIFE = (0.3, 2.0)  # seconds between the server's first answer and its end
PAUSE = (0.05, 0.4)  # seconds between two tries of one key
LONGEST_CROWD = 300.0  # seconds until enough has happened
OLD = 30.0  # seconds by which a late scan is older than the receipt of its card; no request takes so long
WISHES = {"scan": 50, "receive": 22, "double tap": 6, "late": 8, "replay": 14}


class Crowd:
    """Phones and a buyer who go on whatever happens to the server, until told to stop."""

    def __init__(self, shop: Seeded, server: Server, book: Book, phones: int) -> None:
        self.shop, self.server, self.book = shop, server, book
        self.proxy = FlakyProxy(server.port)
        self.done = threading.Event()
        self.filled: dict[str, float] = {}
        """When the request was sent that received a card, by the client's own clock."""
        works: list[Callable[[], None]] = [self._phone] * phones + [self._buyer]
        self.threads = [threading.Thread(target=work, daemon=True) for work in works]
        for thread in self.threads:
            thread.start()

    @property
    def spoiled(self) -> int:
        """How many requests did not come through the network well."""
        return sum(self.proxy.fates.values()) - self.proxy.fates["well"]

    def stop(self) -> None:
        """Let each client finish what it has begun; the server has to run."""
        self.done.set()
        for thread in self.threads:
            thread.join(60)
        if any(thread.is_alive() for thread in self.threads):
            self.book.fault("NO ANSWER", "a client still waits after 60 s")
        self.proxy.close()

    def _phone(self) -> None:
        good, bad = (
            Caller(port, self.shop.tokens["operator"]) for port in (self.server.port, self.proxy.port)
        )
        while not self.done.is_set():
            caller = random.choice((good, bad))
            card = random.choice(self.shop.codes)
            wish = random.choices(list(WISHES), list(WISHES.values()))[0]
            if wish == "replay":
                self._replay(caller)
            elif wish == "late":
                self._late(caller)
            elif wish == "double tap":
                self._double_tap(card)
            else:
                self._scan(caller, card, str(uuid.uuid4()), "receive" if wish == "receive" else "signal")
        good.close()
        bad.close()

    def _scan(
        self, caller: Caller, card: str, key: str, mode: str = "signal", filled: float | None = None
    ) -> str:
        """Send one scan until it is answered; returns its effect."""
        began = time.monotonic()

        def send() -> Reply:
            age = {} if filled is None else {"age_ms": int((time.monotonic() - filled + OLD) * 1000)}
            return caller.post(f"/c/{card}/scans", key, mode=mode, **age)

        reply = self._insist(send)
        if reply.status != 200:
            self.book.fault("STATUS", f"{reply.status} for a scan: {reply.body[:300]!r}")
            return ""
        told = reply.json()
        self.book.note(key, Told(card, told["effect"], told["order"], told["event"]))
        if told["effect"] == "received":
            self.filled.setdefault(card, began)
        return str(told["effect"])

    def _double_tap(self, card: str) -> None:
        key = str(uuid.uuid4())

        def tap() -> None:
            caller = Caller(self.server.port, self.shop.tokens["operator"])
            self._scan(caller, card, key)
            caller.close()

        second = threading.Thread(target=tap)
        second.start()
        tap()
        second.join()

    def _late(self, caller: Caller) -> None:
        """A scan that the phone kept since before the bin was filled: it must not order."""
        for card, began in random.sample(sorted(self.filled.items()), min(1, len(self.filled))):
            effect = self._scan(caller, card, str(uuid.uuid4()), filled=began)
            if effect != "stale":
                self.book.fault("LATE", f"a scan from before the receipt of {card} is {effect}")

    def _replay(self, caller: Caller) -> None:
        """A phone that finds an old scan in its queue sends it once more; the book compares the answers."""
        old = [(key, told) for key, told in self.book.promised().items() if told.effect == "signalled"]
        for key, told in random.sample(old, min(1, len(old))):
            self.book.count("replays")
            self._scan(caller, told.card, key)

    def _buyer(self) -> None:
        caller = Caller(self.server.port, self.shop.tokens["buyer"])
        while not self.done.wait(random.uniform(0.1, 0.5)):
            signals = [told.order for told in self.book.promised().values() if told.effect == "signalled"]
            for order in random.sample([each for each in signals[-20:] if each], min(1, len(signals))):
                self._step(caller, order, "release", "released")
                self._step(caller, order, "shipment", "shipped")
        caller.close()

    def _step(self, caller: Caller, order: int, step: str, effect: str) -> None:
        key = str(uuid.uuid4())
        reply = self._insist(lambda: caller.post(f"/orders/{order}/{step}", key))
        if reply.status == 200:
            self.book.note(key, Told("", effect, order, None))
        elif reply.status != 409:  # that order had left already
            self.book.fault("STATUS", f"{reply.status} for {step}: {reply.body[:300]!r}")

    def _insist(self, send: Callable[[], Reply]) -> Reply:
        while True:
            try:
                reply = send()
            except NO_ANSWER:
                self.book.count("lost answers")
            else:
                if reply.status != 503:
                    return reply
                self.book.count("told to try later")
            time.sleep(random.uniform(*PAUSE))


def run(folder: Path, *, cycles: int, phones: int = 8, cards: int = 200, least: int = 0) -> Book:
    """Kill the server ``cycles`` times; returns what was told, with every fault that was found.

    It goes on until more than ``least`` scans signalled, and so many requests were spoiled by the network.
    """
    book = Book()
    server = Server(folder)
    shop = seed(sqlite_url(folder), folder, cards=cards)
    starts = [server.start()]
    crowd = Crowd(shop, server, book, phones)
    try:
        for _ in range(cycles):
            time.sleep(random.uniform(*LIFE))
            promised = book.promised()
            server.kill()
            starts.append(server.start())
            _compare(server, shop, book, promised)
        wait_until(lambda: min(book.seen["signalled"], crowd.spoiled) > least, seconds=LONGEST_CROWD)
        crowd.stop()
        _compare_all(server, shop, book)
    finally:
        crowd.done.set()
        server.stop()
    _verify(server, book)
    book.seen["spoiled by the network"] = crowd.spoiled
    book.seen["longest start, ms"] = round(max(starts) * 1000)
    return book


def _compare(server: Server, shop: Seeded, book: Book, promised: dict[str, Told]) -> None:
    reader = Caller(server.port, shop.tokens["viewer"])
    book.compare_journal(list(reader.rows("journal", book.cursor)), promised)
    reader.close()


def _compare_all(server: Server, shop: Seeded, book: Book) -> None:
    _compare(server, shop, book, book.promised())
    reader = Caller(server.port, shop.tokens["viewer"])
    book.compare_orders(list(reader.rows("orders")), list(reader.rows("cards")))
    reader.close()


def _verify(server: Server, book: Book) -> None:
    """The product's own look at its data, and at its log."""
    verified = server.run("verify", "--json")
    for finding in json.loads(verified.stdout)["findings"] if verified.stdout else [verified.stderr]:
        book.fault("VERIFY", finding)
    for line in last_lines(server.log, "Traceback"):
        book.fault("LOG", f"{line}, see {server.log}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cycles", type=int, default=1000, help="how often the server is killed")
    parser.add_argument("--phones", type=int, default=8)
    parser.add_argument("--cards", type=int, default=200)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kanban-crash-"))
    book = run(folder, cycles=chosen.cycles, phones=chosen.phones, cards=chosen.cards)
    print(f"{chosen.cycles} kills, {book.report()}\ndata and log: {folder}")
    return 1 if book.faults else 0


if __name__ == "__main__":
    sys.exit(main())
