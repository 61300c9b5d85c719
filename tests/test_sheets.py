"""Reading spreadsheets: files, headings, numbers and texts, without a database."""

from __future__ import annotations

import io
import json
import random
import re
import sys
import time
import unicodedata
import warnings
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from kanban.imports import columns, rows, sheet
from kanban.imports import workbook as child
from kanban.imports.cells import MAX_BREAKS, Reading
from kanban.imports.row import (
    MAX_CARDS,
    MAX_CYCLE,
    MAX_LEAD_TIME,
    MAX_LEVELS,
    MAX_MONEY,
    MAX_QUANTITY,
    MAX_UNIT,
    PriceBreak,
    Row,
)
from kanban.imports.sheet import SheetError, read
from kanban.text import BadText, clean

GUIDE = Path(__file__).parent.parent / "docs" / "import.md"

PLAIN = """SKU,Name,Supplier,Price,Lead time,Location,Cards,Quantity per bin
M8-30,Bolt M8 × 30,ACME,2.50,5,Hall 1 > Rack A > 3,3,100
M8-N,Nut M8,ACME,1:0.05; 1000:0.04,5,Hall 1 > Rack A > 4,2,500
"""

GERMAN = """\
Artikel-Nr.;Bezeichnung;Lieferant;Preis (EUR);Lieferzeit (Tage);Lagerplatz;Behälter;Menge pro Behälter
4711;Sechskantschraube groß, verzinkt;Müller & Söhne;1.234,50;5;Halle 1 › Regal Ä › 3;3;1.000
4712;Mutter M8;Müller & Söhne;0,05;5;Halle 1 › Regal Ä › 4;2;12 500
"""


def parsed(text: str) -> rows.Parsed:
    return rows.parse(read(text.encode(), "list.csv"))


def only_row(header: str, cells: str) -> Row:
    result = parsed(f"SKU;Name;{header}\nA;Bolt;{cells}\n")
    assert not result.errors
    return result.rows[0][1]


def only_error(header: str, cells: str) -> str:
    (error,) = parsed(f"SKU;Name;{header}\nA;Bolt;{cells}\n").errors
    assert (error.row, error.column) == (2, header)
    return error.message


def workbook(*lines: list[object]) -> bytes:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The same workbook with one of its parts replaced or added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return file.getvalue()


SMALL = workbook(["SKU", "Name", "Cards"], ["A", "Bolt", 3])
WORKSHEET = "xl/worksheets/sheet1.xml"


# The happy path


def test_a_plain_csv_gives_checked_rows_with_their_numbers():
    result = parsed(PLAIN)
    assert [number for number, _ in result.rows] == [2, 3]
    first, second = (row for _, row in result.rows)
    assert (first.sku, first.name, first.lead_time, first.cards) == ("M8-30", "Bolt M8 × 30", 5, 3)
    assert first.location == ("Hall 1", "Rack A", "3")
    assert first.price == (PriceBreak(from_quantity=Decimal(0), unit_price=Decimal("2.50")),)
    assert [(step.from_quantity, step.unit_price) for step in second.price or ()] == [
        (1, Decimal("0.05")),
        (1000, Decimal("0.04")),
    ]
    assert (first.unit, first.note, result.errors, result.ignored) == (None, None, (), ())


def test_a_german_sheet_in_windows_1252_reads_alike():
    result = rows.parse(read(GERMAN.replace("›", ">").encode("cp1252"), "liste.csv"))
    assert not result.errors
    first, second = (row for _, row in result.rows)
    assert (first.name, first.supplier) == ("Sechskantschraube groß, verzinkt", "Müller & Söhne")
    assert first.price[0].unit_price == Decimal("1234.50")
    assert (first.card_quantity, second.card_quantity) == (1000, 12500)
    assert first.location == ("Halle 1", "Regal Ä", "3")
    assert [(reading.value, reading.number) for reading in result.readings] == [("1.000", 1000)]


