"""Every reserved product does what its line says, whatever is sent to it."""

import io
from collections.abc import Callable

import httpx2
import pytest

from openaddons import client
from openaddons.client import EdgeAddons, EdgeAddonsError, OperationStatus
from openaddons.surfaces.emulator.reserved import RESERVED, RESERVED_BY_NAME, SLOW_SECONDS
from openaddons.testing import EdgeStore
from tests.wire.emulator.asking import JUNK, outcome, publish, quick_client, status, upload

GENERIC = "An error occurred while performing the operation"

OUTCOMES = {  # by name: the call, its status and errorCode
    "upload-refused": ("upload", "Failed", "PackageValidationError"),
    "upload-failed": ("upload", "Failed", None),
    "create-not-allowed": ("publish", "Failed", "CreateNotAllowed"),
    "no-modules-updated": ("publish", "Failed", "NoModulesUpdated"),
    "in-progress-submission": ("publish", "Failed", "InProgressSubmission"),
    "unpublish-in-progress": ("publish", "Failed", "UnpublishInProgress"),
    "module-state-unpublishable": ("publish", "Failed", "ModuleStateUnPublishable"),
    "submission-validation-error": ("publish", "Failed", "SubmissionValidationError"),
    "publish-failed": ("publish", "Failed", None),
}
STATUSES = {  # by name: the status, and whether a publish has it too
    "http-400": (400, False),
    "http-401": (401, True),
    "http-404": (404, True),
    "http-408": (408, False),
    "http-413": (413, False),
    "http-429": (429, True),
    "http-500": (500, True),
    "http-503": (503, True),
}
PACED = {
    "upload-slow": "upload",
    "publish-slow": "publish",
    "upload-stuck": "upload",
    "publish-stuck": "publish",
}
OTHERS = {"publish-unexpected", "dropped-before-commit", "dropped-after-commit", "truncated-status"}


def test_every_reserved_product_is_tested_here() -> None:
    assert {*OUTCOMES, *STATUSES, *PACED, *OTHERS} == {each.name for each in RESERVED}


def test_reserved_products_have_ids_of_their_own() -> None:
    assert len(RESERVED) == len({each.id for each in RESERVED}) == len(RESERVED_BY_NAME)


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_product_fails_as_the_reference_has_it(edge: EdgeStore, name: str) -> None:
    kind, state, code = OUTCOMES[name]

    ended = outcome(edge, edge.reserved(name), kind=kind)

    assert (state, code) == (ended["status"], ended["errorCode"])
    assert (ended["message"] == GENERIC) == (code is None)


@pytest.mark.parametrize("name", [name for name, (kind, _, _) in OUTCOMES.items() if kind == "publish"])
def test_what_fails_to_publish_takes_any_package(edge: EdgeStore, name: str) -> None:
    ended = outcome(edge, edge.reserved(name), kind="upload")

    assert ended["message"] == "Successfully updated package to package.zip"


def test_a_refused_package_comes_with_file_and_line(edge: EdgeStore) -> None:
    ended = outcome(edge, edge.reserved("upload-refused"), kind="upload", package=edge.package("1.0"))

    assert [(each["code"], each["line"]) for each in ended["errors"]] == [
        ("InvalidManifestVersion", 2),
        ("IconMissing", 4),
    ]


def test_the_unexpected_failure_has_no_status(edge: EdgeStore) -> None:
    ended = outcome(edge, edge.reserved("publish-unexpected"), kind="publish")

    assert list(ended) == ["id", "message"]


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_is_answered_with_the_stores_own_words(edge: EdgeStore, name: str) -> None:
    product_id, (code, publish_too) = edge.reserved(name), STATUSES[name]

    answers = [upload(edge, product_id), publish(edge, product_id)]

    assert [code, code if publish_too else 202] == [answer.status_code for answer in answers]
    assert {"statusCode", "message"} == set(answers[0].json())
    assert answers[0].headers["x-correlation-id"]
    assert (answers[0].headers.get("retry-after") == "1") == (code in {429, 503})
    assert (answers[0].headers.get("www-authenticate") is not None) == (code == 401)


@pytest.mark.parametrize("name", [name for name, (_, publish_too) in STATUSES.items() if publish_too])
def test_a_status_is_answered_to_status_requests_too(edge: EdgeStore, name: str) -> None:
    answer = status(edge, edge.reserved(name), "0" * 8 + "-0000-0000-0000-" + "0" * 12, kind="publish")

    assert STATUSES[name][0] == answer.status_code


