"""Batches: what was printed, by whom, how far it is, and what to do when the paper went wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, g, render_template
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import Conflict
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, people, prints
from kanban.labels import faces
from kanban.languages import gettext as _
from kanban.loops import Card
from kanban.prints import Batch, LabelIssue
from kanban.reports import printing
from kanban.web import listing, respond, security
from kanban.web.labels import pressroom
from kanban.web.labels.blueprint import (
    ASSETS,
    batch_of,
    bp,
)
from kanban.web.labels.progress import progress_of, stop
from kanban.web.reading import session
from kanban.web.running import running


@bp.get("/labels/batches")
@security.access("viewer")
def batches() -> str:
    """Every print, the newest first."""
    query = listing.Query.of_request(("newest",))
    count = session().scalar(select(func.count()).select_from(Batch)) or 0
    found = session().scalars(select(Batch).order_by(Batch.id.desc()).offset(query.skip).limit(query.limit))
    rows = [_view(batch) for batch in found]
    may_print = security.who().may("operator")
    return render_template("labels/batches.html", rows=rows, page=query.page_of(count), may_print=may_print)


@bp.get("/labels/batches/<int:batch_id>")
@security.access("viewer")
def batch(batch_id: int) -> str:
    """One print: where it stands, its files, its cards."""
    found = batch_of(batch_id)
    issues = list(
        session().scalars(
            select(LabelIssue).where(LabelIssue.batch_id == batch_id).order_by(LabelIssue.id).limit(200)
        )
    )
    return render_template(
        "labels/batch.html",
        batch=_view(found),
        issues=issues,
        progress=progress_of(running(), found),
        trouble=pressroom.trouble_of(running(), found),
        may_print=security.who().may("operator"),
        may_void=security.who().may("buyer"),
        network=[each for each in prints.printers_in_use(session()) if each.is_network],
    )


@bp.get("/labels/batches/<int:batch_id>/progress")
@security.access("viewer")
def progress(batch_id: int) -> AnyResponse | str:
    """How far it is, as a part of its page; when it is at its end, the whole page anew."""
    found = batch_of(batch_id)
    how_far = progress_of(running(), found)
    if how_far is None and respond.wants_fragment():
        return Response(status=204, headers={"HX-Redirect": f"/labels/batches/{batch_id}"})
    return render_template(
        "labels/_progress.html",
        batch=_view(found),
        progress=how_far,
        trouble=pressroom.trouble_of(running(), found),
        may_print=security.who().may("operator"),
    )


@bp.post("/labels/batches/<int:batch_id>/reprint")
@security.access("operator")
def reprint(batch_id: int) -> AnyResponse:
    """The same cards once more, each with a new label; those that came out of this batch become old."""
    old = batch_of(batch_id)
    how = printing.plan_of(old, ASSETS)
    cards = session().scalars(
        select(Card.id)
        .join(LabelIssue, LabelIssue.card_id == Card.id)
        .where(LabelIssue.batch_id == batch_id, Card.life != "retired")
    )
    chosen = printing.cards(session(), list(cards))
    if not chosen:
        raise Conflict(_("None of its cards is in service any more."))
    wanted = printing.wanted_labels(session(), chosen, how.languages)
    printer = old.printer if old.printer and old.printer.retired_at is None else None
    paper = printing.paper_of(replace(how, shift=printing.shift_of(printer)), printer)

    def verb(session: Session, deed: journal.Deed) -> str:
        made = prints.make(session, deed, wanted, paper)
        if pressroom.counts_at_once(len(wanted), printer):
            prints.hand_over(session, deed, made)
        return f"/labels/batches/{made.id}"

    address = respond.change(verb)
    pressroom.begin(int(address.rsplit("/", 1)[1]), g.at)
    return respond.seen(address)


@bp.post("/labels/batches/<int:batch_id>/sending")
@security.access("operator")
def send_again(batch_id: int) -> AnyResponse:
    """Try the printer once more."""
    found = batch_of(batch_id)
    if found.is_over or not found.by_network:
        raise Conflict(
            _("There is nothing to send: it is printed or cancelled, or it has no printer on the network.")
        )
    if progress_of(running(), found):
        raise Conflict(_("It is on its way to the printer already: look at its page for how far it is."))
    respond.deed()  # a press without a key is refused here too; a second press finds the batch printed
    pressroom.begin(batch_id, g.at)
    return respond.seen(f"/labels/batches/{batch_id}")


@bp.post("/labels/batches/<int:batch_id>/cancellation")
@security.access("operator")
def cancel(batch_id: int) -> AnyResponse:
    """End the job that makes or sends it: no card will wear its labels. What counts as printed stays so."""
    found = batch_of(batch_id)
    how_far = progress_of(running(), found)
    if how_far and found.by_network and how_far.all_done:
        raise Conflict(
            _("Too late: the printer has the whole job. Its page says when the labels count as printed.")
        )

    def verb(session: Session, deed: journal.Deed) -> str:
        mine = session.get_one(Batch, batch_id)
        if not mine.is_over:
            prints.cancel(session, deed, mine)
        return f"/labels/batches/{batch_id}"

    address = respond.change(verb)
    stop(running(), found)
    if found.state != "printed":
        return respond.seen(address)
    again = _("The file is made no further. Open the PDF to begin anew.")
    return respond.seen(address, again if how_far else _("Too late: these labels count as printed already."))


@bp.post("/labels/batches/<int:batch_id>/handover")
@security.access("operator")
def hand_over(batch_id: int) -> AnyResponse:
    """The labels came out after all: their cards wear them from now on."""

    def verb(session: Session, deed: journal.Deed) -> str:
        prints.hand_over(session, deed, session.get_one(Batch, batch_id))
        return f"/labels/batches/{batch_id}"

    return respond.seen(respond.change(verb), _("They count as printed."))


@bp.post("/labels/batches/<int:batch_id>/voiding")
@security.access("buyer")
def void(batch_id: int) -> AnyResponse:
    """The paper is lost or spoiled: its labels never order."""

    def verb(session: Session, deed: journal.Deed) -> str:
        prints.void(session, deed, session.get_one(Batch, batch_id))
        return f"/labels/batches/{batch_id}"

    said = _("These labels order nothing any more. Their cards wait for paper again.")
    return respond.seen(respond.change(verb), said)


def _view(found: Batch) -> dict[str, Any]:
    known = faces.every(ASSETS)
    stock = printing.stock_of(found)
    person = session().get(people.Person, found.person_id) if found.person_id else None
    device = session().get(people.Device, found.device_id) if found.device_id else None
    pages = -(-(found.count + found.start - 1) // stock.per_sheet)
    return {
        "id": found.id,
        "href": f"/labels/batches/{found.id}",
        "kind": found.kind,
        "state": found.state,
        "trouble": found.trouble,
        "at": found.made_at,
        "by": person.name if person else device.name if device else "",
        "face": _(known[found.face].title) if found.face in known else found.face,
        "stock": stock.said,
        "is_roll": stock.is_roll,
        "count": found.count,
        "pages": pages,
        "start": found.start,
        "printer": found.printer.name if found.printer else "",
        "network": found.by_network,
        "voided": _voided(found),
    }


def _voided(found: Batch) -> int:
    query = select(func.count()).where(LabelIssue.batch_id == found.id, LabelIssue.ended == "void")
    return session().scalar(query) or 0
