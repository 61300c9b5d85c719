"""The kinds of alerts: what each says, whom it concerns, and whether it cannot wait for a digest."""

from __future__ import annotations

from typing import NamedTuple

from kanban.languages import mark


class Kind(NamedTuple):
    """``role`` is the lowest one that it concerns; ``at_once``: told at once unless somebody chose else."""

    name: str
    sentence: str
    role: str
    at_once: bool = False


KINDS: dict[str, Kind] = {
    "last_bin": Kind(
        mark("Last full bin gone"), mark("%(sku)s: no full bin is left at %(place)s"), "buyer", at_once=True
    ),
    "urgent": Kind(
        mark("Urgent card"), mark("%(sku)s is urgent and waits at %(supplier)s"), "buyer", at_once=True
    ),
    "dead": Kind(
        mark("Could not be delivered"),
        mark("%(number)s did not reach %(supplier)s"),
        "buyer",
        at_once=True,
    ),
    "held": Kind(
        mark("Held back"), mark("%(number)s to %(supplier)s is held back and waits for you"), "buyer"
    ),
    "approval": Kind(
        mark("Waits for approval"), mark("The draft for %(supplier)s waits for an approval"), "buyer"
    ),
    "asks": Kind(mark("Price or item differs"), mark("%(number)s: %(supplier)s asks about %(sku)s"), "buyer"),
    "short": Kind(
        mark("Shortage"), mark("%(number)s: %(supplier)s cannot bring all of %(sku)s"), "buyer", at_once=True
    ),
    "late": Kind(mark("Late"), mark("%(number)s: %(sku)s from %(supplier)s was due on %(day)s"), "buyer"),
    "unconfirmed": Kind(
        mark("Not answered"), mark("%(number)s: no answer from %(supplier)s since %(day)s"), "buyer"
    ),
    "quantity": Kind(
        mark("Quantity differs"), mark("%(number)s: more of %(sku)s came than was ordered"), "buyer"
    ),
    "answered": Kind(mark("Supplier answered"), mark("%(number)s: %(supplier)s has answered"), "buyer"),
    "problem": Kind(mark("Problem reported"), mark("%(sku)s: somebody reported a problem"), "buyer"),
    "copied": Kind(
        mark("Pairing copied"), mark("%(phone)s: two browsers show its pairing"), "buyer", at_once=True
    ),
    "label": Kind(mark("Labels to print"), mark("%(sku)s: a label is to be printed again"), "operator"),
}

LABELS: dict[str, str] = {
    "worn": mark("%(sku)s: the label of card %(card)s is worn and wants a new one"),
    "changed": mark("%(sku)s: cards at %(place)s have changed since they were printed"),
    "void": mark("%(sku)s: cards at %(place)s have no valid label, their print is void"),
}
"""What a label alert says, by why the label is to be printed again; as above where that is not known."""
