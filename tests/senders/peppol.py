"""Peppol BIS Ordering 3, transaction T01: its published rules, as far as they speak of what we write.

Written anew from the rule texts of OpenPeppol's validation artefacts; each fault is named by its rule.
"""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from xml.etree import ElementTree as ET

from kanban.senders.ubl import CAC, CBC

_PARTY = {
    "EndpointID": {},
    "PartyIdentification": {"ID": {}},
    "PartyName": {"Name": {}},
    "PostalAddress": {
        "StreetName": {},
        "AdditionalStreetName": {},
        "CityName": {},
        "PostalZone": {},
        "CountrySubentity": {},
        "AddressLine": {"Line": {}},
        "Country": {"IdentificationCode": {}},
    },
    "PartyTaxScheme": {"CompanyID": {}, "TaxScheme": {"ID": {}}},
    "PartyLegalEntity": {"RegistrationName": {}, "CompanyID": {}},
    "Contact": {"Name": {}, "Telephone": {}, "ElectronicMail": {}},
}
_PERIOD = {"StartDate": {}, "EndDate": {}}
MODEL = {
    "CustomizationID": {},
    "ProfileID": {},
    "ID": {},
    "IssueDate": {},
    "IssueTime": {},
    "OrderTypeCode": {},
    "Note": {},
    "DocumentCurrencyCode": {},
    "CustomerReference": {},
    "AccountingCost": {},
    "ValidityPeriod": {"EndDate": {}},
    "BuyerCustomerParty": {"Party": _PARTY},
    "SellerSupplierParty": {"Party": _PARTY},
    "Delivery": {
        "DeliveryLocation": {"ID": {}, "Name": {}, "Address": _PARTY["PostalAddress"]},
        "RequestedDeliveryPeriod": _PERIOD,
        "DeliveryParty": {
            "PartyIdentification": {"ID": {}},
            "PartyName": {"Name": {}},
            "Contact": _PARTY["Contact"],
        },
    },
    "AnticipatedMonetaryTotal": {
        name: {}
        for name in (
            "LineExtensionAmount",
            "TaxExclusiveAmount",
            "TaxInclusiveAmount",
            "AllowanceTotalAmount",
            "ChargeTotalAmount",
            "PrepaidAmount",
            "PayableRoundingAmount",
            "PayableAmount",
        )
    },
    "OrderLine": {
        "Note": {},
        "LineItem": {
            "ID": {},
            "Quantity": {},
            "LineExtensionAmount": {},
            "PartialDeliveryIndicator": {},
            "AccountingCost": {},
            "Delivery": {"RequestedDeliveryPeriod": _PERIOD},
            "Price": {"PriceAmount": {}, "BaseQuantity": {}},
            "Item": {
                "Name": {},
                "Description": {},
                "BuyersItemIdentification": {"ID": {}},
                "SellersItemIdentification": {"ID": {}},
                "StandardItemIdentification": {"ID": {}},
                "AdditionalItemProperty": {
                    "Name": {},
                    "Value": {},
                    "ValueQuantity": {},
                    "ValueQualifier": {},
                },
            },
        },
    },
}
"""Elements of the data model; whatever else stands in a document is a fault (B00110 and its kin)."""
NEEDED = {
    "Order": (
        "CustomizationID",
        "ProfileID",
        "ID",
        "IssueDate",
        "DocumentCurrencyCode",
        "BuyerCustomerParty",
        "SellerSupplierParty",
        "OrderLine",
    ),
    "BuyerCustomerParty": ("Party",),
    "SellerSupplierParty": ("Party",),
    "PartyLegalEntity": ("RegistrationName",),
    "PartyIdentification": ("ID",),
    "PartyName": ("Name",),
    "PostalAddress": ("Country",),
    "Address": ("Country",),
    "Country": ("IdentificationCode",),
    "OrderLine": ("LineItem",),
    "LineItem": ("ID", "Quantity", "Item"),
    "Price": ("PriceAmount",),
    "Item": ("Name",),
    "BuyersItemIdentification": ("ID",),
    "SellersItemIdentification": ("ID",),
    "AdditionalItemProperty": ("Name", "Value"),
    "AnticipatedMonetaryTotal": ("LineExtensionAmount", "PayableAmount"),
}
SCHEMES = {
    "0002",
    "0007",
    "0009",
    "0037",
    "0060",
    "0088",
    "0096",
    "0097",
    "0106",
    "0135",
    "0142",
    "0151",
    "0183",
    "0184",
    "0190",
    "0191",
    "0192",
    "0193",
    "0195",
    "0196",
    "0198",
    "0199",
    "0200",
    "0201",
    "0202",
    "9930",
    "9957",
}
UNITS = {
    "C62",
    "H87",
    "EA",
    "KGM",
    "GRM",
    "TNE",
    "MTR",
    "MMT",
    "CMT",
    "MTK",
    "MTQ",
    "LTR",
    "MLT",
    "PR",
    "SET",
    "XBX",
    "XPK",
    "XRO",
    "XCA",
    "XBO",
    "XBG",
    "XST",
    "XPX",
}
PROFILES = ("urn:fdc:peppol.eu:poacc:bis:order_only:3", "urn:fdc:peppol.eu:poacc:bis:ordering:3")
SLACK = Decimal("0.02")


