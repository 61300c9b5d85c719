"""Every refusal as an answer: what is wrong, where, and what to do. One table, one shape."""

from __future__ import annotations

import logging
import math
import secrets
from typing import NamedTuple

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request
from sqlalchemy.exc import DBAPIError, NoResultFound
from werkzeug.exceptions import HTTPException, default_exceptions
from werkzeug.wrappers import Response as AnyResponse

from kanban import (
    advice,
    answers,
    codes,
    counts,
    items,
    journal,
    labels,
    loops,
    orders,
    outbox,
    people,
    plans,
    prints,
    problems,
    receipts,
    scans,
    subscriptions,
    suppliers,
)
from kanban.db import Trouble
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.web import respond, security

log = logging.getLogger("kanban")


class Refusal(NamedTuple):
    """How an error is answered."""

    status: int
    title: str
    what_next: str = ""


REFUSALS: dict[type[Exception], Refusal] = {
    journal.KeyReused: Refusal(
        422, mark("This key was used for something else"), mark("Make a new key for each thing that you do.")
    ),
    Trouble: Refusal(
        503,
        mark("The shop’s database cannot write just now"),
        mark("Try again in a moment: nothing is lost."),
    ),
    NoResultFound: Refusal(
        404, mark("There is nothing here"), mark("It may have been removed, or the address is mistyped.")
    ),
    codes.BadCode: Refusal(404, mark("This is not a code of ours")),
    answers.NotOpen: Refusal(409, mark("Too late for that")),
    answers.BadAnswer: Refusal(422, mark("That cannot be meant")),
    answers.NobodyElse: Refusal(409, mark("There is nobody else to ask")),
    answers.NoSuchLink: Refusal(
        404,
        mark("This link is not complete"),
        mark("Open it from the mail again, or ask the buyer for a new one."),
    ),
    answers.LinkRevoked: Refusal(
        410, mark("This link is closed"), mark("The buyer has sent a newer one, or wants no answer any more.")
    ),
    answers.LinkExpired: Refusal(
        410,
        mark("This order is finished"),
        mark("Its link closed two weeks after the goods had come. Please write to the buyer."),
    ),
    answers.TooManyAnswers: Refusal(
        429, mark("Too many answers at once"), mark("Wait an hour, then try again.")
    ),
    orders.NoOpenTurn: Refusal(409, mark("Nothing is open for this card")),
    orders.AlreadyReleased: Refusal(409, mark("Too late for that")),
    orders.rules.NeedsApproval: Refusal(403, mark("This needs an administrator")),
    orders.NotAllowed: Refusal(409, mark("That cannot be done now")),
    orders.NothingToOrder: Refusal(409, mark("Nothing to order")),
    outbox.NotWaiting: Refusal(409, mark("That cannot be done now")),
    receipts.NothingComing: Refusal(409, mark("Nothing can arrive here")),
    receipts.BadReceipt: Refusal(422, mark("That quantity cannot be received")),
    receipts.OtherSupplier: Refusal(422, mark("That is not what this supplier owes")),
    receipts.BadCorrection: Refusal(422, mark("That corrects nothing")),
    receipts.NotInQuarantine: Refusal(409, mark("So much is not set apart")),
    receipts.ReturnSettled: Refusal(409, mark("Settled already")),
    problems.SaysNothing: Refusal(422, mark("That says too little")),
    problems.ProblemSettled: Refusal(409, mark("Settled already")),
    subscriptions.BadSubscription: Refusal(422, mark("This browser cannot be reached")),
    scans.NotUpstream: Refusal(422, mark("That bin does not feed this one")),
    orders.NotOurs: Refusal(409, mark("A firm brings these goods")),
    suppliers.NotInternal: Refusal(409, mark("A firm stands nowhere in the house")),
    suppliers.SupplyCircle: Refusal(409, mark("That would feed itself")),
    scans.TooLate: Refusal(409, mark("Too late to undo")),
    scans.NothingToUndo: Refusal(409, mark("Nothing to undo")),
    loops.LoopClosed: Refusal(409, mark("This loop is closed")),
    loops.LifeRefused: Refusal(409, mark("The card cannot go there")),
    counts.NothingSwept: Refusal(422, mark("Nothing was swept")),
    loops.TooManyCards: Refusal(422, mark("Too many cards")),
    counts.NotCounted: Refusal(409, mark("This loop is not counted")),
    plans.PlanSettled: Refusal(409, mark("Too late for that")),
    advice.NothingAdvised: Refusal(409, mark("Nothing to answer")),
    items.SkuTaken: Refusal(409, mark("This SKU is taken")),
    items.PlaceTaken: Refusal(409, mark("This place exists")),
    items.BadPlaceName: Refusal(422, mark("This name does not work")),
    items.PlaceInItself: Refusal(409, mark("A place cannot stand inside itself")),
    suppliers.SupplierTaken: Refusal(409, mark("This supplier exists")),
    suppliers.OfferTaken: Refusal(409, mark("This offer exists")),
    people.LoginTaken: Refusal(409, mark("This name is taken")),
    people.LastAdmin: Refusal(409, mark("Somebody must stay administrator")),
    prints.CardsChanged: Refusal(409, mark("The cards have changed")),
    prints.NotBlank: Refusal(409, mark("This label is not blank")),
    prints.NotPrintable: Refusal(409, mark("This print is over")),
    labels.NoRoom: Refusal(503, mark("The disk is full")),
    labels.LabelError: Refusal(422, mark("That cannot be printed")),
    people.SetUpClosed: Refusal(
        410, mark("This set-up link is closed"), mark("Sign in, or restart the server for a new link.")
    ),
    people.PairingClosed: Refusal(
        410, mark("This code opens nothing"), mark("Ask for a new one at the desk.")
    ),
    people.TooManyTries: Refusal(429, mark("Too many tries"), mark("Wait a little, then try again.")),
}

