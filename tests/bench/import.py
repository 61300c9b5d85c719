"""Rows per second of an imported sheet: read, check, compare with the shop, keep.

python tests/bench/import.py [--rows 10000]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import ground
from served import sqlite_url

from kanban import clock, journal, schema
from kanban.db import Database
from kanban.imports import applying, planning, rows, sheet

T = TypeVar("T")
HEADINGS = "SKU,Name,Supplier,Supplier SKU,Pack size,Price,Lead time,Location,Cards,Quantity per bin"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000)
    count = parser.parse_args().rows
    print(ground.machine())
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as place:
        schema.upgrade(sqlite_url(Path(place)))
        database = Database(sqlite_url(Path(place)), Path(place))
        told = [*_import(database, "new", count, 100), *_import(database, "changed", count, 150)]
        told += _import(database, "as it was", count, 150)
        database.close()
    ground.table((f"{count:,} rows", "s", "CPU s", "rows a second"), told)
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _import(database: Database, what: str, count: int, quantity: int) -> Iterator[list[object]]:
    data = _sheet(count, quantity).encode()
    parsed, *spent = _timed(lambda: rows.parse(sheet.read(data, "shop.csv")))
    yield [f"{what}: read and check", *spent, count / spent[0]]

    def compare() -> object:
        with database.read() as session:
            return planning.plan(session, parsed, "EUR")

    _, *spent = _timed(compare)
    yield [f"{what}: compare", *spent, count / spent[0]]
    deed = journal.Deed(clock.now(), journal.By("import"))
    _, *spent = _timed(lambda: database.write(lambda session: applying.apply(session, deed, parsed, "EUR")))
    yield [f"{what}: keep", *spent, count / spent[0]]


def _sheet(count: int, quantity: int) -> str:
    rows = (
        f"S-{n},Größe {n},ACME {n % 40},9-{n},10,1:2.50;100:2.10,5,Hall {n % 5} > Rack {n % 100} > {n % 500},2,{quantity}"
        for n in range(count)
    )
    return "\n".join([HEADINGS, *rows]) + "\n"


def _timed(work: Callable[[], T]) -> tuple[T, float, float]:
    began, used = time.perf_counter(), time.process_time()
    done = work()
    return done, time.perf_counter() - began, time.process_time() - used


if __name__ == "__main__":
    main()
