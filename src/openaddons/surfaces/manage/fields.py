"""What callers give to an endpoint, in a query or a JSON body: read by name, by type, and with limits."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from openaddons.errors import BodyNotJson, ValueRefused
from openaddons.ids import read_guid
from openaddons.packages.plain_json import plain_value
from openaddons.store.modules import text_up_to

_QUERY_FIELDS_LIMIT: Final = 32
_NAME_CHARACTERS: Final = 64
_DIGITS: Final = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Field:
    """One value that may be given. Null is as if it were not."""

    name: str
    read: Callable[[str, object], Any]
    """Gives back the value of the field that is named, or raises `ValueRefused`."""
    schema: Mapping[str, Any]
    required: bool = False


def text(name: str, *, limit: int, required: bool = False) -> Field:
    """A text of that many characters at most."""
    return Field(name, text_up_to(limit), {"type": "string", "maxLength": limit}, required=required)


def number(name: str, *, least: int, most: int) -> Field:
    """A whole number."""

    def read(name: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueRefused(name=name, problem=f"a whole number from {least} to {most} is needed.")
        return value

    return Field(name, read, {"type": "integer", "minimum": least, "maximum": most})


def choice(name: str, values: Iterable[str]) -> Field:
    """One of these words."""
    known = tuple(values)

    def read(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise ValueRefused(name=name, problem=f"{' or '.join(known)} is needed.")
        return value

    return Field(name, read, {"type": "string", "enum": list(known)})


def choices(name: str, values: Iterable[str]) -> Field:
    """A list of some of these words."""
    known = tuple(values)

    def read(name: str, value: object) -> list[str]:
        if not isinstance(value, list) or len(value) > len(known) or any(each not in known for each in value):
            raise ValueRefused(name=name, problem=f"a list is needed, of {', '.join(known)}.")
        return value

    each = {"type": "string", "enum": list(known)}
    return Field(name, read, {"type": "array", "items": each, "maxItems": len(known)})


def texts(name: str, *, most: int, limit: int, required: bool = False) -> Field:
    """A list of so many texts at most, each of ``limit`` characters at most."""
    read_text = text_up_to(limit)

    def read(name: str, value: object) -> list[str]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueRefused(name=name, problem=f"a list of {most} texts at most is needed.")
        return [read_text(name, each) for each in value]

    each = {"type": "string", "maxLength": limit}
    return Field(name, read, {"type": "array", "items": each, "maxItems": most}, required=required)


def flag(name: str) -> Field:
    """True or false."""

    def read(name: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueRefused(name=name, problem="true or false is needed.")
        return value

    return Field(name, read, {"type": "boolean"})


def guid(name: str) -> Field:
    """A GUID."""

    def read(name: str, value: object) -> str:
        found = read_guid(value) if isinstance(value, str) else None
        if found is None:
            raise ValueRefused(name=name, problem="a GUID is needed.")
        return found

    return Field(name, read, {"type": "string", "format": "uuid"})


def read_query(query: bytes, fields: Sequence[Field]) -> dict[str, Any]:
    """The fields from a query. Raises `ValueRefused`."""
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=_QUERY_FIELDS_LIMIT)
    except ValueError:
        raise ValueRefused(
            name="query", problem=f"at most {_QUERY_FIELDS_LIMIT} parameters are read."
        ) from None
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueRefused(name=name[:_NAME_CHARACTERS], problem="it is there twice.")
    given: dict[str, object] = dict(pairs)
    for field in fields:
        if field.schema["type"] == "integer" and _DIGITS.fullmatch(str(given.get(field.name))):
            given[field.name] = int(str(given[field.name]))
    return _read(given, fields)


def read_body(body: bytes, fields: Sequence[Field]) -> dict[str, Any]:
    """The fields from a JSON object; no body at all is an empty one. Raises `BodyNotJson` or `ValueRefused`."""
    try:
        given = plain_value(body) if body else {}
    except ValueError:
        raise BodyNotJson from None
    if not isinstance(given, dict):
        raise BodyNotJson
    return _read(given, fields)


def _read(given: Mapping[str, object], fields: Sequence[Field]) -> dict[str, Any]:
    known = {field.name: field for field in fields}
    for name in given:
        if name not in known:
            words = f"Known are {', '.join(known)}." if known else "Nothing is to be given here."
            raise ValueRefused(name=name[:_NAME_CHARACTERS], problem=f"it is not known here. {words}")
    accepted: dict[str, Any] = {}
    for name, field in known.items():
        value = given.get(name)
        if value is None and field.required:
            raise ValueRefused(name=name, problem="it is required.")
        accepted[name] = None if value is None else field.read(name, value)
    return accepted
