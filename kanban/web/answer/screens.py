"""The supplier's page: opening it only shows; each press answers once, under a key of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import abort, g, jsonify, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import answers, config, journal, languages, outbox, people
from kanban.answers import LineSaid
from kanban.answers.saying import lines_of
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.orders import Order
from kanban.reports import orders as reports
from kanban.senders import papers, purchase
from kanban.text import as_sentence
from kanban.web import errors as refusals
from kanban.web import forms, respond, security
from kanban.web.answer import reading, views
from kanban.web.answer.blueprint import bp
from kanban.web.reading import session
from kanban.web.running import running, today

THANKS = {
    "confirmed": mark("Thank you. The buyer sees your answer now."),
    "left": mark("Thank you. The buyer expects the goods."),
}


@bp.get("/s/<token>")
@bp.get("/api/v1/answers/<token>")
@security.access(security.ANYONE)
def show(token: str) -> Response:
    """The order as its supplier sees it."""
    order = _opened(session(), token)
    if respond.wants_json():
        return jsonify(views.as_json(order, _purchase(order)))
    return make_response(_page(order, token))


@bp.get("/s/<token>/order.pdf")
@security.access(security.ANYONE)
def paper(token: str) -> Response:
    """The order as the document that came with the mail."""
    order = _opened(session(), token)
    purchased = _purchase(order)
    with languages.speaking(purchased.chosen.language):
        made = make_response(papers.pdf(purchased, running().settings))
    made.mimetype = "application/pdf"
    made.headers["Content-Disposition"] = f'inline; filename="{order.number}.pdf"'
    return made


@bp.post("/s/<token>/confirmation")
@bp.post("/api/v1/answers/<token>/confirmation")
@security.access(security.ANYONE)
def confirm(token: str) -> Response:
    """As ordered, or what differs per line."""

    def verb(
        session: Session, deed: journal.Deed, order: Order, said: list[LineSaid], whole: reading.WholeForm
    ) -> None:
        answers.confirm(session, deed, order, said, note=whole.note)

    return _answer(token, verb, "confirmed")


@bp.post("/s/<token>/shipment")
@bp.post("/api/v1/answers/<token>/shipment")
@security.access(security.ANYONE)
def ship(token: str) -> Response:
    """Everything that has not left yet, or the quantities per line, with carrier and tracking."""

    def verb(
        session: Session, deed: journal.Deed, order: Order, said: list[LineSaid], whole: reading.WholeForm
    ) -> None:
        answers.ship(
            session, deed, order, _parcels(order, said, whole.due),
            carrier=whole.carrier, tracking=whole.tracking, note=whole.note,
        )  # fmt: skip

    return _answer(token, verb, "left")


@bp.errorhandler(answers.NoSuchLink)
@bp.errorhandler(answers.LinkRevoked)
@bp.errorhandler(answers.LinkExpired)
def closed(error: Exception) -> Response:
    """A link that opens nothing: what became of it, and what to do."""
    if respond.wants_json():
        return refusals.refused(error)
    refusal = refusals.REFUSALS[type(error)]
    page = render_template(
        "answer/closed.html", heading=_(refusal.title), text=_(refusal.what_next), what_next=""
    )
    return make_response(page, refusal.status)


Verb = Callable[[Session, journal.Deed, Order, list[LineSaid], reading.WholeForm], None]


def _answer(token: str, verb: Verb, said: str) -> Response:
    this = respond.deed("supplier")
    shown = _opened_by_press(token)
    typed = reading.typed()

    def once(session: Session) -> None:
        if journal.replayed(session, this) is None:
            order = answers.opened(session, token, _secret(), this.at)
            answers.refuse_flood(session, order, this.at)
            verb(session, this, order, lines, whole)

    try:
        whole = reading.whole(typed)
        lines = reading.lines(typed, lines_of(shown), today())
        respond.write(once)
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _page(shown, token, typed, errors))
    except answers.BadAnswer as wrong:
        refusal = forms.BadFields({"note": as_sentence(wrong)})
        return forms.refused(refusal, lambda errors: _page(shown, token, typed, errors))
    if respond.wants_json():
        with running().database.read() as fresh:
            order = _opened(fresh, token)
            return jsonify(views.as_json(order, purchase.of_order(fresh, order, running().settings)))
    return redirect(f"/s/{token}?said={said}", code=303)


def _parcels(order: Order, said: list[LineSaid], due: date | None) -> list[LineSaid] | None:
    """The quantities that were typed; none typed: everything."""
    parcels = [each for each in said if each.quantity is not None and each.quantity > 0]
    if parcels:
        return [LineSaid(each.line_id, each.quantity, each.due or due, note=each.note) for each in parcels]
    return None if due is None and not said else [LineSaid(line.id, due=due) for line in lines_of(order)]


def _opened_by_press(token: str) -> Order:
    """The order behind a pressed link; who tries wrong ones again and again is held up."""
    address = request.remote_addr or ""
    people.refuse_guessing(session(), "answer link", address, g.at)
    try:
        return _opened(session(), token)
    except answers.NoSuchLink:
        at = g.at
        respond.write(lambda session: people.note_wrong_try(session, "answer link", address, at))
        raise


def _opened(session: Session, token: str) -> Order:
    order = answers.opened(session, token, _secret(), g.at)
    found = reports.with_lines(session, order.id)
    if found is None:
        abort(404)
    if request.cookies.get("language") is None:
        languages.speak(outbox.of_supplier(session, found.supplier).language)
    return found


def _purchase(order: Order) -> purchase.Purchase:
    return purchase.of_order(session(), order, running().settings)


def _secret() -> str:
    return config.secret_key(running().settings.data)


def _page(
    order: Order, token: str, typed: dict[str, Any] | None = None, errors: dict[str, str] | None = None
) -> str:
    said = request.args.get("said", "")
    return render_template(
        "answer/show.html",
        **views.page(session(), order, _purchase(order), running().settings.zone, today()),
        token=token,
        typed=typed or {},
        errors=errors or {},
        thanks=_(THANKS[said]) if said in THANKS else "",
    )
