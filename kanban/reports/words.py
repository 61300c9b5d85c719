"""The words for each kind of event. They tell no amounts of money: everybody may read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from kanban import languages
from kanban.languages import gettext as _
from kanban.languages import mark, ngettext


@dataclass(frozen=True, slots=True)
class Told:
    """An event's facts, and the names that are known of what it speaks about."""

    facts: Mapping[str, Any]
    supplier: str
    order: str
    unit: str

    def units(self, name: str) -> str:
        """A quantity of the facts with its unit: ``1,250 pcs``."""
        quantity = languages.number(Decimal(str(self.facts.get(name, 0))))
        return f"{quantity} {self.unit or _('units')}"


def tell_kind(
    kind: str, noun: str, facts: Mapping[str, Any], *, supplier: str = "", order: str = "", unit: str = ""
) -> str:
    """What an event of this kind says, without its subject; a kind without words of its own is named."""
    words = WORDS.get((kind, noun), f"{noun} {kind}".replace("_", " "))
    return _(words) if isinstance(words, str) else words(Told(facts, supplier, order, unit))


def _signalled(told: Told) -> str:
    names = {"supplier": told.supplier, "order": told.order}
    if told.facts.get("because"):
        said = _("signalled again after a cancellation, joined the draft for %(supplier)s", **names)
    elif told.supplier:
        said = _("signalled, joined the draft for %(supplier)s", **names)
    else:
        said = _("signalled, joined the draft")
    return _("%(said)s, now %(order)s", said=said, order=told.order) if told.order else said


def _received(told: Told) -> str:
    said = _("received %(units)s", units=told.units("quantity"))
    over = Decimal(str(told.facts.get("over", 0)))
    return _("%(said)s, %(over)s more than ordered", said=said, over=told.units("over")) if over else said


def _corrected(told: Told) -> str:
    more = Decimal(str(told.facts.get("quantity", 0))) > 0
    said = (
        mark("receipt corrected: %(units)s more had come")
        if more
        else mark("receipt corrected by %(units)s: fewer had come")
    )
    return _(said, units=told.units("quantity"))


def _arrived(told: Told) -> str:
    number = told.facts.get("number")
    if not number:
        return _("arrived without a delivery note")
    return _("arrived with delivery note %(number)s", number=number)


def _set_apart(told: Told) -> str:
    reason = QUARANTINED.get(told.facts.get("reason", ""), mark("of no use"))
    return _("%(units)s set apart: %(reason)s", units=told.units("quantity"), reason=_(reason))


def _accepted(told: Told) -> str:
    return _("%(units)s that were set apart are usable", units=told.units("quantity"))


def _sent_back(told: Told) -> str:
    said = {
        "credit": mark("%(units)s sent back, for credit"),
        "replacement": mark("%(units)s sent back, to be replaced"),
    }.get(told.facts.get("expected", ""), mark("%(units)s sent back"))
    return _(said, units=told.units("quantity"))


def _settled(told: Told) -> str:
    return _(SETTLED.get(told.facts.get("expected", ""), mark("the return is settled")))


def _problem(told: Told) -> str:
    kind = PROBLEMS.get(told.facts.get("kind", ""), mark("something else"))
    return _("problem reported: %(kind)s", kind=_(kind))


def _refused(told: Told) -> str:
    reason = REFUSED.get(told.facts.get("reason", ""), mark("not possible"))
    return _("scan refused: %(reason)s", reason=_(reason))


def _nothing(told: Told) -> str:
    if told.facts.get("reason", "") == "other_order":
        return _("not received: it named another order")
    if told.facts.get("reason", "") in ("not_to_pick", "of_a_firm"):
        return _("not picked: nothing of it was to be picked here")
    return _("not received: nothing was on order")


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
        return _("%(confirmed)s, due %(day)s", confirmed=by, day=_day(days[0]))
    return _("%(confirmed)s, due %(day)s to %(last)s", confirmed=by, day=_day(days[0]), last=_day(days[-1]))


def _cancelled(told: Told) -> str:
    if told.facts.get("give_back"):
        return _("cancelled; its cards wait in the next draft")
    return _("cancelled; nothing is ordered instead")


