"""What causes alerts, asked of the database: one statement a kind, each row one cause.

Every statement gives ``about``, ``order_id``, ``path`` and the facts that its sentence says.
"""

from __future__ import annotations

from kanban.db import Statement

OPEN = "o.state IN ('released', 'confirmed', 'shipped', 'partly_received')"

_LATE = f"""SELECT 'order:' || o.id AS about, o.id AS order_id, '/orders/' || o.id AS path,
 o.number, s.name AS supplier, min(coalesce(l.confirmed_due, l.due)) AS day,
 CASE WHEN count(*) > 1 THEN min(l.sku) || ' +' || (count(*) - 1) ELSE min(l.sku) END AS sku
 FROM order_line l JOIN "order" o ON o.id = l.order_id JOIN supplier s ON s.id = o.supplier_id
 WHERE {OPEN} AND l.closed_at IS NULL AND l.quantity > 0 AND coalesce(l.confirmed_due, l.due) < :today
 GROUP BY o.id, o.number, s.name"""

_SHORT = f"""SELECT 'line:' || l.id AS about, o.id AS order_id, '/orders/' || o.id AS path,
 o.number, s.name AS supplier, l.sku
 FROM order_line l JOIN "order" o ON o.id = l.order_id JOIN supplier s ON s.id = o.supplier_id
 WHERE {OPEN} AND l.closed_at IS NULL AND l.confirmed_quantity < l.quantity - l.passed_on"""

_ASKS = """SELECT 'answer:' || la.id AS about, o.id AS order_id, '/orders/' || o.id AS path,
 o.number, s.name AS supplier, l.sku
 FROM line_answer la JOIN order_line l ON l.id = la.order_line_id JOIN "order" o ON o.id = l.order_id
 JOIN supplier s ON s.id = o.supplier_id WHERE la.question = 'pending' AND l.closed_at IS NULL"""

_ANSWERED = """SELECT 'answer:' || a.id AS about, o.id AS order_id, '/orders/' || o.id AS path,
 o.number, s.name AS supplier
 FROM answer a JOIN "order" o ON o.id = a.order_id JOIN supplier s ON s.id = o.supplier_id
 WHERE a.at > :lately AND o.closed_at IS NULL"""

_URGENT = """SELECT 'turn:' || r.id AS about, o.id AS order_id, '/orders/' || o.id AS path,
 s.name AS supplier, i.sku
 FROM replenishment r JOIN order_line l ON l.id = r.order_line_id JOIN "order" o ON o.id = l.order_id
 JOIN supplier s ON s.id = o.supplier_id JOIN card c ON c.id = r.card_id JOIN loop lo ON lo.id = c.loop_id
 JOIN item i ON i.id = lo.item_id
 WHERE r.closed_at IS NULL AND r.urgent AND o.state IN ('draft', 'released')"""

_LAST_BIN = """SELECT 'loop:' || lo.id AS about, CAST(NULL AS BIGINT) AS order_id, '/loops/' || lo.id AS path,
 i.sku, p.path AS place
 FROM loop lo JOIN item i ON i.id = lo.item_id JOIN location p ON p.id = lo.location_id
 JOIN card c ON c.loop_id = lo.id AND c.life IN ('active', 'surplus')
 LEFT JOIN replenishment r ON r.card_id = c.id AND r.closed_at IS NULL
 WHERE lo.closed_at IS NULL GROUP BY lo.id, i.sku, p.path HAVING count(*) = count(r.id)"""

_DEAD = """SELECT 'delivery:' || d.id AS about, o.id AS order_id, '/orders/' || o.id AS path,
 o.number, s.name AS supplier
 FROM delivery d JOIN "order" o ON o.id = d.order_id JOIN supplier s ON s.id = o.supplier_id
 WHERE d.state = 'dead' AND d.kind IN ('order', 'cancellation') AND o.closed_at IS NULL
  AND NOT EXISTS (
   SELECT 1 FROM delivery n WHERE n.order_id = d.order_id AND n.kind = d.kind AND n.id > d.id)"""

