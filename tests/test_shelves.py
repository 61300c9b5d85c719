"""Shelf audits: what stands on a place against what the records say."""

from __future__ import annotations

from decimal import Decimal

import pytest
from shop import Shop
from sqlalchemy.orm import Session

from kanban import codes, counts, items, loops, prints


def sweep(shop: Shop, place: str, seen: list[str], doubled: tuple[str, ...] = ()) -> counts.ShelfAudit:
    deed = shop.deed()

    def act(session: Session) -> counts.ShelfAudit:
        location = session.get_one(items.Location, shop.ids[place])
        audit = counts.audit(session, deed, location, seen, doubled)
        assert audit.finds
        return audit

    return shop.write(act)


def found(audit: counts.ShelfAudit) -> dict[str, str]:
    """What was found, by code; a doubled one by its code and a star."""
    return {each.code + ("*" if each.find == "doubled" else ""): each.find for each in audit.finds}


def test_a_shelf_that_is_as_the_records_say_is_wholly_accurate(shop: Shop) -> None:
    audit = sweep(shop, "rack", shop.cards)
    assert set(found(audit).values()) == {"seen"}
    assert (audit.seen, audit.wrong, audit.accuracy) == (len(shop.cards), 0, Decimal(100))


def test_a_full_bin_that_was_not_read_is_missing_and_one_on_order_is_not_judged(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    audit = sweep(shop, "rack", [code for code in shop.cards if code not in shop.screws[:2]])
    assert found(audit)[shop.screws[0]] == "away"
    assert found(audit)[shop.screws[1]] == "missing"
    assert (audit.seen, audit.wrong) == (5, 1)
    assert audit.accuracy == Decimal(500) / 6


def test_a_bin_on_order_that_stands_there_is_seen(shop: Shop) -> None:
    shop.scan(shop.screws[0])
    assert found(sweep(shop, "rack", shop.cards))[shop.screws[0]] == "seen"


def test_a_site_holds_all_that_stands_below_it(shop: Shop) -> None:
    assert set(found(sweep(shop, "site", shop.cards)).values()) == {"seen"}


def test_cards_that_belong_elsewhere_or_nowhere_are_named(shop: Shop) -> None:
    other = shop.write(
        lambda session: (
            items.add_location(
                session, shop.deed(), "Rack B", session.get_one(items.Location, shop.ids["site"])
            ).id
        )
    )
    shop.ids["rack_b"] = other
    shop.set_life(shop.screws[0], "retired", "lost")
    unknown = codes.make()
    new = shop.write(
        lambda session: (
            loops.add_cards(
                session,
                shop.deed(),
                loops.by_code(session, shop.gloves[0]).loop,
                1,
                "new",  # type: ignore[union-attr]
            )[0].code
        )
    )
    audit = sweep(shop, "rack_b", [shop.screws[0], shop.screws[1], new, unknown])
    assert found(audit) == {
        shop.screws[0]: "retired", shop.screws[1]: "foreign", new: "new", unknown: "unknown",
    }  # fmt: skip
    assert (audit.seen, audit.wrong, audit.accuracy) == (0, 4, Decimal(0))


def test_two_labels_with_one_code_count_as_seen_and_as_wrong(shop: Shop) -> None:
    audit = sweep(shop, "rack", [*shop.cards, shop.paper[0].lower()], (shop.paper[0],))
    assert found(audit)[shop.paper[0]] == "seen"
    assert found(audit)[shop.paper[0] + "*"] == "doubled"
    assert (audit.seen, audit.wrong) == (7, 1)


def test_an_old_label_is_named_and_its_card_is_seen_all_the_same(shop: Shop) -> None:
    first = shop.screws[0]
    print_label(shop, first)
    print_label(shop, first)
    now_worn = shop.look(first).code
    assert now_worn != first
    audit = sweep(shop, "rack", [first, *shop.cards[1:]])
    kinds = sorted(each.find for each in audit.finds if each.code in (first, now_worn))
    assert kinds == ["old", "seen"]
    assert (audit.seen, audit.wrong) == (7, 1)
    assert sweep(shop, "rack", [now_worn, *shop.cards[1:]]).wrong == 0


def print_label(shop: Shop, code: str) -> None:
    """Print the card's label once more, and hang it up."""
    deed, card = shop.deed(), shop.look(code)

    def act(session: Session) -> None:
        version = session.get_one(loops.Card, card.card_id).print_version
        paper = prints.Paper("card", "a4-cards", "{}", "en", "http://a.example")
        batch = prints.make(session, deed, [prints.Wanted(card.card_id, version, {}, "")], paper)
        prints.hand_over(session, deed, batch)

    shop.write(act)


def test_a_code_that_was_not_read_cannot_be_there_twice(shop: Shop) -> None:
    assert sweep(shop, "rack", shop.screws, (shop.paper[0],)).wrong == 4


def test_a_sweep_that_says_nothing_and_a_text_that_is_no_code_are_refused(shop: Shop) -> None:
    for place in ("rack", "site"):
        with pytest.raises(codes.BadCode):
            sweep(shop, place, ["no code"])
    shop.ids["yard"] = shop.write(lambda session: items.add_location(session, shop.deed(), "Yard").id)
    with pytest.raises(counts.NothingSwept):
        sweep(shop, "yard", [])


def test_an_audit_changes_no_card_and_is_in_the_journal(shop: Shop) -> None:
    before = [shop.look(code) for code in shop.cards]
    sweep(shop, "rack", shop.screws)
    assert [shop.look(code) for code in shop.cards] == before
    (event,) = shop.events("audited")
    assert (event.noun, event.noun_id, event.facts["seen"], event.facts["missing"]) == (
        "location", shop.ids["rack"], 3, 4,
    )  # fmt: skip


def test_places_tell_how_many_cards_stand_at_and_below_them(shop: Shop) -> None:
    shop.set_life(shop.screws[0], "retired", "lost")
    with shop.database.read() as session:
        told = [(place.path, cards) for place, cards in counts.places(session)]
    assert told == [("Works", 6), ("Works › Rack A", 6)]


def test_past_audits_are_told_newest_first_and_counted(shop: Shop) -> None:
    with shop.database.read() as session:
        assert counts.audits(session, 0, 10) == ([], 0)
    first, second = sweep(shop, "rack", shop.cards), sweep(shop, "rack", shop.cards[:1])
    with shop.database.read() as session:
        rows, count = counts.audits(session, 0, 1)
        assert ([each.id for each in rows], count) == ([second.id], 2)
        assert [each.id for each in counts.audits(session, 1, 1)[0]] == [first.id]
