"""The board: all open replenishments, in columns that follow the goods."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, make_response, render_template, request

from kanban import alerts, items, journal
from kanban.languages import gettext as _
from kanban.languages import mark, ngettext
from kanban.orders.rules import Standing
from kanban.people import ROLES
from kanban.reports import board as reports
from kanban.reports import catalogue
from kanban.reports.board import Lane, OpenTurn
from kanban.web import outbox, respond, security
from kanban.web.formats import units
from kanban.web.orders import waiting
from kanban.web.reading import session
from kanban.web.running import running, today

bp = Blueprint("board", __name__)

ROWS_A_LANE = 60
ROWS_OF_ONE_LANE = 200
TITLES = {"to_order": mark("To order"), "ordered": mark("Ordered"), "coming": mark("Confirmed / on its way")}
STATE_WORDS = {
    "confirmed": mark("confirmed"),
    "shipped": mark("on its way"),
    "partly_received": mark("partly received"),
}
GROUPS = ("supplier", "location", "item")
DRAFT_AGES = (1, 2, 4)
"""Days after which a signal that still waits in a draft is ageing, old, overdue."""


Standings = dict[int, Standing]
"""How each draft stands, by its order's id."""


@dataclass(frozen=True)
class Group:
    """Rows that belong together, with what can be done for all of them."""

    title: str
    href: str
    rows: list[dict[str, Any]]
    subtitle: str = ""
    total: Decimal | None = None
    action: dict[str, str] | None = None
    waits: waiting.Waiting | None = None


@dataclass(frozen=True)
class Column:
    """One lane as the template shows it."""

    key: str
    title: str
    count: int
    late: int
    more_href: str | None
    groups: list[Group] = field(default_factory=list)


@bp.get("/")
@security.access("viewer")
def show() -> Response:
    """The board, or for htmx its columns; 304 while nothing has changed."""
    revision = f"{journal.revision(session())}.{int(g.at.timestamp()) // 60}"
    if respond.wants_fragment() and request.headers.get("HX-PTag") == revision:
        return Response(status=304)
    by = request.args.get("by", "supplier")
    view = _view(by if by in GROUPS else "supplier", request.args.get("q", "")[:100])
    template = "board/_columns.html" if respond.wants_fragment() else "board/show.html"
    response = make_response(render_template(template, revision=revision, **view))
    response.headers["HX-PTag"] = revision
    return response


def _view(by: str, search: str) -> dict[str, Any]:
    lane = request.args.get("lane", "")
    lane = lane if lane in reports.LANES else ""
    page = max(1, min(request.args.get("page", 1, type=int), 10_000)) if lane else 1
    limit = ROWS_OF_ONE_LANE if lane else ROWS_A_LANE
    lanes = reports.lanes(session(), today(), search=search, lane=lane, skip=(page - 1) * limit, limit=limit)
    drafts = waiting.standings() if any(row.lane == "to_order" for row in lanes[0].rows) else {}
    return {
        "columns": [_column(each, by, search, page, limit, drafts) for each in lanes],
        "q": search,
        "by": by,
        "wall": "wall" in request.args,
        "is_new": not search and not any(each.count for each in lanes) and catalogue.has_no_loop(session()),
        "troubles": outbox.troubles(),
        "alerts": alerts.open_count(session(), [role for role in ROLES if security.who().may(role)]),
        "totals": {
            "open": sum(each.count for each in lanes),
            "risk": sum(each.risk for each in lanes),
            "late": sum(each.late for each in lanes),
        },
    }


def _column(lane: Lane, by: str, search: str, page: int, limit: int, drafts: Standings) -> Column:
    gathered: dict[tuple[int, str, str], list[OpenTurn]] = {}
    for row in lane.rows:  # the most pressing row brings its whole group to the top
        gathered.setdefault(_group_key(row, by), []).append(row)
    groups = [_group(key, rows, by, drafts) for key, rows in gathered.items()]
    more = None
    if lane.count > page * limit:
        following = page + 1 if limit == ROWS_OF_ONE_LANE else 1
        more = "/?" + urlencode({"lane": lane.key, "page": following, "by": by, "q": search})
    return Column(lane.key, _(TITLES[lane.key]), lane.count, lane.late, more, groups)


