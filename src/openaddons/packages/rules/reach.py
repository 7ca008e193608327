"""Values deep in a manifest, each with the path of keys that leads to it."""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

Path: TypeAlias = tuple[str | int, ...]


class Every:
    """Every member of an object, or every item of a list."""


EVERY: Final = Every()
Step: TypeAlias = str | Every


def reach(value: Any, *steps: Step, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All that ``steps`` lead to: names of members, and ``EVERY`` for all members or items.

    Where there is no such member, or nothing that has members, there is nothing to find.
    """
    if not steps:
        yield path, value
        return
    step, *rest = steps
    members: Iterator[tuple[str | int, Any]]
    if isinstance(step, str):
        members = iter([(step, value[step])] if isinstance(value, dict) and step in value else [])
    elif isinstance(value, list):
        members = iter(enumerate(value))
    else:
        members = iter(value.items() if isinstance(value, dict) else ())
    for key, member in members:
        yield from reach(member, *rest, path=(*path, key))


def reach_texts(value: Any, *steps: Step) -> Iterator[tuple[Path, str]]:
    """As ``reach``, but strings alone."""
    return ((path, found) for path, found in reach(value, *steps) if isinstance(found, str))