def test_a_workbook_gives_what_people_see(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # the child must start from anywhere
    book = Workbook()
    book.active.title = "Cover"
    book.active.append(["Our stock"])
    hidden = book.create_sheet("Lists")
    hidden.append(["SKU", "Name"])
    hidden.sheet_state = "hidden"
    page = book.create_sheet("Stock")
    page.append(["Stock list"])
    page.append([])
    page.append(["SKU", "Name", "Price", "Cards", "Since", "Done"])
    page.append([7, "Bolt", 0.1 + 0.2, 5.0, date(2024, 1, 2), True])
    page.append(["x", "#REF!", 2.125, None, None, None])
    page["A4"].number_format = "00000"
    result = read(saved(book), "stock.xlsx")
    assert result.header_row == 3
    assert result.header == ("SKU", "Name", "Price", "Cards", "Since", "Done")
    assert result.rows[0][:2] == (4, ("00007", "Bolt", "0.3", "5", "2024-01-02", "TRUE"))
    assert result.rows[1].cells == ("x", "#REF!", "2.125", "", "", "")
    (error,) = rows.parse(result).errors
    assert (error.row, error.column, error.value) == (5, "Name", "#REF!")


def test_a_number_of_a_workbook_is_never_taken_for_thousands():
    data = workbook(["SKU", "Name", "Price"], ["A", "a", 2.125], ["B", "b", "1,50"], ["C", "c", "2.125"])
    result = rows.parse(read(data, "x.xlsx"))
    assert [row.price[0].unit_price for _, row in result.rows] == [Decimal("2.125"), Decimal("1.50"), 2125]


def test_ten_thousand_rows_are_read_and_checked_in_seconds_of_one_processor():
    text = PLAIN.splitlines()[0] + "\n"
    text += "".join(f"S{i},Größe {i},ACME,1:2.50;100:2.10,5,H > R > {i},3,100\n" for i in range(10_000))
    start = time.process_time()
    assert len(parsed(text).rows) == 10_000
    assert time.process_time() - start < 8


# Files: encodings, delimiters, shapes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_every_usual_encoding_is_read(encoding):
    result = read(GERMAN.encode(encoding), "x")
    assert (result.header[0], result.rows[0].cells[2]) == ("Artikel-Nr.", "Müller & Söhne")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_delimiter_and_line_end_is_read(delimiter, end):
    lines = [("SKU", "Name"), ('"A,1"', '"of; two\nlines"'), ("", ""), ("B", '"say ""hi"""')]
    text = end.join(delimiter.join(line) for line in lines)
    result = read(text.encode(), "x.csv")
    assert result.header == ("SKU", "Name")
    assert [row[:2] for row in result.rows] == [(2, ("A,1", "of; two\nlines")), (4, ("B", 'say "hi"'))]


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a;b\n1,5;2,5\n", ("a", "b")),
        ("Artikel;Name;Preis\n" + "1;Schraube, M8, verzinkt;1,50\n" * 10, ("Artikel", "Name", "Preis")),
        ('SKU,Price\n"A","1:2,5; 10:2,1"\n' * 5, ("SKU", "Price")),
        ("SKU,Note\n" + 'A,"one; two\nthree; four\nfive; six"\n' * 5, ("SKU", "Note")),
        ("Stock list\n\nSKU\tName\nA\tB, C; D\n", ("SKU", "Name")),
        ('SKU, Name, Note\nA, "B, c", d\n', ("SKU", "Name", "Note")),
        ("sep=|\r\na,x|b\r\n1,5|2", ("a,x", "b")),
    ],
)
def test_the_delimiter_is_found_among_misleading_signs(text, header):
    assert read(text.encode(), "x.csv").header == header


def test_a_short_row_is_filled_and_a_long_one_refused_with_its_place():
    assert read(b"a,b,c\n1\n", "x").rows[0].cells == ("1", "", "")
    with pytest.raises(SheetError, match=r"Row 3, column C: 3 cells under 2 headings"):
        read(b"a,b\n1,2\nbolt, zinc,5\n", "x")


