"""The order as a document, attached to the supplier's mail and filed; designed in `templates/documents/`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kanban import labels, languages
from kanban.languages import gettext as _

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

    A `mark` such as DRAFT_MARK is printed large, its first word across every page. `logo` is a JPEG; the
    lines of `terms` stand at the end.
    """

    number: str
    released_on: str
    supplier: Sequence[str]
    ship_to: Sequence[str]
    buyer: Sequence[str]
    lines: Sequence[DocumentLine]
    total: str = ""
    currency: str = ""
    customer_number: str = ""
    note: str = ""
    mark: str = ""
    bill_to: Sequence[str] = ()
    vat_id: str = ""
    contact: Sequence[str] = ()
    tax_note: str = ""
    terms: str = ""
    logo: bytes = b""


def order_pdf(document: OrderDocument, *, templates: Path, fonts: Path, paper: str = "a4") -> bytes:
    """The order as PDF on A4 or `us-letter`, in the language spoken; the same document gives the same bytes.

    Raises UnknownPaper.
    """
    if paper not in PAPERS:
        raise UnknownPaper(f"{paper!r} is none of {', '.join(PAPERS)}")
    folder = templates / "documents"
    told = _plain(asdict(document) | {"terms": document.terms.splitlines(), "logo": list(document.logo)})
    inputs = {"paper": paper, "data": json.dumps(told), "words": json.dumps(_words())}
    return labels.typeset(folder / "order.typ", root=folder, fonts=fonts, inputs=inputs, tags=True)


def _words() -> dict[str, str]:
    """The document's own words, in the language spoken; what the press knows alone is put in there."""
    return {
        "lang": languages.spoken(),
        "purchase_order": _("Purchase order"),
        "page": _("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"),
        "supplier": _("Supplier"),
        "deliver_to": _("Deliver to"),
        "drawn_up_on": _("Drawn up on"),
        "released_on": _("Released on"),
        "customer_number": _("Our customer number"),
        "currency": _("Currency"),
        "part_numbers": _("Your / our part no."),
        "description": _("Description"),
        "quantity": _("Quantity"),
        "wanted": _("Wanted"),
        "unit_price": _("Unit price"),
        "total": _("Total"),
        "ours": _("ours: %(sku)s", sku="{sku}"),
        "note": _("Note"),
        "bill_to": _("Invoice to"),
        "vat_id": _("Our VAT number"),
        "contact": _("Questions to"),
        "terms": _("Terms"),
    }


def _plain(value: Any) -> Any:
    match value:
        case str():
            return labels.plain(value)
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
    return value
