"""Every design of a card, on labels of every shape: nothing is clipped, hidden, crowded or lost."""

import itertools
from dataclasses import replace

import pytest
from test_labels import (
    ASSETS,
    HOSTILE,
    Box,
    hostile,
    jpeg,
    label_box,
    overlap,
    plan,
    stock_of,
    symbol_box,
    text_of,
    typical,
    within,
    words,
)  # fmt: skip

from kanban import labels
from kanban.labels import faces

SETTINGS = [
    ("card", "a4-cards"), ("card", "avery-l7165"), ("card", "avery-l7169"), ("pocket", "a4-id1"),
    ("pocket", "avery-5371"), ("pocket", "avery-5168"), ("bin", "avery-l7163"), ("bin", "avery-l7168"),
    ("strip", "avery-5161"), ("strip", "avery-l7162"), ("small", "avery-l7160"), ("small", "avery-5160"),
    ("home", "avery-l7163"), ("home", "avery-l7173"), ("qr", "avery-l7651"), ("qr", "avery-22805"),
    ("qr", "avery-l7120"), ("drawer", "avery-5167"), ("drawer", "avery-l7651"),
]  # fmt: skip
BESIDE_THE_EDGE = 0.4  # mm that stay free


def crowded() -> list[labels.Label]:
    """Hostile text in every field, every second label with a photo."""
    return [
        replace(
            label,
            photo=jpeg() if n % 2 else None,
            home=text,
            location=" › ".join(filter(str.strip, (text, text))),
        )
        for n, (label, text) in enumerate(zip(hostile(), HOSTILE, strict=True))
    ]


def test_every_design_of_a_card_is_tried() -> None:
    cards = {face.name for face in faces.every(ASSETS).values() if face.of == faces.CARDS}
    assert {face for face, _ in SETTINGS} == cards


@pytest.mark.parametrize("languages", [("en",), ("de", "en")], ids="-".join)
@pytest.mark.parametrize(("face", "stock"), SETTINGS)
def test_no_text_is_hidden_by_the_symbol_or_another_or_reaches_the_edge(
    face: str, stock: str, languages: tuple[str, ...]
) -> None:
    known = stock_of(stock)
    some = crowded()
    boxes: dict[tuple[int, int], list[Box]] = {}
    for page, word, box in words(labels.pdf(some, plan(face, stock, languages=languages))):
        places = range(1, known.per_sheet + 1)
        at = next((place for place in places if within(box, label_box(known, place), -BESIDE_THE_EDGE)), None)
        assert at is not None, f"{word!r} leaves its label"
        assert not overlap(box, symbol_box(face, known, at)), f"{word!r} is hidden by the symbol"
        boxes.setdefault((page, at), []).append(box)
    assert len(boxes) == len(some)
    for found in boxes.values():
        assert not any(overlap(one, other, slack=0.3) for one, other in itertools.combinations(found, 2))


def test_a_part_number_breaks_after_its_hyphens() -> None:
    label = replace(typical()[0], sku="SKR-6KT-931-M12X140-8.8-VZ-BL")
    assert "SKR-6KT-931-M12X140-\n8.8-VZ-BL" in text_of(labels.pdf([label], plan("card", "a4-cards")))


def test_a_word_of_45_letters_is_set_whole() -> None:
    word = "Donaudampfschiffahrtselektrizitätenhauptbetri"
    label = replace(typical()[0], name=word)
    for face, stock in (("card", "a4-cards"), ("pocket", "avery-5371"), ("strip", "avery-5161")):
        assert word in text_of(labels.pdf([label], plan(face, stock))).splitlines()


def test_an_address_breaks_after_its_commas() -> None:
    label = replace(typical()[0], home="Musterwerk GmbH, Industriestr. 12, 71083 Herrenberg")
    lines = text_of(labels.pdf([label], plan("home", "avery-l7173"))).replace("\xa0", " ").splitlines()
    assert {"Musterwerk GmbH,", "Industriestr. 12,", "71083 Herrenberg"} <= {line.strip() for line in lines}


def test_two_languages_of_a_sentence_stand_on_lines_of_their_own() -> None:
    pairing = labels.Label(link="https://kanban.example/p/x", name="Bench 2", shop="Works")
    said = text_of(labels.pdf([pairing], plan("pair", "a4-id1", languages=("de", "en")))).splitlines()
    assert {"Dieses Telefon koppeln", "Pair this phone"} <= {line.strip() for line in said}


@pytest.mark.parametrize("stock", ["a4-whole", "letter-whole"])
@pytest.mark.parametrize("languages", [("en",), ("de",), ("de", "en")], ids="-".join)
def test_nothing_on_the_poster_covers_another(stock: str, languages: tuple[str, ...]) -> None:
    label = labels.Label(link="https://kanban.example/", shop="Works", note="kanban.example")
    found = list(words(labels.pdf([label], plan("poster", stock, languages=languages))))
    assert not any(overlap(box, symbol_box("poster", stock_of(stock), 1)) for _, _, box in found)
    boxes = [box for _, _, box in found]
    assert not any(overlap(one, other, slack=0.3) for one, other in itertools.combinations(boxes, 2))
