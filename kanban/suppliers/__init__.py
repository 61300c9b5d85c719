"""Suppliers, what they offer, and the days on which they take orders."""

from kanban.suppliers.firms import SupplierFacts, SupplierTaken, add, by_name, change
from kanban.suppliers.offers import (
    NewOffer,
    OfferFacts,
    OfferTaken,
    add_offer,
    add_offers,
    change_offer,
    offer_of,
    prices_of,
)
from kanban.suppliers.places import (
    INSIDE,
    NotInternal,
    SupplierPlace,
    SupplyCircle,
    change_location,
    place_of,
    refuse_circle,
    set_place,
)
from kanban.suppliers.tables import KINDS, PriceBreak, Supplier, SupplierItem
from kanban.suppliers.terms import WEEKDAYS, Terms

__all__ = [
    "INSIDE",
    "KINDS",
    "WEEKDAYS",
    "NewOffer",
    "NotInternal",
    "OfferFacts",
    "OfferTaken",
    "PriceBreak",
    "Supplier",
    "SupplierFacts",
    "SupplierItem",
    "SupplierPlace",
    "SupplierTaken",
    "SupplyCircle",
    "Terms",
    "add",
    "add_offer",
    "add_offers",
    "by_name",
    "change",
    "change_location",
    "change_offer",
    "offer_of",
    "place_of",
    "prices_of",
    "refuse_circle",
    "set_place",
]
