"""How the commands end that ask an OpenAddons store for more than the reference has."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from openaddons.cli.output import one_line
from openaddons.cli.publishing.destination import Destination
from openaddons.cli.publishing.ending import Ending
from openaddons.cli.standings import standing_lines
from openaddons.client import ProductState, Standing, Submission
from openaddons.text import reviews_in_words


def facts_of(value: Any) -> dict[str, Any]:
    """A value of the client as ``--json`` has it: times in ISO 8601."""
    return asdict(value, dict_factory=_written)


def _written(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: each.isoformat() if isinstance(each, datetime) else each for name, each in pairs}


def minute(moment: datetime | None) -> str:
    """A time for people, to the minute."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def standing_of_product(state: ProductState, destination: Destination) -> Ending:
    """Where a product stands."""
    return Ending(
        "standing",
        f"{one_line(state.name)} is: {one_line(state.state)}.",
        f"It waits for {one_line(state.standing.words)}.",
        commands=_commands(state.submission, destination),
        details=tuple(_product_lines(state)),
        facts={"product_state": state.state, "product": facts_of(state)},
    )


def standing_of_submission(outcome: str, text: str, submission: Submission) -> Ending:
    """What was done with a submission, and where it stands now."""
    return Ending(
        outcome,
        one_line(text),
        f"It waits for {one_line(submission.standing.words)}.",
        details=tuple(_lines(submission.standing)),
        facts={"submission": facts_of(submission)},
    )


def _commands(submission: Submission | None, destination: Destination) -> tuple[str, ...]:
    asked = submission is not None and submission.open_question is not None
    return (destination.command("answer", "TEXT"),) if asked else ()


def _product_lines(state: ProductState) -> Iterator[str]:
    if state.kept_back is not None:
        yield f"  kept back  {one_line(state.kept_back.reason)}"
    yield f"  live       {one_line(state.live.version) if state.live else 'nothing'}"
    submission = state.submission
    if submission is not None:
        yield f"  submitted  {one_line(submission.version)}: {one_line(submission.state)}, {submission.id}"
        if submission.reason:
            yield f"  reason     {one_line(' '.join((*submission.policies, submission.reason)))}"
        if submission.open_question is not None:
            yield f"  question   {one_line(submission.open_question.text)}"
    yield from _lines(state.standing)


def _lines(standing: Standing) -> Iterator[str]:
    record = standing.reviews
    words = "no record yet: people have decided about too few submissions"
    if record is not None:
        words = reviews_in_words(record.count, record.median_seconds, record.ninety_percent_seconds)
    return standing_lines(standing, reviews_take=words)
