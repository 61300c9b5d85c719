"""Who may do what: the ladder of roles, and the one who stands on it."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("viewer", "signaller", "operator", "buyer", "admin")
"""Each may do what those before it may. A signaller says that a bin is empty, and takes that back."""


@dataclass(frozen=True, slots=True)
class Who:
    """The one who sends a request: a person, a device, both, or nobody (role empty)."""

    name: str = ""
    role: str = ""
    person_id: int | None = None
    device_id: int | None = None
    is_holder: bool = False
    """The person only said that they hold the phone: it stands in the journal, and opens no account."""

    def may(self, role: str) -> bool:
        """Whether this one has at least ``role``."""
        return bool(self.role) and ROLES.index(self.role) >= ROLES.index(role)


NOBODY = Who()


def up_to(role: str) -> tuple[str, ...]:
    """The roles that somebody with ``role`` may hand on."""
    return ROLES[: ROLES.index(role) + 1]


def together(person: Who, phone: Who) -> Who:
    """Somebody signed in on a paired phone: the person acts there, with the higher of the two roles."""
    if not person.role or not phone.role:
        return person if person.role else phone
    role = max(person.role, phone.role, key=ROLES.index)
    return Who(person.name, role, person.person_id, phone.device_id)
