"""How a supplier gets its orders: the channel with its settings, a preview of what leaves, and a test."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Response, g, make_response, render_template
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, languages, outbox, senders
from kanban.languages import gettext as _
from kanban.languages import mark, sentence
from kanban.outbox import ChannelFacts, Claim
from kanban.reports import orders as reports
from kanban.senders import Refused, link, tables, ubl
from kanban.senders.email import headers
from kanban.senders.preview import Preview, of_claim
from kanban.suppliers import Supplier
from kanban.text import as_sentence
from kanban.web import forms, respond, security
from kanban.web.forms.fields import Code, Note
from kanban.web.outbox.views import CHANNELS, delivery_view
from kanban.web.reading import session
from kanban.web.running import running
from kanban.web.suppliers.blueprint import bp
from kanban.web.suppliers.views import found

PAPERS = [("a4", "A4"), ("us-letter", "US Letter")]
SHOWS_HTML = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'; base-uri 'none'"
"""A mail's own look: its styles stand inline, and nothing else of it may do anything."""


class ChannelForm(forms.Form):
    """The channel, and what it needs."""

    channel: Literal["email", "webhook", "csv", "ubl", "cxml", "phone", "link"] = Field(
        title=mark("The channel")
    )
    address: Code = Field("", title=mark("The address"))
    language: Literal["en", "de"] = Field("en", title=mark("The language"))
    paper: Literal["a4", "us-letter"] = Field("a4", title=mark("The paper"))
    greeting: Note = Field("", title=mark("The text"))
    template: Note = Field("", title=mark("The template"))
    buyer_endpoint: Code = Field("", title=mark("Our identity"))
    seller_endpoint: Code = Field("", title=mark("The supplier’s identity"))


class TestForm(forms.Form):
    """Where a test goes; empty: where orders go."""

    address: Annotated[Code, Field()] = Field("", title=mark("The address"))


@bp.get("/suppliers/<int:supplier_id>/channel")
@security.access("buyer")
def show_channel(supplier_id: int) -> str:
    """The form with what is chosen now."""
    return _page(supplier_id, _chosen(supplier_id), {})


@bp.post("/suppliers/<int:supplier_id>/channel")
@security.access("buyer")
def choose_channel(supplier_id: int) -> AnyResponse:
    """Another channel, or other settings of it."""
    typed = forms.typed_fields()

    def verb(session: Session, deed: journal.Deed) -> str:
        outbox.choose(session, deed, session.get_one(Supplier, supplier_id), facts)
        return f"/suppliers/{supplier_id}/channel"

    try:
        facts = _facts(supplier_id, forms.sent(ChannelForm, typed))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _page(supplier_id, typed, errors))
    respond.change(verb)
    return respond.seen(f"/suppliers/{supplier_id}/channel", _("Saved. The next order leaves this way."))


@bp.get("/suppliers/<int:supplier_id>/channel/preview")
@security.access("buyer")
def preview(supplier_id: int) -> str:
    """What would leave: the last order of this supplier, or an example."""
    supplier = found(supplier_id)
    try:
        shown: Preview | None = _preview(supplier)
        wrong = ""
    except Refused as refused:
        shown, wrong = None, str(refused)
    return render_template("suppliers/preview.html", supplier=supplier, shown=shown, wrong=wrong)


@bp.get("/suppliers/<int:supplier_id>/channel/preview/<any(raw, html):part>")
@security.access("buyer")
def preview_part(supplier_id: int, part: str) -> Response:
    """The very bytes that would leave, to keep; or a mail's HTML, to look at."""
    try:
        shown = _preview(found(supplier_id))
    except Refused as refused:
        return make_response(str(refused), 409)
    if part == "raw":
        response = make_response(shown.payload)
        response.mimetype = "application/octet-stream"
        response.headers["Content-Disposition"] = f'attachment; filename="{shown.file_name}"'
        return response
    response = make_response(shown.html)
    response.headers["Content-Security-Policy"] = SHOWS_HTML
    return response


@bp.post("/suppliers/<int:supplier_id>/channel/test")
@security.access("buyer")
def test_channel(supplier_id: int) -> AnyResponse:
    """Send an example through the channel, marked as a test."""
    typed = forms.typed_fields()
    supplier = found(supplier_id)
    chosen = outbox.of_supplier(session(), supplier)
    try:
        address = forms.sent(TestForm, typed).address or outbox.address_of(chosen, supplier)
        if chosen.channel == "email":
            _check_mail(address, "test_address")
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _page(supplier_id, _chosen(supplier_id), errors))
    about = _("Test for %(supplier)s", supplier=supplier.name)

    def verb(session: Session, deed: journal.Deed) -> str:
        outbox.add(
            session,
            deed,
            kind="test",
            channel=chosen.channel,
            address=address,
            about=about,
            supplier_id=supplier_id,
        )
        return f"/suppliers/{supplier_id}/channel"

    respond.change(verb)
    return respond.seen(
        f"/suppliers/{supplier_id}/channel", _("The test is on its way; its fate stands below.")
    )


