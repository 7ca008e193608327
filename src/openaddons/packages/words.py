"""Where any of some words stands in a file.

With ahocorasick_rs, all words are found in one pass at the speed of memory; without it, each costs a pass of its
own (decision 0007).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

Places: TypeAlias = Iterator[tuple[int, int]]
"""Which of the words, and the offset at which it begins; in the order of the offsets."""

# What is found in a piece is held at once, so that a file full of words costs no more than some megabytes.
_PIECE_BYTES: Final = 1 << 16


def finder(words: Sequence[bytes]) -> Callable[[bytes], Places]:
    """A function that finds the words in a file. Of two that overlap there, it may pass over the second."""
    try:
        return _at_once(words)
    except ImportError:  # a platform for which there is no wheel
        return _one_by_one(words)


def _at_once(words: Sequence[bytes]) -> Callable[[bytes], Places]:
    from ahocorasick_rs import BytesAhoCorasick, MatchKind

    # Only this kind is searched for with vector instructions.
    automaton = BytesAhoCorasick(words, matchkind=MatchKind.LeftmostFirst)
    reach = _PIECE_BYTES + max(map(len, words)) - 1

    def find(data: bytes) -> Places:
        view = memoryview(data)
        for begin in range(0, len(data), _PIECE_BYTES):
            for which, at, _ in automaton.find_matches_as_indexes(view[begin : begin + reach]):
                # Otherwise it is the next piece's.
                if at < _PIECE_BYTES:
                    yield which, begin + at

    return find


def _one_by_one(words: Sequence[bytes]) -> Callable[[bytes], Places]:
    from heapq import merge

    def places(data: bytes, which: int) -> Iterator[tuple[int, int]]:
        word = words[which]
        at = data.find(word)
        while at >= 0:
            yield at, which
            at = data.find(word, at + len(word))

    def find(data: bytes) -> Places:
        for at, which in merge(*(places(data, which) for which in range(len(words)))):
            yield which, at

    return find
