"""The shape of the code: which way imports point, and what nobody may write."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Float, Numeric

import kanban
from kanban import advice, alerts, answers, counts, people, prints, problems, receipts, scans, subscriptions  # noqa: F401 - they know every table
from kanban.db import Base

PACKAGE = Path(kanban.__file__).parent
TEMPLATES = PACKAGE.parent / "templates"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
LONGEST_MODULE = 300

ORDER = [
    {"languages", "sizing"},
    {"config", "clock", "text"},
    {"db"},
    {"bulk"},
    {"schema"},
    {"journal"},
    {"people", "shop"},
    {"photos", "subscriptions"},
    {"codes", "items"},
    {"suppliers", "calendars"},
    {"loops"},
    {"prints"},
    {"outbox"},
    {"orders"},
    {"plans"},
    {"receipts"},
    {"scans"},
    {"problems", "counts"},
    {"answers"},
    {"alerts"},
    {"advice"},
    {"labels"},
    {"documents"},
    {"reports"},
    {"imports"},
    {"certificates"},
    {"demo", "keeping"},
    {"senders"},
    {"dispatcher"},
    {"web"},
    {"api"},
    {"worker"},
    {"cli"},
    {"__init__"},
]
"""Each may import only what stands before it."""

DOMAIN = set[str]().union(*ORDER[: ORDER.index({"web"})])
CALLS_THE_CLOCK_ITSELF = {"clock", "demo", "keeping", "dispatcher"}
BANNED = {
    r"url_for\([^)]*_external": "the configured base URL makes every address that leaves",
    r"\|\s*safe\b": "text stays text",
    r"\bMarkup\b": "text stays text",
    r"autoescape\s+false": "text stays text",
}


def noun(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, by their full names; ``from kanban import x`` gives ``kanban.x``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{each.name}" for each in node.names)


def own_nouns(path: Path) -> set[str]:
    names = (name.split(".") for name in imported(path))
    nouns = {parts[1] if len(parts) > 1 else "__init__" for parts in names if parts[0] == "kanban"}
    return {each if each in set[str]().union(*ORDER) else "__init__" for each in nouns - {"__version__"}}


def test_every_module_has_its_place_in_the_order() -> None:
    assert {noun(path) for path in MODULES} <= set[str]().union(*ORDER)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    own = noun(path)
    place = next(index for index, nouns in enumerate(ORDER) if own in nouns)
    allowed = set[str]().union(*ORDER[:place]) | {own}
    if own in ("worker", "cli", "web", "api"):
        allowed.add("__init__")  # create_app and the version
    assert own_nouns(path) <= allowed


@pytest.mark.parametrize("path", [path for path in MODULES if noun(path) in DOMAIN], ids=name_of)
def test_the_domain_knows_no_web(path: Path) -> None:
    web = {"flask", "flask_sqlalchemy", "werkzeug", "jinja2", "granian", "markupsafe"}
    if noun(path) not in ("documents", "senders"):  # they write for people, by templates
        assert {name.split(".")[0] for name in imported(path)} & web == set()


@pytest.mark.parametrize("path", [path for path in MODULES if noun(path) in DOMAIN], ids=name_of)
def test_the_domain_is_told_the_time(path: Path) -> None:
    if noun(path) in CALLS_THE_CLOCK_ITSELF:
        return
    asked = [
        f"{path.name}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today", "time_ns")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("clock", "datetime", "date", "time")
    ]
    assert asked == []


@pytest.mark.parametrize("path", [path for path in MODULES if noun(path) in DOMAIN - {"config"}], ids=name_of)
def test_the_domain_reads_no_settings(path: Path) -> None:
    assert re.findall(r"environ\[|environ\.get|getenv", path.read_text()) == []


def test_each_maker_of_symbols_is_used_in_one_place() -> None:
    """segno for every vector; qrcode for dots, screens and terminals, and in tests as the second witness."""
    users = {
        maker: [name_of(path) for path in MODULES if maker in {each.split(".")[0] for each in imported(path)}]
        for maker in ("segno", "qrcode", "typst")
    }
    assert users == {
        "segno": ["labels/symbols.py"], "qrcode": ["labels/rasters.py"], "typst": ["labels/setting.py"],
    }  # fmt: skip


def test_no_quantity_and_no_money_is_a_float() -> None:
    floats = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, (Float, Numeric))
    ]
    assert floats == []


@pytest.mark.parametrize("pattern", BANNED)
def test_what_nobody_may_write(pattern: str) -> None:
    files = [*PACKAGE.rglob("*.py"), *TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")]
    found = [str(path) for path in files if re.search(pattern, path.read_text())]
    assert found == [], BANNED[pattern]


def test_no_module_is_named_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "services"}
    assert {path.stem for path in MODULES} & vague == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_table_says_the_same_key_twice(path: Path) -> None:
    tables = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Dict))
    keys = ([ast.unparse(key) for key in table.keys if key] for table in tables)
    assert [key for each in keys for key in set(each) if each.count(key) > 1] == []


def test_modules_stay_short_enough_to_be_read_at_once() -> None:
    """A longer one becomes a package of the same name."""
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}