@bp.post("/suppliers/<int:supplier_id>/channel/secret")
@security.access("buyer")
def rotate_secret(supplier_id: int) -> AnyResponse:
    """A new secret for signed messages; the old one signs beside it for a day."""

    def verb(session: Session, deed: journal.Deed) -> str:
        outbox.rotate_secret(session, deed, session.get_one(Supplier, supplier_id))
        return f"/suppliers/{supplier_id}/channel"

    respond.change(verb)
    return respond.seen(
        f"/suppliers/{supplier_id}/channel", _("Here is the new secret. For 24 hours both sign.")
    )


def _facts(supplier_id: int, form: ChannelForm) -> ChannelFacts:
    """The form in the domain's words. Raises :class:`forms.BadFields` where its channel cannot work."""
    if form.channel == "email":
        _check_mail(form.address or found(supplier_id).email, "address")
    elif form.channel == "link":
        _check_link(form.address)
    elif form.channel == "webhook" and not form.address.startswith(("https://", "http://")):
        raise forms.BadFields({"address": _("Give the address that takes the orders, such as https://…")})
    elif form.channel == "csv":
        _check_table(form.template)
    elif form.channel in ("ubl", "cxml"):
        _check_identities(form)
    return ChannelFacts(**dict(form))


def _check_mail(address: str, field: str) -> None:
    try:
        headers.address(address)
    except Refused as wrong:
        raise forms.BadFields({field: f"{wrong}."}) from wrong


def _check_link(template: str) -> None:
    try:
        link.check(template)
    except link.BadLink as wrong:
        raise forms.BadFields({"address": _("The link %(why)s.", why=wrong)}) from wrong


def _check_table(template: str) -> None:
    try:
        tables.read(template)
    except tables.BadTemplate as wrong:
        raise forms.BadFields({"template": as_sentence(wrong)}) from wrong


def _check_identities(form: ChannelForm) -> None:
    wrong = {}
    for name in ("buyer_endpoint", "seller_endpoint"):
        try:
            ubl.endpoint(getattr(form, name), sentence("our"))
        except Refused:
            wrong[name] = _("Give scheme and number, such as 0088:4012345000009 or DUNS:123456789.")
    if wrong:
        raise forms.BadFields(wrong)


def _preview(supplier: Supplier) -> Preview:
    chosen = outbox.of_supplier(session(), supplier)
    last = reports.latest_of(session(), supplier.id)
    claim = Claim(
        id=0, kind="order" if last else "test", channel=chosen.channel, order_id=last,
        address=outbox.address_of(chosen, supplier), about=supplier.name, supplier_id=supplier.id,
        person_id=None, message_id="0" * 32, payload=None, attempt=1, possible_repeat=False, created_at=g.at,
    )  # fmt: skip
    return of_claim(session(), claim, running().settings)


def _chosen(supplier_id: int) -> dict[str, Any]:
    chosen = outbox.of_supplier(session(), found(supplier_id))
    return {name: getattr(chosen, name) for name in ChannelForm.model_fields}


def _page(supplier_id: int, values: dict[str, Any], errors: dict[str, str]) -> str:
    supplier = found(supplier_id)
    chosen = outbox.of_supplier(session(), supplier)
    return render_template(
        "suppliers/channel.html",
        supplier=supplier,
        values=values,
        errors=errors,
        channels=[(name, _(CHANNELS[name])) for name in outbox.CHANNELS],
        tongues=list(languages.SPOKEN.items()),
        papers=PAPERS,
        columns=", ".join(tables.FIELDS),
        placeholders=", ".join(f"{{{name}}}" for name in (*link.OF_ORDER, *link.OF_LINE)),
        secret=chosen.secret if chosen.channel == "webhook" else "",
        old_secret_until=chosen.old_secret_until,
        is_ready=chosen.channel in (*senders.ready(running().settings), *outbox.BY_HAND),
        may_test=chosen.channel in senders.ready(running().settings),
        tests=[delivery_view(each) for each in outbox.trouble.tests_of(session(), supplier_id, 3)],
        saved=chosen.channel,
    )
