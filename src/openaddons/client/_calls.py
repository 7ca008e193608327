"""What a call of the management API, ``/manage/v1``, is: a request out of values, a value out of its answer, no I/O."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
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

_SEGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """What is asked of the management API, and how the answer is read."""

    purpose: str
    method: str
    path: str
    """Below ``/manage/v1``."""
    read: Callable[["Fields"], T]
    body: Mapping[str, Any] | bytes | None = None
    """A JSON object, or a file."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, and the cursor for the next one; None: it was the last."""

    items: tuple[T, ...]
    next: str | None


class Fields:
    """A JSON object of an answer. A field that is missing or of another type is a ValueError with its name."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise ValueError("an object")  # noqa: TRY004 - the answer's fault, not the caller's
        self._value: dict[str, Any] = value

    def all(self) -> Mapping[str, Any]:
        return self._value

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

    def word(self, name: str, words: type[E]) -> E:
        value = self._value.get(name)
        if value not in [each.value for each in words]:
            raise ValueError(f"a usable {name!r}")
        return words(value)

    def maybe_number(self, name: str) -> int | None:
        return None if self._value.get(name) is None else self.number(name)

    def values(self, name: str) -> Mapping[str, Any]:
        return self._typed(name, dict)

    def object(self, name: str, read: "Callable[[Fields], T]") -> T:
        return read(Fields(self.values(name)))

    def maybe(self, name: str, read: "Callable[[Fields], T]") -> T | None:
        return None if self._value.get(name) is None else self.object(name, read)

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
    body = b""
    if isinstance(call.body, bytes):
        headers["Content-Type"], body = "application/octet-stream", call.body
    elif call.body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(call.body, ensure_ascii=False).encode()
    return Request(
        Endpoint.MANAGE_LOOK if call.method == "GET" else Endpoint.MANAGE_CHANGE,
        call.purpose,
        call.method,
        f"{base_url}/manage/v1{call.path}",
        headers,
        body,
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


def list_call(
    purpose: str, path: str, name: str, *, read: Callable[[Fields], T], **query: str
) -> Call[tuple[T, ...]]:
    """All of a short list."""
    asked = f"?{urlencode(query)}" if query else ""
    return Call(purpose, "GET", path + asked, lambda fields: fields.each(name, read))


def page_call(
    purpose: str, path: str, name: str, *, read: Callable[[Fields], T], cursor: str, at: str | None
) -> Call[Page[T]]:
    """A part of a long list: the first, or the one that the query's ``cursor`` leads to when it is ``at``."""

    def read_page(fields: Fields) -> Page[T]:
        page = Page(fields.each(name, read), fields.maybe_text("next"))
        if page.next is not None and (page.next == at or not page.items):
            raise ValueError("a page after this one")  # it would be asked for without end
        return page

    query = urlencode({"limit": 100} | ({} if at is None else {cursor: at}))
    return Call(purpose, "GET", f"{path}?{query}", read_page)


def product_path(product_id: str) -> str:
    """The path of a product. ValueError unless its id is a GUID."""
    return f"/products/{checked_guid('product_id', product_id)}"


def segment(name: str, value: str) -> str:
    """An id of that name in a path. ValueError for one that would lead elsewhere."""
    trimmed = value.strip()
    if not _SEGMENT.fullmatch(trimmed):
        raise ValueError(f"{name} must be an id as the store writes it, not {value!r}")
    return trimmed


def given(**values: Any) -> dict[str, Any]:
    """The fields of a body: those that are not None."""
    return {name: value for name, value in values.items() if value is not None}
