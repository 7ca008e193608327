"""Text for people, in which strangers' letters may be."""

import math
import sys
from collections.abc import Mapping
from typing import Final

_MOST_OF_A_UNIT: Final = {"minute": 90, "hour": 48, "day": math.inf}


def one_line(text: str) -> str:
    """A stranger's text for a terminal or a build log: on one line, without control characters.

    A line of a build log that begins with ``::`` or holds ``##[`` is an order to the build system, and an escape
    character is one to the terminal; a store's message must be neither.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line.replace("##[", "## [")


def say(text: str, *, err: bool = False, end: str = "\n") -> None:
    """Print text; letters that the stream does not have are escaped."""
    stream = sys.stderr if err else sys.stdout
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), end=end, file=stream, flush=True)


def size_in_words(size_bytes: int) -> str:
    """A size for people, in steps of 1,000: ``512 bytes``, ``12.3 kB``, ``4.5 MB``."""
    if size_bytes < 1000:
        return f"{size_bytes} bytes"
    size = float(size_bytes)
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 1000:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} GB"


def time_in_words(seconds: float) -> str:
    """A length of time for people, rounded up to the unit that fits: ``a minute``, ``5 hours``, ``3 days``."""
    for unit, length in (("minute", 60), ("hour", 3600), ("day", 86_400)):
        count = max(1, math.ceil(seconds / length))
        if count < _MOST_OF_A_UNIT[unit]:
            break
    article = "an" if unit == "hour" else "a"
    return f"{article} {unit}" if count == 1 else f"{count} {unit}s"


def reviews_in_words(count: int, median_seconds: float, ninety_percent_seconds: float) -> str:
    """How long reviews took, as part of a sentence: half of them so long at most, nine of ten so long."""
    return (
        f"of the newest {count} reviews half took up to {time_in_words(median_seconds)}, "
        f"nine of ten up to {time_in_words(ninety_percent_seconds)}"
    )


def workflow_command(name: str, message: str, properties: Mapping[str, object]) -> str:
    """An order to GitHub Actions such as ``::error file=a.js,line=3::message``; properties that are None are left out.

    Escaped as actions/toolkit does it (packages/core/src/command.ts), so that no text ends it or begins another.
    """
    given = ",".join(
        f"{key}={_escaped(str(value), ',:')}" for key, value in properties.items() if value is not None
    )
    return f"::{name} {given}::{_escaped(message)}"


def _escaped(text: str, also: str = "") -> str:
    return "".join(
        f"%{ord(character):02X}" if character in f"%\r\n{also}" else character for character in text
    )
