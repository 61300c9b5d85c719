"""The scanner: the camera's page, without script a form for a typed code; and what its scripts are told."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from kanban import codes, journal, receipts
from kanban.items import inside_site
from kanban.languages import gettext as _
from kanban.scans import Answer, Situation
from kanban.web import security
from kanban.web.formats import ago, day, units
from kanban.web.reading import session
from kanban.web.running import running
from kanban.web.verdict import SUPPLY_WORDS, Verdict, undone, verdict

bp = Blueprint("scanner", __name__)


def install(app: Flask) -> None:
    """Tell the templates of the scripts which hosts are ours."""
    app.jinja_env.globals["scan_hosts"] = hosts


def hosts() -> list[str]:
    """The hosts whose cards are ours: the one in use, the one in the settings, those trusted; no ports."""
    settings = running().settings
    known = (f"//{request.host}", settings.base_url, *(f"//{host}" for host in settings.trusted_hosts))
    return sorted({urlsplit(each).hostname or "" for each in known})


@bp.get("/scan")
@security.access("signaller")
def show() -> str | AnyResponse:
    """The scanner; with a typed code, the way to its card."""
    text = request.args.get("code", "")
    if not text.strip():
        return render_template("scanner/show.html", text="", error="")
    try:
        return redirect(f"/cards/{codes.read(text.rsplit('/', 1)[-1])}", code=303)
    except codes.BadCode as wrong:
        return render_template("scanner/show.html", text=text[:200], error=str(wrong))


def told(answer: Answer) -> dict[str, Any]:
    """What the scripts show of an answer: the verdict in words, ready for the screen."""
    if answer.card is None:
        unknown = _("No card of this shop has this code. A mistyped code orders nothing.")
        return _worded(Verdict("refused", "no", _("This is not a code of ours"), unknown))
    said = _worded(undone(answer) if answer.effect == "withdrawn" else verdict(answer))
    return said | {"correction": _correction(answer, answer.card)}


def _correction(answer: Answer, card: Situation) -> dict[str, str] | None:
    """Where to say that another quantity came; none where nothing was received by this scan."""
    event = session().get(journal.Event, answer.event_id) if answer.effect == "received" else None
    receipt = session().get(receipts.Receipt, event.noun_id) if event else None
    if receipt is None or not security.who().may("operator"):
        return None
    counted = format(receipts.counted(session(), receipt).normalize(), "f")
    return {"post": f"/receipts/{receipt.id}/correction", "quantity": counted, "unit": card.unit}


def looked(card: Situation) -> dict[str, Any]:
    """What a look at a card tells: where it stands, whence it comes, what is under way."""
    if card.life not in ("active", "new"):
        return _worded(verdict(Answer("refused", None, 0, card=card)))
    holds = units(card.card_quantity, card.unit)
    text = _("%(quantity)s a bin, card %(number)s of %(of)s", quantity=holds, number=card.number, of=card.of)
    where = _("%(place)s, from %(supplier)s", place=inside_site(card.location), supplier=card.supplier)
    words = _worded(Verdict("look", "plain", _standing(card), text, **_under_way(card)))
    return words | {"facts": [where, *words["facts"]]}


def _standing(card: Situation) -> str:
    return _("New, not on a bin yet") if card.life == "new" else _(SUPPLY_WORDS[card.supply])


def _under_way(card: Situation) -> dict[str, Any]:
    if card.supply == "full":
        return {}
    return {
        "order_number": card.order_number,
        "due": card.expected_day(g.at, running().settings.zone),
        "by": card.signalled_by,
        "at": card.signalled_at,
    }


def _worded(said: Verdict) -> dict[str, Any]:
    return {
        "tone": said.tone,
        "headline": said.headline,
        "text": said.text,
        "facts": _facts(said),
        "undo": asdict(said.undo) if said.undo else None,
        "correction": None,
        "actions": [asdict(action) for action in said.actions],
    }


def _facts(said: Verdict) -> list[str]:
    """Order, day and person of a verdict, each as one short phrase."""
    facts = [said.order_number] if said.order_number else []
    if said.due:
        facts.append(_("Expected %(day)s", day=day(said.due)))
    if said.by:
        facts.append(f"{said.by}, {ago(said.at)}" if said.at else said.by)
    return facts
