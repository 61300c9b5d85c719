"""Lighthouse's scores of the screens that a phone opens most, on this machine and without a network.

npm install --prefix build/lighthouse lighthouse@12.8.2
PATH=$PWD/build/lighthouse/node_modules/.bin:$PATH .venv/bin/python tests/bench/lighthouse.py
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import ground
from browser.conftest import FLAGS
from browser.mortal import mortal_shop

CATEGORIES = ("performance", "accessibility", "best-practices")


def scores(address: str, cookie: str) -> list[int]:
    """The scores from 0 to 100, as a phone."""
    command = [
        "lighthouse", address, "--quiet", "--output=json", "--output-path=stdout",
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags={' '.join(['--headless=new', *FLAGS])}",
        f"--extra-headers={json.dumps({'Cookie': f'kanban={cookie}'})}",
    ]  # fmt: skip
    chrome = shutil.which("chromium") or "chromium"
    told = subprocess.run(command, capture_output=True, check=True, env=os.environ | {"CHROME_PATH": chrome})
    report = json.loads(told.stdout)
    if report["finalDisplayedUrl"] != address:
        sys.exit(f"{address} led to {report['finalDisplayedUrl']}")
    found = report["categories"]
    return [round(100 * (found[name]["score"] or 0)) for name in CATEGORIES]


def main() -> None:
    if not shutil.which("lighthouse"):
        sys.exit("lighthouse is not on the PATH: see the first lines of this file")
    print(ground.machine())
    with (
        tempfile.TemporaryDirectory(prefix="kanban-bench-") as place,
        mortal_shop(Path(place) / "shop") as shop,
    ):
        [code] = shop.take(1)
        paths = {"scan page": f"/cards/{code}", "scanner": "/scan", "board": "/"}
        rows = [[name, *scores(shop.address + path, shop.cookie)] for name, path in paths.items()]
        ground.table(("page", *CATEGORIES), rows)


if __name__ == "__main__":
    main()
