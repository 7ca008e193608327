"""How publishing ends: each outcome of the reference from the state of the store."""

import re
from typing import Any

import pytest

from openaddons.store.drafts import set_module
from openaddons.store.keeping_back import block_product
from openaddons.store.modules import Module
from openaddons.store.products import Product, set_certification
from openaddons.store.releasing import unpublish_product
from openaddons.store.states import ProductState
from openaddons.store.submissions import (
    approve_submission,
    cancel_submission,
    hold_submission,
    pending_submission,
    reject_submission,
)
from openaddons.work.creating import submit
from tests.stores import Account, RunningStore, make_published, make_zip

CREATE_NOT_ALLOWED = ("CreateNotAllowed", "Can't create new extension.", None)
NO_MODULES_UPDATED = (
    "NoModulesUpdated",
    "Can't publish extension since there are no updates, please try again after updating the package.",
    None,
)
IN_PROGRESS_SUBMISSION = (
    "InProgressSubmission",
    "Can't publish extension as your extension submission is in progress. Please try again later.",
    None,
)
UNPUBLISH_IN_PROGRESS = (
    "UnpublishInProgress",
    "Can't publish extension as your extension is being unpublished. Please try after you've unpublished.",
    None,
)


def invalid(*modules: str) -> tuple[str, str, list[dict[str, str]]]:
    return (
        "ModuleStateUnPublishable",
        (
            "Can't publish extension as your extension has modules that are not valid. "
            "Fix the modules with errors and try to publish again."
        ),
        [{"message": f"Invalid module : {module}"} for module in modules],
    )


def not_submittable(*errors: str) -> tuple[str, str, list[dict[str, str]]]:
    return (
        "SubmissionValidationError",
        (
            "Extension can't be published as there are submission validation failures. "
            "Fix these errors and try again later."
        ),
        [{"message": each} for each in errors],
    )


def not_higher(than: str) -> tuple[str, str, list[dict[str, str]]]:
    return not_submittable(f"The Zip version number needs to be higher than previous version: {than}")


def upload(store: RunningStore, account: Account, product: Product, package: bytes) -> None:
    status = store.status(account, product.id, store.upload(account, product.id, package), kind="upload")
    assert status["status"] == "Succeeded", status


def failure(store: RunningStore, account: Account, product: Product) -> tuple[Any, ...]:
    """Publish, and give back how it failed."""
    status = store.status(account, product.id, store.publish(account, product.id))
    assert status["status"] == "Failed", status
    return status["errorCode"], status["message"], status["errors"]


def release(store: RunningStore, account: Account, product: Product, version: str) -> None:
    """Bring a version into the store."""
    upload(store, account, product, make_zip(version))
    status = store.status(account, product.id, store.publish(account, product.id))
    assert status["status"] == "Succeeded", status
    store.wait_for(lambda: store.product(product.id).state is ProductState.IN_STORE)


def review_by_hand(store: RunningStore, product: Product) -> None:
    store.workshop.tools.database.run(
        set_certification, product_id=product.id, policy="manual", delay_seconds=None, actor="test"
    )


def pending_id(store: RunningStore, product: Product) -> str:
    pending = store.workshop.tools.database.read(pending_submission, product_id=product.id)
    assert pending is not None
    return pending.id


def break_listing(store: RunningStore, product: Product) -> None:
    store.workshop.tools.database.run(
        set_module,
        product_id=product.id,
        module=Module.LISTING,
        content={"en": {"description": "Too short."}},
        actor="test",
    )


def send_update_to_review(store: RunningStore, account: Account, product: Product) -> None:
    review_by_hand(store, product)
    upload(store, account, product, make_zip("1.1.0"))
    status = store.status(account, product.id, store.publish(account, product.id))
    assert status["status"] == "Succeeded"


def test_a_good_draft_becomes_a_submission(store: RunningStore, account: Account, published: Product) -> None:
    upload(store, account, published, make_zip("1.1.0"))

    status = store.status(account, published.id, store.publish(account, published.id))

    assert (status["status"], status["errorCode"], status["errors"]) == ("Succeeded", "", None)
    assert re.fullmatch(r"Successfully created submission with ID [1-9][0-9]{18}", status["message"])


def test_the_id_in_the_message_is_the_submission(
    store: RunningStore, account: Account, published: Product
) -> None:
    review_by_hand(store, published)
    upload(store, account, published, make_zip("1.1.0"))

    status = store.status(account, published.id, store.publish(account, published.id))

    assert status["message"].split()[-1] == pending_id(store, published)


def test_a_product_that_was_never_published_cannot_be_published_by_api(
    store: RunningStore, account: Account, product: Product
) -> None:
    upload(store, account, product, make_zip())

    assert failure(store, account, product) == CREATE_NOT_ALLOWED


