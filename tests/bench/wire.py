"""Bytes on the wire, as a phone receives them: scan page, board and scanner, first visit, with all they load.

python tests/bench/wire.py
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import ground
from served import Caller, Server, serving

ASSET = re.compile(rb"""(?:src|href)="(/static/[^"#]+)""")
LATE = re.compile(rb"""data-(?:worker|reader|wasm)="(/static/[^"]+)""")  # when the camera opens
TURNS = 300


def main() -> None:
    print(ground.machine())
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as place:
        shop = ground.seed(Path(place), cards=TURNS + 20, turns=TURNS)
        with serving(Server(Path(place))) as server:
            for path in (f"/c/{shop.codes[0]}", "/", "/scan"):
                ground.table(
                    (f"GET {path}", "body", "headers", "plain"), _visit(server, shop.tokens["buyer"], path)
                )


def _visit(server: Server, token: str, path: str) -> list[list[object]]:
    caller = Caller(server.port, token)
    page, *row = _fetch(caller, path)
    rows: list[list[object]] = [[path, *row]]
    for asset in dict.fromkeys(ASSET.findall(page)):
        rows.append([asset.decode().partition("?")[0], *_fetch(caller, asset.decode())[1:]])
    rows.append(["together", *(sum(int(row[n]) for row in rows) for n in (1, 2, 3))])  # type: ignore[call-overload]
    for asset in LATE.findall(page):
        rows.append([f"later: {asset.decode().partition('?')[0]}", *_fetch(caller, asset.decode())[1:]])
    caller.close()
    return rows


def _fetch(caller: Caller, path: str) -> tuple[bytes, int, int, int]:
    """The page in plain, and its bytes: body and headers as sent to a browser, body in plain."""
    packed = caller.call("GET", path, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    plain = caller.call("GET", path, headers={"Accept-Encoding": "identity"})
    head = sum(len(name) + len(value) + 4 for name, value in packed.headers.items())
    assert packed.status == 200, f"{path}: {packed.status}"
    return plain.body, len(packed.body), head, len(plain.body)


if __name__ == "__main__":
    main()
