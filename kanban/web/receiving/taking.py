"""A delivery is taken in: the lines that a supplier owes, what of them is here, and the paper with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Response, abort, make_response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, photos, receipts
from kanban.languages import gettext as _
from kanban.receipts import Arrival
from kanban.reports import receiving
from kanban.suppliers import Supplier
from kanban.text import BadText
from kanban.web import forms, listing, respond, security
from kanban.web import photos as photo_fields
from kanban.web.formats import quantity, units
from kanban.web.reading import session
from kanban.web.receiving.blueprint import bp
from kanban.web.running import today

PER_LINE = ("order", "whole", "all", "packs", "pack", "units", "damaged", "wrong", "said", "short")
LINE_FIELD = re.compile(rf"({'|'.join(PER_LINE)})-([0-9]{{1,15}})")
OTHERS = frozenset({"number", "sure", "photo", "shown", "lines"})
MOST_LINES = receiving.MOST_LINES
LONGEST_ID = 15  # digits
ZERO = Decimal(0)

Typed = dict[str, str]


@bp.get("/receiving/suppliers/<int:supplier_id>")
@security.access("operator")
def take_in(supplier_id: int) -> str:
    """The form: every line that this supplier owes, or those of one order."""
    return _form(supplier_id, {}, {}, order_id=listing.whole("order", 0), ticked=listing.whole("all", 0) == 1)


@bp.post("/receiving/suppliers/<int:supplier_id>/receipts")
@security.access("operator")
def receive(supplier_id: int) -> AnyResponse:
    """A delivery is here."""
    photo_fields.expect()
    typed = _typed()
    order_id = int(typed["shown"]) if typed.get("shown", "").isdecimal() else 0
    try:
        arrivals = _arrivals(typed)
        address = _receive(supplier_id, typed, arrivals, photo_fields.sent())
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _form(supplier_id, typed, errors, order_id=order_id))
    except receipts.Doubtful as doubt:
        return _asked(supplier_id, typed, doubt, order_id)
    return respond.seen(address, _("Received. Put the goods to their bins."))


def _receive(supplier_id: int, typed: Typed, arrivals: list[Arrival], photo: photos.Prepared | None) -> str:
    number = forms.text(typed.get("number", ""), limit=200)
    sure = typed.get("sure") == "yes"

    def verb(session: Session, deed: journal.Deed) -> str:
        supplier = session.get_one(Supplier, supplier_id)
        photo_id = photos.add(session, deed, photo).id if photo else None
        note = receipts.receive(
            session, deed, supplier, arrivals, number=number, photo_id=photo_id, sure=sure
        )
        return f"/receiving/notes/{note.id}"

    return respond.change(verb)


def _typed() -> Typed:
    """The fields as they were sent; the lines of a JSON object as the form would send them."""
    sent = forms.typed_fields()
    lines = sent.pop("lines", []) if request.is_json else []
    if not isinstance(lines, list) or len(lines) > MOST_LINES:
        raise BadRequest(_("“lines” is a list of at most %(most)s lines.", most=MOST_LINES))
    for line in lines:
        if not isinstance(line, dict) or not str(line.get("line", "")).isdecimal():
            raise BadRequest(_("Each of “lines” is an object with the number of its “line”."))
        sent |= {f"{name}-{line['line']}": value for name, value in line.items() if name != "line"}
    typed = {name: _as_text(value) for name, value in sent.items() if value is not None}
    for name in typed:
        if name not in OTHERS and not LINE_FIELD.fullmatch(name):
            raise BadRequest(_("There is no field “%(name)s” here.", name=name[:40]))
    return typed


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value)


def _arrivals(typed: Typed) -> list[Arrival]:
    """What was counted per line. Raises :class:`forms.BadFields` with every count that is none."""
    ids = {int(match[2]) for name in typed if (match := LINE_FIELD.fullmatch(name))}
    errors: dict[str, str] = {}
    found = [_arrival(line_id, typed, errors) for line_id in sorted(ids)]
    if errors:
        raise forms.BadFields(errors)
    arrivals = [each for each in found if each.units > 0 or each.short]
    if any(each.short for each in arrivals) and not security.who().may("buyer"):
        raise Forbidden(_("That the rest will not come is for a buyer to say."))
    return arrivals


def _arrival(line_id: int, typed: Typed, errors: dict[str, str]) -> Arrival:
    def number(name: str) -> Decimal:
        return _number(typed, f"{name}-{line_id}", errors)

    damaged, wrong = number("damaged"), number("wrong")
    good = number("packs") * (number("pack") or 1) + number("units")
    if typed.get(f"all-{line_id}"):
        if good:
            errors[f"all-{line_id}"] = _("Either all is here, or a count: not both.")
        good = number("whole") - damaged - wrong
        if good < 0:
            errors[f"damaged-{line_id}"] = _("More is damaged or wrong than is here.")
    order = typed.get(f"order-{line_id}", "")
    order_id = int(order) if order.isdecimal() and len(order) <= LONGEST_ID else 0
    counted = bool(good or damaged or wrong)
    if counted and not order_id:
        errors[f"order-{line_id}"] = _("The order that the goods are for is not named.")
    said = forms.text(typed.get(f"said-{line_id}", ""), limit=1000, lines=True)
    short = bool(typed.get(f"short-{line_id}"))
    return Arrival(
        int(order) if order.isdecimal() and len(order) <= 15 else 0,
        line_id,
        good,
        damaged,
        wrong,
        said,
        short,
    )


def _number(typed: Typed, name: str, errors: dict[str, str]) -> Decimal:
    text = typed.get(name, "").strip()
    if not text:
        return ZERO
    try:
        value = forms.number(text)
    except BadText as wrong:
        errors[name] = _("“%(text)s” %(wrong)s.", text=text[:20], wrong=str(wrong))
        return ZERO
    if not 0 <= value <= receipts.LARGEST_RECEIPT or value != round(value, 3):
        errors[name] = _("“%(text)s” is not a quantity that can arrive.", text=text[:20])
        return ZERO
    return value


def _asked(supplier_id: int, typed: Typed, doubt: receipts.Doubtful, order_id: int) -> AnyResponse:
    """The form again with the questions; 409, for nothing is received yet."""
    if respond.wants_json():
        answer: Response = make_response(
            {"error": _("Please look again"), "detail": str(doubt), "what_next": _("Send it with sure: yes.")}
        )
    else:
        answer = make_response(_form(supplier_id, typed, {}, order_id=order_id, questions=doubt.questions))
    answer.status_code = 409
    return answer


def _form(
    supplier_id: int,
    values: Mapping[str, str],
    errors: dict[str, str],
    *,
    order_id: int = 0,
    ticked: bool = False,
    questions: tuple[str, ...] = (),
) -> str:
    supplier = session().get(Supplier, supplier_id)
    if supplier is None:
        abort(404)
    found = receiving.coming(session(), supplier_id, order_id)
    day = today()
    address = f"/receiving/suppliers/{supplier_id}"
    return render_template(
        "receiving/take_in.html",
        supplier={"name": supplier.name, "href": f"/suppliers/{supplier_id}"},
        lines=[_line(each, day, values, ticked=ticked) for each in found],
        orders=len({each.order_id for each in found}),
        order_id=order_id,
        all_href=address if order_id else None,
        tick_href=f"{address}?all=1" + (f"&order={order_id}" if order_id else ""),
        post=f"{address}/receipts",
        values=values,
        errors=errors,
        questions=questions,
        may_close=security.who().may("buyer"),
    )


def _line(line: receiving.Coming, day: Any, values: Mapping[str, str], *, ticked: bool) -> dict[str, Any]:
    typed = {name: values.get(f"{name}-{line.id}", "") for name in PER_LINE}
    packs = line.pending / line.pack_size
    return {
        "id": line.id,
        "order_id": line.order_id,
        "order_number": line.order_number,
        "sku": line.sku,
        "supplier_sku": line.supplier_sku,
        "name": line.name,
        "unit": line.unit,
        "photo": photo_fields.address(line.photo_id, small=True),
        "due": line.due,
        "late": line.due is not None and line.due < day,
        "pending": forms.plain(line.pending),
        "pending_text": units(line.pending, line.unit),
        "ordered_text": units(line.ordered, line.unit) if line.ordered != line.pending else "",
        "pack": forms.plain(line.pack_size) if line.pack_size != 1 else "",
        "pack_text": units(line.pack_size, line.unit),
        "packs_text": quantity(packs) if line.pack_size != 1 and packs == int(packs) else "",
        "ticked": ticked or bool(typed["all"]),
        "open": any(typed[name] for name in ("packs", "units", "damaged", "wrong", "said", "short")),
        "typed": typed,
    }
