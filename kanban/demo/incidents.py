"""What happens only now and then: slips, strange codes, worn labels, lost cards, cancelled orders."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import select

from kanban import codes, journal, loops, orders, scans
from kanban.demo import catalogue, dock, shelves, supply
from kanban.demo.shop import Shelf, Shop, deed
from kanban.loops import Card
from kanban.orders import Order
from kanban.scans.look import Situation, look

UNDO_WINDOW = timedelta(seconds=10)
PRINT_DAY = 4
"""Labels that somebody asked for are printed on Fridays."""

DAILY = (
    ("slip", 0.16), ("unknown_code", 0.06), ("not_a_card", 0.08), ("dead_card", 0.06), ("full_bin", 0.05),
    ("worn_label", 0.12), ("extra", 0.05), ("problem", 0.05),
)  # fmt: skip
"""What may happen on any day, and how often per day."""

FOREIGN = ("4006381333931", "HTTPS://EXAMPLE.COM/P/8841", "LOT 22-0417 B", "S/N 7730021")

ONCE = (
    (0.20, "lost"), (0.31, "cancel_order"), (0.38, "hold"), (0.45, "lost"), (0.52, "retire"),
    (0.58, "resume"), (0.62, "cancel_line"), (0.66, "replace"), (0.74, "surplus"), (0.80, "cancel_order"),
    (0.84, "hold"), (0.86, "miscount"), (0.88, "lost"), (0.92, "surplus"), (0.94, "hold"),
    (0.96, "cancel_order"), (0.97, "surplus"), (0.98, "replace_unprinted"),
)  # fmt: skip
"""What happens once, and when: as a share of the whole history."""


def plan_once(shop: Shop, days: list[date]) -> None:
    """Plan what happens at certain points of the history, and the loops that are introduced late."""
    acts = {
        "lost": _lose, "replace": _replace, "replace_unprinted": _replace_unprinted, "retire": _retire,
        "hold": _hold, "resume": _resume, "surplus": _make_surplus,
        "miscount": supply.correct_count, "cancel_order": _cancel_order, "cancel_line": _cancel_line,
    }  # fmt: skip
    for share, name in ONCE:
        day = days[int(share * len(days))]
        shop.plan(shop.moment(day, (8.0, 16.0)), partial(acts[name], shop))


def plan_day(shop: Shop, day: date) -> None:
    """Plan the small things of a day."""
    acts = {
        "slip": _slip, "unknown_code": _scan_unknown, "not_a_card": _scan_foreign, "dead_card": _scan_dead,
        "problem": dock.report, "full_bin": _scan_twice_in_a_row, "worn_label": _ask_for_label,
        "extra": _order_extra,
    }  # fmt: skip
    for name, chance in DAILY:
        if shop.chance(chance):
            shop.plan(shop.moment(day), partial(acts[name], shop))
    if day.weekday() == PRINT_DAY:
        shop.plan(shop.moment(day, (15.0, 16.5)), partial(_print_asked_for, shop))


def _slip(shop: Shop, now: datetime) -> None:
    """The wrong card scanned, and taken back at once."""
    shelf, card_id = _some_full(shop)
    shelf.take_away(card_id)
    shelves.signal(shop, card_id, now, sure=True)
    later = now + timedelta(seconds=shop.rng.randint(3, 8))
    shop.plan(later, partial(_take_back, shop, card_id))


def _take_back(shop: Shop, card_id: int, now: datetime) -> None:
    turn = shelves.open_turn_of(shop, card_id)
    if turn is not None and turn.order_line.order.state == "draft":
        by = shop.person("priya", "scan")
        scans.undo(shop.session, deed(now, by), shop.codes[card_id], window=UNDO_WINDOW)
        shop.fill(card_id)


def _scan_unknown(shop: Shop, now: datetime) -> None:
    """A card of another shop: a proper code, but not one of ours."""
    body = "".join(shop.rng.choice(codes.ALPHABET) for _ in range(codes.LENGTH - 1))
    text = next(body + last for last in codes.ALPHABET if _is_code(body + last))
    scans.scan(shop.session, deed(now, shop.scanner("Stores")), text)


def _is_code(text: str) -> bool:
    try:
        return codes.read(text) == text
    except codes.BadCode:
        return False


def _scan_foreign(shop: Shop, now: datetime) -> None:
    """Some other symbol on the box was in front of the camera."""
    scans.scan(shop.session, deed(now, shop.scanner("Stores")), shop.rng.choice(FOREIGN))


def _scan_dead(shop: Shop, now: datetime) -> None:
    """A card that was retired or is on hold turns up."""
    query = select(Card).where(Card.life.in_(("retired", "on_hold"))).order_by(Card.id)
    cards = list(shop.session.scalars(query))
    if cards:
        card = shop.rng.choice(cards)
        scans.scan(shop.session, deed(now, shop.scanner(shop.shelf_of[card.id].area)), card.code)


def _scan_twice_in_a_row(shop: Shop, now: datetime) -> None:
    """A bin that has just come back is scanned by mistake: the product asks, and nobody says yes."""
    query = (
        select(Card)
        .join(orders.Replenishment, orders.Replenishment.card_id == Card.id)
        .where(orders.Replenishment.closed_at.is_not(None), Card.life == "active")
        .order_by(orders.Replenishment.closed_at.desc(), orders.Replenishment.id)
        .limit(40)
    )
    for card in shop.session.scalars(query):
        state = look(shop.session, card.code)
        if state is not None and state.supply == "full" and _soon_again(state, now):
            scans.scan(shop.session, deed(now, shop.scanner("Machining")), card.code)
            return


def _soon_again(state: Situation, now: datetime) -> bool:
    last = state.last_signalled_at
    return last is not None and now - last < state.minimum_cycle


def _ask_for_label(shop: Shop, now: datetime) -> None:
    _, card_id = _some_full(shop)
    card = shop.session.get_one(Card, card_id)
    loops.request_reprint(shop.session, deed(now, shop.scanner(shop.shelf_of[card_id].area)), card)


def _print_asked_for(shop: Shop, now: datetime) -> None:
    query = select(Card).where(Card.reprint_requested, Card.life != "retired").order_by(Card.id)
    cards = list(shop.session.scalars(query))
    if cards:
        loops.note_printed(shop.session, deed(now, shop.buyer()), cards)


def _order_extra(shop: Shop, now: datetime) -> None:
    """A big job is coming: one bin more than the cards ask for."""
    _, card_id = _some_full(shop)
    card = shop.session.get_one(Card, card_id)
    orders.add_extra(shop.session, deed(now, shop.buyer()), card)


def _lose(shop: Shop, now: datetime) -> None:
    """A card is lost; its successor is printed the same day and put into service by its first scan."""
    card = _successor(shop, now, "lost")
    printing = shop.soon(now, (0.3, 3.0))
    shop.plan(printing, partial(_print, shop, card.id))
    shelves.plan_signal(shop, card.id, shop.soon(printing, (1.0, 20.0)))


def _replace(shop: Shop, now: datetime) -> None:
    """A card is worn beyond reading; its successor is printed and put into service."""
    card = _successor(shop, now, "replaced")
    shop.plan(now + timedelta(minutes=6), partial(_print, shop, card.id))
    shelves.plan_signal(shop, card.id, shop.soon(now, (1.0, 6.0)))


def _replace_unprinted(shop: Shop, now: datetime) -> None:
    """The successor of this one still waits for the printer."""
    _successor(shop, now, "replaced")


def _successor(shop: Shop, now: datetime, because: str) -> Card:
    shelf, card_id = _some_full(shop)
    shelf.take_away(card_id)
    card = shop.session.get_one(Card, card_id)
    successor = orders.replace_card(shop.session, deed(now, shop.buyer()), card, because)
    shop.put_up(shelf, [successor], full=False)
    return successor


def _print(shop: Shop, card_id: int, now: datetime) -> None:
    card = shop.session.get_one(Card, card_id)
    loops.note_printed(shop.session, deed(now, shop.buyer()), [card])


def _retire(shop: Shop, now: datetime) -> None:
    """One card less: use has gone down."""
    _change_life(shop, now, "retired", "surplus")


def _hold(shop: Shop, now: datetime) -> None:
    """A card is put on hold: a job is paused."""
    _change_life(shop, now, "on_hold")


def _make_surplus(shop: Shop, now: datetime) -> None:
    """A card is to leave when its bin is empty."""
    shelf, card_id = _some_full(shop)
    loops.set_life(shop.session, deed(now, shop.buyer()), shop.session.get_one(Card, card_id), "surplus")
    shelf.full.remove(card_id)
    shelf.full.append(card_id)


def _resume(shop: Shop, now: datetime) -> None:
    """A card on hold is needed again."""
    card = shop.session.scalar(select(Card).where(Card.life == "on_hold").order_by(Card.id))
    if card is not None:
        loops.set_life(shop.session, deed(now, shop.buyer()), card, "active")
        shop.fill(card.id)


def _change_life(shop: Shop, now: datetime, life: str, because: str = "") -> None:
    shelf, card_id = _some_full(shop)
    shelf.take_away(card_id)
    card = shop.session.get_one(Card, card_id)
    loops.set_life(shop.session, deed(now, shop.buyer()), card, life, because)


def _cancel_order(shop: Shop, now: datetime) -> None:
    """The order that has waited longest is cancelled; its cards are signalled again at once."""
    waits = Order.state.in_(("released", "confirmed"))
    order = shop.session.scalar(select(Order).where(waits).order_by(Order.released_at, Order.id).limit(1))
    if order is not None:
        told = deed(now, shop.buyer())
        orders.cancel(shop.session, told, order)
        supply.hand_over(shop, order, told)


def _cancel_line(shop: Shop, now: datetime) -> None:
    """A supplier cannot deliver one line of an order."""
    query = select(Order).where(Order.state == "confirmed").order_by(Order.released_at.desc(), Order.id)
    for order in shop.session.scalars(query):
        waiting = [line for line in order.lines if line.closed_at is None]
        if len(waiting) > 1:
            orders.cancel_line(shop.session, deed(now, shop.buyer()), waiting[0])
            return


def _some_full(shop: Shop) -> tuple[Shelf, int]:
    """A shelf with full bins to spare, and the card of the last of them, which is active."""
    while True:
        shelf = shop.rng.choice([shelf for shelf in shop.shelves if len(shelf.full) > 1])
        card_id = shelf.full[-1]
        if shop.session.get_one(Card, card_id).life == "active":
            return shelf, card_id


def introduce(shop: Shop, row: catalogue.LoopRow, now: datetime) -> None:
    """Enter a loop that is new; it is printed and stocked after three days."""
    done = journal.Deed(now, shop.buyer())
    cards = catalogue.enter_loop(shop.session, done, shop.firm, shop.entered, row, "new")
    shelf = Shelf(row, str(shop.firm.area_of_rack[row.place[:2]]["name"]), evenness=1.0)
    shop.shelves.append(shelf)
    shop.put_up(shelf, cards, full=False)
    stocked = shop.day_after(shop.local_day(now), 3)
    for card in cards:
        shop.plan(shop.moment(stocked, (9.0, 10.0)), partial(_print, shop, card.id))
        shelves.plan_signal(shop, card.id, shop.moment(stocked, (11.0, 15.0)))
