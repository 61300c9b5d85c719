"""The life of a printed label: new codes, old labels, void ones, blank ones, and prints that fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shop import Shop
from sqlalchemy import select

from kanban import journal, labels, loops, orders, prints
from kanban.labels import stocks
from kanban.loops import Card
from kanban.prints import Batch, LabelIssue
from kanban.reports import printing

ASSETS = Path(__file__).parent.parent / "labels"
STOCK = stocks.every(ASSETS)["a4-cards"]
HOW = labels.plan(ASSETS, "https://kanban.example", "card", STOCK)
PAPER = printing.paper_of(HOW, None)


def wanted(shop: Shop, *codes: str) -> list[prints.Wanted]:
    with shop.database.read() as session:
        ids = [prints.card_of(session, code).id for code in codes]
        return printing.wanted_labels(session, printing.cards(session, ids), ("en",))


def make(shop: Shop, *codes: str, hand_over: bool = True) -> int:
    """Print the cards with these codes; returns the batch."""
    labels_of = wanted(shop, *codes)

    def issue(session) -> int:
        batch = prints.make(session, shop.deed(), labels_of, PAPER)
        if hand_over:
            prints.hand_over(session, shop.deed(), batch)
        return batch.id

    return shop.write(issue)


def batch_do(shop: Shop, batch_id: int, verb: Callable[..., Any], *rest: Any) -> Any:
    return shop.write(lambda session: verb(session, shop.deed(), session.get_one(Batch, batch_id), *rest))


def codes_of(shop: Shop, batch_id: int) -> list[str]:
    query = select(LabelIssue.code).where(LabelIssue.batch_id == batch_id).order_by(LabelIssue.id)
    with shop.database.read() as session:
        return list(session.scalars(query))


def card_of(shop: Shop, code: str) -> Card:
    with shop.database.read() as session:
        found = prints.card_of(session, code)
        assert found is not None
        return found


def printed_codes(shop: Shop, *codes: str) -> list[str]:
    return codes_of(shop, make(shop, *codes))


def test_the_first_label_carries_the_code_that_the_card_has(shop: Shop) -> None:
    assert printed_codes(shop, *shop.screws) == shop.screws
    card = card_of(shop, shop.screws[0])
    assert (card.print_version, card.printed_at, card.reprint_requested) == (1, shop.at, False)


def test_the_next_label_has_a_code_of_its_own_and_the_old_one_still_counts(shop: Shop) -> None:
    old = shop.screws[0]
    printed_codes(shop, old)
    shop.later(days=3)
    [new] = printed_codes(shop, old)
    assert new != old
    assert shop.look(new).label_ended == ""
    seen = shop.look(old)
    assert (seen.code, seen.label_ended, seen.label_ended_at) == (new, "replaced", shop.at)
    answer = shop.scan(old)
    assert answer.effect == "signalled"
    assert [event.facts for event in shop.events("old_label")] == [{"label": old}]
    assert shop.scan(new).effect == "already"
    assert len(shop.events("old_label")) == 1


def test_a_jam_and_a_reprint_give_one_order_whichever_label_is_scanned(shop: Shop) -> None:
    """Two labels for one bin (R24): one order."""
    first = printed_codes(shop, shop.screws[0])
    second = printed_codes(shop, shop.screws[0])
    effects = [shop.scan(code).effect for code in (*first, *second, *first)]
    assert effects == ["signalled", "already", "already"]
    assert shop.count(orders.Replenishment) == 1


def test_a_print_that_the_journal_knows_nothing_of_is_recognised_too(shop: Shop) -> None:
    """A card that was printed before there were issues, or elsewhere."""

    def note(session) -> None:
        loops.note_printed(session, shop.deed(), [loops.by_code(session, shop.screws[0])])

    shop.write(note)
    [new] = printed_codes(shop, shop.screws[0])
    assert shop.look(shop.screws[0]).label_ended == "replaced"
    assert card_of(shop, new).print_version == 2


def test_labels_that_did_not_come_out_change_nothing(shop: Shop) -> None:
    make(shop, shop.screws[0])
    batch = make(shop, shop.screws[0], hand_over=False)
    [new] = codes_of(shop, batch)
    assert card_of(shop, shop.screws[0]).print_version == 1
    assert shop.look(shop.screws[0]).label_ended == ""
    assert shop.look(new).card_id == shop.look(shop.screws[0]).card_id, "it came out all the same: it counts"
    batch_do(shop, batch, prints.note_failure, "the printer is off")
    with shop.database.read() as session:
        assert session.get_one(Batch, batch).state == "failed"
    batch_do(shop, batch, prints.hand_over)
    assert shop.look(shop.screws[0]).label_ended == "replaced"


def test_a_cancelled_print_never_counts_and_its_cards_are_printed_anew(shop: Shop) -> None:
    make(shop, shop.screws[0])
    batch = make(shop, shop.screws[0], hand_over=False)
    [came_out] = codes_of(shop, batch)
    batch_do(shop, batch, prints.cancel)
    for verb in (prints.cancel, prints.hand_over):
        with pytest.raises(prints.NotPrintable, match="was cancelled"):
            batch_do(shop, batch, verb)
    batch_do(shop, batch, prints.note_failure, "the printer is off")
    with shop.database.read() as session:
        assert session.get_one(Batch, batch).state == "cancelled"
    assert card_of(shop, shop.screws[0]).print_version == 1
    assert shop.look(came_out).card_id == shop.look(shop.screws[0]).card_id, "it came out all the same"
    done = make(shop, shop.screws[0])
    with pytest.raises(prints.NotPrintable, match="printed already"):
        batch_do(shop, done, prints.cancel)


def test_handing_over_twice_or_after_another_print_is_refused(shop: Shop) -> None:
    batch = make(shop, shop.screws[0], hand_over=False)
    make(shop, shop.screws[0])
    with pytest.raises(prints.CardsChanged):
        batch_do(shop, batch, prints.hand_over)
    done = make(shop, shop.screws[1])
    with pytest.raises(prints.NotPrintable):
        batch_do(shop, done, prints.hand_over)


def test_a_card_that_was_printed_or_retired_meanwhile_is_not_printed(shop: Shop) -> None:
    asked = wanted(shop, shop.screws[0])
    make(shop, shop.screws[0])
    with pytest.raises(prints.CardsChanged):
        shop.write(lambda session: prints.make(session, shop.deed(), asked, PAPER))
    asked = wanted(shop, shop.screws[1])
    shop.set_life(shop.screws[1], "retired", "lost")
    with pytest.raises(prints.CardsChanged):
        shop.write(lambda session: prints.make(session, shop.deed(), asked, PAPER))


def test_a_void_label_never_orders_and_its_card_waits_for_paper(shop: Shop) -> None:
    batch = make(shop, *shop.screws)
    assert batch_do(shop, batch, prints.void) == 3
    answer = shop.scan(shop.screws[0])
    assert (answer.effect, answer.reason) == ("refused", "void_label")
    card = card_of(shop, shop.screws[0])
    assert (card.reprint_requested, card.reprint_because) == (True, "void")
    [new] = printed_codes(shop, shop.screws[0])
    assert shop.scan(new).effect == "signalled"
    assert shop.scan(shop.screws[0]).reason == "void_label"


def test_a_lost_card_never_orders_by_any_of_its_labels(shop: Shop) -> None:
    printed_codes(shop, shop.screws[0])
    [second] = printed_codes(shop, shop.screws[0])
    successor = shop.replace(second)
    for code in (shop.screws[0], second):
        assert (shop.scan(code).effect, shop.scan(code).reason) == ("refused", "lost")
    assert shop.scan(successor).effect == "in_service" or shop.look(successor).life == "active"


def blank(shop: Shop, count: int = 1) -> list[str]:
    batch = shop.write(lambda session: prints.make_blank(session, shop.deed(), count, PAPER).id)
    return codes_of(shop, batch)


def claim(shop: Shop, code: str, card_code: str) -> None:
    def do(session) -> None:
        issue = prints.issue_of(session, code)
        prints.claim(session, shop.deed(), issue, prints.card_of(session, card_code))

    shop.write(do)


def test_a_blank_label_orders_nothing_until_it_is_claimed(shop: Shop) -> None:
    [code, other] = blank(shop, 2)
    answer = shop.scan(code)
    assert (answer.effect, answer.reason) == ("refused", "blank")
    claim(shop, code, shop.screws[0])
    assert shop.scan(code).effect == "signalled"
    assert shop.look(code).label_ended == ""
    with pytest.raises(prints.NotBlank):
        claim(shop, code, shop.screws[1])
    assert shop.scan(other).reason == "blank"


def test_claiming_for_a_printed_card_replaces_its_label(shop: Shop) -> None:
    make(shop, shop.screws[0])
    [code] = blank(shop)
    claim(shop, code, shop.screws[0])
    assert shop.look(shop.screws[0]).label_ended == "replaced"
    assert card_of(shop, code).print_version == 2


def test_a_void_blank_label_is_claimed_by_nobody(shop: Shop) -> None:
    batch = shop.write(lambda session: prints.make_blank(session, shop.deed(), 1, PAPER).id)
    [code] = codes_of(shop, batch)
    batch_do(shop, batch, prints.void)
    assert shop.scan(code).reason == "unknown"
    with pytest.raises(prints.NotBlank):
        claim(shop, code, shop.screws[0])


@pytest.mark.parametrize("change", [{"card_quantity": 30}, {"colour": "#c62828"}])
def test_only_what_changed_is_printed_again(shop: Shop, change: dict[str, Any]) -> None:
    make(shop, *shop.cards)

    def changed() -> list[int]:
        with shop.database.read() as session:
            return printing.card_ids(session, printing.Choice("changed"))

    assert changed() == []
    facts = {key: Decimal(value) if isinstance(value, int) else value for key, value in change.items()}
    shop.change_loop(shop.screws[0], **facts)
    assert changed() == [shop.look(code).card_id for code in shop.screws]
    make(shop, *shop.screws)
    assert changed() == []


def test_a_batch_gives_the_same_labels_whatever_has_changed_since(shop: Shop) -> None:
    batch_id = make(shop, *shop.screws)

    def made() -> list[labels.Label]:
        with shop.database.read() as session:
            return list(printing.batch_labels(session, session.get_one(Batch, batch_id), UTC))

    before = made()
    shop.change_loop(shop.screws[0], card_quantity=Decimal(99))
    assert made() == before
    assert before[0].quantity.startswith("25 ")
    with shop.database.read() as session:
        assert printing.plan_of(session.get_one(Batch, batch_id), ASSETS) == HOW


def test_hundreds_of_labels_are_issued_in_one_go(shop: Shop) -> None:
    """Fast enough that nobody waits for the writer: a millisecond or two a label."""
    [first] = wanted(shop, shop.screws[0])

    def fill(session) -> list[prints.Wanted]:
        card = loops.by_code(session, shop.screws[0])
        loops.add_cards(session, shop.deed(), card.loop, 900, "active")
        session.flush()
        ids = session.scalars(select(Card.id).where(Card.loop_id == card.loop_id).order_by(Card.id))
        return [replace(first, card_id=each) for each in ids]

    asked = shop.write(fill)

    def issue(session) -> int:
        batch = prints.make(session, shop.deed(), asked, PAPER)
        prints.hand_over(session, shop.deed(), batch)
        return batch.id

    began = time.process_time()
    batch_id = shop.write(issue)
    assert len(codes_of(shop, batch_id)) == len(asked) == len(set(codes_of(shop, batch_id)))
    assert time.process_time() - began < 3
    with shop.database.read() as session:
        assert not list(journal.verify(session))
