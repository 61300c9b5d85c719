"""A printer on the network says how it is, before the job and after it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playedprinter import Answer, asleep, cut, errors, played, slowly, told

from kanban import labels
from kanban.labels import status, wire
from kanban.labels.errors import Cancelled
from kanban.labels.status import Status

JOB = [b"^XA^FDone^FS^XZ\n", b"^XA^FDtwo^FS^XZ\n", b"^XA^FDthree^FS^XZ\n"]
HALTS = [
    ("head", told(head=1, paper=1, paused=1), "the head of 127.0.0.1 is open: close it"),
    ("paper", told(paper=1, paused=1), "127.0.0.1 is out of labels: put new ones in"),
    ("ribbon", told(ribbon=1), "127.0.0.1 is out of ribbon"),
    ("hot", told(hot=1), "the head of 127.0.0.1 is too hot"),
    ("paused", told(paused=1), "127.0.0.1 is paused: press its pause key"),
    ("head", errors(0x4 | 0x1), "the head of 127.0.0.1 is open"),
    ("paper", errors(0x1), "127.0.0.1 is out of labels"),
    ("ribbon", errors(0x2), "127.0.0.1 is out of ribbon"),
    ("hot", errors(0x10), "the head of 127.0.0.1 is too hot"),
    ("fault", errors(0x8), "127.0.0.1 reports a fault: look at its display"),
]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ASK_EVERY", 0.01)
    monkeypatch.setattr(wire, "GOODBYE_SECONDS", 30.0)
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 30.0)


def send(port: int) -> int:
    return wire.send("127.0.0.1", port, JOB)


def test_a_printer_that_is_ready_takes_the_job_and_is_believed_when_its_last_label_is_out() -> None:
    busy = [told(formats=2, remaining=1), told(formats=1), told(partial=1), told(remaining=1)]
    with played(told(), *busy, told()) as printer:
        assert send(printer.port) == 3
    assert printer.labels == b"".join(JOB)
    assert printer.labels_when_asked[:2] == [0, 3], "asked before the first label and after the last one"
    assert printer.asked == 1 + len(busy) + 2


@pytest.mark.parametrize(("halt", "answer", "said"), HALTS)
def test_a_printer_that_stands_still_is_sent_nothing(halt: str, answer: bytes, said: str) -> None:
    with played(answer) as printer, pytest.raises(labels.PrinterTrouble) as trouble:
        send(printer.port)
    assert str(trouble.value).startswith(said)
    assert str(trouble.value).endswith("Nothing was sent.")
    assert printer.labels == b""
    found = status.read(answer)
    assert found is not None
    assert found.halt == halt


@pytest.mark.parametrize(("halt", "answer", "said"), HALTS)
def test_a_printer_that_stops_in_the_middle_is_told(halt: str, answer: bytes, said: str) -> None:
    with (
        played(told(), told(formats=2), answer) as printer,
        pytest.raises(labels.PrinterTrouble) as trouble,
    ):
        send(printer.port)
    assert str(trouble.value).startswith(said)
    assert "None of it counts as printed" in str(trouble.value)
    assert printer.labels == b"".join(JOB)


GARBAGE: list[Answer] = [
    b"",
    b"\x00\xff" * 5_000,
    b"ERR 500 no such printer\r\n",
    *cut(told(paper=1)),
    *cut(errors(1)),
    told(paper=1).replace(b"\x02", b""),
    told(paper=1).replace(b",", b";"),
    told(paper=2),
    told(paper=1).replace(b"0813", b"xxxx"),
    told(paper=1)[::-1],
    errors(0),
    slowly(told(paper=1), 0.02),
]


@pytest.mark.parametrize("answer", GARBAGE)
def test_a_printer_that_says_nothing_of_itself_takes_the_job_as_ever(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.2)
    with played(answer) as printer:
        assert send(printer.port) == 3
    assert printer.labels == b"".join(JOB)
    assert printer.asked == 1, "who does not answer is not asked again"


def test_an_answer_may_come_byte_by_byte() -> None:
    with (
        played(slowly(told(paper=1), 0.001)) as printer,
        pytest.raises(labels.PrinterTrouble, match="out of"),
    ):
        send(printer.port)


def test_what_was_said_late_is_no_answer_to_the_next_question() -> None:
    """The rest of an answer, with a fault that is mended meanwhile, arrives when nobody listens any more."""

    begun, said = threading.Event(), threading.Event()

    def both(connection: socket.socket) -> None:
        connection.sendall(told())
        begun.wait(30)
        connection.sendall(errors(0x8))
        said.set()

    def parts() -> Iterator[bytes]:
        begun.set()
        said.wait(30)
        yield from JOB

    with played(both, told()) as printer:
        assert wire.send("127.0.0.1", printer.port, parts()) == 3


def test_the_last_label_may_stick_when_nothing_waits_any_more() -> None:
    with (
        played(told(), told(), told(paper=1)) as printer,
        pytest.raises(labels.PrinterTrouble, match="out of"),
    ):
        send(printer.port)


def test_a_printer_that_says_nothing_any_more_is_believed_to_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SEND_SECONDS", 2.0)
    with played(told(), told(formats=1), b"") as printer:
        assert send(printer.port) == 3


def test_a_length_in_the_place_of_the_count_is_no_label_that_waits() -> None:
    with played(told(remaining=1_334_273), told(remaining=1_334_273)) as printer:
        assert send(printer.port) == 3


def test_a_printer_that_never_comes_to_an_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LONGEST_WAIT", 0.2)
    with (
        played(told(), told(formats=1)) as printer,
        pytest.raises(labels.PrinterTrouble, match="does not go on"),
    ):
        send(printer.port)


def test_the_line_is_kept_open_until_the_last_label_is_out() -> None:
    """Some print servers drop what they hold when a sender ends (see docs/printing.md)."""
    ended = threading.Event()

    def busy(connection: socket.socket) -> None:
        connection.setblocking(False)
        try:
            if connection.recv(1) == b"":
                ended.set()
        except BlockingIOError:
            pass
        connection.setblocking(True)
        connection.sendall(told(formats=1))

    with played(told(), busy, busy, told()) as printer:
        send(printer.port)
    assert not ended.is_set()


def test_a_printer_that_hangs_up_at_the_question_is_told() -> None:
    with played(lambda connection: connection.close()) as printer, pytest.raises(labels.PrinterTrouble):
        send(printer.port)


def test_a_job_that_is_cancelled_ends_between_two_labels() -> None:
    calls = iter([None, None, Cancelled()])

    def check(_taken: int) -> None:
        if (now := next(calls)) is not None:
            raise now

    with played(told()) as printer, pytest.raises(Cancelled):
        wire.send("127.0.0.1", printer.port, JOB, check)
    assert printer.labels in (b"".join(JOB[:2]), JOB[0], b""), "whole labels; the end may be lost on the way"


def test_a_job_that_is_cancelled_does_not_wait_for_a_printer_that_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.2)
    begun = time.monotonic()

    def check(_taken: int) -> None:
        if time.monotonic() - begun > 1.0:
            raise Cancelled

    with asleep() as port, pytest.raises(Cancelled):
        wire.send("127.0.0.1", port, [b"x" * 8_000] * 30, check)


@given(st.binary(max_size=300))
def test_no_noise_is_an_answer(noise: bytes) -> None:
    assert status.read(noise) is None


@given(st.integers(0, 999), st.integers(0, 99_999_999), st.integers(1, 20_000))
def test_what_waits_is_never_more_than_can_be(formats: int, remaining: int, sent: int) -> None:
    found = status.read(told(formats=formats, remaining=remaining))
    assert found == Status("", formats, remaining)
    assert formats <= found.waiting(sent) <= formats + sent
