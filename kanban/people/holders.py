"""Who holds a shared phone: a tap on one's initials, or a PIN, says it for the rest of the shift."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import journal
from kanban.languages import gettext as _
from kanban.people import attempts
from kanban.people.attempts import Limit
from kanban.people.devices import Device
from kanban.people.persons import Person

HOLDS_FOR = timedelta(hours=9)
"""A shift and its breaks: then the phone asks again."""
MOST_CHIPS = 60
WRONG_PINS = Limit(5, timedelta(minutes=5), grows=True)
"""Per device: then five minutes, and twice as long after each further one, up to an hour."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class BadPin(ValueError):
    """The new PIN is not four to six digits, or one that everybody tries first."""


class WrongPin(ValueError):
    """The PIN is not this person's, or they have none."""


def hash_pin(pin: str) -> str:
    """The Argon2id hash of a new PIN. Raises :class:`BadPin`."""
    if not re.fullmatch(r"[0-9]{4,6}", pin):
        raise BadPin(_("a PIN has four to six digits"))
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        raise BadPin(_("everybody tries this PIN first: take another one"))
    return _HASHER.hash(pin)


def set_pin(session: Session, deed: journal.Deed, person: Person, pin_hash: str | None) -> None:
    """Give somebody a PIN for shared phones, or take it away."""
    person.pin_hash = pin_hash
    journal.append(session, deed, "pin_set" if pin_hash else "pin_removed", "person", person.id)


def pin_fits(person: Person | None, pin: str) -> bool:
    """Whether the PIN is this person's."""
    if person is None or not person.active or not person.pin_hash:
        return False
    try:
        return _HASHER.verify(person.pin_hash, pin[:7])
    except (VerifyMismatchError, InvalidHashError):
        return False


def initials(person: Person) -> str:
    """What stands on somebody's chip: the first letters of first and last name."""
    words = person.name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def may_hold(session: Session, device: Device) -> list[Person]:
    """Who may say that they hold this phone, by name; with a PIN, only who has one."""
    query = select(Person).where(Person.active).order_by(func.lower(Person.name)).limit(MOST_CHIPS)
    if device.asks == "pin":
        query = query.where(Person.pin_hash.is_not(None))
    return list(session.scalars(query))


def refuse_guessing_pins(session: Session, device_id: int, at: datetime) -> None:
    """Raise :class:`attempts.TooManyTries` where this phone has seen too many wrong PINs.

    Only this phone waits: nobody can lock somebody out of the others.
    """
    attempts.refuse_too_many(session, f"pin {device_id}", WRONG_PINS, at)


def note_wrong_pin(session: Session, device_id: int, at: datetime) -> None:
    """Count a wrong PIN on this phone. Raises :class:`attempts.TooManyTries`."""
    attempts.count(session, f"pin {device_id}", WRONG_PINS, at)


def hold(session: Session, deed: journal.Deed, device: Device, person: Person) -> None:
    """Somebody holds the phone from now on: what it does is theirs too."""
    attempts.forget(session, f"pin {device.id}")
    device.held_by, device.held_until = person.id, deed.at + HOLDS_FOR
    journal.append(session, deed, "took", "device", device.id)


def let_go(session: Session, deed: journal.Deed, device: Device) -> None:
    """Nobody holds the phone any more; the next one says who they are."""
    if device.held_by is not None:
        journal.append(session, deed, "put_down", "device", device.id)
        device.held_by = device.held_until = None
