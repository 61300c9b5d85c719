from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from shop import Shop
from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban import answers, journal, orders, suppliers
from kanban.answers import LineSaid, shortages
from kanban.orders import rules

SECRET = "s" * 40
SUPPLIER = journal.By("supplier")


def answer(shop: Shop, verb: Callable[..., Any], order_id: int, *said: LineSaid, **how: Any) -> None:
    deed = journal.Deed(shop.at, SUPPLIER)

    def do(session: Session) -> None:
        order = session.get_one(orders.Order, order_id)
        verb(session, deed, order, said or (() if verb is answers.confirm else None), **how)

    shop.write(do)


def offer_elsewhere(shop: Shop, rank: int = 2) -> None:
    """Paper Ltd offers screws too."""
    deed = shop.deed()

    def offer(session: Session) -> None:
        loop = session.get_one(orders.OrderLine, 1).supplier_item
        paper = session.get_one(suppliers.Supplier, shop.ids["paper_ltd"])
        facts = suppliers.OfferFacts(pack_size=Decimal(5), rank=rank)
        suppliers.add_offer(session, deed, paper, loop.item, facts)

    shop.write(offer)


def test_confirming_everything_lands_on_the_lines_and_the_order(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0], shop.gloves[0])
    answer(shop, answers.confirm, order_id, note="Thank you")
    order = shop.order(order_id)
    assert (order.state, order.confirmed_at) == ("confirmed", shop.at)
    for line in order.lines:
        assert (line.confirmed_quantity, line.confirmed_due, line.answered_at) == (
            line.quantity,
            line.due,
            shop.at,
        )
    (event,) = shop.events("answered")
    assert (event.via, event.person_id, event.facts["short"], event.facts["asks"]) == ("supplier", None, 0, 0)
    assert "Thank you" not in event.data


def test_a_line_gets_another_day_and_the_rest_is_as_ordered(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0], shop.gloves[0])
    screws = shop.line(order_id, "SCREW")
    answer(shop, answers.confirm, order_id, LineSaid(screws.id, due=date(2026, 3, 20)))
    assert shop.line(order_id, "SCREW").confirmed_due == date(2026, 3, 20)
    assert shop.line(order_id, "GLOVE").confirmed_due == shop.line(order_id, "GLOVE").due
    assert shop.look(shop.screws[0]).due == "2026-03-20"


def test_the_order_itself_never_changes(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    before = shop.line(order_id)
    said = LineSaid(before.id, Decimal(10), date(2026, 4, 1), Decimal(9), "B-200", "sorry")
    answer(shop, answers.confirm, order_id, said)
    after = shop.line(order_id)
    for name in ("quantity", "unit_price", "due", "sku", "supplier_sku", "pack_size"):
        assert getattr(after, name) == getattr(before, name), name


def test_another_price_asks_the_buyer_and_counts_once_accepted(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    line = shop.line(order_id)
    answer(shop, answers.confirm, order_id, LineSaid(line.id, unit_price=Decimal("2.75")))
    assert (shop.order(order_id).state, shop.line(order_id).confirmed_price) == ("released", None)
    decide(shop, accept=True)
    assert (shop.order(order_id).state, shop.line(order_id).confirmed_price) == ("confirmed", Decimal("2.75"))
    with pytest.raises(answers.NotOpen, match="decided already"):
        decide(shop, accept=False)


def test_a_refused_price_is_not_the_orders_price(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, unit_price=Decimal(3)))
    decide(shop, accept=False)
    assert shop.line(order_id).confirmed_price is None


def test_a_newer_answer_replaces_what_an_older_one_asked(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, unit_price=Decimal(3)))
    answer(shop, answers.confirm, order_id)
    assert shop.order(order_id).state == "confirmed"
    with pytest.raises(answers.NotOpen):
        decide(shop, accept=True)


def decide(shop: Shop, *, accept: bool) -> None:
    deed = shop.deed()
    shop.write(
        lambda session: answers.decide(session, deed, session.get_one(answers.LineAnswer, 1), accept=accept)
    )


@pytest.mark.parametrize("quantity", ["-1", "30.001", "1000"])
def test_nobody_confirms_more_than_was_ordered(shop: Shop, quantity: str) -> None:
    order_id = shop.ordered(shop.screws[0])
    with pytest.raises(answers.BadAnswer, match="SCREW"):
        answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(quantity)))
    assert shop.count(answers.Answer) == 0


