"""What people, phones and their messages say."""

from __future__ import annotations

from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports.words.told import Told, Words


def _person_changed(told: Told) -> str:
    if not told.facts.get("active"):
        return _("may not sign in any more")
    return _("is now: %(role)s", role=_role(told))


def _role(told: Told) -> str:
    role = str(told.facts.get("role"))
    return _(ROLE_WORDS.get(role, role))


def _added_as(told: Told) -> str:
    return _("added as: %(role)s", role=_role(told))


ROLE_WORDS = {
    "viewer": mark("Viewer"),
    "signaller": mark("Signaller"),
    "operator": mark("Operator"),
    "buyer": mark("Buyer"),
    "admin": mark("Administrator"),
}
"""What the roles are called."""

WORDS: Words = {
    ("calendar_opened", "person"): mark("opened a calendar feed"),
    ("calendar_closed", "person"): mark("closed the calendar feed"),
    ("notices_chosen", "person"): mark("chose how to be told"),
    ("taken", "alert"): mark("somebody takes care of it"),
    ("added", "person"): _added_as,
    ("changed", "person"): _person_changed,
    ("renamed", "person"): mark("renamed"),
    ("password_set", "person"): mark("has a new password"),
    ("signed_in", "person"): mark("signed in"),
    ("signed_out", "person"): mark("signed out"),
    ("added", "device"): _added_as,
    ("revoked", "device"): mark("may not act any more"),
    ("subscribed", "push"): mark("takes messages"),
    ("resubscribed", "push"): mark("takes messages under another address"),
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
