"""Waiting for what happens elsewhere: in another thread, another process, a browser."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST_WAIT = 60.0
"""Seconds until something counts as never happening: what is quick on one machine is slow on another."""
PAUSE = 0.02


def wait_until(true: Callable[[], object], about: object = "", seconds: float = LONGEST_WAIT) -> None:
    """Wait for something to become true; fails the test where it does not."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not so after {seconds} seconds: {about}"
        time.sleep(PAUSE)
