"""Words are found wherever they stand, with the library and without it."""

import re
from collections.abc import Callable, Sequence
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages import words

WORDS = (b"eval(", b"HTML", b'"http', b"_0x")
PIECE_BYTES = 1 << 16

Finder = Callable[[Sequence[bytes]], Callable[[bytes], words.Places]]
FINDERS: list[Finder] = [words._at_once, words._one_by_one]
everywhere = pytest.mark.parametrize("finder", FINDERS)


def places(data: bytes) -> list[tuple[int, int]]:
    pattern = re.compile(b"|".join(map(re.escape, WORDS)))
    return [(WORDS.index(match[0]), match.start()) for match in pattern.finditer(data)]


@everywhere
@given(st.lists(st.sampled_from([*WORDS, b"e", b"eval", b"\n", b"\xff", b'"']), max_size=30).map(b"".join))
def test_every_word_is_found_in_the_order_of_the_file(finder: Finder, data: bytes) -> None:
    assert places(data) == list(finder(WORDS)(data))


@everywhere
@pytest.mark.parametrize("begin", range(PIECE_BYTES - 6, PIECE_BYTES + 2))
def test_a_word_that_lies_across_two_pieces_is_found_once(finder: Finder, begin: int) -> None:
    data = b" " * begin + b"eval(" + b" " * PIECE_BYTES + b"HTML"

    assert [(0, begin), (1, begin + 5 + PIECE_BYTES)] == list(finder(WORDS)(data))


@everywhere
def test_who_asks_for_the_first_words_gets_the_first_of_the_file(finder: Finder) -> None:
    data = b"HTML" + b"_0xeval(" * 100_000

    assert places(data[:100])[:5] == list(islice(finder(WORDS)(data), 5))


def test_the_library_is_used_where_it_is_installed() -> None:
    assert words.finder(WORDS).__qualname__.startswith("_at_once.")
