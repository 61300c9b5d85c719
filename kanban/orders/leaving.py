"""When a card or a loop leaves: what becomes of the turns that are open on it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban import journal, loops
from kanban.orders.queue import close_turn, open_turn_of
from kanban.orders.tables import Order, OrderLine, Replenishment


def replace_card(session: Session, deed: journal.Deed, card: loops.Card, because: str) -> loops.Card:
    """Retire a lost or worn card; its successor takes its position and, if it is on order, its open turn.

    So the goods that come fill the new card, and one bin is never ordered twice.
    """
    successor = loops.replace(session, deed, card, because)
    turn = open_turn_of(session, card)
    if turn is not None:
        turn.card_id = successor.id
        session.flush()
        facts = {"from": card.id, "cycle": turn.cycle}
        journal.append(
            session, deed, "moved", "replenishment", turn.id, facts,
            card_id=successor.id, order_id=turn.order_line.order_id,
        )  # fmt: skip
    return successor


def close_loop(session: Session, deed: journal.Deed, loop: loops.Loop) -> None:
    """End a loop: its cards retire, its signals leave the drafts; what was sent still arrives."""
    loops.close(session, deed, loop)
    waiting = (
        select(Replenishment)
        .join(Replenishment.card)
        .join(Replenishment.order_line)
        .join(OrderLine.order)
        .where(loops.Card.loop_id == loop.id, Replenishment.closed_at.is_(None), Order.state == "draft")
    )
    for turn in session.scalars(waiting).all():
        close_turn(session, deed, turn, "withdrawn")
