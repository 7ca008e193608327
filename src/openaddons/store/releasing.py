"""How releases come into the store and leave it: signed, unpublished."""

from dataclasses import dataclass

import sqlalchemy as sa

from openaddons.ids import new_guid
from openaddons.objects import StoredObject
from openaddons.store.offers import give_to_rings, make_live, settle_submissions
from openaddons.store.products import Product, find_product, lock_product, move_product, offers_changed
from openaddons.store.releases import Release
from openaddons.store.session import Transaction
from openaddons.store.states import OperationState, ProductState
from openaddons.store.submissions import Submission, check_claim, drop_pending, move_submission
from openaddons.store.tables import drafts, offers, operations, products, releases


@dataclass(frozen=True, slots=True)
class SignedPackage:
    """What signing made of an approved submission's package."""

    stored: StoredObject
    minimum_chrome_version: str | None = None
    """As the packed manifest says it."""
    icon_key: str | None = None


def create_release(tx: Transaction, *, claim: Submission, signed: SignedPackage) -> Release:
    """Put an approved submission into the store with its signed bytes. Raises `ClaimLost`.

    It is offered to the product's first rings if it has any, else to all; a roll back always to all. What
    nobody is offered any more is superseded in the same transaction.
    """
    product = lock_product(tx, product_id=claim.product_id)
    submission = check_claim(tx, claim=claim)
    rolls_back = submission.restored_release_id is not None
    move_submission(tx, submission=submission, verb="publish")
    release = Release(
        id=new_guid(),
        product_id=product.id,
        submission_id=submission.id,
        version=submission.version,
        object_key=signed.stored.key,
        digest=signed.stored.digest,
        size_bytes=signed.stored.size_bytes,
        minimum_chrome_version=signed.minimum_chrome_version,
        icon_key=signed.icon_key,
        created_time=tx.now,
        offered_to_all_time=None,
        withdrawn_time=None,
        withdrawn_reason=None,
    )
    tx.execute(releases.insert(), {name: getattr(release, name) for name in Release.__slots__})
    move_product(
        tx,
        product=product,
        verb="roll back" if rolls_back else "publish",
        first_published_time=product.first_published_time or tx.now,
    )
    if product.first_rings and not rolls_back:
        give_to_rings(tx, product_id=product.id, release_id=release.id, names=product.first_rings)
    else:
        make_live(tx, product_id=product.id, release=release)
    settle_submissions(tx, product=product)
    # After a roll back the draft is not what is in the store, whatever it holds.
    tx.execute(
        drafts.update()
        .where(drafts.c.product_id == product.id)
        .values(live_revision=None if rolls_back else submission.revision)
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
        rings=[] if rolls_back else product.first_rings,
    )
    offers_changed(tx, product_id=product.id)
    return release


def unpublish_product(tx: Transaction, *, product_id: str, actor: str) -> Product:
    """Begin to take a product out of the store; what is pending is cancelled. Raises `TransitionRefused`."""
    product = lock_product(tx, product_id=product_id)
    move_product(tx, product=product, verb="unpublish")
    drop_pending(tx, product=product, actor=actor, reason="The product is being unpublished.")
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
    tx.execute(offers.delete().where(offers.c.product_id == product_id))
    settle_submissions(tx, product=product)
    tx.record(
        "product.unpublished",
        actor="store",
        publisher_id=product.publisher_id,
        product_id=product_id,
        subject=product_id,
    )
    offers_changed(tx, product_id=product_id)
    return True
