"""A mail server that breaks off, falls silent or says no at each step of the talk, from the first byte on."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import pytest
from shop import Shop

from kanban import config
from senders.conftest import deliveries

Send = Callable[..., int]

STEPS = ("connect", "EHLO", "STARTTLS", "handshake", "AUTH", "MAIL", "RCPT", "DATA", "dot")
ENCRYPTED = ("STARTTLS", "handshake")


@dataclass
class Talk:
    """One talk: all goes well until ``step``, where ``how`` happens (*drop*, *silence*, or words to say)."""

    step: str
    how: str
    offers: str = ""
    heard: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def hold(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as lines, suppress(OSError):
            if not self._say(connection, "connect", "220 ready"):
                return
            for line in lines:
                words = line.decode().split()
                command = words[0].upper() if words else ""
                self.heard.append(command)
                if not self._answer(connection, command, lines):
                    return

    def _answer(self, connection: socket.socket, command: str, lines: Iterator[bytes]) -> bool:
        if command in ("EHLO", "HELO"):
            return self._say(connection, "EHLO", f"250-here\r\n{self.offers}250 HELP")
        if command == "STARTTLS":
            return self._say(connection, "STARTTLS", "220 go") and self._say(connection, "handshake", "")
        if command == "AUTH":
            return self._say(connection, "AUTH", "235 welcome")
        if command == "DATA":
            if not self._say(connection, "DATA", "354 go on") or self.step == "DATA":
                return self.how not in ("drop", "silence")
            while next(lines) != b".\r\n":
                pass
            return self._say(connection, "dot", "250 taken")
        if command == "QUIT":
            return False
        return self._say(connection, command, "250 fine")

    def _say(self, connection: socket.socket, step: str, usually: str) -> bool:
        """Whether the talk goes on."""
        if step != self.step:
            if usually:
                connection.sendall(f"{usually}\r\n".encode())
            return True
        if self.how == "silence":
            self.over.wait(20)
            return False
        if self.how != "drop":
            connection.sendall(f"{self.how}\r\n".encode())
            return step != "handshake"
        return False


@contextmanager
def talking(talk: Talk) -> Iterator[int]:
    """The port at which ``talk`` is held, with whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _address = server.accept()
                    with connection:
                        talk.hold(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            talk.over.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def sent_through(works: Shop, send: Send, settings: config.Settings, talk: Talk) -> None:
    """One order, by a server that holds ``talk``."""
    encrypted = talk.step in ENCRYPTED
    talk.offers = "250-STARTTLS\r\n" if encrypted else "250-AUTH PLAIN LOGIN\r\n"
    assert settings.mail is not None
    works.ordered(works.screws[0])
    with talking(talk) as port:
        mail = replace(
            settings.mail, host="127.0.0.1", port=port, user="works", password="sesame",
            security="starttls" if encrypted else "none",
        )  # fmt: skip
        send(settings=replace(settings, mail=mail))


@pytest.mark.parametrize("how", ["drop", "silence"])
@pytest.mark.parametrize("step", STEPS)
def test_whatever_step_it_breaks_off_at_the_mail_is_tried_again(
    works: Shop, send: Send, settings: config.Settings, monkeypatch: pytest.MonkeyPatch, step: str, how: str
) -> None:
    reaches_its_step = 3.0 if step == "dot" else 0.5  # seconds: by the last one all others are behind it
    monkeypatch.setattr("kanban.senders.email.connections.LONGEST_TRY", reaches_its_step)
    monkeypatch.setattr("kanban.senders.email.connections.LONGEST_GOODBYE", 0.2)
    sent_through(works, send, settings, Talk(step, how))
    (delivery,) = deliveries(works)
    assert (delivery.state, delivery.attempts) == ("queued", 1), delivery.answer
    assert delivery.possible_repeat == (step == "dot"), "only after the final dot may it have arrived"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("connect", "421 too busy"), ("connect", "554 not you"), ("EHLO", "421 closing"), ("EHLO", "554 no"),
        ("STARTTLS", "454 not now"), ("STARTTLS", "501 what"), ("handshake", "no handshake this"),
        ("AUTH", "454 later"), ("AUTH", "535 wrong"), ("MAIL", "451 later"), ("RCPT", "451 greylisted"),
        ("DATA", "451 later"), ("dot", "451 later"), ("dot", "421 closing"),
    ],
)  # fmt: skip
def test_what_is_no_final_word_on_this_mail_is_tried_again(
    works: Shop, send: Send, settings: config.Settings, step: str, words: str
) -> None:
    sent_through(works, send, settings, Talk(step, words))
    (delivery,) = deliveries(works)
    assert (delivery.state, delivery.possible_repeat) == ("queued", False), delivery.answer


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "dot"])
def test_a_final_word_on_this_mail_is_final(
    works: Shop, send: Send, settings: config.Settings, step: str
) -> None:
    sent_through(works, send, settings, Talk(step, "550 5.7.1 never"))
    (delivery,) = deliveries(works)
    assert (delivery.state, delivery.answer) == ("dead", "550 5.7.1 never")
