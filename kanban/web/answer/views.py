"""How an order looks to the supplier who answers it, as a page and as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from kanban import languages
from kanban.answers import Answer, LineAnswer
from kanban.languages import gettext as _
from kanban.orders import OPEN_STATES, Order, OrderLine
from kanban.senders.purchase import Purchase
from kanban.web import forms
from kanban.web.formats import day, units

SHOWN_ANSWERS = 20


def page(session: Session, order: Order, purchase: Purchase, zone: ZoneInfo, today: date) -> dict[str, Any]:
    """All that the page shows; ``today`` is the shop's."""
    asked = {each.order_line_id: each for each in _questions(session, order)}
    lines = [
        _line(line, purchase.currency, asked.get(line.id), today) for line in order.lines if line.quantity
    ]
    still = [each for each in lines if each["open"]]
    return {
        "purchase": purchase,
        "order": order,
        "today": today,
        "released_on": languages.full_day(purchase.released_at.astimezone(zone).date()),
        "lines": lines,
        "total": languages.money(purchase.total, purchase.currency) if purchase.total is not None else "",
        "open": order.state in OPEN_STATES and bool(still),
        "may_confirm": order.state in OPEN_STATES and any(not each["answered"] for each in still),
        "may_ship": order.state in OPEN_STATES and any(each["unshipped"] for each in still),
        "answered_all": bool(still) and all(each["answered"] for each in still),
        "state": _state(order),
        "said": [said(answer, zone) for answer in answers_of(session, order)],
    }


def answers_of(session: Session, order: Order) -> list[Answer]:
    """What was answered so far, the latest first."""
    query = select(Answer).where(Answer.order_id == order.id).order_by(Answer.id.desc()).limit(SHOWN_ANSWERS)
    lines = selectinload(Answer.lines).joinedload(LineAnswer.order_line)
    return list(session.scalars(query.options(lines)))


def as_json(order: Order, purchase: Purchase) -> dict[str, Any]:
    """The order for a program: what is asked, and what was answered so far."""
    return {
        "number": order.number,
        "state": order.state,
        "released_at": purchase.released_at.isoformat(),
        "currency": purchase.currency,
        "customer_number": purchase.customer_number,
        "ship_to": [purchase.ship_to.name, *purchase.ship_to.lines],
        "lines": [_line_json(line) for line in order.lines if line.quantity],
    }


def _line(line: OrderLine, currency: str, asked: LineAnswer | None, today: date) -> dict[str, Any]:
    unit, quantity = line.unit or "", line.quantity or Decimal(0)
    packs = quantity / (line.pack_size or 1)
    price, due = line.unit_price, line.confirmed_due or line.due
    unshipped = max(Decimal(0), quantity - line.passed_on - max(line.shipped, line.received))
    return {
        "id": line.id,
        "sku": line.supplier_sku or line.sku,
        "our_sku": line.sku if line.supplier_sku else "",
        "name": line.name,
        "unit": unit,
        "much": units(quantity, unit),
        "packs": f"{languages.number(packs)} × {units(line.pack_size, unit)}"
        if line.pack_size and line.pack_size != 1
        else "",
        "price": languages.money(price, currency) if price is not None else "",
        "total": languages.money(price * quantity, currency) if price is not None else "",
        "wanted": day(line.due) if line.due else "",
        "open": line.closed_at is None,
        "answered": line.answered_at is not None,
        "status": _status(line, asked, currency),
        "unshipped": unshipped if line.closed_at is None else Decimal(0),
        "values": {
            f"quantity_{line.id}": forms.plain(
                quantity - line.passed_on if line.confirmed_quantity is None else line.confirmed_quantity
            ),
            f"due_{line.id}": due.isoformat() if due and due >= today else "",
            f"unit_price_{line.id}": forms.plain(price),
            f"left_{line.id}": forms.plain(unshipped),
        },
    }


