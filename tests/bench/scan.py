"""Scans per second, and how long one takes: 1 to 128 clients, beside bare Flask and a bare durable commit.

python tests/bench/scan.py [--requests 1500] [--cards 1000,100000] [--clients 1,8,32,128]
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import ground
import statements
from served import Server, serving

SIZES = "1000,100000"
CLIENTS = "1,8,32,128"
THREADS = 32


def main() -> None:
    chosen = _arguments()
    print(ground.machine())
    clients = [int(each) for each in chosen.clients.split(",")]
    rows: list[list[object]] = [["bare durable commit", 1, *_commits()]]
    rows += _bare(clients, chosen.requests)
    for size in chosen.cards.split(","):
        rows += _scans(int(size), clients, chosen.requests)
    ground.table(("what", "clients", "a second", "p50 ms", "p95 ms", "server CPU ms", "not 200"), rows)
    ground.table(("SQL statements", "count"), statements.of_scan_and_board().items())


def _scans(cards: int, clients: list[int], requests: int) -> Iterator[list[object]]:
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as place:
        shop = ground.seed(Path(place), cards=cards)
        random.Random(1).shuffle(shop.codes)
        with serving(Server(Path(place))) as server:
            full = iter(shop.codes)
            for count in clients:
                todo = min(requests, (cards - len(clients) * 10) // len(clients))
                sent = [ground.scan_request(next(full), shop.tokens["operator"]) for _ in range(todo)]
                ground.load(server.port, count, sent[:10])  # every thread has its connections
                yield _row(f"scan, {cards:,} cards", count, server, sent[10:])


def _row(what: str, clients: int, server: Server, sent: list[bytes]) -> list[object]:
    before = server.cpu_seconds()
    run = ground.load(server.port, clients, sent)
    spent = (server.cpu_seconds() - before) / len(sent) * 1000
    refused = len(sent) - run.statuses.get(200, 0)
    return [what, clients, run.rate, run.milliseconds(0.5), run.milliseconds(0.95), spent, refused]


def _bare(clients: list[int], requests: int) -> Iterator[list[object]]:
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as place:
        server = Server(Path(place))
        command = [sys.executable, str(Path(__file__).with_name("bare.py")), str(server.port), str(THREADS)]
        server.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not server.is_ready():
                time.sleep(0.05)
            for count in clients:
                sent = [ground.scan_request("7K3M9QX2FT4A", "x" * 43) for _ in range(requests)]
                ground.load(server.port, count, sent[:10])
                yield _row("bare Flask", count, server, sent[10:])
        finally:
            server.stop()


def _commits(count: int = 200) -> list[object]:
    """One-row transactions on SQLite as the product sets it, one after the other."""
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as place:
        connection = sqlite3.connect(f"{place}/commits.sqlite", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, data TEXT)")
        latencies, used = [], time.process_time()
        for _ in range(count):
            began = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO event (data) VALUES (?)", ("x" * 600,))
            connection.execute("COMMIT")
            latencies.append(time.perf_counter() - began)
        connection.close()
    spent = (time.process_time() - used) / count * 1000
    p50, p95 = (ground.quantile(latencies, share) * 1000 for share in (0.5, 0.95))
    return [count / sum(latencies), p50, p95, spent, 0]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=1500, help="scans per row")
    parser.add_argument("--cards", default=SIZES, help="sizes of the shop")
    parser.add_argument("--clients", default=CLIENTS, help="clients at once")
    return parser.parse_args()


if __name__ == "__main__":
    main()
