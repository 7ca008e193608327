"""Where a submission stands: what it waits for, since when, and what happens next. None is without.

A publisher must never wonder. So what a submission waits for is said here and nowhere else, and how long reviews take
is the store's own record, not a promise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from openaddons.store.operations import OperationKind
from openaddons.store.products import Product
from openaddons.store.session import Transaction
from openaddons.store.states import PENDING_SUBMISSION, OperationState, ProductState, SubmissionState
from openaddons.store.submissions import Submission, current_submissions
from openaddons.store.tables import (
    DECIDED_BY_PEOPLE,
    IN_REVIEW,
    PENDING,
    Moment,
    operations,
    questions,
    submissions,
)
from openaddons.text import reviews_in_words

LEAST_REVIEWS: Final = 5
"""Decisions of people below which the store does not say how long they take."""
_NEWEST_REVIEWS: Final = 200
_RELEASED: Final = "Approved, it is signed and browsers are offered it."
_HELD: Final = "Approved, it is held until somebody releases it."


class WaitsFor(StrEnum):
    """Whom or what it is up to."""

    CHECK = "check"
    """The package check of an upload, or the rules of publishing."""
    REVIEWER = "reviewer"
    ANSWER = "answer"
    """The publisher's answer to a reviewer's question."""
    DELAY = "delay"
    """The end of the time in which a person can stop the approval by policy."""
    RELEASE = "release"
    """Somebody who releases what is held."""
    ROLL_BACK = "roll back"
    """A roll back that comes into the store first."""
    STORE = "store"
    """The store, which does it at once."""
    PUBLISHER = "publisher"
    """The publisher, who may submit."""
    ADMINISTRATOR = "administrator"
    """The administrator, who blocked the product."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Place:
    """Which in the queue of what waits for a reviewer; 1 is the next."""

    number: int
    total: int


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """How long the newest reviews took from submission to decision, the time for answers included."""

    count: int
    median_seconds: int
    ninety_percent_seconds: int
    """Nine of ten took no longer."""

    @property
    def words(self) -> str:
        """The same for people, as part of a sentence."""
        return reviews_in_words(self.count, self.median_seconds, self.ninety_percent_seconds)


