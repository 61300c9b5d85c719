"""From a sheet's texts to checked rows: every bad field is found at once, nothing is guessed in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kanban import languages
from kanban.imports.columns import Found, find, fold
from kanban.imports.sheet import MAX_NOTE, MAX_TEXT, Sheet, SheetRow
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.text import BadText, clean, from_cell

MAX_UNIT = 20
MAX_LEVELS = 8  # of a location's path
MAX_BREAKS = 20
MAX_QUANTITY = 1_000_000
MAX_MONEY = 1_000_000_000
MAX_LEAD_TIME = 1_000  # working days
MAX_CARDS = 999
MAX_CYCLE = 8_760  # hours, one year
LONGEST_NUMBER = 40  # characters
LONGEST_SHOWN = 80  # characters of a cell in the report of its error

NUMBERS = (
    "unit_cost", "pack_size", "minimum_order_quantity", "order_multiple", "price", "lead_time", "cards",
    "card_quantity", "minimum_cycle",
)  # fmt: skip
WHOLE = ("lead_time", "cards")
MONEY = ("unit_cost", "price")
CURRENCY_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "Fr.": "CHF"}
HEADED = re.compile(r"[€$£]|\b(?:EUR|USD|GBP|CHF)\b", re.IGNORECASE)
CONSEQUENCES = {
    "low": 1, "gering": 1, "medium": 2, "mittel": 2, "high": 3, "hoch": 3, "critical": 4, "kritisch": 4,
}  # fmt: skip
SUPPLIER_KINDS = {"extern": "external", "intern": "internal"}
LOOP_KINDS = {
    "einkauf": "purchase", "kauf": "purchase", "produktion": "production", "fertigung": "production",
    "umlagerung": "transfer",
}  # fmt: skip
COLOURS = {
    "red": "#c62828", "orange": "#ef6c00", "yellow": "#f9c80e", "green": "#2e7d32", "blue": "#1565c0",
    "purple": "#6a1b9a", "brown": "#6d4c41", "grey": "#757575", "black": "#000000", "white": "#ffffff",
    "rot": "#c62828", "gelb": "#f9c80e", "gruen": "#2e7d32", "blau": "#1565c0", "lila": "#6a1b9a",
    "braun": "#6d4c41", "grau": "#757575", "gray": "#757575", "schwarz": "#000000", "weiss": "#ffffff",
}  # fmt: skip
SHEET_ERRORS = re.compile(r"#(NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|WERT!|BEZUG!|ZAHL!|NV|SPILL!|CALC!)")


def _text(limit: int, *, code: bool = False, lines: bool = False) -> AfterValidator:
    def gate(value: str) -> str:
        if not (cleaned := clean(value, limit=limit, code=code, lines=lines)):
            raise BadText(_("is empty"))
        return cleaned

    return AfterValidator(gate)


def _choice(words: dict[str, Any]) -> BeforeValidator:
    def choose(value: Any) -> Any:
        text = clean(str(value), limit=MAX_TEXT, code=True)
        return words.get(fold(text), text.lower())

    return BeforeValidator(choose)


def _email(value: str) -> str:
    if not re.fullmatch(r'[^@\s,;<>"]+@[^@\s,;<>"]+', value):
        raise BadText(_("is not one e-mail address"))
    return value


def _currency(value: str) -> str:
    code = CURRENCY_SIGNS.get(value, value.upper())
    if not re.fullmatch("[A-Z]{3}", code):
        raise BadText(_("is not a currency of three letters such as EUR"))
    return code


def _colour(value: str) -> str:
    colour = COLOURS.get(fold(value), value.lower())
    if not re.fullmatch("#[0-9a-f]{6}", colour):
        raise BadText(_("is not a colour such as red or #c62828"))
    return colour


Code = Annotated[str, _text(MAX_TEXT, code=True)]
Name = Annotated[str, _text(MAX_TEXT)]
Quantity = Annotated[Decimal, Field(gt=0, le=MAX_QUANTITY, decimal_places=3)]
QuantityOrZero = Annotated[Decimal, Field(ge=0, le=MAX_QUANTITY, decimal_places=3)]
Money = Annotated[Decimal, Field(ge=0, le=MAX_MONEY, decimal_places=4)]


class PriceBreak(BaseModel):
    """From ``from_quantity`` units on, one unit costs ``unit_price``."""

    model_config = ConfigDict(frozen=True)

    from_quantity: QuantityOrZero
    unit_price: Money


def _rising(breaks: tuple[PriceBreak, ...]) -> tuple[PriceBreak, ...]:
    quantities = [each.from_quantity for each in breaks]
    if sorted(set(quantities)) != quantities:
        raise BadText(_("must name rising quantities, as in 1:2.50; 100:2.10"))
    return breaks


class Row(BaseModel):
    """One row of the sheet. None means: leave what is there.

    ``lead_time`` in working days, ``minimum_cycle`` in hours; ``location`` holds the names from the site
    down; a price without breaks starts at quantity 0, and a minimum or multiple of 0 means that there is
    none; ``currency`` is also what the row's money or its heading says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Code
    name: Name | None = None
    unit: Annotated[str, _text(MAX_UNIT)] | None = None
    unit_cost: Money | None = None
    consequence: Annotated[int, _choice(CONSEQUENCES), Field(ge=1, le=4)] | None = None
    supplier: Name | None = None
    supplier_kind: Annotated[Literal["external", "internal"], _choice(SUPPLIER_KINDS)] | None = None
    supplier_email: Annotated[Code, AfterValidator(_email)] | None = None
    supplier_sku: Code | None = None
    pack_size: Quantity | None = None
    minimum_order_quantity: QuantityOrZero | None = None
    order_multiple: QuantityOrZero | None = None
    price: Annotated[tuple[PriceBreak, ...], AfterValidator(_rising)] | None = None
    currency: Annotated[Code, AfterValidator(_currency)] | None = None
    lead_time: Annotated[int, Field(ge=0, le=MAX_LEAD_TIME)] | None = None
    location: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_LEVELS)] | None = None
    cards: Annotated[int, Field(ge=1, le=MAX_CARDS)] | None = None
    card_quantity: Quantity | None = None
    loop_kind: Annotated[Literal["purchase", "production", "transfer"], _choice(LOOP_KINDS)] | None = None
    minimum_cycle: Annotated[Decimal, Field(ge=0, le=MAX_CYCLE, decimal_places=2)] | None = None
    owner: Name | None = None
    colour: Annotated[Code, AfterValidator(_colour)] | None = None
    note: Annotated[str, _text(MAX_NOTE, lines=True)] | None = None


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one cell: ``column`` is its heading, ``value`` the start of its text."""

    row: int
    column: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that could mean two, and how it and its like in that column were read."""

    column: str
    value: str
    number: Decimal


