"""``kanban labels``: the file appears whole or not at all, and only then do cards wear its labels."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from kanban import schema
from kanban.cli import main
from kanban.db import Database
from kanban.labels import LabelError, rasters
from kanban.loops import Card

SHEET = "SKU,Name,Unit,Supplier,Supplier SKU,Pack size,Lead time,Location,Cards,Quantity per bin\n"
ROWS = "M8,Bolt M8,pcs,ACME,933,100,5,Rack A,3,500\n"
Command = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Calls ``kanban`` on a shop of its own with three cards."""
    monkeypatch.setenv("KANBAN_DATA", str(tmp_path))
    monkeypatch.delenv("KANBAN_DATABASE_URL", raising=False)
    schema.upgrade(f"sqlite:///{tmp_path / 'kanban.sqlite'}")
    (tmp_path / "sheet.csv").write_text(SHEET + ROWS)

    def call(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words])

    done = call("import", tmp_path / "sheet.csv")
    assert done.exit_code == 0, done.output
    return call


def versions(folder: Path) -> list[int]:
    database = Database(f"sqlite:///{folder / 'kanban.sqlite'}", folder)
    with database.read() as session:
        found = list(session.scalars(select(Card.print_version)))
    database.close()
    return found


@pytest.mark.parametrize("name", ["labels.zpl", "labels.zip", "labels.pdf"])
def test_the_ending_says_what_the_file_becomes(command: Command, tmp_path: Path, name: str) -> None:
    done = command("labels", "--face", "small", "--stock", "zebra-57x32", "--out", tmp_path / name)
    assert done.exit_code == 0, done.output
    made = (tmp_path / name).read_bytes()
    if name.endswith("zpl"):
        assert made.count(b"^XA") == made.count(b"^XZ") == 3
    elif name.endswith("zip"):
        assert len(zipfile.ZipFile(tmp_path / name).namelist()) == 3
    else:
        assert made.startswith(b"%PDF")
    assert versions(tmp_path) == [1, 1, 1]
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("name", ["labels.zpl", "labels.zip"])
def test_a_job_that_breaks_leaves_no_file_and_no_print(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def broken(*_given: object) -> bytes:
        raise LabelError("the press is broken")

    (tmp_path / name).write_text("the one before")
    monkeypatch.setattr(rasters, "dots_of", broken)
    done = command("labels", "--face", "small", "--stock", "zebra-57x32", "--out", tmp_path / name)
    assert done.exit_code == 1
    assert "the press is broken" in done.output
    assert (tmp_path / name).read_text() == "the one before"
    assert versions(tmp_path) == [0, 0, 0]
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("name", "says"), [("labels.txt", "ends in none of"), ("none/labels.zpl", "cannot be written")]
)
def test_a_file_that_cannot_be_is_refused(command: Command, tmp_path: Path, name: str, says: str) -> None:
    done = command("labels", "--face", "small", "--stock", "zebra-57x32", "--out", tmp_path / name)
    assert done.exit_code != 0
    assert says in done.output
    assert versions(tmp_path) == [0, 0, 0]
