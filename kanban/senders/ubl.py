"""The order as UBL 2.1 Order in the form of Peppol BIS Ordering 3 (order only)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from xml.etree import ElementTree as ET

from kanban.config import Settings
from kanban.languages import Sentence, sentence
from kanban.senders.parcel import Refused
from kanban.senders.places import Postal, country_of, postal
from kanban.senders.purchase import Party, Purchase, PurchaseLine

ORDER = "urn:oasis:names:specification:ubl:schema:xsd:Order-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CUSTOMIZATION = "urn:fdc:peppol.eu:poacc:trns:order:3"
PROFILE = "urn:fdc:peppol.eu:poacc:bis:order_only:3"
PURCHASE_ORDER = "220"
CENT = Decimal("0.01")

UNITS = {
    "pcs": "H87", "pc": "H87", "piece": "H87", "pieces": "H87", "stk": "H87", "stück": "H87", "ea": "EA",
    "kg": "KGM", "g": "GRM", "t": "TNE", "m": "MTR", "mm": "MMT", "cm": "CMT", "m²": "MTK", "m2": "MTK",
    "m³": "MTQ", "m3": "MTQ", "l": "LTR", "ml": "MLT", "pair": "PR", "pairs": "PR", "set": "SET",
    "box": "XBX", "pack": "XPK", "roll": "XRO", "can": "XCA", "bottle": "XBO", "bag": "XBG", "sheet": "XST",
    "pallet": "XPX",
}  # fmt: skip
"""Units of ours by UN/ECE Recommendation 20 and 21."""
ONE = "C62"
"""The unit "one", for a unit that the recommendation does not know; its own name stands beside it."""


def written(order: Purchase, settings: Settings) -> bytes:
    """The document. Raises :class:`Refused` where Peppol asks for something that nobody has entered."""
    root = ET.Element(f"{{{ORDER}}}Order")
    _basic(root, "CustomizationID", CUSTOMIZATION)
    _basic(root, "ProfileID", PROFILE)
    _basic(root, "ID", order.number)
    _basic(root, "IssueDate", order.released_at.astimezone(settings.zone).date().isoformat())
    _basic(root, "OrderTypeCode", PURCHASE_ORDER)
    _basic(root, "Note", order.chosen.greeting)
    _basic(root, "DocumentCurrencyCode", order.currency)
    home = country_of(settings.zone)
    _buyer(root, order, home)
    _seller(root, order)
    _delivery(root, order, home)
    _total(root, order)
    for line in order.lines:
        _line(root, line, order.currency)
    _register()
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def endpoint(value: str, whose: Sentence) -> tuple[str, str]:
    """Scheme and number of an electronic address such as ``0088:4012345000009``. Raises :class:`Refused`."""
    scheme, colon, number = value.partition(":")
    if not colon or not scheme or not number:
        raise Refused(
            sentence(
                "%(whose)s electronic address is missing: scheme and number, such as 0088:4012345000009",
                whose=whose,
            )
        )
    return scheme, number


def _buyer(root: ET.Element, order: Purchase, home: str) -> None:
    party = _aggregate(_aggregate(root, "BuyerCustomerParty"), "Party")
    _identify(party, order.chosen.buyer_endpoint, sentence("our"), order.customer_number)
    if home:
        _address(party, "PostalAddress", postal(order.buyer, home))
    _basic(_aggregate(party, "PartyLegalEntity"), "RegistrationName", order.buyer.name)
    if order.released_by:
        _basic(_aggregate(party, "Contact"), "Name", order.released_by)


def _seller(root: ET.Element, order: Purchase) -> None:
    if not order.supplier.country:
        raise Refused(sentence("the supplier’s country is missing"))
    party = _aggregate(_aggregate(root, "SellerSupplierParty"), "Party")
    _identify(party, order.chosen.seller_endpoint, sentence("the supplier’s"), "")
    _address(party, "PostalAddress", postal(order.supplier, order.supplier.country))
    _basic(_aggregate(party, "PartyLegalEntity"), "RegistrationName", order.supplier.name)


def _identify(party: ET.Element, electronic: str, whose: Sentence, number: str) -> None:
    scheme, value = endpoint(electronic, whose)
    _basic(party, "EndpointID", value, schemeID=scheme)
    if number:
        _basic(_aggregate(party, "PartyIdentification"), "ID", number)


def _delivery(root: ET.Element, order: Purchase, home: str) -> None:
    delivery = _aggregate(root, "Delivery")
    if home:
        location = _aggregate(delivery, "DeliveryLocation")
        _address(location, "Address", postal(order.ship_to, home))
    if order.wanted:
        _basic(_aggregate(delivery, "RequestedDeliveryPeriod"), "EndDate", order.wanted.isoformat())
    _party_name(delivery, order.ship_to)


def _party_name(delivery: ET.Element, party: Party) -> None:
    _basic(_aggregate(_aggregate(delivery, "DeliveryParty"), "PartyName"), "Name", party.name)


def _total(root: ET.Element, order: Purchase) -> None:
    """Only where every price is known; the sum of the rounded lines, as the rules count."""
    totals = [line.total for line in order.lines]
    if not all(each is not None for each in totals):
        return
    amount = sum((_cents(each) for each in totals if each is not None), Decimal(0))
    total = _aggregate(root, "AnticipatedMonetaryTotal")
    _basic(total, "LineExtensionAmount", _money(amount), currencyID=order.currency)
    _basic(total, "PayableAmount", _money(amount), currencyID=order.currency)


def _line(root: ET.Element, line: PurchaseLine, currency: str) -> None:
    item = _aggregate(_aggregate(root, "OrderLine"), "LineItem")
    unit = UNITS.get(line.unit.casefold(), ONE)
    _basic(item, "ID", str(line.number))
    _basic(item, "Quantity", _plain(line.quantity), unitCode=unit)
    if line.total is not None:
        _basic(item, "LineExtensionAmount", _money(_cents(line.total)), currencyID=currency)
    if line.wanted:
        period = _aggregate(_aggregate(item, "Delivery"), "RequestedDeliveryPeriod")
        _basic(period, "EndDate", line.wanted.isoformat())
    if line.unit_price is not None:
        price = _aggregate(item, "Price")
        _basic(price, "PriceAmount", _plain(line.unit_price), currencyID=currency)
        _basic(price, "BaseQuantity", "1", unitCode=unit)
    _goods(_aggregate(item, "Item"), line, unit)


def _goods(goods: ET.Element, line: PurchaseLine, unit: str) -> None:
    _basic(goods, "Name", line.name)
    _basic(_aggregate(goods, "BuyersItemIdentification"), "ID", line.sku)
    if line.supplier_sku:
        _basic(_aggregate(goods, "SellersItemIdentification"), "ID", line.supplier_sku)
    if unit == ONE:
        _property(goods, "Unit", line.unit)
    if line.pack_size != 1:
        _property(goods, "Pack size", f"{_plain(line.pack_size)} {line.unit}")


def _property(goods: ET.Element, name: str, value: str) -> None:
    one = _aggregate(goods, "AdditionalItemProperty")
    _basic(one, "Name", name)
    _basic(one, "Value", value)


def _address(parent: ET.Element, name: str, place: Postal) -> None:
    address = _aggregate(parent, name)
    street, *more = place.streets or ("",)
    _basic(address, "StreetName", street)
    _basic(address, "AdditionalStreetName", ", ".join(more))
    _basic(address, "CityName", place.city)
    _basic(address, "PostalZone", place.code)
    _basic(_aggregate(address, "Country"), "IdentificationCode", place.country)


def _aggregate(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{CAC}}}{name}")


def _basic(parent: ET.Element, name: str, value: str, **attributes: str) -> None:
    """An element with its text; none where there is nothing to say, since Peppol wants no empty ones."""
    plain = " ".join(value.split())
    if plain:
        ET.SubElement(parent, f"{{{CBC}}}{name}", attributes).text = plain


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def _money(value: Decimal) -> str:
    return format(value, ".2f")


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _register() -> None:
    for prefix, uri in (("", ORDER), ("cac", CAC), ("cbc", CBC)):
        ET.register_namespace(prefix, uri)