NO_RECORD: Final = f"no record yet: people have decided about fewer than {LEAST_REVIEWS} submissions"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a submission, or a product without one, waits for."""

    waits_for: WaitsFor
    words: str
    """The same for people: it stands after "waits for"."""
    since: datetime
    next: str
    """What happens next, in a sentence."""
    until: datetime | None = None
    """When the policy approves it, or by when a reviewer should have decided."""
    place: Place | None = None
    record: ReviewRecord | None = None
    """None: it waits for no reviewer, or the store has decided too few to tell."""

    @property
    def reviews_take(self) -> str:
        """The record for people, as part of a sentence."""
        return self.record.words if self.record else NO_RECORD

    def overdue(self, now: datetime) -> bool:
        """Whether a reviewer should have decided by now."""
        return self.waits_for is WaitsFor.REVIEWER and self.until is not None and self.until < now

    @property
    def awaited(self) -> str | None:
        """The words, where somebody else has to do something before it is in the store; else None."""
        return None if self.waits_for in {WaitsFor.NOTHING, WaitsFor.PUBLISHER} else self.words


def standing_of(tx: Transaction, *, submission: Submission) -> Standing:
    """Where a submission stands."""
    return standings_of(tx, found=[submission])[submission.id]


def standings_of(tx: Transaction, *, found: Sequence[Submission]) -> dict[str, Standing]:
    """Where submissions stand, by id, in at most four queries however many they are."""
    reviewed = [each.id for each in found if each.state is SubmissionState.IN_REVIEW]
    approved = [each.product_id for each in found if each.state is SubmissionState.APPROVED]
    asked = _questions(tx, reviewed)
    places = _places(tx, reviewed)
    record = review_record(tx) if places else None
    rolling_back = _rolling_back(tx, approved)
    standings = {}
    for each in found:
        if each.state is SubmissionState.IN_REVIEW:
            standings[each.id] = _in_review(each, *asked.get(each.id, (None, None)))
        elif each.state is SubmissionState.APPROVED:
            overtaken = each.restored_release_id is None and each.product_id in rolling_back
            standings[each.id] = _approved(each, overtaken=overtaken)
        else:
            standings[each.id] = _ended(each)
        if standings[each.id].waits_for is WaitsFor.REVIEWER:
            standings[each.id] = replace(standings[each.id], place=places.get(each.id), record=record)
    return standings


def standing_of_product(tx: Transaction, *, product: Product) -> Standing:
    """What a product waits for, be it in draft, in review or blocked."""
    return standings_of_products(tx, found=[product])[product.id]


def standings_of_products(tx: Transaction, *, found: Sequence[Product]) -> dict[str, Standing]:
    """What products wait for, by id, in at most six queries however many they are."""
    product_ids = [each.id for each in found]
    current = current_submissions(tx, product_ids=product_ids)
    standings = standings_of(tx, found=[*current.values()])
    operating = _oldest_operations(tx, product_ids)
    told = {}
    for product in found:
        submission, operation = current.get(product.id), operating.get(product.id)
        pending = submission is not None and submission.state in PENDING_SUBMISSION
        if product.state is ProductState.UNPUBLISHING:
            told[product.id] = Standing(
                WaitsFor.STORE,
                "the store to take it out",
                product.last_updated_time,
                "It leaves the store within a moment. Installed copies keep working.",
            )
        elif product.kept_back_time is not None and not pending:
            told[product.id] = _kept_back(product, since=product.kept_back_time)
        elif operation is not None and not pending:
            told[product.id] = operation
        elif submission is not None:
            told[product.id] = standings[submission.id]
        else:
            told[product.id] = Standing(
                WaitsFor.PUBLISHER,
                "its publisher to submit it",
                product.created_time,
                "Give the draft a package and submit it.",
            )
    return told


def _kept_back(product: Product, *, since: datetime) -> Standing:
    what = "has it in quarantine" if product.quarantined else "blocked it"
    return Standing(
        WaitsFor.ADMINISTRATOR,
        f"the store's administrator, who {what}",
        since,
        "Browsers do not get it until the administrator lets it back. The reason is on its page.",
    )


_OPERATING: Final = {
    OperationKind.UPLOAD: (
        "the package check",
        "A package that passes becomes the draft's; one that does not is refused, with reasons.",
    ),
    OperationKind.PUBLISH: (
        "the rules of publishing",
        "Then there is a submission, or the reason why not.",
    ),
}


def _in_review(submission: Submission, asked: datetime | None, answered: datetime | None) -> Standing:
    if asked is not None:
        return Standing(
            WaitsFor.ANSWER,
            "the publisher's answer",
            asked,
            "Answer the reviewer's question. Then the review goes on.",
        )
    if submission.due_time is None:
        return Standing(
            WaitsFor.REVIEWER,
            "a reviewer's decision",
            answered or submission.created_time,
            "A reviewer approves it, rejects it with a reason, or asks a question. "
            + (_HELD if submission.held else _RELEASED),
            until=submission.review_due_time,
        )
    return Standing(
        WaitsFor.DELAY,
        f"approval by policy at {submission.due_time:%Y-%m-%d %H:%M:%S} UTC",
        submission.created_time,
        "It is approved then, unless a reviewer decides or asks before. "
        + (_HELD if submission.held else _RELEASED),
        until=submission.due_time,
    )


def _approved(submission: Submission, *, overtaken: bool) -> Standing:
    since = submission.last_updated_time
    if submission.held:
        return Standing(
            WaitsFor.RELEASE,
            "somebody to release it",
            since,
            "Release it, and it is signed and browsers are offered it.",
        )
    if overtaken:
        return Standing(
            WaitsFor.ROLL_BACK,
            "a roll back to come into the store first",
            since,
            "The roll back is signed within a moment; then this is.",
        )
    return Standing(
        WaitsFor.STORE,
        "the store to sign and release it",
        since,
        "It is signed within a moment, and browsers are offered it.",
    )


def _ended(submission: Submission) -> Standing:
    waits_for, following = {
        SubmissionState.IN_STORE: (WaitsFor.NOTHING, "Browsers are offered it until the next version comes."),
        SubmissionState.SUPERSEDED: (WaitsFor.NOTHING, "It was in the store; browsers are offered another."),
        SubmissionState.CANCELLED: (WaitsFor.PUBLISHER, "The draft can be submitted again as it is."),
        SubmissionState.REVIEW_FAILED: (
            WaitsFor.PUBLISHER,
            "Mend what the reason names, then submit again. If it is a mistake, say so in the notes.",
        ),
    }[submission.state]
    words = "nothing" if waits_for is WaitsFor.NOTHING else "its publisher to submit again"
    return Standing(waits_for, words, submission.last_updated_time, following)


def _questions(
    tx: Transaction, submission_ids: list[str]
) -> dict[str, tuple[datetime | None, datetime | None]]:
    """When the question was asked that is open, and when the last was answered, by submission."""
    if not submission_ids:
        return {}
    is_open = questions.c.closed_time.is_(None)
    query = (
        sa.select(
            questions.c.submission_id,
            sa.func.max(sa.case((is_open, questions.c.asked_time)), type_=Moment).label("asked"),
            sa.func.max(questions.c.closed_time, type_=Moment).label("closed"),
        )
        .where(questions.c.submission_id.in_(submission_ids))
        .group_by(questions.c.submission_id)
    )
    return {row.submission_id: (row.asked, row.closed) for row in tx.execute(query)}


def _places(tx: Transaction, submission_ids: list[str]) -> dict[str, Place]:
    """The places of those that wait for a reviewer."""
    if not submission_ids:
        return {}
    unanswered = sa.select(questions.c.submission_id).where(questions.c.closed_time.is_(None))
    waiting = sa.and_(IN_REVIEW, submissions.c.due_time.is_(None), submissions.c.id.not_in(unanswered))
    place = sa.func.row_number().over(order_by=(submissions.c.created_time, submissions.c.id))
    queue = sa.select(submissions.c.id, place.label("place")).where(waiting).subquery()
    total = sa.select(sa.func.count()).select_from(submissions).where(waiting).scalar_subquery()
    rows = tx.execute(
        sa.select(queue.c.id, queue.c.place, total.label("total")).where(queue.c.id.in_(submission_ids))
    )
    return {row.id: Place(row.place, row.total) for row in rows}


def _rolling_back(tx: Transaction, product_ids: list[str]) -> set[str]:
    """Those of the products that a roll back is pending of."""
    if not product_ids:
        return set()
    query = sa.select(submissions.c.product_id).where(
        PENDING, submissions.c.restored_release_id.is_not(None), submissions.c.product_id.in_(product_ids)
    )
    return set(tx.execute(query).scalars())


def review_record(tx: Transaction) -> ReviewRecord | None:
    """How long the newest reviews by people took; None when there are too few to tell."""
    query = (
        sa.select(submissions.c.decided_time, submissions.c.created_time)
        .where(DECIDED_BY_PEOPLE)
        .order_by(submissions.c.decided_time.desc())
        .limit(_NEWEST_REVIEWS)
    )
    took = sorted(int((row.decided_time - row.created_time).total_seconds()) for row in tx.execute(query))
    if len(took) < LEAST_REVIEWS:
        return None
    return ReviewRecord(
        count=len(took),
        median_seconds=took[_at_least(len(took), tenths=5)],
        ninety_percent_seconds=took[_at_least(len(took), tenths=9)],
    )


def _at_least(count: int, *, tenths: int) -> int:
    """The index of the first of ``count`` sorted values that so many tenths of them do not exceed."""
    return -(-count * tenths // 10) - 1


def _oldest_operations(tx: Transaction, product_ids: list[str]) -> dict[str, Standing]:
    """What products with an operation in progress wait for: the oldest comes first."""
    query = (
        sa.select(operations.c.product_id, operations.c.kind, operations.c.created_time)
        .where(operations.c.product_id.in_(product_ids), operations.c.state == OperationState.IN_PROGRESS)
        .order_by(operations.c.number.desc())
    )
    return {
        row.product_id: Standing(WaitsFor.CHECK, words, row.created_time, following)
        for row in tx.execute(query)
        for words, following in [_OPERATING[row.kind]]
    }
