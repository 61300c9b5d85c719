"""A sheet into the shop and out of it again: what is planned, what is kept, what is refused."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import stat
import string
import subprocess
import sys
import textwrap
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import func, select, text

from kanban import clock, items, journal, loops, schema, suppliers
from kanban.cli import main
from kanban.db import Database
from kanban.imports import applying, export, planning, rows, sheet, uploads
from kanban.imports.cells import SHEET_ERRORS
from kanban.items import Item, Location
from kanban.keeping import replay
from kanban.loops import Card, Loop
from kanban.suppliers import Supplier, SupplierItem
from kanban.text import clean, from_cell, to_cell

SHEET = """\
SKU,Name,Unit,Supplier,Supplier kind,Supplier SKU,Pack size,Price,Lead time,Location,Cards,Quantity per bin
M8,Bolt M8,pcs,ACME,,933,100,1:0.12; 1000:0.09,5,Hall 1 > Rack A > 3,2,500
GLV,"Gloves, size 9",pair,Main store,internal,,12,2.50,1,Hall 1 > Rack A > 4,3,24
M8,,,ACME,,,,,,Hall 2,2,250
"""


def deed(key: str | None = None) -> journal.Deed:
    return journal.Deed(clock.now(), journal.By("import"), key, key and "same")


def parsed(text: str) -> rows.Parsed:
    return rows.parse(sheet.read(text.encode(), "sheet.csv"))


def planned(database: Database, text: str) -> planning.Plan:
    with database.read() as session:
        return planning.plan(session, parsed(text), "EUR")


def told(database: Database, text: str) -> list[str]:
    """The errors of a sheet, each as one line."""
    return [f"{error.row} {error.column}: {error.message}" for error in planned(database, text).errors]


def take_in(database: Database, text: str, **how: str) -> applying.Applied:
    this = deed()
    return database.write(lambda session: applying.apply(session, this, parsed(text), "EUR", **how))


def given_out(database: Database) -> str:
    with database.read() as session:
        return export.as_csv(export.everything(session, "EUR")).decode("utf-8-sig")


def revision(database: Database) -> int:
    with database.read() as session:
        return journal.revision(session)


def number_of(database: Database, table: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def counts(plan: planning.Plan) -> dict[str, tuple[int, int, int]]:
    return {noun: (each.new, each.changed, each.same) for noun, each in plan.counts.items()}


# Taken in


def test_a_sheet_becomes_items_offers_places_loops_and_cards_in_service(database):
    made = take_in(database, SHEET)
    assert made.counts["cards"] == {"new": 7, "changed": 0}
    with database.read() as session:
        bolt = items.by_sku(session, "m8")
        assert (bolt.name, bolt.unit) == ("Bolt M8", "pcs")
        acme = suppliers.by_name(session, "ACME")
        offer = suppliers.offer_of(session, acme, bolt)
        assert (offer.sku, offer.pack_size, offer.lead_time) == ("933", 100, 5)
        assert suppliers.prices_of(offer) == ((1, Decimal("0.12")), (1000, Decimal("0.09")))
        place = items.location_at(session, "Hall 1 › Rack A › 3")
        hall = items.location_at(session, "Hall 1")
        assert (place.site_id, place.parent.parent_id, hall.site_id) == (hall.id, hall.id, hall.id)
        here = session.scalars(select(Loop).order_by(Loop.id)).all()
        assert [(loop.card_quantity, loop.kind) for loop in here] == [
            (500, "purchase"), (24, "transfer"), (250, "purchase"),
        ]  # fmt: skip
        cards = session.scalars(select(Card).where(Card.loop_id == here[1].id).order_by(Card.number)).all()
        assert [(card.number, card.life, card.print_version) for card in cards] == [
            (1, "active", 0), (2, "active", 0), (3, "active", 0),
        ]  # fmt: skip
        assert len({card.code for card in session.scalars(select(Card))}) == 7


def test_what_is_planned_is_what_is_made(database):
    plan = planned(database, SHEET)
    first, second, third = plan.fates.values()
    assert (first.row, first.sku, first.name) == (2, "M8", "Bolt M8")
    assert first.new == [
        "item", "supplier ACME", "offer", "place Hall 1 › Rack A › 3", "loop with 2 cards",
    ]  # fmt: skip
    assert third.new == ["place Hall 2", "loop with 2 cards"]
    assert second.changes == []
    made = take_in(database, SHEET)
    assert {noun: each["new"] for noun, each in made.counts.items()} == {
        noun: each.new for noun, each in plan.counts.items()
    }
    assert [number_of(database, table) for table in (Item, Supplier, SupplierItem, Location, Loop, Card)] == [
        2, 2, 2, 5, 3, 7,
    ]  # fmt: skip


def test_an_import_says_the_same_in_the_journal_as_one_by_one(new_database):
    at_once, one_by_one = new_database(), new_database()
    take_in(at_once, SHEET.splitlines()[0] + "\n" + SHEET.splitlines()[1])

    def by_hand(session):
        this = deed()
        bolt = items.add(session, this, items.ItemFacts("M8", "Bolt M8", "pcs"))
        acme = suppliers.add(session, this, suppliers.SupplierFacts("ACME"))
        hall = items.add_location(session, this, "Hall 1")
        rack = items.add_location(session, this, "Rack A", hall)
        place = items.add_location(session, this, "3", rack)
        prices = ((Decimal(1), Decimal("0.12")), (Decimal(1000), Decimal("0.09")))
        facts = suppliers.OfferFacts("933", Decimal(100), lead_time=5, prices=prices)
        offer = suppliers.add_offer(session, this, acme, bolt, facts)
        loop = loops.add(session, this, place, offer, loops.LoopFacts(Decimal(500)))
        loops.add_cards(session, this, loop, 2, "active")

    one_by_one.write(by_hand)
    says = []
    for database in (at_once, one_by_one):
        with database.read() as session:
            assert list(journal.verify(session)) == []
            assert list(replay.differences(session)) == []
            says.append(
                [
                    (event.kind, event.noun, event.noun_id, event.card_id, event.facts, event.via)
                    for event in session.scalars(select(journal.Event).order_by(journal.Event.id))
                    if event.noun != "sheet"
                ]
            )
    assert says[0] == says[1]


def test_rows_can_be_added_by_hand_after_an_import(database):
    take_in(database, SHEET)
    with_one_more = deed()

    def add(session):
        item = items.add(session, with_one_more, items.ItemFacts("NEW", "New"))
        place = items.add_location(session, with_one_more, "Hall 9")
        offer = suppliers.add_offer(
            session, with_one_more, suppliers.by_name(session, "acme"), item, suppliers.OfferFacts()
        )
        loop = loops.add(session, with_one_more, place, offer, loops.LoopFacts(Decimal(1)))
        return len(loops.add_cards(session, with_one_more, loop, 2))

    assert database.write(add) == 2
    assert counts(planned(database, SHEET))["cards"] == (0, 0, 7)


def test_the_same_sheet_twice_changes_nothing(database):
    take_in(database, SHEET)
    before = revision(database)
    assert not planned(database, SHEET).changes_anything
    assert take_in(database, SHEET).event_id is None
    assert revision(database) == before


def test_an_import_stands_in_the_journal_once_with_its_counts(database):
    made = take_in(database, SHEET)
    with database.read() as session:
        event = session.get_one(journal.Event, made.event_id)
        assert (event.kind, event.noun, event.via) == ("imported", "sheet", "import")
        assert event.facts["loops"] == {"new": 3, "changed": 0}


# Changed


def test_a_changed_cell_changes_that_fact_alone(database):
    take_in(database, SHEET)
    changed = SHEET.replace("0.09", "0.08").replace("Gloves, size 9", "Gloves").replace("2,250", "3,200")
    fates = {fate.row: fate for fate in planned(database, changed).fates.values()}
    assert [(each.what, each.old, each.new) for each in fates[2].changes] == [
        ("Price", "1:0.12; 1000:0.09", "1:0.12; 1000:0.08")
    ]
    assert [(each.what, each.old, each.new) for each in fates[3].changes] == [
        ("Name", "Gloves, size 9", "Gloves")
    ]
    assert [(each.what, each.old, each.new) for each in fates[4].changes] == [
        ("Quantity per bin", "250", "200"), ("Cards", "2", "3"),
    ]  # fmt: skip
    before = revision(database)
    take_in(database, changed)
    assert revision(database) == before + 5  # the import, an item, an offer, a loop, a card
    assert not planned(database, changed).changes_anything


def test_empty_cells_and_missing_columns_leave_what_is_there(database):
    take_in(database, SHEET)
    before = revision(database)
    take_in(database, "SKU,Name,Supplier,Price,Location,Cards\nM8,,ACME,,Hall 2,\nglv,,,,,\n")
    assert revision(database) == before
    take_in(database, "SKU,Name,Note\nm8,,keep dry\n")
    with database.read() as session:
        bolt = items.by_sku(session, "M8")
        assert (bolt.sku, bolt.name, bolt.note) == ("M8", "Bolt M8", "keep dry")


def test_facts_that_a_sheet_does_not_know_stay(database):
    take_in(database, SHEET)

    def by_hand(session):
        acme = suppliers.by_name(session, "ACME")
        suppliers.change(session, deed(), acme, suppliers.SupplierFacts("ACME", phone="123", lead_time=9))
        loop = session.scalars(select(Loop).order_by(Loop.id)).first()
        facts = loops.LoopFacts(Decimal(500), safety_factor=Decimal("0.4"), review_period=3)
        loops.change(session, deed(), loop, loop.location, loop.supplier_item, facts)

    database.write(by_hand)
    take_in(database, SHEET.replace("ACME,,", "ACME,internal,").replace("2,500", "2,600"))
    with database.read() as session:
        acme = suppliers.by_name(session, "ACME")
        assert (acme.kind, acme.phone, acme.lead_time) == ("internal", "123", 9)
        loop = session.scalars(select(Loop).order_by(Loop.id)).first()
        assert (loop.card_quantity, loop.safety_factor, loop.review_period) == (600, Decimal("0.4"), 3)
        assert loop.kind == "purchase"


def test_spelling_and_case_of_what_is_known_do_not_make_it_new(database):
    take_in(database, SHEET)
    before = revision(database)
    take_in(database, "SKU,Name,Supplier,Location,Cards\nｍ8,,acme,hall 1 / RACK a / 3,2\n")
    assert revision(database) == before


def test_cards_that_are_leaving_do_not_count(database):
    take_in(database, SHEET)

    def leave(session):
        card = session.scalars(select(Card).order_by(Card.id)).first()
        loops.set_life(session, deed(), card, "surplus")

    database.write(leave)
    assert counts(planned(database, SHEET))["cards"] == (1, 0, 6)
    assert not planned(database, given_out(database)).changes_anything


def test_a_place_without_quantity_makes_no_loop_and_is_told(database):
    plan = planned(database, "SKU,Name,Supplier,Location\nA,a,ACME,Hall 1\n")
    assert (plan.unlooped, plan.errors, plan.counts["loops"].new, plan.counts["places"].new) == (1, [], 0, 1)


def test_a_closed_loop_is_not_opened_again_but_made_anew(database):
    take_in(database, SHEET)
    database.write(lambda session: loops.close(session, deed(), session.scalars(select(Loop)).first()))
    assert counts(planned(database, SHEET))["loops"] == (1, 0, 2)


# Refused


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SKU,Name\nA,a\nA,b\n", "3 Name: contradicts row 2: a"),
        ("SKU,Name,Unit\nA,a,pcs\na,,kg\n", "3 Unit: contradicts row 2: pcs"),
        (
            "SKU,Name,Supplier,Supplier kind\nA,a,X,external\nB,b,x,internal\n",
            "3 Supplier kind: contradicts row 2: external",
        ),
        ("SKU,Name,Supplier,Price\nA,a,X,1.5\nA,,X,2.5\n", "3 Price: contradicts row 2: 1.5"),
        (
            "SKU,Name,Supplier,Location,Cards,Quantity\nA,a,X,H,2,5\nA,a,X,h,3,5\n",
            "3 Location: is the same item, supplier and place as in row 2: one loop needs one row",
        ),
        ("SKU,Name\nA,\n", "2 Name: is empty, and what is new needs it"),
        (
            "SKU,Name,Cards\nA,a,2\n",
            "2 Supplier: is empty, but Cards is filled: 2|2 Location: is empty, but Cards is filled: 2",
        ),
        ("SKU,Name,Price\nA,a,2.50\n", "2 Supplier: is empty, but Price is filled: 2.5"),
        ("SKU,Name,Supplier,Quantity\nA,a,X,5\n", "2 Location: is empty, but Quantity is filled: 5"),
        (
            "SKU,Name,Supplier,Location,Cards\nA,a,X,H,2\n",
            "2 Card quantity: is empty, and what is new needs it",
        ),
        (
            "SKU,Name,Supplier,Location,Quantity\nA,a,X,H,2\n",
            "2 Cards: is empty, and a new loop needs it: 2 where there are two bins",
        ),
        ("SKU,Name,Unit cost,Currency\nA,a,2,USD\n", "2 Currency: is not EUR, in which this shop counts"),
        ("SKU,Name,Unit cost\nA,a,$ 2\n", "2 Currency: is not EUR, in which this shop counts"),
        ("SKU,Name,Unit cost (USD)\nA,a,2\n", "2 Currency: is not EUR, in which this shop counts"),
        ("SKU,Name\n" + "ﷺ" * 200 + ",a\n", "2 SKU: is longer than 400 characters when spelled out"),
        (
            f"SKU,Name,Location\nA,a,{'>'.join(['x' * 150] * 5)}\n",
            "2 Location: is longer than 600 characters with all levels",
        ),
        ("SKU,Name,Cards\nA,a,-2\nB,b,1e400\n", "2 Cards: must be at least 1|3 Cards: is not a number"),
    ],
)
def test_what_contradicts_itself_or_lacks_something_is_told_with_its_place(database, text, error):
    assert "|".join(told(database, text)) == error
    with pytest.raises(applying.SheetRefused):
        take_in(database, text)
    assert revision(database) == 0


def test_fewer_cards_than_there_are_is_refused_with_the_way_to_do_it(database):
    take_in(database, SHEET)
    (error,) = told(database, SHEET.replace(",3,24", ",1,24"))
    assert error == (
        "3 Cards: is less than the 3 cards that the loop has: take cards out on the loop’s own page"
    )


def test_two_loops_that_look_alike_are_told_apart_by_their_rows_alone(database):
    take_in(database, SHEET)

    def twin(session):
        loop = session.scalars(select(Loop).order_by(Loop.id)).first()
        facts = loops.LoopFacts(Decimal(70))
        other = loops.add(session, deed(), loop.location, loop.supplier_item, facts)
        loops.add_cards(session, deed(), other, 1, "active")

    database.write(twin)
    assert told(database, SHEET) == [
        "2 Location: has 2 loops of this item from this supplier: change them on their own pages"
    ]
    assert not planned(database, given_out(database)).changes_anything


def test_a_bad_last_row_keeps_all_others_out(database):
    many = "SKU,Name\n" + "".join(f"S{number},Item\n" for number in range(300))
    with pytest.raises(applying.SheetRefused):
        take_in(database, many + "S0,Other\n")
    assert (number_of(database, Item), revision(database)) == (0, 0)


def test_a_database_that_refuses_the_last_row_keeps_all_others_out(database, monkeypatch):
    def fails(*_: object) -> None:
        raise RuntimeError("the very last step")

    monkeypatch.setattr(loops, "add_first_cards", fails)
    with pytest.raises(RuntimeError):
        take_in(database, SHEET)
    assert [number_of(database, table) for table in (Item, Supplier, Location, Loop)] == [0, 0, 0, 0]
    assert revision(database) == 0
    monkeypatch.undo()
    assert take_in(database, SHEET).event_id == 1


def test_a_shop_that_changed_since_the_preview_is_looked_at_again(database):
    take_in(database, SHEET)
    changed = SHEET.replace("Bolt M8", "Bolt M8 × 30")
    seen = planned(database, changed).digest
    take_in(database, "SKU,Name\nM8,Somebody else’s bolt\n")
    with pytest.raises(applying.PlanChanged):
        take_in(database, changed, seen=seen)
    take_in(database, changed, seen=planned(database, changed).digest)


# Out and in again

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Cf", "Zl", "Zp"]),
    min_size=1,
    max_size=30,
)
HOSTILE = [
    "=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''=1", "'quoted'", "＝1", "a;=1", "a,b", 'say "hi"', "|x",
    "1,234", "مسمار M8", "🔩 bolt", "<b>bolt</b>", "0012", "1e5", "sep=;", "{{7*7}}", "ﷺ", "–",
    "é" * 9, "a\u202eb",
]  # fmt: skip


def wild(database: Database, names: list[str]) -> None:
    """A shop whose every text is one of these."""

    def add(session):
        this = deed()
        site = items.add_location(session, this, "A/B > C")
        acme = suppliers.add(session, this, suppliers.SupplierFacts(names[0], "internal"))
        for count, name in enumerate(names):
            sku = name.replace("\u202e", "")
            place = items.add_location(session, this, f"{name} {count}".replace("›", "-"), site)
            item = items.add(
                session,
                this,
                items.ItemFacts(f"{sku}#{count}", name, unit_cost=Decimal("1.234"), note=f"x\n{name}"),
            )
            facts = suppliers.OfferFacts(
                f"-{count}", Decimal("1.234"), Decimal("0.001"), prices=((Decimal(0), Decimal("1234.5678")),)
            )
            offer = suppliers.add_offer(session, this, acme, item, facts)
            about = loops.LoopFacts(Decimal("12.345"), minimum_cycle=count, owner=name, colour="#c62828")
            for where in (place, site):
                loop = loops.add(session, this, where, offer, about)
                loops.add_cards(session, this, loop, 2, "active")
        items.add(session, this, items.ItemFacts("bare", "Bare"))

    database.write(add)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_goes_out_comes_in_again_unchanged(database, ending):
    wild(database, HOSTILE)
    write = export.as_csv if ending == "csv" else export.as_workbook
    with database.read() as session:
        data = write(export.everything(session, "EUR"))
    again = rows.parse(sheet.read(data, f"x.{ending}"))
    with database.read() as session:
        plan = planning.plan(session, again, "EUR")
    assert plan.errors == []
    assert [fate for fate in plan.fates.values() if fate.new or fate.changes] == []
    assert len(plan.loops) == 2 * len(HOSTILE)


def test_a_shop_moves_into_an_empty_database_as_a_sheet(new_database):
    one, other = new_database(), new_database()
    wild(one, HOSTILE)
    take_in(other, given_out(one))
    assert given_out(other) == given_out(one)


def test_a_lone_number_with_three_decimals_does_not_become_thousands(database):
    facts = items.ItemFacts("A", "a", unit_cost=Decimal("1.234"))
    database.write(lambda session: items.add(session, deed(), facts))
    plan = planned(database, given_out(database))
    assert (plan.errors, plan.changes_anything) == ([], False)


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(st.lists(TEXTS.map(str.strip).filter(bool), min_size=1, max_size=5))
def test_any_names_go_out_and_come_in_again(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("wild")
    schema.upgrade(f"sqlite:///{folder / 'kanban.sqlite'}")
    database = Database(f"sqlite:///{folder / 'kanban.sqlite'}", folder)
    cleaned = [clean(name, limit=100) for name in names]
    wild(database, [name for name in cleaned if not SHEET_ERRORS.fullmatch(name)])
    plan = planned(database, given_out(database))
    assert (plan.errors, plan.changes_anything) == ([], False)
    database.close()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_that_goes_out_is_a_formula_whatever_separator_is_expected(text):
    cell = to_cell(text)
    assert from_cell(cell) == text
    for start in (part.strip()[:1] for line in cell.splitlines() for part in line.split(";")):
        assert start not in set("=+-@\t\r＝＋－＠")


def test_no_cell_of_a_workbook_that_goes_out_is_a_formula(database):
    wild(database, HOSTILE)
    with database.read() as session:
        data = export.as_workbook(export.everything(session, "EUR"))
    for line in load_workbook(io.BytesIO(data)).active.iter_rows():
        assert "f" not in {cell.data_type for cell in line}
        assert not any(str(cell.value or "").startswith(tuple("=+-@")) for cell in line)


def test_the_template_reads_without_an_error(database):
    template = export.as_csv(export.template()).decode("utf-8-sig")
    plan = planned(database, template)
    assert (plan.errors, plan.counts["loops"].new, plan.counts["cards"].new) == ([], 2, 5)


# Many rows


def test_ten_thousand_new_loops_take_seconds_of_one_processor(sqlite_store, tmp_path):
    lines = [SHEET.splitlines()[0]]
    for number in range(10_000):
        lines.append(
            f"S{number},Größe {number},pcs,ACME {number % 40},,9-{number},10,1:2.50; 100:2.10,5,"
            f"Hall {number % 5} > Rack {number % 100} > {number % 500},2,100"
        )
    database = Database(sqlite_store.make(), tmp_path)
    start = time.process_time()
    made = take_in(database, "\n".join(lines))
    spent = time.process_time() - start
    assert (made.counts["loops"]["new"], made.counts["cards"]["new"]) == (10_000, 20_000)
    with database.read() as session:
        assert list(journal.verify(session)) == []
    database.close()
    sqlite_store.drop(database.url)
    assert spent < 25


def test_mutated_sheets_are_kept_whole_or_refused(sqlite_store, tmp_path):
    database = Database(sqlite_store.make(), tmp_path)
    dice = random.Random(20)
    for _ in range(60):
        signs = list(SHEET)
        for _ in range(dice.randint(1, 4)):
            signs[dice.randrange(len(signs))] = dice.choice(string.printable + "\0ß\u202e'=›")
        before = revision(database)
        try:
            take_in(database, "".join(signs))
        except (sheet.SheetError, applying.SheetRefused):
            assert revision(database) == before
    with database.read() as session:
        assert list(journal.verify(session)) == []
        assert (
            session.scalar(
                text("SELECT count(*) FROM loop l LEFT JOIN card c ON c.loop_id = l.id WHERE c.id IS NULL")
            )
            == 0
        )
    database.close()
    sqlite_store.drop(database.url)


def test_a_process_that_is_killed_while_it_imports_leaves_all_or_nothing(sqlite_store, tmp_path):
    url = sqlite_store.make()
    program = f"""
        from pathlib import Path
        from kanban import clock, journal
        from kanban.db import Database
        from kanban.imports import applying, rows, sheet
        lines = "".join(f"S{{n}},Item,ACME,H > {{n}},2,5\\n" for n in range(2000))
        head = "SKU,Name,Supplier,Location,Cards,Quantity\\n"
        parsed = rows.parse(sheet.read((head + lines).encode(), "x"))
        database = Database({url!r}, Path({str(tmp_path)!r}))
        print("ready", flush=True)
        deed = journal.Deed(clock.now(), journal.By("import"))
        database.write(lambda session: applying.apply(session, deed, parsed, "EUR"))
    """
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"ready\n"
    time.sleep(0.4)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    database = Database(url, tmp_path)
    assert number_of(database, Item) in (0, 2000)
    assert number_of(database, Card) in (0, 4000)
    take_in(database, SHEET)
    database.close()
    sqlite_store.drop(url)


# Between preview and import


def stored(folder: Path, owner: str = "person1") -> str:
    read = sheet.read(SHEET.encode(), "x.csv")
    return uploads.keep(folder, owner, uploads.Upload("x.csv", read), clock.now())


def test_an_upload_is_found_again_by_its_owner_alone(tmp_path):
    token = stored(tmp_path / "imports")
    found = uploads.fetch(tmp_path / "imports", "person1", token, clock.now())
    assert (found.name, found.sheet) == ("x.csv", sheet.read(SHEET.encode(), "x.csv"))
    with pytest.raises(uploads.UploadGone):
        uploads.fetch(tmp_path / "imports", "person2", token, clock.now())
    (file,) = (tmp_path / "imports").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_upload_is_forgotten_when_it_is_dropped_or_a_day_old(tmp_path):
    token = stored(tmp_path)
    with pytest.raises(uploads.UploadGone):
        uploads.fetch(tmp_path, "person1", token, clock.now() + timedelta(hours=25))
    uploads.drop(tmp_path, "person1", token)
    uploads.drop(tmp_path, "person1", token)
    assert list(tmp_path.iterdir()) == []


def test_old_uploads_give_way_to_new_ones(tmp_path):
    for count in range(uploads.MOST + 5):
        token = stored(tmp_path)
        os.utime(tmp_path / f"person1-{token}.json", (count, clock.now().timestamp() - 100 + count))
    assert len(list(tmp_path.iterdir())) == uploads.MOST
    assert uploads.fetch(tmp_path, "person1", token, clock.now())


# The command line


@pytest.fixture
def kanban(tmp_path, monkeypatch):
    """Calls ``kanban`` on a shop of its own."""
    monkeypatch.setenv("KANBAN_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("KANBAN_DATABASE_URL", raising=False)
    (tmp_path / "data").mkdir()
    schema.upgrade(f"sqlite:///{tmp_path / 'data' / 'kanban.sqlite'}")
    (tmp_path / "sheet.csv").write_text(SHEET)

    def call(*words: str):
        return CliRunner().invoke(main, list(words))

    call.folder = tmp_path
    return call


def test_the_command_line_checks_imports_and_exports(kanban):
    file = str(kanban.folder / "sheet.csv")
    looked = kanban("import", "--check", file)
    assert looked.exit_code == 0, looked.output
    assert "loops           3 new" in looked.output
    assert "nothing was" in looked.output
    assert "Imported" in kanban("import", file).output
    assert "holds all of this already" in kanban("import", file).output
    for name in ("out.csv", "out.xlsx"):
        out = str(kanban.folder / name)
        assert kanban("export", out).exit_code == 0
        assert "holds all of this already" in kanban("import", out).output
    assert "Gloves, size 9" in kanban("export").output


def test_the_command_line_names_every_bad_cell_and_fails(kanban):
    bad = kanban.folder / "bad.csv"
    bad.write_text("SKU,Name,Cards,Colour\nA,a,x,red\nB,,,\n")
    result = kanban("import", str(bad))
    assert result.exit_code == 1
    assert "row 2, Cards “x”: is not a number" in result.output
    assert "row 3, Name: is empty, and what is new needs it" in result.output
    answer = kanban("import", "--json", str(bad))
    assert answer.exit_code == 1
    told = json.loads(answer.output)
    assert (told["imported"], [error["row"] for error in told["errors"]]) == (False, [2, 3])
    assert "bare" not in kanban("export").output


def test_the_command_line_answers_programs_in_json(kanban):
    told = json.loads(kanban("import", "--json", str(kanban.folder / "sheet.csv")).output)
    assert (told["imported"], told["counts"]["cards"]) == (True, {"new": 7, "changed": 0, "same": 0})
    again = json.loads(kanban("import", "--json", str(kanban.folder / "sheet.csv")).output)
    assert (again["imported"], again["counts"]["cards"]["same"]) == (False, 7)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 100, b"%PDF-1.7", b"PK\x03\x04junk", b"\xff\xfe\x00", b"a,b\n1,2\n", b"x" * 5_000_001],
)
def test_the_command_line_refuses_what_is_no_sheet(kanban, data):
    (kanban.folder / "odd").write_bytes(data)
    result = kanban("import", str(kanban.folder / "odd"))
    assert (result.exit_code, result.output[:6]) == (1, "Error:")


def test_the_command_line_says_where_it_cannot_write(kanban):
    result = kanban("export", str(kanban.folder / "no" / "x.csv"))
    assert result.exit_code == 1
    assert "cannot write" in result.output