def test_a_line_of_another_order_is_refused(shop: Shop) -> None:
    mine, other = shop.ordered(shop.screws[0]), shop.ordered(shop.paper[0])
    for verb in (answers.confirm, answers.ship):
        with pytest.raises(answers.NotOpen, match="another order"):
            answer(shop, verb, mine, LineSaid(shop.line(other).id, Decimal(1)))


def test_a_finished_or_cancelled_order_takes_no_answer(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    shop.cancel(order_id)
    with pytest.raises(answers.NotOpen):
        answer(shop, answers.confirm, order_id)


# Shipped


def test_what_has_left_is_on_its_way_with_carrier_and_tracking(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    answer(shop, answers.ship, order_id, carrier="DHL", tracking="JJD0001")
    assert shop.order(order_id).state == "shipped"
    assert shop.supply(shop.screws[0]) == "in_transit"
    assert shop.line(order_id).shipped == 30


def test_a_part_shipment_leaves_the_rest_on_order(shop: Shop) -> None:
    order_id = shop.ordered(*shop.screws, shop.gloves[0])
    screws = shop.line(order_id, "SCREW")
    answer(shop, answers.ship, order_id, LineSaid(screws.id, Decimal(50), date(2026, 3, 5)))
    assert shop.order(order_id).state == "released"
    assert [shop.supply(code) for code in shop.screws] == ["in_transit", "in_transit", "ordered"]
    assert shop.supply(shop.gloves[0]) == "ordered"
    with pytest.raises(answers.BadAnswer, match="at most 30"):
        answer(shop, answers.ship, order_id, LineSaid(screws.id, Decimal(31)))
    answer(shop, answers.ship, order_id)
    assert shop.order(order_id).state == "shipped"
    with pytest.raises(answers.BadAnswer, match="nothing"):
        answer(shop, answers.ship, order_id)


# Shortages


def test_a_shortage_goes_to_the_next_ranked_supplier_and_its_cards_with_it(shop: Shop) -> None:
    order_id = shop.ordered(*shop.screws)
    offer_elsewhere(shop)
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(50)))
    assert pass_on(shop, order_id) == 25
    line = shop.line(order_id)
    assert (line.passed_on, line.pending) == (30, 50)
    assert [turn.outcome for turn in line.replenishments] == [None, None, "cancelled"]
    card = shop.look(shop.screws[2])
    assert (card.supply, card.supplier) == ("empty", "Paper Ltd")
    assert shop.scan(shop.screws[2]).effect == "already"
    shop.receive(line.id, 50)
    assert shop.order(order_id).state == "received"
    assert [shop.supply(code) for code in shop.screws] == ["full", "full", "empty"]


def test_of_a_card_that_comes_in_part_only_the_missing_units_are_asked_elsewhere(shop: Shop) -> None:
    order_id = shop.ordered(*shop.screws)  # 75 for the cards, 80 by the pack
    offer_elsewhere(shop)
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(60)))
    assert pass_on(shop, order_id) == 15
    line = shop.line(order_id)
    assert (line.passed_on, line.beside, line.pending) == (20, 10, 60)
    assert needed_elsewhere(shop) == 15
    receipt = shop.receive(line.id, 60)
    assert (receipt.over, shop.line(order_id).loose) == (0, 0)
    assert shop.order(order_id).state == "received"
    assert [shop.supply(code) for code in shop.screws] == ["full", "full", "empty"]


def test_a_part_that_does_not_come_after_all_is_asked_elsewhere_too(shop: Shop) -> None:
    order_id = shop.ordered(*shop.screws)
    offer_elsewhere(shop)
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(60)))
    pass_on(shop, order_id)
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(50)))
    assert pass_on(shop, order_id) == 10
    assert needed_elsewhere(shop) == 25
    assert (shop.line(order_id).beside, shop.line(order_id).pending) == (0, 50)


def test_a_part_that_is_cancelled_is_needed_again(shop: Shop) -> None:
    order_id = shop.ordered(*shop.screws)
    offer_elsewhere(shop)
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(60)))
    pass_on(shop, order_id)
    shop.receive(shop.line(order_id).id, 30)
    shop.cancel(order_id)
    with shop.database.read() as session:
        drafts = session.scalars(
            select(orders.OrderLine).join(orders.Order).where(orders.Order.state == "draft")
        )
        needs = {line.order.supplier.name: orders.need_of(line) for line in drafts}
    assert needs == {"Paper Ltd": 15, "Bolts & Co": 30}


