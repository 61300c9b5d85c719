"""Cards a second and bytes a card: whole-process figures beside the symbols alone and an empty PDF.

    python3 -m venv bare && bare/bin/pip install -e .     # the program alone
    bare/bin/python tests/bench/labels.py                  # 1,000 and 10,000 cards
    bare/bin/python tests/bench/labels.py 1000

An environment with the tests' tools loads some of them at every start (0.5 s), so it is refused.
Each line is a process of its own with all that it starts. *segno alone* makes the symbols and draws nothing;
*empty* draws the same cards without symbols; *again* is the reprint, whose matrices are kept. Every loop has
three cards; in *all different* each card is of another item, which no shop prints and which costs most.
"""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ASSETS = Path(__file__).parents[2] / "labels"
HOST = "https://kanban.example"
LINES = ("segno alone", "first print", "all different", "again", "empty")
CARDS = 3
"""Cards a loop."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def code(number: int) -> str:
    digest = hashlib.sha256(number.to_bytes(4, "big")).digest()
    return "".join(ALPHABET[byte % 32] for byte in digest[:12])


def label(card: int, cards: int = CARDS):
    """The card of a shop whose loops have so many each."""
    from kanban.labels import Label

    number = card // cards
    return Label(
        code=code(card), sku=f"M6-{number:05}-A2", name="Hexagon screw M6 × 20, A2", quantity="200 pcs",
        number=card % CARDS + 1, of=CARDS, supplier="Bossard", supplier_sku=f"BN 610-{number}",
        location=f"Hall {number % 4} › Rack {number % 90} › {number % 900:03}", lead_time="5 working days",
        colour="#0b5cad", printed_on="2026-11-26", shop="Works",
    )  # fmt: skip


def work(what: str, count: int, target: Path) -> None:
    """One line of the table, in this process."""
    from kanban.labels import jobs, plan, stocks, symbols

    if what == "segno alone":
        for number in range(count):
            symbols.symbol(HOST, code(number))
        return
    kept = symbols.Kept(target.with_suffix(".symbols"))
    kept.load()
    how = plan(ASSETS, HOST, "card", stocks.every(ASSETS)["a4-cards"], kept=kept)
    if what == "empty":
        blank = f"29\t{0:0211x}"
        kept.known = {f"{HOST}/c/{code(number)}": blank for number in range(count)}
        target = target.with_suffix(".empty.pdf")
    cards = 1 if what == "all different" else CARDS
    jobs.write_pdf((label(card, cards) for card in range(count)), how, target)


def measured(what: str, count: int, folder: Path) -> list[object]:
    target = folder / f"{count}{' different' if what == 'all different' else ''}.pdf"
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, __file__, "--one", what, str(count), str(target)], check=True)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    made = target.with_suffix(".empty.pdf") if what == "empty" else target
    size = made.stat().st_size // count if what != "segno alone" else "–"
    return [f"{count:,} cards, {what}", cpu, seconds, round(count / seconds), size, cpu / count * 1000]


def main(counts: list[int]) -> None:
    from ground import machine, table

    if "sphinx" in sys.modules:
        sys.exit("a tool of the tests is loaded at every start here: measure in an environment without them")
    print(f"{machine()}, {len(os.sched_getaffinity(0))} usable\n")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            rows += [measured(what, count, Path(folder)) for what in LINES]
    table(["", "CPU s", "wall s", "cards/s", "bytes/card", "CPU ms/card"], rows)
    for first in range(0, len(rows), len(LINES)):
        symbols = float(rows[first][1])  # type: ignore[arg-type]
        for whole in rows[first + 1 : first + 3]:
            print(f"{whole[0]}: all but the symbols costs {float(whole[1]) / symbols - 1:.2f} of them")  # type: ignore[arg-type]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process of all: {peak:,.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        work(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    else:
        main([int(each) for each in sys.argv[1:]] or [1_000, 10_000])