def _line_cancelled(told: Told) -> str:
    if told.facts.get("give_back"):
        return _("line cancelled; its cards wait in the next draft")
    return _("line cancelled; nothing is ordered instead")


def _made(told: Told) -> str:
    return _("made, in place of one that is gone") if told.facts.get("replaces") else _("made")


def _retired(told: Told) -> str:
    return _(RETIRED.get(told.facts.get("because", ""), mark("retired")))


def _changed(told: Told) -> str:
    """What has changed; with its new value where everybody may know it and it says something."""
    said = [_change(name, value) for name, value in told.facts.items()]
    return _("changed %(what)s", what=languages.listing(said)) if said else _("changed")


def _change(name: str, value: Any) -> str:
    what = _(CHANGES[name]) if name in CHANGES else name
    return _("%(what)s to %(value)s", what=what, value=_value(value)) if name in SAID_WITH_VALUE else what


def _value(value: Any) -> str:
    if value in ("", None):
        return _("none")
    if isinstance(value, str) and not value.replace(".", "").isdigit():
        return _("“%(text)s”", text=value)
    return languages.number(Decimal(str(value)))


def _person_changed(told: Told) -> str:
    if not told.facts.get("active"):
        return _("may not sign in any more")
    return _("is now: %(role)s", role=_role(told))


def _role(told: Told) -> str:
    role = str(told.facts.get("role"))
    return _(ROLE_WORDS.get(role, role))


def _extra(told: Told) -> str:
    return _("%(units)s more wanted beside the cards", units=told.units("quantity"))


def _closed_short(told: Told) -> str:
    return _("line closed with %(units)s missing", units=told.units("missing"))


def _printed(told: Told) -> str:
    return _("printed, version %(version)s", version=str(told.facts.get("version")))


def _added_as(told: Told) -> str:
    return _("added as: %(role)s", role=_role(told))


def _day(text: str) -> str:
    return languages.full_day(date.fromisoformat(text))


ROLE_WORDS = {
    "viewer": mark("Viewer"),
    "signaller": mark("Signaller"),
    "operator": mark("Operator"),
    "buyer": mark("Buyer"),
    "admin": mark("Administrator"),
}
"""What the roles are called."""

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

QUARANTINED = {"damaged": mark("damaged"), "wrong_item": mark("the wrong item")}
PROBLEMS = {
    "damaged": mark("damaged"),
    "wrong_item": mark("the wrong item"),
    "short": mark("too few"),
    "other": mark("something else"),
}
SETTLED = {
    "credit": mark("the credit for what went back is here"),
    "replacement": mark("what was sent back has been replaced"),
}

LEFT = {
    "at_once": mark("at once"),
    "cut_off": mark("the cut-off"),
    "limit": mark("its value was reached"),
    "order_by": mark("the stock could wait no longer"),
    "urgent": mark("an urgent card"),
}

RETIRED = {
    "lost": mark("reported lost"),
    "replaced": mark("replaced by a new card"),
    "loop_closed": mark("retired with its loop"),
    "surplus": mark("retired: it was surplus"),
}

CHANGES = {
    "sku": mark("the SKU"),
    "name": mark("the name"),
    "unit": mark("the unit"),
    "unit_cost": mark("the unit cost"),
    "photo_id": mark("the photo"),
    "consequence": mark("what a stock-out means"),
    "note": mark("the note"),
    "path": mark("the place"),
    "address": mark("the address"),
    "kind": mark("the kind"),
    "email": mark("the e-mail address"),
    "phone": mark("the phone number"),
    "country": mark("the country"),
    "customer_number": mark("our customer number"),
    "lead_time": mark("the lead time"),
    "order_days": mark("the order days"),
    "order_until": mark("the hour to order until"),
    "minimum_order_value": mark("the minimum order value"),
    "pack_size": mark("the pack size"),
    "minimum_order_quantity": mark("the minimum order quantity"),
    "order_multiple": mark("the order multiple"),
    "valid_from": mark("the first day of validity"),
    "valid_until": mark("the last day of validity"),
    "rank": mark("the rank"),
    "prices": mark("the prices"),
    "card_quantity": mark("the card quantity"),
    "minimum_cycle": mark("the minimum cycle"),
    "safety_factor": mark("the safety factor"),
    "review_period": mark("the review period"),
    "owner": mark("the owner"),
    "colour": mark("the colour"),
    "item_id": mark("the item"),
    "location_id": mark("the place"),
    "supplier_item_id": mark("the source"),
}
"""The facts that change, as they are called on the screens."""

