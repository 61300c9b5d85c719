"""What the board, the order page and the exports ask the database, alike on both."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from sqlalchemy.orm import Session

from kanban import orders
from kanban.orders import rules
from kanban.reports import board, exports
from kanban.reports import orders as order_reports
from tests.shop import Shop

TODAY = date(2026, 3, 2)


def lanes(shop: Shop, today: date = TODAY, **how: object) -> dict[str, board.Lane]:
    with shop.database.read() as session:
        return {lane.key: lane for lane in board.lanes(session, today, **how)}  # type: ignore[arg-type]


def test_the_board_follows_the_goods(shop: Shop) -> None:
    sent = shop.ordered(shop.paper[0])
    shop.scan(shop.screws[0])
    seen = lanes(shop)
    assert [row.code for row in seen["to_order"].rows] == [shop.screws[0]]
    assert [row.code for row in seen["ordered"].rows] == [shop.paper[0]]
    assert seen["coming"].count == 0
    shop.confirm(sent)
    assert [row.code for row in lanes(shop)["coming"].rows] == [shop.paper[0]]


def test_a_received_card_leaves_the_board(shop: Shop) -> None:
    shop.on_its_way(shop.paper[0])
    shop.scan(shop.paper[0])
    assert sum(lane.count for lane in lanes(shop).values()) == 0


def test_the_last_full_card_of_a_loop_outranks_everything(shop: Shop) -> None:
    shop.scan(shop.paper[0])
    shop.later(hours=1)
    for code in shop.screws:
        shop.scan(code)
    rows = lanes(shop)["to_order"].rows
    assert [row.risk for row in rows if row.code in shop.screws] == [True] * len(shop.screws)
    assert rows[0].code in shop.screws
    assert lanes(shop)["to_order"].risk == sum(row.risk for row in rows)


def test_a_card_that_cannot_order_is_no_stock(shop: Shop) -> None:
    *others, last = shop.screws
    for code in others:
        shop.set_life(code, "on_hold")
    shop.scan(last)
    assert lanes(shop)["to_order"].rows[0].risk


def test_urgent_comes_before_older(shop: Shop) -> None:
    shop.scan(shop.gloves[0])
    shop.later(minutes=5)
    shop.scan(shop.screws[0])
    shop.set_urgent(shop.screws[0])
    assert lanes(shop)["to_order"].rows[0].code == shop.screws[0]


def test_what_should_be_here_is_late(shop: Shop) -> None:
    shop.ordered(shop.paper[0])
    row = lanes(shop)["ordered"].rows[0]
    assert row.due is not None
    assert not row.late
    late = lanes(shop, date(2026, 12, 31))["ordered"]
    assert late.rows[0].late
    assert late.late == 1


def test_the_board_is_searched_by_any_of_its_words(shop: Shop) -> None:
    shop.ordered(shop.paper[0])
    row = lanes(shop)["ordered"].rows[0]
    for word in (
        row.sku,
        row.item_name.upper(),
        row.supplier[:4],
        row.location[-4:],
        str(row.order_number),
        row.code,
    ):
        assert lanes(shop, search=word)["ordered"].count == 1, word
    assert lanes(shop, search="no such thing")["ordered"].count == 0


def test_wildcards_of_the_database_are_plain_letters_in_a_search(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    for typed in ("%", "_", "!", "100%'--"):
        assert lanes(shop, search=typed)["to_order"].count == 0, typed


def test_a_long_lane_is_read_page_by_page(shop: Shop) -> None:
    for code in (*shop.screws, *shop.gloves):
        shop.scan(code)
    whole = [row.code for row in lanes(shop)["to_order"].rows]
    first = lanes(shop, lane="to_order", limit=2)["to_order"]
    second = lanes(shop, lane="to_order", skip=2, limit=2)["to_order"]
    assert first.count == second.count == len(whole)
    assert [row.code for row in (*first.rows, *second.rows)] == whole[:4]


def test_a_draft_is_worth_what_it_would_order_now(shop: Shop) -> None:
    order_id = shop.scan(shop.screws[0]).order_id
    assert order_id is not None
    with shop.database.read() as session:
        values = rules.values_of(session, [order_id])
    assert values == {order_id: (1, Decimal("75"))}  # 25 needed, packs of 10: 30 at 2.50
    shop.undo(shop.screws[0])
    with shop.database.read() as session:
        assert rules.values_of(session, [order_id]) == {}


def test_an_order_page_shows_rounding_packs_and_cards(shop: Shop) -> None:
    order_id = shop.ordered(*shop.screws[:2])
    with shop.database.read() as session:
        order = order_reports.with_lines(session, order_id)
        assert order is not None
        (line,) = order_reports.line_views(session, order)
    assert (line.need, line.quantity, line.packs, line.surplus) == (50, 50, 5, 0)
    assert [card.code for card in line.cards] == shop.screws[:2]
    assert line.total == line.quantity * (line.unit_price or 0)


def test_a_draft_whose_signals_were_taken_back_is_not_listed(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    with shop.database.read() as session:
        assert order_reports.page(session, TODAY)[1] == 1
    shop.undo(shop.screws[0])
    with shop.database.read() as session:
        assert order_reports.page(session, TODAY) == ([], 0)


def test_orders_are_found_by_number_supplier_and_state(shop: Shop) -> None:
    shop.ordered(shop.paper[0])
    shop.scan(shop.screws[0])
    with shop.database.read() as session:
        assert order_reports.page(session, TODAY, search="po-0000")[1] == 1
        assert order_reports.page(session, TODAY, search="PAPER")[1] == 1
        assert order_reports.page(session, TODAY, states=("draft",))[1] == 1
        rows, count = order_reports.page(session, TODAY, skip=1, limit=1)
    assert (len(rows), count) == (1, 2)


def test_orders_that_are_late_against_their_confirmed_day_lead(shop: Shop) -> None:
    first, second = shop.ordered(shop.paper[0]), shop.ordered(shop.screws[0])
    third = shop.ordered(shop.screws[1])

    def confirm(order_id: int, day: date) -> None:
        def verb(session: Session) -> None:
            for line in session.get_one(orders.Order, order_id).lines:
                line.confirmed_due = day

        shop.write(verb)

    confirm(first, TODAY - timedelta(days=2))
    confirm(second, TODAY - timedelta(days=5))

    def listed(sort: str) -> list[int]:
        with shop.database.read() as session:
            return [row.order.id for row in order_reports.page(session, TODAY, sort=sort)[0]]

    assert listed("late") == [second, first, third]
    confirm(third, TODAY - timedelta(days=3))
    assert listed("due") == [second, third, first]
    with shop.database.read() as session:
        rows = {row.order.id: row for row in order_reports.page(session, TODAY)[0]}
    assert (rows[second].due, rows[second].is_confirmed) == (TODAY - timedelta(days=5), True)
    shop.receive(shop.line(second).id, 30)
    assert listed("late") == [third, first, second], "nothing of it is to come"


def test_the_journal_is_read_to_its_end_by_cursor(shop: Shop) -> None:
    shop.scan(shop.screws[0], shop.deed("key-of-the-first"))
    seen: list[dict[str, object]] = []
    with shop.database.read() as session:
        while page := list(exports.journal_rows(session, len(seen), 7)):
            seen += page
    assert [row["seq"] for row in seen] == list(range(1, len(shop.events()) + 1))
    assert all(later["prev_hash"] == earlier["hash"] for earlier, later in pairwise(seen))
    assert seen[-1]["key"] == "key-of-the-first"
    assert (seen[-1]["kind"], seen[-1]["effect"], seen[-1]["card"]) == ("scan", "signalled", shop.screws[0])


def test_each_turn_names_the_key_of_its_signal(shop: Shop) -> None:
    answer = shop.scan(shop.screws[0], shop.deed("key-of-the-first"))
    with shop.database.read() as session:
        (row,) = exports.order_rows(session, 0, 100)
    assert row["source_key"] == "key-of-the-first"
    assert (row["id"], row["number"], row["state"], row["card"]) == (
        answer.order_id,
        None,
        "draft",
        shop.screws[0],
    )
    assert row["outcome"] is None


def test_the_cards_tell_their_supply(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    with shop.database.read() as session:
        cards = {row["code"]: row for row in exports.card_rows(session, 0, 1000)}
    assert set(cards) == set(shop.cards)
    assert cards[shop.screws[0]]["supply"] == "empty"
    assert cards[shop.screws[1]]["supply"] == "full"
    assert cards[shop.screws[0]]["card_quantity"] == "25"
