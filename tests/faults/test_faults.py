"""A small share of the fault scripts, against a real server; the full runs are the scripts themselves."""

import subprocess
import sys
from pathlib import Path

import crash
import hostile
import mails
import pytest
import races
from postgres import postgresql


def test_what_was_acknowledged_survives_kills_and_a_bad_network(tmp_path: Path) -> None:
    book = crash.run(tmp_path, cycles=2, phones=6, cards=60, least=10)
    assert not book.faults, book.report()


def test_two_phones_and_double_taps_make_one_order_on_sqlite(tmp_path: Path) -> None:
    book = races.on_sqlite(tmp_path, pairs=40)
    assert not book.faults, book.report()
    assert (book.seen["two phones"], book.seen["double taps"]) == (40, 40)


def test_two_phones_and_double_taps_make_one_order_through_two_servers_on_postgresql(tmp_path: Path) -> None:
    with postgresql() as url:
        book = races.on_postgresql(tmp_path, 30, url)
    assert not book.faults, book.report()
    assert (book.seen["two phones"], book.seen["double taps"]) == (30, 30)


@pytest.mark.parametrize("seed", [1])
def test_nothing_that_a_client_sends_breaks_the_server(tmp_path: Path, seed: int) -> None:
    sweep = hostile.sweep_of(tmp_path, 800, seed)
    assert not sweep.broken, sweep.report()
    assert sum(sweep.statuses.values()) > 400


def test_dispatchers_killed_at_random_lose_no_order_and_double_none_without_the_mark(tmp_path: Path) -> None:
    seen = mails.run(tmp_path, 25)
    assert not seen.faults, seen.report()
    assert seen.kills > 0
    assert seen.mails >= 25


def test_a_phone_loses_and_doubles_no_scan_on_a_bad_day() -> None:
    """In a process of its own: a worker that drives a browser already cannot begin another."""
    script = Path(__file__).with_name("offline.py")
    done = subprocess.run([sys.executable, script, "--scans", "16"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
