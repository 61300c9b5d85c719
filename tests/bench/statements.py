"""SQL statements per scan and per board page, counted by SQLite itself on every connection."""

from __future__ import annotations

import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ground
from sqlalchemy import event

from kanban import config, create_app
from kanban.db import Database


def of_scan_and_board(turns: int = 200) -> dict[str, int]:
    """How many statements each screen sends, BEGIN and COMMIT included, in a warm program."""
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as place:
        shop = ground.seed(Path(place), cards=turns + 20, turns=turns)
        settings = config.load({"KANBAN_DATA": place, "KANBAN_BASE_URL": "http://localhost"})
        app = create_app(settings)
        database: Database = app.extensions["kanban"].database
        client = app.test_client()
        signed = {"Authorization": f"Bearer {shop.tokens['buyer']}"}
        codes = iter(shop.codes)

        def scan(code: str) -> None:
            answer = client.post(
                f"/c/{code}/scans", json={}, headers={**signed, "Idempotency-Key": str(uuid.uuid4())}
            )
            assert answer.status_code == 200

        with traced(database) as seen:
            counts: dict[str, int] = {}
            again = next(codes)
            scan(again)
            client.get("/", headers=signed)
            for name, work in (
                ("scan of a full card", lambda: scan(next(codes))),
                ("scan of an empty card", lambda: scan(again)),
                ("a card's page", lambda: client.get(f"/c/{again}", headers=signed)),
                ("board page", lambda: client.get("/", headers=signed)),
            ):
                seen.clear()
                work()
                counts[name] = len(seen)
        database.close()
    return counts


@contextmanager
def traced(database: Database) -> Iterator[list[str]]:
    """The statements that SQLite runs meanwhile, on connections opened meanwhile too."""
    seen: list[str] = []

    def trace(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_trace_callback(seen.append)

    for engine in (database.reader, database.writer):
        engine.dispose()
        event.listen(engine, "connect", trace)
    yield seen
    for engine in (database.reader, database.writer):
        event.remove(engine, "connect", trace)
        engine.dispose()


if __name__ == "__main__":
    print(ground.machine())
    ground.table(("SQL statements", "count"), of_scan_and_board().items())
