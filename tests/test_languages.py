"""Every sentence is said through the catalogues, and every catalogue is complete."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from kanban import languages
from kanban.imports.columns import COLUMNS, HEADINGS, TITLES, fold
from kanban.web import errors
from kanban.web.forms import Form

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"
CATALOGUES = [language for language in languages.SPOKEN if language != languages.SOURCE]
PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")
SPOKEN_ATTRIBUTES = {"title", "aria-label", "placeholder", "alt", "data-label", "data-broken"}
WORD = re.compile(r"[A-Za-z]{2,}")
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]|^[A-Z][a-z]+$")
NAMES = {"Europe/Lisbon", "CSV", "kB"}
"""What is the same in every language."""
NO_TEXT = {"page", "body"}
"""Blocks that stand inside a tag."""
SAYS = {"_", "gettext", "ngettext"}


@lru_cache(maxsize=1)
def wanted() -> Catalog:
    """All sentences of code and templates, as ``.ci/catalogues`` collects them."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(each["pattern"], each["method"]) for each in mappings]
    options = {each.pop("pattern"): {k: v for k, v in each.items() if k != "method"} for each in mappings}
    found = Catalog()
    for folder in ("kanban", "templates", "labels"):
        for _file, _line, message, _comments, context in extract_from_dir(
            ROOT / folder, methods, options, DEFAULT_KEYWORDS | {"mark": None, "sentence": None}
        ):
            found.add(message, context=context)
    return found


@lru_cache(maxsize=8)
def catalogue(language: str) -> Catalog:
    path = ROOT / "kanban" / "languages" / f"{language}.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def translated(language: str) -> Iterator[Message]:
    return (message for message in catalogue(language) if message.id)


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_sentence_is_translated(language: str) -> None:
    """Run .ci/catalogues, then fill in what is empty."""
    said = {message.id: message for message in translated(language)}
    missing = [
        message.id
        for message in wanted()
        if message.id and (message.id not in said or not all(forms(said[message.id].string)))
    ]
    assert missing == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_no_translation_is_guessed_or_left_over(language: str) -> None:
    known = {message.id for message in wanted()}
    assert [message.id for message in translated(language) if message.fuzzy] == []
    assert [message.id for message in translated(language) if message.id not in known] == []
    assert list(catalogue(language).obsolete) == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_translation_takes_the_values_of_its_sentence(language: str) -> None:
    wrong = []
    for message in translated(language):
        given = set[str]().union(*(PLACEHOLDER.findall(each) for each in forms(message.id)))
        for said in forms(message.string):
            if said and (set(PLACEHOLDER.findall(said)) ^ given) - {"num", "count"}:
                wrong.append((message.id, said))
            if ("%" in PLACEHOLDER.sub("", said)) != ("%" in PLACEHOLDER.sub("", forms(message.id)[0])):
                wrong.append((message.id, said))
    assert wrong == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_plural_has_all_its_forms(language: str) -> None:
    count = catalogue(language).num_plurals
    assert [
        message.id
        for message in translated(language)
        if message.pluralizable and (len(message.string) != count or not all(message.string))
    ] == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_translation_keeps_tags_and_the_blanks_at_its_ends(language: str) -> None:
    wrong = []
    for message in translated(language):
        for said in filter(None, forms(message.string)):
            one = forms(message.id)[0]
            same_tags = sorted(re.findall(r"<[^>]*>", said)) == sorted(re.findall(r"<[^>]*>", one))
            same_ends = (said[:1] == " ", said[-1:] == " ") == (one[:1] == " ", one[-1:] == " ")
            if not same_tags or not same_ends:
                wrong.append((message.id, said))
    assert wrong == []


def test_sentences_hold_only_named_texts() -> None:
    """``%(name)s`` and nothing else: a number comes as a text in the language's own writing."""
    odd = [
        each for message in wanted() for each in forms(message.id) if re.search(r"%\(\w+\)[^s]|\{\w*\}", each)
    ]
    assert odd == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_sheet_in_any_language_is_understood(language: str) -> None:
    with languages.speaking(language):
        read = {column.name: TITLES.get(fold(languages.gettext(column.titles[0]))) for column in COLUMNS}
    assert read == {column.name: column.name for column in COLUMNS}
    assert {column.titles[0] for column in COLUMNS} == set(HEADINGS)


class Bare(HTMLParser):
    """Collects the visible words of a template that no catalogue knows."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style", "code")
        self.found += [
            f'{name}="{value}"'
            for name, value in attributes
            if name in SPOKEN_ATTRIBUTES
            and WORD.search(value or "")
            and value not in NAMES
            and "://" not in (value or "")
        ]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "code")

    def handle_data(self, data: str) -> None:
        said = data.replace("\N{BULLET}", "").strip(" ,\n")
        if not self.silent and WORD.search(said) and said not in NAMES:
            self.found.append(data.strip())


def pieces(node: nodes.Node) -> Iterator[str]:
    """The template's own text in its order, a sign in place of every expression."""
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Block) and node.name in NO_TEXT:
        return
    elif isinstance(node, nodes.Macro):
        inside = "".join(piece for child in node.body for piece in pieces(child))
        yield inside if "<" in inside else ""  # without a tag it writes attributes
    elif isinstance(node, nodes.Expr):
        yield "\N{BULLET}"
    else:
        for child in node.iter_child_nodes():
            yield from pieces(child)


