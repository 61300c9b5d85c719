"""An order's way on the screen, from draft to received."""

from __future__ import annotations

import io
import re
import subprocess

import pytest
from PIL import Image

from kanban.db import Database
from tests.web.conftest import Client, ShopData, revision


@pytest.fixture
def draft(operator: Client, shop: ShopData) -> int:
    """The draft that the first card's signal opened."""
    order: int = operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()["order"]
    return order


@pytest.fixture
def line(buyer: Client, draft: int) -> int:
    """The draft's only line, released."""
    buyer.post(f"/orders/{draft}/release", {})
    page = buyer.get(f"/orders/{draft}").text
    return int(page.split('id="line-')[1].split('"')[0])


def test_the_loop_closes(operator: Client, buyer: Client, shop: ShopData, draft: int) -> None:
    page = buyer.get(f"/orders/{draft}").text
    assert "3 × 10 pcs" in page  # 25 needed, in packs of 10
    assert "5 more than needed" in page
    sent = buyer.post(f"/orders/{draft}/release", {})
    assert sent.headers["Location"] == f"/orders/{draft}"
    assert "PO-000001" in buyer.get(f"/orders/{draft}").text
    buyer.post(f"/orders/{draft}/confirmation", {"due": "2026-12-24"})
    assert "confirmed for Thu 24 Dec" in buyer.get(f"/orders/{draft}").text
    buyer.post(f"/orders/{draft}/shipment", {})
    received = operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()
    assert (received["effect"], received["card"]["supply"]) == ("received", "full")
    assert "received" in buyer.get(f"/orders/{draft}").text
    again = operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()
    assert again["effect"] == "signalled"
    assert again["order"] != draft


def test_a_released_order_cannot_be_released_again(buyer: Client, draft: int) -> None:
    assert buyer.post(f"/orders/{draft}/release", {}).status_code == 303
    assert buyer.post(f"/orders/{draft}/release", {}).status_code == 409


def test_the_same_press_twice_is_one_release(buyer: Client, database: Database, draft: int) -> None:
    buyer.post(f"/orders/{draft}/release", {}, key="press-of-send")
    before = revision(database)
    again = buyer.post(f"/orders/{draft}/release", {}, key="press-of-send")
    assert (again.status_code, again.headers["Location"]) == (303, f"/orders/{draft}")
    assert revision(database) == before


def test_an_empty_draft_is_not_sent(operator: Client, buyer: Client, shop: ShopData, draft: int) -> None:
    operator.post(f"/c/{shop.codes[0]}/withdrawal", {})
    assert buyer.post(f"/orders/{draft}/release", {}).status_code == 409


def test_part_over_and_short_receipts_by_line(operator: Client, buyer: Client, draft: int, line: int) -> None:
    operator.post(f"/order-lines/{line}/receipts", {"units": "10", "delivery_note": "LS 4711"})
    page = buyer.get(f"/orders/{draft}").text
    assert "10 pcs received" in page
    assert "20 pcs to come" in page
    assert "partly received" in page
    operator.post(f"/order-lines/{line}/receipts", {"units": "25,0"})
    assert "35 pcs received" in buyer.get(f"/orders/{draft}").text
    assert "received" in buyer.get(f"/orders/{draft}").text


def test_a_line_closed_short_frees_its_card(
    operator: Client, buyer: Client, shop: ShopData, draft: int, line: int
) -> None:
    assert buyer.post(f"/order-lines/{line}/short-close", {}).status_code == 303
    assert operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()["effect"] == "signalled"


def test_cancelling_gives_the_need_back(
    operator: Client, buyer: Client, shop: ShopData, draft: int, line: int
) -> None:
    buyer.post(f"/orders/{draft}/cancellation", {})
    told = operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()
    assert told["effect"] == "already"
    assert told["order"] != draft
    assert "cancelled" in buyer.get(f"/orders/{draft}").text


def test_receiving_everything_closes_the_order(
    operator: Client, buyer: Client, shop: ShopData, draft: int, line: int
) -> None:
    assert operator.post(f"/orders/{draft}/receipts", {}).status_code == 303
    assert operator.post(f"/orders/{draft}/receipts", {}).status_code == 409
    assert operator.post(f"/c/{shop.codes[0]}/scans", json={}).get_json()["effect"] == "signalled"


@pytest.mark.parametrize(
    "units", ["", "0", "-5", "NaN", "Infinity", "1e400", "12.3456", "9" * 40, "ten", "\ud800"]
)
def test_a_quantity_that_nobody_can_mean_is_refused(
    operator: Client, database: Database, line: int, units: str
) -> None:
    before = revision(database)
    answer = operator.post(f"/order-lines/{line}/receipts", {"units": units.encode("utf-8", "surrogatepass")})
    assert answer.status_code in (400, 422)
    assert revision(database) == before


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "0000-00-00", "2026-02-30T00:00", "\x00"])
def test_a_promised_day_that_does_not_exist_is_refused(
    buyer: Client, draft: int, line: int, day: str
) -> None:
    assert buyer.post(f"/orders/{draft}/confirmation", {"due": day}).status_code in (400, 422)


