"""What a supplier sends: a form with fields per line, or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from flask import request
from pydantic import Field
from werkzeug.exceptions import BadRequest

from kanban.answers import LineSaid
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.orders import OrderLine
from kanban.web import forms
from kanban.web.forms.fields import Day, Money, Name, Note, QuantityOrZero, RowId, Short

PER_LINE = ("quantity", "due", "unit_price", "substitute", "note", "out")


class LineForm(forms.Form):
    """What is said of one line. ``out``: nothing of it will come."""

    line: RowId = Field(title=mark("The line"))
    quantity: QuantityOrZero | None = Field(None, title=mark("The quantity"))
    due: Day | None = Field(None, title=mark("The day"))
    unit_price: Money | None = Field(None, title=mark("The price"))
    substitute: Name = Field("", title=mark("The substitute"))
    note: Note = Field("", title=mark("The note"))
    out: Literal["yes", ""] = Field("", title=mark("Out of stock"))

    def said(self) -> LineSaid:
        """The same in the domain's words."""
        quantity = Decimal(0) if self.out else self.quantity
        return LineSaid(self.line, quantity, self.due, self.unit_price, self.substitute, self.note)


class WholeForm(forms.Form):
    """What is said of the whole answer."""

    note: Note = Field("", title=mark("The note"))
    carrier: Short = Field("", title=mark("The carrier"))
    tracking: Name = Field("", title=mark("The tracking number"))
    due: Annotated[Day | None, Field()] = Field(None, title=mark("The day"))


def typed() -> dict[str, Any]:
    """What came, flat: fields of a form, or JSON whose ``lines`` become ``quantity_12`` and so on."""
    sent = forms.typed_fields()
    if not request.is_json:
        return sent
    lines = sent.pop("lines", [])
    if not isinstance(lines, list) or not all(isinstance(each, dict) for each in lines):
        raise BadRequest(_("“lines” is a list of objects, each with “line” and what differs."))
    for each in lines:
        number = each.get("line")
        if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 10**15:
            raise BadRequest(_("Each of “lines” names its “line” by number."))
        if unknown := sorted(set(each) - {"line", *PER_LINE}):
            raise BadRequest(_("A line has no field “%(name)s”.", name=unknown[0][:40]))
        sent |= {f"{name}_{number}": value for name, value in each.items() if name != "line"}
        sent.setdefault(f"quantity_{number}", None)
    return sent


def whole(fields: Mapping[str, Any]) -> WholeForm:
    """What is said of the whole answer. Raises ``BadFields``."""
    per_line = set(_of_lines(fields))
    return forms.sent(WholeForm, {name: value for name, value in fields.items() if name not in per_line})


def lines(fields: Mapping[str, Any], open_lines: Iterable[OrderLine], today: date) -> list[LineSaid]:
    """What is said of each line that is named. Raises ``BadFields`` with every bad field."""
    known = {line.id: line for line in open_lines}
    errors: dict[str, str] = {}
    said = []
    for number in sorted({int(name.rpartition("_")[2]) for name in _of_lines(fields)}):
        own = {name: fields.get(f"{name}_{number}") for name in PER_LINE}
        try:
            form = forms.sent(LineForm, {"line": number, **own})
        except forms.BadFields as bad:
            errors |= {f"{name}_{number}": text for name, text in bad.errors.items()}
            continue
        errors |= _impossible(form, known.get(number), today)
        said.append(form.said())
    if errors:
        raise forms.BadFields(errors)
    return said


def _impossible(form: LineForm, line: OrderLine | None, today: date) -> dict[str, str]:
    """What no supplier can mean."""
    errors = {}
    if form.due and form.due < today:
        errors[f"due_{form.line}"] = _("The day lies in the past.")
    if line is not None and form.quantity is not None and form.quantity > (line.quantity or 0):
        errors[f"quantity_{form.line}"] = _(
            "At most the %(most)s %(unit)s that were ordered.", most=line.quantity, unit=line.unit
        )
    return errors


def _of_lines(fields: Mapping[str, Any]) -> list[str]:
    """The names of fields that belong to one line."""
    found = []
    for name in fields:
        word, separator, number = name.rpartition("_")
        if separator and word in PER_LINE and number.isascii() and number.isdigit() and len(number) <= 15:
            found.append(name)
    return found
