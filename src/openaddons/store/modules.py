"""The modules of a draft: what each may hold. Pure: no database.

The fields and limits are Partner Center's (learn.microsoft.com, Publish a Microsoft Edge extension). A draft
may be incomplete or outside the store's limits: `validity` says so and it is not published. It may not be
malformed: `read_content` refuses that. A field that is left out has its default.

::

    AVAILABILITY
      visibility                    "Public" (default) or "Hidden" (found by its direct URL alone)
      markets                       "all" (default) or a list of ISO 3166-1 alpha-2 codes

    PROPERTIES
      category                      one of CATEGORIES, or null
      website_url                   http(s) URL, or null
      support_contact               http(s) URL or e-mail address, or null
      mature_content                true or false (default)

    PRIVACY
      single_purpose                text
      permission_justifications     {permission: text}
      remote_code                   true or false (default)
      remote_code_justification     text
      data_usage                    list of DATA_USAGE: what is collected; empty: nothing
      certifications                true: the publisher certifies that the disclosures hold; false (default)
      privacy_policy_url            http(s) URL, or null

    LISTING                         {language: …}, a language as in pt-BR
      description                   text, 250 to 10,000 characters
      logo                          object key of an image, or null
      small_tile, large_tile        the same
      screenshots                   list of object keys, at most 6
      youtube_url                   https URL of YouTube, or null
      search_terms                  list of at most 7 texts of at most 30 characters, 21 words in all

PACKAGES has no content of its own: a package is uploaded. Whether an object key names an image of this very
product is the caller's to check: bytes of others must not be shown.
"""

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from openaddons.errors import ValueRefused
from openaddons.objects.keys import is_key


class Module(StrEnum):
    """A part of a draft that is valid or not, named as in the API's ``Invalid module : LISTING``."""

    PACKAGES = "PACKAGES"
    AVAILABILITY = "AVAILABILITY"
    PROPERTIES = "PROPERTIES"
    PRIVACY = "PRIVACY"
    LISTING = "LISTING"


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """What the modules need to know of a draft's package."""

    name: str
    description: str
    locales: tuple[str, ...]
    """Names of the folders in ``_locales``: ``pt_BR``."""
    permissions: tuple[str, ...]


CATEGORIES = (
    "Accessibility",
    "Blogging",
    "Communication",
    "Developer tools",
    "Education",
    "Entertainment",
    "Fun",
    "Games",
    "News and weather",
    "Photos",
    "Privacy and security",
    "Productivity",
    "Search tools",
    "Shopping",
    "Social",
    "Sports",
    "Themes",
    "Travel",
)
"""The store's categories. Microsoft publishes no list; these follow the headings of its store."""

DATA_USAGE = (
    "Personally identifiable information",
    "Health information",
    "Financial and payment information",
    "Authentication information",
    "Personal communications",
    "Location",
    "Web history",
    "User activity",
    "Website content",
)
"""The kinds of personal data that a publisher discloses."""

DESCRIPTION_CHARACTERS = range(250, 10_001)
SCREENSHOTS_LIMIT = 6
SEARCH_TERMS_LIMIT = 7
SEARCH_TERM_CHARACTERS_LIMIT = 30
SEARCH_WORDS_LIMIT = 21

_Reader: TypeAlias = Callable[[str, object], Any]
"""Gives back the value of the field that is named, or raises `ValueRefused`."""


