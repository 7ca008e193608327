"""How uploads end: each outcome from the state of the store and the bytes that were sent."""

import pytest
import sqlalchemy as sa

from openaddons.store.products import Product
from openaddons.store.tables import operations
from tests.stores import Account, RunningStore, make_zip
from tests.wire.calls import call, make, stop_work
from tests.wire.conftest import OpenStore, new_account, new_product


@pytest.mark.parametrize(
    ("name", "file_name"),
    [
        ("Tab Tally", "tab_tally_1.1.0"),
        ("Ünïcode – Näme!", "unicode_name_1.1.0"),
        ("日本語", "extension_1.1.0"),
    ],
)
def test_a_good_package_becomes_the_draft(
    store: RunningStore, account: Account, published: Product, name: str, file_name: str
) -> None:
    operation_id = store.upload(account, published.id, make_zip("1.1.0", name=name))

    status = store.status(account, published.id, operation_id, kind="upload")

    assert (status["status"], status["message"], status["errorCode"], status["errors"]) == (
        "Succeeded",
        f"Successfully updated package to {file_name}.zip",
        "",
        None,
    )


def test_a_package_for_a_product_that_was_never_published_becomes_the_draft(
    store: RunningStore, account: Account, product: Product
) -> None:
    operation_id = store.upload(account, product.id, make_zip())

    assert store.status(account, product.id, operation_id, kind="upload")["status"] == "Succeeded"


def test_a_lower_version_is_taken_as_a_draft(
    store: RunningStore, account: Account, published: Product
) -> None:
    """Versions are judged at publishing (api-facts section 1.8)."""
    operation_id = store.upload(account, published.id, make_zip("0.1"))

    assert store.status(account, published.id, operation_id, kind="upload")["status"] == "Succeeded"


def test_a_bad_package_is_refused_with_every_problem(
    store: RunningStore, account: Account, published: Product
) -> None:
    package = make_zip("1.0.0.0.0", name="", manifest_version=2)
    operation_id = store.upload(account, published.id, package)

    status = store.status(account, published.id, operation_id, kind="upload")

    errors = status["errors"]
    assert (status["status"], status["errorCode"]) == ("Failed", "PackageValidationError")
    assert status["message"] == f"The package has {len(errors)} problems: {errors[0]['message']}"
    assert [(each["code"], each["file"], each["line"]) for each in errors] == [
        ("ManifestVersionUnsupported", "manifest.json", 1),
        ("InvalidName", "manifest.json", 1),
        ("VersionInvalid", "manifest.json", 1),
    ]
    assert [list(each) for each in errors] == [["message", "code", "file", "line"]] * 3


@pytest.mark.parametrize(
    "package",
    [
        b"PK\x03\x04 and then nothing that a zip file has",
        make_zip()[:-10],
        make_zip() + make_zip(),
        b"PK\x05\x06" + bytes(18),
    ],
)
def test_a_damaged_package_is_accepted_and_its_operation_fails_with_the_reason(
    store: RunningStore, account: Account, published: Product, package: bytes
) -> None:
    operation_id = store.upload(account, published.id, package)

    status = store.status(account, published.id, operation_id, kind="upload")

    assert (status["status"], status["errorCode"]) == ("Failed", "PackageValidationError")
    assert status["message"].startswith("The package has 1 problem: ")
    assert [set(each) >= {"message", "code"} for each in status["errors"]] == [True]


def test_a_refused_package_leaves_the_draft_as_it_was(
    store: RunningStore, account: Account, published: Product
) -> None:
    failed = store.upload(account, published.id, b"PK\x03\x04 and then nothing")
    store.status(account, published.id, failed, kind="upload")

    status = store.status(account, published.id, store.publish(account, published.id))

    assert status["errorCode"] == "NoModulesUpdated"


def test_a_fault_of_the_store_is_the_generic_failure_with_the_correlation_id(
    open_own_store: OpenStore,
) -> None:
    """The bytes disappear from the object store before a worker looks at them."""
    with open_own_store() as store:
        account = new_account(store)
        product = new_product(store, account)
        worker = stop_work(store)
        accepted = make(store, call("upload", product.id), account.headers)
        operation_id = accepted.headers["location"]
        tools = store.workshop.tools
        query = sa.select(operations.c.object_key).where(operations.c.id == operation_id)
        tools.objects.delete(tools.database.read(lambda tx: tx.execute(query).scalar_one()))

        worker.look_at(product.id)

        status = store.status(account, product.id, operation_id, kind="upload")
    assert (status["status"], status["message"], status["errorCode"], status["errors"]) == (
        "Failed",
        "An error occurred while performing the operation",
        None,
        [{"message": f"Correlation ID: {accepted.headers['x-correlation-id']}"}],
    )
