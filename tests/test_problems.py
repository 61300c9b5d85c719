"""Something is wrong: reported by whoever holds the bin, settled by a buyer."""

from __future__ import annotations

from typing import Any

import pytest
from shop import Shop

from kanban import loops, problems
from kanban.problems import About, Problem


def report(shop: Shop, code: str, *rest: Any) -> Problem:
    deed = shop.deed()

    def act(session: Any) -> Problem:
        return problems.report(session, deed, About(card=loops.by_code(session, code)), *rest)

    return shop.write(act)


def test_a_report_about_a_card_names_the_order_that_it_is_on(shop: Shop) -> None:
    order_id = shop.on_its_way(shop.screws[0])
    problem = report(shop, shop.screws[0], "damaged", "rust")
    assert (problem.card_id, problem.order_line_id) == (
        shop.look(shop.screws[0]).card_id, shop.line(order_id).id,
    )  # fmt: skip
    event = shop.events("reported")[0]
    assert (event.noun, event.order_id, event.facts) == ("problem", order_id, {"kind": "damaged"})


def test_what_was_written_never_enters_the_journal(shop: Shop) -> None:
    report(shop, shop.screws[0], "short", "Anna says 3 are missing")
    assert "Anna" not in shop.events("reported")[0].data


def test_a_full_card_s_problem_is_about_no_order(shop: Shop) -> None:
    assert report(shop, shop.screws[0], "short").order_line_id is None


def test_something_else_needs_a_word(shop: Shop) -> None:
    with pytest.raises(problems.SaysNothing):
        report(shop, shop.screws[0], "other")
    assert shop.count(Problem) == 0


def test_a_problem_is_settled_once(shop: Shop) -> None:
    problem_id = report(shop, shop.screws[0], "damaged").id
    deed = shop.deed()
    settle = lambda session: problems.settle(session, deed, session.get_one(Problem, problem_id), "replaced")  # noqa: E731
    shop.write(settle)
    with shop.database.read() as session:
        assert (problems.count_open(session), session.get_one(Problem, problem_id).settlement) == (
            0,
            "replaced",
        )
    with pytest.raises(problems.ProblemSettled):
        shop.write(settle)
