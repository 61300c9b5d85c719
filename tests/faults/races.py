"""Two clients and one card at the same instant: one order, and both are told the same.

python tests/faults/races.py --pairs 2000                # SQLite, one server
python tests/faults/races.py --pairs 2000 --postgresql   # two servers on one PostgreSQL database
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import uuid
from contextlib import ExitStack
from pathlib import Path

from book import Book, Told
from postgres import postgresql
from served import Caller, Server, seed, serving, sqlite_url


class Pair:
    """Two clients that press at the same moment."""

    def __init__(self, ports: list[int], token: str) -> None:
        self.callers = [Caller(ports[0], token), Caller(ports[-1], token)]
        self.start = threading.Barrier(2)

    def press(self, card: str, keys: tuple[str, str]) -> list[dict[str, object]]:
        """Both scan the card; the two answers, first the one that says what happened."""
        answers: list[dict[str, object]] = []

        def scan(caller: Caller, key: str) -> None:
            self.start.wait()
            reply = caller.post(f"/c/{card}/scans", key)
            answers.append({**reply.json(), "status": reply.status})

        threads = [threading.Thread(target=scan, args=each) for each in zip(self.callers, keys, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(
            answers, key=lambda answer: (answer.get("effect") != "signalled", answer.get("replayed"))
        )

    def close(self) -> None:
        for caller in self.callers:
            caller.close()


def run(servers: list[Server], cards: list[str], tokens: dict[str, str]) -> Book:
    """Half of the cards meet two phones, half a double tap; returns every fault that was found."""
    book = Book()
    pair = Pair([server.port for server in servers], tokens["operator"])
    for number, card in enumerate(cards):
        first = str(uuid.uuid4())
        if number % 2:
            _double_tap(book, card, first, pair.press(card, (first, first)))
        else:
            _two_phones(book, card, pair.press(card, (first, str(uuid.uuid4()))))
    pair.close()
    reader = Caller(servers[0].port, tokens["viewer"])
    book.compare_journal(list(reader.rows("journal")), book.promised())
    book.compare_orders(list(reader.rows("orders")), list(reader.rows("cards")))
    reader.close()
    return book


def _two_phones(book: Book, card: str, answers: list[dict[str, object]]) -> None:
    book.count("two phones")
    if [answer.get("effect") for answer in answers] != ["signalled", "already"]:
        book.fault("TWO PHONES", answers)
    elif answers[0]["order"] != answers[1]["order"]:
        book.fault("TWO ORDERS", answers)
    for answer in answers:
        _note(book, card, answer)


def _double_tap(book: Book, card: str, key: str, answers: list[dict[str, object]]) -> None:
    book.count("double taps")
    if [answer.get("effect") for answer in answers] != ["signalled", "signalled"]:
        book.fault("DOUBLE TAP", answers)
    elif [answer["replayed"] for answer in answers] != [False, True]:
        book.fault("REPLAYED", answers)
    for answer in answers:
        _note(book, card, answer)


def _note(book: Book, card: str, answer: dict[str, object]) -> None:
    if answer["status"] == 200:
        told = Told(card, str(answer["effect"]), answer["order"], answer["event"])  # type: ignore[arg-type]
        book.note(str(answer["key"]), told)
    else:
        book.fault("STATUS", answer)


def on_sqlite(folder: Path, pairs: int) -> Book:
    """Races against one server on SQLite."""
    shop = seed(sqlite_url(folder), folder, cards=2 * pairs)
    with serving(Server(folder)) as server:
        return run([server], shop.codes, shop.tokens)


def on_postgresql(folder: Path, pairs: int, url: str) -> Book:
    """Races against two servers on one PostgreSQL database."""
    shop = seed(url, folder, cards=2 * pairs)
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(Server(folder / name, url))) for name in ("one", "two")]
        return run(servers, shop.codes, shop.tokens)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=2000, help="two-phone pairs, and as many double taps")
    parser.add_argument("--postgresql", action="store_true", help="two servers on one PostgreSQL database")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kanban-races-") as place:
        if chosen.postgresql:
            with postgresql() as url:
                book = on_postgresql(Path(place), chosen.pairs, url)
        else:
            book = on_sqlite(Path(place), chosen.pairs)
    print(book.report())
    return 1 if book.faults else 0


if __name__ == "__main__":
    sys.exit(main())
