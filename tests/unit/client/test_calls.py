import io
import json
from pathlib import Path

import httpx2
import pytest

from openaddons.client import (
    AnswerLost,
    AnswerUnreadable,
    CreateNotAllowed,
    CredentialsRejected,
    EdgeAddons,
    EdgeAddonsError,
    ModulesInvalid,
    NotFound,
    NothingToPublish,
    OperationError,
    OperationFailed,
    OperationStatus,
    PackageRefused,
    PackageTooLarge,
    PublishRefused,
    RedirectRefused,
    RequestRefused,
    StoreUnavailable,
    SubmissionInProgress,
    SubmissionInvalid,
    Timeout,
    UnexpectedFailure,
    UnpublishInProgress,
    UploadStalled,
    failure_of,
)

from .scripted import (
    API_KEY,
    BASE_URL,
    BUSY,
    OPERATION,
    PRODUCT,
    SECRET,
    ScriptedStore,
    StoppedClock,
    accepted,
    client,
    operation,
)

pytestmark = pytest.mark.usefixtures("both_shells")

# Success


def test_a_package_is_uploaded_and_published(package: Path) -> None:
    store = ScriptedStore(
        accepted(), operation(message="Successfully updated package to x.zip"), accepted(), operation()
    )

    with client(store) as addons:
        upload = addons.upload(PRODUCT, package)
        uploaded = addons.wait_upload(PRODUCT, upload)
        published = addons.wait_publish(PRODUCT, addons.publish(PRODUCT, notes="Hello"))

    assert upload == OPERATION
    assert uploaded.message == "Successfully updated package to x.zip"
    assert published.succeeded
    assert [(request.method, request.url.path) for request in store.requests] == [
        ("POST", f"/v1/products/{PRODUCT}/submissions/draft/package"),
        ("GET", f"/v1/products/{PRODUCT}/submissions/draft/package/operations/{OPERATION}"),
        ("POST", f"/v1/products/{PRODUCT}/submissions"),
        ("GET", f"/v1/products/{PRODUCT}/submissions/operations/{OPERATION}"),
    ]
    assert json.loads(store.requests[2].content) == {"notes": "Hello"}


def test_every_request_carries_key_and_client_id(package: Path) -> None:
    store = ScriptedStore(accepted(), operation(), accepted(), operation())

    with client(store) as addons:
        addons.upload(PRODUCT, package)
        addons.upload_status(PRODUCT, OPERATION)
        addons.publish(PRODUCT)
        addons.publish_status(PRODUCT, OPERATION)

    assert {request.headers["authorization"] for request in store.requests} == {f"ApiKey {SECRET}"}
    assert {request.headers["x-clientid"] for request in store.requests} == {"client-1"}
    assert all(request.headers["user-agent"].startswith("openaddons/") for request in store.requests)


def test_an_upload_is_sent_whole_with_its_length(package: Path) -> None:
    store = ScriptedStore(accepted())
    seen: list[tuple[int, int]] = []

    client(store).upload(PRODUCT, str(package), progress=lambda done, total: seen.append((done, total)))

    sent = store.requests[0]
    assert sent.content == package.read_bytes()
    assert sent.headers["content-length"] == "100004"
    assert "transfer-encoding" not in sent.headers
    assert sent.headers["content-type"] == "application/zip"
    assert seen == [(65_536, 100_004), (100_004, 100_004)]


def test_an_open_file_is_sent_from_where_it_stands_and_again_when_asked() -> None:
    store = ScriptedStore(BUSY, accepted())
    file = io.BytesIO(b"beforePK")
    file.seek(6)

    client(store).upload(PRODUCT, file)

    assert [request.content for request in store.requests] == [b"PK", b"PK"]


def test_a_stream_that_cannot_be_read_twice_is_not_taken() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with pytest.raises(ValueError, match="seekable"):
        client(ScriptedStore()).upload(PRODUCT, Pipe(b"PK"))


def test_a_missing_package_is_an_os_error_and_sends_nothing(tmp_path: Path) -> None:
    store = ScriptedStore()

    with pytest.raises(FileNotFoundError):
        client(store).upload(PRODUCT, tmp_path / "none.zip")

    assert store.requests == []


def test_a_package_that_shrinks_meanwhile_is_not_sent_by_half(package: Path) -> None:
    def shrink(done: int, total: int) -> None:
        package.write_bytes(b"PK")

    with pytest.raises(OSError, match="became shorter"):
        client(ScriptedStore(accepted())).upload(PRODUCT, package, progress=shrink)


