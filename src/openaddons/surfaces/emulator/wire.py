"""What is sent to the emulator's controls, and what its faults and paces are: values that refuse what they do not know.

Field names are camelCase in JSON. Each class is documented in docs/emulator.md from the descriptions here.
"""

import json
from datetime import datetime
from enum import StrEnum
from http.client import responses
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

from openaddons.errors import ControlRefused
from openaddons.ids import read_guid
from openaddons.policies import CertificationPolicy
from openaddons.store.states import ProductState

_Seconds = Annotated[float, Field(ge=0, le=60)]
# RFC 9110 sections 15.3.5, 15.3.6, 15.4.5; and the headers of RFC 9112 section 6.
_BODILESS = frozenset((204, 205, 304))
_FRAMING = frozenset(("content-length", "transfer-encoding"))
_HEADER_NAME = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$"
_HEADER_VALUE = r"^[\t -~]{0,1000}$"

M = TypeVar("M", bound="Wire")


class Wire(BaseModel):
    """A value that comes as JSON."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, allow_inf_nan=False
    )

    def to_json(self) -> dict[str, Any]:
        """What was said of it, by the names of the wire."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class EndpointName(StrEnum):
    """What a fault rule can name."""

    UPLOAD = "upload"
    UPLOAD_STATUS = "uploadStatus"
    PUBLISH = "publish"
    PUBLISH_STATUS = "publishStatus"
    TOKEN = "token"  # noqa: S105 - the name of an endpoint
    MANAGE = "manage"
    UPDATES = "updates"
    PACKAGES = "packages"


class Drop(StrEnum):
    """When the connection is closed instead of an answer."""

    BEFORE_COMMIT = "beforeCommit"
    AFTER_COMMIT = "afterCommit"


class Fault(Wire):
    """What happens to a request instead of, or beside, its answer."""

    delay_seconds: Annotated[_Seconds, Field(description="wait so long first, by the machine's clock")] = 0
    status: Annotated[
        int | None,
        Field(ge=200, le=599, description="answer this; where the API has it, with the store's own words"),
    ] = None
    headers: Annotated[
        dict[Annotated[str, Field(pattern=_HEADER_NAME)], Annotated[str, Field(pattern=_HEADER_VALUE)]],
        Field(max_length=20, description="with `status`: headers of the answer"),
    ] = {}
    body: Annotated[Any, Field(description="with `status`: the body; a text as it is, else JSON")] = None
    drop: Annotated[
        Drop | None,
        Field(
            description="close the connection without an answer: `beforeCommit`, when the request is read and nothing "
            "is done; `afterCommit`, when the store has done it"
        ),
    ] = None
    truncate: Annotated[
        bool, Field(description="send the head and half of the body, then close the connection")
    ] = False

    @model_validator(mode="after")
    def _is_one(self) -> "Fault":
        if sum((self.status is not None, self.drop is not None, self.truncate)) > 1:
            raise ValueError("give one of status, drop and truncate")
        if self.status is None and (self.headers or self.body is not None):
            raise ValueError("headers and body need a status")
        if self.body is None and self.status is not None and self.status not in responses:
            raise ValueError(f"give the body: HTTP has no words for status {self.status}")
        if self.body is not None and self.status in _BODILESS:
            raise ValueError(f"an answer with status {self.status} has no body")
        if _FRAMING & {name.lower() for name in self.headers}:
            raise ValueError("the emulator itself says how long the body is")
        return self


class FaultRule(Fault):
    """A fault, and which requests it happens to."""

    endpoint: Annotated[EndpointName | None, Field(description="of this endpoint alone; else of all")] = None
    product_id: Annotated[str | None, Field(description="of this product alone; else of all")] = None
    times: Annotated[
        int | None, Field(ge=1, le=1_000_000, description="the next so many requests; else always")
    ] = None

    @field_validator("product_id")
    @classmethod
    def _is_guid(cls, value: str | None) -> str | None:
        return None if value is None else _guid(value)

    @model_validator(mode="after")
    def _does_something(self) -> "FaultRule":
        if self.status is None and self.drop is None and not self.truncate and not self.delay_seconds:
            raise ValueError("say what happens: status, drop, truncate or delaySeconds")
        return self


class Pace(Wire):
    """How long an operation stays InProgress: until both have gone by."""

    seconds: Annotated[
        float | None, Field(ge=0, le=1e9, description="by the emulator's clock; null: for ever")
    ] = 0
    polls: Annotated[
        int, Field(ge=0, le=1_000_000, description="so many status requests are answered InProgress")
    ] = 0


AT_ONCE = Pace()


class ClockSetting(Wire):
    """Where the clock shall be: `now` first, then `advanceSeconds`, then `frozen`."""

    now: Annotated[datetime | None, Field(description="a time with its offset: 2026-01-31T12:00:00Z")] = None
    advance_seconds: Annotated[
        float, Field(ge=-1e9, le=1e9, description="so much later; negative: earlier")
    ] = 0
    frozen: Annotated[bool | None, Field(description="true: stand still; false: run on from here")] = None

    @field_validator("now")
    @classmethod
    def _is_aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("give the offset from UTC too, for instance Z")
        return value


SeededState = Literal[
    ProductState.IN_DRAFT,
    ProductState.IN_REVIEW,
    ProductState.IN_STORE,
    ProductState.UPDATE_IN_REVIEW,
    ProductState.UNPUBLISHED,
    ProductState.BLOCKED,
]


class SeedProduct(Wire):
    """A product that the emulator begins with."""

    name: Annotated[str, Field(min_length=1, max_length=200, description="its name")] = "Sample"
    id: Annotated[str | None, Field(description="a GUID; else a random one")] = None
    state: Annotated[SeededState, Field(description=f"one of: {', '.join(get_args(SeededState))}")] = (
        ProductState.IN_STORE
    )
    version: Annotated[str, Field(max_length=40, description="of the package that is there")] = "1.0.0"
    update_version: Annotated[str, Field(max_length=40, description="of an update that is in review")] = (
        "1.1.0"
    )
    certification: Annotated[
        CertificationPolicy | None, Field(description="who approves what is published from then on")
    ] = None
    certification_delay_seconds: Annotated[
        int | None, Field(ge=0, le=100_000_000, description="with `delayed`: by the emulator's clock")
    ] = None

    @field_validator("id")
    @classmethod
    def _is_guid(cls, value: str | None) -> str | None:
        return None if value is None else _guid(value)


class SeedPublisher(Wire):
    """A publisher that the emulator begins with; it gets an API key and a client secret."""

    name: Annotated[str, Field(min_length=1, max_length=200, description="its name, which no other has")]
    products: Annotated[tuple[SeedProduct, ...], Field(max_length=100)] = ()


class Seed(Wire):
    """What the emulator begins with. The reserved products are added to the first publisher."""

    publishers: Annotated[tuple[SeedPublisher, ...], Field(min_length=1, max_length=100)]


def _guid(value: str) -> str:
    guid = read_guid(value)
    if guid is None:
        raise ValueError("give a GUID")
    return guid


def read(model: type[M], body: bytes) -> M:
    """The value in a JSON document. Raises `ControlRefused`, which names every problem."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise ControlRefused(problem="The body is not JSON.") from None
    return check(model, value)


def check(model: type[M], value: object) -> M:
    """The value in what JSON or TOML decodes to. Raises `ControlRefused`, which names every problem."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ControlRefused(problem="; ".join(map(_problem, error.errors()))) from None


def _problem(found: Any) -> str:
    place = ".".join(map(str, found["loc"]))
    text = found["msg"].removeprefix("Value error, ")
    return f"{place}: {text}" if place else text
