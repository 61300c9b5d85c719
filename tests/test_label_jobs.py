"""Large jobs: parts that are joined, progress, what is kept, and what happens when a part breaks."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from test_labels import codes, jpeg, pages, poppler, text_of, typical
from waiting import wait_until

from kanban import labels
from kanban.labels import archives, jobs, merging, press, stocks, symbols, zpl
from kanban.labels.errors import Cancelled

ASSETS = Path(__file__).parent.parent / "labels"
HOST = "https://kanban.example"


def plan(stock: str = "avery-l7160", face: str = "small", start: int = 1, **more: object) -> labels.Plan:
    return labels.plan(ASSETS, HOST, face, stocks.every(ASSETS)[stock], start, **more)


def many(count: int) -> list[labels.Label]:
    return [replace(typical()[0], code=code) for code in codes(count)]


def read(pdf: bytes) -> list[str]:
    return sorted(found.text[-12:] for page in pages(pdf, 150) for found in zxingcpp.read_barcodes(page))


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "SMALL", 10)
    monkeypatch.setattr(jobs, "PART", 42)


def test_a_job_in_parts_has_every_label_once_in_order(small_parts: None, tmp_path: Path) -> None:
    seen: list[int] = []
    target = tmp_path / "prints" / "job.pdf"
    some = many(100)
    assert jobs.write_pdf(iter(some), plan(start=20), target, seen.append) == 100
    pdf = target.read_bytes()
    assert read(pdf) == sorted(label.code for label in some)
    assert seen == sorted(seen)
    assert seen[-1] == 100
    assert [path.name for path in target.parent.iterdir()] == ["job.symbols", "job.pdf"] or {
        path.name for path in target.parent.iterdir()
    } == {"job.symbols", "job.pdf"}
    spoken = text_of(pdf)
    positions = [spoken.index(label.code[:4] + " " + label.code[4:8]) for label in some]
    assert positions == sorted(positions)


def test_the_same_job_gives_the_same_bytes_and_computes_no_symbol_again(
    small_parts: None, tmp_path: Path
) -> None:
    target = tmp_path / "job.pdf"
    jobs.write_pdf(many(60), plan(), target)
    first = target.read_bytes()
    kept = symbols.Kept(target.with_suffix(".symbols"))
    kept.load()
    assert len(kept.known) == 60
    jobs.write_pdf(many(60), plan(kept=kept), target, cores=1)
    assert target.read_bytes() == first
    assert len(target.with_suffix(".symbols").read_text().splitlines()) == 60


def test_the_joined_file_is_a_sound_pdf_with_its_fonts_and_photos(small_parts: None, tmp_path: Path) -> None:
    target = tmp_path / "job.pdf"
    photo = jpeg()
    jobs.write_pdf([replace(label, photo=photo) for label in many(24)], plan("a4-cards", "card"), target)
    pdf = target.read_bytes()
    said = subprocess.run(["pdfinfo", target], capture_output=True, check=True, text=True)
    assert "Pages:           3" in said.stdout
    assert said.stderr == ""
    fonts = poppler("pdffonts", pdf=pdf, output=()).decode().splitlines()[2:]
    assert all(" yes yes " in font for font in fonts)
    assert b"CreationDate" not in pdf


def test_joining_keeps_what_each_part_shows() -> None:
    parts = [labels.pdf(many(30)[:21], plan()), labels.pdf(many(30)[21:], plan())]
    out = io.BytesIO()
    assert merging.join(parts, out) == 2
    for joined, part in zip(pages(out.getvalue(), 60), [pages(each, 60)[0] for each in parts], strict=True):
        assert joined.tobytes() == part.tobytes()


def test_a_part_that_breaks_is_told_and_leaves_no_half_file(
    small_parts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = plan().settled()
    monkeypatch.setattr(labels.Plan, "settled", lambda how: replace(settled, assets=tmp_path))
    with pytest.raises(labels.LabelError, match=r"could not be set: .*No such file"):
        jobs.write_pdf(many(60), plan(), tmp_path / "job.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_is_cancelled_ends_at_once_and_leaves_nothing(small_parts: None, tmp_path: Path) -> None:
    def cancelled(done: int) -> None:
        if done > 0:
            raise Cancelled

    some = iter(many(2_000))
    with pytest.raises(Cancelled):
        jobs.write_pdf(some, plan(), tmp_path / "job.pdf", cancelled)
    assert len(list(some)) > 1_500, "what nobody asked for was not begun"
    assert {path.name for path in tmp_path.iterdir()} <= {"job.symbols"}


def test_a_press_that_is_given_up_takes_its_child_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child sets a part; nobody would read what it makes."""
    forking = tmp_path / "forking"
    forking.write_text("#!/bin/sh\nsleep 3600 &\nwait\n")
    forking.chmod(0o700)
    monkeypatch.setattr(press.sys, "executable", str(forking))
    given_up = press.Press().__enter__()
    group = given_up._process.pid
    wait_until(lambda: len(alive(group)) == 2)
    given_up.__exit__(Cancelled, Cancelled(), None)
    wait_until(lambda: alive(group) == [])


