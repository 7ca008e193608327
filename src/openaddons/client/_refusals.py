"""From an outcome that is not success to the exception that explains it."""

from typing import Final
from urllib.parse import urlsplit

from openaddons.client._core import (
    PROBLEM_TYPE,
    Answer,
    Endpoint,
    Lost,
    Request,
    correlation_id,
    described_operation,
    json_object,
    said,
    text_or_none,
)
from openaddons.client._retry import ANSWER_LOST, retry_after_seconds
from openaddons.client.errors import (
    PUBLISH_REFUSALS,
    AnswerLost,
    AnswerUnreadable,
    ChangedMeanwhile,
    CredentialsRejected,
    EdgeAddonsError,
    NetworkError,
    NotFound,
    NotSupported,
    PackageTooLarge,
    RedirectRefused,
    RequestRefused,
    StoreUnavailable,
    TooManyRequests,
    UploadStalled,
)
from openaddons.client.models import (
    ApiKey,
    Credentials,
    OperationKind,
    OperationStatus,
    is_microsofts,
)

_MICROSOFT_KEYS_URL: Final = "https://partner.microsoft.com/dashboard/microsoftedge/publishapi"

_REFUSED_EXIT_CODES: Final = {Endpoint.UPLOAD: 4, Endpoint.PUBLISH: 5, Endpoint.MANAGE_CHANGE: 5}

_OF_UPLOADS: Final = frozenset({408, 413})
_MANAGED: Final = frozenset({Endpoint.MANAGE_LOOK, Endpoint.MANAGE_CHANGE})
_CHANGES: Final = frozenset({Endpoint.PUBLISH, Endpoint.MANAGE_CHANGE})

_KINDS: Final[dict[int, type[EdgeAddonsError]]] = {
    401: CredentialsRejected,
    403: CredentialsRejected,  # Microsoft's store, for a client ID it does not know
    404: NotFound,
    408: UploadStalled,
    410: CredentialsRejected,  # Microsoft's store, for an access token: that generation is retired
    413: PackageTooLarge,
    429: TooManyRequests,
}


def refusal_of(request: Request, outcome: Answer | Lost, *, credentials: Credentials) -> EdgeAddonsError:
    """Why the request did not succeed. See "Error codes" in the reference."""
    if isinstance(outcome, Lost):
        return _lost(request, outcome)
    kind = _kind(request, outcome)
    if kind is RequestRefused:
        return _request_refused(request, outcome)
    return kind(
        _sentence(request, outcome),
        advice=_advice(kind, request, outcome, credentials),
        operation_id=request.operation_id,
        http_status=outcome.status,
        error_code=_problem_code(outcome),
        correlation_id=correlation_id(outcome),
    )


