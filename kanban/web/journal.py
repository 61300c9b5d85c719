"""The journal: what happened, newest first, to what, by whom and through which door."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import Select, func, literal, or_, select, union_all
from werkzeug.exceptions import BadRequest

from kanban import codes, journal, languages
from kanban.items import Item, Location
from kanban.journal import Event
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.loops import Card, Loop
from kanban.orders import Order
from kanban.orders.tables import NUMBER_FORMAT
from kanban.people import Device, Person
from kanban.reports import story
from kanban.suppliers import Supplier, SupplierItem
from kanban.text import BadText, clean
from kanban.web import listing, security
from kanban.web.reading import session
from kanban.web.running import running

bp = Blueprint("journal", __name__)

EVENTS_A_PAGE = 50
LATE = timedelta(minutes=1)
"""How much later than it happened something may be recorded without being worth a word."""

EVERYTHING = ANYBODY = "all"

NOUNS = {
    EVERYTHING: mark("Everything"),
    "scan": mark("Scans"),
    "replenishment": mark("Replenishments"),
    "order": mark("Orders"),
    "order_line": mark("Order lines"),
    "receipt": mark("Receipts"),
    "card": mark("Cards"),
    "loop": mark("Loops"),
    "item": mark("Items"),
    "photo": mark("Photos"),
    "print_batch": mark("Prints"),
    "printer": mark("Printers"),
    "stock": mark("Stocks"),
    "supplier": mark("Suppliers"),
    "supplier_item": mark("Offers"),
    "location": mark("Places"),
    "person": mark("People"),
    "device": mark("Devices"),
    "pairing": mark("Pairings"),
    "shop": mark("The shop"),
}
DOORS = {
    "scan": mark("by scan"), "web": mark("on a screen"), "api": mark("by a program"),
    "import": mark("by import"),    "cli": mark("on the server"), "demo": mark("in the demo"),
}  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What the reader wants to see; empty fields restrict nothing. ``who`` is ``p7`` or ``d7``."""

    q: str
    noun: str
    card: str
    order: str
    who: str
    since: str
    until: str


@dataclass(frozen=True)
class Line:
    """One event as the screen shows it."""

    id: int
    at: datetime
    happened: datetime | None
    subject: str
    href: str
    text: str
    by: str
    door: str


@bp.get("/journal")
@security.access("viewer")
def show() -> str:
    """A page of the journal, and where its chain ends."""
    wanted = _filter()
    before, after = listing.whole("before", 0), listing.whole("after", 0)
    entries, older, newer = _page(_matching(wanted), before, after)
    last_id, last_hash = journal.head(session())
    return render_template(
        "journal/list.html",
        lines=_lines(entries),
        wanted=wanted,
        narrowed=any(vars(wanted).values()),
        nouns=languages.choices(NOUNS.items()),
        whose=_whose(),
        head={"id": last_id, "hash": last_hash[:8]},
        older_href=listing.href(before=entries[-1].id, after=None) if older else None,
        newer_href=listing.href(after=entries[0].id, before=None) if newer else None,
    )


def _filter() -> Filter:
    """The filter that the address asks for; 400 for what no form of ours sends."""
    try:
        q = clean(listing.one("q"), limit=listing.LONGEST_SEARCH)
        card = clean(listing.one("card"), limit=listing.LONGEST_SEARCH)
        order = clean(listing.one("order"), limit=listing.LONGEST_SEARCH)
    except BadText as wrong:
        raise BadRequest(_("What you search for %(wrong)s.", wrong=wrong)) from wrong
    noun, who = listing.choice("noun", tuple(NOUNS)), listing.one("who") or ANYBODY
    return Filter(
        q,
        noun if noun != EVERYTHING else "",
        card,
        order,
        who if who != ANYBODY else "",
        _day("since"),
        _day("until"),
    )


def _day(name: str) -> str:
    text = listing.one(name)
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as wrong:
        raise BadRequest(
            _("In the address, “%(name)s” is not a day such as 2026-11-23.", name=name)
        ) from wrong


def _matching(wanted: Filter) -> Select[Any]:
    """The events that the filter lets through, with their names, newest first."""
    query = story.named_events()
    if wanted.noun:
        query = query.where(Event.noun == wanted.noun)
    if wanted.card:
        query = query.where(Card.code == _code(wanted.card))
    if wanted.order:
        query = query.where(Order.number == _order_number(wanted.order))
    if wanted.who:
        column = Event.device_id if wanted.who.startswith("d") else Event.person_id
        query = query.where(column == _id_in(wanted.who))
    if wanted.since:
        query = query.where(Event.recorded_at >= _midnight(wanted.since))
    if wanted.until:
        query = query.where(Event.recorded_at < _midnight(wanted.until, days_later=1))
    return query.where(_says(wanted.q)) if wanted.q else query


def _says(q: str) -> Any:
    """Events that carry a text, or whose item, supplier, order, card or doer does."""
    plain = q.casefold()
    escaped = json.dumps(q)[1:-1]  # facts are kept as JSON of plain ASCII
    found = [
        func.lower(column).contains(plain, autoescape=True)
        for column in (Event.kind, Item.sku, Item.name, Supplier.name, Order.number, Card.code, Person.name)
    ]
    return or_(*found, func.lower(Event.data).contains(escaped.lower(), autoescape=True))


