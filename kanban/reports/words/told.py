"""What an event is told from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from kanban import languages
from kanban.languages import gettext as _


@dataclass(frozen=True, slots=True)
class Told:
    """An event's facts, and the names that are known of what it speaks about."""

    facts: Mapping[str, Any]
    supplier: str
    order: str
    unit: str

    def units(self, name: str) -> str:
        """A quantity of the facts with its unit: ``1,250 pcs``."""
        quantity = languages.number(Decimal(str(self.facts.get(name, 0))))
        unit = self.unit or _("units")
        return f"{quantity} {unit}"


def day(text: str) -> str:
    return languages.full_day(date.fromisoformat(text))


Words = Mapping[tuple[str, str], str | Callable[[Told], str]]
"""By kind and noun: a marked sentence, or what makes one."""
