"""One row of a sheet, and what each of its columns may hold."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from kanban.imports.cells import CURRENCY_SIGNS
from kanban.imports.columns import fold
from kanban.imports.sheet import MAX_NOTE, MAX_TEXT
from kanban.languages import gettext as _
from kanban.text import BadText, clean

MAX_UNIT = 20
MAX_LEVELS = 8  # of a location's path
MAX_QUANTITY = 1_000_000
MAX_MONEY = 1_000_000_000
MAX_LEAD_TIME = 1_000  # working days
MAX_CARDS = 999
MAX_CYCLE = 8_760  # hours, one year
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
