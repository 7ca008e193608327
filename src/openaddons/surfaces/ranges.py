"""Parts of a representation: the ``Range`` header (RFC 9110 section 14), one range at a time."""

import re
from typing import Final, NamedTuple

_ONE_RANGE: Final = re.compile(
    r"bytes=[ \t]*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))[ \t]*", re.IGNORECASE
)


class Part(NamedTuple):
    """Bytes from ``start`` to before ``end``."""

    start: int
    end: int


class Unsatisfiable(Exception):  # noqa: N818 - a verdict on the header
    """The range lies beyond the end."""


def read_range(header: str | None, size_bytes: int) -> Part | None:
    """The part that is asked for; None for everything.

    Several ranges at once and other units may be ignored (section 14.2), and so are malformed ones.

    Raises:
        Unsatisfiable: nothing of the range is there.
    """
    match = _ONE_RANGE.fullmatch(header or "")
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        start, end = max(0, size_bytes - int(suffix)), size_bytes
    else:
        start, end = int(first), min(int(last) + 1 if last else size_bytes, size_bytes)
        if last and int(last) < int(first):
            return None
    if start >= end:
        raise Unsatisfiable
    return Part(start, end)
