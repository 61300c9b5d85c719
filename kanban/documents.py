"""The order as a document, attached to the supplier's mail and filed; designed in `templates/documents/`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kanban import labels

PAPERS = ("a4", "us-letter")
DRAFT_MARK = "DRAFT – not an order"


class UnknownPaper(ValueError):
    """The paper is none of PAPERS."""


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line in finished text, such as units `600` of unit `pcs`, as packs `3` of pack size `200 pcs`."""

    sku: str
    description: str
    units: str
    unit: str
    supplier_sku: str = ""
    packs: str = ""
    pack_size: str = ""
    unit_price: str = ""
    total: str = ""
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class OrderDocument:
    """An order in finished text. Parties are lines of text, the name first.

    A `mark` such as DRAFT_MARK is printed large, its first word across every page.
    """

    number: str
    released_on: str
    state: str
    supplier: Sequence[str]
    ship_to: Sequence[str]
    buyer: Sequence[str]
    lines: Sequence[DocumentLine]
    total: str = ""
    currency: str = ""
    customer_number: str = ""
    note: str = ""
    mark: str = ""


def order_pdf(document: OrderDocument, *, templates: Path, fonts: Path, paper: str = "a4") -> bytes:
    """The order as PDF on A4 or `us-letter`; the same document gives the same bytes. Raises UnknownPaper."""
    if paper not in PAPERS:
        raise UnknownPaper(f"{paper!r} is none of {', '.join(PAPERS)}")
    folder = templates / "documents"
    inputs = {"paper": paper, "data": json.dumps(_plain(asdict(document)))}
    return labels.typeset(folder / "order.typ", root=folder, fonts=fonts, inputs=inputs, tags=True)


def _plain(value: Any) -> Any:
    match value:
        case str():
            return labels.plain(value)
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
    return value
