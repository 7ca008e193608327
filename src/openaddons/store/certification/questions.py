"""Questions of reviewers and the answers of publishers. While one is open, the submission waits for its publisher."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from openaddons.clock import business_days_after
from openaddons.errors import TransitionRefused
from openaddons.ids import new_guid
from openaddons.store.session import Transaction
from openaddons.store.states import SubmissionState
from openaddons.store.submissions import (
    Submission,
    certification_text,
    fence,
    lock_submission,
    read_submission,
    record_submission,
)
from openaddons.store.tables import questions, submissions


@dataclass(frozen=True, slots=True)
class Question:
    """What a reviewer asked about a submission."""

    id: str
    submission_id: str
    text: str
    asked_by: str
    asked_time: datetime
    answer: str | None
    answered_by: str | None
    closed_time: datetime | None
    """When it was answered, or the submission decided or cancelled without an answer; None: it is open."""


def list_questions(tx: Transaction, *, submission_ids: Iterable[str]) -> list[Question]:
    """The questions about these submissions, oldest first."""
    query = (
        sa.select(questions)
        .where(questions.c.submission_id.in_(list(submission_ids)))
        .order_by(questions.c.asked_time, questions.c.id)
    )
    return [Question(**row) for row in tx.execute(query).mappings()]


def ask_publisher(
    tx: Transaction,
    *,
    submission_id: str,
    text: str,
    review_days: int,
    actor: str,
) -> Submission:
    """Ask the publisher. From now on no policy approves the submission: a person decides, after the answer.

    Raises `ValueRefused`, or `TransitionRefused` when it is decided or a question is open already.
    """
    text = certification_text("question", text)
    product, submission = lock_submission(tx, submission_id=submission_id)
    if submission.state is not SubmissionState.IN_REVIEW:
        raise TransitionRefused(
            noun="submission",
            id=submission.id,
            state=f"“{submission.state}”",
            verb="ask",
            needs=f"“{SubmissionState.IN_REVIEW}”",
        )
    if _open_question(tx, submission_id=submission_id) is not None:
        raise TransitionRefused(
            noun="submission",
            id=submission.id,
            state="waiting for the answer to a question",
            verb="ask",
            needs="that answer first",
        )
    tx.execute(
        questions.insert(),
        {
            "id": new_guid(),
            "submission_id": submission_id,
            "text": text,
            "asked_by": actor,
            "asked_time": tx.now,
        },
    )
    due_time = submission.review_due_time or business_days_after(tx.now, days=review_days)
    tx.execute(
        submissions.update()
        .where(submissions.c.id == submission_id)
        .values(due_time=None, review_due_time=due_time, last_updated_time=tx.now)
    )
    # A worker may have found it due a moment ago.
    fence(tx, submission=submission)
    record_submission(
        tx,
        "asked",
        product,
        submission,
        actor=actor,
        detail=text,
    )
    return read_submission(tx, submission_id=submission_id)


def answer_question(tx: Transaction, *, submission_id: str, answer: str, actor: str) -> Submission:
    """Answer the question that is open. The review is due as much later as the answer took.

    Raises `ValueRefused`, or `TransitionRefused` when no question is open.
    """
    answer = certification_text("answer", answer)
    product, submission = lock_submission(tx, submission_id=submission_id)
    question = _open_question(tx, submission_id=submission_id)
    if question is None:
        raise TransitionRefused(
            noun="submission",
            id=submission.id,
            state="without an open question",
            verb="answer",
            needs="one",
        )
    tx.execute(
        questions.update()
        .where(questions.c.id == question.id)
        .values(answer=answer, answered_by=actor, closed_time=tx.now)
    )
    assert submission.review_due_time is not None  # it was set when the question was asked
    tx.execute(
        submissions.update()
        .where(submissions.c.id == submission_id)
        .values(
            review_due_time=submission.review_due_time + (tx.now - question.asked_time),
            last_updated_time=tx.now,
        )
    )
    record_submission(
        tx,
        "answered",
        product,
        submission,
        actor=actor,
        detail=answer,
    )
    return read_submission(tx, submission_id=submission_id)


def _open_question(tx: Transaction, *, submission_id: str) -> Question | None:
    row = tx.one_or_none(
        sa.select(questions).where(
            questions.c.submission_id == submission_id, questions.c.closed_time.is_(None)
        )
    )
    return None if row is None else Question(**row)
