"""Releases: signed versions that browsers can get, and the end of a product's time in the store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from openaddons.ids import new_guid
from openaddons.objects import StoredObject
from openaddons.store.products import Product, find_product, lock_product, move_product
from openaddons.store.session import Transaction
from openaddons.store.states import OperationState, ProductState, SubmissionState
from openaddons.store.submissions import (
    Submission,
    check_claim,
    drop_pending,
    move_submission,
    read_submission,
)
from openaddons.store.tables import drafts, operations, products, releases, submissions


@dataclass(frozen=True, slots=True)
class Release:
    """A signed version. Neither the row nor the bytes ever change."""

    id: str
    product_id: str
    submission_id: str
    version: str
    object_key: str
    digest: str
    size_bytes: int
    created_time: datetime


_COLUMNS: Final = tuple(releases.c[name] for name in Release.__slots__)


def list_releases(tx: Transaction, *, product_id: str) -> list[Release]:
    """Every release of a product, newest first."""
    query = (
        sa.select(*_COLUMNS)
        .where(releases.c.product_id == product_id)
        .order_by(releases.c.created_time.desc())
    )
    return [Release(**row) for row in tx.execute(query).mappings()]


def read_release(tx: Transaction, *, release_id: str) -> Release:
    """A release by its id."""
    return Release(**tx.execute(sa.select(*_COLUMNS).where(releases.c.id == release_id)).mappings().one())


def create_release(tx: Transaction, *, claim: Submission, stored: StoredObject) -> Release:
    """Put an approved submission into the store with its signed bytes. Raises `ClaimLost`.

    The earlier live submission, if there is one, is superseded in the same transaction.
    """
    product = lock_product(tx, product_id=claim.product_id)
    submission = check_claim(tx, claim=claim)
    previous = tx.execute(
        sa.select(submissions.c.id).where(
            submissions.c.product_id == product.id, submissions.c.state == SubmissionState.IN_STORE
        )
    ).scalars()
    for submission_id in previous.all():
        move_submission(tx, submission=read_submission(tx, submission_id=submission_id), verb="supersede")
    move_submission(tx, submission=submission, verb="publish")
    release = Release(
        id=new_guid(),
        product_id=product.id,
        submission_id=submission.id,
        version=submission.version,
        object_key=stored.key,
        digest=stored.digest,
        size_bytes=stored.size_bytes,
        created_time=tx.now,
    )
    tx.execute(releases.insert(), {name: getattr(release, name) for name in Release.__slots__})
    move_product(
        tx,
        product=product,
        verb="publish",
        live_release_id=release.id,
        first_published_time=product.first_published_time or tx.now,
    )
    tx.execute(
        drafts.update().where(drafts.c.product_id == product.id).values(live_revision=submission.revision)
    )
    tx.record(
        "release.created",
        actor="store",
        publisher_id=product.publisher_id,
        product_id=product.id,
        subject=release.id,
        version=release.version,
        sha256=release.digest,
        submission_id=submission.id,
    )
    return release


def unpublish_product(tx: Transaction, *, product_id: str, actor: str) -> Product:
    """Begin to take a product out of the store; what is pending is cancelled. Raises `TransitionRefused`."""
    product = lock_product(tx, product_id=product_id)
    move_product(tx, product=product, verb="unpublish")
    drop_pending(tx, product_id=product_id, actor=actor, reason="The product is being unpublished.")
    tx.record(
        "product.unpublish-requested",
        actor=actor,
        publisher_id=product.publisher_id,
        product_id=product_id,
        subject=product_id,
    )
    tx.changes.products_with_work.add(product_id)
    return find_product(tx, id_or_crx_id=product_id)


def finish_unpublishing(tx: Transaction, *, product_id: str) -> bool:
    """Complete an unpublishing that was begun; False when there is none to complete."""
    state = sa.select(products.c.state).where(products.c.id == product_id)
    if tx.execute(state).scalar_one() != ProductState.UNPUBLISHING:
        return False  # nearly always: a lock would cost a commit to the disk
    product = lock_product(tx, product_id=product_id)
    in_progress = sa.select(operations.c.id).where(
        operations.c.product_id == product_id, operations.c.state == OperationState.IN_PROGRESS
    )
    # What was accepted before it ends is judged before it ends (UnpublishInProgress), whoever holds it.
    if product.state is not ProductState.UNPUBLISHING or tx.execute(in_progress).first() is not None:
        return False
    move_product(tx, product=product, verb="finish unpublishing", live_release_id=None)
    # What was live is not any more: so the draft counts as new, though its version must still be raised.
    tx.execute(drafts.update().where(drafts.c.product_id == product_id).values(live_revision=None))
    live = tx.execute(
        sa.select(submissions.c.id).where(
            submissions.c.product_id == product_id, submissions.c.state == SubmissionState.IN_STORE
        )
    ).scalars()
    for submission_id in live.all():
        move_submission(tx, submission=read_submission(tx, submission_id=submission_id), verb="supersede")
    tx.record(
        "product.unpublished",
        actor="store",
        publisher_id=product.publisher_id,
        product_id=product_id,
        subject=product_id,
    )
    return True