def broken_rules(document: bytes) -> list[str]:
    """What the document does against the rules; empty for a good one."""
    root = ET.fromstring(document)
    return [*_model(root, MODEL, "Order"), *_values(root), *_money(root), *_lines(root)]


def _model(element: ET.Element, model: dict, path: str) -> list[str]:  # type: ignore[type-arg]
    found = []
    names = [_name(child) for child in element]
    if len(element) == 0 and not (element.text or "").strip():
        found.append(f"COMMON-R001 {path} is empty")
    for needed in NEEDED.get(_name(element), ()):
        if needed not in names:
            found.append(f"{path} without {needed}")
    for child in element:
        name = _name(child)
        if name not in model:
            found.append(f"elements not part of the data model: {path}/{name}")
        else:
            found += _model(child, model[name], f"{path}/{name}")
    return found


def _values(root: ET.Element) -> list[str]:
    found = []
    if _text(root, "CustomizationID") != "urn:fdc:peppol.eu:poacc:trns:order:3":
        found.append("B00201 CustomizationID")
    if _text(root, "ProfileID") not in PROFILES:
        found.append("R031 ProfileID")
    if _text(root, "OrderTypeCode") not in ("220", "227", None):
        found.append("B00801 OrderTypeCode")
    for name, attribute, known in (
        ("EndpointID", "schemeID", SCHEMES),
        ("Quantity", "unitCode", UNITS),
        ("BaseQuantity", "unitCode", UNITS),
    ):
        for each in root.iter(f"{{{CBC}}}{name}"):
            if each.get(attribute) not in known:
                found.append(f"{name} with {attribute} {each.get(attribute)}")
    for party in ("BuyerCustomerParty", "SellerSupplierParty"):
        one = root.find(f"{{{CAC}}}{party}/{{{CAC}}}Party")
        for name in ("EndpointID", "PartyLegalEntity", *(("PostalAddress",) if party[0] == "S" else ())):
            if one is None or (one.find(f"{{{CBC}}}{name}") is None and one.find(f"{{{CAC}}}{name}") is None):
                found.append(f"{party} without {name}")
    dates = [each for name in ("IssueDate", "EndDate") for each in root.iter(f"{{{CBC}}}{name}")]
    return found + [f"COMMON-R030 {each.text}" for each in dates if len(each.text or "") != 10]


def _money(root: ET.Element) -> list[str]:
    found = []
    currency = _text(root, "DocumentCurrencyCode")
    for each in root.iter():
        if each.tag.endswith("Amount"):
            if each.get("currencyID") != currency:
                found.append("R003 another currency")
            if not each.tag.endswith("PriceAmount") and len((each.text or "").partition(".")[2]) > 2:
                found.append(f"R028 {each.text}")
    total = root.find(f"{{{CAC}}}AnticipatedMonetaryTotal")
    if total is not None:
        sums = [_amount(each, "LineExtensionAmount") for each in root.iter(f"{{{CAC}}}LineItem")]
        if _amount(total, "LineExtensionAmount") != sum(sums, Decimal(0)).quantize(
            Decimal("0.01"), ROUND_HALF_UP
        ):
            found.append("R008 the sum of the lines")
        if _amount(total, "PayableAmount") < 0 or _amount(total, "LineExtensionAmount") < 0:
            found.append("R006 a negative total")
    return found


def _lines(root: ET.Element) -> list[str]:
    found = []
    items = list(root.iter(f"{{{CAC}}}LineItem"))
    for number, times in Counter(_text(item, "ID") for item in items).items():
        if times > 1:
            found.append(f"R001 line {number} twice")
    for item in items:
        price = item.find(f"{{{CAC}}}Price")
        if _amount(item, "Quantity") < 0:
            found.append("R004 a negative quantity")
        if price is not None and _text(item, "LineExtensionAmount") is not None:
            each = _amount(price, "PriceAmount") / (_amount(price, "BaseQuantity") or Decimal(1))
            if abs(_amount(item, "LineExtensionAmount") - _amount(item, "Quantity") * each) > SLACK:
                found.append("R024 quantity times price")
        if price is not None and _amount(price, "PriceAmount") < 0:
            found.append("R005 a negative price")
    return found


def _name(element: ET.Element) -> str:
    return element.tag.partition("}")[2]


def _text(parent: ET.Element, name: str) -> str | None:
    return parent.findtext(f"{{{CBC}}}{name}")


def _amount(parent: ET.Element, name: str) -> Decimal:
    return Decimal(_text(parent, name) or "0")
