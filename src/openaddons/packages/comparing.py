"""Two texts side by side, within bounds, whatever is in them: for people who review what an update changes.

Lines are compared as they are and shown without what hides: letters that have no shape, or that turn the direction of
others, are named by their number (U+202E), and a long line is cut.
"""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from enum import StrEnum
from itertools import islice, pairwise, zip_longest
from typing import Final, NamedTuple

TEXT_BYTES_LIMIT: Final = 512 * 1024
"""Of a file that is compared line by line."""
_LINES_LIMIT: Final = 30_000
"""Of each text. What follows is left out."""
_ROWS_LIMIT: Final = 1_000
_CHARACTERS_LIMIT: Final = 200_000
"""Of the rows that are shown at a time: letters that hide are long when they are named."""
_SECONDS: Final = 0.01
_BETWEEN_LINES_LIMIT: Final = 10_000
"""Between what is the same at both ends."""
_GAP_LINES_LIMIT: Final = 1_000
"""Between two lines that are the same. Beyond it one search alone may take all the time."""
_SHOWN_CHARACTERS: Final = 500
_MINIFIED_CHARACTERS: Final = 1_000
_CONTEXT_LINES: Final = 3


class Kind(StrEnum):
    """What a row is."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    SKIPPED = "skipped"
    """Lines that are the same and are left out; the numbers are of the first of them."""


class Row(NamedTuple):
    """A line before and after, counted from 1; None: it has none on that side."""

    kind: Kind
    old_line: int | None
    old: str
    new_line: int | None
    new: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two texts side by side."""

    rows: tuple[Row, ...]
    more: bool
    """Whether there are rows after these."""
    cut_after: int | None
    """After how many lines a longer text is cut; None: none is."""
    coarse: bool
    """Whether line by line would have taken too long: then some of what differs is one block."""
    minified: bool
    """Whether a line is so long that nobody reads it; it is cut."""


class _TooSlow(Exception):  # noqa: N818 - a limit, not an error
    pass


class _Bounded(SequenceMatcher[str]):
    """Gives up in time. Between two looks at the clock is one search, which the number of lines bounds."""

    def __init__(self, old: Sequence[str], new: Sequence[str], *, deadline: float) -> None:
        self._deadline = deadline
        super().__init__(None, old, new)

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        if time.thread_time() > self._deadline:
            raise _TooSlow
        return super().find_longest_match(alo, ahi, blo, bhi)


def read_text(data: bytes) -> str | None:
    """The text of a file in UTF-8, as extensions have theirs; None: it is none."""
    if b"\x00" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def side_by_side(old: str | None, new: str | None, *, first: int = 0) -> Comparison:
    """What became of ``old`` in ``new``; None: there was, or is, no such file. Line ends do not count.

    As many rows as a page may show, from the one with the number ``first`` on.
    """
    before, after = _lines(old), _lines(new)
    cut = max(len(before), len(after)) > _LINES_LIMIT
    before, after = before[:_LINES_LIMIT], after[:_LINES_LIMIT]
    same, coarse = _same(before, after)
    following = islice(_rows(same, before, after), first, None)
    rows: list[Row] = []
    characters = 0
    for row in islice(following, _ROWS_LIMIT):
        rows.append(row)
        characters += len(row.old) + len(row.new)
        if characters > _CHARACTERS_LIMIT:
            break
    return Comparison(
        rows=tuple(rows),
        more=next(following, None) is not None,
        cut_after=_LINES_LIMIT if cut else None,
        coarse=coarse,
        minified=max(map(len, (*before, *after)), default=0) > _MINIFIED_CHARACTERS,
    )


def _lines(text: str | None) -> list[str]:
    """One more than the limit, where there are more."""
    if not text:
        return []
    lines = text.replace("\r\n", "\n").removesuffix("\r").split("\n", _LINES_LIMIT)
    return lines if lines[-1] else lines[:-1]


