"""When the orders to one supplier leave: the screen of its release rule."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from flask import abort, g, render_template
from pydantic import Field, model_validator
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import clock, journal
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.orders import rules
from kanban.orders.rules import RuleFacts
from kanban.orders.rules.deciding import BEFORE_CUT_OFF
from kanban.suppliers import Supplier
from kanban.text import BadText
from kanban.web import forms, respond, security
from kanban.web.forms.fields import Code, Days, Money
from kanban.web.orders.waiting import near
from kanban.web.reading import session
from kanban.web.running import running
from kanban.web.suppliers.blueprint import bp
from kanban.web.suppliers.views import habits

SHOWN_CUT_OFFS = 3
LEAVES = {
    "ask": (mark("A buyer sends it"), mark("Nothing leaves without a press. Right for new suppliers.")),
    "at_once": (mark("At once"), mark("As soon as nobody can undo the last signal any more.")),
    "cut_off": (mark("At the cut-off"), mark("On order days, ten minutes before the supplier’s cut-off.")),
    "limit": (
        mark("At a value"),
        mark("As soon as the value below is reached, or the stock can wait no longer."),
    ),
}
WAITS_FOR = {
    "nothing": mark("No value"),
    "minimum": mark("The minimum order value"),
    "free_freight": mark("Free freight"),
}
SHORTAGES = {"ask": mark("A buyer decides"), "next": mark("Ask the next-ranked supplier by itself")}


class RuleForm(forms.Form):
    """A release rule; amounts in the shop's currency, ``confirm_days`` in working days."""

    leaves: Literal["ask", "at_once", "cut_off", "limit"] = Field("ask", title=mark("When it leaves"))
    waits_for: Literal["nothing", "minimum", "free_freight"] = Field(
        "nothing", title=mark("The value to wait for")
    )
    free_freight: Money | None = Field(None, title=mark("Free freight from"))
    approve_over: Money | None = Field(None, title=mark("The value that needs an approval"))
    admin_over: Money | None = Field(None, title=mark("The value that needs an administrator"))
    urgent_at_once: Literal["yes", ""] = Field("", title=mark("Urgent cards"))
    confirm_days: Annotated[Days, Field(le=100)] = Field(2, title=mark("The days for an answer"))
    shortage: Literal["ask", "next"] = Field("ask", title=mark("A shortage"))
    region: Code = Field("", title=mark("The region"))
    time_zone: Code = Field("", title=mark("The time zone"))

    @model_validator(mode="after")
    def _known_zone(self) -> RuleForm:
        if self.time_zone and self.time_zone not in zones():
            raise BadText("time_zone: is not a time zone such as Europe/Lisbon")
        return self

    def facts(self) -> RuleFacts:
        """The same in the domain's words."""
        kept = self.model_dump(exclude={"region", "time_zone", "urgent_at_once"})
        return RuleFacts(**kept, urgent_at_once=self.urgent_at_once == "yes")


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """The time zones that a supplier may have, such as ``Europe/Lisbon``."""
    return tuple(
        sorted(each for each in available_timezones() if "/" in each and not each.startswith("Etc/"))
    )


@bp.get("/suppliers/<int:supplier_id>/rules")
@security.access("buyer")
def show_rules(supplier_id: int) -> str:
    """The form with the rule as it is."""
    supplier = _get(supplier_id)
    return _page(supplier, _typed(supplier), {})


@bp.post("/suppliers/<int:supplier_id>/rules")
@security.access("buyer")
def change_rules(supplier_id: int) -> Response:
    """Another rule."""
    supplier, typed = _get(supplier_id), forms.typed_fields()

    def verb(session: Session, deed: journal.Deed) -> str:
        own = session.get_one(Supplier, supplier_id)
        rules.set_rule(session, deed, own, form.facts(), region=form.region, time_zone=form.time_zone)
        return f"/suppliers/{supplier_id}/rules"

    try:
        form = _checked(supplier, typed)
        respond.change_and_size(verb)
        return respond.seen(
            f"/suppliers/{supplier_id}/rules", _("Saved. Its drafts follow this rule from now on.")
        )
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _page(supplier, typed, errors))


def _checked(supplier: Supplier, typed: dict[str, Any]) -> RuleForm:
    """The form, held against the supplier: a value to wait for must be there. Raises ``BadFields``."""
    errors = {}
    zone = str(typed.get("time_zone", "")).strip()
    if zone and zone not in zones():
        errors["time_zone"] = _("The time zone is not one such as Europe/Lisbon.")
        typed = typed | {"time_zone": ""}
    form = forms.sent(RuleForm, typed)
    if form.region and form.region not in clock.regions(supplier.country):
        errors["region"] = _("The region is none of the supplier’s country.")
    if form.waits_for == "minimum" and supplier.minimum_order_value is None:
        errors["waits_for"] = _("The supplier has no minimum order value: enter it on its page first.")
    if form.waits_for == "free_freight" and not form.free_freight:
        errors["free_freight"] = _("Free freight from which value?")
    if form.leaves == "limit" and form.waits_for == "nothing":
        errors["waits_for"] = _("Choose the value that its drafts wait for.")
    if errors:
        raise forms.BadFields(errors)
    return form


def _get(supplier_id: int) -> Supplier:
    supplier = session().get(Supplier, supplier_id)
    if supplier is None:
        abort(404)
    return supplier


def _typed(supplier: Supplier) -> dict[str, Any]:
    rule = rules.rule_of(session(), supplier.id)
    return {
        "leaves": rule.leaves,
        "waits_for": rule.waits_for,
        "free_freight": forms.plain(rule.free_freight),
        "approve_over": forms.plain(rule.approve_over),
        "admin_over": forms.plain(rule.admin_over),
        "urgent_at_once": "yes" if rule.urgent_at_once else "",
        "confirm_days": str(rule.confirm_days),
        "shortage": rule.shortage,
        "region": supplier.region or "",
        "time_zone": supplier.time_zone or "",
    }


def _page(supplier: Supplier, values: dict[str, Any], errors: dict[str, str]) -> str:
    regions = clock.regions(supplier.country)
    return render_template(
        "suppliers/rules.html",
        supplier=supplier,
        values=values,
        errors=errors,
        habits=habits(supplier),
        cut_offs=_cut_offs(supplier),
        leaves=[(key, _(name), _(hint)) for key, (name, hint) in LEAVES.items()],
        waits_for=[(key, _(name)) for key, name in WAITS_FOR.items()],
        shortages=[(key, _(name)) for key, name in SHORTAGES.items()],
        regions=[("", _("The whole country")), *sorted(regions.items(), key=lambda each: each[1])]
        if regions
        else [],
        zones=zones(),
        currency=running().settings.currency,
    )


def _cut_offs(supplier: Supplier) -> list[dict[str, str]]:
    """The next moments at which a draft would leave, by the shop's clock and by the supplier's."""
    terms, zone, at, shown = supplier.terms(), running().settings.zone, g.at, []
    for _number in range(SHOWN_CUT_OFFS):
        at = terms.cut_off_after(at, zone, BEFORE_CUT_OFF)
        theirs = at.astimezone(terms.own_zone(zone)).strftime("%H:%M")
        shown.append({"leaves": near(at - BEFORE_CUT_OFF), "theirs": theirs})
    return shown
