from decimal import Decimal

import pytest
from shop import SCREW, Shop
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kanban import codes, items, loops, orders, suppliers


def loop_of(session: Session, code: str) -> loops.Loop:
    card = loops.by_code(session, code)
    assert card is not None
    return card.loop


def cards_of(shop: Shop, code: str) -> list[loops.Card]:
    with shop.database.read() as session:
        return loops.cards_in_service(session, loop_of(session, code))


def test_a_loop_has_numbered_cards_each_with_a_code_of_its_own(shop: Shop) -> None:
    cards = cards_of(shop, shop.screws[0])
    assert [card.number for card in cards] == [1, 2, 3]
    assert [card.code for card in cards] == shop.screws
    assert all(codes.read(card.code) == card.code for card in cards)
    situation = shop.look(shop.screws[1])
    assert (situation.number, situation.of) == (2, 3)


def test_more_cards_take_the_lowest_free_positions(shop: Shop) -> None:
    shop.set_life(shop.screws[1], "retired", "lost")
    deed = shop.deed()
    shop.write(lambda session: loops.add_cards(session, deed, loop_of(session, shop.screws[0]), 2) and None)
    assert [card.number for card in cards_of(shop, shop.screws[0])] == [1, 2, 3, 4]
    assert shop.look(shop.screws[0]).of == 4


def test_a_loop_holds_at_most_999_cards(shop: Shop) -> None:
    deed = shop.deed()
    with pytest.raises(loops.TooManyCards):
        shop.write(
            lambda session: loops.add_cards(session, deed, loop_of(session, shop.screws[0]), 997) and None
        )


STEPS = [(life, after) for life in loops.LIVES for after in loops.LIVES]
LEGAL = {
    ("new", "active"), ("new", "retired"),
    ("active", "on_hold"), ("active", "surplus"), ("active", "retired"),
    ("on_hold", "active"), ("on_hold", "retired"), ("surplus", "active"), ("surplus", "retired"),
}  # fmt: skip


def test_a_card_goes_only_to_a_life_that_can_follow(sqlite_shop: Shop) -> None:
    for life, after in STEPS:
        card = loops.Card(id=1, life=life)
        refused = False
        try:
            sqlite_shop.write(lambda session: loops.set_life(session, sqlite_shop.deed(), card, after))  # noqa: B023 - runs at once
        except loops.LifeRefused:
            refused = True
        assert refused == ((life, after) not in LEGAL), (life, after)
        assert card.life == (life if refused else after)


def test_a_replaced_card_keeps_its_position_and_the_old_print_is_recognised(shop: Shop) -> None:
    successor = shop.replace(shop.screws[1], "replaced")
    assert successor not in shop.screws
    assert (shop.look(successor).number, shop.look(successor).life) == (2, "new")
    assert (shop.look(shop.screws[1]).life, shop.look(shop.screws[1]).retired_because) == (
        "retired",
        "replaced",
    )
    assert shop.look(successor).of == 3
    assert shop.events("added")[-1].facts == {"replaces": shop.look(shop.screws[1]).card_id}


def test_a_closed_loop_retires_its_cards_and_takes_no_more(shop: Shop) -> None:
    shop.close_loop(shop.screws[0])
    assert {shop.look(code).life for code in shop.screws} == {"retired"}
    deed = shop.deed()
    with pytest.raises(loops.LoopClosed):
        shop.write(
            lambda session: loops.add_cards(session, deed, loop_of(session, shop.screws[0]), 1) and None
        )
    with pytest.raises(loops.LoopClosed):
        shop.close_loop(shop.screws[0])
    with pytest.raises(loops.LoopClosed):
        shop.change_loop(shop.screws[0], card_quantity=Decimal(1))


def test_another_card_quantity_counts_from_the_next_signal(shop: Shop) -> None:
    order_id = shop.scan(shop.screws[0]).order_id
    shop.change_loop(shop.screws[0], card_quantity=Decimal(40))
    assert orders.need_of(shop.line(order_id)) == 25
    shop.scan(shop.screws[1])
    assert orders.need_of(shop.line(order_id)) == 65


