"""The demonstration's catalogue: what stands in the data files beside this module, and how it is entered.

``shop.toml`` has the firm, its areas and people, ``suppliers.toml`` the suppliers with their habits, the
three sheets the items, who offers them, and the loops with their number of cards and weekly use.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from kanban import items, journal, loops, people, shop, suppliers
from kanban.db import Base
from kanban.journal import Deed
from kanban.loops import Card
from kanban.orders import rules
from kanban.orders.rules import RuleFacts
from kanban.suppliers import SupplierItem

FOLDER = Path(__file__).parent
NO_PASSWORD = "!"  # noqa: S105 - no password has this as its hash, so nobody can sign in with one
DEMO = journal.By("demo")


@dataclass(frozen=True)
class LoopRow:
    """One row of ``loops.csv``.

    ``weekly_use`` in units, ``minimum_cycle`` in minutes; ``introduced`` counts the working days that the
    loop is old, zero where it was there from the beginning.
    """

    sku: str
    supplier: str
    place: str
    card_quantity: Decimal
    cards: int
    weekly_use: Decimal
    minimum_cycle: int
    introduced: int

    @property
    def kind(self) -> str:
        """Purchased, made in the house, or fetched from the central store."""
        return {"cell": "production", "store": "transfer"}.get(self.supplier, "purchase")


@dataclass(frozen=True)
class Firm:
    """All that the data files say, as they say it."""

    about: dict[str, Any]
    suppliers: dict[str, dict[str, Any]]
    items: list[dict[str, str]]
    offers: list[dict[str, str]]
    loops: list[LoopRow]

    @property
    def name(self) -> str:
        """The firm's name."""
        return str(self.about["name"])

    @property
    def country(self) -> str:
        """The ISO code of the country whose holidays the firm keeps."""
        return str(self.about["country"])

    @cached_property
    def area_of_rack(self) -> dict[str, dict[str, Any]]:
        """The area by the short name of a rack, such as ``A1``."""
        return {rack: area for area in self.about["areas"] for rack in area["racks"]}


@dataclass(frozen=True)
class Entered:
    """The ids of what was entered: people by login, devices and places by name, offers by (supplier, SKU)."""

    people: dict[str, int]
    devices: dict[str, int]
    suppliers: dict[str, int]
    places: dict[str, int]
    offers: dict[tuple[str, str], int]


def read() -> Firm:
    """Read the data files."""
    return Firm(
        about=tomllib.loads((FOLDER / "shop.toml").read_text(encoding="utf-8")),
        suppliers=tomllib.loads((FOLDER / "suppliers.toml").read_text(encoding="utf-8")),
        items=list(_rows("items.csv")),
        offers=list(_rows("offers.csv")),
        loops=[_loop_row(row) for row in _rows("loops.csv")],
    )


def enter(session: Session, firm: Firm, start: datetime) -> Entered:
    """Enter all but the loops, in one morning from ``start`` on."""

    def after(minutes: int) -> Deed:
        return Deed(start + timedelta(minutes=minutes), DEMO)

    persons, devices = _enter_people(session, after(0), firm)
    places = _enter_places(session, after(20), firm)
    sellers = {
        key: suppliers.add(session, after(45), _supplier_facts(about["facts"]))
        for key, about in firm.suppliers.items()
    }
    for key, about in firm.suppliers.items():
        if "rule" in about:
            _enter_rule(session, after(60), sellers[key], about["rule"])
    for key, about in firm.suppliers.items():
        if about.get("place"):
            place = session.get_one(items.Location, places[about["place"]])
            suppliers.set_place(session, after(60), sellers[key], place)
    stocked = {row["sku"]: items.add(session, after(75), _item_facts(row)) for row in firm.items}
    offers = {
        (row["supplier"], row["sku"]): suppliers.add_offer(
            session, after(95), sellers[row["supplier"]], stocked[row["sku"]], _offer_facts(row)
        ).id
        for row in firm.offers
    }
    return Entered(persons, devices, {key: each.id for key, each in sellers.items()}, places, offers)


def enter_loop(
    session: Session, deed: Deed, firm: Firm, entered: Entered, row: LoopRow, life: str
) -> list[Card]:
    """Enter one loop and its cards; gives the cards by number."""
    facts = loops.LoopFacts(
        card_quantity=row.card_quantity,
        kind=row.kind,
        minimum_cycle=row.minimum_cycle,
        review_period=_review_period(firm.suppliers[row.supplier]["facts"].get("order_days", "")),
        owner=firm.area_of_rack[row.place[:2]]["owner"],
        colour=firm.suppliers[row.supplier]["colour"],
    )
    place = session.get_one(items.Location, entered.places[row.place])
    offer = session.get_one(suppliers.SupplierItem, entered.offers[row.supplier, row.sku])
    return loops.add_cards(session, deed, loops.add(session, deed, place, offer, facts), row.cards, life)