def test_what_mends_a_rejected_first_submission_may_come_by_api(
    store: RunningStore, account: Account, product: Product
) -> None:
    database = store.workshop.tools.database
    review_by_hand(store, product)
    upload(store, account, product, make_zip())
    submit(store.workshop, product_id=product.id, notes="", actor="test")
    database.run(cancel_submission, submission_id=pending_id(store, product), actor="test")
    after_a_cancelled_one = failure(store, account, product)
    submit(store.workshop, product_id=product.id, notes="", actor="test")
    database.run(reject_submission, submission_id=pending_id(store, product), reason="Unclear.", actor="test")

    status = store.status(account, product.id, store.publish(account, product.id))

    assert (after_a_cancelled_one, status["status"]) == (CREATE_NOT_ALLOWED, "Succeeded")


def test_an_approved_first_submission_that_is_held_is_in_progress(
    store: RunningStore, account: Account, product: Product
) -> None:
    database = store.workshop.tools.database
    review_by_hand(store, product)
    upload(store, account, product, make_zip())
    submit(store.workshop, product_id=product.id, notes="", actor="test")
    first = pending_id(store, product)
    database.run(hold_submission, submission_id=first, held=True, actor="test")
    database.run(approve_submission, submission_id=first, actor="test")

    assert failure(store, account, product) == IN_PROGRESS_SUBMISSION


def test_a_draft_without_changes_is_not_published(
    store: RunningStore, account: Account, published: Product
) -> None:
    assert failure(store, account, published) == NO_MODULES_UPDATED


def test_the_same_bytes_again_are_no_change(store: RunningStore, account: Account, product: Product) -> None:
    package = make_zip()
    product = make_published(store.workshop, account, package)
    upload(store, account, product, package)

    assert failure(store, account, product) == NO_MODULES_UPDATED


def test_nothing_is_published_while_a_submission_is_in_review(
    store: RunningStore, account: Account, published: Product
) -> None:
    send_update_to_review(store, account, published)
    upload(store, account, published, make_zip("1.2.0"))  # a draft may be changed meanwhile

    assert failure(store, account, published) == IN_PROGRESS_SUBMISSION


def test_nothing_is_published_while_an_approved_submission_is_held(
    store: RunningStore, account: Account, published: Product
) -> None:
    send_update_to_review(store, account, published)
    database, submission_id = store.workshop.tools.database, pending_id(store, published)
    database.run(hold_submission, submission_id=submission_id, held=True, actor="test")
    database.run(approve_submission, submission_id=submission_id, actor="test")
    upload(store, account, published, make_zip("1.2.0"))

    assert failure(store, account, published) == IN_PROGRESS_SUBMISSION


def test_a_rejected_draft_may_be_sent_again(
    store: RunningStore, account: Account, published: Product
) -> None:
    send_update_to_review(store, account, published)
    store.workshop.tools.database.run(
        reject_submission, submission_id=pending_id(store, published), reason="No.", actor="test"
    )

    status = store.status(account, published.id, store.publish(account, published.id))

    assert status["status"] == "Succeeded"


@pytest.mark.parametrize(
    ("contents", "modules"),
    [
        ({Module.LISTING: {"en": {"description": "Too short."}}}, ("LISTING",)),
        ({Module.AVAILABILITY: {"markets": []}}, ("AVAILABILITY",)),
        ({Module.PROPERTIES: {"category": "Nonsense"}}, ("PROPERTIES",)),
        (
            {
                Module.LISTING: {"en": {"description": "Too short."}},
                Module.PRIVACY: {"privacy_policy_url": "nowhere"},
            },
            ("PRIVACY", "LISTING"),
        ),
    ],
)
def test_a_draft_with_invalid_modules_is_not_published(
    store: RunningStore,
    account: Account,
    published: Product,
    contents: dict[Module, Any],
    modules: tuple[str, ...],
) -> None:
    for module, content in contents.items():
        store.workshop.tools.database.run(
            set_module, product_id=published.id, module=module, content=content, actor="test"
        )

    assert failure(store, account, published) == invalid(*modules)


@pytest.mark.parametrize("version", ["1.0.0", "1.0", "1", "0.9.9"])
def test_a_version_that_is_not_higher_is_not_published(
    store: RunningStore, account: Account, published: Product, version: str
) -> None:
    """1.0 and 1.0.0 are the same version to a browser."""
    upload(store, account, published, make_zip(version, files={"changed.txt": b"yes"}))

    assert failure(store, account, published) == not_higher("1.0.0")


def test_a_version_must_be_higher_than_every_one_that_was_ever_published(
    store: RunningStore, account: Account, published: Product
) -> None:
    release(store, account, published, "3.0")
    store.workshop.tools.database.run(unpublish_product, product_id=published.id, actor="test")
    store.wait_for(lambda: store.product(published.id).state is ProductState.UNPUBLISHED)
    upload(store, account, published, make_zip("2.0"))

    assert failure(store, account, published) == not_higher("3.0")
    release(store, account, published, "3.0.1")


def test_a_blocked_product_is_not_published(
    store: RunningStore, account: Account, published: Product
) -> None:
    store.workshop.tools.database.run(block_product, product_id=published.id, reason="Harmful.", actor="test")
    upload(store, account, published, make_zip("1.1.0"))

    assert failure(store, account, published) == not_submittable(
        "The product is blocked by the store's administrator: Harmful."
    )
