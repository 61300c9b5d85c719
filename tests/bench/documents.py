"""How many purchase orders are set as PDF in a second, by one thread, with few and with many lines.

python tests/bench/documents.py [--times 50]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import ground

from kanban import config, documents

LINE = documents.DocumentLine(
    "FAS-0516", "Socket head screw M5×16, 8.8 zinc", "400", "pcs", "SHC-0516-8Z", "2", "200 pcs",
    "€0.064", "€25.60", "2 Dec 2026",
)  # fmt: skip
PARTY = ("Quillmere Precision", "Unit 7, Foundry Lane", "Quillmere, Co. Kildare", "Ireland")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=50)
    chosen = parser.parse_args()
    print(ground.machine())
    rows = []
    for lines in (3, 12, 60):
        order = documents.OrderDocument(
            "PO-000583", "24 Nov 2026", PARTY, PARTY, PARTY, (LINE,) * lines, "€136.80", "EUR",
            bill_to=PARTY, vat_id="IE 0000000XX", terms="Payment 30 days net.",
        )  # fmt: skip
        size, seconds, cpu = _set(order, chosen.times)
        rows.append([f"{lines} lines", chosen.times / seconds, cpu / chosen.times * 1000, size / 1000])
    ground.table(("order of", "PDF/s", "CPU ms each", "kB each"), rows)


def _set(order: documents.OrderDocument, times: int) -> tuple[int, float, float]:
    templates, fonts = config.assets("templates"), Path(config.assets("labels")) / "fonts"
    size = len(documents.order_pdf(order, templates=templates, fonts=fonts))  # the first one loads the fonts
    began, cpu = time.perf_counter(), time.process_time()
    for _number in range(times):
        documents.order_pdf(order, templates=templates, fonts=fonts)
    return size, time.perf_counter() - began, time.process_time() - cpu


if __name__ == "__main__":
    main()
