"""A web shop's cart by link: a person's template, filled with one order, every value encoded."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from urllib.parse import quote, urlsplit

from kanban.languages import gettext as _
from kanban.senders.purchase import Purchase, PurchaseLine

LONGEST_LINK = 8_000
_PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")
_PER_LINE = re.compile(r"\[([^\[\]]*)\]")


class BadLink(ValueError):
    """The template cannot be followed; says why."""


def check(template: str) -> None:
    """Raise :class:`BadLink` unless the template is an http(s) address with placeholders that we know."""
    parts = urlsplit(template)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadLink(_("is not an address that begins with https://"))
    if re.search(r"[{}\[\]@\\]", parts.netloc) or not template.isprintable() or " " in template:
        raise BadLink(_("may hold placeholders only behind the host name"))
    unknown = [name for name in _PLACEHOLDER.findall(template) if name not in {**OF_ORDER, **OF_LINE}]
    if unknown:
        raise BadLink(_("does not know {%(name)s}; there are %(known)s", name=unknown[0], known=_known()))
    outside = _PER_LINE.sub("", template)
    if set("[]{}") & set(_PLACEHOLDER.sub("", outside)):
        raise BadLink(_("has a bracket without its partner"))
    if any(name in OF_LINE for name in _PLACEHOLDER.findall(outside)):
        raise BadLink(_("names a line’s value outside of [ ], the part that is repeated for each line"))


def filled(template: str, order: Purchase) -> str:
    """The address for this order; what stands in [ ] comes once per line. Raises :class:`BadLink`."""
    check(template)
    repeated = _PER_LINE.sub(
        lambda part: "".join(_fill(part.group(1), order, line) for line in order.lines), template
    )
    link = _fill(repeated, order, None)
    if len(link) > LONGEST_LINK:
        raise BadLink(_("becomes too long with so many lines"))
    return link


def _fill(text: str, order: Purchase, line: PurchaseLine | None) -> str:
    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if line is not None and name in OF_LINE:
            return _encoded(OF_LINE[name](line))
        return _encoded(OF_ORDER[name](order)) if name in OF_ORDER else found.group(0)

    return _PLACEHOLDER.sub(value, text)


def _encoded(value: object) -> str:
    text = format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
    return quote(text, safe="")


def _known() -> str:
    return ", ".join(f"{{{name}}}" for name in (*OF_ORDER, *OF_LINE))


OF_ORDER: dict[str, Callable[[Purchase], object]] = {
    "number": lambda order: order.number,
    "customer_number": lambda order: order.customer_number,
}
OF_LINE: dict[str, Callable[[PurchaseLine], object]] = {
    "n": lambda line: line.number,
    "supplier_sku": lambda line: line.supplier_sku or line.sku,
    "our_sku": lambda line: line.sku,
    "quantity": lambda line: line.quantity,
    "packs": lambda line: line.packs,
}