def literals(node: nodes.Node) -> Iterator[str]:
    """The texts inside expressions that are not said through a catalogue."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in SAYS:
        return
    if isinstance(node, nodes.Compare):
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    for child in node.iter_child_nodes():
        yield from literals(child)


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_no_template_says_a_word_by_itself(path: Path) -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    parsed = environment.parse(path.read_text())
    bare = Bare()
    bare.feed("".join(pieces(parsed)))
    bare.close()
    assert bare.found == []
    assert [each for each in literals(parsed) if SENTENCE.search(each)] == []


def test_no_script_says_a_word_by_itself() -> None:
    spoken = re.compile(r"""(["'`])(?=[^"'`\n]*[A-Za-z]{2,} [a-z]{2,} )([A-Z][^"'`\n]*)\1""")
    scripts = [path for path in (ROOT / "static").rglob("*.js") if "vendor" not in path.parts]
    assert scripts
    found = {path.name: [each[1] for each in spoken.findall(path.read_text())] for path in scripts}
    assert {name: said for name, said in found.items() if said} == {}


PHYSICAL = re.compile(
    r"(?:^|[\s;{-])(?:left|right)(?:-[a-z]+)*\s*:"  # left: 0, margin-left: 1rem, border-right-width: 1px
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
    r"|border-(?:top|bottom)-(?:left|right)-radius"
)
FOUR_SIDES = re.compile(r"\b(?:padding|margin|inset|border-width):\s*((?:[^\s;()]+\s+){3}[^\s;()]+)\s*[;}]")


@pytest.mark.parametrize("sheet", sorted((ROOT / "static" / "css").glob("*.css")), ids=lambda path: path.name)
def test_styles_know_no_left_and_right(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    assert [found[0].strip() for found in PHYSICAL.finditer(text)] == []
    sides = [found[1].split() for found in FOUR_SIDES.finditer(text)]
    assert [each for each in sides if each[1] != each[3]] == [], "say inline-start and inline-end"


def test_a_sentence_is_said_in_the_language_that_is_spoken() -> None:
    assert languages.gettext("Cancel") == "Cancel"
    with languages.speaking("de"):
        assert languages.gettext("Cancel") == "Abbrechen"
        assert languages.ngettext("%(num)s card", "%(num)s cards", 1) == "1 Karte"
        assert languages.ngettext("%(num)s card", "%(num)s cards", 1200) == "1.200 Karten"
        assert languages.number(Decimal("1234.5")) == "1.234,5"
        assert languages.money(Decimal("0.0125"), "EUR") == "0,0125\N{NO-BREAK SPACE}€"
        assert languages.listing(["a", "b", "c"]) == "a, b und c"
    assert languages.gettext("Cancel") == "Cancel"


def test_a_language_that_nobody_wrote_is_english() -> None:
    with languages.speaking("tlh"):
        assert languages.spoken() == "en"


@pytest.mark.parametrize("path", sorted((ROOT / "kanban").rglob("*.py")), ids=str)
def test_no_sentence_hides_from_the_collector(path: Path) -> None:
    """Babel does not look into f-strings."""
    inside = (
        node
        for text in ast.walk(ast.parse(path.read_text()))
        if isinstance(text, ast.JoinedStr)
        for node in ast.walk(text)
    )
    calls = (
        node for node in inside if isinstance(node, ast.Call) and ast.unparse(node.func) in SAYS | {"mark"}
    )
    assert [ast.unparse(call) for call in calls if isinstance(call.args[0], ast.Constant)] == []


def test_every_refusal_is_in_the_catalogues() -> None:
    refusals = [errors.BROKEN, *errors.REFUSALS.values()]
    said = {text for refusal in refusals for text in (refusal.title, refusal.what_next) if text}
    said |= {*errors.HTTP_TITLES.values(), *errors.HTTP_WORDS.values(), errors.OTHERWISE}
    assert {text for text in said if text not in wanted()} == set()


def test_every_title_of_a_field_is_in_the_catalogues() -> None:
    """It begins the sentence about what is wrong with the field."""
    titles = {field.title for form in every(Form) for field in form.model_fields.values()}
    assert len(titles) > 50
    assert {title for title in titles if title not in wanted()} == set()


def every(form: type[Form]) -> Iterator[type[Form]]:
    for each in form.__subclasses__():
        yield each
        yield from every(each)
