"""The wheel, not the checkout: what is in it, and that it works where nothing else is."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from serving import Browser, environment, serving, stocked

from kanban import config

ROOT = Path(__file__).parent.parent
ASSETS = ("static", "templates", "labels")
LOCK = ROOT / "requirements.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """What a command prints; fails the test with its words where it fails."""
    line = [str(part) for part in command]
    ended = subprocess.run(line, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, f"{line}: {ended.stdout}{ended.stderr}"
    return ended.stdout


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a checkout is found by way of the environment."""
    monkeypatch.delenv("PYTHONPATH", raising=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout; made without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of an environment that holds the wheel and what it depends on, nothing else."""
    uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
    assert uv, "uv belongs to the extra `test`"
    home = tmp_path_factory.mktemp("installed") / "venv"
    run(uv, "venv", "--python", sys.executable, home)
    python, lock = str(home / "bin" / "python"), str(LOCK)
    install = [uv, "pip", "install", "--python", python, "--constraint", lock, str(wheel)]
    if subprocess.run([*install, "--offline"], capture_output=True).returncode:
        run(*install)
    return home / "bin"


def working_files(folder: str) -> set[str]:
    paths = (ROOT / folder).rglob("*")
    return {
        str(path.relative_to(ROOT)) for path in paths if path.is_file() and "__pycache__" not in path.parts
    }


def test_it_holds_every_file_of_the_product_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    wanted = working_files("kanban")
    for folder in ASSETS:
        wanted |= {f"kanban/_assets/{name}" for name in working_files(folder)}
    assert names == wanted


def test_it_takes_one_name_and_carries_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    information = f"kanban-{version('kanban')}.dist-info"
    assert {name.split("/")[0] for name in names} == {"kanban", information}
    assert f"{information}/licenses/LICENSE" in names


def test_installed_alone_it_serves_and_prints(programs: Path, tmp_path: Path) -> None:
    kanban = programs / "kanban"
    shop = tmp_path / "shop"
    assert "kanban serve" in run(kanban, "--help", cwd=tmp_path)
    stocked(shop)
    with serving(shop, command=str(kanban)) as served:
        browser = Browser(served.address)
        page = browser.get("/sign-in")
        assert page.status == 200
        styles = re.findall(r'href="(/static/[^"]+\.css[^"]*)"', page.text)
        assert styles
        assert {browser.get(style).status for style in styles} == {200}
    pdf = tmp_path / "cards.pdf"
    run(
        kanban,
        "labels",
        "--which",
        "all",
        "--find",
        "Rack",
        "--out",
        pdf,
        env=environment(shop, 8000),
        cwd=tmp_path,
    )
    assert pdf.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("folder", ASSETS)
def test_checkout_and_wheel_find_the_same_folders(programs: Path, tmp_path: Path, folder: str) -> None:
    assert config.assets(folder) == ROOT / folder
    asked = f"from kanban import config; print(config.assets({folder!r}))"
    found = Path(run(programs / "python", "-c", asked, cwd=tmp_path).strip())
    assert found.is_relative_to(programs.parent)
    same = {str(path.relative_to(found)) for path in found.rglob("*") if path.is_file()}
    assert same == {str(Path(name).relative_to(folder)) for name in working_files(folder)}


def test_the_lock_fits_what_the_project_asks_for() -> None:
    """Where this fails, write the lock anew: its first lines say how."""
    locked = dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", LOCK.read_text(), re.MULTILINE))
    asked = PROJECT["dependencies"] + [
        line for lines in PROJECT["optional-dependencies"].values() for line in lines if "kanban[" not in line
    ]
    for line in asked:
        wanted = Requirement(line)
        name = wanted.name.lower()
        assert name in locked, line
        assert wanted.specifier.contains(locked[name]), f"{line}, locked is {locked[name]}"


def test_the_lock_names_a_hash_for_each_file_and_no_place_to_get_it_from() -> None:
    text = LOCK.read_text()
    assert "://" not in text
    blocks = re.split(r"\n(?=[a-z])", text.split("\n", 2)[2])
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
