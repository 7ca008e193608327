"""Requests out of values, values out of answers. Nothing here reads a socket, a file or a clock."""

import json
from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime
from enum import Enum, auto
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlencode

from openaddons import __version__
from openaddons.client.errors import AnswerUnreadable, UnexpectedFailure
from openaddons.client.models import (
    ClientSecret,
    Operation,
    OperationError,
    OperationKind,
    OperationStatus,
    checked_guid,
)

LONGEST_HOLD_SECONDS: Final = 25
"""How long a store may be asked to hold a status answer; many a proxy gives up at 30 s."""

PROBLEM_TYPE: Final = "application/problem+json"
"""The media type of the management API's refusals (RFC 9457), by which OpenAddons is recognised."""

USER_AGENT: Final = f"openaddons/{__version__}"

_TOKEN_LIFETIME_SECONDS: Final = 300.0  # where a token endpoint does not say, or says nothing credible

_STATUSES: Final = {status.value.casefold(): status for status in OperationStatus}


class Endpoint(Enum):
    """Where a request goes; what may be repeated and what an answer means hang on it."""

    UPLOAD = auto()
    UPLOAD_STATUS = auto()
    PUBLISH = auto()
    PUBLISH_STATUS = auto()
    TOKEN = auto()
    MANAGE_LOOK = auto()
    """A GET of the management API."""
    MANAGE_CHANGE = auto()
    """A POST or DELETE of the management API."""


class Package(Protocol):
    """The bytes to upload, which can be read more than once: a request that is repeated sends them again."""

    @property
    def size_bytes(self) -> int:
        """How many there are; it becomes the Content-Length."""
        ...

    @property
    def progress(self) -> Callable[[int, int], None] | None:
        """Called with the bytes sent and the bytes in all."""
        ...

    def chunks(self) -> Generator[bytes]:
        """The bytes from the beginning, in pieces that are not empty."""
        ...


class Request(NamedTuple):
    """One HTTP request. Headers and body stay out of ``repr``, for they carry the credentials."""

    endpoint: Endpoint
    purpose: str
    """In words, for messages: ``the upload``."""
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | Package = b""
    operation_id: str | None = None

    def __repr__(self) -> str:
        """Method and address."""
        return f"Request({self.method!r}, {self.url!r})"


class Answer(NamedTuple):
    """One HTTP response, read to its end. Header names are in lower case.

    Only the status is in ``repr``: an answer may bring a token or a new key, or repeat what was sent.
    """

    status: int
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""
    reason: str = ""

    def __repr__(self) -> str:
        """The status."""
        return f"Answer({self.status})"

    @property
    def media_type(self) -> str:
        """The media type alone, in lower case; empty where there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def sent_time(self) -> datetime | None:
        """When the store sent it, by the store's own clock (``Date``)."""
        return http_date(self.headers.get("date", ""))

    def without(self, secrets: tuple[str, ...]) -> "Answer":
        """The same answer, should it repeat a secret, with that secret blotted out."""
        if not any(
            secret.encode() in self.body
            or any(secret in value for value in (*self.headers.values(), self.reason))
            for secret in secrets
        ):
            return self
        body, reason, headers = self.body, self.reason, dict(self.headers)
        for secret in secrets:
            body = body.replace(secret.encode(), b"[redacted]")
            reason = reason.replace(secret, "[redacted]")
            headers = {name: value.replace(secret, "[redacted]") for name, value in headers.items()}
        return Answer(self.status, headers, body, reason)


class Lost(NamedTuple):
    """No answer came. ``sent`` is False only when the request certainly did not reach the store."""

    sent: bool
    problem: str


class Token(NamedTuple):
    """An access token and the moment, on the caller's clock, after which it is not used any more."""

    value: str
    renew_at_seconds: float

    def __repr__(self) -> str:
        """The moment."""
        return f"Token(renew_at_seconds={self.renew_at_seconds})"


