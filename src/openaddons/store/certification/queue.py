"""The certification queue: what is in review, who has it, until when, and what reviewers note for each other."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from openaddons.errors import TransitionRefused, ValueRefused
from openaddons.store.certification.standing import Standing, standings_of
from openaddons.store.session import Transaction
from openaddons.store.states import SubmissionState
from openaddons.store.submissions import (
    SUBMISSION,
    Submission,
    certification_text,
    lock_submission,
    read_submission,
    record_submission,
    submission_of,
)
from openaddons.store.tables import (
    IN_REVIEW,
    Moment,
    internal_notes,
    products,
    publishers,
    questions,
    submissions,
)


class Show(StrEnum):
    """Which part of the queue is looked at."""

    ALL = "all"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission in the queue, with what a reviewer chooses by."""

    submission: Submission
    product_name: str
    publisher_name: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class InternalNote:
    """What a reviewer noted for the others. No publisher sees it."""

    number: int
    submission_id: str
    text: str
    written_by: str
    written_time: datetime


_OPEN: Final = sa.and_(questions.c.submission_id == submissions.c.id, questions.c.closed_time.is_(None))


def _shown(tx: Transaction, show: Show, reviewer: str) -> sa.ColumnElement[bool]:
    overdue = sa.and_(submissions.c.review_due_time < tx.now, questions.c.id.is_(None))
    return {
        Show.ALL: sa.true(),
        Show.MINE: submissions.c.taken_by == reviewer,
        Show.UNASSIGNED: submissions.c.taken_by.is_(None),
        Show.OVERDUE: overdue,
    }[show]


def page_of_queue(
    tx: Transaction, *, show: Show, reviewer: str, limit: int, after: str | None = None
) -> list[Waiting]:
    """What is in review, oldest first, of what comes after that submission.

    Overdue is what a person should have decided by now, unless it waits for its publisher. Raises `ValueRefused`
    when there is no submission ``after``.
    """
    query = (
        sa.select(
            *SUBMISSION,
            products.c.name.label("product_name"),
            publishers.c.name.label("publisher_name"),
        )
        .select_from(submissions)
        .join(products, products.c.id == submissions.c.product_id)
        .join(publishers, publishers.c.id == products.c.publisher_id)
        .join(questions, _OPEN, isouter=True)
        .where(IN_REVIEW, _shown(tx, show, reviewer))
        .order_by(submissions.c.created_time, submissions.c.id)
        .limit(limit)
    )
    if after is not None:
        last = tx.execute(sa.select(submissions.c.created_time).where(submissions.c.id == after)).scalar()
        if last is None:
            raise ValueRefused(name="after", problem="it is not the last of a page of this list.")
        key = sa.tuple_(submissions.c.created_time, submissions.c.id)
        query = query.where(key > sa.tuple_(sa.literal(last, Moment), after))
    rows = tx.execute(query).mappings().all()
    found = [submission_of({name: row[name] for name in Submission.__slots__}) for row in rows]
    standings = standings_of(tx, found=found)
    return [
        Waiting(each, row["product_name"], row["publisher_name"], standings[each.id])
        for each, row in zip(found, rows, strict=True)
    ]


def count_queue(tx: Transaction, *, reviewer: str) -> dict[Show, int]:
    """How many each part of the queue has. One query."""
    counts = {
        show: sa.func.sum(sa.case((_shown(tx, show, reviewer), 1), else_=0)).label(show) for show in Show
    }
    query = (
        sa.select(*counts.values())
        .select_from(submissions)
        .join(questions, _OPEN, isouter=True)
        .where(IN_REVIEW)
    )
    row = tx.execute(query).one()
    return {show: int(count or 0) for show, count in zip(counts, row, strict=True)}


def take_submission(
    tx: Transaction,
    *,
    submission_id: str,
    actor: str,
    instead_of: str | None = None,
) -> Submission:
    """Have the submission from now on, in the place of whom one has seen having it. Doing so twice changes nothing.

    Raises `TransitionRefused` when another has it by now, or it is not in review.
    """
    return _hand_over(
        tx, "taken", submission_id=submission_id, before=instead_of, after=actor, actor=actor,
    )  # fmt: skip


def give_submission_back(tx: Transaction, *, submission_id: str, actor: str) -> Submission:
    """Have the submission no more. Raises `TransitionRefused` when another has it, or it is not in review."""
    return _hand_over(
        tx, "given-back", submission_id=submission_id, before=actor, after=None, actor=actor,
    )  # fmt: skip


def _hand_over(
    tx: Transaction,
    step: str,
    *,
    submission_id: str,
    before: str | None,
    after: str | None,
    actor: str,
) -> Submission:
    product, submission = lock_submission(tx, submission_id=submission_id)
    if submission.state is SubmissionState.IN_REVIEW and submission.taken_by == after:
        return submission
    if submission.state is not SubmissionState.IN_REVIEW or submission.taken_by != before:
        raise TransitionRefused(
            noun="submission",
            id=submission.id,
            state=f"“{submission.state}” and {submission.taken_by or 'nobody'} has it",
            verb="take" if after else "give back",
            needs=f"“{SubmissionState.IN_REVIEW}” and that {before or 'nobody'} has it",
        )
    tx.execute(
        submissions.update()
        .where(submissions.c.id == submission.id)
        .values(taken_by=after, taken_time=None if after is None else tx.now)
    )
    record_submission(tx, step, product, submission, actor=actor)
    return read_submission(tx, submission_id=submission.id)


def add_internal_note(tx: Transaction, *, submission_id: str, text: str, actor: str) -> None:
    """Note something for the other reviewers, whatever the submission's state. Raises `NotKnown` or `ValueRefused`."""
    text = certification_text("note", text)
    submission = read_submission(tx, submission_id=submission_id)
    tx.execute(
        internal_notes.insert(),
        {"submission_id": submission.id, "text": text, "written_by": actor, "written_time": tx.now},
    )
    # Without the product and its publisher, whose events its people see.
    tx.record("submission.noted", actor=actor, subject=submission.id)


def list_internal_notes(tx: Transaction, *, submission_id: str) -> list[InternalNote]:
    """The notes of reviewers about a submission, oldest first."""
    query = (
        sa.select(internal_notes)
        .where(internal_notes.c.submission_id == submission_id)
        .order_by(internal_notes.c.number)
    )
    return [InternalNote(**row) for row in tx.execute(query).mappings()]
