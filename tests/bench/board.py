"""The board with thousands of open replenishments: first visit, changed refresh, unchanged refresh.

python tests/bench/board.py [--turns 10000] [--requests 40]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import ground
from served import Caller, Server, serving


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=10_000, help="open replenishments")
    parser.add_argument("--requests", type=int, default=40)
    chosen = parser.parse_args()
    print(ground.machine())
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as place:
        shop = ground.seed(Path(place), cards=2 * chosen.turns, turns=chosen.turns)
        with serving(Server(Path(place))) as server:
            rows = _measure(server, shop.tokens["buyer"], chosen.requests)
    ground.table((f"board, {chosen.turns:,} open", "status", "p50 ms", "p95 ms", "server CPU ms"), rows)


def _measure(server: Server, token: str, requests: int) -> list[list[object]]:
    caller = Caller(server.port, token)
    tag = caller.call("GET", "/").headers["HX-PTag"]
    caller.close()
    fragment = "HX-Request: true\r\n"
    return [
        _row("whole page", server, ground.request("GET", "/", token), requests),
        _row("columns alone", server, ground.request("GET", "/", token, more=fragment), requests),
        _row(
            "nothing new",
            server,
            ground.request("GET", "/", token, more=f"{fragment}HX-PTag: {tag}\r\n"),
            requests * 5,
        ),
        _row("text search", server, ground.request("GET", "/?q=part+12", token), requests),
        _row("one lane, page 20", server, ground.request("GET", "/?lane=to_order&page=20", token), requests),
    ]


def _row(what: str, server: Server, sent: bytes, requests: int) -> list[object]:
    ground.load(server.port, 1, [sent])
    before = server.cpu_seconds()
    run = ground.load(server.port, 1, [sent] * requests)
    spent = (server.cpu_seconds() - before) / requests * 1000
    return [what, " ".join(map(str, run.statuses)), run.milliseconds(0.5), run.milliseconds(0.95), spent]


if __name__ == "__main__":
    main()
