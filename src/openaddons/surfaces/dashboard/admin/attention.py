"""What an administrator should look at, and what to do about it: a function of what was read of the store."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from openaddons.policies import EngineKind
from openaddons.settings import Settings
from openaddons.store.health import DatabaseFacts, Waiting, Work
from openaddons.store.schema import HEAD

_LONGEST_WAIT: Final = timedelta(minutes=10)
"""What the store has to do itself takes seconds. The longest package check is two minutes, and is tried again."""
_LEAST_FREE_PACKAGES: Final = 4
"""An upload waits beside the object that it becomes, and is signed as another: two at a time must fit."""


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that is not as it should be."""

    what: str
    remedy: str
    urgent: bool = True
    """Whether publishers notice it already."""


def concerns(
    *, work: Work, database: DatabaseFacts, free_bytes: int | None, settings: Settings, now: datetime
) -> Iterator[Concern]:
    """All there is, what is worst first."""
    needed_bytes = _LEAST_FREE_PACKAGES * settings.package_bytes_limit
    if free_bytes is not None and free_bytes < needed_bytes:
        yield Concern(
            "The disk of the object store is nearly full: uploads will fail.",
            f"Make room, at least {needed_bytes / 1e9:,.1f} GB: for two of the largest packages at a time.",
        )
    if database.schema != HEAD:
        yield Concern(
            f"The database has schema {database.schema}, and this program was made for {HEAD}.",
            "Run the newest version of the program on every machine, and openaddons db upgrade once.",
        )
    if _is_late(work.operations, now):
        yield Concern("Operations wait longer than ten minutes.", _who_works(work, settings))
    if _is_late(work.approved, now):
        yield Concern(
            "An approved submission waits longer than ten minutes for the store to sign it.",
            "Look in the log for submission.step-failed: it says why, and it is tried again every ten seconds.",
        )
    if _is_late(work.deliveries, now):
        yield Concern(
            "Webhooks and mails that are due have not been sent for ten minutes.",
            "Look in the log for delivery, and restart the store: whoever serves sends them.",
        )
    if work.faults:
        yield Concern(
            f"In the last 24 hours {_count(work.faults, 'operation')} failed by a fault of the store.",
            "Look in the log for the correlation IDs below. Their publishers can send the same again.",
        )
    if work.attempts > 1:
        yield Concern(
            f"An operation failed and is tried again: attempt {work.attempts} of {settings.attempts_limit}.",
            "Look in the log for operation.failed: it says why.",
            urgent=False,
        )
    if settings.read_only:
        yield Concern(
            "The store is read-only: uploads, publishing and changes are answered with 503.",
            "When the maintenance is over, start it without OPENADDONS_READ_ONLY.",
        )


def _is_late(waiting: Waiting, now: datetime) -> bool:
    return waiting.oldest_time is not None and now - waiting.oldest_time > _LONGEST_WAIT


def _who_works(work: Work, settings: Settings) -> str:
    if work.leased:
        return (
            "Somebody works on them. If they grow more, raise OPENADDONS_WORK_THREADS or start more workers."
        )
    if settings.engine_kind is EngineKind.QUEUE:
        return "Nobody works on them. Start a worker: openaddons worker."
    return "Nobody works on them. Look in the log for operation.failed, and restart the store."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
