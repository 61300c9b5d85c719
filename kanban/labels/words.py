"""The words on a label besides its data, in one language or in two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from kanban import languages
from kanban.languages import gettext as _
from kanban.languages import mark

WORDS = {
    "quantity": mark("Quantity per bin"),
    "per_bin": mark("Per bin"),
    "card": mark("Card"),
    "purchase": mark("Purchase card"),
    "production": mark("Production card"),
    "transfer": mark("Transfer card"),
    "supplier": mark("Supplier"),
    "supplier_sku": mark("Supplier’s part no."),
    "lead_time": mark("Lead time"),
    "location": mark("Location"),
    "place": mark("Place"),
    "item": mark("Item"),
    "home": mark("Way home"),
    "home_to": mark("This bin belongs to"),
    "found": mark("Found it? Scan the square, or send it back."),
    "blank": mark("Blank: scan it at the bin to put it into service"),
    "pair": mark("Pair this phone"),
    "pair_how": mark(
        "Point the phone’s camera at the square and tap the link. It orders without a login then."
    ),
    "poster": mark("Bin empty? Scan the card."),
    "poster_1": mark("Take the last part: the bin is empty."),
    "poster_2": mark("Point the phone at the square on the card."),
    "poster_3": mark("Green means ordered. Put the card back with the bin."),
    "poster_blue": mark("Blue: somebody has ordered it already. Nothing more to do."),
    "poster_amber": mark("Yellow: look at the screen, it asks you something."),
    "poster_red": mark("Red: this card orders nothing. Read why."),
    "poster_code": mark(
        "No phone, no camera? Type the twelve signs under the square, or bring the card to the buyer."
    ),
    "poster_worn": mark("Card worn or dirty? Scan it and tap “Label is worn”."),
    "poster_app": mark("The shop’s own page"),
}
"""Each word by the name that the faces know it by."""

MOST_LANGUAGES = 2
BETWEEN = " · "


def chosen(text: str) -> tuple[str, ...]:
    """The languages that a form's field names, such as ``de en``: known ones, each once, at most two."""
    wanted = [each for each in text.replace(",", " ").split() if each in languages.SPOKEN]
    return tuple(dict.fromkeys(wanted))[:MOST_LANGUAGES] or (languages.spoken(),)


def said(spoken: Sequence[str]) -> dict[str, str]:
    """Every word in these languages, side by side where they differ."""
    each = []
    for language in spoken:
        with languages.speaking(language):
            each.append({key: _(word) for key, word in WORDS.items()})
    return {key: BETWEEN.join(dict.fromkeys(words[key] for words in each)) for key in WORDS}


@lru_cache(maxsize=1_024)
def turn(number: int, of: int, spoken: tuple[str, ...]) -> str:
    """Card n of N: ``2 of 3``; with two languages ``2 / 3``."""
    if len(spoken) > 1:
        return f"{number} / {of}"
    with languages.speaking(spoken[0]):
        return _("%(number)s of %(of)s", number=number, of=of)


def days(count: int, spoken: Sequence[str]) -> str:
    """A lead time: ``5 working days``."""
    each = []
    for language in spoken:
        with languages.speaking(language):
            each.append(languages.ngettext("%(num)s working day", "%(num)s working days", count))
    return BETWEEN.join(dict.fromkeys(each))
