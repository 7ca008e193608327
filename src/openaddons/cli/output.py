"""How every command speaks: one JSON document or text on stdout, progress on stderr where somebody reads it."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from openaddons.cli.options import JSON, click_option
from openaddons.text import one_line, say, size_in_words

if TYPE_CHECKING:
    import click

__all__ = [
    "emit",
    "json_option",
    "note",
    "one_line",
    "progress_bar",
    "say",
    "size_in_words",
    "table",
    "wrong_usage",
]

_BAR_CELLS: Final = 30

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    """The flag ``--json``, given to the command as ``as_json``."""
    return click_option(JSON)(command)


def wrong_usage(message: str) -> "click.UsageError":
    """The exception that ends a command with its usage and the message; exit code 2."""
    import click  # here, for most runs come to no such end

    return click.UsageError(message)


def emit(value: Mapping[str, Any], *, as_json: bool, text: str) -> None:
    """Print the result on stdout: ``value`` as one JSON document, or ``text`` for people.

    JSON is escaped to ASCII, which no terminal's or log's encoding can break. A value that JSON does not
    have (a time, an enumeration) is written as its ``str``. ``##[`` is an order to GitHub Actions, wherever it
    stands in a line.
    """
    say(json.dumps(value, indent=2, default=str).replace("##[", "#\\u0023[") if as_json else text)


def note(text: str, *, quiet: bool) -> None:
    """Say on stderr what goes on just now: to a person at a terminal, or to a build's log; not with ``--quiet``.

    Builds say of themselves that they are some, by the variable CI.
    """
    if not quiet and (sys.stderr.isatty() or os.environ.get("CI")):
        say(text, err=True)


def table(rows: Sequence[tuple[str, ...]], *, empty: str) -> str:
    """Rows in aligned columns, the first of them the headings."""
    if len(rows) < 2:
        return empty
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def progress_bar(label: str, *, quiet: bool) -> Callable[[int, int], None] | None:
    """A function that draws done and total bytes as a bar on stderr; None where nobody watches."""
    if quiet or not sys.stderr.isatty():
        return None
    drawn_percent = -1

    def draw(done_bytes: int, total_bytes: int) -> None:
        nonlocal drawn_percent
        percent = done_bytes * 100 // total_bytes if total_bytes else 100
        if percent == drawn_percent:
            return
        drawn_percent = percent
        filled = percent * _BAR_CELLS // 100
        bar = "#" * filled + "-" * (_BAR_CELLS - filled)
        say(f"\r{label} [{bar}] {percent:3d} %", err=True, end="\n" if percent == 100 else "")

    return draw
