"""The form of each noun: which fields it has, what they may hold, and the same in the domain's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from kanban import items, loops, suppliers
from kanban.imports.cells import MAX_BREAKS
from kanban.imports.row import MAX_CARDS, MAX_UNIT
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.text import BadText
from kanban.web.forms.fields import (
    Code,
    Country,
    Day,
    Days,
    Email,
    Filled,
    Hours,
    Money,
    Name,
    Note,
    Quantity,
    QuantityOrZero,
    RowId,
    Short,
    Weekday,
    WholeNumber,
    gate,
    matching,
)

MAX_RANK = 99
MINUTES_AN_HOUR = 60


class Form(BaseModel):
    """What all forms have in common: an empty field is one that says nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_is_empty(cls, fields: Any) -> Any:
        if not isinstance(fields, dict):
            return fields
        return {
            name: value
            for name, value in fields.items()
            if value is not None and not (isinstance(value, str) and not value.strip())
        }


class ItemForm(Form):
    """An item."""

    sku: Annotated[Code, Filled] = Field(title=mark("The SKU"))
    name: Annotated[Name, Filled] = Field(title=mark("The name"))
    unit: Annotated[str, gate(MAX_UNIT), Filled] = Field("pcs", title=mark("The unit"))
    unit_cost: Money | None = Field(None, title=mark("The unit cost"))
    consequence: Annotated[WholeNumber, Field(ge=1, le=4)] | None = Field(
        None, title=mark("What a stock-out means")
    )
    note: Note = Field("", title=mark("The note"))

    def facts(self) -> items.ItemFacts:
        """The same in the domain's words."""
        return items.ItemFacts(**dict(self))


class LocationForm(Form):
    """A place; without ``parent_id`` it is a site."""

    name: Annotated[Name, Filled] = Field(title=mark("The name"))
    parent_id: RowId | None = Field(None, title=mark("The place that it stands in"))
    address: Note = Field("", title=mark("The address"))

    @field_validator("name")
    @classmethod
    def _no_separator(cls, name: str) -> str:
        if "›" in name:
            raise BadText(_("holds the sign ›, which stands between places"))
        return name


class SupplierForm(Form):
    """A supplier. ``lead_time`` in working days; ``order_until`` local time such as ``14:30``."""

    lists: ClassVar[tuple[str, ...]] = ("order_days",)

    name: Annotated[Name, Filled] = Field(title=mark("The name"))
    kind: Literal["external", "internal"] = Field("external", title=mark("The kind"))
    email: Email = Field("", title=mark("The e-mail address"))
    phone: Short = Field("", title=mark("The phone number"))
    address: Note = Field("", title=mark("The address"))
    country: Country = Field("", title=mark("The country"))
    customer_number: Short = Field("", title=mark("Our customer number"))
    lead_time: Days = Field(5, title=mark("The lead time"))
    order_days: Annotated[tuple[Weekday, ...], Field(max_length=7)] = Field((), title=mark("The order days"))
    order_until: Annotated[
        Code, matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", mark("is not a time such as 14:30"))
    ] = Field("", title=mark("The hour to order until"))
    minimum_order_value: Money | None = Field(None, title=mark("The minimum order value"))
    note: Note = Field("", title=mark("The note"))

    def facts(self) -> suppliers.SupplierFacts:
        """The same in the domain's words."""
        days = ",".join(day for day in suppliers.WEEKDAYS if day in self.order_days)
        return suppliers.SupplierFacts(**(dict(self) | {"order_days": days}))


class PriceBreakForm(Form):
    """From ``from_quantity`` units on, one unit costs ``unit_price``."""

    from_quantity: QuantityOrZero = Field(Decimal(0), title=mark("The quantity of a price"))
    unit_price: Money = Field(title=mark("The price"))


