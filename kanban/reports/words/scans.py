"""What scans and turns say."""

from __future__ import annotations

from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports.words.goods import received
from kanban.reports.words.told import Told, Words


def _signalled(told: Told) -> str:
    names = {"supplier": told.supplier, "order": told.order}
    if told.facts.get("because"):
        said = _("signalled again after a cancellation, joined the draft for %(supplier)s", **names)
    elif told.supplier:
        said = _("signalled, joined the draft for %(supplier)s", **names)
    else:
        said = _("signalled, joined the draft")
    return _("%(said)s, now %(order)s", said=said, order=told.order) if told.order else said


def _nothing(told: Told) -> str:
    if told.facts.get("reason", "") == "other_order":
        return _("not received: it named another order")
    if told.facts.get("reason", "") in ("not_to_pick", "of_a_firm"):
        return _("not picked: nothing of it was to be picked here")
    return _("not received: nothing was on order")


def _refused(told: Told) -> str:
    reason = REFUSED.get(told.facts.get("reason", ""), mark("not possible"))
    return _("scan refused: %(reason)s", reason=_(reason))


REFUSED = {
    "not_a_code": mark("not a code of a card"),
    "unknown": mark("no card has this code"),
    "stranger": mark("nobody was signed in"),
    "blank": mark("the label is blank"),
    "void_label": mark("the label is void"),
    "on_hold": mark("the card is on hold"),
    "lost": mark("the card was reported lost"),
    "replaced": mark("a new card has replaced this one"),
    "loop_closed": mark("the loop is closed"),
    "surplus": mark("the card was surplus and has left the loop"),
    "retired": mark("the card is retired"),
}

WORDS: Words = {
    ("signalled", "scan"): _signalled,
    ("already", "scan"): mark("scanned again; it was on order already"),
    ("asked", "scan"): mark("scanned again so soon that we asked back"),
    ("received", "scan"): received,
    ("picked", "scan"): mark("left its store or work centre"),
    ("in_service", "scan"): mark("scanned for the first time"),
    ("stale", "scan"): mark("an old scan came late; nothing was ordered"),
    ("nothing", "scan"): _nothing,
    ("refused", "scan"): _refused,
    ("received", "replenishment"): mark("full again"),
    ("short", "replenishment"): mark("full again, although less came than ordered"),
    ("withdrawn", "replenishment"): mark("signal taken back"),
    ("put_back", "replenishment"): mark("put back: it has not left after all"),
    ("reopened", "replenishment"): mark("open again: what had filled it was taken back"),
    ("moved", "replenishment"): mark("the open order goes on with the new card"),
    ("cancelled", "replenishment"): mark("its order was cancelled"),
    ("elsewhere", "replenishment"): mark("full again, bought elsewhere"),
    ("urgent", "replenishment"): mark("marked urgent"),
}
