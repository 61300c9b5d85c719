"""What suppliers answer to an order: confirmed, another day, less, another price, out of stock, on its way.

The order itself never changes. An answer is a fact of its own (:class:`Answer` with a
:class:`LineAnswer` per line); what it means for a line stands on the line: the confirmed day, the
confirmed quantity and price, the units that have left. What asks the buyer (another price, a substitute)
counts only once the buyer has accepted it. A supplier answers on a page without an account, reached by
a signed link (:mod:`kanban.answers.links`).
"""

from kanban.answers.links import (
    Link,
    LinkExpired,
    LinkRevoked,
    NoSuchLink,
    TooManyAnswers,
    link_of,
    opened,
    refuse_flood,
    renew,
    revoke,
    token,
)
from kanban.answers.saying import BadAnswer, LineSaid, NotOpen, confirm, decide, ship
from kanban.answers.shortages import NobodyElse, Rest, alternatives, pass_on, still_coming
from kanban.answers.tables import Answer, AnswerLink, LineAnswer

__all__ = [
    "Answer",
    "AnswerLink",
    "BadAnswer",
    "LineAnswer",
    "LineSaid",
    "Link",
    "LinkExpired",
    "LinkRevoked",
    "NoSuchLink",
    "NobodyElse",
    "NotOpen",
    "Rest",
    "TooManyAnswers",
    "alternatives",
    "confirm",
    "decide",
    "link_of",
    "opened",
    "pass_on",
    "refuse_flood",
    "renew",
    "revoke",
    "ship",
    "still_coming",
    "token",
]
