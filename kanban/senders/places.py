"""Postal addresses, taken apart as structured documents want them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from kanban.senders.purchase import Party

_CODE_FIRST = re.compile(r"(?:[A-Z]{1,2}[- ])?([0-9][0-9 ]{2,6}[0-9A-Z]{0,2})\s+(\D.*)")
_CODE_LAST = re.compile(
    r"(\D.*?),?\s+((?:[A-Z]{2}\s+)?[0-9][0-9-]{3,9}|[A-Z]{1,2}[0-9][0-9A-Z]?\s?[0-9][A-Z]{2})"
)


@dataclass(frozen=True)
class Postal:
    """An address in parts; what the lines do not say is empty, never guessed."""

    streets: tuple[str, ...]
    city: str
    code: str
    country: str


def postal(party: Party, country: str) -> Postal:
    """A party's lines, of which the last one holds the city; ``country`` where the party names none."""
    home = party.country or country
    if not party.lines:
        return Postal((), "", "", home)
    *streets, last = party.lines
    first, after = _CODE_FIRST.fullmatch(last), _CODE_LAST.fullmatch(last)
    if first:
        return Postal(tuple(streets), first.group(2), first.group(1), home)
    if after:
        return Postal(tuple(streets), after.group(1), after.group(2), home)
    return Postal(tuple(streets) or (last,), last if streets else "", "", home)


@lru_cache(maxsize=8)
def country_of(zone: ZoneInfo) -> str:
    """The country that a time zone lies in, by ISO 3166: ``DE`` for Europe/Berlin; empty for UTC."""
    from babel.core import get_global

    territory: str = get_global("zone_territories").get(zone.key, "")
    return territory if re.fullmatch("[A-Z]{2}", territory) else ""