def _status(line: OrderLine, asked: LineAnswer | None, currency: str) -> list[dict[str, str]]:
    """What stands of a line now, each as a word and a colour."""
    if line.closed_at is not None:
        words = {"received": _("received"), "short": _("closed"), "cancelled": _("cancelled")}
        return [{"word": words.get(line.outcome or "", _("closed")), "colour": "green", "mark": "tick"}]
    found = []
    if line.confirmed_quantity is not None:
        found.append(_confirmed(line))
    if line.shipped:
        left = _("%(units)s on the way", units=units(line.shipped, line.unit or ""))
        found.append({"word": left, "colour": "blue", "mark": "truck"})
    if line.received:
        came = _("%(units)s received", units=units(line.received, line.unit or ""))
        found.append({"word": came, "colour": "green", "mark": "tick"})
    if asked is not None:
        found.append({"word": _question(asked, currency), "colour": "amber", "mark": "clock"})
    return found


def _confirmed(line: OrderLine) -> dict[str, str]:
    quantity, unit = line.confirmed_quantity or Decimal(0), line.unit or ""
    if not quantity:
        return {"word": _("out of stock"), "colour": "red", "mark": "cross"}
    when = day(line.confirmed_due) if line.confirmed_due else ""
    if quantity < (line.quantity or Decimal(0)):
        said = _("%(units)s confirmed for %(day)s", units=units(quantity, unit), day=when)
        return {"word": said, "colour": "amber", "mark": "half"}
    return {"word": _("confirmed for %(day)s", day=when), "colour": "green", "mark": "tick"}


def _question(asked: LineAnswer, currency: str) -> str:
    price = languages.money(asked.unit_price, currency) if asked.unit_price is not None else ""
    what = asked.substitute or price
    words = {
        "pending": _("%(what)s: the buyer is asked", what=what),
        "accepted": _("%(what)s: the buyer accepts", what=what),
        "refused": _("%(what)s: the buyer refuses", what=what),
    }
    return words[asked.question]


def _questions(session: Session, order: Order) -> list[LineAnswer]:
    """The latest question of each line, if it asked any."""
    query = (
        select(LineAnswer)
        .join(LineAnswer.answer)
        .where(Answer.order_id == order.id, LineAnswer.question != "")
        .order_by(LineAnswer.id)
        .options(joinedload(LineAnswer.order_line))
    )
    return list(session.scalars(query))


def _state(order: Order) -> str:
    words = {
        "released": _("not answered yet"),
        "confirmed": _("confirmed"),
        "shipped": _("on its way"),
        "partly_received": _("partly received"),
        "received": _("received"),
        "cancelled": _("cancelled"),
    }
    return words[order.state]


def said(answer: Answer, zone: ZoneInfo) -> dict[str, Any]:
    """One answer in words."""
    return {
        "at": languages.moment(answer.at, zone),
        "word": _("Confirmed") if answer.kind == "confirmed" else _("Left for you"),
        "lines": [_said_line(each) for each in answer.lines],
        "note": answer.note,
        "carrier": " ".join(filter(None, (answer.carrier, answer.tracking))),
    }


def _said_line(each: LineAnswer) -> str:
    line = each.order_line
    parts = [f"{line.supplier_sku or line.sku}: {units(each.quantity, line.unit or '')}"]
    parts += [day(each.due)] if each.due else []
    parts += [each.substitute] if each.substitute else []
    parts += [each.note] if each.note else []
    return ", ".join(parts)


def _line_json(line: OrderLine) -> dict[str, Any]:
    return {
        "line": line.id,
        "sku": line.supplier_sku,
        "buyer_sku": line.sku,
        "name": line.name,
        "unit": line.unit,
        "quantity": forms.plain(line.quantity),
        "pack_size": forms.plain(line.pack_size),
        "unit_price": forms.plain(line.unit_price) or None,
        "wanted": line.due.isoformat() if line.due else None,
        "confirmed_quantity": forms.plain(line.confirmed_quantity) or None,
        "confirmed_due": line.confirmed_due.isoformat() if line.confirmed_due else None,
        "shipped": forms.plain(line.shipped),
        "received": forms.plain(line.received),
        "open": line.closed_at is None,
    }
