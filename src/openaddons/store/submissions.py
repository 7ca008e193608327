"""Submissions: a draft sent to certification, and what people and policies decide about it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from openaddons.clock import business_days_after
from openaddons.errors import NotKnown, TransitionRefused, ValueRefused
from openaddons.ids import new_submission_id
from openaddons.policies import CertificationPolicy
from openaddons.store import states
from openaddons.store.certification.developer_policies import known_numbers
from openaddons.store.modules import text_up_to
from openaddons.store.operations import ClaimLost
from openaddons.store.products import Product, lock_product, move_product
from openaddons.store.session import Transaction
from openaddons.store.states import PENDING_SUBMISSION, ProductState, SubmissionState
from openaddons.store.tables import PENDING, products, questions, releases, submissions

TEXT_CHARACTERS: Final = 10_000
"""Of a reason, a question, an answer or a note."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A draft as it was sent to certification, and where it stands."""

    id: str
    product_id: str
    operation_id: str | None
    package_id: str
    base_package_id: str | None
    """What was in the store when the submission was made; None: nothing."""
    version: str
    revision: int
    notes: str
    state: SubmissionState
    held: bool
    certification: CertificationPolicy
    due_time: datetime | None
    """When the policy approves it; None: a person has to decide."""
    taken_by: str | None
    """The reviewer who has it."""
    taken_time: datetime | None
    review_due_time: datetime | None
    """By when a person should have decided; None: no person has to."""
    reason: str | None
    policies: tuple[str, ...]
    """Numbers of the developer policies that its rejection names."""
    decided_by: str | None
    decided_time: datetime | None
    restored_release_id: str | None
    """Of a roll back: the release whose content comes again."""
    actor: str
    created_time: datetime
    last_updated_time: datetime
    attempt: int


SUBMISSION = tuple(submissions.c[name] for name in Submission.__slots__)
"""The columns of a `Submission`."""


def submission_of(row: Mapping[Any, Any]) -> Submission:
    """A submission from its row."""
    return Submission(
        **dict(row)
        | {
            "state": SubmissionState(row["state"]),
            "certification": CertificationPolicy(row["certification"]),
            "policies": tuple(row["policies"]),
        }
    )


def create_submission(
    tx: Transaction,
    *,
    product: Product,
    draft: sa.RowMapping,
    version: str,
    notes: str,
    policy: CertificationPolicy,
    delay: timedelta,
    review_days: int,
    actor: str,
    operation_id: str | None = None,
    correlation_id: str | None = None,
) -> Submission:
    """Freeze the draft as a submission that is in review. The product's row must be locked.

    Where a person decides, that should be within ``review_days`` business days.
    """
    due_times = {
        CertificationPolicy.AUTOMATIC: tx.now,
        CertificationPolicy.DELAYED: tx.now + delay,
        CertificationPolicy.MANUAL: None,
    }
    submission_id = new_submission_id()
    move_product(tx, product=product, verb="submit")
    tx.execute(
        submissions.insert(),
        {
            "id": submission_id,
            "product_id": product.id,
            "operation_id": operation_id,
            "package_id": draft["package_id"],
            "base_package_id": live_package_id(tx, product=product),
            "version": version,
            "revision": draft["revision"],
            "modules": draft["modules"],
            "notes": notes,
            "state": SubmissionState.IN_REVIEW,
            "certification": policy,
            "due_time": due_times[policy],
            "review_due_time": None if due_times[policy] else business_days_after(tx.now, days=review_days),
            "actor": actor,
            "created_time": tx.now,
            "last_updated_time": tx.now,
        },
    )
    tx.record(
        "submission.created",
        actor=actor,
        publisher_id=product.publisher_id,
        product_id=product.id,
        subject=submission_id,
        correlation_id=correlation_id,
        version=version,
        certification=policy.value,
    )
    tx.changes.products_with_work.add(product.id)
    return read_submission(tx, submission_id=submission_id)


