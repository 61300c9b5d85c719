"""The first start and every later one: the real command, the real port, and signals that end it."""

from __future__ import annotations

import fcntl
import signal
import socket
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zxingcpp
from PIL import Image
from ports import free_port
from serving import KANBAN, Browser, Served, environment, serving, stocked
from waiting import LONGEST_WAIT, wait_until

PASSWORD = "correct horse battery"
DOT = 4  # pixels of a module of the terminal's QR code, as a phone may see it
TERMINAL = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), "\xa0": (0, 0), " ": (0, 0)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the shop's data will lie; not there yet."""
    return tmp_path / "shop"


def set_up_link(served: Served) -> str:
    lines = [line.strip() for line in served.said.splitlines()]
    return next(line for line in lines if line.startswith(f"{served.address}/set-up/"))


def decoded(said: str) -> str:
    """What a phone reads from the terminal, white on black."""
    rows = [line for line in said.splitlines() if line and set(line) <= set(TERMINAL) and line.strip()]
    width = max(map(len, rows)) + 8
    image = Image.new("L", (width, 2 * len(rows) + 8))
    for y, row in enumerate(rows):
        for x, character in enumerate(row):
            for half, tone in enumerate(TERMINAL[character]):
                image.putpixel((x + 4, 2 * y + half + 4), tone)
    image = image.resize((image.width * DOT, image.height * DOT), Image.Resampling.NEAREST)
    found = zxingcpp.read_barcodes(image)
    assert len(found) == 1, said
    text: str = found[0].text
    return text


def become_admin(served: Served) -> Browser:
    browser = Browser(served.address)
    link = urlsplit(set_up_link(served)).path
    typed = {"shop": "Mill Lane Works", "name": "Ada", "login": "ada", "password": PASSWORD}
    page = browser.send(browser.get(link), link, **typed, password_again=PASSWORD)
    assert page.status == 200, page.text
    return browser


def full_card(folder: Path) -> str:
    """The code of a card whose bin is full."""
    with closing(sqlite3.connect(f"file:{folder / 'kanban.sqlite'}?mode=ro", uri=True)) as database:
        (code,) = database.execute(
            "SELECT code FROM card WHERE life = 'active'"
            " AND id NOT IN (SELECT card_id FROM replenishment WHERE closed_at IS NULL)"
            " ORDER BY id LIMIT 1"
        ).fetchone()
    return str(code)


def scan(browser: Browser, code: str) -> str:
    """Open the card's page and press its big button; returns the page that follows."""
    page = browser.send(browser.get(f"/c/{code}"), f"/c/{code}/scans")
    assert page.status == 200, page.text
    return page.text


def is_released(folder: Path) -> bool:
    """Whether no process owns the data folder."""
    with (folder / "serve.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_one_command_leads_from_nothing_to_a_scanned_card(folder: Path) -> None:
    with serving(folder, "--demo") as served:
        assert decoded(served.said) == set_up_link(served)
        become_admin(served)
        phone = Browser(served.address)
        board = phone.sign_in("ada", PASSWORD)
        assert board.address == f"{served.address}/"
        assert "Mill Lane Works" in board.text
        code = full_card(folder)
        assert "Ordered" in scan(phone, code)
        assert "Already on order" in phone.get(f"/c/{code}").text


def test_it_offers_the_set_up_link_until_somebody_has_come_in(folder: Path) -> None:
    with serving(folder) as served:
        become_admin(served)
        assert Browser(served.address).get(set_up_link(served)).status == 410
    with serving(folder) as served:
        assert "/set-up/" not in served.said


def test_a_killed_server_frees_its_port_and_folder_and_loses_nothing(folder: Path) -> None:
    token, (first, second, *_) = stocked(folder)
    port = free_port()
    with serving(folder, port=port) as served:
        assert '"signalled"' in Browser(served.address).scan(first, token).text
        served.stop(signal.SIGKILL)
        wait_until(lambda: is_free(port) and is_released(folder))
    with serving(folder, port=port) as served:
        browser = Browser(served.address)
        assert '"already"' in browser.scan(first, token).text
        assert '"signalled"' in browser.scan(second, token).text


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_asked(folder: Path, sign: signal.Signals) -> None:
    token, (code, *_) = stocked(folder)
    with serving(folder) as served:
        browser = Browser(served.address)
        assert '"signalled"' in browser.scan(code, token).text
        assert served.stop(sign) == 0
        assert is_free(int(served.address.rsplit(":", 1)[1]))
        assert is_released(folder)


def test_a_second_server_on_the_same_folder_is_refused(folder: Path) -> None:
    stocked(folder)
    with serving(folder) as served:
        second = subprocess.run(
            [KANBAN, "serve"],
            env=environment(folder, free_port()),
            capture_output=True,
            text=True,
            timeout=LONGEST_WAIT,
        )
        assert second.returncode == 1
        assert str(served.process.pid) in second.stderr
        assert str(folder) in second.stderr
        assert Browser(served.address).get("/readyz").status == 200


def test_a_setting_that_cannot_work_stops_the_start(folder: Path) -> None:
    wrong = environment(folder, free_port()) | {"KANBAN_TIME_ZONE": "Mars/Olympus"}
    ended = subprocess.run([KANBAN, "serve"], env=wrong, capture_output=True, text=True, timeout=LONGEST_WAIT)
    assert ended.returncode == 1
    assert "KANBAN_TIME_ZONE" in ended.stderr
    assert not folder.exists()
