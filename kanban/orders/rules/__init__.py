"""When a draft leaves by itself: the release rule of each supplier, and what a draft waits for.

A :class:`Rule` says how a supplier's drafts leave; :func:`standings` looks at the drafts that are there,
:func:`decide` (pure) says of each whether it leaves now or what it waits for, and :func:`release_due`
releases those that leave. The dispatcher calls it again and again.
"""

from kanban.orders.rules.deciding import Decision, Facts, decide, order_by, run_out
from kanban.orders.rules.leaving import NeedsApproval, approve, refuse_unapproved, release_due
from kanban.orders.rules.pulling import Candidate, candidates, pull_forward
from kanban.orders.rules.standing import Standing, standings, values_of
from kanban.orders.rules.tables import (
    LEAVES,
    SHORTAGES,
    WAITS_FOR,
    Approval,
    Rule,
    RuleFacts,
    rule_of,
    set_rule,
)

__all__ = [
    "LEAVES",
    "SHORTAGES",
    "WAITS_FOR",
    "Approval",
    "Candidate",
    "Decision",
    "Facts",
    "NeedsApproval",
    "Rule",
    "RuleFacts",
    "Standing",
    "approve",
    "candidates",
    "decide",
    "order_by",
    "pull_forward",
    "refuse_unapproved",
    "release_due",
    "rule_of",
    "run_out",
    "set_rule",
    "standings",
    "values_of",
]
