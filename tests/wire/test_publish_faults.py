"""Faults of the store while it publishes: they come to an end too, and say so as the reference has it."""

import re

import sqlalchemy as sa
import structlog.testing

from openaddons.store.products import Product
from openaddons.store.tables import drafts, packages
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.calls import change
from tests.wire.conftest import OpenStore, new_account


def test_a_draft_whose_bytes_are_gone_is_the_irrecoverable_failure(
    store: RunningStore, account: Account, published: Product
) -> None:
    upload = store.upload(account, published.id, make_zip("1.1.0"))
    store.status(account, published.id, upload, kind="upload")
    tools = store.workshop.tools
    query = sa.select(packages.c.object_key).where(
        packages.c.product_id == published.id, packages.c.version == "1.1.0"
    )
    tools.objects.delete(tools.database.read(lambda tx: tx.execute(query).scalar_one()))

    status = store.status(account, published.id, store.publish(account, published.id))

    assert (status["status"], status["message"], status["errorCode"], status["errors"]) == (
        "Failed",
        "An error occurred while performing the operation",
        None,
        None,
    )


def test_a_fault_that_nobody_foresaw_has_an_id_and_a_message_alone(open_own_store: OpenStore) -> None:
    """The row of the draft is damaged, so that no attempt can succeed."""
    with open_own_store(attempts_limit=1) as store, structlog.testing.capture_logs() as logged:
        account = new_account(store)
        product = make_published(store.workshop, account)
        damage = drafts.update().where(drafts.c.product_id == product.id).values(modules=[], revision=99)
        change(store, damage)

        operation_id = store.publish(account, product.id)
        status = store.status(account, product.id, operation_id)

    assert list(status) == ["id", "message"]
    assert status["id"] == operation_id
    assert re.fullmatch(
        "An error occurred while processing the request. Please contact support "
        rf"Correlation ID: {operation_id} Timestamp: \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{7}}Z",
        status["message"],
    )
    assert [each["operation_id"] for each in logged if each["event"] == "operation.failed"] == [operation_id]


def test_an_operation_is_tried_again_after_a_fault(open_own_store: OpenStore) -> None:
    """The damaged row is repaired before the attempts are used up."""
    with open_own_store() as store:
        account = new_account(store)
        product = make_published(store.workshop, account)
        database = store.workshop.tools.database
        select = sa.select(drafts.c.modules).where(drafts.c.product_id == product.id)
        good = database.read(lambda tx: tx.execute(select).scalar_one())
        row = drafts.update().where(drafts.c.product_id == product.id)
        change(store, row.values(modules=[], revision=99))

        with structlog.testing.capture_logs() as logged:
            operation_id = store.publish(account, product.id)
            store.wait_for(lambda: any(each["event"] == "operation.failed" for each in logged))
        change(store, row.values(modules=good))

        status = store.status(account, product.id, operation_id)
    assert status["errorCode"] == "SubmissionValidationError"  # the version is the one that is live
