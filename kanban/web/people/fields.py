"""What the forms about people ask for. The rules of each field are those of :mod:`kanban.web.forms`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kanban import people
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.web.forms import BadFields, Form
from kanban.web.forms.fields import Code, Filled, Name, Note

Role = Literal["viewer", "operator", "buyer", "admin"]


class PersonForm(Form):
    """Somebody who is known already."""

    name: Annotated[Name, Filled] = Field(title=mark("The name"))
    role: Role = Field(title=mark("The role"))


class NewPersonForm(PersonForm):
    """Somebody new."""

    login: Annotated[Code, Filled] = Field(title=mark("The sign-in name"))


class DeviceForm(PersonForm):
    """A device or program."""


class ShopForm(Form):
    """The shop itself."""

    name: Annotated[Name, Filled] = Field(title=mark("The shop’s name"))
    address: Note = Field("", title=mark("The address"))


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
            said = str(refused)
            raise BadFields({"password": f"{said[:1].upper()}{said[1:]}."}) from refused


class SetUpForm(NewPassword):
    """The shop's name, and its first administrator."""

    shop: Annotated[Name, Filled] = Field(title=mark("The shop’s name"))
    name: Annotated[Name, Filled] = Field(title=mark("Your name"))
    login: Annotated[Code, Filled] = Field(title=mark("The sign-in name"))


class PasswordForm(NewPassword):
    """Another password for oneself."""

    old_password: str = Field(title=mark("The present password"))
