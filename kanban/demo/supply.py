"""From the draft to the goods-in desk: sent, confirmed, shipped, received; late, split, short or too much."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import select

from kanban import clock, journal, orders, outbox, receipts, scans
from kanban.demo import dock
from kanban.demo.shop import BUSY, Shop, at_hour, deed
from kanban.orders import Order, OrderLine, Replenishment
from kanban.scans import Wish
from kanban.suppliers import Supplier, SupplierItem

INTERNAL = ("store", "cell")
PATIENCE = 6
"""Days that a draft below the minimum order value waits, and half its supplier's lead time besides."""

MORNING = (8.0, 13.5)
"""When carriers come."""

SKEW = 0.6
"""Shape of the gamma distribution of lateness: below 1, so most orders are on time and a few very late."""

IN_TWO_PARTS, PART_OF_A_LINE, SHORT, TOO_MUCH, BY_CARD, DAMAGED = 0.14, 0.05, 0.02, 0.015, 0.3, 0.015


def plan_releases(shop: Shop, day: date) -> None:
    """Plan that the buyer sends today's orders, to suppliers who take orders today."""
    for key, supplier_id in shop.entered.suppliers.items():
        supplier = shop.session.get_one(Supplier, supplier_id)
        if key not in INTERNAL and day >= _buyer_stops(shop, supplier):
            continue
        if supplier.terms().next_order_day(at_hour(day, BUSY[0], shop.zone), shop.zone) == day:
            hour, minute = (supplier.order_until or "15:30").split(":")
            latest = int(hour) + int(minute) / 60
            moment = shop.moment(day, (max(BUSY[0], latest - 2.0), latest - 0.1))
            shop.plan(moment, partial(_send, shop, key))


def _buyer_stops(shop: Shop, supplier: Supplier) -> date:
    """From this day on drafts are left for the visitor to send; those of every day from the day before."""
    if supplier.order_days:
        return shop.last_day
    day = shop.last_day - clock.ONE_DAY
    while not shop.works(day):
        day -= clock.ONE_DAY
    return day


def draft_of(shop: Shop, key: str) -> Order | None:
    """The supplier's draft, or none."""
    query = select(Order).where(Order.supplier_id == shop.entered.suppliers[key], Order.state == "draft")
    return shop.session.scalar(query)


def needs_of(shop: Shop, order: Order) -> dict[int, Decimal]:
    """Units that the open turns of a draft need, by the id of the supplier's offer."""
    query = (
        select(OrderLine.supplier_item_id, Replenishment.quantity)
        .join(Replenishment, Replenishment.order_line_id == OrderLine.id)
        .where(OrderLine.order_id == order.id, Replenishment.closed_at.is_(None))
    )
    needs: dict[int, Decimal] = {}
    for offer_id, quantity in shop.session.execute(query):
        needs[offer_id] = needs.get(offer_id, Decimal(0)) + quantity
    return needs


def release(shop: Shop, key: str, order: Order, now: datetime) -> None:
    """Send a draft, and plan what its supplier will do."""
    by = shop.person(shop.owner("Stores")) if key in INTERNAL else shop.buyer()
    sent = deed(now, by)
    orders.release(shop.session, sent, order, shop.zone)
    hand_over(shop, order, sent)
    _plan_course(shop, shop.firm.suppliers[key]["habits"], order, now)


def hand_over(shop: Shop, order: Order, done: journal.Deed) -> None:
    """What was to leave has left: the demonstration's past needs no mail server."""
    for delivery in outbox.of_order(shop.session, order.id):
        if delivery.state in ("held", "queued"):
            outbox.hand_over(shop.session, done, delivery)


def confirm(shop: Shop, order: Order, slip: int, now: datetime) -> None:
    """The supplier's confirmation comes in, its days ``slip`` working days after ours."""
    if order.state in ("released", "confirmed"):
        due = {line.id: shop.day_after(line.due, slip) for line in order.lines if line.due}
        orders.confirm(shop.session, deed(now, shop.buyer()), order, due)


def ship(shop: Shop, order: Order, now: datetime) -> None:
    """The supplier says that the goods have left."""
    if order.state in ("released", "confirmed"):
        orders.ship(shop.session, deed(now, shop.buyer()), order)


def receive(shop: Shop, line: OrderLine, quantity: Decimal, note: str, now: datetime) -> None:
    """Take in units of a line at the goods-in desk."""
    by = shop.person(shop.owner("Stores"))
    receipts.receive_line(shop.session, deed(now, by), line, quantity, delivery_note=note)
    put_back(shop, line, now)


def put_back(shop: Shop, line: OrderLine, now: datetime) -> None:
    """The bins whose turns on this line ended just now stand full on their shelves again."""
    for turn in line.replenishments:
        if turn.closed_at == now:
            shop.fill(turn.card_id)