def _page(query: Select[Any], before: int, after: int) -> tuple[list[story.Entry], bool, bool]:
    """A page of entries, whether there are older ones, and whether there are newer ones.

    Pages begin at an event, not at a count, so that none moves while new events come in.
    """
    if after:
        rising = query.where(Event.id > after).order_by(None).order_by(Event.id)
        found = story.entries(session(), rising.limit(EVENTS_A_PAGE + 1))
        return found[:EVENTS_A_PAGE][::-1], bool(found), len(found) > EVENTS_A_PAGE
    falling = query.where(Event.id < before) if before else query
    found = story.entries(session(), falling.limit(EVENTS_A_PAGE + 1))
    return found[:EVENTS_A_PAGE], len(found) > EVENTS_A_PAGE, bool(before and found)


def _lines(entries: list[story.Entry]) -> list[Line]:
    names = _names(entries)
    return [_line(entry, names.get((entry.noun, entry.noun_id or 0), "")) for entry in entries]


def _line(entry: story.Entry, name: str) -> Line:
    subject, href = _subject(entry, name)
    late = entry.at - entry.occurred_at > LATE
    return Line(
        entry.id,
        entry.at,
        entry.occurred_at if late else None,
        subject,
        href,
        replace(entry, subject="").text,
        entry.by or (_("Somebody") if entry.via in ("scan", "web") else ""),
        _(DOORS.get(entry.via, entry.via)),
    )


def _subject(entry: story.Entry, name: str) -> tuple[str, str]:
    """What an event is about, and the address of its page."""
    if entry.card_number:
        return _(
            "%(sku)s card %(number)s", sku=entry.sku, number=entry.card_number
        ), f"/loops/{entry.loop_id}"
    if entry.order_id:
        return entry.order_number or _(
            "Draft for %(supplier)s", supplier=entry.supplier
        ), f"/orders/{entry.order_id}"
    pages = {"item": "/items", "location": "/locations", "supplier": "/suppliers", "loop": "/loops"}
    if entry.noun in pages:
        return name, f"{pages[entry.noun]}/{entry.noun_id}"
    return name or (_("A card") if entry.noun == "scan" else ""), ""


def _names(entries: Iterable[story.Entry]) -> dict[tuple[str, int], str]:
    """The names behind nouns and their ids: one statement for the whole page."""
    ids: dict[str, set[int]] = {noun: set() for noun in NOUNS}
    for entry in entries:
        ids.setdefault(entry.noun, set()).add(entry.noun_id or 0)
    loop_name = Item.sku + " at " + Location.path
    offer_name = Supplier.name + " for " + Item.sku
    named = union_all(
        select(literal("item"), Item.id, Item.sku).where(Item.id.in_(ids["item"])),
        select(literal("supplier"), Supplier.id, Supplier.name).where(Supplier.id.in_(ids["supplier"])),
        select(literal("location"), Location.id, Location.path).where(Location.id.in_(ids["location"])),
        select(literal("person"), Person.id, Person.name).where(Person.id.in_(ids["person"])),
        select(literal("device"), Device.id, Device.name).where(Device.id.in_(ids["device"])),
        select(literal("loop"), Loop.id, loop_name)
        .join(Item, Item.id == Loop.item_id)
        .join(Location)
        .where(Loop.id.in_(ids["loop"])),
        select(literal("supplier_item"), SupplierItem.id, offer_name)
        .join(Item, Item.id == SupplierItem.item_id)
        .join(Supplier)
        .where(SupplierItem.id.in_(ids["supplier_item"])),
    )
    return {(noun, noun_id): name for noun, noun_id, name in session().execute(named)}


def _whose() -> list[tuple[str, str]]:
    """Everybody and every device, for the filter."""
    named = union_all(
        select(literal("p"), Person.id, Person.name), select(literal("d"), Device.id, Device.name)
    )
    found = [(f"{kind}{row_id}", name) for kind, row_id, name in session().execute(named)]
    return [(ANYBODY, _("Anybody")), *sorted(found, key=lambda each: each[1].casefold())]


def _code(text: str) -> str:
    """The code in its one form; one that no card has where it was mistyped."""
    try:
        return codes.read(text)
    except codes.BadCode:
        return ""


def _order_number(text: str) -> str:
    return NUMBER_FORMAT.format(int(text)) if text.isascii() and text.isdigit() else text.upper()


def _id_in(who: str) -> int:
    if not (who[1:].isascii() and who[1:].isdigit() and who[0] in "pd" and len(who) < 12):
        raise BadRequest(_("In the address, “who” is nobody."))
    return int(who[1:])


def _midnight(day: str, days_later: int = 0) -> datetime:
    """The beginning of a day in the shop's time zone."""
    try:
        wanted = date.fromisoformat(day) + timedelta(days=days_later)
    except OverflowError as wrong:
        raise BadRequest(_("That day is too far away.")) from wrong
    return datetime.combine(wanted, time(), running().settings.zone)
