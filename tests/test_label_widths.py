"""What a design is told of the width of its texts, held against typst's own measure."""

import json
import mmap
import random
from pathlib import Path

import pytest

from kanban.labels import glyphs, setting, values, widths

ASSETS = Path(__file__).parents[1] / "labels"
WORDS = [
    "Hexagon screw M6 × 20, A2",
    "Sechskantschraube Ölfilter-Gehäuse",
    "AVAVA To Yo WA. Ty",
    "fi ffi fl office",
    "Hall 3 › Rack 14 › 007",
    "v2 · 2026-11-26 · Works",
    "1,000 pcs (25 kg)",
    "Lieferzeit 5–10 Arbeitstage → Werk",
]
DESIGN = """#let wide(value) = measure(text(font: ("IBM Plex Sans", "DejaVu Sans"), size: 1000pt,
  hyphenate: false, weight: int(sys.inputs.weight), value)).width / 1000pt
#context [#metadata(json(bytes(sys.inputs.texts)).map(wide)) <widths>]"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("measure")
    (root / "fonts").symlink_to(ASSETS / "fonts")
    (root / "measure.typ").write_text(DESIGN, "utf-8")

    def ask(texts: list[str], weight: str) -> list[float]:
        inputs = {"texts": json.dumps(texts), "weight": weight}
        return json.loads(setting.query(root / "measure.typ", "<widths>", root, inputs))

    return ask


@pytest.mark.parametrize("weight", ["400", "600", "700"])
def test_no_text_is_wider_than_its_design_is_told(measured, weight):
    chance = random.Random(5)
    letters = [each for each in widths.LETTERS if each != " "]
    texts = WORDS + ["".join(chance.choices(letters, k=12)) for _ in range(2_000)]
    told = widths.texts(texts, widths.letters(ASSETS))[weight]
    for text, wide in zip(texts, measured(texts, weight), strict=True):
        assert wide * 0.995 <= told[text] <= wide * 1.08, text  # a line is set on 0.995 of its place


def test_a_text_with_other_letters_is_left_to_its_design():
    known = widths.letters(ASSETS)
    for text in ("Γρανάζι", "螺丝", "T\u00efle", "x\u0301"):
        assert not any(text in each for each in widths.texts([text], known).values())


def test_ordinary_texts_pass_the_cleaning_as_they_are():
    every = [chr(point) for point in range(0x3000)]
    ordinary = [each for each in every if values._ORDINARY.fullmatch(each) and each != " "]
    assert len(ordinary) > 700
    for each in ordinary:
        assert values._composed(f"a{each}a{each}{each}") == f"a{each}a{each}{each}"


def test_ordinary_characters_are_in_our_own_font():
    font = ASSETS / "fonts" / "IBMPlexSans-Regular.ttf"
    with font.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        ranges = list(glyphs._of_font(data, 0))
    ordinary = [point for point in range(0x20, 0x3000) if glyphs._ORDINARY.fullmatch(chr(point))]
    assert [hex(point) for point in ordinary if not any(a <= point <= b for a, b in ranges)] == []
