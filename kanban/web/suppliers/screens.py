"""The list of suppliers, a supplier's page, and the form."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from babel import Locale
from flask import abort, g, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import journal, languages, suppliers
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.orders import Order
from kanban.reports import catalogue, story
from kanban.suppliers import Supplier, SupplierItem
from kanban.web import forms, listing, respond, security
from kanban.web.reading import session
from kanban.web.running import running
from kanban.web.suppliers.blueprint import bp
from kanban.web.suppliers.scorecard import of_supplier
from kanban.web.suppliers.views import DAYS, habits, offer_view

SORTS = {"name": mark("Name"), "lead": mark("Lead time")}
KINDS = [("external", mark("A firm")), ("internal", mark("Our own store or work centre"))]
ORDER_WORDS = {
    "draft": mark("draft"),
    "released": mark("sent"),
    "confirmed": mark("confirmed"),
    "shipped": mark("on its way"),
    "partly_received": mark("partly received"),
}


@bp.get("/suppliers")
@security.access("viewer")
def index() -> str:
    """All suppliers, searched, sorted and paged."""
    query = listing.Query.of_request(tuple(SORTS))
    rows, count = catalogue.suppliers(session(), query.q, query.sort, query.skip, query.limit)
    return render_template(
        "suppliers/_rows.html" if respond.wants_fragment() else "suppliers/list.html",
        rows=[_row(row) for row in rows],
        page=query.page_of(count),
        q=query.q,
        sort=query.sort,
        sorts=query.choices(SORTS),
        may_change=security.who().may("buyer"),
    )


@bp.get("/suppliers/new")
@security.access("buyer")
def new() -> str:
    """The form of a new supplier."""
    return _form(_("New supplier"), "/suppliers", "/suppliers", {"lead_time": "5"}, {})


@bp.post("/suppliers")
@security.access("buyer")
def add() -> Response:
    """A new supplier."""
    typed = forms.typed_fields(*forms.SupplierForm.lists)

    def verb(session: Session, deed: journal.Deed) -> str:
        with forms.taken(suppliers.SupplierTaken, "name"):
            return f"/suppliers/{suppliers.add(session, deed, facts).id}"

    try:
        facts = forms.sent(forms.SupplierForm, typed).facts()
        return respond.seen(respond.change(verb), _("Saved. Next: say what this supplier offers."))
    except forms.BadFields as bad:
        return forms.refused(
            bad, lambda errors: _form(_("New supplier"), "/suppliers", "/suppliers", typed, errors)
        )


@bp.get("/suppliers/<int:supplier_id>")
@security.access("viewer")
def show(supplier_id: int) -> str:
    """One supplier: what it offers, which orders are open, how to reach it, when it takes orders."""
    supplier = _get(supplier_id)
    may_change = security.who().may("buyer")
    offers = catalogue.offers(session(), SupplierItem.supplier_id == supplier_id)
    opened = catalogue.open_orders(session(), supplier_id)
    return render_template(
        "suppliers/show.html",
        supplier=supplier,
        kind=_(dict(KINDS)[supplier.kind]),
        habits=habits(supplier),
        next_day=supplier.terms().next_order_day(g.at, running().settings.zone),
        country=dict(_countries()).get(supplier.country, supplier.country),
        offers=[offer_view(offer, prices=may_change) for offer in offers],
        orders=[_order_view(order, lines) for order, lines in opened],
        entries=story.of_supplier(session(), supplier_id),
        scorecard=of_supplier(supplier),
        may_change=may_change,
    )


@bp.get("/suppliers/<int:supplier_id>/edit")
@security.access("buyer")
def edit(supplier_id: int) -> str:
    """The form with what the supplier is now."""
    return _edit_form(supplier_id, _typed(_get(supplier_id)), {})


@bp.post("/suppliers/<int:supplier_id>")
@security.access("buyer")
def change(supplier_id: int) -> Response:
    """Other facts for a supplier."""
    typed = forms.typed_fields(*forms.SupplierForm.lists)

    def verb(session: Session, deed: journal.Deed) -> str:
        with forms.taken(suppliers.SupplierTaken, "name"):
            suppliers.change(session, deed, session.get_one(Supplier, supplier_id), facts)
        return f"/suppliers/{supplier_id}"

    try:
        facts = forms.sent(forms.SupplierForm, typed).facts()
        return respond.seen(respond.change_and_size(verb), _("Saved."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _edit_form(supplier_id, typed, errors))


def _order_view(order: Order, lines: int) -> dict[str, Any]:
    return {
        "href": f"/orders/{order.id}",
        "number": order.number or _("Draft"),
        "state": order.state,
        "state_word": _(ORDER_WORDS[order.state]),
        "lines": lines,
        "since": order.released_at or order.created_at,
    }


def _get(supplier_id: int) -> Supplier:
    supplier = session().get(Supplier, supplier_id)
    if supplier is None:
        abort(404)
    return supplier


def _row(row: catalogue.SupplierRow) -> dict[str, Any]:
    supplier = row.supplier
    return {
        "href": f"/suppliers/{supplier.id}",
        "id": supplier.id,
        "name": supplier.name,
        "internal": supplier.kind == "internal",
        "offers": row.offers,
        "open_orders": row.open_orders,
        "lead_time": supplier.lead_time,
        "habits": habits(supplier),
    }


def _countries() -> list[tuple[str, str]]:
    """The countries whose public holidays we know, by name."""
    names = Locale.parse(languages.locale()).territories
    known = [(code, names.get(code, code)) for code in _known_countries()]
    return [("", _("No public holidays")), *sorted(known, key=lambda pair: pair[1])]


@lru_cache(maxsize=1)
def _known_countries() -> list[str]:
    from holidays import list_supported_countries  # slow to import, and only this form asks for it

    return list(list_supported_countries(include_aliases=False))


def _typed(supplier: Supplier) -> dict[str, Any]:
    kept = (
        "name", "kind", "email", "phone", "address", "country", "customer_number", "order_until", "note",
    )  # fmt: skip
    return {
        **{name: getattr(supplier, name) for name in kept},
        "lead_time": str(supplier.lead_time),
        "minimum_order_value": forms.plain(supplier.minimum_order_value),
        "order_days": supplier.order_days.split(",") if supplier.order_days else [],
    }


def _edit_form(supplier_id: int, values: dict[str, Any], errors: dict[str, str]) -> str:
    address = f"/suppliers/{supplier_id}"
    return _form(_get(supplier_id).name, address, address, values, errors)


def _form(title: str, post: str, back: str, values: dict[str, Any], errors: dict[str, str]) -> str:
    return render_template(
        "suppliers/form.html",
        title=title,
        post=post,
        back_href=back,
        values=values,
        errors=errors,
        kinds=languages.choices(KINDS),
        days=languages.choices(DAYS.items()),
        countries=_countries(),
        currency=running().settings.currency,
    )
