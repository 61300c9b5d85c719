"""What still comes for a card from a supplier that could bring a part and passed the rest on."""

from __future__ import annotations

from decimal import Decimal

from kanban import answers
from kanban.languages import ngettext
from kanban.scans import Situation
from kanban.text import as_sentence
from kanban.web.formats import quantity, units
from kanban.web.reading import session


def after(text: str, card: Situation) -> str:
    """``text`` with a sentence for each such part after it: “15 of 25 pcs still come from Bolts & Co.”"""
    return " ".join(
        [text, *(_sentence(rest, card.unit) for rest in answers.still_coming(session(), card.card_id))]
    )


def _sentence(rest: answers.Rest, unit: str) -> str:
    return as_sentence(
        ngettext(
            "%(part)s of %(whole)s still comes from %(supplier)s",
            "%(part)s of %(whole)s still come from %(supplier)s",
            1 if rest.units == Decimal(1) else 2,
            part=quantity(rest.units),
            whole=units(rest.of, unit),
            supplier=rest.supplier,
        )
    )
