"""What all lists share: the search, the order and the page that an address asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import abort, request
from werkzeug.exceptions import BadRequest

from kanban.languages import gettext as _
from kanban.text import BadText, clean

PAGE_SIZE = 50
LARGEST_PAGE = 200
LONGEST_SEARCH = 200
MOST_OPTIONS = 2_000  # that a form offers to choose from


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page stands in its list; rows are counted from 1."""

    first: int
    last: int
    total: int
    prev_href: str | None
    next_href: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """One view of a list: ``q`` as typed, ``sort`` a column (``-`` before it: downwards), page ``number``."""

    q: str
    sort: str
    number: int
    size: int

    @classmethod
    def of_request(cls, sorts: tuple[str, ...] = ("",)) -> Query:
        """The view that the request's address asks for; the first of ``sorts`` is the usual order.

        Raises 400 for what no link or form of ours says.
        """
        sort = one("sort") or sorts[0]
        if sort.removeprefix("-") not in sorts:
            raise BadRequest(_("This list cannot be sorted that way."))
        try:
            q = clean(one("q"), limit=LONGEST_SEARCH)
        except BadText as wrong:
            raise BadRequest(_("What you search for %(wrong)s.", wrong=wrong)) from wrong
        return cls(q, sort, whole("page", 1) or 1, max(1, min(whole("size", PAGE_SIZE), LARGEST_PAGE)))

    @property
    def skip(self) -> int:
        """How many rows stand on the pages before."""
        return (self.number - 1) * self.size

    @property
    def limit(self) -> int:
        """How many rows the page has at most."""
        return self.size

    def page_of(self, total: int) -> Page:
        """Where this page stands in a list of ``total`` rows; 404 behind its end."""
        if self.number > 1 and self.skip >= total:
            abort(404)
        last = min(self.skip + self.size, total)
        before = href(page=self.number - 1) if self.number > 1 else None
        after = href(page=self.number + 1) if last < total else None
        return Page(min(self.skip + 1, total), last, total, before, after)

    def choices(self, labels: dict[str, str]) -> list[Choice]:
        """The orders that a list offers, by column, as links; the present one leads to its reverse."""
        return [self._choice(column, _(label)) for column, label in labels.items()]

    def _choice(self, column: str, label: str) -> Choice:
        if self.sort == column:
            return Choice(f"{label} ↑", href(sort=f"-{column}", page=None), True)
        mark = " ↓" if self.sort == f"-{column}" else ""
        return Choice(f"{label}{mark}", href(sort=column, page=None), bool(mark))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several links of which one is in force."""

    label: str
    href: str
    now: bool


def one(name: str) -> str:
    """A parameter of the address, empty where it is not there; 400 where it stands there twice."""
    values = request.args.getlist(name)
    if len(values) > 1:
        raise BadRequest(_("The address says “%(name)s” twice.", name=name))
    return values[0] if values else ""


def whole(name: str, default: int) -> int:
    """A whole number of the address; 400 for anything else."""
    value = one(name)
    if not value:
        return default
    if not re.fullmatch("[0-9]{1,9}", value):
        raise BadRequest(_("In the address, “%(name)s” is not a number.", name=name))
    return int(value)


def choice(name: str, allowed: tuple[str, ...], usual: str = "") -> str:
    """A word of the address; ``usual`` or the first of ``allowed`` where it says none, 400 for an unknown
    one."""
    value = one(name) or usual or allowed[0]
    if value not in allowed:
        raise BadRequest(
            _("In the address, “%(name)s” is none of %(choices)s.", name=name, choices=", ".join(allowed))
        )
    return value


def choices(name: str, labels: dict[str, str], usual: str = "") -> list[Choice]:
    """The values of a parameter as links; ``usual`` or the first label's value is the usual one."""
    now = choice(name, tuple(labels), usual)
    return [
        Choice(_(label), href(page=None, **{name: value}), value == now) for value, label in labels.items()
    ]


def href(**changed: object) -> str:
    """This list's address with some parameters changed; ``None`` leaves one out."""
    kept = {name: value for name, value in request.args.items() if name not in changed}
    wanted = kept | {name: value for name, value in changed.items() if value is not None}
    return "?" + urlencode(wanted)
