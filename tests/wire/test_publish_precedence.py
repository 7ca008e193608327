"""When several rules of publishing apply, the first of the order in design/api.md decides."""

from openaddons.policies import Requirement
from openaddons.settings import Settings
from openaddons.store.products import Product
from openaddons.store.releasing import unpublish_product
from openaddons.work.creating import submit
from tests.stores import Account, RunningStore, make_published, make_zip, running_store
from tests.wire.calls import stop_work
from tests.wire.conftest import OpenStore, new_account
from tests.wire.test_publish_outcomes import (
    CREATE_NOT_ALLOWED,
    IN_PROGRESS_SUBMISSION,
    NO_MODULES_UPDATED,
    UNPUBLISH_IN_PROGRESS,
    break_listing,
    failure,
    invalid,
    review_by_hand,
    send_update_to_review,
    upload,
)


def test_create_not_allowed_goes_before_a_submission_in_progress(
    store: RunningStore, account: Account, product: Product
) -> None:
    """The very first submission is in review; it was made in the dashboard, and nobody has decided about it."""
    review_by_hand(store, product)
    upload(store, account, product, make_zip())
    submit(store.workshop, product_id=product.id, notes="", actor="test")

    assert failure(store, account, product) == CREATE_NOT_ALLOWED


def test_create_not_allowed_goes_before_invalid_modules(
    store: RunningStore, account: Account, product: Product
) -> None:
    """There is no package yet."""
    assert failure(store, account, product) == CREATE_NOT_ALLOWED


def test_unpublish_in_progress_goes_before_no_modules_updated(open_own_store: OpenStore) -> None:
    """The operation was accepted before the unpublishing began, and is carried out before it is done."""
    with open_own_store() as store:
        account = new_account(store)
        product = make_published(store.workshop, account)
        worker = stop_work(store)
        operation_id = store.publish(account, product.id)
        store.workshop.tools.database.run(unpublish_product, product_id=product.id, actor="test")

        worker.look_at(product.id)

        status = store.status(account, product.id, operation_id)
    assert (status["errorCode"], status["message"], status["errors"]) == UNPUBLISH_IN_PROGRESS


def test_a_submission_in_progress_goes_before_invalid_modules(
    store: RunningStore, account: Account, published: Product
) -> None:
    send_update_to_review(store, account, published)
    break_listing(store, published)

    assert failure(store, account, published) == IN_PROGRESS_SUBMISSION


def test_a_submission_in_progress_goes_before_the_version(
    store: RunningStore, account: Account, published: Product
) -> None:
    send_update_to_review(store, account, published)
    upload(store, account, published, make_zip("0.5"))

    assert failure(store, account, published) == IN_PROGRESS_SUBMISSION


def test_no_modules_updated_goes_before_invalid_modules_and_the_version(open_own_store: OpenStore) -> None:
    """The store asks for more than it did when the version that is live was published."""
    with open_own_store() as store:
        account = new_account(store)
        product = make_published(store.workshop, account)
        settings: Settings = store.workshop.tools.settings
        store.stop()
        stricter = settings.model_copy(update={"required_fields": Requirement.STORE})
        with running_store(stricter) as store_again:
            nothing_new = failure(store_again, account, product)
            upload(store_again, account, product, make_zip("1.1.0"))
            something_new = failure(store_again, account, product)

    assert nothing_new == NO_MODULES_UPDATED
    assert something_new == invalid("PROPERTIES", "PRIVACY", "LISTING")


def test_invalid_modules_go_before_the_version(
    store: RunningStore, account: Account, published: Product
) -> None:
    upload(store, account, published, make_zip("0.5"))
    break_listing(store, published)

    assert failure(store, account, published) == invalid("LISTING")
