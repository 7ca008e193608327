"""How releases come into the store and leave it: signed, rolled back, unpublished."""

from dataclasses import dataclass

import sqlalchemy as sa

from openaddons.errors import TransitionRefused, ValueRefused
from openaddons.ids import new_guid, new_submission_id
from openaddons.objects import StoredObject
from openaddons.packages.version import Version
from openaddons.policies import CertificationPolicy
from openaddons.store.offers import IN_STORE, give_to_rings, make_live, settle_submissions
from openaddons.store.products import (
    Product,
    find_product,
    highest_version,
    lock_product,
    move_product,
    offers_changed,
)
from openaddons.store.releases import Release, find_release, read_release
from openaddons.store.session import Transaction
from openaddons.store.states import OperationState, ProductState, SubmissionState
from openaddons.store.submissions import (
    Submission,
    check_claim,
    drop_pending,
    live_package_id,
    move_submission,
    pending_submission,
    read_submission,
)
from openaddons.store.tables import drafts, offers, operations, packages, products, releases, submissions


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
    settle_submissions(tx, product_id=product.id)
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
    tx.execute(offers.delete().where(offers.c.product_id == product_id))
    settle_submissions(tx, product_id=product_id)
    tx.record(
        "product.unpublished",
        actor="store",
        publisher_id=product.publisher_id,
        product_id=product_id,
        subject=product_id,
    )
    offers_changed(tx, product_id=product_id)
    return True


def roll_back(
    tx: Transaction,
    *,
    product_id: str,
    reason: str,
    actor: str,
    to_version: str | None = None,
    as_version: str | None = None,
) -> Submission:
    """Bring the content of an earlier release back under a new version number, without a new review.

    Browsers never go back, so the number must be higher than any before: by default the highest with its
    fourth part raised, which leaves room below whatever comes next. The content is by default that of the
    newest earlier version that all were offered and nobody withdrew. All are offered it, whatever the rings.

    Raises `NotKnown`, `TransitionRefused` or `ValueRefused`.
    """
    if not reason.strip():
        raise ValueRefused(name="reason", problem="say why: the publisher reads it.")
    product = lock_product(tx, product_id=product_id)
    if product.state not in IN_STORE or product.live_release_id is None:
        raise TransitionRefused(
            noun="product",
            id=product.id,
            state=f"“{product.state}”",
            verb="roll back",
            needs="a release that is live for all",
        )
    if pending_submission(tx, product_id=product_id, rolling_back=True) is not None:
        raise TransitionRefused(
            noun="product", id=product.id, state="being rolled back", verb="roll back", needs="its end first"
        )
    target = _target(tx, product=product, version=to_version)
    version = _new_version(tx, product_id=product_id, wanted=as_version)
    restored = read_submission(tx, submission_id=target.submission_id)
    live = read_release(tx, release_id=product.live_release_id)
    modules = sa.select(submissions.c.modules).where(submissions.c.id == live.submission_id)
    submission_id = new_submission_id()
    tx.execute(
        submissions.insert(),
        {
            "id": submission_id,
            "product_id": product_id,
            "package_id": restored.package_id,
            "base_package_id": live_package_id(tx, product=product),
            "version": version,
            "revision": restored.revision,
            # The package goes back, and not what the listing says.
            "modules": tx.execute(modules).scalar_one(),
            "notes": reason,
            "state": SubmissionState.APPROVED,
            "certification": CertificationPolicy.AUTOMATIC,
            "decided_by": actor,
            "restored_release_id": target.id,
            "actor": actor,
            "created_time": tx.now,
            "last_updated_time": tx.now,
        },
    )
    tx.record(
        "product.roll-back-requested",
        actor=actor,
        publisher_id=product.publisher_id,
        product_id=product_id,
        subject=submission_id,
        from_version=live.version,
        to_version=target.version,
        as_version=version,
        reason=reason,
    )
    tx.changes.products_with_work.add(product_id)
    return read_submission(tx, submission_id=submission_id)


def _target(tx: Transaction, *, product: Product, version: str | None) -> Release:
    """The release whose content comes back."""
    if version is not None:
        release = find_release(tx, product_id=product.id, version=version)
        if release.id == product.live_release_id:
            raise ValueRefused(name="to", problem=f"{version} is what all are offered now.")
        if release.withdrawn_time is not None:
            raise ValueRefused(name="to", problem=f"{version} was withdrawn: {release.withdrawn_reason}")
        return release
    # A release that is itself a roll back counts as the version that its package says. So rolling back twice
    # goes further back, and never forth again to what was just left.
    query = (
        sa.select(releases.c.id, packages.c.version)
        .join(submissions, submissions.c.id == releases.c.submission_id)
        .join(packages, packages.c.id == submissions.c.package_id)
        .where(releases.c.product_id == product.id)
    )
    contents = {row.id: Version.parse(row.version) for row in tx.execute(query)}
    assert product.live_release_id is not None
    earlier = [
        release
        for release in (read_release(tx, release_id=release_id) for release_id in contents)
        if release.offered_to_all_time is not None
        and release.withdrawn_time is None
        and Version.parse(release.version) == contents[release.id] < contents[product.live_release_id]
    ]
    if not earlier:
        raise ValueRefused(name="to", problem="there is no earlier release that could come back.")
    return max(earlier, key=lambda release: Version.parse(release.version))


def _new_version(tx: Transaction, *, product_id: str, wanted: str | None) -> str:
    highest = highest_version(tx, product_id=product_id)
    assert highest is not None
    if wanted is None:
        *parts, last = Version.parse(highest).parts
        version = ".".join(map(str, (*parts, last + 1)))
    else:
        version = wanted
    try:
        parsed = Version.parse(version)
    except ValueError as error:
        raise ValueRefused(name="as", problem=f"{version} is no version: {error}.") from None
    if not parsed > Version.parse(highest):
        raise ValueRefused(name="as", problem=f"it must be higher than {highest}: browsers never go back.")
    waiting = pending_submission(tx, product_id=product_id)
    if waiting is not None and not Version.parse(waiting.version) > parsed:
        raise ValueRefused(
            name="as",
            problem=f"{version} would pass {waiting.version}, which is in review and could not follow any more. "
            f"Choose a lower one, or cancel submission {waiting.id} first.",
        )
    return version