def test_waiting_asks_the_store_to_hold_the_answer_and_does_not_pause_when_it_did() -> None:
    clock = StoppedClock()

    def held(request: httpx2.Request) -> httpx2.Response:
        clock.seconds += 25
        return operation("InProgress")

    store = ScriptedStore(held, held, operation())

    client(store, clock=clock).wait_upload(PRODUCT, OPERATION)

    assert [request.headers["prefer"] for request in store.requests] == ["wait=25"] * 3
    assert store.requests[0].extensions["timeout"]["read"] == 55
    assert clock.slept == [0, 0]


def test_waiting_polls_ever_more_slowly_where_the_store_does_not_hold() -> None:
    clock = StoppedClock()
    store = ScriptedStore(*[operation("InProgress")] * 4, operation())

    client(store, clock=clock).wait_publish(PRODUCT, OPERATION)

    assert clock.slept == [1, 1.5, 2, 3]


def test_a_202_for_an_operation_in_progress_is_fine() -> None:
    in_progress = httpx2.Response(202, json={"status": "InProgress"})
    store = ScriptedStore(in_progress, operation())

    assert client(store).wait_publish(PRODUCT, OPERATION).succeeded


def test_a_status_is_asked_for_without_waiting() -> None:
    store = ScriptedStore(operation("InProgress"))

    found = client(store).upload_status(PRODUCT, OPERATION)

    assert found.status is OperationStatus.IN_PROGRESS
    assert store.requests[0].headers["prefer"] == "wait=0"


def test_the_prefix_may_be_in_the_address() -> None:
    store = ScriptedStore(operation())

    EdgeAddons(API_KEY, base_url=f"{BASE_URL}/v1/", transport=store.transport).upload_status(
        PRODUCT, OPERATION
    )

    assert store.requests[0].url.path.startswith("/v1/products/")


# Operations that fail


def test_a_refused_package_lists_every_error() -> None:
    store = ScriptedStore(
        operation(
            "Failed",
            message="The package has 2 problems.",
            errorCode="PackageValidationError",
            errors=[{"message": "No name.", "file": "manifest.json", "line": 2}, "No icon."],
        )
    )

    with pytest.raises(PackageRefused, match="2 problems") as caught:
        client(store).wait_upload(PRODUCT, OPERATION)

    refused = caught.value
    assert refused.exit_code == 4
    assert refused.error_code == "PackageValidationError"
    assert refused.operation_id == OPERATION
    assert refused.errors == (
        OperationError("No name.", file="manifest.json", line=2),
        OperationError("No icon."),
    )


def test_a_package_refused_with_nothing_but_a_message_is_refused() -> None:
    store = ScriptedStore(operation("Failed", message="Bad zip."))

    with pytest.raises(PackageRefused, match="Bad zip"):
        client(store).wait_upload(PRODUCT, OPERATION)


@pytest.mark.parametrize(
    ("code", "kind", "exit_code"),
    [
        ("CreateNotAllowed", CreateNotAllowed, 5),
        ("InProgressSubmission", SubmissionInProgress, 6),
        ("ModuleStateUnPublishable", ModulesInvalid, 5),
        ("NoModulesUpdated", NothingToPublish, 7),
        ("SubmissionValidationError", SubmissionInvalid, 5),
        ("UnpublishInProgress", UnpublishInProgress, 5),
        ("SomethingNew", PublishRefused, 5),
    ],
)
def test_each_code_of_a_refused_publish_is_a_class(
    code: str, kind: type[PublishRefused], exit_code: int
) -> None:
    failed = operation("Failed", message="Can't publish.", errorCode=code, errors=["One."])
    at_once = httpx2.Response(409, json={"message": "Can't publish.", "errorCode": code, "errors": ["One."]})

    with pytest.raises(kind, match="Can't publish") as caught:
        client(ScriptedStore(failed)).wait_publish(PRODUCT, OPERATION)

    assert type(caught.value) is kind
    assert caught.value.exit_code == exit_code
    assert caught.value.errors == (OperationError("One."),)

    if code != "SomethingNew":
        with pytest.raises(kind, match="Can't publish") as caught:
            client(ScriptedStore(at_once)).publish(PRODUCT)

        assert caught.value.errors == (OperationError("One."),)
        assert caught.value.operation_id is None


@pytest.mark.parametrize("message", ["An error occurred while performing the operation", "", None])
@pytest.mark.parametrize("method", ["wait_upload", "wait_publish"])
def test_a_failure_without_a_reason_is_the_stores(method: str, message: str | None) -> None:
    store = ScriptedStore(operation("Failed", message=message))

    with pytest.raises(OperationFailed, match="An error occurred") as caught:
        getattr(client(store), method)(PRODUCT, OPERATION)

    assert caught.value.exit_code == 9


