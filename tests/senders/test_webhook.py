"""The order as a webhook: signed so that others can check it, and never sent to where it must not go."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from shop import Shop
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from kanban import config, outbox, suppliers
from kanban.senders import Failed, Refused, reach
from senders.conftest import choose, deliveries, due_now

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@dataclass
class Endpoint:
    """The other side: answers ``statuses`` one after the other, then 200; keeps what it got."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"
    breaks: int = 0
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    other = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            other.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if other.breaks:
                other.breaks -= 1
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(other.statuses.pop(0) if other.statuses else 200)
            for name, value in other.extra.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(other.body)

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            with contextlib.suppress(OSError, ValueError):  # the test broke the connection on purpose
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    other.url = f"http://127.0.0.1:{server.server_port}/orders?from=us"
    yield other
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings(settings: config.Settings) -> config.Settings:
    return replace(settings, webhook_networks=LOOPBACK)


@pytest.fixture
def hooked(works: Shop, endpoint: Endpoint) -> Shop:
    choose(works, channel="webhook", address=endpoint.url)
    return works


def secret_of(shop: Shop) -> str:
    with shop.database.read() as session:
        return session.get_one(outbox.SupplierChannel, shop.ids["bolts"]).secret


def test_the_order_arrives_signed(hooked: Shop, endpoint: Endpoint, send: Callable[..., int]) -> None:
    hooked.ordered(hooked.screws[0])
    send()
    ((path, headers, body),) = endpoint.got
    (delivery,) = deliveries(hooked)
    assert (delivery.state, delivery.answer) == ("delivered", "200 thanks")
    assert path == "/orders?from=us"
    assert headers["webhook-id"] == f"msg_{delivery.message_id}"
    told = Webhook(secret_of(hooked)).verify(body, headers)
    assert told == json.loads(body)
    assert told["type"] == "order.released"
    assert told["data"]["number"] == "PO-000001"
    assert told["data"]["lines"][0] == {
        "line": 1,
        "supplier_sku": "B-100",
        "our_sku": "SCREW",
        "name": "Screw",
        "quantity": "30",
        "unit": "pcs",
        "packs": "3",
        "pack_size": "10",
        "unit_price": "2.5",
        "wanted": "2026-03-09",
    }


def test_after_a_change_of_secret_both_sign_for_a_day(
    hooked: Shop, endpoint: Endpoint, send: Callable[..., int]
) -> None:
    from kanban import clock

    before = secret_of(hooked)
    hooked.at = clock.now()
    deed = hooked.deed()
    hooked.write(
        lambda session: outbox.rotate_secret(
            session, deed, session.get_one(suppliers.Supplier, hooked.ids["bolts"])
        )
    )
    hooked.ordered(hooked.screws[0])
    send()
    _path, headers, body = endpoint.got[0]
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (before, secret_of(hooked)):
        Webhook(secret).verify(body, headers)
    assert before != secret_of(hooked)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, "delivered"),
        (204, "delivered"),
        (400, "dead"),
        (401, "dead"),
        (404, "dead"),
        (410, "dead"),
        (408, "queued"),
        (429, "queued"),
        (500, "queued"),
        (503, "queued"),
    ],
)
def test_the_status_says_what_is_final(
    hooked: Shop, endpoint: Endpoint, send: Callable[..., int], status: int, state: str
) -> None:
    endpoint.statuses = [status]
    endpoint.body = b""
    hooked.ordered(hooked.screws[0])
    send()
    assert (deliveries(hooked)[0].state, deliveries(hooked)[0].answer[:3]) == (state, str(status))


def test_a_redirect_is_not_followed(hooked: Shop, endpoint: Endpoint, send: Callable[..., int]) -> None:
    endpoint.statuses, endpoint.extra = [302], {"Location": "http://127.0.0.1:1/steal"}
    hooked.ordered(hooked.screws[0])
    send()
    assert len(endpoint.got) == 1
    assert deliveries(hooked)[0].state == "dead"


def test_a_broken_connection_is_a_possible_repeat_with_the_same_id_and_body(
    hooked: Shop, endpoint: Endpoint, send: Callable[..., int]
) -> None:
    endpoint.breaks = 1
    hooked.ordered(hooked.screws[0])
    send()
    assert deliveries(hooked)[0].possible_repeat
    due_now(hooked)
    send()
    (_, first, body), (_, second, again) = endpoint.got
    assert first["webhook-id"] == second["webhook-id"]
    assert body == again
    assert "kanban-possible-repeat" not in first
    assert second["kanban-possible-repeat"] == "yes"


