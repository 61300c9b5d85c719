"""What needs somebody: raised once, told to the right person at the right time, gone with its cause.

:func:`watch` looks at the shop and opens an :class:`Alert` for each cause that is new, and closes those
whose cause has gone. :func:`tell` sends each person what is new for them: at once for the kinds that they
want so, else in one message a day at their hour. However much happens, nobody gets a flood.
"""

from kanban.alerts.calendar import Feed, feed, feed_of, open_feed, revoke_feed
from kanban.alerts.choices import Choices, choices_of, choose
from kanban.alerts.kinds import KINDS, Kind
from kanban.alerts.tables import Alert, CalendarFeed, Notice, NoticeChoice, NoticeSettings
from kanban.alerts.telling import LEAST_APART, MOST_AN_HOUR, MOST_LINES, Told, sentence, tell
from kanban.alerts.watching import listed, open_count, raise_, resolve, take, watch

__all__ = [
    "KINDS",
    "LEAST_APART",
    "MOST_AN_HOUR",
    "MOST_LINES",
    "Alert",
    "CalendarFeed",
    "Choices",
    "Feed",
    "Kind",
    "Notice",
    "NoticeChoice",
    "NoticeSettings",
    "Told",
    "choices_of",
    "choose",
    "feed",
    "feed_of",
    "listed",
    "open_count",
    "open_feed",
    "raise_",
    "resolve",
    "revoke_feed",
    "sentence",
    "take",
    "tell",
    "watch",
]
