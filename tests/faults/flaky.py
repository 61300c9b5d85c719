"""A bad network between phone and server: lines cut before, in and after the answer; doubled requests."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from served import HERE, free_port

FATES = {"well": 55, "cut before": 10, "cut after": 12, "cut in the answer": 8, "twice": 10, "again later": 5}
LATER = 0.4  # seconds after which a forgotten copy of a request arrives


class FlakyProxy:
    """Forwards single HTTP requests to ``port``; does something bad to nearly half of them."""

    def __init__(self, port: int, fates: Mapping[str, int] = FATES) -> None:
        self.upstream = port
        self.chances = fates
        self.port = free_port()
        self.fates: Counter[str] = Counter()
        self._listener = socket.create_server((HERE, self.port), backlog=256)
        self._thread = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more requests."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        fate = random.choices(list(self.chances), list(self.chances.values()))[0]
        self.fates[fate] += 1
        with client, suppress(OSError):
            client.settimeout(10)
            sent = _request(client)
            if fate == "cut before":
                return
            answer = self._ask(sent)
            if fate == "twice":
                answer = self._ask(sent) or answer
            if fate == "again later":
                threading.Thread(target=self._ask_later, args=(sent,), daemon=True).start()
            if fate == "cut in the answer":
                answer = answer[: len(answer) // 2]
            if fate != "cut after":
                client.sendall(answer)

    def _ask_later(self, sent: bytes) -> None:
        time.sleep(LATER)
        with suppress(OSError):
            self._ask(sent)

    def _ask(self, sent: bytes) -> bytes:
        with socket.create_connection((HERE, self.upstream), timeout=10) as server:
            server.sendall(sent)
            return _all(server)


def _request(client: socket.socket) -> bytes:
    """One whole request, told to be the last of its connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(client)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    length = next((int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += _some(client)
    return head + b"\r\nConnection: close\r\n\r\n" + body


def _some(client: socket.socket) -> bytes:
    received = client.recv(65536)
    if not received:
        raise OSError("the client went away")
    return received


def _all(server: socket.socket) -> bytes:
    data = b""
    while received := server.recv(65536):
        data += received
    return data
