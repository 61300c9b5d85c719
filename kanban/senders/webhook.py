"""Webhook: the order as JSON, signed by Standard Webhooks, to a system of the supplier's or a gateway."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import datetime

import urllib3
from sqlalchemy.orm import Session

from kanban.config import Settings
from kanban.languages import sentence
from kanban.outbox import Claim
from kanban.senders import purchase, reach
from kanban.senders.parcel import LONGEST_TRY, Failed, Refused
from kanban.senders.purchase import Party, Purchase, PurchaseLine

LARGEST_ANSWER = 65_536
TYPES = {"order": "order.released", "cancellation": "order.cancelled", "test": "order.test"}
TRY_LATER = frozenset((408, 425, 429))


def ready(settings: Settings) -> bool:
    """Webhooks need no settings of their own."""
    return True


def make(session: Session, claim: Claim, settings: Settings) -> bytes:
    """The body; it is signed when it is sent, by the secrets of that day."""
    if not claim.address:
        raise Refused(sentence("no address is known to send to"))
    return body(purchase.of_claim(session, claim, settings), claim)


def send(claim: Claim, payload: bytes, settings: Settings) -> str:
    """POST the body to the checked address; the status says what came of it."""
    if not claim.secrets:
        raise Refused(
            sentence("this webhook has no secret to sign with: save the supplier’s channel once more")
        )
    target = reach.target(claim.address, settings.webhook_networks)
    headers = _headers(claim, payload, target)
    deadline = time.monotonic() + LONGEST_TRY
    with _pool(target) as pool:
        try:
            answer = pool.urlopen(
                "POST", target.path, body=payload, headers=headers, redirect=False, retries=False,
                preload_content=False, assert_same_host=False,
            )  # fmt: skip
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as trouble:
            raise Failed(sentence("%(host)s cannot be reached", host=target.host)) from trouble
        except urllib3.exceptions.SSLError as trouble:
            raise Failed(
                sentence("no safe connection to %(host)s: %(why)s", host=target.host, why=trouble)
            ) from trouble
        except urllib3.exceptions.HTTPError as trouble:
            raise Failed(sentence("%(host)s gave no answer", host=target.host), unsure=True) from trouble
        try:
            return _judged(answer.status, _read(answer, deadline))
        finally:
            answer.close()


def body(order: Purchase, claim: Claim) -> bytes:
    """The JSON that leaves; amounts and quantities are texts, so that nobody rounds them."""
    told = {
        "type": TYPES[claim.kind],
        "timestamp": claim.created_at.isoformat().replace("+00:00", "Z"),
        "data": _order(order),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, message_id: str, at: int, sent: bytes) -> str:
    """One signature of Standard Webhooks: HMAC-SHA256 over number, time and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{at}.".encode() + sent
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _headers(claim: Claim, sent: bytes, target: reach.Target) -> dict[str, str]:
    at, message_id = int(time.time()), f"msg_{claim.message_id}"
    headers = {
        "Host": target.host if target.port in reach.PORTS.values() else f"{target.host}:{target.port}",
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Kanban",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signature(each, message_id, at, sent) for each in claim.secrets),
    }
    return headers | ({"kanban-possible-repeat": "yes"} if claim.possible_repeat else {})


def _pool(target: reach.Target) -> urllib3.HTTPConnectionPool:
    timeout = urllib3.Timeout(connect=LONGEST_TRY, read=LONGEST_TRY)
    if target.scheme == "http":
        return urllib3.HTTPConnectionPool(target.address, target.port, timeout=timeout, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        target.address, target.port, timeout=timeout, maxsize=1, cert_reqs="CERT_REQUIRED",
        server_hostname=target.host, assert_hostname=target.host,
    )  # fmt: skip


def _read(answer: urllib3.BaseHTTPResponse, deadline: float) -> str:
    """At most 64 kB of the answer, as long as it comes in time; only its beginning is kept."""
    taken = b""
    try:
        for piece in answer.stream(8_192, decode_content=False):
            taken += piece
            if len(taken) > LARGEST_ANSWER or time.monotonic() > deadline:
                break
    except urllib3.exceptions.HTTPError:
        pass  # the status has come, and it decides
    return " ".join(taken[:200].decode("utf-8", "replace").split())


def _judged(status: int, said: str) -> str:
    answer = f"{status} {said}".strip()
    if 200 <= status < 300:
        return answer
    if status in TRY_LATER or status >= 500:
        raise Failed(answer)
    if 300 <= status < 400:
        raise Refused(
            sentence("%(status)s: it leads elsewhere, and that is not followed", status=str(status))
        )
    raise Refused(answer)


def _order(order: Purchase) -> dict[str, object]:
    return {
        "number": order.number,
        "released_at": _moment(order.released_at),
        "customer_number": order.customer_number,
        "currency": order.currency,
        "total": None if order.total is None else format(order.total.normalize(), "f"),
        "buyer": _party(order.buyer),
        "supplier": _party(order.supplier),
        "ship_to": _party(order.ship_to),
        "ordered_by": order.released_by,
        "lines": [_line(line) for line in order.lines],
    }


def _line(line: PurchaseLine) -> dict[str, object]:
    return {
        "line": line.number,
        "supplier_sku": line.supplier_sku,
        "our_sku": line.sku,
        "name": line.name,
        "quantity": format(line.quantity.normalize(), "f"),
        "unit": line.unit,
        "packs": format(line.packs.normalize(), "f"),
        "pack_size": format(line.pack_size.normalize(), "f"),
        "unit_price": None if line.unit_price is None else format(line.unit_price.normalize(), "f"),
        "wanted": line.wanted.isoformat() if line.wanted else None,
    }


def _party(party: Party) -> dict[str, object]:
    return {"name": party.name, "address": list(party.lines), "country": party.country or None}


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
