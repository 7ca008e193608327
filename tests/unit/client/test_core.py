import json
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from openaddons.client import (
    AnswerUnreadable,
    Operation,
    OperationError,
    OperationKind,
    OperationStatus,
    UnexpectedFailure,
)
from openaddons.client._core import (
    Answer,
    accepted_operation_id,
    correlation_id,
    operation_of,
    publish_request,
    said,
    status_request,
    token_of,
    token_request,
    upload_request,
)

from .scripted import BASE_URL, CLIENT_SECRET, OPERATION, PRODUCT, SECRET


@dataclass(frozen=True)
class Bytes:
    content: bytes
    progress: None = None

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    def chunks(self) -> Generator[bytes]:
        yield self.content


def body(**facts: object) -> Answer:
    return Answer(200, {"content-type": "application/json"}, json.dumps(facts).encode())


def parsed(**facts: object) -> Operation:
    return operation_of(body(**facts), kind=OperationKind.PUBLISH, operation_id=OPERATION)


def test_an_upload_has_the_length_and_the_type_of_a_zip() -> None:
    request = upload_request(BASE_URL, PRODUCT, Bytes(b"PK12"))

    assert request.method == "POST"
    assert request.url == f"{BASE_URL}/v1/products/{PRODUCT}/submissions/draft/package"
    assert request.headers == {"Content-Type": "application/zip", "Content-Length": "4"}


@pytest.mark.parametrize("notes", ["", 'say "hi"', "zwölf\nLinien"])
def test_notes_are_sent_as_escaped_json(notes: str) -> None:
    request = publish_request(BASE_URL, PRODUCT, notes=notes)

    assert request.url == f"{BASE_URL}/v1/products/{PRODUCT}/submissions"
    assert request.headers == {"Content-Type": "application/json"}
    assert isinstance(request.body, bytes)
    assert json.loads(request.body) == {"notes": notes}


def test_notes_are_sent_as_bare_text_where_that_is_asked_for() -> None:
    request = publish_request(BASE_URL, PRODUCT, notes='say "hi" zwölfmal', notes_as_text=True)

    assert request.headers == {"Content-Type": "text/plain; charset=utf-8"}
    assert request.body == 'say "hi" zwölfmal'.encode()


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (OperationKind.UPLOAD, "submissions/draft/package/operations"),
        (OperationKind.PUBLISH, "submissions/operations"),
    ],
)
def test_each_kind_of_operation_has_a_path_of_its_own(kind: OperationKind, path: str) -> None:
    request = status_request(BASE_URL, PRODUCT, OPERATION, kind=kind, hold_seconds=7)

    assert request.method == "GET"
    assert request.url == f"{BASE_URL}/v1/products/{PRODUCT}/{path}/{OPERATION}"
    assert request.headers["Prefer"] == "wait=7"


def test_a_store_is_never_asked_to_hold_an_answer_longer_than_25_seconds() -> None:
    request = status_request(BASE_URL, PRODUCT, OPERATION, kind=OperationKind.UPLOAD, hold_seconds=600)

    assert request.headers["Prefer"] == "wait=25"


def test_ids_are_trimmed_and_folded() -> None:
    request = status_request(
        BASE_URL, f" {PRODUCT.upper()}\n", OPERATION.upper(), kind=OperationKind.PUBLISH, hold_seconds=0
    )

    assert request.url == f"{BASE_URL}/v1/products/{PRODUCT}/submissions/operations/{OPERATION}"


@pytest.mark.parametrize("product_id", ["", "my-extension", "../../admin", f"{PRODUCT}/x"])
def test_a_product_id_that_is_no_guid_is_not_put_in_a_path(product_id: str) -> None:
    with pytest.raises(ValueError, match="product_id must be a GUID"):
        publish_request(BASE_URL, product_id, notes="")


def test_a_token_request_is_the_client_credentials_grant() -> None:
    request = token_request(CLIENT_SECRET)

    assert request.url == CLIENT_SECRET.token_url
    assert isinstance(request.body, bytes)
    assert parse_qs(request.body.decode()) == {
        "client_id": ["client-1"],
        "client_secret": [SECRET],
        "scope": ["https://api.addons.microsoftedge.microsoft.com/.default"],
        "grant_type": ["client_credentials"],
    }


def test_the_repr_of_a_request_holds_no_secret() -> None:
    assert SECRET not in repr(token_request(CLIENT_SECRET))


@pytest.mark.parametrize(
    "location",
    [
        OPERATION,
        OPERATION.upper(),
        f" {OPERATION} ",
        f"/v1/products/{PRODUCT}/submissions/operations/{OPERATION}",
        f"{BASE_URL}/v1/products/{PRODUCT}/submissions/operations/{OPERATION}/",
    ],
)
def test_the_operation_id_is_the_last_segment_of_location(location: str) -> None:
    assert accepted_operation_id(Answer(202, {"location": location})) == OPERATION


@pytest.mark.parametrize("location", ["", "operation-1", f"{OPERATION}?x=1", "{" + OPERATION + "}"])
def test_a_location_without_a_guid_is_unreadable(location: str) -> None:
    with pytest.raises(AnswerUnreadable, match="named no operation"):
        accepted_operation_id(Answer(202, {"location": location}))