class Kind(NamedTuple):
    """What a value may be: how it is read, and its JSON schema."""

    read: _Reader
    schema: Mapping[str, Any]


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Databases refuse NUL and lone surrogates; the rest has no business in a text."""


def text_up_to(limit: int) -> _Reader:
    """Reads a text of that many characters at most, such as the databases can store."""

    def read(name: str, value: object) -> str:
        if not isinstance(value, str):
            raise ValueRefused(name=name, problem="a text is needed.")
        if len(value) > limit:
            raise ValueRefused(name=name, problem=f"at most {limit:,} characters can be stored.")
        if _CONTROL.search(value):
            raise ValueRefused(name=name, problem="it holds control characters. Remove them.")
        return value

    return read


def _text(limit: int) -> Kind:
    return Kind(text_up_to(limit), {"type": "string", "maxLength": limit})


def _read_flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueRefused(name=name, problem="true or false is needed.")
    return value


_FLAG = Kind(_read_flag, {"type": "boolean"})


def _one_of(*values: str) -> Kind:
    def read(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in values:
            raise ValueRefused(name=name, problem=f"one of {', '.join(values)} is needed.")
        return value

    return Kind(read, {"type": "string", "enum": list(values)})


def _or_null(kind: Kind) -> Kind:
    # A form that was left blank sends an empty text.
    def read(name: str, value: object) -> Any:
        return None if value is None or value == "" else kind.read(name, value)

    return Kind(read, {"anyOf": [kind.schema, {"type": "null"}]})


def _list_of(kind: Kind, limit: int) -> Kind:
    def read(name: str, value: object) -> list[Any]:
        if not isinstance(value, list):
            raise ValueRefused(name=name, problem="a list is needed.")
        if len(value) > limit:
            raise ValueRefused(name=name, problem=f"at most {limit} entries can be stored.")
        return [kind.read(f"{name}[{index}]", entry) for index, entry in enumerate(value)]

    return Kind(read, {"type": "array", "items": kind.schema, "maxItems": limit})


def _object(name: str, value: object, *, limit: int) -> dict[object, object]:
    if not isinstance(value, dict):
        raise ValueRefused(name=name, problem="a JSON object is needed.")
    if len(value) > limit:
        raise ValueRefused(name=name, problem=f"at most {limit} entries can be stored.")
    return value


def _map_of(read_key: _Reader, kind: Kind, limit: int) -> Kind:
    def read(name: str, value: object) -> dict[str, Any]:
        accepted: dict[str, Any] = {}
        for key, entry in _object(name, value, limit=limit).items():
            accepted_key = read_key(name, key)
            if accepted_key in accepted:
                raise ValueRefused(name=name, problem=f"{accepted_key} is there twice.")
            accepted[accepted_key] = kind.read(f"{name}.{accepted_key}", entry)
        return accepted

    return Kind(read, {"type": "object", "additionalProperties": kind.schema, "maxProperties": limit})


def _record(fields: Mapping[str, tuple[Kind, object]]) -> Kind:
    """Fields with their kinds and defaults."""

    def read(name: str, value: object) -> dict[str, Any]:
        given = _object(name, value, limit=100)
        for key in given:
            if key not in fields:
                known = ", ".join(fields)
                raise ValueRefused(
                    name=name, problem=f"{ascii(key)[:60]} is not a field. Fields are {known}."
                )
        return {
            field: kind.read(f"{name}.{field}", given.get(field, copy.copy(default)))
            for field, (kind, default) in fields.items()
        }

    properties = {field: kind.schema for field, (kind, _) in fields.items()}
    return Kind(read, {"type": "object", "properties": properties, "additionalProperties": False})


def _read_market(name: str, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{2}", value):
        raise ValueRefused(name=name, problem="a country code of two letters is needed.")
    return value.upper()


_CODES = _list_of(Kind(_read_market, {"type": "string", "pattern": "^[A-Za-z]{2}$"}), 300)


def _read_markets(name: str, value: object) -> object:
    if value == "all":
        return value
    if not isinstance(value, list):
        raise ValueRefused(name=name, problem='"all" or a list of country codes is needed.')
    return list(dict.fromkeys(_CODES.read(name, value)))


_MARKETS = Kind(_read_markets, {"anyOf": [{"const": "all"}, _CODES.schema]})


def language_tag(name: str, value: object) -> str:
    """A language as a listing names it, ``pt-BR``. Raises `ValueRefused`."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}", value):
        raise ValueRefused(name=name, problem=f"{ascii(value)[:60]} is not a language. Write it as in pt-BR.")
    return value.replace("_", "-")


def _read_image(name: str, value: object) -> str:
    if not isinstance(value, str) or not is_key(value):
        raise ValueRefused(name=name, problem="the key of a stored image is needed.")
    return value


_IMAGE = Kind(_read_image, {"type": "string"})
_URL = _or_null(_text(2_048))

_LANGUAGE_FIELDS: Mapping[str, tuple[Kind, object]] = {
    "description": (_text(20_000), ""),
    "logo": (_or_null(_IMAGE), None),
    "small_tile": (_or_null(_IMAGE), None),
    "large_tile": (_or_null(_IMAGE), None),
    "screenshots": (_list_of(_IMAGE, 30), []),
    "youtube_url": (_URL, None),
    "search_terms": (_list_of(_text(200), 50), []),
}

_LANGUAGE = _record(_LANGUAGE_FIELDS)

_KINDS: Mapping[Module, Kind] = {
    Module.AVAILABILITY: _record(
        {"visibility": (_one_of("Public", "Hidden"), "Public"), "markets": (_MARKETS, "all")}
    ),
    Module.PROPERTIES: _record(
        {
            "category": (_or_null(_text(100)), None),
            "website_url": (_URL, None),
            "support_contact": (_URL, None),
            "mature_content": (_FLAG, False),
        }
    ),
    Module.PRIVACY: _record(
        {
            "single_purpose": (_text(10_000), ""),
            "permission_justifications": (_map_of(text_up_to(500), _text(10_000), 200), {}),
            "remote_code": (_FLAG, False),
            "remote_code_justification": (_text(10_000), ""),
            "data_usage": (_list_of(_text(100), 50), []),
            "certifications": (_FLAG, False),
            "privacy_policy_url": (_URL, None),
        }
    ),
    Module.LISTING: _map_of(language_tag, _LANGUAGE, 100),
}


def starting_content(module: Module) -> dict[str, Any]:
    """What a new draft's module holds: the defaults."""
    return {} if module is Module.PACKAGES else read_content(module, {})


def read_content(module: Module, value: object) -> dict[str, Any]:
    """Foreign JSON as the content of a module, with defaults for what is left out.

    Raises `ValueRefused` naming the field for a wrong type, an unknown field, or more than is stored.
    """
    if module is Module.PACKAGES:
        raise ValueRefused(name=module.value, problem="it is set by uploading a package.")
    accepted: dict[str, Any] = _KINDS[module].read(module.value, value)
    return accepted


def content_schema(module: Module) -> Mapping[str, Any]:
    """The JSON schema of what `read_content` accepts; of LISTING that of one language.

    It says the form alone. What keeps a draft from being published is not in it.
    """
    return (_LANGUAGE if module is Module.LISTING else _KINDS[module]).schema


def read_language(stored: Mapping[str, Any]) -> dict[str, Any]:
    """One language of a listing with every field, also when it was stored before a field was known."""
    return {field: stored.get(field, copy.copy(default)) for field, (_, default) in _LANGUAGE_FIELDS.items()}
