"""The shop's invariants as questions to the database: each asks for the rows that break one."""

from __future__ import annotations

from dataclasses import dataclass

from kanban import orders

OPEN = ", ".join(f"'{state}'" for state in orders.OPEN_STATES)
NUMBER_STARTS = orders.NUMBER_FORMAT.index("{") + 1
"""Where the digits of an order's number begin, for ``substr``."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One invariant. For each breach ``sql`` answers ``place`` (where) and ``seen`` (what stands there)."""

    name: str
    meaning: str
    sql: str


_LINE = "'order ' || coalesce(o.number, 'draft ' || o.id) || ', line ' || l.id"
_LINES = 'order_line l JOIN "order" o ON o.id = l.order_id'
_DIGITS = f"CAST(substr(o.number, {NUMBER_STARTS}) AS BIGINT)"
_ORDER = "'order ' || coalesce(o.number, 'draft ' || o.id)"

RULES = (
    Rule(
        "one-open-turn",
        "A card is ordered twice at once: somebody would get two deliveries.",
        "SELECT 'card ' || card_id AS place, count(*) || ' open turns' AS seen FROM replenishment"
        " WHERE closed_at IS NULL GROUP BY card_id HAVING count(*) > 1",
    ),
    Rule(
        "one-draft",
        "A supplier has two drafts for one site: signals are spread over both.",
        "SELECT 'supplier ' || supplier_id || ', site ' || ship_to_id AS place, count(*) || ' drafts' AS seen"
        " FROM \"order\" WHERE state = 'draft' GROUP BY supplier_id, ship_to_id HAVING count(*) > 1",
    ),
    Rule(
        "signal-without-turn",
        "A bin was signalled, and nothing was ordered for it.",
        "SELECT 'event ' || e.id AS place, 'signal of card ' || e.card_id || ' without its turn' AS seen"
        " FROM event e LEFT JOIN replenishment r ON r.signal_event_id = e.id"
        " WHERE e.kind = 'signalled' AND e.noun = 'scan' AND r.id IS NULL",
    ),
    Rule(
        "turn-without-signal",
        "Something is on order for a card, and no signal of that card asked for it there.",
        "SELECT 'turn ' || r.id AS place, 'card ' || r.card_id || ', event ' || r.signal_event_id AS seen"
        " FROM replenishment r JOIN order_line l ON l.id = r.order_line_id"
        " LEFT JOIN event e ON e.id = r.signal_event_id AND e.kind = 'signalled' AND e.card_id = r.card_id"
        " AND e.order_id = l.order_id WHERE e.id IS NULL",
    ),
    Rule(
        "line-received",
        "What a line counts as arrived is not what its receipts add up to.",
        f"SELECT {_LINE} AS place, 'counts ' || l.received || ', receipts ' || coalesce(s.total, 0)"
        f" || ' thousandths' AS seen FROM {_LINES} LEFT JOIN (SELECT order_line_id, sum(quantity) AS total"
        " FROM receipt GROUP BY order_line_id) s ON s.order_line_id = l.id"
        " WHERE l.received <> coalesce(s.total, 0)",
    ),
    Rule(
        "turns-received",
        "The cards of a line got more than arrived on it.",
        f"SELECT {_LINE} AS place, 'arrived ' || l.received || ', on cards ' || s.total"
        f" || ' thousandths' AS seen FROM {_LINES} JOIN"
        " (SELECT order_line_id, sum(received) AS total FROM replenishment GROUP BY order_line_id) s"
        " ON s.order_line_id = l.id WHERE s.total > l.received",
    ),
    Rule(
        "turn-filled",
        "A turn is full and still open, closed as received and not full, or fuller than its card.",
        "SELECT 'turn ' || id AS place, 'received ' || received || ' of ' || quantity || ' thousandths, '"
        " || coalesce(outcome, 'open') AS seen FROM replenishment WHERE received < 0 OR received > quantity"
        " OR (closed_at IS NULL AND received >= quantity) OR (outcome = 'received' AND received < quantity)",
    ),
    Rule(
        "closed-line-open-turn",
        "A card waits on a line from which nothing more will come: it is never filled again.",
        f"SELECT {_LINE} AS place, 'turn ' || r.id || ' of card ' || r.card_id || ' is open' AS seen"
        f" FROM {_LINES} JOIN replenishment r ON r.order_line_id = l.id"
        " WHERE l.closed_at IS NOT NULL AND r.closed_at IS NULL",
    ),
    Rule(
        "line-outcome",
        "A line is closed without an outcome, or the other way round.",
        f"SELECT {_LINE} AS place, coalesce(l.outcome, 'no outcome') AS seen FROM {_LINES}"
        " WHERE (l.closed_at IS NULL) <> (l.outcome IS NULL)",
    ),
    Rule(
        "draft-frozen",
        "A draft looks as if parts of it had been sent.",
        f"SELECT {_LINE} AS place, 'a draft with frozen or finished lines' AS seen FROM {_LINES}"
        " WHERE o.state = 'draft' AND (l.quantity IS NOT NULL OR l.closed_at IS NOT NULL OR l.received <> 0"
        " OR o.released_at IS NOT NULL)",
    ),
    Rule(
        "released-not-frozen",
        "An order was sent, and what it ordered is not on record.",
        f"SELECT {_LINE} AS place, 'sent without quantity, pack or name' AS seen FROM {_LINES}"
        " WHERE o.state <> 'draft' AND (o.released_at IS NULL OR l.quantity IS NULL"
        " OR (l.quantity > 0 AND (l.pack_size IS NULL OR l.name IS NULL OR l.unit IS NULL)))",
    ),
    Rule(
        "open-order-finished",
        "An order waits for goods although all its lines are closed.",
        f'SELECT {_ORDER} AS place, o.state AS seen FROM "order" o WHERE o.state IN ({OPEN})'
        " AND (o.closed_at IS NOT NULL OR NOT EXISTS"
        " (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.closed_at IS NULL))",
    ),
    Rule(
        "finished-order-open",
        "An order counts as finished although one of its lines is open.",
        f'SELECT {_ORDER} AS place, o.state AS seen FROM "order" o'
        " WHERE o.state IN ('received', 'cancelled') AND (o.closed_at IS NULL OR EXISTS"
        " (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.closed_at IS NULL))",
    ),
    Rule(
        "state-of-receipts",
        "An order's state does not say whether goods of it arrived.",
        f"SELECT {_ORDER} AS place, o.state || ', ' || coalesce(s.total, 0) || ' thousandths arrived' AS seen"
        ' FROM "order" o LEFT JOIN'
        " (SELECT order_id, sum(received) AS total FROM order_line GROUP BY order_id) s ON s.order_id = o.id"
        " WHERE o.state <> 'draft'"
        " AND (coalesce(s.total, 0) > 0) <> (o.state IN ('partly_received', 'received'))",
    ),
    Rule(
        "card-of-closed-loop",
        "A card circulates in a loop that is closed.",
        "SELECT 'card ' || c.id AS place, 'loop ' || l.id || ', ' || c.life AS seen"
        " FROM card c JOIN loop l ON l.id = c.loop_id WHERE c.life <> 'retired' AND l.closed_at IS NOT NULL",
    ),
    Rule(
        "location-path",
        "A place's full name or site is not that of where it stands.",
        "SELECT 'location ' || p.id AS place, p.path AS seen FROM location p"
        " LEFT JOIN location u ON u.id = p.parent_id"
        " WHERE p.path <> coalesce(u.path || :separator, '') || p.name"
        " OR p.site_id IS NULL OR p.site_id <> coalesce(u.site_id, p.id)",
    ),
    Rule(
        "counter-behind",
        "The next order would get a number that another order has.",
        f"SELECT 'the counter' AS place, 'at ' || coalesce(c.value, 0) || ', orders up to ' || max({_DIGITS})"
        " AS seen FROM \"order\" o LEFT JOIN counter c ON c.name = 'order' WHERE o.number IS NOT NULL"
        f" GROUP BY c.value HAVING max({_DIGITS}) > coalesce(c.value, 0)",
    ),
)