@pytest.mark.parametrize("name", ["upload-slow", "publish-slow"])
def test_a_slow_product_goes_by_the_emulators_clock(edge: EdgeStore, name: str) -> None:
    edge.freeze_clock()
    product_id, kind = edge.reserved(name), PACED[name]
    accepted = upload(edge, product_id) if kind == "upload" else publish(edge, product_id)
    operation_id = accepted.headers["location"]

    states = []
    for seconds in (0, SLOW_SECONDS - 1, 1):
        edge.advance_clock(seconds)
        states.append(status(edge, product_id, operation_id, kind=kind).json()["status"])

    assert states == ["InProgress", "InProgress", "Succeeded"]


@pytest.mark.parametrize("name", ["upload-stuck", "publish-stuck"])
def test_a_stuck_product_is_in_progress_after_years(edge: EdgeStore, name: str) -> None:
    product_id, kind = edge.reserved(name), PACED[name]
    accepted = upload(edge, product_id) if kind == "upload" else publish(edge, product_id)
    edge.advance_clock(3e8)
    edge.advance_clock(-3e8)  # by then the credentials had expired

    answer = status(edge, product_id, accepted.headers["location"], kind=kind)

    assert answer.json()["status"] == "InProgress"


@pytest.mark.parametrize("send", [upload, publish])
@pytest.mark.parametrize(
    ("name", "drop"), [("dropped-before-commit", "beforeCommit"), ("dropped-after-commit", "afterCommit")]
)
def test_a_dropped_connection_has_no_answer(
    edge: EdgeStore, send: Callable[[EdgeStore, str], object], name: str, drop: str
) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        send(edge, edge.reserved(name))

    (entry,) = edge.journal()
    assert (None, drop) == (entry.status, entry.fault and entry.fault["drop"])


def test_half_of_a_status_is_sent(edge: EdgeStore) -> None:
    product_id = edge.reserved("truncated-status")
    operation_id = upload(edge, product_id).headers["location"]

    with pytest.raises(httpx2.RemoteProtocolError, match="without sending complete message body"):
        status(edge, product_id, operation_id, kind="upload")


REFUSALS: dict[str, type[EdgeAddonsError]] = {
    "upload-stuck": client.Timeout,
    "upload-refused": client.PackageRefused,
    "upload-failed": client.OperationFailed,
    "create-not-allowed": client.CreateNotAllowed,
    "no-modules-updated": client.NothingToPublish,
    "in-progress-submission": client.SubmissionInProgress,
    "unpublish-in-progress": client.UnpublishInProgress,
    "module-state-unpublishable": client.ModulesInvalid,
    "submission-validation-error": client.SubmissionInvalid,
    "publish-failed": client.OperationFailed,
    "publish-unexpected": client.UnexpectedFailure,
    "publish-stuck": client.Timeout,
    "http-400": client.RequestRefused,
    "http-401": client.CredentialsRejected,
    "http-404": client.NotFound,
    "http-408": client.UploadStalled,
    "http-413": client.PackageTooLarge,
    "http-429": client.TooManyRequests,
    "http-500": client.StoreUnavailable,
    "http-503": client.StoreUnavailable,
    "dropped-before-commit": client.NetworkError,
    "dropped-after-commit": client.NetworkError,
    "truncated-status": client.NetworkError,
}


def whole_story(store: EdgeAddons, product_id: str) -> OperationStatus:
    store.wait_upload(product_id, store.upload(product_id, io.BytesIO(JUNK)))
    return store.wait_publish(product_id, store.publish(product_id)).status


@pytest.mark.parametrize("name", REFUSALS)
def test_our_client_raises_what_it_is(edge: EdgeStore, name: str) -> None:
    expected = REFUSALS[name]
    with quick_client(edge) as store, pytest.raises(expected) as raised:
        whole_story(store, edge.reserved(name))

    assert expected is type(raised.value)
    assert edge.api_key not in f"{raised.value!r} {raised.value.message} {raised.value.advice}"


@pytest.mark.parametrize("name", ["upload-slow", "publish-slow"])
def test_our_client_waits_for_a_slow_product(edge: EdgeStore, name: str) -> None:
    with quick_client(edge) as store:
        ended = whole_story(store, edge.reserved(name))

    assert OperationStatus.SUCCEEDED is ended


def test_our_client_is_tried_on_every_reserved_product() -> None:
    assert {*REFUSALS, "upload-slow", "publish-slow"} == {each.name for each in RESERVED}
