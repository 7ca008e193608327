"""Where a submission stands, as lines of text."""

from collections.abc import Iterator

from openaddons.store.certification.standing import Standing, WaitsFor


def standing_lines(standing: Standing) -> Iterator[str]:
    """What it waits for, since and until when, its place in the queue, how long reviews take, and what comes next."""
    yield f"  waits for  {standing.words}"
    yield f"  since      {standing.since:%Y-%m-%d %H:%M} UTC"
    if standing.until is not None:
        yield f"  due        {standing.until:%Y-%m-%d %H:%M} UTC"
    if standing.place is not None:
        yield f"  place      {standing.place.number} of {standing.place.total} in the queue"
    if standing.waits_for is WaitsFor.REVIEWER:
        yield f"  reviews    {standing.reviews_take}"
    yield f"  next       {standing.next}"
