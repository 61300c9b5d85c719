"""The scanner in a real browser: from a picture to its code and to the shop's answer, and what it can read.

python tests/bench/scanner.py [--seconds 20] [--tries 8]
"""

from __future__ import annotations

import argparse
import base64
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

import ground
from browser import film
from browser.conftest import FLAGS, PHONE
from browser.film import over, printed
from browser.mortal import MortalShop, mortal_shop
from playwright.sync_api import Page, sync_playwright

MODULE = 0.78  # millimetres on this label
NEAR = 110  # millimetres across the picture
SHARP = 6  # pixels a module
GRADES: dict[str, dict[str, dict[str, float]]] = {
    "pixels a module": {f"{px:g}": {"across": MODULE * film.WIDTH / px} for px in (6, 4, 3, 2, 1.7, 1.5)},
    "blur, modules": {
        f"{share:g}": {"blur": share * SHARP, "across": MODULE * film.WIDTH / SHARP}
        for share in (0.2, 0.3, 0.4, 0.46, 0.5)
    },
    "tilt, degrees": {f"{angle}": {"tilt": angle, "across": NEAR} for angle in (0, 25, 40, 55, 65)},
    "contrast left": {
        f"{share:g}": {"contrast": share, "across": NEAR} for share in (1, 0.5, 0.25, 0.15, 0.1)
    },
    "noise, grey levels": {f"{noise}": {"noise": noise, "across": NEAR} for noise in (4, 10, 15, 20)},
    "all together": {
        "mild": {"across": 130, "tilt": 20, "blur": 1, "contrast": 0.7},
        "hard": {"across": 150, "tilt": 35, "blur": 1.5, "contrast": 0.4, "noise": 8},
    },
}
"""Each grade spoils one thing alone, the last ones several at once."""
MEASURE = """() => {
  window.told = { pictures: [], answers: [], read: 0 };
  const [make, mark, add] = [createImageBitmap, view.mark, entries.add];
  let begun = 0;
  window.createImageBitmap = (...from) => { begun = performance.now(); return make(...from); };
  view.mark = (pass) => {
    told.pictures.push(performance.now() - begun);
    told.read += pass.symbols.length > 0;
    mark(pass);
  };
  entries.add = (scan) => {
    const at = begun, row = add(scan);
    new MutationObserver((_, seen) => {
      if (row.element.dataset.state !== "sent") return;
      seen.disconnect();
      requestAnimationFrame(() => told.answers.push(performance.now() - at));
    }).observe(row.element, { attributes: true });
    return row;
  };
}"""
DECODE = """async (picture) => {
  const bytes = Uint8Array.from(atob(picture), (sign) => sign.charCodeAt(0));
  const found = await decoder.read(await createImageBitmap(new Blob([bytes])));
  return found.map(({ text }) => text);
}"""


def main() -> None:
    chosen = _arguments()
    print(ground.machine())
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as place, _shop(Path(place)) as shop:
        _speed(Path(place), shop, chosen.seconds)
        _success(Path(place), shop, chosen.tries)


def _speed(place: Path, shop: MortalShop, seconds: int) -> None:
    """A camera that moves from label to label of a sheet, and the answers that come back."""
    sheet = shop.cards[:21]
    paper = printed(sheet, shop.address)
    scenes: list[list[bytes]] = [film.nothing(1)]
    for position in range(2, 21, 3):
        scenes.append(film.hold(paper, over(position, across=200, tilt=15, blur=0.8), 2))
    with _scanner(place, shop, *scenes) as page:
        page.evaluate(MEASURE)
        page.wait_for_timeout(1000 * seconds)
        told: dict[str, Any] = page.evaluate("told")
    read = f"{100 * told['read'] / max(1, len(told['pictures'])):.0f} %"
    rows = [
        ["picture → codes", len(told["pictures"]), *_percentiles(told["pictures"])],
        ["picture → the shop's answer on the screen", len(told["answers"]), *_percentiles(told["answers"])],
    ]
    ground.table(("from → to", "number", "p50 ms", "p95 ms"), rows)
    print(f"pictures with a code in them: {read}\n")


def _success(place: Path, shop: MortalShop, tries: int) -> None:
    """How many of so many pictures of each grade are read right; the hand's roll differs."""
    code = shop.cards[30]
    paper = printed([code], shop.address)
    chance = random.Random(4)
    rows: list[list[object]] = []
    with _scanner(place, shop, film.nothing(1)) as page:
        page.wait_for_selector("#view[data-state=open]")
        for what, grades in GRADES.items():
            for grade, how in grades.items():
                poses = [over(1, roll=chance.uniform(-30, 30), **how) for _ in range(tries)]
                found = [_reads(page, film.frame(paper, pose), code) for pose in poses]
                rows.append([f"{what}: {grade}", f"{sum(found)} of {tries}"])
    ground.table(("label spoiled by", "read"), rows)


def _reads(page: Page, picture: Any, code: str) -> bool:
    texts: list[str] = page.evaluate(DECODE, base64.b64encode(film.jpeg(picture)).decode())
    assert all(text.endswith(code) for text in texts), f"a wrong reading: {texts}"
    return bool(texts)


def _percentiles(times: list[float]) -> tuple[float, float]:
    if len(times) < 2:
        return (times or [0.0])[0], (times or [0.0])[0]
    parts = statistics.quantiles(times, n=20, method="inclusive")
    return parts[9], parts[18]


@contextmanager
def _shop(place: Path) -> Iterator[MortalShop]:
    with mortal_shop(place / "shop", 40) as shop:
        yield shop


@contextmanager
def _scanner(place: Path, shop: MortalShop, *scenes: list[bytes]) -> Iterator[Page]:
    reel = film.write(place / "camera.mjpeg", *scenes)
    flags = [
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={reel}",
    ]  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS, *flags])
        context = browser.new_context(base_url=shop.address, permissions=["camera"], **PHONE)
        context.add_cookies([{"name": "kanban", "value": shop.cookie, "url": shop.address}])
        page = context.new_page()
        page.goto("/scan")
        yield page
        browser.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--tries", type=int, default=8)
    return parser.parse_args()


if __name__ == "__main__":
    main()