_HELD = """SELECT 'delivery:' || d.id AS about, o.id AS order_id, '/orders/' || o.id AS path,
 o.number, s.name AS supplier
 FROM delivery d JOIN "order" o ON o.id = d.order_id JOIN supplier s ON s.id = o.supplier_id
 WHERE d.state = 'held' AND d.held_because <> 'person' AND o.closed_at IS NULL"""

_QUANTITY = """SELECT 'receipt:' || t.id AS about, o.id AS order_id, '/orders/' || o.id AS path,
 o.number, l.sku
 FROM receipt t JOIN order_line l ON l.id = t.order_line_id JOIN "order" o ON o.id = l.order_id
 WHERE t.over > 0 AND t.at > :lately"""

_PROBLEM = """SELECT 'problem:' || q.id AS about, CAST(NULL AS BIGINT) AS order_id, '/problems' AS path,
 coalesce(i.sku, l.sku, '–') AS sku
 FROM problem q LEFT JOIN card c ON c.id = q.card_id LEFT JOIN loop lo ON lo.id = c.loop_id
 LEFT JOIN item i ON i.id = lo.item_id LEFT JOIN order_line l ON l.id = q.order_line_id
 WHERE q.settled_at IS NULL"""

_LABEL = """SELECT 'card:' || c.id || ':' || c.reprint_because AS about, CAST(NULL AS BIGINT) AS order_id,
 '/labels?which=waiting&loop=' || lo.id AS path, i.sku, p.path AS place, c.number AS card,
 c.reprint_because AS because
 FROM card c JOIN loop lo ON lo.id = c.loop_id JOIN item i ON i.id = lo.item_id
 JOIN location p ON p.id = lo.location_id
 WHERE c.reprint_requested AND c.life <> 'retired' AND c.reprint_because NOT IN ('changed', 'void')
 UNION ALL
 SELECT 'loop:' || lo.id || ':' || c.reprint_because AS about, CAST(NULL AS BIGINT) AS order_id,
 '/labels?which=waiting&loop=' || lo.id AS path, i.sku, p.path AS place, min(c.number) AS card,
 c.reprint_because AS because
 FROM card c JOIN loop lo ON lo.id = c.loop_id JOIN item i ON i.id = lo.item_id
 JOIN location p ON p.id = lo.location_id
 WHERE c.reprint_requested AND c.life <> 'retired' AND c.reprint_because IN ('changed', 'void')
 GROUP BY lo.id, i.sku, p.path, c.reprint_because"""
"""A worn label is one person's report; a change of a loop or a void print is one cause for many cards."""

_COPIED = """SELECT 'device:' || d.id AS about, CAST(NULL AS BIGINT) AS order_id, '/devices/' || d.id AS path,
 d.name AS phone FROM device d WHERE d.copied_at IS NOT NULL AND d.revoked_at IS NULL"""

_UNCONFIRMED = """SELECT 'order:' || o.id AS about, o.id AS order_id, '/orders/' || o.id AS path,
 o.number, s.name AS supplier, s.country, s.region, o.released_at, coalesce(u.confirm_days, 2) AS confirm_days
 FROM "order" o JOIN supplier s ON s.id = o.supplier_id LEFT JOIN supplier_rule u ON u.supplier_id = s.id
 WHERE o.state = 'released' AND s.kind = 'external'
  AND NOT EXISTS (SELECT 1 FROM answer a WHERE a.order_id = o.id)"""

CAUSES: dict[str, Statement] = {
    "last_bin": Statement(_LAST_BIN),
    "urgent": Statement(_URGENT),
    "dead": Statement(_DEAD),
    "held": Statement(_HELD),
    "asks": Statement(_ASKS),
    "short": Statement(_SHORT),
    "late": Statement(_LATE),
    "unconfirmed": Statement(_UNCONFIRMED),
    "quantity": Statement(_QUANTITY),
    "answered": Statement(_ANSWERED),
    "problem": Statement(_PROBLEM),
    "copied": Statement(_COPIED),
    "label": Statement(_LABEL),
}
"""The statement of each kind that is watched; drafts that wait for approval come from their rules."""