def upload_request(base_url: str, product_id: str, package: Package) -> Request:
    """The reference's "Upload a package to update an existing submission"."""
    headers = {"Content-Type": "application/zip", "Content-Length": str(package.size_bytes)}
    url = f"{_product_url(base_url, product_id)}/submissions/draft/package"
    return Request(Endpoint.UPLOAD, "the upload", "POST", url, headers, package)


def publish_request(base_url: str, product_id: str, *, notes: str, notes_as_text: bool = False) -> Request:
    """The reference's "Publish the product draft submission".

    The reference says plain text in one place and JSON in another. Every store so far took this JSON.
    """
    url = f"{_product_url(base_url, product_id)}/submissions"
    if notes_as_text:
        body, kind = notes.encode(), "text/plain; charset=utf-8"
    else:
        body, kind = json.dumps({"notes": notes}, ensure_ascii=False).encode(), "application/json"
    return Request(Endpoint.PUBLISH, "the publish", "POST", url, {"Content-Type": kind}, body)


def status_request(
    base_url: str, product_id: str, operation_id: str, *, kind: OperationKind, hold_seconds: int
) -> Request:
    """The reference's "Check the status of a package upload" or "Check the publishing status".

    ``hold_seconds`` asks the store to keep the answer until the operation has ended (RFC 7240 section 4.3);
    a store that does not know the header answers at once.
    """
    operation_id = checked_guid("operation_id", operation_id)
    uploaded = kind is OperationKind.UPLOAD
    path = "submissions/draft/package/operations" if uploaded else "submissions/operations"
    return Request(
        Endpoint.UPLOAD_STATUS if uploaded else Endpoint.PUBLISH_STATUS,
        f"the question about the {kind}",
        "GET",
        f"{_product_url(base_url, product_id)}/{path}/{operation_id}",
        {"Accept": "application/json", "Prefer": f"wait={min(hold_seconds, LONGEST_HOLD_SECONDS)}"},
        operation_id=operation_id,
    )