def live_package_id(tx: Transaction, *, product: Product) -> str | None:
    """The package that the product's live release was made of; None when nothing is in the store."""
    query = sa.select(submissions.c.package_id).where(
        submissions.c.id == releases.c.submission_id, releases.c.id == product.live_release_id
    )
    return tx.execute(query).scalar_one_or_none()


def read_submission(tx: Transaction, *, submission_id: str) -> Submission:
    """A submission by its id. Raises `NotKnown`."""
    row = tx.one_or_none(sa.select(*SUBMISSION).where(submissions.c.id == submission_id))
    if row is None:
        raise NotKnown(noun="submission", id=submission_id)
    return submission_of(row)


def list_submissions(
    tx: Transaction,
    *,
    product_id: str | None = None,
    pending: bool = False,
    before: str | None = None,
    limit: int = 100,
) -> list[Submission]:
    """Submissions, newest first; with ``pending`` those that are not decided or not released yet.

    ``before`` is the id of the last one of the page before; of one that is not known nothing follows.
    """
    query = sa.select(*SUBMISSION).order_by(submissions.c.created_time.desc(), submissions.c.id).limit(limit)
    if product_id is not None:
        query = query.where(submissions.c.product_id == product_id)
    if pending:
        query = query.where(submissions.c.state.in_(PENDING_SUBMISSION))
    if before is not None:
        time = sa.select(submissions.c.created_time).where(submissions.c.id == before).scalar_subquery()
        earlier, as_late = submissions.c.created_time < time, submissions.c.created_time == time
        query = query.where(sa.or_(earlier, sa.and_(as_late, submissions.c.id > before)))
    return [submission_of(row) for row in tx.execute(query).mappings()]


def pending_submission(tx: Transaction, *, product_id: str, rolling_back: bool = False) -> Submission | None:
    """The product's submission that is in review or approved, or its roll back; never more than one of each."""
    restored = submissions.c.restored_release_id
    row = tx.one_or_none(
        sa.select(*SUBMISSION).where(
            submissions.c.product_id == product_id,
            submissions.c.state.in_(PENDING_SUBMISSION),
            restored.is_not(None) if rolling_back else restored.is_(None),
        )
    )
    return None if row is None else submission_of(row)


def was_decided(tx: Transaction, *, product_id: str) -> bool:
    """Whether certification has ever decided about the product, be it to approve or to reject."""
    decided = submissions.select().where(
        submissions.c.product_id == product_id, submissions.c.decided_time.is_not(None)
    )
    return bool(tx.execute(sa.select(decided.exists())).scalar_one())


def current_submission(tx: Transaction, *, product_id: str) -> Submission | None:
    """Where a product stands: its update that is pending, else its roll back that is, else its newest submission."""
    return current_submissions(tx, product_ids=[product_id]).get(product_id)


def current_submissions(tx: Transaction, *, product_ids: Collection[str]) -> dict[str, Submission]:
    """The same of many products, in one question: by product, without those that were never submitted."""
    pending = submissions.c.state.in_(PENDING_SUBMISSION)
    current = (
        sa.select(submissions.c.id)
        .where(submissions.c.product_id == products.c.id)
        .order_by(
            sa.case(
                (sa.and_(pending, submissions.c.restored_release_id.is_(None)), 0), (pending, 1), else_=2
            ),
            submissions.c.created_time.desc(),
            submissions.c.id,
        )
        .limit(1)
        .scalar_subquery()
    )
    asked = sa.select(current).where(products.c.id.in_(product_ids))
    rows = tx.execute(sa.select(*SUBMISSION).where(submissions.c.id.in_(asked))).mappings()
    return {row["product_id"]: submission_of(row) for row in rows}


