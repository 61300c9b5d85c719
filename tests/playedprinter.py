"""A label printer on the network, played: it takes what comes and answers questions as it was told to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, repeat

from kanban.labels import status

Answer = bytes | Callable[[socket.socket], None]


def told(
    *, paper: int = 0, paused: int = 0, formats: int = 0, partial: int = 0, hot: int = 0, head: int = 0,
    ribbon: int = 0, remaining: int = 0,
) -> bytes:  # fmt: skip
    """The three strings of ``~HS``, as the guide prints them."""
    return (
        f"\x02030,{paper},{paused},0813,{formats:03},0,0,{partial},000,0,0,{hot}\x03\r\n"
        f"\x02000,0,{head},{ribbon},0,2,6,0,{remaining:08},1,000\x03\r\n"
        "\x021234,0\x03\r\n"
    ).encode()


def errors(flags: int) -> bytes:
    """The answer to ``~HQES``."""
    present = int(flags > 0)
    said = f"  ERRORS:         {present} 00000000 {flags:08X}\r\n  WARNINGS:       0 00000000 00000000\r\n"
    return f"\x02\r\n  PRINTER STATUS\r\n{said}\x03".encode()


def slowly(answer: bytes, pause: float) -> Answer:
    """The same, byte by byte."""

    def say(connection: socket.socket) -> None:
        for each in answer:
            connection.sendall(bytes([each]))
            time.sleep(pause)

    return say


class Played:
    """What the printer took, and how often it was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.taken = bytearray()
        self.asked = 0
        self.labels_when_asked: list[int] = []

    @property
    def labels(self) -> bytes:
        """What it took without the questions."""
        return bytes(self.taken).replace(status.QUESTION, b"")


@contextmanager
def played(*answers: Answer, connections: int = 1) -> Iterator[Played]:
    """A printer that answers each question with the next answer, and at the end always with the last one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        printer = Played(server.getsockname()[1])
        said = chain(answers, repeat(answers[-1])) if answers else repeat(b"")

        def serve() -> None:
            for _each in range(connections):
                connection, _ = server.accept()
                with connection:
                    _serve(connection, printer, said)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield printer
        thread.join(20)


@contextmanager
def asleep() -> Iterator[int]:
    """The port of a printer that takes nothing and says nothing."""
    with socket.socket() as printer:
        printer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        printer.bind(("127.0.0.1", 0))
        printer.listen(5)
        yield printer.getsockname()[1]


def _serve(connection: socket.socket, printer: Played, said: Iterator[Answer]) -> None:
    asked = 0
    mine = bytearray()
    try:
        while some := connection.recv(65_536):
            printer.taken.extend(some)
            mine.extend(some)
            while mine.count(status.QUESTION) > asked:
                asked += 1
                printer.asked += 1
                printer.labels_when_asked.append(printer.taken.count(b"^XZ"))
                _say(connection, next(said))
    except OSError:  # whoever sends broke off
        pass


def _say(connection: socket.socket, answer: Answer) -> None:
    if callable(answer):
        answer(connection)
    else:
        connection.sendall(answer)


def cut(answer: bytes) -> Sequence[bytes]:
    """An answer that ends too early, at each place where it may."""
    return [answer[:length] for length in range(0, len(answer), 7)]
