"""A phone scans on through a bad day: answers are lost, the server dies, the phone is switched off and on.

python tests/faults/offline.py --scans 1000

A real browser, a real server, and between them a line that drops four answers of ten after the server has
committed. Every scan must be in the journal once, and every card's bin ordered once.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from browser.conftest import FLAGS, PHONE
from browser.mortal import MortalShop, mortal_shop, scan
from flaky import FlakyProxy
from playwright.sync_api import BrowserContext, BrowserType, Page, sync_playwright
from waiting import wait_until

LOSSES = {"well": 60, "cut after": 40}
EAGER = "setInterval(() => self.queue?.flush(), 100);"
"""A phone that is looked at all the time: the pauses between tries are not what is tried here."""
LONGEST = 1_800.0  # seconds


@dataclass(frozen=True)
class Day:
    """What became of the scans."""

    made: int
    lost: int
    doubled: int
    dropped: int
    seconds: float

    def report(self) -> str:
        """In one line."""
        return (
            f"{self.made} scans, {self.dropped} answers dropped after the commit, "
            f"lost {self.lost}, doubled {self.doubled}, {self.seconds:.0f} s"
        )


def run(folder: Path, scans: int) -> Day:
    """Scan so many cards, with the server killed and the phone switched off in the middle."""
    began = time.monotonic()
    with mortal_shop(folder / "shop", scans) as shop, sync_playwright() as playwright:
        proxy = FlakyProxy(shop.port, LOSSES)
        codes = list(shop.cards)
        made: list[str] = []
        for share in (codes[: scans // 2], codes[scans // 2 :]):
            context = phone(playwright.chromium, folder / "phone", shop, proxy)
            page = opened(context)
            made += [scan(page, code) for code in share[: len(share) // 2]]
            shop.kill()
            made += [scan(page, code) for code in share[len(share) // 2 :]]
            wait_until(lambda: page.evaluate(ALL_ARE_KEPT), seconds=LONGEST)  # noqa: B023 - asked at once
            if share[0] == codes[0]:
                context.close()  # switched off with scans waiting
            shop.start()
        wait_until_sent(page)
        context.close()
        proxy.close()
        return judged(shop, codes, made, proxy.fates["cut after"], time.monotonic() - began)


ALL_ARE_KEPT = """() => {
  let saving = 0;
  const stop = queue.onChange((all) => { saving = all.filter((each) => each.state === "saving").length; });
  stop();
  return saving === 0;
}"""


def phone(chromium: BrowserType, profile: Path, shop: MortalShop, proxy: FlakyProxy) -> BrowserContext:
    address = f"http://127.0.0.1:{proxy.port}"
    program = shutil.which("chromium")
    context = chromium.launch_persistent_context(
        profile, executable_path=program, args=FLAGS, base_url=address, **PHONE
    )
    context.add_cookies([{"name": "kanban", "value": shop.cookie, "url": address}])
    context.add_init_script(EAGER)
    return context


def opened(context: BrowserContext) -> Page:
    """The queue's page, opened again until all of it came through the bad line."""
    page = context.new_page()
    for _ in range(200):
        try:
            page.goto("/queue")
            if page.evaluate("typeof queue === 'object'"):
                return page
        except Exception:  # the line was cut
            time.sleep(0.1)
    raise AssertionError("the page never came through")


def wait_until_sent(page: Page) -> None:
    page.wait_for_function("() => queue.status().unsent === 0", timeout=LONGEST * 1_000, polling=500)


def judged(shop: MortalShop, codes: list[str], made: list[str], dropped: int, seconds: float) -> Day:
    recorded = shop.scans(made)
    keys = Counter(each.key for each in recorded)
    signalled = Counter(each.code for each in recorded if each.effect == "signalled")
    lost = sum(keys[key] == 0 for key in made) + sum(signalled[code] == 0 for code in codes)
    doubled = sum(count - 1 for count in (*keys.values(), *signalled.values()))
    return Day(len(made), lost, doubled, dropped, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=1_000)
    with tempfile.TemporaryDirectory(prefix="kanban-offline-") as place:
        day = run(Path(place), parser.parse_args().scans)
    print(day.report())
    sys.exit(1 if day.lost or day.doubled else 0)


if __name__ == "__main__":
    main()