def move_submission(tx: Transaction, *, submission: Submission, verb: str, **values: Any) -> Submission:
    """Take the submission where ``verb`` leads, by compare-and-set. Raises `TransitionRefused`.

    A question that is open then needs no answer any more.
    """
    target = states.SUBMISSION[verb].get(submission.state)
    changed = 0
    if target is not None:
        changed = tx.execute(
            submissions.update()
            .where(submissions.c.id == submission.id, submissions.c.state == submission.state)
            .values(state=target, last_updated_time=tx.now, leased_until=None, **values)
        ).rowcount
    if not changed:
        needs = " or ".join(f"“{state}”" for state in states.SUBMISSION[verb])
        raise TransitionRefused(
            noun="submission", id=submission.id, state=f"“{submission.state}”", verb=verb, needs=needs
        )
    if submission.state is SubmissionState.IN_REVIEW:
        tx.execute(
            questions.update()
            .where(questions.c.submission_id == submission.id, questions.c.closed_time.is_(None))
            .values(closed_time=tx.now)
        )
    return read_submission(tx, submission_id=submission.id)


def lock_submission(tx: Transaction, *, submission_id: str) -> tuple[Product, Submission]:
    """The submission and its product, as they are once the product's row is locked."""
    product_id = read_submission(tx, submission_id=submission_id).product_id
    return lock_product(tx, product_id=product_id), read_submission(tx, submission_id=submission_id)


def certification_text(name: str, text: str) -> str:
    """What somebody writes about a submission for another to read. Raises `ValueRefused`."""
    text = text_up_to(TEXT_CHARACTERS)(name, text.strip())
    if not text:
        raise ValueRefused(name=name, problem="write something: whoever reads it must be able to act on it.")
    return text


def record_submission(
    tx: Transaction, verb: str, product: Product, submission: Submission, *, actor: str, **facts: Any
) -> None:
    """Record what happened to a submission."""
    tx.record(
        f"submission.{verb}",
        actor=actor,
        publisher_id=product.publisher_id,
        product_id=product.id,
        subject=submission.id,
        version=submission.version,
        **facts,
    )


def approve_submission(tx: Transaction, *, submission_id: str, actor: str) -> Submission:
    """Pass certification. Unless it is held, it is signed and released at once."""
    product, submission = lock_submission(tx, submission_id=submission_id)
    approved = move_submission(
        tx, submission=submission, verb="approve", decided_by=actor, decided_time=tx.now
    )
    record_submission(tx, "approved", product, submission, actor=actor)
    tx.changes.products_with_work.add(product.id)
    return approved


def reject_submission(
    tx: Transaction,
    *,
    submission_id: str,
    reason: str,
    actor: str,
    policies: Sequence[str] = (),
) -> Submission:
    """Fail certification, for a reason that the publisher reads, and the developer policies that it is about.

    Raises `ValueRefused` without a reason and for a number that no policy has (`developer_policies`).
    """
    reason = certification_text("reason", reason)
    numbers = known_numbers(policies)
    product, submission = lock_submission(tx, submission_id=submission_id)
    rejected = move_submission(
        tx,
        submission=submission,
        verb="reject",
        decided_by=actor,
        decided_time=tx.now,
        reason=reason,
        policies=numbers,
    )
    _drop_product(tx, product)
    record_submission(
        tx,
        "rejected",
        product,
        submission,
        actor=actor,
        reason=reason,
        policies=numbers,
    )
    return rejected


def cancel_submission(tx: Transaction, *, submission_id: str, actor: str, reason: str = "") -> Submission:
    """Take a submission back before it is in the store; the draft can be sent again as it is."""
    product, submission = lock_submission(tx, submission_id=submission_id)
    cancelled = move_submission(
        tx, submission=submission, verb="cancel", decided_by=actor, reason=reason or None
    )
    if submission.restored_release_id is None:
        _drop_product(tx, product)
    record_submission(
        tx,
        "cancelled",
        product,
        submission,
        actor=actor,
        reason=reason,
    )
    return cancelled


def drop_pending(tx: Transaction, *, product: Product, actor: str, reason: str) -> None:
    """Cancel what is pending of a product that is leaving the store. The caller moves the product."""
    for rolling_back in (False, True):
        submission = pending_submission(tx, product_id=product.id, rolling_back=rolling_back)
        if submission is None:
            continue
        move_submission(tx, submission=submission, verb="cancel", decided_by=actor, reason=reason)
        record_submission(tx, "cancelled", product, submission, actor=actor, reason=reason)


