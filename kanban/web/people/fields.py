"""What the forms about people ask for. The rules of each field are those of :mod:`kanban.web.forms`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kanban import people
from kanban.web.forms import BadFields, Form
from kanban.web.forms.fields import Code, Filled, Name, Note

Role = Literal["viewer", "operator", "buyer", "admin"]


class PersonForm(Form):
    """Somebody who is known already."""

    name: Annotated[Name, Filled] = Field(title="The name")
    role: Role = Field(title="The role")


class NewPersonForm(PersonForm):
    """Somebody new."""

    login: Annotated[Code, Filled] = Field(title="The sign-in name")


class DeviceForm(PersonForm):
    """A device or program."""


class ShopForm(Form):
    """The shop itself."""

    name: Annotated[Name, Filled] = Field(title="The shop’s name")
    address: Note = Field("", title="The address")


class NewPassword(Form):
    """A password, typed twice, exactly as it is meant: nothing is trimmed or composed."""

    password: str = Field(title="The password")
    password_again: str = Field("", title="The password")

    def hashed(self, login: str) -> str:
        """Its Argon2id hash. Raises :class:`BadFields`."""
        if self.password != self.password_again:
            raise BadFields({"password_again": "The two passwords differ."})
        try:
            return people.hash_password(self.password, login=login)
        except people.BadPassword as refused:
            said = str(refused)
            raise BadFields({"password": f"{said[:1].upper()}{said[1:]}."}) from refused


class SetUpForm(NewPassword):
    """The shop's name, and its first administrator."""

    shop: Annotated[Name, Filled] = Field(title="The shop’s name")
    name: Annotated[Name, Filled] = Field(title="Your name")
    login: Annotated[Code, Filled] = Field(title="The sign-in name")


class PasswordForm(NewPassword):
    """Another password for oneself."""

    old_password: str = Field(title="The present password")