def token_request(credentials: ClientSecret) -> Request:
    """An access token by the client-credentials grant (RFC 6749 section 4.4.2)."""
    form = {
        "client_id": credentials.client_id,
        "client_secret": credentials.secret,
        "scope": credentials.scope,
        "grant_type": "client_credentials",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return Request(
        Endpoint.TOKEN,
        "the request for an access token",
        "POST",
        credentials.token_url,
        headers,
        urlencode(form).encode(),
    )


def accepted_operation_id(answer: Answer) -> str:
    """The operation ID of an accepted POST: ``Location`` is the bare GUID; a path or URL may lead to it.

    Raises AnswerUnreadable when there is none.
    """
    location = answer.headers.get("location", "")
    try:
        return checked_guid("Location", location.rstrip("/").rpartition("/")[2])
    except ValueError:
        raise AnswerUnreadable(
            "The store accepted the request but named no operation"
            + (f" (Location: {shortened(location)})." if location else " (no Location)."),
            http_status=answer.status,
            correlation_id=correlation_id(answer),
        ) from None


def operation_of(answer: Answer, *, kind: OperationKind, operation_id: str) -> Operation:
    """The operation that a status answer describes.

    Raises UnexpectedFailure for a body without ``status`` (the last response of "Check the publishing
    status"), AnswerUnreadable for one that is no JSON object or has a status nobody knows.
    """
    value = json_object(answer)
    if value is None:
        raise AnswerUnreadable(
            f"The store's answer about the operation is not a JSON object (HTTP {answer.status}).",
            operation_id=operation_id,
            http_status=answer.status,
            correlation_id=correlation_id(answer),
        )
    if value.get("status") is None:
        raise UnexpectedFailure(
            text_or_none(value.get("message"))
            or "The store answered about the operation without a status or a message.",
            operation_id=operation_id,
            http_status=answer.status,
            correlation_id=correlation_id(answer),
        )
    status = _STATUSES.get(str(value["status"]).casefold())
    if status is None:
        raise AnswerUnreadable(
            f"The store says {shortened(str(value['status']))}, which is no status of the API.",
            operation_id=operation_id,
            http_status=answer.status,
            correlation_id=correlation_id(answer),
        )
    return described_operation(value, kind=kind, operation_id=operation_id, status=status)


def described_operation(
    value: Mapping[str, Any], *, kind: OperationKind, operation_id: str, status: OperationStatus
) -> Operation:
    """The operation in a decoded body, its id and status known already."""
    return Operation(
        kind=kind,
        id=operation_id,
        status=status,
        created_time=moment_or_none(value.get("createdTime")),
        last_updated_time=moment_or_none(value.get("lastUpdatedTime")),
        message=text_or_none(value.get("message")),
        error_code=text_or_none(value.get("errorCode")),
        errors=_errors(value.get("errors")),
    )


def token_of(answer: Answer, *, now_seconds: float) -> Token:
    """The access token of a successful token answer (RFC 6749 section 5.1); AnswerUnreadable without one."""
    if (token := _token(json_object(answer) or {}, now_seconds)) is None:
        raise AnswerUnreadable(
            "The token endpoint answered without an access token.",
            advice="Check the token URL: it ends in /oauth2/v2.0/token.",
            http_status=answer.status,
            correlation_id=correlation_id(answer),
        )
    return token


def _token(value: Mapping[str, Any], now_seconds: float) -> Token | None:
    access_token = value.get("access_token")
    if not isinstance(access_token, str) or not access_token:
        return None
    if not all("!" <= character <= "~" for character in access_token):
        return None
    try:
        lifetime_seconds = float(value.get("expires_in", _TOKEN_LIFETIME_SECONDS))
    except (TypeError, ValueError, OverflowError):
        lifetime_seconds = _TOKEN_LIFETIME_SECONDS
    if not 0 <= lifetime_seconds <= 86_400:
        lifetime_seconds = _TOKEN_LIFETIME_SECONDS
    # A tenth early, at most a minute: a token must outlive the request that carries it.
    return Token(access_token, now_seconds + lifetime_seconds - min(60.0, lifetime_seconds / 10))


def json_object(answer: Answer) -> dict[str, Any] | None:
    """The body as a JSON object, whatever its media type says; None when it is none."""
    try:
        value = json.loads(answer.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def said(answer: Answer) -> str:
    """What an error answer says for itself: a JSON message, plain text, the reason phrase, or nothing."""
    value = json_object(answer)
    if value is not None:
        for name in ("message", "detail", "title", "error_description", "error"):
            if text := text_or_none(value.get(name)):
                return text
    if (
        value is None
        and answer.media_type in {"", "text/plain"}
        and (text := answer.body.decode(errors="replace").strip())
    ):
        return shortened(text)
    return answer.reason


def correlation_id(answer: Answer) -> str | None:
    """The id under which the store's operator finds this request."""
    for name in ("x-correlation-id", "x-ms-correlation-id", "x-ms-request-id", "x-ms-middleware-request-id"):
        if value := answer.headers.get(name):
            return shortened(value)
    return None


def http_date(text: str) -> datetime | None:
    """A moment as HTTP writes it (RFC 9110 section 5.6.7); None for anything else."""
    from email.utils import (
        parsedate_to_datetime,
    )  # brings sockets along, and is needed when something went wrong

    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def shortened(text: str) -> str:
    """At most 300 characters of a stranger's text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:299]}…"


def _product_url(base_url: str, product_id: str) -> str:
    return f"{base_url}/v1/products/{checked_guid('product_id', product_id)}"


def text_or_none(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else json.dumps(value)


def moment_or_none(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _errors(value: Any) -> tuple[OperationError, ...]:
    """The reference shows strings in two places and objects in one; a store may send either, or one alone."""
    if value is None or value == "":
        return ()
    return tuple(_error(entry) for entry in (value if isinstance(value, list) else [value]) if entry)


def _error(entry: Any) -> OperationError:
    if not isinstance(entry, dict) or not entry.get("message"):
        return OperationError(text_or_none(entry) or "")
    line = entry.get("line")
    return OperationError(
        message=text_or_none(entry["message"]) or "",
        code=text_or_none(entry.get("code")),
        file=text_or_none(entry.get("file")),
        line=line if isinstance(line, int) and not isinstance(line, bool) else None,
    )
