"""The order as cXML OrderRequest: new, or the deletion of one that was sent before."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from kanban import __version__
from kanban.config import Settings
from kanban.languages import Sentence, sentence
from kanban.senders.parcel import Refused
from kanban.senders.places import country_of, postal
from kanban.senders.purchase import Party, Purchase, PurchaseLine
from kanban.senders.ubl import ONE, UNITS

VERSION = "1.2.014"
DOCTYPE = f'<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/{VERSION}/cXML.dtd">'


def written(order: Purchase, settings: Settings) -> bytes:
    """The document. Raises :class:`Refused` where an identity that cXML asks for is missing."""
    host = urlsplit(settings.base_url).hostname
    stamp = order.released_at.astimezone(settings.zone).isoformat(timespec="seconds")
    root = ET.Element("cXML", payloadID=f"{order.message_id}@{host}", timestamp=stamp, version=VERSION)
    root.set("xml:lang", order.chosen.language)
    _header(root, order)
    request = ET.SubElement(root, "Request", deploymentMode="test" if order.is_test else "production")
    body = ET.SubElement(request, "OrderRequest")
    _order_header(body, order, stamp, f"{order.cancels}@{host}", country_of(settings.zone))
    for line in order.lines:
        _item(body, line, order)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n{DOCTYPE}\n'
    return head.encode() + bytes(ET.tostring(root, encoding="utf-8"))


def _header(root: ET.Element, order: Purchase) -> None:
    header = ET.SubElement(root, "Header")
    ours = _identity(order.chosen.buyer_endpoint, sentence("our"))
    theirs = _identity(order.chosen.seller_endpoint, sentence("the supplier’s"))
    _credential(ET.SubElement(header, "From"), *ours)
    _credential(ET.SubElement(header, "To"), *theirs)
    sender = ET.SubElement(header, "Sender")
    credential = _credential(sender, *ours)
    if order.chosen.secret:
        _text(credential, "SharedSecret", order.chosen.secret)
    _text(sender, "UserAgent", f"Kanban {__version__}")


def _credential(parent: ET.Element, domain: str, identity: str) -> ET.Element:
    credential = ET.SubElement(parent, "Credential", domain=domain)
    _text(credential, "Identity", identity)
    return credential


def _identity(value: str, whose: Sentence) -> tuple[str, str]:
    domain, colon, identity = value.partition(":")
    if not colon or not domain or not identity:
        raise Refused(
            sentence(
                "%(whose)s cXML identity is missing: domain and identity, such as DUNS:123456789", whose=whose
            )
        )
    return domain, identity


def _order_header(body: ET.Element, order: Purchase, stamp: str, cancels: str, home: str) -> None:
    header = ET.SubElement(
        body,
        "OrderRequestHeader",
        orderID=order.number,
        orderDate=stamp,
        type="delete" if order.is_cancellation else "new",
    )
    _money(ET.SubElement(header, "Total"), order.total or Decimal(0), order.currency)
    _address(ET.SubElement(header, "ShipTo"), order.ship_to, home)
    _address(ET.SubElement(header, "BillTo"), order.buyer, home)
    if order.released_by:
        contact = ET.SubElement(header, "Contact", role="buyer")
        _name(contact, order.released_by)
    if order.chosen.greeting:
        _text(header, "Comments", order.chosen.greeting)
    if order.is_cancellation:
        ET.SubElement(header, "DocumentReference", payloadID=cancels)
    if order.customer_number:
        ET.SubElement(header, "Extrinsic", name="customerNumber").text = order.customer_number


def _item(body: ET.Element, line: PurchaseLine, order: Purchase) -> None:
    item = ET.SubElement(body, "ItemOut", quantity=_plain(line.quantity), lineNumber=str(line.number))
    if line.wanted:
        item.set("requestedDeliveryDate", line.wanted.isoformat())
    ids = ET.SubElement(item, "ItemID")
    _text(ids, "SupplierPartID", line.supplier_sku or line.sku)
    _text(ids, "BuyerPartID", line.sku)
    detail = ET.SubElement(item, "ItemDetail")
    _money(ET.SubElement(detail, "UnitPrice"), line.unit_price or Decimal(0), order.currency)
    description = ET.SubElement(detail, "Description")
    description.set("xml:lang", order.chosen.language)
    description.text = line.name
    _text(detail, "UnitOfMeasure", UNITS.get(line.unit.casefold(), ONE))
    ET.SubElement(detail, "Classification", domain="buyerSKU").text = line.sku
    ET.SubElement(detail, "Extrinsic", name="unit").text = line.unit


def _address(parent: ET.Element, party: Party, home: str) -> None:
    place = postal(party, home)
    address = ET.SubElement(parent, "Address")
    _name(address, party.name)
    postal_address = ET.SubElement(address, "PostalAddress")
    for street in place.streets or ("-",):
        _text(postal_address, "Street", street)
    _text(postal_address, "City", place.city)
    if place.code:
        _text(postal_address, "PostalCode", place.code)
    ET.SubElement(postal_address, "Country", isoCountryCode=place.country or "ZZ").text = place.country


def _name(parent: ET.Element, name: str) -> None:
    element = ET.SubElement(parent, "Name")
    element.set("xml:lang", "en")
    element.text = name


def _money(parent: ET.Element, value: Decimal, currency: str) -> None:
    ET.SubElement(parent, "Money", currency=currency).text = _plain(value)


def _text(parent: ET.Element, name: str, value: str) -> None:
    ET.SubElement(parent, name).text = value


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
