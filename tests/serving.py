"""A real server in a process of its own, as somebody starts it, and a plain browser that calls it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from ports import free_port
from shop import open_shop
from waiting import LONGEST_WAIT, wait_until

from kanban import people, schema
from kanban.db import Database

KANBAN = str(Path(sys.executable).with_name("kanban"))
START_LASTS = 240.0  # seconds, at most: the demo shop is filled first, on a busy machine


@dataclass(frozen=True)
class Served:
    """A server that answers: its main process, its address and the file that its words go to."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text()

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal and wait for the end; returns the exit code."""
        self.process.send_signal(sign)
        return self.process.wait(LONGEST_WAIT)


def environment(folder: Path, port: int, **settings: str) -> dict[str, str]:
    """The environment of a server of the folder's shop, on this machine alone."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("KANBAN_")}
    return mine | {
        "KANBAN_DATA": str(folder),
        "KANBAN_HOST": "127.0.0.1",
        "KANBAN_PORT": str(port),
        "KANBAN_BASE_URL": f"http://127.0.0.1:{port}",
        **settings,
    }


@contextmanager
def serving(
    folder: Path, *options: str, port: int | None = None, command: str = KANBAN, **settings: str
) -> Iterator[Served]:
    """``kanban serve`` on a folder, from its first answer until the test is done with it.

    It is started from the folder above the shop's, so that nothing of a checkout is found by chance.
    """
    port = port or free_port()
    log = folder.with_name(f"{folder.name}-{port}.log")
    with log.open("ab") as out:
        process = subprocess.Popen(
            [command, "serve", *options], env=environment(folder, port, **settings), cwd=folder.parent,
            stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip
    served = Served(process, f"http://127.0.0.1:{port}", log)
    try:
        wait_until(lambda: is_ready(served), served.log, START_LASTS)
        yield served
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(LONGEST_WAIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def stocked(folder: Path) -> tuple[str, list[str]]:
    """A small shop in the folder; returns the token of a scanner, and the codes of cards with full bins."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'kanban.sqlite'}"
    schema.upgrade(url)
    database = Database(url, folder)
    shop = open_shop(database)
    _, token = shop.write(lambda session: people.add_device(session, shop.deed(), "Scanner", "operator"))
    database.close()
    return token, shop.cards


def is_ready(served: Served) -> bool:
    """Whether the server says that it can take a scan; fails the test where it ended instead."""
    assert served.process.poll() is None, f"the server ended:\n{served.said}"
    try:
        return Browser(served.address).get("/readyz").status == 200
    except (URLError, ConnectionError, TimeoutError):
        return False


@dataclass
class Form(HTMLParser):
    """A form on a page: where it goes, and the fields that it sends by itself."""

    action: str
    page: str = field(repr=False)
    fields: dict[str, str] = field(default_factory=dict)
    _inside: bool = False

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        if tag == "form":
            self._inside = (told.get("method"), told.get("action")) == ("post", self.action)
        elif tag == "input" and self._inside and told.get("name"):
            self.fields[str(told["name"])] = told.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"


@dataclass(frozen=True)
class Page:
    """What came back: the address it came from, its status and its text."""

    address: str
    status: int
    text: str

    def form(self, action: str) -> Form:
        found = Form(action, self.text)
        assert found.fields, f"no form that posts to {action} on {self.address}:\n{self.text}"
        return found


class Browser:
    """Opens pages and sends their forms, with cookies and without script."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._cookies))

    def get(self, path: str) -> Page:
        return self._open(Request(self._full(path), headers={"Accept": "text/html"}))

    def send(self, page: Page, action: str, **typed: str) -> Page:
        """Fill in the page's form that posts to ``action``, and send it."""
        fields = page.form(action).fields | typed
        headers = {"Origin": self.address, "Accept": "text/html"}
        return self._open(Request(self._full(action), urlencode(fields).encode(), headers))

    def sign_in(self, login: str, password: str) -> Page:
        return self.send(self.get("/sign-in"), "/sign-in", login=login, password=password)

    def scan(self, code: str, token: str) -> Page:
        """Signal a card as a device with this token does."""
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
        json = {"Content-Type": "application/json"}
        return self._open(Request(self._full(f"/c/{code}/scans"), b"{}", headers | json))

    def _full(self, path: str) -> str:
        return path if path.startswith("http") else self.address + path

    def _open(self, request: Request) -> Page:
        try:
            with self._opener.open(request, timeout=20) as answer:
                return Page(answer.url, answer.status, answer.read().decode())
        except HTTPError as refused:
            with refused:
                return Page(refused.url, refused.code, refused.read().decode())
