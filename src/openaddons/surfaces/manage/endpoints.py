"""What an endpoint of the management API is: a row of a table, from which it is served and described."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar

from openaddons.errors import KeyScoped
from openaddons.objects import Objects
from openaddons.settings import Settings
from openaddons.store.publishers import Principal
from openaddons.store.sealing import MasterKey
from openaddons.store.session import Database, Verb, traced
from openaddons.surfaces.manage.fields import Field

P = ParamSpec("P")
T = TypeVar("T")

Schema = Any
"""A JSON schema (as OpenAPI 3.1 has it) in which a `Shape` may stand for its own."""

TEXT: Final = {"type": "string"}
TIME: Final = {"type": "string", "format": "date-time"}
GUID: Final = {"type": "string", "format": "uuid"}
NUMBER: Final = {"type": "integer"}
FLAG: Final = {"type": "boolean"}


def list_of(schema: Schema) -> Schema:
    """A list of such values."""
    return {"type": "array", "items": schema}


def or_null(schema: Schema) -> Schema:
    """Such a value or null."""
    return {"anyOf": [schema, {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class Shape:
    """An object in an answer. All its keys are always there."""

    name: str
    keys: Mapping[str, Schema]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an endpoint, by somebody who may make it."""

    database: Database
    objects: Objects
    settings: Settings
    principal: Principal
    path: Mapping[str, str]
    """The ids in the path. ``product_id`` is of a product that the caller may touch; the others are as they came."""
    given: Mapping[str, Any]
    """What the endpoint takes, by name; None: not given."""
    body: bytes
    """What was sent, where the endpoint takes a file."""
    correlation_id: str
    master_key: MasterKey

    def unscoped_publisher_id(self) -> str:
        """Whose products are made, whose keys and webhooks managed. Raises `KeyScoped`."""
        if self.principal.scope_product_id is not None:
            raise KeyScoped
        return self.principal.publisher_id

    def run(self, verb: Verb[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry out a verb that changes something: its events bear the call's correlation ID."""
        return self.database.run(traced(verb, self.correlation_id), *args, **kwargs)


@dataclass(frozen=True, slots=True)
class Body:
    """A file that an endpoint takes as the body of its request. Its own bytes say what it is, not its header."""

    media_types: tuple[str, ...]
    limit_bytes: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path."""

    name: str
    method: str
    path: str
    """Below ``/manage/v1``."""
    summary: str
    answer: Callable[[Call], Any]
    """Makes the answer's JSON, in a thread of its own. Raises `Refusal`."""
    gives: Shape | None
    """None: an empty answer."""
    status: int = 200
    takes: tuple[Field, ...] = ()
    """From the query of a GET, else from the body."""
    body: Body | None = None
    """Instead of ``takes``."""
    refuses: tuple[int, ...] = ()
    """Statuses beside those that every endpoint has, for the description."""

    @property
    def changes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"
