"""The daily walk: what to look at on the floor, place by place, with a phone in the hand."""

from __future__ import annotations

from datetime import datetime, time
from itertools import groupby
from typing import Any, Literal

from flask import Blueprint, g, render_template
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import journal
from kanban.items import PATH_SEPARATOR, inside_site
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.loops import Loop
from kanban.reports import watch
from kanban.web import formats, forms, listing, respond, security, sheets
from kanban.web.advice.words import rounded
from kanban.web.reading import session
from kanban.web.running import running, today

bp = Blueprint("walk", __name__)

TITLES = {
    "out": mark("All bins empty"),
    "last_bin": mark("Last bin in use"),
    "overdue": mark("Overdue"),
    "overtaken": mark("Card passed by the others"),
    "silent": mark("Silent"),
    "faster": mark("Used faster than usual"),
    "slower": mark("Used slower than usual"),
    "worn": mark("Label worn"),
}
TONES = {
    "out": "no", "last_bin": "no", "overdue": "look", "overtaken": "look",
    "silent": "known", "faster": "look", "slower": "known", "worn": "known",
}  # fmt: skip
ICONS = {
    "out": "risk", "last_bin": "risk", "overdue": "late", "overtaken": "look",
    "silent": "clock", "faster": "urgent", "slower": "clock", "worn": "print",
}  # fmt: skip


COLUMNS = ("found", "place", "sku", "item", "card", "days", "due", "times")


class CheckForm(forms.Form):
    """What somebody has looked at."""

    find: Literal["out", "last_bin", "overdue", "overtaken", "silent", "faster", "slower", "worn"] = Field(
        title=mark("What was looked at")
    )


@bp.get("/walk")
@security.access("viewer")
def show() -> str:
    """What was found, by place in the order of the walk; what was looked at today stands apart."""
    zone = running().settings.zone
    found = watch.finds(session(), g.at, zone)
    kind = listing.choice("kind", ("", *watch.KINDS))
    done = watch.checked(session(), datetime.combine(today(), time(), zone))
    rows = [_row(find) for find in found if kind in ("", find.kind)]
    to_see = [row for row in rows if (row["loop_id"], row["kind"]) not in done]
    to_see.sort(key=lambda row: row["place"])
    return render_template(
        "walk/show.html",
        stops=[(place, list(finds)) for place, finds in groupby(to_see, key=lambda row: row["area"])],
        seen=len(rows) - len(to_see),
        counts=[
            (key, _(TITLES[key]), count, TONES[key], ICONS[key])
            for key, count in watch.counts(found).items()
            if count
        ],
        kind=kind,
        may_check=security.who().may("operator"),
    )


@bp.get("/walk.csv")
@security.access("viewer")
def export() -> Response:
    """Everything that was found, for a spreadsheet; days are working days."""
    found = watch.finds(session(), g.at, running().settings.zone)
    return sheets.answer("kanban-walk.csv", COLUMNS, map(_csv_row, found))


@bp.post("/loops/<int:loop_id>/check")
@security.access("operator")
def check(loop_id: int) -> Response:
    """Somebody was there and looked; it comes back tomorrow if it is still so."""
    find = forms.sent(CheckForm, forms.typed_fields()).find

    def verb(session: Session, deed: journal.Deed) -> str:
        loop = session.get_one(Loop, loop_id)
        journal.append(session, deed, "checked", "loop", loop.id, {"find": find})
        return "/walk"

    respond.change(verb)
    return respond.seen("/walk", _("Looked at. It comes back tomorrow if it is still so."))


def _row(find: watch.Find) -> dict[str, Any]:
    inside = inside_site(find.place)
    return {
        "kind": find.kind,
        "title": _(TITLES[find.kind]),
        "tone": TONES[find.kind],
        "icon": ICONS[find.kind],
        "loop_id": find.loop.id,
        "sku": find.item.sku,
        "name": find.item.name,
        "place": find.place,
        "area": inside.rsplit(PATH_SEPARATOR, 1)[0],
        "position": inside.rsplit(PATH_SEPARATOR, 1)[-1],
        "card": find.card.number if find.card else None,
        "href": f"/c/{find.card.code}" if find.card else f"/loops/{find.loop.id}",
        "text": _told(find),
    }


def _told(find: watch.Find) -> str:
    days = None if find.days is None else formats.quantity(rounded(find.days))
    due = formats.day(find.due) if find.due else None
    return _SAYINGS[find.kind](find, days, due)


def _out(find: watch.Find, days: str | None, due: str | None) -> str:
    if due:
        return _("Empty for %(days)s working days. Goods are due %(due)s.", days=days, due=due)
    return _("Empty for %(days)s working days, and nothing has been sent yet.", days=days)


def _last_bin(find: watch.Find, days: str | None, due: str | None) -> str:
    lasts = _("It lasts about %(days)s working days more.", days=days) if days else ""
    coming = _("Goods are due %(due)s.", due=due) if due else _("Nothing has been sent yet.")
    return f"{lasts} {coming}".strip()


def _overdue(find: watch.Find, days: str | None, due: str | None) -> str:
    told = _("Away for %(days)s working days; 19 of 20 deliveries come sooner.", days=days)
    missed = _("It was due %(due)s.", due=due) if due else ""
    return f"{told} {missed}".rstrip()


def _overtaken(find: watch.Find, days: str | None, due: str | None) -> str:
    return _(
        "Passed %(times)s times. The bin may be empty and not scanned, or the label is lost.",
        times=find.times,
    )


def _silent(find: watch.Find, days: str | None, due: str | None) -> str:
    return _(
        "No scan for %(days)s working days, far longer than usual. Not used any more, or not scanned?",
        days=days,
    )


def _faster(find: watch.Find, days: str | None, due: str | None) -> str:
    return _(
        "About twice as fast lately, %(times)s scans in a row. A new job, waste, or wrong labels?",
        times=find.times,
    )


def _slower(find: watch.Find, days: str | None, due: str | None) -> str:
    return _(
        "About half as fast lately, %(times)s scans in a row. A job that ended, or forgotten scans?",
        times=find.times,
    )


def _worn(find: watch.Find, days: str | None, due: str | None) -> str:
    return _("Somebody asked for a new label. Print it and take it along.")


_SAYINGS = {
    "out": _out, "last_bin": _last_bin, "overdue": _overdue, "overtaken": _overtaken,
    "silent": _silent, "faster": _faster, "slower": _slower, "worn": _worn,
}  # fmt: skip


def _csv_row(find: watch.Find) -> list[object]:
    return [
        find.kind, find.place, find.item.sku, find.item.name, find.card.number if find.card else None,
        sheets.cell(find.days, 2), find.due.isoformat() if find.due else None, find.times,
    ]  # fmt: skip
