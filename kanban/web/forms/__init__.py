"""What people type and programs send: one schema per noun for form and JSON, every bad field said at once."""

from kanban.web.forms.fields import BadFields, day, decimal, number, plain, text
from kanban.web.forms.nouns import (
    MINUTES_AN_HOUR,
    CardsForm,
    Form,
    ItemForm,
    LifeForm,
    LocationForm,
    LoopForm,
    NewLoopForm,
    NewOfferForm,
    OfferForm,
    ReplacementForm,
    SupplierForm,
)
from kanban.web.forms.reading import checked, refused, sent, taken, typed_fields

__all__ = [
    "MINUTES_AN_HOUR",
    "BadFields",
    "CardsForm",
    "Form",
    "ItemForm",
    "LifeForm",
    "LocationForm",
    "LoopForm",
    "NewLoopForm",
    "NewOfferForm",
    "OfferForm",
    "ReplacementForm",
    "SupplierForm",
    "checked",
    "day",
    "decimal",
    "number",
    "plain",
    "refused",
    "sent",
    "taken",
    "text",
    "typed_fields",
]
