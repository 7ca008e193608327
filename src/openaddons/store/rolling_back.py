"""Roll backs: the content of an earlier release comes again, under a new version number and without a review.

Browsers never go back, so the number must be higher than any before. A roll back is a submission that is
approved from the start; it is signed and comes into the store as any other, before every other.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from openaddons.errors import TransitionRefused, ValueRefused
from openaddons.ids import new_submission_id
from openaddons.packages.version import LARGEST_PART, Version
from openaddons.policies import CertificationPolicy
from openaddons.store.offered import ALL
from openaddons.store.offers import IN_STORE, offered_releases
from openaddons.store.products import Product, highest_version, lock_product
from openaddons.store.releases import Release, find_release, list_releases, read_release
from openaddons.store.session import Transaction
from openaddons.store.states import SubmissionState
from openaddons.store.submissions import (
    Submission,
    fence,
    live_package_id,
    pending_submission,
    read_submission,
)
from openaddons.store.tables import releases, submissions


@dataclass(frozen=True, slots=True)
class RollBack:
    """What a roll back will do."""

    leaves: Release
    """The highest release that anybody is offered now."""
    restores: Release
    """The release whose content comes again."""
    version: str
    """The number under which it does."""


def roll_back(
    tx: Transaction,
    *,
    product_id: str,
    reason: str,
    actor: str,
    to_version: str | None = None,
    as_version: str | None = None,
) -> Submission:
    """Bring earlier content back, for all and whatever the rings, as `plan_roll_back` says.

    An update that is in review stays there. If it is being signed just now, it is so again afterwards.
    Raises `NotKnown`, `TransitionRefused` or `ValueRefused`.
    """
    if not reason.strip():
        raise ValueRefused(name="reason", problem="say why: the publisher reads it.")
    product = lock_product(tx, product_id=product_id)
    plan = plan_roll_back(tx, product=product, to_version=to_version, as_version=as_version)
    restored = read_submission(tx, submission_id=plan.restores.submission_id)
    live = offered_releases(tx, product_id=product_id)[ALL]
    modules = sa.select(submissions.c.modules).where(submissions.c.id == live.submission_id)
    update = pending_submission(tx, product_id=product_id)
    if update is not None:
        fence(tx, submission=update)
    submission_id = new_submission_id()
    tx.execute(
        submissions.insert(),
        {
            "id": submission_id,
            "product_id": product_id,
            "package_id": restored.package_id,
            "base_package_id": live_package_id(tx, product=product),
            "version": plan.version,
            "revision": restored.revision,
            # The package goes back, and not what the listing says.
            "modules": tx.execute(modules).scalar_one(),
            "notes": reason,
            "state": SubmissionState.APPROVED,
            "certification": CertificationPolicy.AUTOMATIC,
            "decided_by": actor,
            "restored_release_id": plan.restores.id,
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
        from_version=plan.leaves.version,
        to_version=plan.restores.version,
        as_version=plan.version,
        reason=reason,
    )
    tx.changes.products_with_work.add(product_id)
    return read_submission(tx, submission_id=submission_id)


def plan_roll_back(
    tx: Transaction, *, product: Product, to_version: str | None = None, as_version: str | None = None
) -> RollBack:
    """What a roll back would do now; changes nothing.

    The content is by default what all are offered, if a ring is ahead of them; else that of the version before.
    The number is by default the next after the highest, with four parts, which leaves room below whatever comes
    next. Raises `NotKnown`, `TransitionRefused` or `ValueRefused`.
    """
    offered = offered_releases(tx, product_id=product.id)
    if product.state not in IN_STORE or ALL not in offered:
        raise TransitionRefused(
            noun="product",
            id=product.id,
            state=f"“{product.state}”",
            verb="roll back",
            needs="a release that all are offered",
        )
    pending = pending_submission(tx, product_id=product.id, rolling_back=True)
    if pending is not None:
        raise TransitionRefused(
            noun="product",
            id=product.id,
            state=f"being rolled back (submission {pending.id})",
            verb="roll back",
            needs="its end first",
        )
    if to_version is not None:
        restores = _chosen(tx, offered, product_id=product.id, version=to_version)
    elif len(offered) > 1:
        restores = content_of(tx, release=offered[ALL])
    else:
        restores = _before(tx, live=offered[ALL])
    return RollBack(
        leaves=max(offered.values(), key=lambda release: Version.parse(release.version)),
        restores=restores,
        version=_new_version(tx, product_id=product.id, wanted=as_version),
    )


def content_of(tx: Transaction, *, release: Release) -> Release:
    """The release whose content it has: of a roll back that which came again, else itself."""
    query = sa.select(submissions.c.restored_release_id).where(submissions.c.id == release.submission_id)
    restored_id = tx.execute(query).scalar_one()
    return release if restored_id is None else read_release(tx, release_id=restored_id)


def _chosen(tx: Transaction, offered: dict[str, Release], *, product_id: str, version: str) -> Release:
    named = find_release(tx, product_id=product_id, version=version)
    content = content_of(tx, release=named)
    for release in (named, content):
        if release.withdrawn_time is not None:
            raise ValueRefused(
                name="to", problem=f"{release.version} was withdrawn: {release.withdrawn_reason}"
            )
    live = offered[ALL]
    if len(offered) == 1 and content == content_of(tx, release=live):
        known_as = "" if content == live else f", as {live.version}"
        raise ValueRefused(name="to", problem=f"{content.version} is what all are offered now{known_as}.")
    return content


def _before(tx: Transaction, *, live: Release) -> Release:
    """What all were offered before the content of the live release.

    A release that is itself a roll back counts as what came again. So rolling back twice goes further back,
    and never to what a roll back has left.
    """
    known = _with_contents(tx, product_id=live.product_id)
    newest = next(Version.parse(content.version) for release, content in known if release.id == live.id)
    earlier = [
        (release, content)
        for release, content in known
        if release.offered_to_all_time is not None and Version.parse(release.version) < newest
    ]
    for release, content in sorted(earlier, key=lambda each: Version.parse(each[0].version), reverse=True):
        if release.withdrawn_time is None and content.withdrawn_time is None:
            return content
    raise ValueRefused(name="to", problem="there is no earlier release that could come back.")


def _with_contents(tx: Transaction, *, product_id: str) -> list[tuple[Release, Release]]:
    """Every release of a product with the one whose content it has, in two questions."""
    known = {release.id: release for release in list_releases(tx, product_id=product_id)}
    restored = (
        sa.select(releases.c.id, submissions.c.restored_release_id)
        .join(submissions, submissions.c.id == releases.c.submission_id)
        .where(releases.c.product_id == product_id)
    )
    return [(known[row.id], known[row.restored_release_id or row.id]) for row in tx.execute(restored)]


def _new_version(tx: Transaction, *, product_id: str, wanted: str | None) -> str:
    highest = highest_version(tx, product_id=product_id)
    assert highest is not None
    version = _next_version(highest) if wanted is None else wanted
    try:
        parsed = Version.parse(version)
    except ValueError as error:
        raise ValueRefused(name="as", problem=f"{version} is no version: {error}.") from None
    if not parsed > Version.parse(highest):
        raise ValueRefused(name="as", problem=f"it must be higher than {highest}: browsers never go back.")
    update = pending_submission(tx, product_id=product_id)
    if update is not None and not Version.parse(update.version) > parsed:
        raise ValueRefused(
            name="as",
            problem=f"{version} would pass {update.version}, which is in review and could not follow any more. "
            "Choose a lower one, or cancel that submission first.",
            command=f"openaddons submission cancel {update.id}",
        )
    return version


def _next_version(highest: str) -> str:
    """The lowest number of four parts above ``highest``."""
    parts = list(Version.parse(highest).parts)
    while parts and parts[-1] == LARGEST_PART:
        parts.pop()
    if not parts:
        raise ValueRefused(name="as", problem=f"no version number is higher than {highest}.")
    parts[-1] += 1
    return ".".join(map(str, [*parts, 0, 0, 0][:4]))
