"""The list of what is advised, and a loop's advice with its reasons."""

from __future__ import annotations

from typing import Any

from flask import abort, g, render_template
from sqlalchemy.orm import Session

from kanban import advice, journal
from kanban.advice import Advice
from kanban.languages import gettext as _
from kanban.loops import Loop
from kanban.reports import advised, catalogue
from kanban.web import formats, listing, pictures, respond, security
from kanban.web.advice import sentences, words
from kanban.web.advice.blueprint import bp
from kanban.web.reading import session
from kanban.web.running import running

WEEKS = 26


@bp.get("/advice")
@security.access("viewer")
def index() -> str:
    """Loops whose number of cards should change, what hurts most first; or all of them."""
    query = listing.Query.of_request()
    which = listing.choice("show", ("change", "all", "snoozed", "history"))
    rows, count = advised.rows(session(), which, query.q, query.skip, query.limit)
    return render_template(
        "advice/_rows.html" if respond.wants_fragment() else "advice/list.html",
        rows=[_row(row) for row in rows],
        page=query.page_of(count),
        q=query.q,
        shows=listing.choices(
            "show",
            {
                "change": _("To change"),
                "all": _("All loops"),
                "snoozed": _("Put off"),
                "history": _("Settled"),
            },
        ),
        which=which,
        summary=_summary(advised.summary(session())),
        may_change=security.who().may("buyer"),
    )


@bp.get("/loops/<int:loop_id>/advice")
@security.access("viewer")
def show(loop_id: int) -> str:
    """A loop's advice: what to do, why, what the neighbours mean, what is known, what became of it."""
    loop = catalogue.loop(session(), loop_id)
    if loop is None:
        abort(404)
    found = advice.latest(session(), loop_id)
    return render_template(
        "advice/show.html",
        circuit=loop,
        unit=loop.item.unit,
        found=found and advice_view(found, loop.item.unit),
        use_chart=_use_chart(loop),
        lead_chart=found and _lead_chart(found),
        past=[_past(each) for each in advice.past_advice(session(), loop_id)],
        may_change=security.who().may("buyer") and loop.closed_at is None,
    )


@bp.post("/advice/review")
@security.access("buyer")
def review() -> Any:
    """Size every loop anew whose facts have changed."""
    zone = running().settings.zone

    def verb(session: Session, deed: journal.Deed) -> str:
        advice.review_all(session, deed, zone)
        return "/advice"

    return respond.seen(respond.change(verb), _("Every loop is sized by what is known now."))


def advice_view(found: Advice, unit: str) -> dict[str, Any]:
    """An advice as its page shows it."""
    figures = found.figures
    return {
        "headline": words.headline(found.decision, found.cards_now, found.cards),
        "decision": found.decision,
        "word": _(words.WORDS[figures["word"]]),
        "colour": words.WORD_COLOURS[figures["word"]],
        "protected": figures["word"] == "protected",
        "reasons": words.reasons(figures),
        "confidence": _(words.CONFIDENCE[figures["confidence"]]),
        "target": words.share(figures["target"]),
        "sentences": sentences.of(found, unit),
        "options": words.options(found, unit),
        "state": found.state,
        "state_word": _(words.STATES[found.state]),
        "snoozed_until": found.snoozed_until,
        "at": found.at,
        "waits": found.state in ("open", "snoozed") and found.decision != "keep",
        "has_cost": figures["unit_cost"] > 0,
    }


def _row(row: advised.Row) -> dict[str, Any]:
    found, item = row.advice, row.item
    figures = found.figures
    now, then = (figures["options"].get(str(n)) for n in (found.cards_now, found.cards))
    return {
        "id": found.loop_id,
        "href": f"/loops/{found.loop_id}/advice",
        "sku": item.sku,
        "name": item.name,
        "place": row.place,
        "headline": words.headline(found.decision, found.cards_now, found.cards),
        "decision": found.decision,
        "word": _(words.WORDS[figures["word"]]),
        "colour": words.WORD_COLOURS[figures["word"]],
        "now": words.without(now[2]) if now else "",
        "then": words.without(then[2]) if then else "",
        "cash": words.money(abs(then[6] - now[6])) if now and then else "",
        "confidence": _(words.CONFIDENCE[figures["confidence"]]),
        "state": _(words.STATES[found.state]),
        "reason": found.reason,
        "waits": found.state == "open" and found.decision != "keep",
    }


def _summary(told: advised.Summary) -> dict[str, str]:
    return {
        "loops": formats.quantity(told.loops),
        "change": formats.quantity(told.to_change),
        "add": formats.quantity(told.add),
        "take_out": formats.quantity(told.take_out),
        "ceiling": words.money(told.ceiling),
        "change_of_ceiling": words.money(abs(told.change_of_ceiling)),
        "grows": str(told.change_of_ceiling > 0),
    }


def _past(each: Advice) -> dict[str, Any]:
    return {
        "headline": words.headline(each.decision, each.cards_now, each.cards),
        "state": _(words.STATES[each.state]),
        "accepted": each.state == "accepted",
        "at": each.settled_at,
        "reason": each.reason,
    }


def _use_chart(loop: Loop) -> dict[str, Any]:
    """Bins emptied per week over half a year."""
    zone = running().settings.zone
    weeks = advised.scans_per_week(session(), loop.id, g.at, zone, WEEKS)
    said = [(formats.short_day(day), float(count), formats.quantity(count)) for day, count in weeks]
    return {
        "chart": pictures.Chart(
            bars=pictures.bars(said, tone="use", places=pictures.PLACES_OF_WEEKS),
            ticks=pictures.ticks([label for label, _v, _s in said], 5, pictures.PLACES_OF_WEEKS),
        ),
        "rows": [(label, value) for label, _number, value in said],
        "total": sum(count for _day, count in weeks),
    }


def _lead_chart(found: Advice) -> dict[str, Any]:
    """How often a bin is back within so many working days, by days."""
    nodes = [(float(days), float(weight)) for days, weight in found.figures["lead_times"]]
    last = int(max(days for days, _weight in nodes)) + 1
    width = max(1, -(-last // 30))
    shares = [0.0] * (last // width + 1)
    for days, weight in nodes:
        shares[int(days / width)] += weight
    said = [
        (formats.quantity(n * width), share, words.share(share) if share else "–")
        for n, share in enumerate(shares)
    ]
    return {
        "chart": pictures.Chart(
            bars=pictures.bars(said, tone="lead"), ticks=pictures.ticks([s[0] for s in said], 8)
        ),
        "rows": [(label, value) for label, share, value in said if share],
    }