def _same(before: list[str], after: list[str]) -> tuple[list[Match], bool]:
    """The stretches that are the same, in order, and whether some were not looked for."""
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    old_end, new_end = len(before) - tail, len(after) - tail
    between, coarse = _same_between(before[head:old_end], after[head:new_end])
    moved = [Match(old + head, new + head, size) for old, new, size in between]
    return _joined([Match(0, 0, head), *moved, Match(old_end, new_end, tail)]), coarse


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """How many lines are the same at the beginning."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _same_between(old: list[str], new: list[str]) -> tuple[list[Match], bool]:
    """As "patience diff" goes about it: first the lines that are once on each side, then what lies between them."""
    if not (old and new):
        return [], False
    if max(len(old), len(new)) > _BETWEEN_LINES_LIMIT:
        return [], True
    deadline = time.thread_time() + _SECONDS
    found: list[Match] = []
    coarse = False
    ends = [(-1, -1), *_anchors(old, new), (len(old), len(new))]
    for (old_at, new_at), (old_end, new_end) in pairwise(ends):
        try:
            gap = _same_in_gap(old[old_at + 1 : old_end], new[new_at + 1 : new_end], deadline)
        except _TooSlow:
            gap, coarse = [], True
        found += [Match(old_at + 1 + one, new_at + 1 + other, size) for one, other, size in gap]
        found.append(Match(old_end, new_end, 1 if old_end < len(old) else 0))
    return found, coarse


def _anchors(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Of the lines that are once on each side as many as are in the same order: where they are."""
    counts, new_counts = Counter(old), Counter(new)
    places = {line: at for at, line in enumerate(new) if new_counts[line] == 1 == counts[line]}
    pairs = [(at, places[line]) for at, line in enumerate(old) if line in places]
    # The longest rising sequence: by length the least end of one, and what came before each.
    ends: list[int] = []
    chosen: list[int] = []
    former: list[int | None] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        former.append(chosen[length - 1] if length else None)
        ends[length : length + 1] = [place]
        chosen[length : length + 1] = [number]
    found: list[tuple[int, int]] = []
    last = chosen[-1] if chosen else None
    while last is not None:
        found.append(pairs[last])
        last = former[last]
    return found[::-1]


def _same_in_gap(old: list[str], new: list[str], deadline: float) -> list[Match]:
    """Raises `_TooSlow`."""
    if set(old).isdisjoint(new):
        return []
    if max(len(old), len(new)) > _GAP_LINES_LIMIT or time.thread_time() > deadline:
        raise _TooSlow
    return _Bounded(old, new, deadline=deadline).get_matching_blocks()


def _joined(stretches: Iterable[Match]) -> list[Match]:
    """Stretches without empty ones, those that touch as one."""
    joined: list[Match] = []
    for old, new, size in stretches:
        if joined and (old, new) == (joined[-1].a + joined[-1].size, joined[-1].b + joined[-1].size):
            joined[-1] = joined[-1]._replace(size=joined[-1].size + size)
        elif size:
            joined.append(Match(old, new, size))
    return joined


def _rows(same: list[Match], before: list[str], after: list[str]) -> Iterator[Row]:
    old = new = 0
    for match in (*same, Match(len(before), len(after), 0)):
        yield from _different(before, range(old, match.a), after, range(new, match.b))
        old, new = match.a + match.size, match.b + match.size
        lead = _CONTEXT_LINES if match.a or match.b else 0
        trail = _CONTEXT_LINES if old < len(before) or new < len(after) else 0
        skipped = match.size - lead - trail
        if skipped <= 1:
            lead, trail, skipped = match.size, 0, 0
        for at in range(lead):
            yield _row(Kind.SAME, before, match.a + at, after, match.b + at)
        if skipped:
            yield Row(Kind.SKIPPED, match.a + lead + 1, f"{skipped}", match.b + lead + 1, f"{skipped}")
        for at in range(match.size - trail, match.size):
            yield _row(Kind.SAME, before, match.a + at, after, match.b + at)


def _different(before: list[str], old: range, after: list[str], new: range) -> Iterator[Row]:
    for one, other in zip_longest(old, new):
        kind = Kind.ADDED if one is None else Kind.REMOVED if other is None else Kind.CHANGED
        yield _row(kind, before, one, after, other)


def _row(kind: Kind, before: list[str], old: int | None, after: list[str], new: int | None) -> Row:
    return Row(
        kind,
        None if old is None else old + 1,
        "" if old is None else visible(before[old]),
        None if new is None else new + 1,
        "" if new is None else visible(after[new]),
    )


def visible(line: str) -> str:
    """A line without letters that hide, and not too long."""
    cut = line[:_SHOWN_CHARACTERS]
    rest = len(line) - len(cut)
    if not cut.replace("\t", "").isprintable():
        cut = "".join(c if c.isprintable() or c == "\t" else f"⟨U+{ord(c):04X}⟩" for c in cut)
    return f"{cut} … and {rest:,} characters more" if rest else cut
