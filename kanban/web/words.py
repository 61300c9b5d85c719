"""Words that several screens share for the reasons and kinds of things that go wrong."""

from __future__ import annotations

from kanban.languages import mark

QUARANTINE_WORDS = {"damaged": mark("damaged"), "wrong_item": mark("wrong item")}
RETURN_WORDS = {
    "damaged": mark("damaged"),
    "wrong_item": mark("wrong item"),
    "not_needed": mark("not needed"),
    "other": mark("another reason"),
}