def test_a_workbook_may_hold_remarks_beside_the_table():
    data = workbook(["SKU", "Name"], ["A", "Bolt", None, "ask Ann"])
    result = rows.parse(read(data, "x.xlsx"))
    assert (len(result.rows), result.ignored) == (1, ("column C", "column D"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no headings"),
        (b"\xff\xfe", "no headings"),
        (b"one\ntwo\n", "no headings"),
        (b"a,b\n1,\x002\n", "Row 2, column B: a NUL byte"),
        (b'a,b\n1,2\n"x"y,2\n', "Row 3: a quotation mark"),
        (b'a,b\n1,"2\n', "Row 2: a quotation mark"),
        (b"a,b\n1," + b"x" * 200_000, "Row 2: "),
        (b"a,b\n\x81\xfc,2", "neither a workbook nor text"),
        (b"\xff\xfea\x00,\x00b", "neither a workbook nor text|no headings"),
        (b"a,b\n" + b"x,y\n" * 10_001, "Row 10002: more than 10,000 rows"),
        (b"x," * 100 + b"x", "column CW: more than 100 columns"),
        (b"a,b\n" * 1_300_000, "larger than 5 MB"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "“x.csv” is an old .xls"),
        (b"%PDF-1.7", "is a PDF"),
        (b"\xef\xbb\xbf \n<table>", "is a web page"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a NUL byte"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_with_what_to_do(data, message):
    with pytest.raises(SheetError, match=message):
        read(data, "x.csv")


def test_the_content_decides_not_the_name():
    assert read(SMALL, "x.csv").rows[0].cells == ("A", "Bolt", "3")
    assert read(b"a,b\n1,2", "x\n\ud800.xlsx").rows[0].cells == ("1", "2")


# Workbooks that mean harm


def test_a_formula_that_was_never_calculated_is_not_taken_for_empty():
    data = workbook(["SKU", "Name", "Cards"], ["A", "Bolt", "=1+1"])
    with pytest.raises(SheetError, match="Row 2, column C: a formula that was never calculated"):
        read(data, "x.xlsx")


def test_the_last_result_of_a_formula_counts_even_an_empty_one():
    xml = zipfile.ZipFile(io.BytesIO(SMALL)).read(WORKSHEET)
    cells = b'<c r="C2"><f>1+2</f><v>3</v></c><c r="D2" t="str"><f>""</f><v></v></c>'
    data = with_part(SMALL, WORKSHEET, re.sub(rb'<c r="C2".*?</c>', cells, xml))
    assert read(data, "x.xlsx").rows[0].cells == ("A", "Bolt", "3")


def bomb_of_size() -> bytes:
    return with_part(SMALL, "xl/media/image1.png", b"\0" * 21_000_000)


def bomb_of_ratio() -> bytes:
    return with_part(SMALL, "xl/media/image1.png", b"\0" * 15_000_000)


def bomb_of_entries() -> bytes:
    file = io.BytesIO(SMALL)
    with zipfile.ZipFile(file, "a") as archive:
        for number in range(child.MAX_ENTRIES):
            archive.writestr(f"xl/{number}", b"")
    return file.getvalue()


def bomb_that_lies() -> bytes:
    """A worksheet of 30 MB whose entry in the table of contents says 300 bytes."""
    content = b"<worksheet>" + random.Random(1).randbytes(10_000) + b" " * 30_000_000 + b"</worksheet>"
    data = with_part(SMALL, WORKSHEET, content)
    return data.replace(len(content).to_bytes(4, "little"), (300).to_bytes(4, "little"))


def bomb_of_entities() -> bytes:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    xml = f"<!DOCTYPE x [{entities}]>".encode() + zipfile.ZipFile(io.BytesIO(SMALL)).read(WORKSHEET)
    return with_part(SMALL, WORKSHEET, xml.replace(b"Bolt", b"&a9;"))


def bomb_of_outside_files() -> bytes:
    xml = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    return with_part(SMALL, WORKSHEET, xml + zipfile.ZipFile(io.BytesIO(SMALL)).read(WORKSHEET))


def with_shared_text(text: str) -> bytes:
    """A workbook that keeps this text once and shows it in 22,500 cells."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    types = zipfile.ZipFile(io.BytesIO(SMALL)).read("[Content_Types].xml").decode()
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    data = with_part(SMALL, "[Content_Types].xml", types.replace("</Types>", override).encode())
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    data = with_part(data, "xl/sharedStrings.xml", f"<sst {space}><si><t>{text}</t></si></sst>".encode())
    row = "<row>" + '<c t="s"><v>0</v></c>' * 90 + "</row>"
    return with_part(
        data, WORKSHEET, f"<worksheet {space}><sheetData>{row * 250}</sheetData></worksheet>".encode()
    )


def bomb_of_references() -> bytes:
    return with_shared_text(random.Random(1).randbytes(9_000).hex())


def bomb_of_rows() -> bytes:
    xml = zipfile.ZipFile(io.BytesIO(SMALL)).read(WORKSHEET)
    return with_part(SMALL, WORKSHEET, xml.replace(b'<row r="2"', b'<row r="999999999"'))


@pytest.mark.parametrize(
    ("bomb", "message"),
    [
        (bomb_of_size, "far larger inside"),
        (bomb_of_ratio, "far larger inside"),
        (bomb_of_entries, "far larger inside"),
        (bomb_that_lies, "damaged"),
        (bomb_of_entities, "damaged"),
        (bomb_of_outside_files, "damaged"),
        (bomb_of_references, "far more than a sheet"),
        (bomb_of_rows, "far more than a sheet"),
    ],
)
def test_a_bomb_is_refused(bomb, message):
    with pytest.raises(SheetError, match=message):
        read(bomb(), "x.xlsx")


def test_a_text_that_is_shared_by_many_cells_is_no_bomb():
    assert read(with_shared_text("Bolt"), "x.xlsx").rows[-1].cells == ("Bolt",) * 90


@pytest.mark.parametrize(
    "data", [SMALL[:-30], SMALL[:200], b"PK\x03\x04", with_part(SMALL, "xl/workbook.xml", b"")]
)
def test_a_damaged_workbook_is_refused(data):
    with pytest.raises(SheetError, match="damaged or not a workbook"):
        read(data, "x.xlsx")


def test_a_workbook_with_a_password_is_refused():
    data = bytearray(SMALL)
    data[data.index(child.CENTRAL_ENTRY) + 8] |= 1
    with pytest.raises(SheetError, match="password"):
        read(bytes(data), "x.xlsx")


def test_a_workbook_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(sheet, "MAX_SECONDS", 0.01)
    with pytest.raises(SheetError, match="takes longer"):
        read(SMALL, "x.xlsx")


def test_a_child_that_dies_is_a_refusal(monkeypatch):
    monkeypatch.setattr(sheet, "CHILD", "kanban.imports.nothing")
    with pytest.raises(SheetError, match="memory or time"):
        read(SMALL, "x.xlsx")


def test_the_child_sees_none_of_our_settings(monkeypatch):
    seen = {}
    monkeypatch.setenv("KANBAN_SECRET_KEY", "s3cret")
    monkeypatch.setattr(sheet.subprocess, "run", lambda *args, **options: seen.update(options) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        read(SMALL, "x.xlsx")
    assert not [key for key in seen["env"] if key.startswith("KANBAN_")]


def test_the_child_is_limited_in_memory():
    code = (
        "import resource; from kanban.imports import workbook;"
        "workbook._limit_process(); print(resource.getrlimit(resource.RLIMIT_AS)[0])"
    )
    done = sheet.subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert int(done.stdout) == 512 * 1024 * 1024


def test_mutated_workbooks_give_rows_or_a_refusal(monkeypatch):
    class Pipe:
        def __init__(self, data: bytes = b"") -> None:
            self.buffer, self.text = io.BytesIO(data), ""

        def write(self, text: str) -> None:
            self.text = text

    monkeypatch.setattr(child, "_limit_process", lambda: None)
    chance = random.Random(7)
    for turn in range(80):
        data = bytearray(SMALL)
        if turn % 2:  # damage inside a part, behind a sound archive
            name = chance.choice([WORKSHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/styles.xml"])
            part = bytearray(zipfile.ZipFile(io.BytesIO(SMALL)).read(name))
            part[chance.randrange(len(part))] = chance.randrange(32, 127)
            data = bytearray(with_part(SMALL, name, bytes(part)))
        else:
            for _ in range(chance.randrange(1, 9)):
                data[chance.randrange(4, len(data))] = chance.randrange(256)
        answer = Pipe()
        monkeypatch.setattr(child.sys, "stdin", Pipe(bytes(data)))
        monkeypatch.setattr(child.sys, "stdout", answer)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            child._answer_parent()
        assert json.loads(answer.text).keys() in ({"error"}, {"header_row", "header", "rows"})


@given(
    st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_any_bytes_give_a_sheet_or_a_refusal(data):
    if data.startswith(b"PK\x03\x04"):
        return
    try:
        result = read(data, "x")
    except SheetError:
        return
    assert all(len(row.cells) == len(result.header) for row in result.rows)


hostile_cells = st.one_of(
    st.text(max_size=60),
    st.text("0123456789.,-+ '€:;eE%/>›#\u00a0٣", max_size=45),
    st.sampled_from(
        ["NaN", "inf", "1e400", "#REF!", "9" * 5000, "=1+1", "\ud800", "\u202e", "-0", "x" * 9000]
    ),
)


@settings(deadline=None)
@given(st.data())
def test_any_cells_give_rows_or_errors(data):
    header = tuple(column.name for column in columns.COLUMNS)
    filled = st.dictionaries(st.sampled_from(header), hostile_cells, max_size=6)
    numeric = st.frozensets(st.integers(0, len(header)), max_size=4)
    lines = [data.draw(filled) for _ in range(2)]
    cells = [tuple(line.get(name, "") for name in header) for line in lines]
    table = [sheet.SheetRow(number, each, data.draw(numeric)) for number, each in enumerate(cells, 2)]
    result = rows.parse(sheet.Sheet(1, header, tuple(table)))
    for error in result.errors:
        assert error.message
        assert error.column in header
    assert {number for number, _ in result.rows} | {error.row for error in result.errors} == {2, 3}


@given(st.lists(st.text(max_size=20), min_size=2, max_size=5))
def test_any_headings_are_found_or_refused(header):
    try:
        columns.find(sheet.Sheet(1, tuple(header), ()))
    except SheetError as error:
        assert error.row == 1  # noqa: PT017


# Headings


def test_headings_are_known_whatever_their_case_spaces_and_signs():
    header = (
        "ARTIKEL NR",
        "item-name",
        "Lead Time (working days)",
        "Preis [EUR]",
        "Packungsgroesse",
        "lead\nweeks",
    )
    found = columns.find(sheet.Sheet(1, header, ()))
    assert found.places == {"sku": 0, "name": 1, "lead_time": 2, "price": 3, "pack_size": 4}
    assert found.ignored == ("“lead weeks” (column F)",)


def test_every_column_is_known_by_its_own_name_and_no_heading_means_two():
    told = [(columns.fold(title), column.name) for column in columns.COLUMNS for title in column.titles]
    assert len({key for key, _ in told}) == len({key for key, _ in told} & columns.TITLES.keys())
    assert all(columns.TITLES[key] == name for key, name in told)
    assert all(columns.TITLES[columns.fold(column.name)] == column.name for column in columns.COLUMNS)
    assert {column.name for column in columns.COLUMNS} == set(Row.model_fields)


@pytest.mark.parametrize(
    ("header", "places"),
    [
        (("Item", "Description"), {"sku": 0, "name": 1}),
        (("SKU", "Item"), {"sku": 0, "name": 1}),
        (("Artikel", "Bezeichnung", "Menge"), {"sku": 0, "name": 1, "card_quantity": 2}),
        (("SKU", "Name", "Description"), {"sku": 0, "name": 1}),
    ],
)
def test_a_vague_heading_means_what_the_clear_ones_leave_over(header, places):
    assert columns.find(sheet.Sheet(1, header, ())).places == places


def test_a_lead_time_in_weeks_does_not_pass_for_days():
    result = parsed("SKU;Name;Lead time (weeks)\nA;B;6\n")
    assert result.rows[0][1].lead_time is None
    assert result.ignored == ("“Lead time (weeks)” (column C)",)


def test_two_headings_of_one_meaning_are_both_named():
    with pytest.raises(SheetError, match=r"Row 1: “Qty per bin” \(column C\) and “Kartenmenge” \(column D\)"):
        parsed("SKU;Name;Qty per bin;Kartenmenge\nA;B;1;2\n")


@pytest.mark.parametrize(("header", "known"), [("Name;Price", "Artikelnummer"), ("SKU;Price", "Bezeichnung")])
def test_a_missing_column_is_refused_with_the_headings_that_would_do(header, known):
    with pytest.raises(SheetError, match=known):
        parsed(f"{header}\nA;1\n")


# Numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", "5"), ("0", "0"), ("+2", "2"), ("1.234,50", "1234.50"), ("1,234.50", "1234.50"),
        ("1 234,5", "1234.5"), ("1\u202f234,5", "1234.5"), ("1'234.50", "1234.50"), ("0,125", "0.125"),
        ("0.125", "0.125"), (",5", "0.5"), ("1.234.567", "1234567"), ("€ 2,50", "2.50"), ("$3", "3"),
        ("2.50 EUR", "2.50"), ("CHF 1’234.50", "1234.50"),
    ],
)  # fmt: skip
def test_a_number_is_read_in_every_usual_spelling(text, number):
    assert only_row("Unit cost", text).unit_cost == Decimal(number)


@pytest.mark.parametrize(
    ("text", "number"),
    [("2,50", "1.234"), ("2.50", "1234"), ("1,000,000", "1234"), ("1.000.000", "1.234")],
)
def test_one_clear_cell_decides_for_its_column_and_the_decision_is_told(text, number):
    result = parsed(f"SKU;Name;Price\nA;a;1,234\nB;b;{text}\n")
    assert result.rows[0][1].price[0].unit_price == Decimal(number)
    assert result.readings == (Reading("Price", "1,234", Decimal(number)),)


def test_another_column_decides_where_the_own_one_is_silent():
    result = parsed("SKU;Name;Price;Quantity per bin\nA;a;2,50;1.500\n")
    assert result.rows[0][1].card_quantity == 1500


def test_what_nothing_decides_is_refused_not_guessed():
    assert only_error("Quantity per bin", "1,500") == "can mean 1500 or 1.500: write 1500 or 1.5000"
    contradictory = parsed("SKU;Name;Price\nA;a;1,50\nB;b;1.50\nC;c;1,500\n")
    assert [(error.row, error.value) for error in contradictory.errors] == [(4, "1,500")]


@pytest.mark.parametrize(
    ("header", "text", "message"),
    [
        ("Quantity per bin", "-5", "must be more than 0"),
        ("Quantity per bin", "−5", "must be more than 0"),
        ("Quantity per bin", "0", "must be more than 0"),
        ("Quantity per bin", "1000001", "must be at most 1,000,000"),
        ("Quantity per bin", "0,1234", "has more than 3 decimals"),
        ("Quantity per bin", "1e400", "is not a number"),
        ("Quantity per bin", "9" * 5000, "is not a number"),
        ("Quantity per bin", "NaN", "is not a number"),
        ("Quantity per bin", "inf", "is not a number"),
        ("Quantity per bin", "ten", "is not a number"),
        ("Quantity per bin", "1.2.3", "is not a number"),
        ("Quantity per bin", "12 34", "is not a number"),
        ("Quantity per bin", "٣", "is not a number"),
        ("Price", "-0.01", "must be at least 0"),
        ("Price", "1000000001", "must be at most 1,000,000,000"),
        ("Price", "1.00001", "has more than 4 decimals"),
        ("Price", '"100:2.10; 1:2.50"', "must name rising quantities"),
        ("Price", '"1:2.50; 2.10"', "is neither a price nor a list of breaks"),
        ("Price", "1:2:3", "is neither a price nor a list of breaks"),
        ("Lead time", "1001", "must be at most 1,000"),
        ("Lead time", "2.5", "must be a whole number"),
        ("Cards", "0", "must be at least 1"),
        ("Cards", "1000", "must be at most 999"),
        ("Consequence", "5", "must be 1 to 4"),
        ("Consequence", "dire", "must be 1 to 4"),
        ("Supplier kind", "friend", "must be “external” or “internal”"),
        ("Supplier e-mail", "a@b.de, c@d.de", "is not one e-mail address"),
        ("Currency", "Euro", "is not a currency"),
        ("Colour", "nice", "is not a colour"),
        ("Location", "/", "names no place"),
        ("Location", "a/b/c/d/e/f/g/h/i", "has more than 8 levels"),
        ("Unit", "x" * 21, "is longer than 20 characters"),
        ("Supplier", "#DIV/0!", "is an error of the spreadsheet"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_in_plain_words(header, text, message):
    assert message in only_error(header, text)


@pytest.mark.parametrize(
    ("header", "text", "field", "value"),
    [
        ("Konsequenz;Kritikalität", "x;hoch", "consequence", 3),
        ("Consequence", "4", "consequence", 4),
        ("Lieferantenart", "Intern", "supplier_kind", "internal"),
        ("Loop kind", "Produktion", "loop_kind", "production"),
        ("Currency", "€", "currency", "EUR"),
        ("Farbe", "Grün", "colour", "#2e7d32"),
        ("Location", "Hall 1/2 › Rack", "location", ("Hall 1/2", "Rack")),
        ("Location", "Hall / Rack", "location", ("Hall", "Rack")),
        ("Lead time", "1,000", "lead_time", 1000),
        ("MOQ", "0", "minimum_order_quantity", 0),
        ("Minimum cycle (h)", "0.25", "minimum_cycle", Decimal("0.25")),
    ],
)
def test_words_and_paths_are_understood(header, text, field, value):
    assert getattr(only_row(header, text), field) == value


def test_every_bad_field_of_a_row_is_told_at_once():
    result = parsed(
        "SKU;Name;Price;Cards;Lead time;Unit\nA;Bolt;x;0;-1;pcs\n;Nut;1.5;2;3;pcs\nC;Pin;1.5;2;3;pcs\n"
    )
    assert [(error.row, error.column) for error in result.errors] == [
        (2, "Price"),
        (2, "Cards"),
        (2, "Lead time"),
        (3, "SKU"),
    ]
    assert [number for number, _ in result.rows] == [4]


# Texts


@pytest.mark.parametrize("text", ["مسمار M8", "🔩 bolt", "=HYPERLINK(0)", "<b>bolt</b>", "ไขควง", "a\u200db"])
def test_a_name_may_hold_any_letters_and_is_only_text(text):
    assert clean(f"  {text} ", limit=200) == text
    assert parsed(f"SKU;Name\nA;{text}\n").rows[0][1].name == text


def test_a_text_is_composed_and_its_length_counted_after():
    assert clean("u\u0308" * 200, limit=200) == "ü" * 200
    with pytest.raises(BadText, match="longer than 200"):
        clean("ü" * 201, limit=200)
    with pytest.raises(BadText, match="longer than 200"):
        clean("x" * 70_000, limit=200)


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9f", "\t", "\n", "\r", "\ud800"])
def test_control_signs_and_half_characters_are_refused(sign):
    with pytest.raises(BadText):
        clean(f"a{sign}b", limit=200)


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u061c", "\u2028", "\u2029", "\u200b"])
def test_a_code_holds_nothing_invisible(sign):
    assert clean(f"a{sign}b", limit=200)
    with pytest.raises(BadText, match="invisible"):
        clean(f"a{sign}b", limit=200, code=True)


def test_a_note_may_have_lines():
    assert clean("one\r\ntwo\tx\rthree\n", limit=2000, lines=True) == "one\ntwo x\nthree"
    with pytest.raises(BadText):
        clean("one\x07", limit=2000, lines=True)


def test_towers_of_accents_are_refused_before_they_cost_time(monkeypatch):
    only = SimpleNamespace(combining=unicodedata.combining)  # and nothing that composes
    monkeypatch.setattr("kanban.text.unicodedata", only)
    with pytest.raises(BadText, match="accents"):
        clean("a" + "\u0316\u0301" * 3000, limit=2000)


@given(st.text(), st.booleans(), st.booleans())
def test_what_passes_the_gate_passes_it_again_unchanged(value, code, lines):
    try:
        once = clean(value, limit=50, code=code, lines=lines)
    except BadText:
        return
    assert clean(once, limit=50, code=code, lines=lines) == once
    once.encode()


# The page


def test_the_page_names_every_column_with_all_its_headings():
    told = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", GUIDE.read_text("utf-8"), re.MULTILINE)
    expected = []
    for column in columns.COLUMNS:
        titles = ", ".join(column.titles)
        if column.rests:
            titles += "; failing these: " + ", ".join(column.rests)
        expected.append((column.name, column.meaning, titles))
    assert told == expected


def test_the_page_tells_the_limits_as_they_are():
    limits = [
        f"{sheet.MAX_BYTES // 1_000_000} MB", f"{sheet.MAX_ROWS:,} rows", f"{sheet.MAX_COLUMNS} columns",
        f"{sheet.MAX_TEXT} characters", f"{sheet.MAX_NOTE:,} characters", f"{MAX_UNIT} characters",
        f"{child.MAX_UNPACKED // 1_000_000} MB", f"{child.MAX_RATIO} times",
        f"{child.MAX_ENTRIES} parts",
        f"{sheet.MAX_SECONDS} seconds",
        f"{MAX_QUANTITY:,}", f"{MAX_MONEY:,}", f"{MAX_CARDS} cards",
        f"{MAX_LEAD_TIME:,} working days", f"{MAX_LEVELS} levels",
        f"{MAX_BREAKS} price breaks",
        f"{MAX_CYCLE:,} hours",
    ]  # fmt: skip
    page = GUIDE.read_text("utf-8")
    assert [limit for limit in limits if limit not in page] == []


def test_the_example_on_the_page_reads_without_an_error():
    (example,) = re.findall(r"```csv\n(.+?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    result = parsed(example)
    assert (len(result.rows), result.errors, result.ignored) == (3, (), ())