def test_what_was_ordered_beside_the_cards_is_asked_elsewhere_once(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    shop.add_extra(shop.screws[0])
    order_id = shop.look(shop.screws[0]).order_id
    assert order_id is not None
    shop.release(order_id)
    offer_elsewhere(shop)
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(30)))
    assert pass_on(shop, order_id) == 20
    shop.cancel(order_id)
    assert needed_elsewhere(shop) == 20
    assert shop.look(shop.screws[0]).supplier == "Bolts & Co"


def test_more_than_a_supplier_said_it_can_bring_is_more_than_was_to_come(shop: Shop) -> None:
    order_id = shop.ordered(*shop.screws)
    offer_elsewhere(shop)
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(60)))
    pass_on(shop, order_id)
    assert shop.receive(shop.line(order_id).id, 80).over == 20


def needed_elsewhere(shop: Shop) -> Decimal:
    """Units that the draft of Paper Ltd orders for the screws, before rounding."""
    with shop.database.read() as session:
        paper = orders.Order.state == "draft", orders.Order.supplier_id == shop.ids["paper_ltd"]
        (line,) = session.scalars(select(orders.OrderLine).join(orders.Order).where(*paper))
        return orders.need_of(line)


def test_out_of_stock_closes_the_line_and_the_order_when_it_is_passed_on(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    offer_elsewhere(shop)
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(0)))
    pass_on(shop, order_id)
    line = shop.line(order_id)
    assert (line.outcome, line.pending) == ("short", 0)
    assert shop.order(order_id).closed_at == shop.at
    assert shop.look(shop.screws[0]).supplier == "Paper Ltd"


def test_by_rule_a_shortage_is_passed_on_by_itself(shop: Shop) -> None:
    deed = shop.deed()
    shop.write(
        lambda session: rules.set_rule(
            session, deed, session.get_one(suppliers.Supplier, shop.ids["bolts"]),
            rules.RuleFacts(shortage="next"), region="", time_zone="",
        )
    )  # fmt: skip
    order_id = shop.ordered(shop.screws[0])
    offer_elsewhere(shop)
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(0)))
    assert shop.look(shop.screws[0]).supplier == "Paper Ltd"
    assert len(shop.events("passed_on")) == 1


def test_where_nobody_else_offers_the_item_the_shortage_waits_for_a_buyer(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(10)))
    with shop.database.read() as session:
        assert answers.alternatives(session, session.get_one(orders.OrderLine, 1), date(2026, 3, 2)) == []
    assert shop.line(order_id).passed_on == 0
    assert shop.supply(shop.screws[0]) == "ordered"


def test_nothing_is_passed_on_twice(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0], shop.screws[1])
    offer_elsewhere(shop)
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(25)))
    pass_on(shop, order_id)
    with pytest.raises(answers.NobodyElse):
        pass_on(shop, order_id)


def pass_on(shop: Shop, order_id: int) -> Decimal:
    deed = shop.deed()

    def do(session: Session) -> Decimal:
        (line,) = session.get_one(orders.Order, order_id).lines
        return answers.pass_on(session, deed, line, answers.alternatives(session, line, date(2026, 3, 2))[0])

    return shop.write(do)


# The link


def opened(shop: Shop, token: str) -> int:
    with shop.database.read() as session:
        return answers.opened(session, token, SECRET, shop.at).id


def test_a_link_opens_its_order_and_no_other(shop: Shop) -> None:
    order_id, other = shop.ordered(shop.screws[0]), shop.ordered(shop.paper[0])
    token = answers.token(answers.Link(order_id), SECRET)
    assert opened(shop, token) == order_id
    number, generation, signature = token.split("-", 2)
    for forged in (
        f"{other}-{generation}-{signature}", f"{number}-2-{signature}", token[:-1], token[:-1] + "!",
        token.swapcase(), "", "x" * 5000, f"{number}-{generation}-", token + "0", f"0{token}",
        answers.token(answers.Link(order_id), "t" * 40), answers.token(answers.Link(99), SECRET),
    ):  # fmt: skip
        with pytest.raises(answers.NoSuchLink):
            opened(shop, forged)


def test_a_draft_has_no_link(shop: Shop) -> None:
    order_id = shop.scan(shop.screws[0]).order_id or 0
    with pytest.raises(answers.NoSuchLink):
        opened(shop, answers.token(answers.Link(order_id), SECRET))


