"""The mail server: what the settings say, and a test mail."""

from __future__ import annotations

from typing import Annotated, Any

from flask import render_template
from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import journal, outbox
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.senders import Refused
from kanban.senders.email import headers, notice
from kanban.web import forms, respond, security
from kanban.web.forms.fields import Email, Filled
from kanban.web.outbox.blueprint import bp
from kanban.web.outbox.views import delivery_view
from kanban.web.reading import session
from kanban.web.running import running


class TestMailForm(forms.Form):
    """Where a test mail goes."""

    address: Annotated[Email, Filled] = Field(title=mark("The e-mail address"))


@bp.get("/shop/mail")
@security.access("admin")
def show_mail() -> str:
    """The settings, without the password, and the last test mails with their fate."""
    return _page({}, {})


@bp.post("/shop/mail/test")
@security.access("admin")
def test_mail() -> Response:
    """Put a test mail into the outbox."""
    typed = forms.typed_fields()
    try:
        address = forms.sent(TestMailForm, typed).address
        _refuse_bad_address(address)
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _page(typed, errors))
    payload = notice(_("Test mail"), _("If you read this, orders can leave by mail."))

    def verb(session: Session, deed: journal.Deed) -> str:
        outbox.add(
            session,
            deed,
            kind="test",
            channel="email",
            address=address,
            about=_("Test mail"),
            payload=payload,
        )
        return "/shop/mail"

    return respond.seen(respond.change(verb), _("The test mail is on its way; its fate stands below."))


def _refuse_bad_address(address: str) -> None:
    try:
        headers.address(address)
    except Refused as wrong:
        raise forms.BadFields({"address": f"{wrong}."}) from wrong


def _page(values: dict[str, Any], errors: dict[str, str]) -> str:
    return render_template(
        "outbox/mail.html",
        mail=running().settings.mail,
        dispatch=running().settings.dispatch,
        tests=[delivery_view(each) for each in outbox.trouble.latest_tests(session(), 5)],
        values=values,
        errors=errors,
    )
