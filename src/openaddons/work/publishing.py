"""An accepted publish request: the rules of publishing, then a submission.

When several rules apply, the first of this order decides (design/api.md, "Outcomes"): CreateNotAllowed,
UnpublishInProgress, InProgressSubmission, NoModulesUpdated, ModuleStateUnPublishable, SubmissionValidationError.
"""

from datetime import timedelta

import sqlalchemy as sa

from openaddons.errors import ObjectMissing
from openaddons.packages.version import Version
from openaddons.settings import Settings
from openaddons.store.certification.policies import certification_in_force
from openaddons.store.drafts import draft_row, module_statuses, read_package
from openaddons.store.operations import Claim, Outcome, end_operation
from openaddons.store.products import Product, highest_version, lock_product
from openaddons.store.session import Transaction
from openaddons.store.states import ProductState
from openaddons.store.submissions import (
    Submission,
    create_submission,
    hold_submission,
    pending_submission,
    was_decided,
)
from openaddons.work import outcomes
from openaddons.work.tools import Tools


def publish(tools: Tools, claim: Claim) -> None:
    """Judge the draft and, if it may be published, create the submission, all in one transaction.

    Raises `ObjectMissing` when the draft's package is gone and `ClaimLost` when another worker took over.
    """
    package = tools.database.read(_draft_package, product_id=claim.product_id)
    if package is not None and not tools.objects.exists(package["object_key"]):
        raise ObjectMissing(key=package["object_key"])
    tools.database.run(_finish, claim=claim, settings=tools.settings)


def _draft_package(tx: Transaction, *, product_id: str) -> sa.RowMapping | None:
    return read_package(tx, package_id=draft_row(tx, product_id=product_id)["package_id"])


def _finish(tx: Transaction, *, claim: Claim, settings: Settings) -> None:
    product = lock_product(tx, product_id=claim.product_id)
    if product.first_published_time is None and not was_decided(tx, product_id=product.id):
        refusal: Outcome | None = outcomes.CREATE_NOT_ALLOWED
    else:
        refusal = refusal_to_submit(tx, product=product, settings=settings)
    if refusal is not None:
        end_operation(tx, claim=claim, outcome=refusal)
        return
    submission = submit_draft(
        tx,
        product=product,
        settings=settings,
        notes=claim.notes,
        actor=claim.actor,
        operation_id=claim.id,
        correlation_id=claim.correlation_id,
    )
    end_operation(tx, claim=claim, outcome=outcomes.submission_created(submission.id))


def submit_by_hand(
    tx: Transaction,
    *,
    product_id: str,
    notes: str,
    held: bool = False,
    actor: str,
    settings: Settings,
) -> Submission | Outcome:
    """Send a product's draft to certification, the first time too, and with ``held`` keep it from release.

    The API answers the first time with ``CreateNotAllowed``; a person may (docs/decisions/0014-first-submission.md).
    Returns the rule that refuses it, if one does. Raises `NotKnown`.
    """
    product = lock_product(tx, product_id=product_id)
    refusal = refusal_to_submit(tx, product=product, settings=settings)
    if refusal is not None:
        return refusal
    made = submit_draft(tx, product=product, settings=settings, notes=notes, actor=actor)
    # In the same transaction: under an automatic policy it would be in the store before it could be held.
    return hold_submission(tx, submission_id=made.id, held=True, actor=actor) if held else made


def refusal_to_submit(  # noqa: PLR0911 - one return for each rule, in their order
    tx: Transaction, *, product: Product, settings: Settings
) -> Outcome | None:
    """Why the draft cannot be submitted now, or None. The product's row must be locked."""
    if product.state is ProductState.UNPUBLISHING:
        return outcomes.UNPUBLISH_IN_PROGRESS
    if pending_submission(tx, product_id=product.id) is not None:
        return outcomes.IN_PROGRESS_SUBMISSION
    draft = draft_row(tx, product_id=product.id)
    if draft["revision"] == draft["live_revision"]:
        return outcomes.NO_MODULES_UPDATED
    package = read_package(tx, package_id=draft["package_id"])
    statuses = module_statuses(draft, package, require=settings.required_fields)
    invalid = [each.module.value for each in statuses if each.problems]
    if invalid or package is None:
        return outcomes.modules_invalid(invalid)
    if product.state is ProductState.BLOCKED:
        return outcomes.submission_invalid(
            [f"The product is blocked by the store's administrator: {product.kept_back_reason}"]
        )
    highest = highest_version(tx, product_id=product.id)
    if highest is not None and not Version.parse(package["version"]) > Version.parse(highest):
        return outcomes.submission_invalid(
            [f"The Zip version number needs to be higher than previous version: {highest}"]
        )
    return None


def submit_draft(
    tx: Transaction,
    *,
    product: Product,
    settings: Settings,
    notes: str,
    actor: str,
    operation_id: str | None = None,
    correlation_id: str | None = None,
) -> Submission:
    """Send the draft to certification under the product's policy, else the store's."""
    draft = draft_row(tx, product_id=product.id)
    package = read_package(tx, package_id=draft["package_id"])
    assert package is not None
    certification = certification_in_force(tx, product=product, settings=settings)
    return create_submission(
        tx,
        product=product,
        draft=draft,
        version=package["version"],
        notes=notes,
        policy=certification.policy,
        delay=timedelta(seconds=certification.delay_seconds),
        review_days=settings.review_days,
        actor=actor,
        operation_id=operation_id,
        correlation_id=correlation_id,
    )