def hold_submission(tx: Transaction, *, submission_id: str, held: bool, actor: str) -> Submission:
    """Hold a submission back from release, or with ``held`` False let it go. Raises `TransitionRefused`.

    Who signs it at this moment puts it into the store no more. A roll back is not held: it would be overtaken.
    """
    product, submission = lock_submission(tx, submission_id=submission_id)
    if submission.restored_release_id is not None:
        raise TransitionRefused(
            noun="submission",
            id=submission.id,
            state="a roll back",
            verb="hold" if held else "release",
            needs="an update; to stop a roll back, cancel it",
            command=f"openaddons submission cancel {submission.id}",
        )
    if submission.state not in PENDING_SUBMISSION:
        needs = " or ".join(f"“{state}”" for state in PENDING_SUBMISSION)
        raise TransitionRefused(
            noun="submission",
            id=submission.id,
            state=f"“{submission.state}”",
            verb="hold" if held else "release",
            needs=needs,
        )
    tx.execute(
        submissions.update()
        .where(submissions.c.id == submission.id)
        .values(held=held, last_updated_time=tx.now)
    )
    if held:
        fence(tx, submission=submission)
    record_submission(
        tx,
        "held" if held else "released",
        product,
        submission,
        actor=actor,
    )
    tx.changes.products_with_work.add(product.id)
    return read_submission(tx, submission_id=submission_id)


def _drop_product(tx: Transaction, product: Product) -> None:
    """Lead the product back to where it was before the submission."""
    unpublished = product.state is ProductState.IN_REVIEW and product.first_published_time is not None
    move_product(tx, product=product, verb="drop after unpublishing" if unpublished else "drop")


def fence(tx: Transaction, *, submission: Submission) -> None:
    """Let what is being done for a submission come to nothing. The product's row must be locked."""
    tx.execute(
        submissions.update()
        .where(submissions.c.id == submission.id)
        .values(attempt=submissions.c.attempt + 1, leased_until=None)
    )


def claim_submission(tx: Transaction, *, product_id: str, lease: timedelta) -> Submission | None:
    """The product's submission if there is something to do for it now and nobody does it: leased.

    A roll back comes first, and no update is released before it has: the roll back could not follow, for
    versions only go up.
    """
    row = tx.one_or_none(
        sa.select(*SUBMISSION)
        .where(
            submissions.c.product_id == product_id,
            PENDING,
            sa.or_(submissions.c.leased_until.is_(None), submissions.c.leased_until <= tx.now),
            sa.or_(
                sa.and_(submissions.c.state == SubmissionState.IN_REVIEW, submissions.c.due_time <= tx.now),
                sa.and_(submissions.c.state == SubmissionState.APPROVED, sa.not_(submissions.c.held)),
            ),
        )
        .order_by(submissions.c.restored_release_id.is_(None))
        .limit(1)
    )
    if row is None:
        return None
    overtakes = row["state"] == SubmissionState.APPROVED and row["restored_release_id"] is None
    if overtakes and pending_submission(tx, product_id=product_id, rolling_back=True) is not None:
        return None
    claimed = tx.execute(
        submissions.update()
        .where(submissions.c.id == row["id"], submissions.c.attempt == row["attempt"])
        # Who held it before, slowly, may have taken the step since it was read.
        .where(submissions.c.state == row["state"])
        .values(attempt=row["attempt"] + 1, leased_until=tx.now + lease)
    )
    if claimed.rowcount != 1:
        return None
    return submission_of(dict(row) | {"attempt": row["attempt"] + 1})


def check_claim(tx: Transaction, *, claim: Submission) -> Submission:
    """The submission as it is now. Raises `ClaimLost` when another attempt has begun since the claim."""
    current = read_submission(tx, submission_id=claim.id)
    if current.attempt != claim.attempt:
        raise ClaimLost
    return current