def test_another_source_counts_from_the_next_signal(shop: Shop) -> None:
    first = shop.scan(shop.screws[0]).order_id
    shop.move_to_paper_ltd(shop.screws[0])
    second = shop.scan(shop.screws[1]).order_id
    assert shop.order(first).supplier_id == shop.ids["bolts"]
    assert shop.order(second).supplier_id == shop.ids["paper_ltd"]


def test_another_source_counts_within_the_same_commit_too(shop: Shop) -> None:
    def move_and_order_extra(session: Session) -> int:
        loop = loop_of(session, shop.screws[0])
        assert loop.supplier_item.supplier.name == "Bolts & Co"
        paper = session.get_one(suppliers.Supplier, shop.ids["paper_ltd"])
        offer = suppliers.add_offer(session, deed, paper, loop.item, suppliers.OfferFacts())
        loops.change(session, deed, loop, loop.location, offer, loops.LoopFacts(loop.card_quantity))
        return orders.add_extra(session, deed, loop.cards[0]).order.supplier_id

    deed = shop.deed()
    assert shop.write(move_and_order_extra) == shop.ids["paper_ltd"]


def test_what_stands_on_a_printed_card_asks_for_a_reprint_when_it_changes(shop: Shop) -> None:
    def print_first(session: Session) -> None:
        card = loops.by_code(session, shop.screws[0])
        assert card is not None
        loops.note_printed(session, deed, [card])

    deed = shop.deed()
    shop.write(print_first)
    shop.change_loop(shop.screws[0], minimum_cycle=5)
    assert [card.reprint_requested for card in cards_of(shop, shop.screws[0])] == [False, False, False]
    shop.change_loop(shop.screws[0], card_quantity=Decimal(40))
    cards = cards_of(shop, shop.screws[0])
    assert [card.reprint_requested for card in cards] == [True, False, False]
    assert [card.print_version for card in cards] == [1, 0, 0]


def test_a_print_is_counted_and_answers_the_request(shop: Shop) -> None:
    def ask_and_print(session: Session) -> loops.Card:
        card = loops.by_code(session, shop.screws[0])
        assert card is not None
        loops.request_reprint(session, deed, card)
        assert card.reprint_requested
        loops.note_printed(session, deed, [card])
        return card

    deed = shop.deed()
    card = shop.write(ask_and_print)
    assert (card.print_version, card.printed_at, card.reprint_requested) == (1, shop.at, False)


def test_nothing_changed_leaves_no_event(shop: Shop) -> None:
    before = len(shop.events())
    shop.change_loop(shop.screws[0])
    assert len(shop.events()) == before


def test_the_database_refuses_two_cards_on_one_position(shop: Shop) -> None:
    with pytest.raises(IntegrityError):
        shop.write(lambda session: session.execute(text("UPDATE card SET number = 1")) and None)


def test_the_database_refuses_a_loop_whose_offer_is_of_another_item(shop: Shop) -> None:
    def mismatch(session: Session) -> None:
        screws, gloves = loop_of(session, shop.screws[0]), loop_of(session, shop.gloves[0])
        session.execute(text(f"UPDATE loop SET item_id = {gloves.item_id} WHERE id = {screws.id}"))

    with pytest.raises(IntegrityError):
        shop.write(mismatch)


def test_one_item_may_have_several_loops(shop: Shop) -> None:
    def second(session: Session) -> str:
        rack = session.get_one(items.Location, shop.ids["rack"])
        offer = session.scalars(
            select(suppliers.SupplierItem).where(suppliers.SupplierItem.sku == SCREW.sku)
        ).one()
        loop = loops.add(session, deed, rack, offer, loops.LoopFacts(Decimal(5)))
        return loops.add_cards(session, deed, loop, 1, "active")[0].code

    deed = shop.deed()
    code = shop.write(second)
    order_id = shop.scan(shop.screws[0]).order_id
    assert shop.scan(code).order_id == order_id
    assert orders.need_of(shop.line(order_id)) == 30