@pytest.mark.parametrize("method", ["wait_upload", "wait_publish", "upload_status", "publish_status"])
def test_a_body_without_status_stops_at_once(method: str) -> None:
    store = ScriptedStore(httpx2.Response(200, json={"id": OPERATION, "message": "Correlation ID: abc"}))

    with pytest.raises(UnexpectedFailure, match="Correlation ID: abc"):
        getattr(client(store), method)(PRODUCT, OPERATION)

    assert len(store.requests) == 1


def test_a_failed_operation_is_returned_when_only_its_status_is_asked() -> None:
    store = ScriptedStore(operation("Failed", errorCode="NoModulesUpdated", message="No updates."))

    found = client(store).publish_status(PRODUCT, OPERATION)

    assert found.status is OperationStatus.FAILED
    assert isinstance(failure_of(found), NothingToPublish)


def test_time_being_up_gives_the_operation_to_ask_for_later() -> None:
    clock = StoppedClock()
    store = ScriptedStore(*[operation("InProgress")] * 99)

    with pytest.raises(Timeout, match="after 30 seconds") as caught:
        client(store, clock=clock).wait_upload(PRODUCT, OPERATION, timeout_seconds=30)

    assert caught.value.operation_id == OPERATION
    assert OPERATION in caught.value.advice
    assert caught.value.exit_code == 8
    assert clock.seconds - 1000 == 30
    assert store.requests[-1].headers["prefer"] == "wait=0"


def test_no_time_is_time_for_one_look() -> None:
    store = ScriptedStore(operation())

    assert client(store).wait_upload(PRODUCT, OPERATION, timeout_seconds=0).succeeded
    assert store.requests[0].headers["prefer"] == "wait=0"


# HTTP refusals


@pytest.mark.parametrize(
    ("status", "kind", "exit_code"),
    [
        (302, RedirectRefused, 9),
        (400, RequestRefused, 4),
        (401, CredentialsRejected, 3),
        (403, CredentialsRejected, 3),
        (404, NotFound, 2),
        (405, RequestRefused, 4),
        (408, UploadStalled, 9),
        (410, CredentialsRejected, 3),
        (413, PackageTooLarge, 4),
        (500, StoreUnavailable, 9),
        (501, StoreUnavailable, 9),
    ],
)
def test_each_refusal_of_an_upload_is_a_class(
    package: Path, status: int, kind: type[EdgeAddonsError], exit_code: int
) -> None:
    answer = httpx2.Response(
        status,
        headers={"X-Correlation-ID": "c-1", "Location": "https://elsewhere.test/"},
        json={"statusCode": status, "message": "The reason."},
    )
    store = ScriptedStore(answer)

    with pytest.raises(kind, match=r"The reason\.") as caught:
        client(store).upload(PRODUCT, package)

    assert type(caught.value) is kind
    assert caught.value.exit_code == exit_code
    assert caught.value.http_status == status
    assert caught.value.correlation_id == "c-1"
    assert len(store.requests) == 1


def test_a_rejected_key_is_explained() -> None:
    with pytest.raises(CredentialsRejected) as caught:
        client(ScriptedStore(httpx2.Response(401))).publish(PRODUCT)

    assert "expires" in caught.value.advice


def test_a_rejected_key_at_microsoft_says_where_to_renew_it() -> None:
    store = ScriptedStore(httpx2.Response(401))

    with pytest.raises(CredentialsRejected) as caught:
        EdgeAddons(API_KEY, transport=store.transport).publish(PRODUCT)

    assert store.requests[0].url.host == "api.addons.microsoftedge.microsoft.com"
    assert "72 days" in caught.value.advice
    assert "partner.microsoft.com" in caught.value.advice


@pytest.mark.parametrize("location", [{}, {"Location": "not-a-guid"}])
def test_an_accepted_upload_without_an_operation_is_unreadable(
    package: Path, location: dict[str, str]
) -> None:
    with pytest.raises(AnswerUnreadable, match="named no operation"):
        client(ScriptedStore(httpx2.Response(202, headers=location))).upload(PRODUCT, package)


def test_an_accepted_publish_without_an_operation_is_a_lost_answer() -> None:
    with pytest.raises(AnswerLost, match="named no operation"):
        client(ScriptedStore(httpx2.Response(202))).publish(PRODUCT)