def _kind(request: Request, answer: Answer) -> type[EdgeAddonsError]:
    status = answer.status
    if request.endpoint is Endpoint.TOKEN and 400 <= status < 500 and status not in {408, 429}:
        return CredentialsRejected
    if request.endpoint in _CHANGES and status in ANSWER_LOST:
        return AnswerLost
    if status == 404 and request.endpoint in _MANAGED and answer.media_type != PROBLEM_TYPE:
        return NotSupported
    if status == 404 and answer.media_type == "text/html":
        # The API's own 404 is JSON, or empty. A page comes from another program, or from a cloud in trouble.
        return AnswerUnreadable
    if status in _KINDS and not (request.endpoint in _MANAGED and status in _OF_UPLOADS):
        return _KINDS[status]
    by_hundreds = {3: RedirectRefused, 4: RequestRefused, 5: StoreUnavailable}
    return by_hundreds.get(status // 100, AnswerUnreadable)


def _advice(
    kind: type[EdgeAddonsError], request: Request, answer: Answer, credentials: Credentials
) -> str | None:
    """Advice that depends on the request; None for the class's own."""
    if kind is CredentialsRejected and _problem_code(answer) and answer.status == 403:
        return "These credentials are good for other things. Use those of the publisher, without a scope."
    if kind is CredentialsRejected:
        return _credentials_advice(request, credentials)
    if kind in {StoreUnavailable, AnswerLost}:
        return _carry_on(request)
    if kind is TooManyRequests and (seconds := retry_after_seconds(answer)) is not None:
        return f"Try again in {seconds:.0f} seconds, or give a longer timeout."
    return None


def _sentence(request: Request, answer: Answer) -> str:
    """``The store answered 404 to the upload: Resource not found.``"""
    reason = said(answer)
    return f"The store answered {answer.status} to {request.purpose}" + (f": {reason}" if reason else ".")


def _problem_code(answer: Answer) -> str | None:
    """The ``code`` of a problem (RFC 9457), by which OpenAddons names the reason."""
    if answer.media_type != PROBLEM_TYPE:
        return None
    return text_or_none((json_object(answer) or {}).get("code"))


_OWN_AUTHORITY: Final = (
    "If an authority of your own vouches for the store, name the file with its certificate: --ca-file, "
    "EDGE_ADDONS_CA_FILE, or ca_file of the client."
)


def _lost(request: Request, lost: Lost) -> EdgeAddonsError:
    host = urlsplit(request.url).netloc
    if not lost.sent:
        return NetworkError(
            f"No connection to {host}: {lost.problem}",
            advice=_OWN_AUTHORITY if "CERTIFICATE_VERIFY_FAILED" in lost.problem else None,
            operation_id=request.operation_id,
        )
    if request.endpoint in _CHANGES:
        sentence = f"{request.purpose} was sent to {host} and no answer came ({lost.problem})"
        return AnswerLost(
            f"{sentence[0].upper()}{sentence[1:]}; it may have been accepted.", advice=_carry_on(request)
        )
    return NetworkError(
        f"No answer from {host} to {request.purpose}: {lost.problem}",
        advice=_carry_on(request),
        operation_id=request.operation_id,
    )


def _carry_on(request: Request) -> str | None:
    """What to do when the store fails: what it accepted goes on without us."""
    if request.operation_id is not None:
        return f"The operation goes on in the store. Ask again: openaddons status {request.operation_id}"
    if request.endpoint is Endpoint.UPLOAD:
        return "Upload again: an upload replaces the draft's package and publishes nothing."
    if request.endpoint is Endpoint.MANAGE_CHANGE:
        return "Ask the store what is the case now before you send it again: it may have been carried out."
    if request.endpoint is Endpoint.PUBLISH:
        return AnswerLost.default_advice
    return None


def _credentials_advice(request: Request, credentials: Credentials) -> str:
    at_microsoft = is_microsofts(request.url)
    if request.endpoint is Endpoint.TOKEN:
        return "Check the client ID, the client secret (it may have expired), the token URL and the scope."
    if at_microsoft and not isinstance(credentials, ApiKey):
        return f"Microsoft's store no longer takes client secrets. Make an API key at {_MICROSOFT_KEYS_URL}"
    if at_microsoft:
        return (
            "Check the client ID and the API key. Keys expire after 72 days and cannot be renewed by API: "
            f"make a new one at {_MICROSOFT_KEYS_URL}"
        )
    if isinstance(credentials, ApiKey):
        return (
            "Check the client ID and the API key: both belong to one publisher, and a key expires. "
            "The store's operator makes a new one with `openaddons key create`."
        )
    return "Check that the client secret was made at this store, and that it has not been revoked."


def _request_refused(request: Request, answer: Answer) -> EdgeAddonsError:
    """A 4xx; a store may refuse a publish at once, with the ``errorCode`` its operation would have had."""
    value = json_object(answer) or {}
    code = value.get("errorCode")
    if request.endpoint is Endpoint.PUBLISH and isinstance(code, str) and code in PUBLISH_REFUSALS:
        # An operation that never was: it carries the code and the errors, and has no id to ask for.
        operation = described_operation(
            value, kind=OperationKind.PUBLISH, operation_id="", status=OperationStatus.FAILED
        )
        return PUBLISH_REFUSALS[code](
            operation.message or code,
            operation=operation,
            http_status=answer.status,
            correlation_id=correlation_id(answer),
        )
    problem = _problem_code(answer)
    refused = ChangedMeanwhile if problem == ChangedMeanwhile.__name__ else RequestRefused
    return refused(
        _sentence(request, answer),
        operation_id=request.operation_id,
        http_status=answer.status,
        error_code=problem,
        correlation_id=correlation_id(answer),
        exit_code=_REFUSED_EXIT_CODES.get(request.endpoint),
    )
