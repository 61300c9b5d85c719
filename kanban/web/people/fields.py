"""What the forms about people ask for. The rules of each field are those of :mod:`kanban.web.forms`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from kanban import people
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.shop import Letterhead
from kanban.text import as_sentence
from kanban.web.forms import BadFields, Form
from kanban.web.forms.fields import Code, Filled, Name, Note, RowId, Short

Role = Literal["viewer", "signaller", "operator", "buyer", "admin"]


class PersonForm(Form):
    """Somebody who is known already."""

    name: Annotated[Name, Filled] = Field(title=mark("The name"))
    role: Role = Field(title=mark("The role"))


class NewPersonForm(PersonForm):
    """Somebody new."""

    login: Annotated[Code, Filled] = Field(title=mark("The sign-in name"))


class DeviceForm(PersonForm):
    """A device or program."""


class PhoneForm(PersonForm):
    """A phone: where it lies, whom it asks, and whether its camera signals by itself."""

    location: RowId | None = Field(None, title=mark("The place"))
    asks: Literal["nobody", "initials", "pin"] = Field("nobody", title=mark("The question"))
    self_signal: Literal["yes", ""] = Field("", title=mark("The camera"))

    @field_validator("location", mode="before")
    @classmethod
    def _nowhere(cls, value: Any) -> Any:
        return None if value == "" else value

    def facts(self) -> people.PhoneFacts:
        """The same in the domain's words."""
        return people.PhoneFacts(self.name, self.role, self.location, self.asks, bool(self.self_signal))


class PairingForm(PhoneForm):
    """A phone that is expected: for how long, and whether it takes the place of one that is known."""

    lasts: Literal["screen", "paper"] = Field("screen", title=mark("The time"))
    again: RowId | None = Field(None, title=mark("The device"))


class PinForm(Form):
    """A PIN for shared phones; empty takes it away."""

    pin: str = Field("", title=mark("The PIN"))

    def hashed(self) -> str | None:
        """Its Argon2id hash, or none. Raises :class:`BadFields`."""
        if not self.pin:
            return None
        try:
            return people.hash_pin(self.pin)
        except people.BadPin as refused:
            raise BadFields({"pin": as_sentence(refused)}) from refused


class ShopForm(Form):
    """The shop itself."""

    name: Annotated[Name, Filled] = Field(title=mark("The shop’s name"))
    address: Note = Field("", title=mark("The address"))
    bill_to: Note = Field("", title=mark("The invoice address"))
    vat_id: Short = Field("", title=mark("The VAT number"))
    contact: Note = Field("", title=mark("The contact"))
    tax_note: Name = Field("", title=mark("The tax note"))
    terms: Note = Field("", title=mark("The terms"))

    def letterhead(self) -> Letterhead:
        """What stands on documents besides name and address."""
        return Letterhead(self.bill_to, self.vat_id, self.contact, self.tax_note, self.terms)


class NewPassword(Form):
    """A password, typed twice, exactly as it is meant: nothing is trimmed or composed."""

    password: str = Field(title=mark("The password"))
    password_again: str = Field("", title=mark("The password"))

    def hashed(self, login: str) -> str:
        """Its Argon2id hash. Raises :class:`BadFields`."""
        if self.password != self.password_again:
            raise BadFields({"password_again": _("The two passwords differ.")})
        try:
            return people.hash_password(self.password, login=login)
        except people.BadPassword as refused:
            raise BadFields({"password": as_sentence(refused)}) from refused


class SetUpForm(NewPassword):
    """The shop's name, and its first administrator."""

    shop: Annotated[Name, Filled] = Field(title=mark("The shop’s name"))
    name: Annotated[Name, Filled] = Field(title=mark("Your name"))
    login: Annotated[Code, Filled] = Field(title=mark("The sign-in name"))


class PasswordForm(NewPassword):
    """Another password for oneself."""

    old_password: str = Field(title=mark("The present password"))