@pytest.mark.parametrize("step", ["release", "confirmation", "shipment", "receipts", "cancellation"])
def test_steps_of_an_order_that_is_not_there_are_404(buyer: Client, step: str) -> None:
    assert buyer.post(f"/orders/999999/{step}", {}).status_code == 404


def test_a_huge_order_number_in_the_address_is_404(buyer: Client) -> None:
    assert buyer.get(f"/orders/{10**30}").status_code == 404
    assert buyer.post(f"/orders/{10**30}/release", {}).status_code == 404


def test_prices_are_for_buyers(operator: Client, buyer: Client, draft: int) -> None:
    assert "€2.50" in buyer.get(f"/orders/{draft}").text
    assert "€" not in operator.get(f"/orders/{draft}").text
    assert operator.get(f"/orders/{draft}.pdf").status_code == 403


def test_the_document_is_a_pdf(buyer: Client, draft: int, line: int) -> None:
    answer = buyer.get(f"/orders/{draft}.pdf")
    assert answer.data.startswith(b"%PDF")
    assert "PO-000001.pdf" in answer.headers["Content-Disposition"]
    assert buyer.get(f"/orders/{draft}.pdf?paper=us-letter").status_code == 200
    assert buyer.get(f"/orders/{draft}.pdf?paper=papyrus").status_code == 404


def test_a_program_gets_json(buyer: Client, draft: int) -> None:
    answer = buyer.post(f"/orders/{draft}/release", json={})
    assert answer.get_json()["href"] == f"/orders/{draft}"


def test_orders_are_listed_and_filtered(buyer: Client, draft: int, line: int) -> None:
    assert "PO-000001" in buyer.get("/orders").text
    assert "PO-000001" not in buyer.get("/orders?state=draft").text
    assert "PO-000001" in buyer.get("/orders?state=all&q=bolts").text
    assert "No order matches" in buyer.get("/orders?q=nobody", headers={"HX-Request": "true"}).text


def test_the_document_carries_the_letterhead_and_the_logo_as_pdf_page_and_csv(
    admin: Client, buyer: Client, operator: Client, draft: int
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (300, 100), "navy").save(picture, "PNG")
    head = {
        "name": "Works Ltd", "address": "Mill Lane 1", "bill_to": "Works Ltd\nAccounts", "vat_id": "IE 123",
        "contact": "Ada\n+353 1", "tax_note": "Reverse charge.", "terms": "30 days net",
        "photo": (io.BytesIO(picture.getvalue()), "logo.png"),
    }  # fmt: skip
    assert admin.post("/shop", head, content_type="multipart/form-data").status_code == 303
    buyer.post(f"/orders/{draft}/release", {})
    page = buyer.get(f"/orders/{draft}/document").text
    for told in ("Accounts", "IE 123", "Reverse charge.", "30 days net", "PO-000001", "B-100", "ours: SCREW"):
        assert told in page, told
    assert f'src="/orders/{draft}/logo"' in page
    assert buyer.get(f"/orders/{draft}/logo").data[:3] == b"\xff\xd8\xff"
    pdf = buyer.get(f"/orders/{draft}.pdf").data
    text = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    for told in ("Accounts", "IE 123", "Reverse charge.", "30 days net", "+353 1"):
        assert told in text, told
    rows = buyer.get(f"/orders/{draft}.csv").data.decode("utf-8-sig").splitlines()
    assert len(rows) == 2
    assert "B-100" in rows[1]
    assert operator.get(f"/orders/{draft}.csv").status_code == 403
    admin.post(
        "/shop", head | {"photo": (io.BytesIO(b"no picture"), "x.png")}, content_type="multipart/form-data"
    )
    assert buyer.get(f"/orders/{draft}/logo").status_code == 200


@pytest.mark.parametrize("sent", [[], {"card": "1"}, {"card": [{}]}, {"card": [None]}, {}])
def test_cards_to_pull_forward_are_named_by_their_numbers(buyer: Client, draft: int, sent: object) -> None:
    assert buyer.post(f"/orders/{draft}/early-cards", json=sent).status_code == 400


def test_the_list_says_when_an_order_is_expected_and_how_late_it_is(
    buyer: Client, draft: int, line: int
) -> None:
    page = buyer.get("/orders").text
    assert "by lead time" in page
    assert "late</" not in page
    buyer.post(f"/orders/{draft}/confirmation", {"due": "2020-01-02"})
    for address in ("/orders", "/orders?state=coming&sort=due"):
        page = buyer.get(address).text
        assert "Thu 2 Jan" in page
        assert "confirmed" in page
        assert re.search(r"[0-9,]+ days late", page)
    assert buyer.get("/orders?sort=-late").status_code == 400
    assert 'name="sort" value="due"' in buyer.get("/orders?sort=due").text
