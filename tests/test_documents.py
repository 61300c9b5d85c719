import itertools
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kanban import languages
from kanban.documents import DRAFT_MARK, DocumentLine, OrderDocument, UnknownPaper, order_pdf

ROOT = Path(__file__).parent.parent
MM = 72 / 25.4

SCREWS = DocumentLine(
    sku="M6-20-A2",
    description="Hexagon screw M6 × 20, A2 stainless",
    units="600",
    unit="pcs",
    supplier_sku="BN 610-M6x20",
    packs="3",
    pack_size="200 pcs",
    unit_price="0.084",
    total="50.40",
    wanted="Thu 3 Dec 2026",
)
ORDER = OrderDocument(
    number="PO-000123",
    released_on="23 Nov 2026",
    supplier=("Bossard AG", "Steinhauserstrasse 70", "6300 Zug"),
    ship_to=("Musterwerk, goods in", "Hall 2, gate 4", "70565 Stuttgart"),
    buyer=("Musterwerk GmbH", "purchasing@musterwerk.example"),
    lines=(SCREWS,),
    total="50.40",
    currency="EUR",
    customer_number="K-77812",
    note="Before noon, please.",
)
LONG = replace(ORDER, lines=(SCREWS,) * 60)


def printed(document: OrderDocument, paper: str = "a4") -> bytes:
    return order_pdf(document, templates=ROOT / "templates", fonts=ROOT / "labels" / "fonts", paper=paper)


def poppler(*command: str, pdf: bytes) -> str:
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def pages(pdf: bytes) -> list[str]:
    text = poppler("pdftotext", "-layout", "-", "-", pdf=pdf).replace("\u200b", "")
    return [" ".join(page.split()) for page in text.split("\f")[:-1]]


def test_the_order_says_who_what_how_much_when_and_where():
    [page] = pages(printed(ORDER))
    values = [ORDER.number, ORDER.released_on, ORDER.customer_number, ORDER.note, "Page 1 of 1"]
    values += [*ORDER.supplier, *ORDER.ship_to, *ORDER.buyer]
    values += [SCREWS.supplier_sku, f"ours: {SCREWS.sku}", "600 pcs", "3 × 200 pcs", "0.084", "50.40 EUR"]
    for value in values:
        assert value in page
    assert SCREWS.wanted in page
    assert "DRAFT" not in page


def test_every_page_is_numbered_and_repeats_the_head_of_the_table():
    found = pages(printed(LONG))
    assert len(found) == 3
    for number, page in enumerate(found, 1):
        assert f"Page {number} of 3" in page
        assert "DESCRIPTION" in page
        assert "PO-000123" in page
    assert sum(page.count("BN 610-M6x20") for page in found) == 60


def test_a_draft_says_on_every_page_that_it_is_no_order():
    found = pages(printed(replace(LONG, mark=DRAFT_MARK)))
    assert DRAFT_MARK in found[0]
    pdf = printed(replace(LONG, mark=DRAFT_MARK))
    raw = poppler("pdftotext", "-raw", "-", "-", pdf=pdf).split("\f")[:-1]
    assert all("DRAFT" in page for page in raw)


@pytest.mark.parametrize(("paper", "size"), [("a4", "595.276 x 841.89"), ("us-letter", "612 x 792")])
def test_it_is_set_on_a4_or_letter(paper, size):
    assert size in poppler("pdfinfo", "-", pdf=printed(ORDER, paper))


def test_a_line_without_the_suppliers_number_shows_ours_and_prices_may_be_missing():
    line = replace(SCREWS, supplier_sku="", unit_price="", total="")
    [page] = pages(printed(replace(ORDER, lines=(line,), total="")))
    assert "M6-20-A2" in page
    assert "ours:" not in page
    assert "UNIT PRICE" not in page


def test_the_same_order_gives_the_same_bytes():
    once = printed(ORDER)
    assert printed(ORDER) == once
    assert b"CreationDate" not in once


def test_values_are_plain_text_and_stay_in_their_columns():
    nasty = '#import "x" $x$ <b>b</b> *s* _u_ @a'
    line = DocumentLine(
        sku="X" * 90,
        description=nasty + " " + "W" * 200,
        units="123 456 789 012",
        unit="boxes",
        supplier_sku="Y" * 90,
        packs="1234567",
        pack_size="1 000 000 pcs",
        unit_price="123 456.78901",
        total="999 999 999.99",
        wanted="Wednesday 23 September 2026",
    )
    names = (nasty, "V" * 120, "مستودع البراغي " * 9)
    parties = {"supplier": names, "ship_to": names, "buyer": names}
    pdf = printed(replace(ORDER, lines=(line, SCREWS), note=nasty, number="P" * 40, **parties))
    text = poppler("pdftotext", "-raw", "-", "-", pdf=pdf).replace("\u200b", "")
    assert "".join(nasty.split()) in "".join(text.split())
    boxes = []
    for word in ElementTree.fromstring(poppler("pdftotext", "-bbox", "-", "-", pdf=pdf)).iter(
        "{http://www.w3.org/1999/xhtml}word"
    ):
        x0, y0, x1, y1 = (float(word.get(edge, "0")) / MM for edge in ("xMin", "yMin", "xMax", "yMax"))
        assert 19.9 < x0 < x1 < 192.1, f"{word.text!r} leaves the page's margins"
        boxes.append((x0, y0 + 0.3 * (y1 - y0), x1, y1 - 0.3 * (y1 - y0)))
    for (a, b, c, d), (e, f, g, h) in itertools.combinations(boxes, 2):
        assert not (a < g - 0.1 and e < c - 0.1 and b < h - 0.1 and f < d - 0.1)


def test_it_refuses_a_paper_that_it_does_not_know():
    with pytest.raises(UnknownPaper):
        printed(ORDER, "a3/../x")


def test_the_document_speaks_its_suppliers_language() -> None:
    with languages.speaking("de"):
        text = "".join(pages(printed(ORDER)))
    for said in ("Bestellung", "LIEFERANT", "EINZELPREIS", "Seite 1 von 1", "Gesamt"):
        assert said in text
    for said in ("Purchase", "SUPPLIER", "Page 1", "Total"):
        assert said not in text
