import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanban import codes

LETTERS = st.text(alphabet=codes.ALPHABET, min_size=codes.LENGTH - 1, max_size=codes.LENGTH - 1)


def with_check(body: str) -> str:
    return next(body + last for last in codes.ALPHABET if reads(body + last))


def reads(text: str) -> bool:
    try:
        codes.read(text)
    except codes.BadCode:
        return False
    return True


def test_a_new_code_reads_as_itself() -> None:
    code = codes.make()
    assert codes.read(code) == code
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{12}", code)


def test_codes_come_from_a_space_that_nobody_can_guess() -> None:
    assert math.log2(len(codes.ALPHABET) ** (codes.LENGTH - 1)) == 55
    made = {codes.make() for _ in range(2000)}
    assert len(made) == 2000
    for place in range(codes.LENGTH):
        assert len({code[place] for code in made}) == 32


def test_a_code_is_read_as_people_write_it() -> None:
    code = with_check("0123ABC1VWX")
    assert codes.read(codes.grouped(code)) == code
    assert codes.read("-".join(code.lower())) == code
    assert codes.read(code.replace("0", "o").replace("1", "l")) == code
    assert codes.read(code.replace("0", "O").replace("1", "i")) == code
    assert codes.read("".join(chr(ord(letter) + 0xFEE0) for letter in code)) == code


def test_a_code_stands_on_a_card_in_groups_of_four() -> None:
    assert codes.grouped("ABCDEFGHJKMN") == "ABCD EFGH JKMN"


@given(LETTERS, st.integers(0, codes.LENGTH - 1), st.sampled_from(codes.ALPHABET))
def test_every_single_wrong_character_is_found(body: str, place: int, wrong: str) -> None:
    code = with_check(body)
    if code[place] != wrong:
        assert not reads(code[:place] + wrong + code[place + 1 :])


@given(LETTERS, st.integers(0, codes.LENGTH - 3))
def test_a_swap_of_two_neighbours_is_found_unless_they_lie_half_the_alphabet_apart(
    body: str, place: int
) -> None:
    code = with_check(body)
    one, other = code[place : place + 2]
    if (codes.ALPHABET.index(one) - codes.ALPHABET.index(other)) % 16:
        assert not reads(code[:place] + other + one + code[place + 2 :])


@given(st.text())
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    if reads(text):
        assert codes.read(codes.read(text)) == codes.read(text)


@pytest.mark.parametrize(
    "text", ["", "A", "A" * 11, "A" * 13, "U" * 12, "É" * 12, "\x00" * 12, "https://x/y"]
)
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(codes.BadCode):
        codes.read(text)