class OfferForm(Form):
    """A supplier's offer of an item. ``lead_time`` in working days, none: the supplier's own."""

    lists: ClassVar[tuple[str, ...]] = ("from_quantity", "unit_price")

    sku: Code = Field("", title=mark("The supplier’s SKU"))
    pack_size: Quantity = Field(Decimal(1), title=mark("The pack size"))
    minimum_order_quantity: QuantityOrZero = Field(Decimal(0), title=mark("The minimum order quantity"))
    order_multiple: QuantityOrZero = Field(Decimal(0), title=mark("The order multiple"))
    lead_time: Days | None = Field(None, title=mark("The lead time"))
    valid_from: Day | None = Field(None, title=mark("The first day"))
    valid_until: Day | None = Field(None, title=mark("The last day"))
    rank: Annotated[WholeNumber, Field(ge=1, le=MAX_RANK)] = Field(1, title=mark("The rank"))
    prices: Annotated[tuple[PriceBreakForm, ...], Field(max_length=MAX_BREAKS)] = Field(
        (), title=mark("The prices")
    )

    @field_validator("valid_until")
    @classmethod
    def _not_before_first(cls, until: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("valid_from")
        if until and first and until < first:
            raise BadText(_("lies before the first day"))
        return until

    @field_validator("prices")
    @classmethod
    def _each_quantity_once(cls, prices: tuple[PriceBreakForm, ...]) -> tuple[PriceBreakForm, ...]:
        if len({each.from_quantity for each in prices}) < len(prices):
            raise BadText(_("name one quantity twice"))
        return prices

    def facts(self) -> suppliers.OfferFacts:
        """The same in the domain's words."""
        rising = sorted((each.from_quantity, each.unit_price) for each in self.prices)
        return suppliers.OfferFacts(**(dict(self) | {"prices": tuple(rising)}))


class NewOfferForm(OfferForm):
    """A new offer; the address says one of supplier and item, the form the other."""

    supplier_id: RowId | None = Field(None, title=mark("The supplier"))
    item_sku: Code = Field("", title=mark("Our SKU"))

    def facts(self) -> suppliers.OfferFacts:
        """The same in the domain's words."""
        kept = self.model_dump(exclude={"supplier_id", "item_sku", "prices"})
        return OfferForm.model_construct(**kept, prices=self.prices).facts()


class LoopForm(Form):
    """A loop. ``minimum_cycle`` in hours."""

    offer_id: RowId = Field(title=mark("The source"))
    location_id: RowId = Field(title=mark("The place"))
    kind: Literal["purchase", "production", "transfer"] = Field("purchase", title=mark("The kind"))
    card_quantity: Quantity = Field(title=mark("The card quantity"))
    minimum_cycle: Hours = Field(Decimal(0), title=mark("The minimum cycle"))
    owner: Name = Field("", title=mark("The owner"))
    colour: Annotated[Code, matching("#[0-9a-f]{6}", mark("is not a colour such as #c62828"))] = Field(
        "", title=mark("The colour")
    )

    def facts(self, kept: loops.Loop | None = None) -> loops.LoopFacts:
        """The same in the domain's words; what this form does not ask for stays as it is in ``kept``."""
        facts = loops.LoopFacts(
            card_quantity=self.card_quantity,
            kind=self.kind,
            minimum_cycle=round(self.minimum_cycle * MINUTES_AN_HOUR),
            owner=self.owner,
            colour=self.colour,
        )
        if kept is None:
            return facts
        return replace(facts, safety_factor=kept.safety_factor, review_period=kept.review_period)


class NewLoopForm(LoopForm):
    """A new loop with its first cards."""

    cards: Annotated[WholeNumber, Field(ge=1, le=MAX_CARDS)] = Field(2, title=mark("The number of cards"))


class CardsForm(Form):
    """More cards for a loop."""

    count: Annotated[WholeNumber, Field(ge=1, le=MAX_CARDS)] = Field(title=mark("The number of cards"))


class LifeForm(Form):
    """The life that a card shall have."""

    life: Literal["active", "on_hold", "surplus"] = Field(title=mark("The card’s life"))


class ReplacementForm(Form):
    """Why a card is replaced by a new one at its position."""

    because: Literal["lost", "replaced"] = Field("lost", title=mark("The reason"))