SAID_WITH_VALUE = frozenset(
    {
        "sku", "name", "unit", "consequence", "path", "kind", "lead_time", "order_until", "pack_size",
        "minimum_order_quantity", "order_multiple", "valid_from", "valid_until", "rank", "card_quantity",
        "owner",
    }
)  # fmt: skip


def _advised(told: Told) -> str:
    return _("advice: %(cards)s cards instead of %(now)s", **_cards(told))


def _advice_accepted(told: Told) -> str:
    return _("advice accepted: %(cards)s cards instead of %(now)s", **_cards(told))


def _cards(told: Told) -> dict[str, str]:
    return {name: str(told.facts.get(name, "?")) for name in ("cards", "now")}


def _taken(told: Told) -> str:
    return _("%(units)s taken", units=told.units("quantity").lstrip("-−"))


def _brought_back(told: Told) -> str:
    return _("%(units)s brought back", units=told.units("quantity"))


def _planned(told: Told) -> str:
    day = told.facts.get("day")
    if not day:
        return _("a big withdrawal planned")
    return _("%(units)s planned for %(day)s", units=told.units("quantity"), day=_day(str(day)))


def _plan_ordered(told: Told) -> str:
    return _("planned withdrawal ordered: %(units)s", units=told.units("quantity"))


WORDS: dict[tuple[str, str], str | Callable[[Told], str]] = {
    ("advised", "loop"): _advised,
    ("advice_accepted", "loop"): _advice_accepted,
    ("advice_refused", "loop"): mark("advice refused"),
    ("advice_snoozed", "loop"): mark("advice put off"),
    ("sizing_changed", "loop"): mark("told how it is used"),
    ("checked", "loop"): mark("looked at on the walk"),
    ("counted_from_now", "loop"): mark("counted from now on"),
    ("counted_no_more", "loop"): mark("run by its cards alone again"),
    ("stock_take", "loop"): _taken,
    ("stock_return", "loop"): _brought_back,
    ("stock_count", "loop"): mark("counted"),
    ("planned", "planned_withdrawal"): _planned,
    ("ordered", "planned_withdrawal"): _plan_ordered,
    ("called_off", "planned_withdrawal"): mark("planned withdrawal called off"),
    ("changed", "calendar"): mark("calendar changed"),
    ("added", "closure"): mark("closed for some days"),
    ("removed", "closure"): mark("closure taken back"),
    ("calendar_opened", "person"): mark("opened a calendar feed"),
    ("calendar_closed", "person"): mark("closed the calendar feed"),
    ("notices_chosen", "person"): mark("chose how to be told"),
    ("taken", "alert"): mark("somebody takes care of it"),
    ("signalled", "scan"): _signalled,
    ("already", "scan"): mark("scanned again; it was on order already"),
    ("asked", "scan"): mark("scanned again so soon that we asked back"),
    ("received", "scan"): _received,
    ("picked", "scan"): mark("left its store or work centre"),
    ("in_service", "scan"): mark("scanned for the first time"),
    ("stale", "scan"): mark("an old scan came late; nothing was ordered"),
    ("nothing", "scan"): _nothing,
    ("refused", "scan"): _refused,
    ("received", "replenishment"): mark("full again"),
    ("short", "replenishment"): mark("full again, although less came than ordered"),
    ("withdrawn", "replenishment"): mark("signal taken back"),
    ("reopened", "replenishment"): mark("open again: what had filled it was taken back"),
    ("moved", "replenishment"): mark("the open order goes on with the new card"),
    ("cancelled", "replenishment"): mark("its order was cancelled"),
    ("elsewhere", "replenishment"): mark("full again, bought elsewhere"),
    ("urgent", "replenishment"): mark("marked urgent"),
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
    ("rule_changed", "supplier"): mark("other rule for when its orders leave"),
    ("confirmed", "order"): _confirmed,
    ("shipped", "order"): mark("on its way"),
    ("cancelled", "order"): _cancelled,
    ("received", "receipt"): _received,
    ("corrected", "receipt"): _corrected,
    ("arrived", "delivery_note"): _arrived,
    ("set_apart", "quarantine"): _set_apart,
    ("accepted", "quarantine"): _accepted,
    ("photographed", "delivery_note"): mark("the paper was photographed"),
    ("sent_back", "supplier_return"): _sent_back,
    ("settled", "supplier_return"): _settled,
    ("reported", "problem"): _problem,
    ("settled", "problem"): mark("the problem is settled"),
    ("added", "card"): _made,
    ("active", "card"): mark("in service"),
    ("on_hold", "card"): mark("put on hold"),
    ("surplus", "card"): mark("marked surplus: leaves when its bin is empty"),
    ("retired", "card"): _retired,
    ("printed", "card"): _printed,
    ("reprint_requested", "card"): mark("put on the list to print again"),
    ("added", "loop"): mark("set up"),
    ("changed", "loop"): _changed,
    ("closed", "loop"): mark("closed"),
    ("added", "item"): mark("added"),
    ("changed", "item"): _changed,
    ("added", "photo"): mark("added"),
    ("made", "print_batch"): mark("labels made"),
    ("printed", "print_batch"): mark("blank labels printed"),
    ("failed", "print_batch"): mark("the printer did not take them"),
    ("voided", "print_batch"): mark("made void"),
    ("old_label", "card"): mark("scanned by a label that was replaced"),
    ("added", "printer"): mark("added"),
    ("changed", "printer"): _changed,
    ("calibrated", "printer"): mark("calibrated"),
    ("retired", "printer"): mark("taken off the list"),
    ("added", "stock"): mark("added"),
    ("removed", "stock"): mark("taken away"),
    ("added", "location"): mark("added"),
    ("changed", "location"): _changed,
    ("audited", "location"): mark("shelf audited"),
    ("added", "supplier"): mark("added"),
    ("changed", "supplier"): _changed,
    ("placed", "supplier"): mark("has its place in the house now"),
    ("added", "supplier_item"): mark("added"),
    ("changed", "supplier_item"): _changed,
    ("channel_chosen", "supplier"): mark("gets its orders another way now"),
    ("secret_rotated", "supplier"): mark("has a new secret for signed messages"),
    ("queued", "delivery"): mark("waits to leave"),
    ("held", "delivery"): mark("is held until somebody lets it go"),
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
    ("imported", "sheet"): mark("a sheet was imported"),
    ("restored", "shop"): mark("restored from a backup"),
    ("letterhead", "shop"): mark("other words on documents"),
    ("logo", "shop"): mark("another logo on documents"),
    ("changed", "shop"): mark("the shop’s name or address was changed"),
    ("added", "person"): _added_as,
    ("changed", "person"): _person_changed,
    ("renamed", "person"): mark("renamed"),
    ("password_set", "person"): mark("has a new password"),
    ("signed_in", "person"): mark("signed in"),
    ("signed_out", "person"): mark("signed out"),
    ("added", "device"): _added_as,
    ("revoked", "device"): mark("may not act any more"),
    ("subscribed", "push"): mark("takes messages"),
    ("unsubscribed", "push"): mark("takes no more messages"),
    ("changed", "device"): mark("may do something else, or has another name"),
    ("paired", "device"): mark("a phone was paired"),
    ("copied", "device"): mark("a stale copy of its pairing was shown"),
    ("took", "device"): mark("took the phone"),
    ("put_down", "device"): mark("put the phone down"),
    ("opened", "pairing"): mark("a code for a phone was shown"),
    ("closed", "pairing"): mark("the code was ended"),
    ("pin_set", "person"): mark("has a PIN for shared phones"),
    ("pin_removed", "person"): mark("has no PIN any more"),
}