@dataclass(frozen=True, slots=True)
class Parsed:
    """The good rows by their number in the sheet, all errors, and what a person should see besides.

    ``headings`` are the sheet's own, by our name of the column.
    """

    rows: tuple[tuple[int, Row], ...]
    errors: tuple[RowError, ...]
    readings: tuple[Reading, ...]
    ignored: tuple[str, ...]
    headings: Mapping[str, str]


def parse(sheet: Sheet) -> Parsed:
    """Check every row of a sheet.

    Raises :class:`kanban.imports.sheet.SheetError` where the headings are not clear, nothing else.
    """
    found = find(sheet)
    reader = _Reader(sheet, found)
    rows: list[tuple[int, Row]] = []
    errors: list[RowError] = []
    for line in sheet.rows:
        values, wrong = reader.values(line)
        try:
            row = Row.model_validate(values)
        except ValidationError as refusal:
            for error in refusal.errors(include_url=False, include_input=False):
                wrong.setdefault(str(error["loc"][0]), _message(error))
        if wrong:
            errors.extend(_row_errors(sheet, found, line, wrong))
        else:
            rows.append((line.number, row))
    headings = {name: sheet.header[place] for name, place in found.places.items()}
    return Parsed(tuple(rows), tuple(errors), tuple(reader.readings.values()), found.ignored, headings)


def written(number: Decimal | int) -> str:
    """A number as a cell of ours holds it: with a decimal point, and such that it has one meaning alone."""
    shown = format(Decimal(number).normalize(), "f")
    return f"{shown}0" if len(set(_meanings(shown).values())) > 1 else shown


class _Reader:
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


def _row_errors(sheet: Sheet, found: Found, line: SheetRow, wrong: dict[str, str]) -> Iterator[RowError]:
    for name, place in sorted(found.places.items(), key=itemgetter(1)):
        if name in wrong:
            yield RowError(line.number, sheet.header[place], line.cells[place][:LONGEST_SHOWN], wrong[name])


def _message(error: Any) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["loc"][0] == "consequence":
        return _("must be 1 to 4, or low, medium, high, critical")
    message: str = _MESSAGES.get(error["type"], mark("cannot be taken"))
    return _(message, **languages.alternatives(error.get("ctx", {})))


def _written(decimal: str, thousands: str) -> re.Pattern[str]:
    groups = "|".join(f"(?:{sign}[0-9]{{3}})+" for sign in (thousands, " ", "'"))
    whole = rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{groups}))"
    return re.compile(rf"[+-]?(?:{whole}(?:{decimal}[0-9]+)?|{decimal}[0-9]+)")


_WRITTEN = {".": _written(r"\.", ","), ",": _written(",", r"\.")}
_CURRENCY = re.compile(r"^(?:[€$£¥]|(?:[A-Z]{3}|Fr\.)(?=[ 0-9]))|(?:[€$£¥]|(?<=[ 0-9])[A-Z]{3})$")

_MESSAGES = {
    "missing": mark("is empty, and every row needs it"),
    "greater_than": mark("must be more than %(gt)s"),
    "greater_than_equal": mark("must be at least %(ge)s"),
    "less_than_equal": mark("must be at most %(le)s"),
    "decimal_max_places": mark("has more than %(decimal_places)s decimals"),
    "int_from_float": mark("must be a whole number"),
    "literal_error": mark("must be %(expected)s"),
    "too_long": mark("has more than %(max_length)s levels"),
    "too_short": mark("names no place"),
    "string_unicode": mark("holds half of a character"),
}
