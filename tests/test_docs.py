"""The documents keep up with the program: settings, commands, routes and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from kanban import config, create_app, schema
from kanban.cli import main

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXT = "\n".join(path.read_text() for path in DOCUMENTS)
LONGEST_README = 120  # lines

CONFIG = "\n".join(path.read_text() for path in Path(config.__file__).parent.glob("*.py"))
SETTINGS = sorted(set(re.findall(r"KANBAN_[A-Z_]+[A-Z]", CONFIG)))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    """Every command as it is typed after ``kanban``; those of a group with its name."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name


def anchors(path: Path) -> set[str]:
    """The names that the headings of a page can be linked to by."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("routes")
    schema.upgrade(f"sqlite:///{folder / 'kanban.sqlite'}")
    app = create_app(config.load({"KANBAN_DATA": str(folder)}))
    yield app
    app.extensions["kanban"].database.close()


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_explained(setting: str) -> None:
    assert f"| `{setting}` |" in (ROOT / "docs" / "settings.md").read_text()


def test_every_explained_setting_exists() -> None:
    assert set(re.findall(r"KANBAN_[A-Z_]+[A-Z]", TEXT)) - set(SETTINGS) == set()


@pytest.mark.parametrize("command", list(commands(main)))
def test_every_command_is_mentioned(command: str) -> None:
    code = " ".join(CODE.findall(TEXT))
    assert re.search(rf"kanban (--data \S+ )?{command}\b|`{command}\b", code), f"kanban {command}"


def test_every_mentioned_command_exists() -> None:
    mentioned = set(re.findall(r"(?:^|`|run )kanban ([a-z]+)\b", "\n".join(CODE.findall(TEXT)), re.MULTILINE))
    assert mentioned - set(main.commands) == set()


def test_every_route_is_mentioned(app: Flask) -> None:
    code = " ".join(CODE.findall(TEXT))
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"}
    forms = {rule: re.sub(r"<[^>]+>", "[A-Z]+", rule.replace(".", r"\.")) for rule in rules}
    missing = [rule for rule, form in forms.items() if not re.search(rf"(?<![\w/]){form}(?![\w/])", code)]
    assert sorted(missing) == []


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = []
    for link in LINK.findall(page.read_text()):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = page.parent / target if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            dead.append(link)
    assert dead == []


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len(README.read_text().splitlines()) <= LONGEST_README