def test_a_link_ends_two_weeks_after_the_goods_have_come(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    token = answers.token(answers.Link(order_id), SECRET)
    shop.later(days=200)
    shop.receive(shop.line(order_id).id, 30)
    shop.at += answers.links.LASTS_AFTER_CLOSE
    assert opened(shop, token) == order_id
    shop.later(seconds=1)
    with pytest.raises(answers.LinkExpired):
        opened(shop, token)


def test_a_renewed_link_ends_the_one_before_and_a_revoked_one_ends_all(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    first = answers.token(answers.Link(order_id), SECRET)

    def to_order(verb: Callable[..., Any]) -> Any:
        deed = shop.deed()
        return shop.write(lambda session: verb(session, deed, session.get_one(orders.Order, order_id)))

    second = answers.token(to_order(answers.renew), SECRET)
    assert opened(shop, second) == order_id
    with pytest.raises(answers.LinkRevoked):
        opened(shop, first)
    to_order(answers.revoke)
    with pytest.raises(answers.LinkRevoked):
        opened(shop, second)
    third = answers.token(to_order(answers.renew), SECRET)
    assert opened(shop, third) == order_id


def test_no_secret_of_a_link_stands_in_the_database(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    deed = shop.deed()
    shop.write(lambda session: answers.renew(session, deed, session.get_one(orders.Order, order_id)))
    columns = {column.name for column in answers.AnswerLink.__table__.columns}
    assert columns == {"order_id", "generation", "revoked_at"}


def test_who_answers_without_end_is_held_up(shop: Shop) -> None:
    order_id = shop.ordered(shop.screws[0])
    for _again in range(answers.links.MOST_ANSWERS_AN_HOUR):
        answer(shop, answers.confirm, order_id)

    def flood() -> None:
        with shop.database.read() as session:
            answers.refuse_flood(session, session.get_one(orders.Order, order_id), shop.at)

    with pytest.raises(answers.TooManyAnswers):
        flood()
    shop.at += timedelta(hours=1, seconds=1)
    flood()


def rests(shop: Shop, code: str) -> list[tuple[str, int, int]]:
    card_id = shop.look(code).card_id
    with shop.database.read() as session:
        found = answers.still_coming(session, card_id)
    return [(rest.supplier, int(rest.units), int(rest.of)) for rest in found]


def test_what_still_comes_from_the_first_supplier_is_known_until_it_is_here(shop: Shop) -> None:
    order_id = shop.ordered(*shop.screws)
    offer_elsewhere(shop)
    assert rests(shop, shop.screws[2]) == []
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(60)))
    pass_on(shop, order_id)
    assert rests(shop, shop.screws[2]) == [("Bolts & Co", 10, 25)]
    assert rests(shop, shop.screws[0]) == []
    shop.receive(shop.line(order_id).id, 50)
    assert rests(shop, shop.screws[2]) == [("Bolts & Co", 10, 25)], "the fifty fill the other cards"
    shop.receive(shop.line(order_id).id, 4)
    assert rests(shop, shop.screws[2]) == [("Bolts & Co", 6, 25)]
    shop.receive(shop.line(order_id).id, 6)
    assert rests(shop, shop.screws[2]) == []


def test_a_cancelled_part_comes_from_nowhere(shop: Shop) -> None:
    order_id = shop.ordered(*shop.screws)
    offer_elsewhere(shop)
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(60)))
    pass_on(shop, order_id)
    shop.cancel(order_id)
    assert rests(shop, shop.screws[2]) == []


def test_the_next_turn_of_a_card_says_nothing_of_the_one_before(shop: Shop) -> None:
    order_id = shop.ordered(*shop.screws)
    offer_elsewhere(shop)
    answer(shop, answers.confirm, order_id, LineSaid(shop.line(order_id).id, Decimal(60)))
    pass_on(shop, order_id)
    elsewhere = shop.look(shop.screws[2]).order_id
    assert elsewhere is not None
    shop.release(elsewhere)
    shop.receive(shop.line(elsewhere).id, 15)
    assert shop.supply(shop.screws[2]) == "full"
    assert rests(shop, shop.screws[2]) == [("Bolts & Co", 10, 25)]
    shop.scan(shop.screws[2])
    assert rests(shop, shop.screws[2]) == []


def test_nothing_is_missing_of_a_line_that_nobody_has_answered_or_that_is_over(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    assert shortages.missing(shop.line(order_id)) == 0
    shop.receive(shop.line(order_id).id, 30)
    assert shop.line(order_id).closed_at is not None
    assert shortages.missing(shop.line(order_id)) == 0
