"""The columns of the flat sheet, and the headings in English and German by which each is known."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import product

from kanban.imports.sheet import Sheet, SheetError, column_letter
from kanban.languages import gettext as _
from kanban.languages import mark

MONEY = ("EUR", "€", "USD", "$", "GBP", "£", "CHF", "net", "netto")
DAYS = ("days", "working days", "workdays", "Tage", "in Tagen", "Arbeitstage", "in Arbeitstagen", "AT")
HOURS = ("hours", "h", "Stunden", "in Stunden")
UNITS = ("units", "pcs", "Stück", "Stk")
ANY = ("", "optional", "required", "Pflicht", "Pflichtfeld")  # words that may follow every heading


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of a row.

    ``titles`` are its headings; ``rests`` are headings that mean it only where no better column does;
    ``remarks`` may follow a heading, as in "Price (EUR)". An unknown remark makes an unknown heading:
    a "Lead time (weeks)" must not pass for days.
    """

    name: str
    meaning: str
    titles: tuple[str, ...]
    rests: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Where each column stands in a sheet (``places``, from 0), and the headings that mean nothing to us."""

    places: dict[str, int]
    ignored: tuple[str, ...]


def _column(
    name: str,
    meaning: str,
    titles: str,
    *,
    rests: str = "",
    remarks: tuple[str, ...] = (),
    required: bool = False,
) -> Column:
    return Column(name, meaning, _split(titles), _split(rests), remarks, required)


def _split(titles: str) -> tuple[str, ...]:
    return tuple(title.strip() for title in titles.split(",") if title.strip())


COLUMNS = (
    _column(
        "sku",
        mark("our number of the item"),
        "SKU, Item number, Item no., Item code, Part number, Part no., Product number, Product code,"
        " Stock code, Material number, Artikelnummer, Artikel-Nr., Art.-Nr., Teilenummer, Teile-Nr.,"
        " Materialnummer, Material-Nr., Sachnummer",
        rests="Item, Part, Material, Number, Artikel, Teil, Nummer",
        required=True,
    ),
    _column(
        "name",
        mark("what people call it"),
        "Name, Item name, Part name, Product name, Artikelname, Artikelbezeichnung, Bezeichnung,"
        " Benennung, Materialbezeichnung",
        rests="Description, Item description, Product, Item, Beschreibung, Artikelbeschreibung, Produkt,"
        " Artikel",
        required=True,
    ),
    _column(
        "unit",
        mark("the unit it is counted in"),
        "Unit, Unit of measure, UOM, Einheit, Mengeneinheit, Basismengeneinheit, ME",
    ),
    _column(
        "unit_cost",
        mark("what one unit is worth"),
        "Unit cost, Cost, Cost per unit, Standard cost, Stückkosten, Kosten pro Stück, Bewertungspreis",
        remarks=MONEY,
    ),
    _column(
        "consequence",
        mark("what a stock-out means, 1 (mild) to 4 (the site stops)"),
        "Consequence, Consequence of stock-out, Stock-out consequence, Criticality, Kritikalität,"
        " Auswirkung, Folge bei Fehlmenge",
        remarks=("1-4",),
    ),
    _column(
        "supplier",
        mark("who replenishes it"),
        "Supplier, Supplier name, Vendor, Vendor name, Source, Lieferant, Lieferantenname, Bezugsquelle",
    ),
    _column(
        "supplier_kind",
        mark("external (a firm) or internal (our own store or work centre)"),
        "Supplier kind, Supplier type, External or internal, Lieferantenart, Art des Lieferanten,"
        " Extern oder intern",
    ),
    _column(
        "supplier_email",
        mark("where its orders go"),
        "Supplier e-mail, Supplier mail, Vendor e-mail, Order e-mail, E-mail, Lieferanten-E-Mail,"
        " E-Mail Lieferant, Bestell-E-Mail",
    ),
    _column(
        "supplier_sku",
        mark("the supplier's own number of the item"),
        "Supplier SKU, Supplier item number, Supplier item no., Supplier part number, Supplier part"
        " no., Vendor SKU, Vendor part number, Order number, Order no., Order code, Bestellnummer,"
        " Bestell-Nr., Best.-Nr., Lieferantenartikelnummer, Lieferanten-Artikel-Nr., Artikelnummer"
        " Lieferant",
    ),
    _column(
        "pack_size",
        mark("units in one pack"),
        "Pack size, Pack quantity, Package size, Units per pack, Packungsgröße, Packungseinheit,"
        " Gebindegröße, Verpackungseinheit, VPE, VE",
        remarks=UNITS,
    ),
    _column(
        "minimum_order_quantity",
        mark("least units the supplier sells"),
        "Minimum order quantity, Min order quantity, Min. order qty, Minimum order, MOQ,"
        " Mindestbestellmenge, Mindestmenge, Mindestabnahme",
        remarks=UNITS,
    ),
    _column(
        "order_multiple",
        mark("units are ordered in multiples of this"),
        "Order multiple, Multiple, Order in multiples of, Rounding value, Bestellvielfaches,"
        " Vielfaches, Rundungswert",
        remarks=UNITS,
    ),
    _column(
        "price",
        mark("price of one unit, or breaks as in 1:2.50; 100:2.10"),
        "Price, Unit price, Price per unit, Purchase price, Net price, Price breaks, Preis,"
        " Einzelpreis, Stückpreis, Einkaufspreis, Nettopreis, EK-Preis, Staffelpreis, Staffelpreise",
        remarks=MONEY,
    ),
    _column("currency", mark("three letters such as EUR"), "Currency, Währung"),
    _column(
        "lead_time",
        mark("working days from order to goods"),
        "Lead time, Delivery time, Lieferzeit, Lieferfrist, Wiederbeschaffungszeit, WBZ",
        remarks=DAYS,
    ),
    _column(
        "location",
        mark("where the bin stands, from the site down"),
        "Location, Bin location, Storage location, Storage bin, Lagerort, Lagerplatz, Standort,"
        " Stellplatz, Platz, Ort",
    ),
    _column(
        "cards",
        mark("number of cards (bins) in the loop, N"),
        "Cards, Number of cards, Bins, Number of bins, Kanbans, Number of kanbans, N, Karten, Anzahl"
        " Karten, Kartenanzahl, Behälter, Anzahl Behälter, Behälteranzahl",
    ),
    _column(
        "card_quantity",
        mark("units that one card stands for"),
        "Card quantity, Quantity per card, Qty per card, Quantity per bin, Qty per bin, Bin quantity,"
        " Bin qty, Kanban quantity, Container quantity, Kartenmenge, Menge pro Karte, Menge je Karte,"
        " Menge pro Behälter, Menge je Behälter, Behältermenge, Behälterinhalt, Kanbanmenge, Füllmenge",
        rests="Quantity, Qty, Menge",
        remarks=UNITS,
    ),
    _column(
        "loop_kind",
        mark("purchase, production or transfer"),
        "Loop kind, Loop type, Kanban type, Replenishment type, Kreislaufart, Regelkreisart, Beschaffungsart",
    ),
    _column(
        "minimum_cycle",
        mark("hours within which a second signal is asked about"),
        "Minimum cycle, Min. cycle, Minimum cycle time, Mindestzyklus, Mindestumlaufzeit, Mindestabstand",
        remarks=HOURS,
    ),
    _column(
        "owner",
        mark("who looks after the loop"),
        "Owner, Responsible, Planner, Verantwortlich, Verantwortlicher, Verantwortliche, Disponent",
    ),
    _column(
        "colour",
        mark("colour of the loop on its cards"),
        "Colour, Color, Card colour, Card color, Farbe, Kartenfarbe",
    ),
    _column(
        "note",
        mark("anything else"),
        "Note, Notes, Remark, Remarks, Comment, Comments, Notiz, Notizen, Bemerkung, Bemerkungen,"
        " Kommentar, Anmerkung, Hinweis",
    ),
)


HEADINGS = (
    mark("SKU"), mark("Name"), mark("Unit"), mark("Unit cost"), mark("Consequence"), mark("Supplier"),
    mark("Supplier kind"), mark("Supplier e-mail"), mark("Supplier SKU"), mark("Pack size"),
    mark("Minimum order quantity"), mark("Order multiple"), mark("Price"), mark("Currency"),
    mark("Lead time"), mark("Location"), mark("Cards"), mark("Card quantity"), mark("Loop kind"),
    mark("Minimum cycle"), mark("Owner"), mark("Colour"), mark("Note"),
)  # fmt: skip
"""The headings that we write ourselves: the first of each column, in the language that is spoken."""


def fold(title: str) -> str:
    """What counts in a heading: letters, digits and signs of money, in one case, umlauts spelled out."""
    folded = unicodedata.normalize("NFKC", title).casefold().translate(_UMLAUTS)
    return "".join(sign for sign in folded if sign.isalnum() or unicodedata.category(sign) == "Sc")


def find(sheet: Sheet) -> Found:
    """Recognise the headings of a sheet.

    Raises :class:`SheetError` where two headings mean the same, or a required column is missing.
    """
    keys = [fold(title) for title in sheet.header]
    places: dict[str, int] = {}
    for column in COLUMNS:
        _take(column.name, [i for i, key in enumerate(keys) if TITLES.get(key) == column.name], places, sheet)
    for column in COLUMNS:
        rests = set(map(fold, column.rests))
        if column.name not in places:
            free = [i for i, key in enumerate(keys) if key in rests and i not in places.values()]
            _take(column.name, free, places, sheet)
    for column in COLUMNS:
        if column.required and column.name not in places:
            known = ", ".join(column.titles + column.rests)
            said = _(
                "no column holds: %(meaning)s. Call it one of: %(known)s.",
                meaning=_(column.meaning),
                known=known,
            )
            raise SheetError(said, sheet.header_row)
    taken = set(places.values())
    return Found(places, tuple(_shown(sheet, i) for i in range(len(keys)) if i not in taken))


def _take(name: str, found: list[int], places: dict[str, int], sheet: Sheet) -> None:
    if len(found) > 1:
        one, other = _shown(sheet, found[0]), _shown(sheet, found[1])
        said = _("%(one)s and %(other)s mean the same. Rename or delete one.", one=one, other=other)
        raise SheetError(said, sheet.header_row)
    if found:
        places[name] = found[0]


def _shown(sheet: Sheet, index: int) -> str:
    title = " ".join(sheet.header[index].split())[:80]
    letter = column_letter(index)
    return (
        _("“%(title)s” (column %(letter)s)", title=title, letter=letter)
        if title
        else _("column %(column)s", column=letter)
    )


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

TITLES = {
    fold(title) + fold(remark): column.name
    for column in COLUMNS
    for title, remark in product((column.name, *column.titles), (*ANY, *column.remarks))
}
