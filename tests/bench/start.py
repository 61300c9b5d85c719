"""How long a cold start takes: `kanban serve` until it takes scans, a restart, and the imports alone.

python tests/bench/start.py [--times 3]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ground
from served import Server

IMPORTS = ("kanban", "kanban.scans", "kanban.web", "kanban.worker", "kanban.cli")
COST = (
    "import resource; u = resource.getrusage(resource.RUSAGE_SELF); print((u.ru_utime + u.ru_stime) * 1000)"
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=3)
    chosen = parser.parse_args()
    print(ground.machine())
    rows = [["python -c pass", *_import("sys", chosen.times)]]
    rows += [[f"import {name}", *_import(name, chosen.times)] for name in IMPORTS]
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as place:
        server = Server(Path(place))
        for what in ("first start to /readyz", *["restart to /readyz"] * chosen.times):
            seconds = server.start()
            rows.append([what, seconds * 1000, server.cpu_seconds() * 1000])
            server.stop()
    ground.table(("what", "ms", "CPU ms (start: the worker's)"), rows)


def _import(name: str, times: int) -> tuple[float, float]:
    """The shortest of some runs: milliseconds by the wall and of CPU."""
    command = [sys.executable, "-c", f"import {name}; {COST}"]
    took: list[tuple[float, float]] = []
    for _ in range(times):
        began = time.perf_counter()
        spent = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        took.append(((time.perf_counter() - began) * 1000, float(spent)))
    return min(took)


if __name__ == "__main__":
    main()
