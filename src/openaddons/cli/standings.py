"""Where a submission or a product stands, as lines of text: as the store has it, or as it says so from afar."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from openaddons.text import one_line


class Place(Protocol):
    """Which one in the queue."""

    @property
    def number(self) -> int: ...
    @property
    def total(self) -> int: ...


class Standing(Protocol):
    """What the store's standing has, and the client's."""

    @property
    def waits_for(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def since(self) -> datetime | None: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def place(self) -> Place | None: ...
    @property
    def next(self) -> str: ...


def standing_lines(standing: Standing, *, reviews_take: str) -> Iterator[str]:
    """What it waits for, since and until when, its place in the queue, how long reviews take, and what comes next."""
    yield f"  waits for  {one_line(standing.words)}"
    if standing.since is not None:
        yield f"  since      {standing.since:%Y-%m-%d %H:%M} UTC"
    if standing.until is not None:
        yield f"  due        {standing.until:%Y-%m-%d %H:%M} UTC"
    if standing.place is not None:
        yield f"  place      {standing.place.number} of {standing.place.total} in the queue"
    if standing.waits_for == "reviewer":
        yield f"  reviews    {reviews_take}"
    yield f"  next       {one_line(standing.next)}"
