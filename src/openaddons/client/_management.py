"""The calls of the management API, ``/manage/v1``: requests out of values, values out of answers, no I/O."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from openaddons.client._core import (
    Answer,
    Endpoint,
    Request,
    correlation_id,
    json_object,
    moment_or_none,
    text_or_none,
)
from openaddons.client.errors import AnswerUnreadable
from openaddons.client.models import checked_guid
from openaddons.client.products import (
    Draft,
    DraftModule,
    Key,
    LiveVersion,
    NewKey,
    ProductState,
    Release,
    Submission,
)

_SEGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """What is asked of the management API, and how the answer is read."""

    purpose: str
    method: str
    path: str
    """Below ``/manage/v1``."""
    read: Callable[["Fields"], T]
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Some products, and the cursor for the next ones; None: there are no more."""

    products: tuple[ProductState, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Publish:
    """A publish operation that the store has accepted."""

    id: str
    created_time: datetime | None


class Fields:
    """A JSON object of an answer. A field that is missing or of another type is a ValueError with its name."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise ValueError("an object")  # noqa: TRY004 - the answer's fault, not the caller's
        self._value: dict[str, Any] = value

    def text(self, name: str) -> str:
        return self._typed(name, str)

    def flag(self, name: str) -> bool:
        return self._typed(name, bool)

    def number(self, name: str) -> int:
        return self._typed(name, int)

    def maybe_text(self, name: str) -> str | None:
        return text_or_none(self._value.get(name))

    def moment(self, name: str) -> datetime | None:
        return moment_or_none(self._value.get(name))

    def maybe(self, name: str, read: "Callable[[Fields], T]") -> T | None:
        value = self._value.get(name)
        return None if value is None else read(Fields(value))

    def each(self, name: str, read: "Callable[[Fields], T]") -> tuple[T, ...]:
        return tuple(read(Fields(entry)) for entry in self._typed(name, list))

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(text_or_none(entry) or "" for entry in self._typed(name, list))

    def _typed(self, name: str, kind: type[T]) -> T:
        value = self._value.get(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ValueError(f"a usable {name!r}")
        return value


def request_of(base_url: str, call: Call[Any]) -> Request:
    """The HTTP request of a call."""
    headers = {"Accept": "application/json, application/problem+json"}
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    return Request(
        Endpoint.MANAGE_LOOK if call.method == "GET" else Endpoint.MANAGE_CHANGE,
        call.purpose,
        call.method,
        f"{base_url}/manage/v1{call.path}",
        headers,
        b"" if call.body is None else json.dumps(call.body, ensure_ascii=False).encode(),
    )


def result_of(call: Call[T], answer: Answer) -> T:
    """What a successful answer says; AnswerUnreadable when it is none of this API."""
    try:
        return call.read(Fields({} if answer.status == 204 else json_object(answer)))
    except ValueError as problem:
        missing = str(problem)
    raise AnswerUnreadable(
        f"The store's answer to {call.purpose} is not {missing}."
        if missing == "an object"
        else f"The store's answer to {call.purpose} has not {missing}.",
        http_status=answer.status,
        correlation_id=correlation_id(answer),
    )


def product(product_id: str) -> Call[ProductState]:
    """A product in one answer."""
    return Call("the question about the product", "GET", _product_path(product_id), _product)


def products(*, after: str | None) -> Call[ProductPage]:
    """A page of the products that the credentials open."""

    def read(fields: Fields) -> ProductPage:
        page = ProductPage(fields.each("products", _product), fields.maybe_text("next"))
        if page.next is not None and (page.next == after or not page.products):
            raise ValueError("a page after this one")  # it would be asked for without end
        return page

    query = urlencode({"limit": 100} | ({} if after is None else {"after": after}))
    return Call("the question about the products", "GET", f"/products?{query}", read)


def publishes(product_id: str) -> Call[tuple[Publish, ...]]:
    """The newest publish operations of a product, the newest first."""
    return Call(
        "the question about publishes",
        "GET",
        f"{_product_path(product_id)}/operations?kind=publish",
        lambda fields: fields.each(
            "operations", lambda each: Publish(each.text("id"), each.moment("createdTime"))
        ),
    )


def submissions(product_id: str) -> Call[tuple[Submission, ...]]:
    """The newest submissions of a product, the newest first."""
    return Call(
        "the question about submissions",
        "GET",
        f"{_product_path(product_id)}/submissions",
        lambda fields: fields.each("submissions", _submission),
    )


def cancel(product_id: str, submission_id: str, *, reason: str) -> Call[Submission]:
    """Take a submission back."""
    return _decide(product_id, submission_id, "cancel", {"reason": reason} if reason else {})


def hold(product_id: str, submission_id: str) -> Call[Submission]:
    """Keep a submission out of the store for now."""
    return _decide(product_id, submission_id, "hold", {})


def release(product_id: str, submission_id: str) -> Call[Submission]:
    """Let a submission that is held into the store."""
    return _decide(product_id, submission_id, "release", {})


def releases(product_id: str) -> Call[tuple[Release, ...]]:
    """The releases of a product, the newest first."""
    return Call(
        "the question about releases",
        "GET",
        f"{_product_path(product_id)}/releases",
        lambda fields: fields.each("releases", _release),
    )


def roll_back(product_id: str, *, to: str | None, as_version: str | None, reason: str) -> Call[Submission]:
    """Older content as a new release with a higher version."""
    body = {name: value for name, value in (("to", to), ("as", as_version)) if value is not None}
    path = f"{_product_path(product_id)}/rollback"
    return Call("the roll back", "POST", path, _submission, {**body, "reason": reason})


def unpublish(product_id: str) -> Call[ProductState]:
    """Take a product out of the store."""
    return Call("the unpublish", "POST", f"{_product_path(product_id)}/unpublish", _product, {})


def keys() -> Call[tuple[Key, ...]]:
    """The keys and client secrets of the publisher, without their secrets."""
    return Call("the question about keys", "GET", "/keys", lambda fields: fields.each("keys", _key))


def create_key(*, kind: str, days: int | None) -> Call[NewKey]:
    """A new key or client secret."""
    body = {"kind": kind} | ({} if days is None else {"days": days})
    return Call("the request for a key", "POST", "/keys", _new_key, body)


def revoke_key(key_id: str) -> Call[None]:
    """A key that opens nothing any more."""
    path = f"/keys/{_segment('key_id', key_id)}"
    return Call("the revoking of a key", "DELETE", path, lambda _fields: None)


def rotate_key(key_id: str, *, overlap_hours: int) -> Call[NewKey]:
    """A new key in place of an old one, which goes on for a while."""
    path = f"/keys/{_segment('key_id', key_id)}/rotate"
    return Call("the rotation of a key", "POST", path, _new_key, {"overlapHours": overlap_hours})


def _decide(product_id: str, submission_id: str, verb: str, body: Mapping[str, Any]) -> Call[Submission]:
    segment = _segment("submission_id", submission_id)
    path = f"{_product_path(product_id)}/submissions/{segment}/{verb}"
    return Call(f"the {verb} of submission {segment}", "POST", path, _submission, body)


def _product_path(product_id: str) -> str:
    return f"/products/{checked_guid('product_id', product_id)}"


def _segment(name: str, value: str) -> str:
    segment = value.strip()
    if not _SEGMENT.fullmatch(segment):
        raise ValueError(f"{name} must be an id as the store writes it, not {value!r}")
    return segment


def _product(fields: Fields) -> ProductState:
    draft = fields.maybe("draft", _draft)
    return ProductState(
        id=fields.text("id"),
        name=fields.text("name"),
        crx_id=fields.text("crxId"),
        state=fields.text("state"),
        live=fields.maybe("live", _live),
        draft=draft or Draft(version=None, modules=()),
        submission=fields.maybe("submission", _submission),
        last_updated_time=fields.moment("lastUpdatedTime"),
    )


def _live(fields: Fields) -> LiveVersion:
    return LiveVersion(
        version=fields.text("version"),
        sha256=fields.text("sha256"),
        size_bytes=fields.number("sizeBytes"),
        released_time=fields.moment("releasedTime"),
    )


def _draft(fields: Fields) -> Draft:
    return Draft(version=fields.maybe_text("version"), modules=fields.each("modules", _module))


def _module(fields: Fields) -> DraftModule:
    return DraftModule(fields.text("name"), fields.flag("valid"), fields.texts("problems"))


def _submission(fields: Fields) -> Submission:
    return Submission(
        id=fields.text("id"),
        version=fields.text("version"),
        state=fields.text("state"),
        operation_id=fields.maybe_text("operationId"),
        held=fields.flag("held"),
        waits_for=fields.maybe_text("waitsFor"),
        due_time=fields.moment("dueTime"),
        reason=fields.maybe_text("reason"),
        notes=fields.maybe_text("notes") or "",
        restores=fields.maybe_text("restores"),
        created_time=fields.moment("createdTime"),
        last_updated_time=fields.moment("lastUpdatedTime"),
    )


def _release(fields: Fields) -> Release:
    return Release(
        version=fields.text("version"),
        live=fields.flag("live"),
        rings=fields.texts("rings"),
        content_of=fields.maybe_text("contentOf"),
        sha256=fields.text("sha256"),
        size_bytes=fields.number("sizeBytes"),
        created_time=fields.moment("createdTime"),
        withdrawn_time=fields.moment("withdrawnTime"),
        withdrawn_reason=fields.maybe_text("withdrawnReason"),
    )


def _key_values(fields: Fields) -> dict[str, Any]:
    return {
        "id": fields.text("id"),
        "kind": fields.text("kind"),
        "client_id": fields.text("clientId"),
        "hint": fields.maybe_text("hint") or "",
        "product_id": fields.maybe_text("productId"),
        "created_time": fields.moment("createdTime"),
        "expires_time": fields.moment("expiresTime"),
        "revoked_time": fields.moment("revokedTime"),
        "last_used_time": fields.moment("lastUsedTime"),
    }


def _key(fields: Fields) -> Key:
    return Key(**_key_values(fields))


def _new_key(fields: Fields) -> NewKey:
    return NewKey(**_key_values(fields), secret=fields.text("secret"))
