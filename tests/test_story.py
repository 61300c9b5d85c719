"""The journal in plain words: every kind of event that the program writes has words, and they say enough."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from shop import Shop

import kanban
from kanban import counts, loops, orders, outbox
from kanban.journal import Event
from kanban.reports import story
from kanban.reports.words import WORDS, tell_kind

SOURCE = Path(kanban.__file__).parent
EFFECTS = ("signalled", "already", "asked", "received", "in_service", "stale", "nothing", "refused")


def written_kinds() -> set[tuple[str, str]]:
    """Kind and noun of every ``journal.append`` in the program whose words stand in the source."""
    found = set()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("journal.append"):
                kind, noun = node.args[2:4]
                if isinstance(kind, ast.Constant) and isinstance(noun, ast.Constant):
                    found.add((str(kind.value), str(noun.value)))
    return found


def all_kinds() -> set[tuple[str, str]]:
    """Those too whose kind or noun is worked out only when the program runs."""
    lives = {(life, "card") for life in loops.LIVES if life != "new"}
    outcomes = {(outcome, "replenishment") for outcome in orders.OUTCOMES}
    return (
        written_kinds()
        | lives
        | outcomes
        | {(effect, "scan") for effect in EFFECTS}
        | {("received", "receipt"), ("corrected", "receipt"), ("picked", "scan")}
        | {("answered", "answer"), ("left", "answer")}
        | {("price_accepted", "order_line"), ("price_refused", "order_line")}
        | {("pin_set", "person"), ("pin_removed", "person")}
        | {(f"advice_{state}", "loop") for state in ("accepted", "refused")}
        | {(f"stock_{kind}", "loop") for kind in counts.ledger.MOVED_BY}
        | {(kind, "delivery") for kind in outbox.TOLD}
    )


def test_every_kind_that_the_program_writes_has_words() -> None:
    assert len(written_kinds()) > 25
    assert all_kinds() - WORDS.keys() == set()


def test_there_are_no_words_for_kinds_that_nobody_writes() -> None:
    assert WORDS.keys() - all_kinds() == set()


@pytest.mark.parametrize("kind_and_noun", sorted(WORDS))
def test_words_are_found_even_for_an_event_without_facts(kind_and_noun: tuple[str, str]) -> None:
    told = tell_kind(*kind_and_noun, {})
    assert told
    assert told == told.strip()
    assert not told.endswith(".")


def test_an_unknown_kind_is_named_and_does_not_break() -> None:
    assert tell_kind("stolen_by", "bin", {}) == "bin stolen by"


def test_a_bare_event_is_told_without_names() -> None:
    event = Event(kind="received", noun="scan", data='{"quantity":"1250","over":"0"}')
    assert story.tell(event) == "received 1,250 units"


def test_the_turn_of_a_card_reads_as_a_story(shop: Shop) -> None:
    order_id = shop.on_its_way(*shop.screws)
    shop.scan(shop.screws[0])
    with shop.database.read() as session:
        loop_id = shop.look(shop.screws[0]).loop_id
        told = [(entry.text, entry.by) for entry in story.of_loop(session, loop_id)]
    assert told[:4] == [
        ("Card 1: full again", "Owner"),
        ("Card 1: received 25 pcs", "Owner"),
        ("PO-000001: on its way", "Owner"),
        ("PO-000001: sent to Bolts & Co with 1 line", "Owner"),
    ]
    assert ("Card 2: signalled, joined the draft for Bolts & Co, now PO-000001", "Owner") in told
    with shop.database.read() as session:
        texts = [entry.text for entry in story.of_order(session, order_id)]
    assert "SCREW card 1: received 25 pcs" in texts


def test_amounts_of_money_are_never_told() -> None:
    facts = {"unit_cost": "17.77", "prices": [["1", "17.77"]], "minimum_order_value": "17.77", "name": "New"}
    told = tell_kind("changed", "item", facts)
    assert "17.77" not in told
    assert "the name to “New”" in told


def test_a_history_is_read_in_one_statement_per_page(shop: Shop) -> None:
    with shop.database.read() as session:
        entries = story.of_item(session, 1, limit=2)
    assert len(entries) == 2
    assert entries[0].id > entries[1].id
