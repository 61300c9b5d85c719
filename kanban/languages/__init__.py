"""The language in which something is said: English in the code, others by catalogues (``<language>.po``).

Whoever answers somebody chooses with :func:`speaking`; every sentence between is said by
:func:`gettext` (written ``_``) and :func:`ngettext`, every date and number by :mod:`kanban.languages.values`.
"""

from kanban.languages.sentences import Sentence, kept, reread, sentence
from kanban.languages.speech import (
    SOURCE,
    SPOKEN,
    choices,
    decimals,
    direction,
    gettext,
    locale,
    mark,
    ngettext,
    number,
    plural,
    speak,
    speaking,
    spoken,
    written,
)
from kanban.languages.values import (
    ago,
    alternatives,
    day,
    full_day,
    listing,
    moment,
    money,
    money_about,
    month,
    percent,
    short_day,
    weekday,
)

__all__ = [
    "SOURCE",
    "SPOKEN",
    "Sentence",
    "ago",
    "alternatives",
    "choices",
    "day",
    "decimals",
    "direction",
    "full_day",
    "gettext",
    "kept",
    "listing",
    "locale",
    "mark",
    "moment",
    "money",
    "money_about",
    "month",
    "ngettext",
    "number",
    "percent",
    "plural",
    "reread",
    "sentence",
    "short_day",
    "speak",
    "speaking",
    "spoken",
    "weekday",
    "written",
]
