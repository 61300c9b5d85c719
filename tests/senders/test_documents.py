"""The order as UBL, cXML and CSV: valid by the published schema and rules, and read by other programs."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from shop import Shop
from sqlalchemy.orm import Session

from kanban import config, outbox, suppliers
from kanban.senders import Refused, cxml, files, purchase, tables, ubl
from kanban.senders.purchase import Purchase
from senders.conftest import choose, deliveries
from senders.peppol import broken_rules

DATA = Path(__file__).parent.parent / "data"
BUYER, SELLER = "0088:4012345000009", "0192:974760673"


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> xmlschema.XMLSchema:
    """OASIS' own schema of UBL 2.1."""
    folder = tmp_path_factory.mktemp("ubl")
    with zipfile.ZipFile(DATA / "ubl-2.1.zip") as packed:
        packed.extractall(folder)
    return xmlschema.XMLSchema(folder / "maindoc" / "UBL-Order-2.1.xsd")


@pytest.fixture
def order(works: Shop, settings: config.Settings) -> Purchase:
    """An order of two lines: screws with a price, gloves without."""
    deed = works.deed()

    def fill(session: Session) -> None:
        bolts = session.get_one(suppliers.Supplier, works.ids["bolts"])
        bolts.country = "NO"
        facts = outbox.ChannelFacts(channel="ubl", buyer_endpoint=BUYER, seller_endpoint=SELLER)
        outbox.choose(session, deed, bolts, facts)

    works.write(fill)
    works.ordered(works.screws[0], works.gloves[0])
    with works.database.read() as session:
        delivery = session.get_one(outbox.Delivery, 1)
        return purchase.of_claim(session, outbox.claim_of(delivery), settings)


def priced(order: Purchase) -> Purchase:
    return replace(
        order,
        lines=tuple(replace(line, unit_price=line.unit_price or Decimal("1.234")) for line in order.lines),
    )


def text(document: bytes, path: str) -> str | None:
    names = {"o": ubl.ORDER, "cac": ubl.CAC, "cbc": ubl.CBC}
    return ET.fromstring(document).findtext(path, namespaces=names)


def test_ubl_is_valid_by_the_schema_and_by_peppols_rules(
    order: Purchase, settings: config.Settings, schema: xmlschema.XMLSchema
) -> None:
    for each in (order, priced(order)):
        document = ubl.written(each, settings)
        schema.validate(document.decode())
        assert broken_rules(document) == []
    assert text(document, "cbc:ID") == "PO-000001"
    assert (
        text(document, "cac:AnticipatedMonetaryTotal/cbc:PayableAmount") == "104.62"
    )  # 30 × 2.5 + 24 × 1.234
    assert (
        text(document, "cac:OrderLine/cac:LineItem/cac:Item/cac:SellersItemIdentification/cbc:ID") == "B-100"
    )
    assert text(document, "cac:SellerSupplierParty/cac:Party/cac:PostalAddress/cbc:CityName") == "Boltham"
    assert text(document, "cac:SellerSupplierParty/cac:Party/cac:PostalAddress/cbc:PostalZone") == "12345"


def test_the_rules_find_what_is_wrong(order: Purchase, settings: config.Settings) -> None:
    """The witness against ourselves: each of these breaks one rule."""
    good = ubl.written(priced(order), settings).decode()
    for old, new, rule in (
        ("cac:Contact>", "cac:Butler>", "not part of the data model"),
        ("order_only:3", "order_every:3", "R031"),
        (">104.62<", ">104.623<", "R028"),
        ('unitCode="H87"', 'unitCode="furlong"', "unitCode"),
        ("<cbc:ID>2</cbc:ID>", "<cbc:ID>1</cbc:ID>", "R001"),
        (">75.00<", ">76.00<", "R008"),
        (">2.5<", ">3.5<", "R024"),
        ("<cbc:Name>Screw</cbc:Name>", "<cbc:Name></cbc:Name>", "COMMON-R001"),
        ('schemeID="0088"', 'schemeID="4711"', "schemeID"),
    ):
        assert old in good, old
        found = broken_rules(good.replace(old, new).encode())
        assert any(rule in each for each in found), (new, found)


