"""A report of a mail that came back: the delivery is dead, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner
from shop import Shop

from kanban import outbox
from kanban.cli import main
from kanban.senders.email import bounces
from senders.conftest import deliveries

REPORT = """From: MAILER-DAEMON@bolts.example
To: bounces@works.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.bolts.example
Original-Envelope-Id: {id}

Final-Recipient: rfc822; orders@bolts.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such
 user

--b
Content-Type: text/rfc822-headers

Message-ID: <{id}@kanban.example>
Subject: Purchase order

--b--
"""


def test_a_failed_mail_is_dead_and_says_why(works: Shop, send: Callable[..., int]) -> None:
    works.ordered(works.screws[0])
    send()
    report = bounces.read(REPORT.format(id=deliveries(works)[0].message_id, action="failed").encode())
    assert report is not None
    assert report.failed
    deed = works.deed()
    about = works.write(lambda session: outbox.note_bounce(session, deed, report.message_ids, report.why))
    assert about == "PO-000001 · Bolts & Co"
    assert (deliveries(works)[0].state, deliveries(works)[0].answer) == (
        "dead",
        "smtp; 550 5.1.1 no such user",
    )


def test_a_delayed_mail_is_not_dead() -> None:
    report = bounces.read(REPORT.format(id="0" * 32, action="delayed").encode())
    assert report is not None
    assert not report.failed


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Subject: hello\n\nworld",
        b"\xff\xfe\x00" * 100,
        REPORT.replace("multipart/report", "multipart/mixed").encode(),
    ],
)
def test_what_is_no_report_is_none(data: bytes) -> None:
    assert bounces.read(data) is None


def test_a_report_about_a_stranger_changes_nothing(works: Shop, send: Callable[..., int]) -> None:
    works.ordered(works.screws[0])
    send()
    deed = works.deed()
    assert works.write(lambda session: outbox.note_bounce(session, deed, ["f" * 32], "550")) is None
    assert deliveries(works)[0].state == "delivered"


def test_the_command_refuses_what_is_no_report() -> None:
    done = CliRunner().invoke(main, ["bounces", "-"], input="hello")
    assert done.exit_code == 1
    assert "not a delivery status notification" in done.output
