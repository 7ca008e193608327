"""Two texts side by side, within bounds, whatever is in them: for people who review what an update changes.

Lines are compared as they are and shown without what hides: letters that have no shape, or that turn the direction of
others, are named by their number (U+202E), and a long line is cut.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

TEXT_BYTES_LIMIT: Final = 512 * 1024
"""Of a file that is compared line by line."""
_SECONDS: Final = 0.5
_LINES_LIMIT: Final = 10_000
"""Between what is the same at both ends. Beyond it one step alone may take a second."""
_ROWS_LIMIT: Final = 5_000
_SHOWN_CHARACTERS: Final = 500
_MINIFIED_CHARACTERS: Final = 1_000
_CONTEXT_LINES: Final = 3

_Step: TypeAlias = tuple[str, int, int, int, int]
"""As difflib has them: tag, and where it begins and ends before and after."""


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
    left_out_count: int
    """Rows beyond those that are shown."""
    coarse: bool
    """Whether line by line would have taken too long: then all between the ends that are the same is one block."""
    minified: bool
    """Whether a line is so long that nobody reads it; it is cut."""


class _TooSlow(Exception):  # noqa: N818 - a limit, not an error
    pass


class _Bounded(SequenceMatcher[str]):
    """Gives up in time. Between two looks at the clock is one search, which the number of lines bounds."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self._deadline = time.thread_time() + _SECONDS
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


def side_by_side(old: str | None, new: str | None) -> Comparison:
    """What became of ``old`` in ``new``; None: there was, or is, no such file. Line ends do not count."""
    before, after = _lines(old), _lines(new)
    steps, coarse = _steps(before, after)
    rows = list(_rows(steps, before, after, context=_CONTEXT_LINES if before and after else 0))
    longest = max(map(len, (*before, *after)), default=0)
    return Comparison(
        rows=tuple(rows[:_ROWS_LIMIT]),
        left_out_count=max(0, len(rows) - _ROWS_LIMIT),
        coarse=coarse,
        minified=longest > _MINIFIED_CHARACTERS,
    )


def _lines(text: str | None) -> list[str]:
    if not text:
        return []
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines if lines[-1] else lines[:-1]


def _steps(before: list[str], after: list[str]) -> tuple[list[_Step], bool]:
    """What to do to the lines before, and whether that is coarse."""
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    steps: list[_Step] = [("equal", 0, head, 0, head)] if head else []
    coarse = len(old) > _LINES_LIMIT or len(new) > _LINES_LIMIT
    between: list[_Step] = [("replace", 0, len(old), 0, len(new))] if old or new else []
    if old and new and not coarse:
        try:
            between = list(_Bounded(old, new).get_opcodes())
        except _TooSlow:
            coarse = True
    steps += [(tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in between]
    if tail:
        steps.append(("equal", len(before) - tail, len(before), len(after) - tail, len(after)))
    return steps, coarse


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """How many lines are the same at the beginning."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _rows(steps: list[_Step], before: list[str], after: list[str], *, context: int) -> Iterator[Row]:
    for number, (tag, old, old_end, new, new_end) in enumerate(steps):
        if tag == "equal":
            first = 0 if number == 0 else context
            last = 0 if number == len(steps) - 1 else context
            for at in range(old_end - old):
                skipped = old_end - old - first - last
                if first <= at < first + skipped and skipped > 1:
                    if at == first:
                        yield Row(Kind.SKIPPED, old + at + 1, f"{skipped}", new + at + 1, f"{skipped}")
                    continue
                yield _row(Kind.SAME, before, old + at, after, new + at)
            continue
        for at in range(max(old_end - old, new_end - new)):
            has_old, has_new = old + at < old_end, new + at < new_end
            kind = Kind.CHANGED if has_old and has_new else Kind.REMOVED if has_old else Kind.ADDED
            yield _row(kind, before, old + at if has_old else None, after, new + at if has_new else None)


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
    shown = "".join(c if c.isprintable() or c == "\t" else f"⟨U+{ord(c):04X}⟩" for c in cut)
    rest = len(line) - len(cut)
    return f"{shown} … and {rest:,} characters more" if rest else shown