def alive(group: int) -> list[int]:
    """The processes of the group that run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _parent, its_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(int(stat.parent.name))
    return found


def test_nothing_to_print_is_refused(tmp_path: Path) -> None:
    with pytest.raises(labels.NothingToPrint):
        jobs.write_pdf([], plan(), tmp_path / "job.pdf")


def test_two_who_make_the_same_file_at_once_both_get_it(tmp_path: Path) -> None:
    import threading

    target, broken = tmp_path / "job.pdf", []

    def make() -> None:
        try:
            jobs.write_pdf(many(3), plan(), target)
        except Exception as error:
            broken.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert broken == []
    assert len(read(target.read_bytes())) == 3
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


@pytest.mark.parametrize(
    ("face", "stock", "first"), [("small", "avery-l7160", 21), ("small", "zebra-57x32", 50)]
)
def test_an_archive_of_pictures_is_drawn_while_it_is_read(face: str, stock: str, first: int) -> None:
    taken: list[labels.Label] = []

    def waiting() -> Iterator[labels.Label]:
        for label in many(60):
            taken.append(label)
            yield label

    pieces = archives.pictures(waiting(), plan(stock, face))
    begun = next(pieces)
    assert len(taken) == first, "one sheet, or some labels of a roll, are drawn at a time"
    with zipfile.ZipFile(io.BytesIO(begun + b"".join(pieces))) as archive:
        assert archive.testzip() is None
        read = [found.text[-12:] for name in archive.namelist() for found in decoded(archive.read(name))]
    assert sorted(read) == sorted(label.code for label in taken)


def test_zpl_is_drawn_while_it_is_read() -> None:
    taken: list[labels.Label] = []

    def waiting() -> Iterator[labels.Label]:
        for label in many(60):
            taken.append(label)
            yield label

    parts = zpl.job(waiting(), plan("zebra-57x32"))
    next(parts)
    assert len(taken) == 50, "some labels are drawn at a time"
    assert 1 + len(list(parts)) == len(taken) == 60


def decoded(png: bytes) -> list[zxingcpp.Barcode]:
    return zxingcpp.read_barcodes(Image.open(io.BytesIO(png)).convert("L"))


def test_a_job_of_labels_with_addresses_of_their_own_is_set_too(small_parts: None, tmp_path: Path) -> None:
    """Each may need a larger symbol; the process that sets parts must find its place without typst."""
    target = tmp_path / "places.pdf"
    links = [f"{HOST}/l/{number:03}?{'x' * (number % 40)}" for number in range(60)]
    places = [labels.Label(link=link, location=f"Hall {n} › A-{n}") for n, link in enumerate(links)]
    assert jobs.write_pdf(iter(places), plan("avery-l7161", "place"), target, cores=1) == 60
    found = [each.text for page in pages(target.read_bytes(), 200) for each in zxingcpp.read_barcodes(page)]
    assert sorted(found) == sorted(links)
