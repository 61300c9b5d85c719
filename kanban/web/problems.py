"""Something is wrong: the short report from a scan or a delivery, and the buyer's list of reports."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, abort, render_template
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import codes, journal, loops, photos, problems
from kanban.items import inside_site
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.problems import About, Problem
from kanban.receipts import DeliveryNote
from kanban.reports import problems as reports
from kanban.reports.problems import Reported
from kanban.web import forms, listing, respond, security
from kanban.web import photos as photo_fields
from kanban.web.forms.fields import Code, Note, RowId
from kanban.web.reading import session

bp = Blueprint("problems", __name__)

KINDS = {
    "damaged": mark("Damaged"),
    "wrong_item": mark("Wrong part"),
    "short": mark("Too few"),
    "other": mark("Something else"),
}
STATES = {"open": mark("Open"), "settled": mark("Settled")}


class ReportForm(forms.Form):
    """What is wrong, and with what: a card's code, or the number of a delivery."""

    kind: Literal["damaged", "wrong_item", "short", "other"] = Field(title=mark("What is wrong"))
    note: Note = Field("", title=mark("The note"))
    card: Code = Field("", title=mark("The card"))
    delivery: RowId | None = Field(None, title=mark("The delivery"))


class SettlementForm(forms.Form):
    """How a problem was dealt with."""

    settlement: Note = Field("", title=mark("What was done"))


@bp.get("/problems/new")
@security.access("operator")
def new() -> str:
    """The short report; opened from a card or from a delivery."""
    typed = {"card": listing.one("card"), "delivery": listing.one("delivery")}
    return _form({name: value for name, value in typed.items() if value}, {})


@bp.post("/problems")
@security.access("operator")
def report() -> Response:
    """Somebody says that something is wrong."""
    photo_fields.expect()
    typed = forms.typed_fields()

    def verb(session: Session, deed: journal.Deed) -> str:
        about = _about(session, sent.card, sent.delivery)
        photo_id = photos.add(session, deed, photo).id if photo else None
        try:
            problems.report(session, deed, about, sent.kind, sent.note, photo_id)
        except problems.SaysNothing as nothing:
            raise forms.BadFields({"note": f"{nothing}."}) from nothing
        return f"/c/{about.card.code}" if about.card else f"/receiving/notes/{sent.delivery}"

    try:
        sent = forms.sent(ReportForm, typed)
        photo = photo_fields.sent()
        address = respond.change(verb)
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _form(typed, errors))
    return respond.seen(address, _("Reported. The buyer sees it."))


@bp.get("/problems")
@security.access("operator")
def index() -> str:
    """What was reported, open or settled."""
    query = listing.Query.of_request()
    state = listing.choice("state", tuple(STATES))
    rows, count = reports.page(session(), settled=state == "settled", skip=query.skip, limit=query.limit)
    return render_template(
        "problems/list.html",
        rows=[_row(each) for each in rows],
        page=query.page_of(count),
        states=listing.choices("state", {key: _(label) for key, label in STATES.items()}),
        state=state,
        may_settle=security.who().may("buyer"),
    )


@bp.post("/problems/<int:problem_id>/settlement")
@security.access("buyer")
def settle(problem_id: int) -> Response:
    """It is dealt with."""
    sent = forms.sent(SettlementForm, forms.typed_fields())

    def verb(session: Session, deed: journal.Deed) -> str:
        problems.settle(session, deed, session.get_one(Problem, problem_id), sent.settlement)
        return "/problems"

    return respond.seen(respond.change(verb), _("Settled."))


def _about(session: Session, code: str, delivery_id: int | None) -> About:
    """The card or the delivery that a report names. Raises :class:`forms.BadFields`."""
    card = loops.by_code(session, codes.read(code)) if code else None
    note = session.get(DeliveryNote, delivery_id) if delivery_id else None
    if card is None and note is None:
        raise forms.BadFields({"kind": _("Say what it is about: scan the card, or open the delivery.")})
    return About(card, note)


def _form(values: dict[str, Any], errors: dict[str, str]) -> str:
    about = _described(str(values.get("card", "")), str(values.get("delivery", "")))
    if about is None:
        abort(404)
    return render_template(
        "problems/form.html",
        about=about,
        values=values,
        errors=errors,
        kinds=[(key, _(label)) for key, label in KINDS.items()],
    )


def _described(code: str, delivery: str) -> dict[str, str] | None:
    """What a report is about, as the form shows it; none where it is about nothing of ours."""
    if delivery.isdecimal() and len(delivery) < 16:
        note = session().get(DeliveryNote, int(delivery))
        if note is not None:
            title = note.number or _("Delivery without a number")
            return {"title": title, "text": note.supplier.name, "href": f"/receiving/notes/{note.id}"}
    try:
        card = loops.by_code(session(), codes.read(code))
    except codes.BadCode:
        return None
    if card is None:
        return None
    item, place = card.loop.item, inside_site(card.loop.location.path)
    return {"title": item.sku, "text": f"{item.name}, {place}", "href": f"/c/{card.code}"}


def _row(reported: Reported) -> dict[str, Any]:
    problem = reported.problem
    return {
        "id": problem.id,
        "kind": _(KINDS[problem.kind]),
        "note": problem.note,
        "photo": photo_fields.address(problem.photo_id),
        "photo_small": photo_fields.address(problem.photo_id, small=True),
        "by": reported.by,
        "at": problem.at,
        "settled_at": problem.settled_at,
        "settlement": problem.settlement,
        "settle_post": f"/problems/{problem.id}/settlement",
        **_subject(problem),
    }


def _subject(problem: Problem) -> dict[str, Any]:
    line, note, card = problem.order_line, problem.delivery_note, problem.card
    facts: dict[str, Any] = {
        "order_href": f"/orders/{line.order_id}" if line else None,
        "order_number": (line.order.number or _("Draft")) if line else "",
    }
    if card is not None:
        loop = card.loop
        text = f"{loop.item.name}, {inside_site(loop.location.path)}"
        source = line.order.supplier.name if line else loop.supplier_item.supplier.name
        return facts | {"title": loop.item.sku, "text": text, "href": f"/c/{card.code}", "supplier": source}
    assert note is not None, "a problem is about a card or a delivery"
    title = note.number or _("Delivery without a number")
    return facts | {
        "title": title, "text": "", "href": f"/receiving/notes/{note.id}", "supplier": note.supplier.name,
    }  # fmt: skip