@how(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(min_size=1, max_size=80).filter(str.strip),
    unit=st.sampled_from(["pcs", "kg", "furlong", "m²"]),
    quantity=st.decimals("0.001", "1000000", places=3),
    price=st.decimals("0", "100000", places=4) | st.none(),
)
def test_any_line_makes_a_valid_document(
    order: Purchase,
    settings: config.Settings,
    schema: xmlschema.XMLSchema,
    name: str,
    unit: str,
    quantity: Decimal,
    price: Decimal | None,
) -> None:
    name = "".join(each for each in name if each.isprintable()) or "x"
    lines = tuple(
        replace(line, name=name, unit=unit, quantity=quantity, unit_price=price) for line in order.lines
    )
    document = ubl.written(replace(order, lines=lines), settings)
    schema.validate(document.decode())
    assert broken_rules(document) == []


@pytest.mark.parametrize("missing", ["buyer_endpoint", "seller_endpoint", "country"])
def test_ubl_says_what_peppol_still_needs(order: Purchase, settings: config.Settings, missing: str) -> None:
    chosen = outbox.SupplierChannel(greeting="", buyer_endpoint=BUYER, seller_endpoint=SELLER)
    if missing == "country":
        order = replace(order, supplier=replace(order.supplier, country=""))
    else:
        setattr(chosen, missing, "")
    with pytest.raises(Refused, match="missing"):
        ubl.written(replace(order, chosen=chosen), settings)


CXML_MODEL = {
    "cXML": "Header Request",
    "Header": "From To Sender",
    "From": "Credential+",
    "To": "Credential+",
    "Sender": "Credential+ UserAgent",
    "Credential": "Identity SharedSecret?",
    "Request": "OrderRequest",
    "OrderRequest": "OrderRequestHeader ItemOut+",
    "OrderRequestHeader": "Total ShipTo? BillTo Shipping? Tax? Payment? PaymentTerm* Contact* Comments?"
    " Followup? DocumentReference? SupplierOrderInfo? Extrinsic*",
    "Total": "Money",
    "ShipTo": "Address",
    "BillTo": "Address",
    "Address": "Name PostalAddress? Email? Phone? Fax? URL?",
    "PostalAddress": "DeliverTo* Street+ City State? PostalCode? Country",
    "Contact": "Name PostalAddress* Email* Phone* Fax* URL*",
    "ItemOut": "ItemID Path? ItemDetail? SupplierID? ShipTo? Shipping? Tax? Distribution* Contact* Comments?",
    "ItemID": "SupplierPartID SupplierPartAuxiliaryID? BuyerPartID?",
    "ItemDetail": "UnitPrice Description+ UnitOfMeasure Classification+ ManufacturerPartID? ManufacturerName?"
    " URL? Extrinsic*",
    "UnitPrice": "Money",
}
"""The content model of cXML 1.2 for the elements that we write; every other element holds text only."""
CXML_NEEDS = {
    "cXML": {"payloadID", "timestamp"},
    "Credential": {"domain"},
    "Money": {"currency"},
    "OrderRequestHeader": {"orderID", "orderDate"},
    "ItemOut": {"quantity"},
    "Classification": {"domain"},
    "Country": {"isoCountryCode"},
    "Extrinsic": {"name"},
    "DocumentReference": {"payloadID"},
}


def cxml_faults(document: bytes) -> list[str]:
    faults = []
    for element in ET.fromstring(re.sub(rb"<!DOCTYPE[^>]*>", b"", document)).iter():
        model = CXML_MODEL.get(element.tag, "")
        form = "".join(
            rf"(?:{re.sub('[?*+]', '', part)} ){part[-1] if part[-1] in '?*+' else ''}"
            for part in model.split()
        )
        children = "".join(f"{child.tag} " for child in element)
        if not re.fullmatch(form, children):
            faults.append(f"{element.tag}: {children}")
        faults += [
            f"{element.tag} without {name}"
            for name in CXML_NEEDS.get(element.tag, set()) - set(element.attrib)
        ]
    return faults


