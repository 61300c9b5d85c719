"""What a phone loads: bytes and requests of the first and the repeated visit of scan page and scanner.

python tests/bench/phone.py

*First* is a browser that knows nothing of us, *repeat* the same one again a moment later, *offline* a cold
start with the server killed. Bytes are what the server sends through the wire, headers and compressed
bodies alike, counted in between; *kept* is what the service worker fetches besides, in the background.
The decoder's wasm is counted apart.
"""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import ground
from browser.conftest import FLAGS, PHONE
from browser.mortal import MortalShop, mortal_shop
from playwright.sync_api import Browser, BrowserContext, sync_playwright

SETTLED_MS = 3_000
WASM = b"zxing_reader.wasm"


class Wire:
    """Stands between phone and server and counts what comes back: answers and bytes, the wasm's apart."""

    def __init__(self, server: int) -> None:
        self.server = server
        self.answers = self.bytes = self.wasm = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def read(self) -> tuple[int, int, int]:
        """Answers, bytes and bytes of wasm since the last time."""
        told = self.answers, self.bytes, self.wasm
        self.answers = self.bytes = self.wasm = 0
        return told

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self.server)) as server:
            asked: list[bytes] = [b""]
            threading.Thread(target=self._answer, args=(server, client, asked), daemon=True).start()
            while data := client.recv(65536):
                if data.startswith((b"GET ", b"POST ")):
                    asked[0] = data.split(b" ", 2)[1]
                    self.answers += 1
                server.sendall(data)

    def _answer(self, server: socket.socket, client: socket.socket, asked: list[bytes]) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if WASM in asked[0]:
                    self.wasm += len(data)
                else:
                    self.bytes += len(data)
                client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def main() -> None:
    print(ground.machine())
    with (
        tempfile.TemporaryDirectory(prefix="kanban-bench-") as place,
        mortal_shop(Path(place) / "shop") as shop,
        sync_playwright() as playwright,
    ):
        wire = Wire(shop.port)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        [code] = shop.take(1)
        paths = {"scan page": f"/c/{code}", "scanner": "/scan", "board": "/"}
        rows = [row for name, path in paths.items() for row in visits(browser, shop, wire, name, path)]
        browser.close()
        ground.table(("page", "visit", "requests", "bytes", "wasm", "ready ms"), rows)


def visits(browser: Browser, shop: MortalShop, wire: Wire, name: str, path: str) -> list[list[object]]:
    alone = opened(browser, shop, wire, service_workers="block")
    first = visited(alone, wire, path)
    alone.close()
    context = opened(browser, shop, wire)
    kept = [all_ - page for all_, page in zip(visited(context, wire, path), first, strict=True)]
    if name == "scan page":  # it starts no worker: any other screen has done so before
        visited(context, wire, "/queue")
    repeat = visited(context, wire, path)
    shop.kill()
    offline = visited(context, wire, path)
    shop.start()
    context.close()
    told = {"first": first, "repeat": repeat, "offline": offline} | (
        {"kept": kept} if name == "scanner" else {}
    )
    return [[name, visit, *counts] for visit, counts in told.items()]


def opened(browser: Browser, shop: MortalShop, wire: Wire, **how: str) -> BrowserContext:
    address = f"http://127.0.0.1:{wire.port}"
    context = browser.new_context(base_url=address, **PHONE, **how)  # type: ignore[arg-type]
    context.add_cookies([{"name": "kanban", "value": shop.cookie, "url": address}])
    return context


def visited(context: BrowserContext, wire: Wire, path: str) -> list[int]:
    wire.read()
    page = context.new_page()
    page.goto(path, wait_until="load")
    page.wait_for_timeout(SETTLED_MS)
    ready: float = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    page.close()
    return [*wire.read(), round(ready)]


if __name__ == "__main__":
    main()
