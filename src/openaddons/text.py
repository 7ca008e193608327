"""Text for people, in which strangers' letters may be."""

import sys


def one_line(text: str) -> str:
    """A stranger's text for a terminal or a build log: on one line, without control characters.

    A line of a build log that begins with ``::`` is an order to the build system, and an escape character is
    one to the terminal; a store's message must be neither.
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def say(text: str, *, err: bool = False) -> None:
    """Print text; letters that the stream does not have are escaped."""
    stream = sys.stderr if err else sys.stdout
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