def with_identities(order: Purchase, **more: Any) -> Purchase:
    chosen = outbox.SupplierChannel(
        greeting="Please",
        language="en",
        buyer_endpoint="DUNS:123456789",
        seller_endpoint="NetworkID:AN01",
        secret="",
    )
    return replace(order, chosen=chosen, **more)


def test_cxml_follows_the_content_model(order: Purchase, settings: config.Settings) -> None:
    document = cxml.written(with_identities(order, released_by="Anna"), settings)
    assert cxml_faults(document) == []
    root = ET.fromstring(re.sub(rb"<!DOCTYPE[^>]*>", b"", document))
    header = root.find(".//OrderRequestHeader")
    assert header is not None
    assert (header.get("orderID"), header.get("type")) == ("PO-000001", "new")
    assert root.findtext(".//SupplierPartID") == "B-100"


def test_a_cxml_cancellation_names_the_order_that_it_deletes(
    order: Purchase, settings: config.Settings
) -> None:
    document = cxml.written(with_identities(order, is_cancellation=True, cancels="abc"), settings)
    assert cxml_faults(document) == []
    assert b'type="delete"' in document
    assert b'<DocumentReference payloadID="abc@kanban.example"' in document


def test_the_content_model_finds_what_is_wrong(order: Purchase, settings: config.Settings) -> None:
    good = cxml.written(with_identities(order), settings)
    assert cxml_faults(good.replace(b"<BillTo>", b"<SoldTo>").replace(b"</BillTo>", b"</SoldTo>"))
    assert cxml_faults(good.replace(b' currency="EUR"', b""))


def test_csv_follows_the_suppliers_template(order: Purchase) -> None:
    template = (
        "separator = semicolon\ndecimal = comma\nArtikel = supplier_sku\nMenge = quantity\nPreis = unit_price"
    )
    rows = list(
        csv.DictReader(io.StringIO(tables.written(order, template).decode("utf-8-sig")), delimiter=";")
    )
    assert rows[0] == {"Artikel": "B-100", "Menge": "30", "Preis": "2,5"}


@pytest.mark.parametrize(
    "template", ["Artikel", "= quantity", "Menge = amount", "separator = pipe", "{{ 7 * 7 }} = x"]
)
def test_a_bad_template_is_refused_with_its_line(template: str) -> None:
    with pytest.raises(tables.BadTemplate, match="line 1"):
        tables.read(template)


def test_no_cell_is_a_formula(order: Purchase) -> None:
    lines = tuple(replace(line, name="=HYPERLINK(1)", supplier_sku="@SUM(1)") for line in order.lines)
    for row in csv.DictReader(io.StringIO(tables.written(replace(order, lines=lines)).decode("utf-8-sig"))):
        assert row["description"] == "'=HYPERLINK(1)"
        assert row["supplier_sku"] == "'@SUM(1)"


def test_a_file_is_put_whole_once_and_never_over_another(
    works: Shop, settings: config.Settings, send: Callable[..., int]
) -> None:
    choose(works, channel="csv", address="Bolts/../../etc")
    works.ordered(works.screws[0])
    send()
    (delivery,) = deliveries(works)
    assert delivery.state == "delivered", delivery.answer
    (path,) = [each for each in settings.export.rglob("*") if each.is_file()]
    assert path == settings.export / "Bolts-etc" / f"PO-000001-{delivery.message_id[:8]}.csv"
    assert path.read_bytes() == delivery.payload
    claim = outbox.claim_of(delivery)
    files.send(
        claim, delivery.payload or b"", settings
    )  # the repeat of a dispatcher that died before its note
    assert len(list(path.parent.iterdir())) == 1
    with pytest.raises(Refused, match="another file"):
        files.send(claim, b"something else", settings)
    assert path.read_bytes() == delivery.payload


def test_an_export_folder_that_cannot_be_written_is_tried_again(
    works: Shop, settings: config.Settings, send: Callable[..., int]
) -> None:
    settings.export.parent.mkdir(parents=True, exist_ok=True)
    settings.export.write_text("a file in the way")
    choose(works, channel="csv")
    works.ordered(works.screws[0])
    send()
    assert deliveries(works)[0].state == "queued"
    assert "cannot be written" in deliveries(works)[0].answer
