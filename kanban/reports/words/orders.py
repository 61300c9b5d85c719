"""What orders, answers and what leaves the house say."""

from __future__ import annotations

from kanban.languages import gettext as _
from kanban.languages import mark, ngettext
from kanban.reports.words.told import Told, Words, day


def _extra(told: Told) -> str:
    return _("%(units)s more wanted beside the cards", units=told.units("quantity"))


def _line_cancelled(told: Told) -> str:
    if told.facts.get("give_back"):
        return _("line cancelled; its cards wait in the next draft")
    return _("line cancelled; nothing is ordered instead")


def _closed_short(told: Told) -> str:
    return _("line closed with %(units)s missing", units=told.units("missing"))


def _released(told: Told) -> str:
    lines = len(told.facts.get("lines", {}))
    if not told.supplier:
        return ngettext("sent with %(num)s line", "sent with %(num)s lines", lines)
    return ngettext(
        "sent to %(supplier)s with %(num)s line", "sent to %(supplier)s with %(num)s lines", lines,
        supplier=told.supplier,
    )  # fmt: skip


def _due(told: Told) -> str:
    return _("left by its rule: %(why)s", why=_(LEFT.get(told.facts.get("because", ""), "due")))


def _answered(told: Told) -> str:
    if told.facts.get("asks"):
        return _("the supplier answered, and asks something")
    if told.facts.get("short"):
        return _("the supplier answered: not everything can come")
    return _("the supplier answered: everything confirmed")


def _passed_on(told: Told) -> str:
    return _("%(units)s asked of another supplier", units=told.units("quantity"))


def _confirmed(told: Told) -> str:
    by = _("confirmed by %(supplier)s", supplier=told.supplier) if told.supplier else _("confirmed")
    days = sorted(set(told.facts.get("due", {}).values()))
    if not days:
        return by
    if len(days) == 1:
        return _("%(confirmed)s, due %(day)s", confirmed=by, day=day(days[0]))
    return _("%(confirmed)s, due %(day)s to %(last)s", confirmed=by, day=day(days[0]), last=day(days[-1]))


def _cancelled(told: Told) -> str:
    if told.facts.get("give_back"):
        return _("cancelled; its cards wait in the next draft")
    return _("cancelled; nothing is ordered instead")


LEFT = {
    "at_once": mark("at once"),
    "cut_off": mark("the cut-off"),
    "limit": mark("its value was reached"),
    "order_by": mark("the stock could wait no longer"),
    "urgent": mark("an urgent card"),
}

WORDS: Words = {
    ("extra", "order_line"): _extra,
    ("cancelled", "order_line"): _line_cancelled,
    ("closed_short", "order_line"): _closed_short,
    ("released", "order"): _released,
    ("due", "order"): _due,
    ("approved", "order"): mark("approved"),
    ("link_renewed", "order"): mark("new link for the supplier; earlier ones are closed"),
    ("link_revoked", "order"): mark("the supplier’s link was closed"),
    ("answered", "answer"): _answered,
    ("left", "answer"): mark("the supplier says that goods have left"),
    ("passed_on", "order_line"): _passed_on,
    ("price_accepted", "order_line"): mark("the supplier’s other price or item was accepted"),
    ("price_refused", "order_line"): mark("the supplier’s other price or item was refused"),
    ("confirmed", "order"): _confirmed,
    ("shipped", "order"): mark("on its way"),
    ("cancelled", "order"): _cancelled,
    ("queued", "delivery"): mark("waits to leave"),
    ("held", "delivery"): mark("waits for somebody to see to it"),
    ("let_go", "delivery"): mark("let go"),
    ("delivered", "delivery"): mark("delivered"),
    ("handed_over", "delivery"): mark("handed over by a person"),
    ("dead", "delivery"): mark("could not be delivered"),
    ("bounced", "delivery"): mark("came back undelivered"),
    ("tried_again", "delivery"): mark("tried again"),
    ("cancelled", "delivery"): mark("called back before it left"),
    ("changed", "brakes"): mark("the brakes were changed"),
    ("paused", "brakes"): mark("everything that leaves was paused"),
    ("went_on", "brakes"): mark("everything may leave again"),
}