def test_a_large_answer_is_not_read_to_its_end(
    hooked: Shop, endpoint: Endpoint, send: Callable[..., int]
) -> None:
    endpoint.body = b"x" * 3_000_000
    hooked.ordered(hooked.screws[0])
    send()
    assert deliveries(hooked)[0].state == "delivered"
    assert len(deliveries(hooked)[0].answer) < 300


def test_a_private_address_is_refused_at_connect_time(
    hooked: Shop, endpoint: Endpoint, send: Callable[..., int], settings: config.Settings
) -> None:
    hooked.ordered(hooked.screws[0])
    send(settings=replace(settings, webhook_networks=()))
    assert endpoint.got == []
    assert deliveries(hooked)[0].state == "dead"
    assert "not public" in deliveries(hooked)[0].answer


def test_a_cancellation_is_told_too(hooked: Shop, endpoint: Endpoint, send: Callable[..., int]) -> None:
    order_id = hooked.ordered(hooked.screws[0])
    send()
    hooked.cancel(order_id)
    send()
    assert json.loads(endpoint.got[1][2])["type"] == "order.cancelled"


INSIDE = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
    "http://0x7f.1/", "http://127.0.0.1:443/", "http://localhost/", "http://LOCALHOST/", "http://localhost./",
    "http://0.0.0.0/", "http://0/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
    "http://[2001:0:0:0:0:0:80ff:fffe]/", "http://[fe80::1]/", "http://[fe80::1%25lo]/", "http://[fc00::1]/",
    "http://[fd12:3456::1]/", "http://[ff02::1]/", "http://10.0.0.1/", "http://10.255.255.255/",
    "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.0.1/", "http://192.168.255.255/",
    "http://169.254.169.254/latest/meta-data/", "http://169.254.1.1/", "http://100.64.0.1/", "http://192.0.0.1/",
    "http://198.18.0.1/", "http://224.0.0.1/", "http://240.0.0.1/", "http://255.255.255.255/",
    "http://[fec0::1]/", "http://[2001:db8::1]/", "http://192.0.2.1/", "https://[::ffff:10.0.0.1]/",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
def test_no_form_of_an_inside_address_is_reached(url: str) -> None:
    with pytest.raises((Refused, Failed)):
        reach.target(url, ())


@pytest.mark.parametrize(
    "url",
    [
        "ftp://shop.example/",
        "file:///etc/passwd",
        "gopher://shop.example/",
        "//shop.example/",
        "shop.example",
        "https://user@shop.example/",
        "https://user:secret@shop.example/",
        "https:///path",
        "https://shop.example\\@evil/",
        "https://shop.example/ x",
        "https://shop.example:99999/",
        "https://sh\u00f6p.example/",
        "https://shop.example/\n",
        "javascript:alert(1)",
        "",
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        reach.target(url, (), resolve=lambda host, port: ["93.184.216.34"])


def test_a_name_with_one_inside_address_among_many_is_refused() -> None:
    with pytest.raises(Refused):
        reach.target("https://rebind.example/", (), resolve=lambda host, port: ["93.184.216.34", "10.0.0.1"])


def test_the_name_is_looked_up_once_and_the_checked_address_is_called() -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    target = reach.target("https://rebind.example/x?y=1", (), resolve=lambda host, port: next(answers))
    assert (target.address, target.host, target.port, target.path) == (
        "93.184.216.34",
        "rebind.example",
        443,
        "/x?y=1",
    )


def test_outside_only_https_on_its_own_port_is_called() -> None:
    for url in ("http://shop.example/", "https://shop.example:8443/", "http://shop.example:443/"):
        with pytest.raises(Refused):
            reach.target(url, (), resolve=lambda host, port: ["93.184.216.34"])


def test_an_allowed_network_opens_itself_and_no_other() -> None:
    hall = (ipaddress.ip_network("192.168.10.0/24"),)
    assert reach.target("http://192.168.10.5:8080/in", hall).address == "192.168.10.5"
    for other in ("http://192.168.11.5/", "http://127.0.0.1/", "http://169.254.169.254/"):
        with pytest.raises(Refused):
            reach.target(other, hall)


def test_a_name_that_nobody_knows_is_tried_again_later() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(Failed):
        reach.target("https://gone.example/", (), resolve=unknown)


def test_a_webhook_without_secret_never_leaves_unsigned(
    hooked: Shop, endpoint: Endpoint, send: Callable[..., int]
) -> None:
    def forget(session: Session) -> None:
        session.get_one(outbox.SupplierChannel, hooked.ids["bolts"]).secret = ""

    hooked.write(forget)
    hooked.ordered(hooked.screws[0])
    send()
    assert endpoint.got == []
    assert deliveries(hooked)[0].state == "dead"