def test_an_operation_has_every_field_of_the_reference() -> None:
    operation = parsed(
        id=OPERATION,
        createdTime="2024-07-25T19:24:34.5993321Z",
        lastUpdatedTime="2024-07-25T19:24:36",
        status="Failed",
        message="Error Message.",
        errorCode="Error Code",
        errors=["as a string", {"message": "as an object", "code": "C1", "file": "manifest.json", "line": 3}],
    )

    assert operation == Operation(
        kind=OperationKind.PUBLISH,
        id=OPERATION,
        created_time=datetime(2024, 7, 25, 19, 24, 34, 599332, UTC),
        last_updated_time=datetime(2024, 7, 25, 19, 24, 36, tzinfo=UTC),
        status=OperationStatus.FAILED,
        message="Error Message.",
        error_code="Error Code",
        errors=(
            OperationError("as a string"),
            OperationError("as an object", code="C1", file="manifest.json", line=3),
        ),
    )


def test_fields_left_out_and_times_in_other_forms_are_none() -> None:
    operation = parsed(status="InProgress", createdTime="Date Time", errorCode="")

    assert operation == Operation(
        kind=OperationKind.PUBLISH, id=OPERATION, status=OperationStatus.IN_PROGRESS
    )
    assert not operation.ended


@pytest.mark.parametrize(
    ("errors", "messages"),
    [
        (None, []),
        ([], []),
        ("one", ["one"]),
        ({"message": "one"}, ["one"]),
        ([None, "", "one"], ["one"]),
        ([{"reason": "one"}], ['{"reason": "one"}']),
        ([{"message": {"deep": 1}}], ['{"deep": 1}']),
        ([7], ["7"]),
    ],
)
def test_errors_are_read_in_any_form(errors: object, messages: list[str]) -> None:
    assert [error.message for error in parsed(status="Failed", errors=errors).errors] == messages


def test_a_body_without_status_is_the_unexpected_failure() -> None:
    with pytest.raises(UnexpectedFailure, match="Correlation ID: abc") as caught:
        parsed(id=OPERATION, message="Please contact support Correlation ID: abc")

    assert caught.value.operation_id == OPERATION
    assert caught.value.exit_code == 9


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_unreadable(content: bytes) -> None:
    with pytest.raises(AnswerUnreadable, match="not a JSON object"):
        operation_of(Answer(200, {}, content), kind=OperationKind.UPLOAD, operation_id=OPERATION)


def test_a_status_that_nobody_knows_is_unreadable() -> None:
    with pytest.raises(AnswerUnreadable, match="says Queued"):
        parsed(status="Queued")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(401, {}, b'{"statusCode": 401, "message": "Invalid JWT."}', "Unauthorized"), "Invalid JWT."),
        (Answer(400, {}, b'{"error":"invalid_client","error_description":"AADSTS7000215"}'), "AADSTS7000215"),
        (Answer(400, {"content-type": "text/plain; charset=utf-8"}, b"Wrong\nscheme"), "Wrong scheme"),
        (Answer(502, {"content-type": "text/html"}, b"<html>", "Bad Gateway"), "Bad Gateway"),
        (Answer(403, {}, b"", "Client ID is Invalid"), "Client ID is Invalid"),
        (Answer(500), ""),
    ],
)
def test_an_error_answer_speaks_for_itself(answer: Answer, sentence: str) -> None:
    assert said(answer) == sentence


def test_a_long_text_is_cut() -> None:
    assert len(said(Answer(500, {}, b"x" * 10_000))) == 300


def test_a_secret_that_the_store_repeats_is_blotted_out() -> None:
    answer = Answer(
        401, {"x-correlation-id": f"1-{SECRET}"}, f'{{"message":"no key {SECRET}"}}'.encode(), SECRET
    )

    blotted = answer.without((SECRET,))

    assert SECRET not in repr(blotted)
    assert said(blotted) == "no key [redacted]"
    assert correlation_id(blotted) == "1-[redacted]"


def test_a_token_is_renewed_a_minute_before_it_ends() -> None:
    token = token_of(body(access_token="abc", expires_in=3599), now_seconds=100)

    assert token.value == "abc"
    assert token.renew_at_seconds == 100 + 3599 - 60
    assert "abc" not in repr(token)


@pytest.mark.parametrize("expires_in", [None, "soon", -1, float("nan"), 1e300, 10**400])
def test_a_token_without_a_credible_lifetime_is_kept_for_minutes(expires_in: object) -> None:
    token = token_of(body(access_token="abc", expires_in=expires_in), now_seconds=0)

    assert token.renew_at_seconds == 270


@pytest.mark.parametrize("access_token", [None, "", 7, "two words", "line\nend"])
def test_an_answer_without_a_usable_token_is_unreadable(access_token: object) -> None:
    with pytest.raises(AnswerUnreadable, match="without an access token"):
        token_of(body(access_token=access_token), now_seconds=0)