BROKEN = Refusal(500, mark("Something broke on our side"), mark("Try again; nothing was half done."))
HTTP_TITLES = {
    400: mark("This request makes no sense to us"),
    401: mark("Sign in first"),
    403: mark("You may not do this"),
    404: mark("There is nothing here"),
    405: mark("This address does not do that"),
    409: mark("That cannot be done now"),
    413: mark("Too large"),
    415: mark("Send JSON or a form"),
    422: mark("Some fields need attention"),
}
HTTP_WORDS = {
    404: mark("It may have been removed, or the address is mistyped."),
    405: mark("Go back, and use the buttons of the page."),
    413: mark(
        "Go back: what you typed is still there. Send a smaller file (a photo may have 5 MB), "
        "or less at once."
    ),
}
OTHERWISE = mark("Go back, and try another way.")


def install(app: Flask) -> None:
    """Answer each exception by the table."""
    app.register_error_handler(HTTPException, _http)
    for kind in REFUSALS:
        app.register_error_handler(kind, refused)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _broken)


def _http(error: HTTPException) -> AnyResponse:
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    if status == 401 and request.method == "GET" and not respond.wants_json():
        return redirect(f"{security.door().href}?next={respond.local_path(request.path)}", code=303)
    title = HTTP_TITLES.get(status, error.name)
    response = _answer(Refusal(status, title), _said(error))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _said(error: HTTPException) -> str:
    """What we said ourselves; of what the framework says, our own words for its status."""
    framework = default_exceptions.get(error.code or 500)
    if error.description and (framework is None or error.description != framework.description):
        return _(error.description)
    return _(HTTP_WORDS.get(error.code or 500, OTHERWISE))


def refused(error: Exception) -> AnyResponse:
    refusal = next(REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS)
    text = "" if isinstance(error, (Trouble, NoResultFound, journal.KeyReused)) else str(error)
    response = _answer(refusal, text)
    if refusal.status == 503:
        log.error("the database cannot write: %s", error, exc_info=error)
        response.headers["Retry-After"] = "2"
    if isinstance(error, people.TooManyTries):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.wait.total_seconds())))
    return response


def _database(error: DBAPIError) -> AnyResponse:
    """A reader met a locked, full or vanished database."""
    if error.__class__.__name__ == "OperationalError":
        return refused(Trouble(str(error.orig)))
    return _broken(error)


def _broken(error: Exception) -> AnyResponse:
    """Our own mistake: the log has it under the number that the page shows."""
    number = secrets.token_hex(4)
    where = request.url_rule or "an unknown address"  # no path: codes and tokens stand in paths
    log.exception("error %s on %s %s", number, request.method, where, exc_info=error)
    return _answer(BROKEN, "", number)


def _answer(refusal: Refusal, text: str, number: str | None = None) -> Response:
    title, what_next = _(refusal.title), refusal.what_next and _(refusal.what_next)
    if respond.wants_json():
        told = {"error": title, "detail": text, "what_next": what_next, "id": number}
        answer = jsonify({name: value for name, value in told.items() if value})
    elif respond.wants_fragment():
        toast = render_template("errors/_error.html", title=title, what_next=text or what_next)
        answer = make_response(toast)
        answer.headers.update({"HX-Retarget": "#toasts", "HX-Reswap": "innerHTML"})
    else:
        answer = make_response(_page(refusal, text, number))
    answer.status_code = refusal.status
    return answer


def _page(refusal: Refusal, text: str, number: str | None) -> str:
    """The error page; a bare one where even reading the shop's name fails."""
    g.setdefault("who", people.NOBODY)
    title, what_next = _(refusal.title), refusal.what_next and _(refusal.what_next)
    try:
        return render_template(
            "errors/error.html",
            title=title,
            text=text,
            what_next=what_next,
            id=number,
            actions=[],
        )
    except DBAPIError:
        return f"<!doctype html><title>{title}</title><h1>{title}</h1><p>{what_next}</p>"