def _send(shop: Shop, key: str, now: datetime) -> None:
    order = draft_of(shop, key)
    if order is None:
        return
    needs = needs_of(shop, order)
    least = order.supplier.minimum_order_value or Decimal(0)
    patience = timedelta(days=PATIENCE + order.supplier.lead_time // 2)
    if needs and (now - order.created_at > patience or _worth(shop, needs) >= least):
        release(shop, key, order, now)


def _worth(shop: Shop, needs: dict[int, Decimal]) -> Decimal:
    """What a draft would cost if it were sent now."""
    wanted = ((shop.session.get_one(SupplierItem, offer_id), need) for offer_id, need in needs.items())
    quantities = ((offer, offer.rounded(need)) for offer, need in wanted)
    return sum(((offer.price_at(units) or 0) * units for offer, units in quantities), Decimal(0))


def _plan_course(shop: Shop, habits: dict[str, Any], order: Order, now: datetime) -> None:
    days = [line.due for line in order.lines if line.due is not None]
    late = int(shop.rng.gammavariate(SKEW, habits["delay"] / SKEW))
    arrives = shop.day_after(max(days), late)
    if shop.chance(habits["confirms"]):
        slip = shop.rng.randint(1, late // 2) if late > 2 and shop.chance(0.5) else 0
        shop.plan(shop.soon(now, (0.5, 16.0)), partial(confirm, shop, order, slip))
    if order.supplier.kind == "internal":
        shop.plan(shop.soon(now, (0.2, 4.0)), partial(_plan_picks, shop, order))
    elif shop.chance(habits["announces"]):
        leaves = max(arrives - clock.ONE_DAY * habits["transit"], shop.local_day(now))
        moment = max(shop.moment(shop.day_after(leaves, 0), (14.0, 17.0)), now + timedelta(minutes=20))
        shop.plan(moment, partial(ship, shop, order))
    lines = [line for line in order.lines if line.quantity]
    if len(lines) > 2 and shop.chance(IN_TWO_PARTS):
        behind = shop.day_after(arrives, shop.rng.randint(2, 6))
        _plan_delivery(shop, lines[2:], behind)
        lines = lines[:2]
    _plan_delivery(shop, lines, arrives)


def _plan_delivery(shop: Shop, lines: list[OrderLine], day: date) -> None:
    shop.plan(shop.moment(day, MORNING), partial(_deliver, shop, lines))


def _deliver(shop: Shop, lines: list[OrderLine], now: datetime) -> None:
    """The carrier stands in the gate; on the last day half of what is due has not come yet."""
    if shop.local_day(now) == shop.last_day and shop.chance(0.5):
        return _plan_delivery(shop, lines, shop.last_day + clock.ONE_DAY)
    note = f"LS-{shop.rng.randrange(100_000, 999_999)}"
    by_card = shop.chance(BY_CARD)
    for line in lines:
        if line.pending > 0 and line.order.state in orders.OPEN_STATES:
            _take_in(shop, line, note, by_card, now)
    return None


def _take_in(shop: Shop, line: OrderLine, note: str, by_card: bool, now: datetime) -> None:
    pending, packs = line.pending, line.pending // (line.pack_size or 1)
    fate = shop.rng.random()
    if packs >= 2 and fate < PART_OF_A_LINE + SHORT:
        part = pending // packs * (packs // 2)
        receive(shop, line, part, note, now)
        _plan_rest(shop, line, now, comes=fate < PART_OF_A_LINE)
    elif packs >= 2 and fate < PART_OF_A_LINE + SHORT + TOO_MUCH:
        receive(shop, line, pending + (line.pack_size or 1), note, now)
    elif packs >= 2 and fate > 1 - DAMAGED and line.order.supplier.kind == "external":
        take_damaged(shop, line, note, now)
    elif by_card:
        _plan_card_scans(shop, line, now)
    else:
        receive(shop, line, pending, note, now)


def take_damaged(shop: Shop, line: OrderLine, note: str, now: datetime) -> None:
    """One pack of a line is of no use; others come in its place, or it is credited."""
    comes = dock.take_damaged(shop, line, note, now)
    put_back(shop, line, now)
    if comes:
        _plan_rest(shop, line, now, comes=True)


def correct_count(shop: Shop, now: datetime) -> None:
    """A box was counted twice; the missing one comes some days later."""
    line = dock.miscount(shop, now)
    if line is not None:
        _plan_rest(shop, line, now, comes=True)


def _plan_picks(shop: Shop, order: Order, now: datetime) -> None:
    """Our own people go through the list and take card after card off it."""
    turns = [turn for line in order.lines for turn in line.replenishments if turn.closed_at is None]
    for number, turn in enumerate(turns):
        moment = now + timedelta(seconds=40 * number + shop.rng.randint(10, 35))
        shop.plan(moment, partial(_pick, shop, turn.card_id))


def _pick(shop: Shop, card_id: int, now: datetime) -> None:
    wish = Wish("pick", zone=shop.zone)
    scans.scan(shop.session, deed(now, shop.scanner("Stores")), shop.codes[card_id], wish)


def _plan_rest(shop: Shop, line: OrderLine, now: datetime, *, comes: bool) -> None:
    day = shop.day_after(shop.local_day(now), shop.rng.randint(2, 7))
    if comes:
        return _plan_delivery(shop, [line], day)
    return shop.plan(shop.moment(day), partial(_close_short, shop, line))


def _close_short(shop: Shop, line: OrderLine, now: datetime) -> None:
    if line.closed_at is None and line.order.state in orders.OPEN_STATES:
        receipts.close_short(shop.session, deed(now, shop.buyer()), line)
        put_back(shop, line, now)


def _plan_card_scans(shop: Shop, line: OrderLine, now: datetime) -> None:
    """The bins are filled on a trolley and scanned one after another."""
    for number, turn in enumerate(turn for turn in line.replenishments if turn.closed_at is None):
        moment = now + timedelta(seconds=25 * number + shop.rng.randint(8, 24))
        shop.plan(moment, partial(_scan_in, shop, turn.card_id))


def _scan_in(shop: Shop, card_id: int, now: datetime) -> None:
    by = shop.scanner("Stores")
    answer = scans.scan(shop.session, deed(now, by), shop.codes[card_id], Wish("receive"))
    if answer.effect == "received" and answer.card is not None and answer.card.supply == "full":
        shop.fill(card_id)