def _group_key(row: OpenTurn, by: str) -> tuple[int, str, str]:
    if by == "location":
        return row.location_id, row.location, f"/locations/{row.location_id}"
    if by == "item":
        return row.item_id, f"{row.sku} · {row.item_name}", f"/items/{row.item_id}"
    if row.lane == "to_order":  # a draft per supplier and site
        return row.order_id, row.supplier, f"/orders/{row.order_id}"
    return row.supplier_id, row.supplier, f"/suppliers/{row.supplier_id}"


def _group(key: tuple[int, str, str], rows: list[OpenTurn], by: str, drafts: Standings) -> Group:
    shown = [_row(row) for row in rows]
    title, href = key[1:]
    cards = ngettext("%(num)s card", "%(num)s cards", len(rows))
    if by != "supplier" or rows[0].lane != "to_order":
        return Group(title, href, shown, cards)
    standing = drafts.get(rows[0].order_id)
    if standing is None:  # it left between two questions
        return Group(title, href, shown, cards)
    lines = ngettext("draft · %(num)s line", "draft · %(num)s lines", standing.lines)
    total = standing.facts.value or None if security.who().may("buyer") else None
    return Group(title, href, shown, lines, total, _next_step(standing), waiting.waiting(standing))


def _next_step(standing: Standing) -> dict[str, str] | None:
    """What the one who looks can do about a draft: approve it, or send it."""
    address, approver = f"/orders/{standing.order_id}", standing.facts.approver
    if not security.who().may(approver or "buyer"):
        return None
    if approver:
        return {"label": _("Approve"), "post": f"{address}/approval", "style": "primary"}
    if standing.decision.why == "buyer":
        return {"label": _("Send"), "post": f"{address}/release", "style": "primary"}
    return {"label": _("Send now"), "post": f"{address}/release", "style": ""}


def _state_word(state: str) -> str:
    return _(STATE_WORDS[state]) if state in STATE_WORDS else ""


def _row(turn: OpenTurn) -> dict[str, Any]:
    may_receive = turn.lane != "to_order" and security.who().may("operator")
    return {
        "code": turn.code,
        "number": turn.number,
        "of": turn.of,
        "item_name": turn.item_name,
        "sku": turn.sku,
        "item_href": f"/items/{turn.item_id}",
        "quantity_text": units(turn.quantity, turn.unit),
        "location": items.inside_site(turn.location),
        "supplier": turn.supplier,
        "order_number": turn.order_number,
        "order_href": f"/orders/{turn.order_id}",
        "signalled_at": turn.signalled_at,
        "signalled_by": turn.signalled_by,
        "age_step": _age_step(turn),
        "due": turn.due,
        "late": turn.late,
        "risk": turn.risk,
        "urgent": turn.urgent,
        "state_word": _state_word(turn.order_state),
        "href": f"/loops/{turn.loop_id}",
        "action": {"label": _("Receive"), "post": f"/c/{turn.code}/receipt"} if may_receive else None,
    }


def _age_step(turn: OpenTurn) -> int:
    """0 fresh, 1 ageing, 2 old, 3 overdue: in a draft by days, on order by its share of time that is gone."""
    if turn.due is None or turn.released_at is None:
        return sum((g.at - turn.signalled_at).days >= limit for limit in DRAFT_AGES)
    if turn.late:
        return 3
    released = turn.released_at.astimezone(running().settings.zone).date()
    given, gone = max(1, (turn.due - released).days), (today() - released).days
    return 0 if gone < given * 0.5 else 1 if gone < given * 0.8 else 2
