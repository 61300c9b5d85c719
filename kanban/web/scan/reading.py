"""What a client sends with a scan, and whether it may."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import Forbidden, HTTPException, Unauthorized

from kanban import scans
from kanban.languages import gettext as _
from kanban.web import formats, forms, respond, security
from kanban.web.running import running


class Scan(BaseModel):
    """What a client may send with a scan. ``age_ms``: milliseconds since the code was read, by its clock."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["signal", "receive", "pick"] = "signal"
    quantity: Decimal | None = Field(None, gt=0, le=1_000_000, decimal_places=3)
    sure: bool = False
    order: int | None = Field(None, ge=1, le=2**53)
    age_ms: int | None = Field(None, ge=0, le=2**53)
    emptied: str = Field("", max_length=40)
    nonce: str | None = Field(None, max_length=300)

    def wish(self, cycle: int | None = None) -> scans.Wish:
        """The same in the domain's words."""
        may_receive = security.who().may("operator")
        zone = running().settings.zone
        return scans.Wish(
            self.mode, self.quantity, self.sure, self.order, may_receive, cycle, self.emptied, zone
        )


def sent_scan() -> Scan:
    """The scan that the client sent; 400 with every field that is wrong."""
    fields = {name: value for name, value in respond.body().items() if value != ""}
    return forms.checked(Scan, fields)


def may_scan(sent: Scan) -> bool:
    """Whether whoever asks may do with a card what this scan wants."""
    if security.who().may("operator" if sent.mode in ("receive", "pick") else "signaller"):
        return True
    return running().settings.signal == "anyone" and sent.mode == "signal"


def refusal() -> HTTPException:
    """Why they may not, and the way out."""
    if security.is_asking():
        return Unauthorized(security.door().asks)
    if security.who().role:
        role = formats.role(security.who().role)
        return Forbidden(_("Your role does not allow this: %(role)s.", role=role))
    return Unauthorized(_("This phone may look, but not order. Sign in first."))
