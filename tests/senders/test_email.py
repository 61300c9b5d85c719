"""The order as a mail: any mail program reads it, no field can break it, it arrives or is known dead."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mailserver
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailserver import MailServer
from shop import Shop
from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban import alerts, config, items, languages, outbox, people, shop, suppliers
from kanban.senders import Refused
from kanban.senders.email import headers
from senders.conftest import choose, deliveries, due_now

Send = Callable[..., int]


def test_the_order_arrives_as_text_html_pdf_and_csv(works: Shop, server: MailServer, send: Send) -> None:
    works.ordered(works.screws[0])
    assert send() == 1
    (mail,) = server.mails
    message = mail.message
    assert (mail.sender, mail.recipient) == ("bounces@works.example", "orders@bolts.example")
    assert message["Subject"] == "Purchase order PO-000001 from Kanban"
    assert message["To"] == "Bolts & Co <orders@bolts.example>"
    assert message["From"] == "Kanban <orders@works.example>"
    assert message["Reply-To"] == "Owner <buyer@works.example>"
    assert message["Kanban-Order"] == "PO-000001"
    (delivery,) = deliveries(works)
    assert message["Message-ID"] == f"<{delivery.message_id}@kanban.example>"
    assert (delivery.state, delivery.answer) == ("delivered", "250 taken as 1")
    text = message.get_body(("plain",))
    assert text is not None
    words = text.get_content()
    for said in (
        "PO-000001",
        "B-100 (our SCREW)",
        "\n   3 × 10 pcs = 30 pcs",
        "K-4711",
        "Mill Lane 1",
        "€2.50 each",
    ):
        assert said in words, words
    html = message.get_body(("html",))
    assert html is not None
    assert "<strong>B-100</strong>" in html.get_content()
    names = [part.get_filename() for part in message.iter_attachments()]
    assert names == ["PO-000001.pdf", "PO-000001.csv"]


def test_its_attachments_are_read_by_other_programs(
    works: Shop, server: MailServer, send: Send, tmp_path: Path
) -> None:
    works.ordered(works.screws[0], works.gloves[0])
    send()
    pdf, sheet = (part.get_content() for part in server.messages[0].iter_attachments())
    (tmp_path / "order.pdf").write_bytes(pdf)
    assert shutil.which("pdftotext")
    read = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "order.pdf", "-"], capture_output=True, text=True, check=True
    )
    assert "PO-000001" in read.stdout
    assert "B-100" in read.stdout
    text = sheet if isinstance(sheet, str) else sheet.decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert [(row["our_sku"], row["quantity"]) for row in rows] == [("SCREW", "30"), ("GLOVE", "24")]


def test_it_speaks_its_suppliers_language(works: Shop, server: MailServer, send: Send) -> None:
    choose(works, channel="email", language="de", greeting="Guten Tag,\nbitte liefern Sie:")
    works.ordered(works.screws[0])
    send()
    message = server.messages[0]
    assert message["Content-Language"] == "de"
    body = message.get_body(("plain",))
    assert body is not None
    assert "Guten Tag,\nbitte liefern Sie:" in body.get_content().replace("\r\n", "\n")
    assert "2,50" in body.get_content()


@pytest.mark.parametrize("stage", mailserver.STAGES)
def test_a_connection_dropped_at_any_stage_is_tried_again_under_the_same_number(
    works: Shop, server: MailServer, send: Send, stage: str
) -> None:
    works.ordered(works.screws[0])
    server.drop_at[stage] = 1
    send()
    first = deliveries(works)[0]
    assert first.state == "queued", first.answer
    assert first.possible_repeat == (
        stage in ("DATA", "after DATA")
    )  # aiosmtpd's DATA hook: it has the content
    due_now(works)
    send()
    assert deliveries(works)[0].state == "delivered"
    last = server.messages[-1]
    assert last["Message-ID"] == f"<{first.message_id}@kanban.example>"
    assert (last["Kanban-Possible-Repeat"] == "yes") == first.possible_repeat


def test_a_batch_goes_over_one_connection_and_each_mail_has_its_own_outcome(
    works: Shop, server: MailServer, send: Send
) -> None:
    for code in works.screws:
        works.ordered(code)
    server.answers["RCPT"] = ["550 5.1.1 no such user"]
    send()
    assert [each.state for each in deliveries(works)] == ["dead", "delivered", "delivered"]
    assert server.connections == 2  # after a refusal a new one
    assert len({each["Message-ID"] for each in server.messages}) == 2


def test_a_connection_that_the_server_has_ended_meanwhile_costs_no_try(
    works: Shop, server: MailServer, send: Send
) -> None:
    for code in works.screws:
        works.ordered(code)
    server.ends_after_mail = 1
    send()
    assert [(each.state, each.attempts) for each in deliveries(works)] == [("delivered", 1)] * 3
    assert server.connections == 2


def test_a_connection_carries_so_many_mails_and_no_more(
    works: Shop, server: MailServer, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kanban.senders.email.connections.MOST_MAILS", 2)
    for code in works.screws:
        works.ordered(code)
    send()
    assert (len(server.mails), server.connections) == (3, 2)


def test_what_went_wrong_is_said_in_the_language_of_whoever_reads_it(
    works: Shop, send: Send, settings: config.Settings
) -> None:
    assert settings.mail is not None
    choose(works, channel="email", language="de")
    works.ordered(works.screws[0])
    send(settings=replace(settings, mail=replace(settings.mail, port=1)))
    answer = deliveries(works)[0].answer
    assert languages.reread(answer).startswith("the mail server cannot be reached")
    with languages.speaking("de"):
        assert languages.reread(answer).startswith("der Mailserver ist nicht erreichbar")
    assert languages.reread('{"say": broken') == '{"say": broken'
    assert languages.reread('{"say": "%(gone)s", "facts": {}}') == "%(gone)s"
    assert languages.reread('{"say": "%(gone)s", "facts": {"a": 1}}').startswith('{"say"')


def test_a_copy_that_may_be_a_repeat_says_so_in_head_text_and_html(
    works: Shop, server: MailServer, send: Send
) -> None:
    choose(works, channel="email", language="de")
    works.ordered(works.screws[0])
    server.take_then_drop = 1
    send()
    due_now(works)
    send()
    first, second = server.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Kanban-Possible-Repeat"] is None
    assert second["Kanban-Possible-Repeat"] == "yes"
    for kind in ("plain", "html"):
        one, other = first.get_body((kind,)), second.get_body((kind,))
        assert one is not None
        assert other is not None
        assert len(other.get_content()) > len(one.get_content()) + 40
    attached = [[part.get_content() for part in each.iter_attachments()] for each in (first, second)]
    assert attached[0] == attached[1]


def test_greylisting_is_waited_for(works: Shop, server: MailServer, send: Send) -> None:
    server.greylist = True
    works.ordered(works.screws[0])
    send()
    assert deliveries(works)[0].answer.startswith("451 4.7.1 greylisted")
    due_now(works)
    send()
    assert deliveries(works)[0].state == "delivered"


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("said", "state"), [("550 5.1.1 no such user", "dead"), ("452 4.2.2 mailbox full", "queued")]
)
def test_the_servers_own_codes_say_what_is_final(
    works: Shop, server: MailServer, send: Send, stage: str, said: str, state: str
) -> None:
    server.answers[stage] = [said]
    works.ordered(works.screws[0])
    send()
    delivery = deliveries(works)[0]
    assert (delivery.state, delivery.answer, delivery.possible_repeat) == (state, said, False)


def test_no_mail_server_at_all_is_no_reason_to_give_up(
    works: Shop, send: Send, settings: config.Settings
) -> None:
    assert settings.mail is not None
    works.ordered(works.screws[0])
    send(settings=replace(settings, mail=replace(settings.mail, port=1)))
    delivery = deliveries(works)[0]
    assert (delivery.state, delivery.possible_repeat) == ("queued", False)
    assert "cannot be reached" in delivery.answer


def test_a_silent_server_is_given_up_for_now(
    works: Shop, server: MailServer, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kanban.senders.email.connections.LONGEST_TRY", 0.3)
    server.silent_at["RCPT"] = 1
    works.ordered(works.screws[0])
    send()
    assert "no answer within" in deliveries(works)[0].answer


def with_server(settings: config.Settings, port: int, **how: object) -> config.Settings:
    assert settings.mail is not None
    mail = replace(settings.mail, host="localhost", port=port, security="starttls")
    return replace(settings, mail=replace(mail, **how))


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_is_encrypted_and_signed_in(
    works: Shop, send: Send, settings: config.Settings, tmp_path: Path, security: str
) -> None:
    file = mailserver.certificate(tmp_path)
    with mailserver.running(**{security: mailserver.context_of(file)}, password="sesame") as server:
        works.ordered(works.screws[0])
        how = {"security": security, "ca_file": file, "user": "works"}
        send(settings=with_server(settings, server.port, password="wrong", **how))
        assert "refused our sign-in" in deliveries(works)[0].answer
        assert deliveries(works)[0].state == "queued"
        due_now(works)
        send(settings=with_server(settings, server.port, password="sesame", **how))
        assert deliveries(works)[0].state == "delivered"


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(
    works: Shop, send: Send, settings: config.Settings, tmp_path: Path
) -> None:
    file = mailserver.certificate(tmp_path)
    with mailserver.running(starttls=mailserver.context_of(file)) as server:
        works.ordered(works.screws[0])
        send(settings=with_server(settings, server.port))
        assert server.mails == []
        assert "no encrypted connection" in deliveries(works)[0].answer


def test_a_certificate_of_another_host_gets_no_mail(
    works: Shop, send: Send, settings: config.Settings, tmp_path: Path
) -> None:
    file = mailserver.certificate(tmp_path, "elsewhere.example")
    with mailserver.running(starttls=mailserver.context_of(file)) as server:
        works.ordered(works.screws[0])
        send(settings=with_server(settings, server.port, ca_file=file))
        assert server.mails == []


def test_a_server_that_offers_no_encryption_gets_no_mail(
    works: Shop, server: MailServer, send: Send, settings: config.Settings
) -> None:
    works.ordered(works.screws[0])
    send(settings=with_server(settings, server.port))
    assert server.mails == []
    assert "STARTTLS" in deliveries(works)[0].answer


def name_supplier(shop: Shop, name: str) -> None:
    shop.write(lambda session: setattr(session.get_one(suppliers.Supplier, shop.ids["bolts"]), "name", name))


def address_supplier(shop: Shop, address: str) -> None:
    def verb(session: Session) -> None:
        session.get_one(suppliers.Supplier, shop.ids["bolts"]).email = address

    shop.write(verb)


SEPARATORS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\0"]


@pytest.mark.parametrize("separator", SEPARATORS, ids=repr)
def test_no_name_can_add_a_header(works: Shop, server: MailServer, send: Send, separator: str) -> None:
    name_supplier(works, f"Bolts{separator}Bcc: thief@evil.example")
    works.ordered(works.screws[0])
    send()
    (mail,) = server.mails
    assert mail.message["Bcc"] is None
    assert mail.recipient == "orders@bolts.example"
    assert "Bolts Bcc: thief@evil.example" in mail.message["To"]


HEADERS = {
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Kanban-Order", "MIME-Version", "Content-Type",
    "Content-Language", "Auto-Submitted",
}  # fmt: skip


@pytest.mark.parametrize("separator", SEPARATORS, ids=repr)
def test_no_text_of_the_shop_can_add_a_header_an_attachment_or_a_recipient(
    works: Shop, server: MailServer, send: Send, separator: str
) -> None:
    def evil(name: str) -> str:
        return f"{name}{separator}Bcc: thief@evil.example{separator}{separator}--x{separator}gone"

    def fill(session: Session) -> None:
        ours = shop.Letterhead(*(evil(name) for name in ("bill to", "DE1", "contact", "tax", "terms")))
        shop.describe(session, works.deed(), evil("Works"), evil("Mill Lane 1"))
        shop.write_letterhead(session, works.deed(), ours)
        bolts = session.get_one(suppliers.Supplier, works.ids["bolts"])
        bolts.name, bolts.address, bolts.customer_number = evil("Bolts"), evil("Lane"), evil("K-1")
        for place in session.scalars(select(items.Location)):
            place.address = evil("dock")
        for item in session.scalars(select(items.Item)):
            item.name, item.unit = evil(item.name), evil("pcs")[:20]
        for offer in session.scalars(select(suppliers.SupplierItem)):
            offer.sku = evil("B-100")
        for person in session.scalars(select(people.Person)):
            person.name = evil("Owner")

    choose(works, channel="email", greeting=evil("Hello"), template=evil("x = sku"))
    works.write(fill)
    works.ordered(works.screws[0])
    send()
    (mail,) = server.mails
    assert set(mail.message.keys()) <= HEADERS
    assert len(mail.message.keys()) == len(set(mail.message.keys()))
    assert mail.recipient == "orders@bolts.example"
    assert mail.message["To"].addresses[0].addr_spec == "orders@bolts.example"
    names = [part.get_filename() for part in mail.message.iter_attachments()]
    assert names == ["PO-000001.pdf", "PO-000001.csv"]


@pytest.mark.parametrize("separator", SEPARATORS, ids=repr)
def test_no_address_can_add_a_recipient(works: Shop, server: MailServer, send: Send, separator: str) -> None:
    address_supplier(works, f"orders@bolts.example{separator}RCPT TO:<thief@evil.example>")
    works.ordered(works.screws[0])
    send()
    assert server.mails == []
    assert deliveries(works)[0].state == "dead"


@pytest.mark.parametrize(
    "address",
    [
        "a@b@c.example", "a@b.example, c@d.example", "<a@b.example>", "a b@c.example", "@b.example", "a@",
        "a@-b.example", 'x" <a@b.example>', ".a@b.example", "a..b@c.example", "a@b..example",
        "a@straße.example", "a@" + "b" * 64 + ".example", "a" * 300 + "@b.example", "a@[127.0.0.1]",
    ],
)  # fmt: skip
def test_what_is_not_exactly_one_address_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        headers.address(address)


def test_an_international_host_is_written_as_the_wire_wants_it(
    works: Shop, server: MailServer, send: Send
) -> None:
    address_supplier(works, "orders@bücher.example")
    works.ordered(works.screws[0])
    send()
    assert server.mails[0].recipient == "orders@xn--bcher-kva.example"


def test_an_international_mailbox_needs_a_server_that_knows_them(
    works: Shop, send: Send, settings: config.Settings
) -> None:
    assert settings.mail is not None
    address_supplier(works, "büro@bolts.example")
    works.ordered(works.screws[0])
    send()
    assert deliveries(works)[0].state == "dead"
    assert "plain letters" in deliveries(works)[0].answer
    with mailserver.running(smtputf8=True) as server:
        deed = works.deed()
        works.write(lambda session: outbox.try_again(session, deed, session.get_one(outbox.Delivery, 1)))
        send(settings=replace(settings, mail=replace(settings.mail, port=server.port)))
        assert server.mails[0].recipient == "büro@bolts.example"


@given(st.text(max_size=300))
def test_any_text_is_one_line_of_a_header(value: str) -> None:
    shown = headers.text(value)
    assert len(shown.splitlines()) <= 1
    assert shown == shown.strip()
    assert len(shown) <= headers.LONGEST_TEXT


@given(st.text(max_size=80))
def test_any_address_is_one_address_or_refused(value: str) -> None:
    try:
        one = headers.address(value)
    except Refused:
        return
    assert one.addr_spec.count("@") == 1
    assert len(one.addr_spec.splitlines()) == 1
    assert one.domain.isascii()


def test_a_cancellation_is_told_to_who_has_the_order(works: Shop, server: MailServer, send: Send) -> None:
    order_id = works.ordered(works.screws[0])
    send()
    works.cancel(order_id)
    send()
    message = server.messages[1]
    assert message["Subject"] == "Cancelled: purchase order PO-000001 from Kanban"
    assert list(message.iter_attachments()) == []


def test_a_notice_to_a_person_is_a_mail_too(works: Shop, server: MailServer, send: Send) -> None:
    from kanban.senders.email import notice

    deed = works.deed()
    works.write(
        lambda session: outbox.add(
            session, deed, kind="notice", channel="email", address="anna@works.example", about="late order",
            payload=notice("PO-1 is late", "PO-1 is late: https://kanban.example/orders/1"),
        )
    )  # fmt: skip
    send()
    message = server.messages[0]
    assert (message["Subject"], message["Auto-Submitted"]) == ("PO-1 is late", "auto-generated")


def test_answers_go_to_the_buyer_who_sent_the_order(works: Shop, server: MailServer, send: Send) -> None:
    def give_address(session: Session) -> None:
        session.add(
            alerts.NoticeSettings(
                person_id=works.ids["owner"],
                email="anna@works.example",
                push=False,
                digest_at="07:00",
                language="",
            )
        )

    works.write(give_address)
    works.ordered(works.screws[0])
    send()
    assert server.messages[0]["Reply-To"] == "Owner <anna@works.example>"


SMTP = {"KANBAN_SMTP_HOST": "smtp.example.org", "KANBAN_SMTP_FROM": "orders@works.example"}


def test_mail_settings_have_safe_defaults(tmp_path: Path) -> None:
    mail = config.load({"KANBAN_DATA": str(tmp_path), **SMTP}).mail
    assert mail is not None
    assert (mail.security, mail.port, mail.bounces) == ("starttls", 587, "orders@works.example")


def test_the_password_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("sesame\n")
    more = {"KANBAN_SMTP_USER": "works", "KANBAN_SMTP_PASSWORD_FILE": str(tmp_path / "secret")}
    mail = config.load({"KANBAN_DATA": str(tmp_path), **SMTP, **more}).mail
    assert mail is not None
    assert mail.password == "sesame"
    assert "sesame" not in repr(mail)


@pytest.mark.parametrize(
    "bad",
    [
        {"KANBAN_SMTP_FROM": ""},
        {"KANBAN_SMTP_FROM": "two@a.example, three@b.example"},
        {"KANBAN_SMTP_HOST": "smtp.example.org:587"},
        {"KANBAN_SMTP_PORT": "0"},
        {"KANBAN_SMTP_SECURITY": "none"},
        {"KANBAN_SMTP_SECURITY": "ssl"},
        {"KANBAN_SMTP_USER": "works"},
        {"KANBAN_SMTP_PASSWORD": "sesame"},
        {"KANBAN_SMTP_USER": "works", "KANBAN_SMTP_PASSWORD_FILE": "/nowhere"},
        {
            "KANBAN_SMTP_USER": "works",
            "KANBAN_SMTP_PASSWORD": "a",
            "KANBAN_SMTP_PASSWORD_FILE": "/etc/hostname",
        },
        {"KANBAN_SMTP_CA_FILE": "/nowhere"},
        {"KANBAN_SMTP_BOUNCES": "nobody"},
        {"KANBAN_WEBHOOK_NETWORKS": "192.168.0.0/33"},
        {"KANBAN_DISPATCH": "perhaps"},
    ],
)
def test_mail_settings_that_cannot_work_stop_the_start(tmp_path: Path, bad: dict[str, str]) -> None:
    with pytest.raises(config.BadSetting, match=r"KANBAN_[A-Z_]+"):
        config.load({"KANBAN_DATA": str(tmp_path), **SMTP, **bad})