def offers(session: Session) -> list[Base]:
    """Every offer with its item, supplier and prices: held together, they are read only once."""
    query = select(SupplierItem).options(
        joinedload(SupplierItem.item),
        joinedload(SupplierItem.supplier),
        selectinload(SupplierItem.price_breaks),
    )
    return list(session.scalars(query))


def _enter_people(session: Session, deed: Deed, firm: Firm) -> tuple[dict[str, int], dict[str, int]]:
    persons = {
        each["login"]: people.add(session, deed, **each, password_hash=NO_PASSWORD).id
        for each in firm.about["people"]
    }
    names = [area["device"] for area in firm.about["areas"] if area["device"]]
    return persons, {name: _pair_phone(session, deed, name) for name in names}


def _pair_phone(session: Session, deed: Deed, name: str) -> int:
    """A phone that lies in an area; nobody has its secret."""
    code = people.open_pairing(session, deed, people.PhoneFacts(name, "operator"))
    return people.pair(session, deed, code.secret)[0].id


def _enter_places(session: Session, deed: Deed, firm: Firm) -> dict[str, int]:
    shop.describe(session, deed, firm.about["name"], firm.about["address"])
    shop.write_letterhead(session, deed, shop.Letterhead(**firm.about["letterhead"]))
    site = items.add_location(session, deed, firm.about["site"], address=firm.about["address"])
    positions = sorted({row.place for row in firm.loops})
    places = {}
    for area in firm.about["areas"]:
        hall = items.add_location(session, deed, area["name"], site)
        places[area["name"]] = hall.id
        for short, name in area["racks"].items():
            rack = items.add_location(session, deed, name, hall)
            for position in positions:
                if position.startswith(short):
                    places[position] = items.add_location(session, deed, position, rack).id
    return places


def _supplier_facts(facts: dict[str, Any]) -> suppliers.SupplierFacts:
    least = facts.get("minimum_order_value")
    return suppliers.SupplierFacts(**facts | {"minimum_order_value": Decimal(least) if least else None})


def _enter_rule(session: Session, deed: Deed, supplier: suppliers.Supplier, rule: dict[str, Any]) -> None:
    place = {name: rule.get(name, "") for name in ("region", "time_zone")}
    told = {name: _as_amount(name, value) for name, value in rule.items() if name not in place}
    rules.set_rule(session, deed, supplier, RuleFacts(**told), **place)


def _as_amount(name: str, value: Any) -> Any:
    return Decimal(value) if name in ("free_freight", "approve_over", "admin_over") else value


def _item_facts(row: dict[str, str]) -> items.ItemFacts:
    return items.ItemFacts(
        sku=row["sku"],
        name=row["name"],
        unit=row["unit"],
        unit_cost=Decimal(row["unit_cost"]),
        consequence=int(row["consequence"]),
        note=row["note"],
    )


def _offer_facts(row: dict[str, str]) -> suppliers.OfferFacts:
    breaks = [each.split(":") for each in row["prices"].split()]
    return suppliers.OfferFacts(
        sku=row["supplier_sku"],
        pack_size=Decimal(row["pack_size"] or 1),
        minimum_order_quantity=Decimal(row["minimum_order_quantity"] or 0),
        order_multiple=Decimal(row["order_multiple"] or 0),
        lead_time=int(row["lead_time"]) if row["lead_time"] else None,
        rank=int(row["rank"]),
        prices=tuple((Decimal(quantity), Decimal(price)) for quantity, price in breaks),
    )


def _loop_row(row: dict[str, str]) -> LoopRow:
    return LoopRow(
        sku=row["sku"],
        supplier=row["supplier"],
        place=row["place"],
        card_quantity=Decimal(row["card_quantity"]),
        cards=int(row["cards"]),
        weekly_use=Decimal(row["weekly_use"]),
        minimum_cycle=int(row["minimum_cycle"] or 0),
        introduced=int(row["introduced"] or 0),
    )


def _review_period(order_days: str) -> int:
    """Working days that a signal can wait for the next order day, at most."""
    return 5 // len(order_days.split(",")) if order_days else 1


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as sheet:
        yield from csv.DictReader(sheet)
