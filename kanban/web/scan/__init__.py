"""The page that a card's code opens, and what a press or a scan on it does.

``GET /c/CODE`` only shows. ``POST /c/CODE/scans`` acts, and answers a person's page, an htmx fragment
or a program's JSON from the same verb.
"""

from __future__ import annotations

from kanban.web.scan import acts, screens
from kanban.web.scan.answers import answered
from kanban.web.scan.blueprint import bp
from kanban.web.scan.facts import card_facts

__all__ = ["acts", "answered", "bp", "card_facts", "screens"]
