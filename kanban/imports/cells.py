"""From a sheet's cells to numbers, prices and paths: a column decides what “1,234” means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from kanban.imports.columns import Found
from kanban.imports.sheet import Sheet, SheetRow
from kanban.languages import gettext as _
from kanban.text import BadText, from_cell

MAX_BREAKS = 20
LONGEST_NUMBER = 40  # characters
NUMBERS = (
    "unit_cost", "pack_size", "minimum_order_quantity", "order_multiple", "price", "lead_time", "cards",
    "card_quantity", "minimum_cycle",
)  # fmt: skip

WHOLE = ("lead_time", "cards")
MONEY = ("unit_cost", "price")
CURRENCY_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "Fr.": "CHF"}
HEADED = re.compile(r"[€$£]|\b(?:EUR|USD|GBP|CHF)\b", re.IGNORECASE)
SHEET_ERRORS = re.compile(r"#(NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|WERT!|BEZUG!|ZAHL!|NV|SPILL!|CALC!)")


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that could mean two, and how it and its like in that column were read."""

    column: str
    value: str
    number: Decimal


def written(number: Decimal | int) -> str:
    """A number as a cell of ours holds it: with a decimal point, and such that it has one meaning alone."""
    shown = format(Decimal(number).normalize(), "f")
    return f"{shown}0" if len(set(_meanings(shown).values())) > 1 else shown


class Reader:
    """Turns cells into numbers, prices and paths; decides once for each column what "1,234" means."""

    def __init__(self, sheet: Sheet, found: Found) -> None:
        self.header, self.places = sheet.header, found.places
        self.marks = _decimal_marks(sheet, found)
        self.readings: dict[str, Reading] = {}

    def values(self, line: SheetRow) -> tuple[dict[str, Any], dict[str, str]]:
        """The values of the filled cells, and what is wrong with those that have none, both by column."""
        values: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name, place in self.places.items():
            text = from_cell(line.cells[place])
            try:
                if text:
                    values[name] = self._value(name, text, place in line.numeric)
            except BadText as error:
                wrong[name] = str(error)
        if "currency" not in self.places and (currency := self._currency(line)):
            values["currency"] = currency
        return values, wrong

    def _currency(self, line: SheetRow) -> str | None:
        """What the row's money says that it is in, else what its heading says."""
        for place in (self.places[name] for name in MONEY if name in self.places):
            for part in re.split(r"[:;\n]", line.cells[place]):
                if found := _CURRENCY.search(part.strip()) or (part and HEADED.search(self.header[place])):
                    return CURRENCY_SIGNS.get(found[0], found[0])
        return None

    def _value(self, name: str, text: str, typed: bool) -> Any:
        if SHEET_ERRORS.fullmatch(text):
            raise BadText(_("is an error of the spreadsheet: repair its formula or empty the cell"))
        if name == "price":
            return self._price(text, typed)
        if name in NUMBERS:
            return self._number(name, text, typed)
        return _levels(text) if name == "location" else text

    def _price(self, text: str, typed: bool) -> list[dict[str, Decimal]]:
        steps = [step.split(":") for step in re.split(r"[;\n]", text) if step.strip()]
        if len(steps) == 1 and len(steps[0]) == 1:
            return [{"from_quantity": Decimal(0), "unit_price": self._number("price", text, typed)}]
        if len(steps) > MAX_BREAKS or any(len(step) != 2 for step in steps):
            raise BadText(_("is neither a price nor a list of breaks as in 1:2.50; 100:2.10"))
        numbers = [[self._number("price", part, typed) for part in step] for step in steps]
        return [{"from_quantity": quantity, "unit_price": price} for quantity, price in numbers]

    def _number(self, name: str, text: str, typed: bool) -> Decimal:
        meanings = _meanings(text)
        if not meanings:
            raise BadText(_("is not a number"))
        if typed and "." in meanings:
            return meanings["."]
        small, *large = sorted(set(meanings.values()), key=abs)
        if not large:
            return small
        if name in WHOLE:
            return large[0]
        if name not in self.marks:
            raise BadText(
                _(
                    "can mean %(large)s or %(small)s: write %(large)s or %(exact)s",
                    large=str(large[0]),
                    small=str(small),
                    exact=f"{small}0",
                )
            )
        number = meanings[self.marks[name]]
        self.readings.setdefault(name, Reading(self.header[self.places[name]], text.strip(), number))
        return number


@lru_cache(maxsize=4096)
def _meanings(text: str) -> dict[str, Decimal]:
    """What a text means as a number, by each decimal mark under which it is well written."""
    if len(text) > LONGEST_NUMBER:
        return {}
    plain = _CURRENCY.sub("", re.sub(r"\s", " ", text).strip()).strip()
    plain = plain.replace("−", "-").replace("’", "'")
    return {
        mark: Decimal(re.sub(f"[^0-9{mark}+-]", "", plain).replace(mark, "."))
        for mark, written in _WRITTEN.items()
        if written.fullmatch(plain)
    }


def _decimal_marks(sheet: Sheet, found: Found) -> dict[str, str]:
    """The decimal mark of each column of numbers: the one its own cells show, else the whole sheet's."""
    shown: dict[str, set[str]] = {}
    for name in NUMBERS:
        if (place := found.places.get(name)) is not None:
            texts = (row.cells[place] for row in sheet.rows if place not in row.numeric)
            parts = (part for text in texts for part in re.split(r"[:;\n]", text))
            shown[name] = {mark for each in map(_meanings, parts) if len(each) == 1 for mark in each}
    anywhere = set().union(*shown.values())
    decided = {name: marks or anywhere for name, marks in shown.items()}
    return {name: min(marks) for name, marks in decided.items() if len(marks) == 1}


def _levels(text: str) -> list[str]:
    separator = next(sign for sign in "›>/" if sign in text or sign == "/")
    return [part for part in text.split(separator) if part.strip()]


def _written(decimal: str, thousands: str) -> re.Pattern[str]:
    groups = "|".join(f"(?:{sign}[0-9]{{3}})+" for sign in (thousands, " ", "'"))
    whole = rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{groups}))"
    return re.compile(rf"[+-]?(?:{whole}(?:{decimal}[0-9]+)?|{decimal}[0-9]+)")


_WRITTEN = {".": _written(r"\.", ","), ",": _written(",", r"\.")}
_CURRENCY = re.compile(r"^(?:[€$£¥]|(?:[A-Z]{3}|Fr\.)(?=[ 0-9]))|(?:[€$£¥]|(?<=[ 0-9])[A-Z]{3})$")
