"""Every response and status code of the Edge Add-ons API Reference, section by section, and what comes of it.

The documents are the reference's own, with ids and times filled in.
"""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from openaddons.client import (
    CreateNotAllowed,
    CredentialsRejected,
    EdgeAddonsError,
    ModulesInvalid,
    NotFound,
    NothingToPublish,
    OperationFailed,
    OperationStatus,
    PackageRefused,
    RequestRefused,
    StoreUnavailable,
    SubmissionInProgress,
    SubmissionInvalid,
    TooManyRequests,
    UnexpectedFailure,
    UnpublishInProgress,
    UploadStalled,
)

from .scripted import OPERATION, PRODUCT, ScriptedStore, accepted, client, operation

pytestmark = pytest.mark.usefixtures("both_shells")

CALLS = ["upload", "upload_status", "publish", "publish_status"]


def call(name: str, store: ScriptedStore, package: Path) -> Any:
    arguments = {"upload": (PRODUCT, package), "publish": (PRODUCT,)}.get(name, (PRODUCT, OPERATION))
    return getattr(client(store), name)(*arguments)


# "Upload a package to update an existing submission" and "Publish the product draft submission": 202


@pytest.mark.parametrize("name", ["upload", "publish"])
def test_202_gives_the_operation_id_of_the_location_header(name: str, package: Path) -> None:
    assert call(name, ScriptedStore(accepted()), package) == OPERATION


# "Check the status of a package upload" and "Check the publishing status": 200

CANT_PUBLISH = "Can't publish extension as your extension "
UPLOAD_ENDS: dict[str, tuple[dict[str, Any], type[EdgeAddonsError], int]] = {
    "the operation fails with errors": (
        {"message": "Error Message.", "errorCode": "Error Code", "errors": ["list of errors"]},
        PackageRefused,
        4,
    ),
}
PUBLISH_ENDS: dict[str, tuple[dict[str, Any], type[EdgeAddonsError], int]] = {
    "a new product is published": (
        {"message": "Can't create new extension.", "errorCode": "CreateNotAllowed"},
        CreateNotAllowed,
        5,
    ),
    "there's nothing new to be published": (
        {
            "message": "Can't publish extension since there are no updates, "
            "please try again after updating the package.",
            "errorCode": "NoModulesUpdated",
        },
        NothingToPublish,
        7,
    ),
    "there's an in-review submission for the same product": (
        {
            "message": f"{CANT_PUBLISH}submission is in progress. Please try again later.",
            "errorCode": "InProgressSubmission",
        },
        SubmissionInProgress,
        6,
    ),
    "there's an ongoing unpublished submission for the same product": (
        {
            "message": f"{CANT_PUBLISH}is being unpublished. Please try after you've unpublished.",
            "errorCode": "UnpublishInProgress",
        },
        UnpublishInProgress,
        5,
    ),
    "any of the modules are invalid": (
        {
            "message": f"{CANT_PUBLISH}has modules that are not valid. "
            "Fix the modules with errors and try to publish again.",
            "errorCode": "ModuleStateUnPublishable",
            "errors": [{"message": "Invalid module : <Modules>"}],
        },
        ModulesInvalid,
        5,
    ),
    "there are validation errors in submission": (
        {
            "message": "Extension can't be published as there are submission validation failures. "
            "Fix these errors and try again later.",
            "errorCode": "SubmissionValidationError",
            "errors": ["{list of errors}"],
        },
        SubmissionInvalid,
        5,
    ),
    "the publish call fails with an irrecoverable failure": (
        {"message": "An error occurred while performing the operation"},
        OperationFailed,
        9,
    ),
}


@pytest.mark.parametrize("name", ["wait_upload", "wait_publish"])
def test_an_operation_in_progress_is_looked_at_again_until_it_has_succeeded(name: str, package: Path) -> None:
    succeeded = operation(message="Successfully updated package to {fileName}.zip", errorCode="")

    ended = call(name, ScriptedStore(operation("InProgress"), succeeded), package)

    assert ended.status is OperationStatus.SUCCEEDED
    assert (ended.message, ended.error_code) == ("Successfully updated package to {fileName}.zip", None)


@pytest.mark.parametrize(
    ("name", "facts", "kind", "exit_code"),
    [("wait_upload", *row) for row in UPLOAD_ENDS.values()]
    + [("wait_publish", *row) for row in PUBLISH_ENDS.values()],
    ids=[*UPLOAD_ENDS, *PUBLISH_ENDS],
)
def test_each_response_of_a_failed_operation_is_an_exception_of_its_own(
    name: str, facts: dict[str, Any], kind: type[EdgeAddonsError], exit_code: int, package: Path
) -> None:
    with pytest.raises(kind) as caught:
        call(name, ScriptedStore(operation("Failed", **facts)), package)

    failure = caught.value
    assert type(failure) is kind
    assert (failure.message, failure.error_code) == (facts["message"], facts.get("errorCode"))
    assert [error.message for error in failure.errors] == [
        entry["message"] if isinstance(entry, dict) else entry for entry in facts.get("errors", [])
    ]
    assert (failure.operation_id, failure.exit_code) == (OPERATION, exit_code)
    assert failure.advice


def test_the_response_to_an_unexpected_failure_is_an_exception_of_its_own(package: Path) -> None:
    message = (
        f"An error occurred while processing the request. Please contact support Correlation ID: {OPERATION}"
    )
    store = ScriptedStore(httpx2.Response(200, json={"id": OPERATION, "message": message}))

    with pytest.raises(UnexpectedFailure) as caught:
        call("wait_publish", store, package)

    assert (caught.value.message, caught.value.exit_code) == (message, 9)


# "Error codes"

STATUSES: list[tuple[int, type[EdgeAddonsError], dict[str, int]]] = [
    (400, RequestRefused, {"upload": 4, "upload_status": 9, "publish": 5, "publish_status": 9}),
    (401, CredentialsRejected, dict.fromkeys(CALLS, 3)),
    (404, NotFound, dict.fromkeys(CALLS, 2)),
    (408, UploadStalled, dict.fromkeys(CALLS, 9)),
    (429, TooManyRequests, dict.fromkeys(CALLS, 9)),
    (500, StoreUnavailable, dict.fromkeys(CALLS, 9)),
]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(("status", "kind", "exit_codes"), STATUSES)
def test_each_status_is_an_exception_of_its_own(
    status: int, kind: type[EdgeAddonsError], exit_codes: dict[str, int], name: str, package: Path
) -> None:
    # As often as a client may ask; one that the status turns away at once asks but once.
    answer = httpx2.Response(status, headers={"X-Correlation-ID": "c-1"}, json={"message": "Why."})

    with pytest.raises(kind, match=rf"The store answered {status} .*: Why\.") as caught:
        call(name, ScriptedStore(*[answer] * 6), package)

    failure = caught.value
    assert type(failure) is kind
    assert (failure.http_status, failure.correlation_id) == (status, "c-1")
    assert failure.exit_code == exit_codes[name]
    assert failure.advice
