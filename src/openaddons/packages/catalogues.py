"""Message catalogues, ``_locales/*/messages.json``, as extensions/common/message_bundle.cc judges them."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import compress
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from openaddons.packages import browser_json
from openaddons.packages.browser_json import NotJson
from openaddons.packages.manifest import message_text
from openaddons.packages.plain_json import is_deep, plain_value
from openaddons.packages.regexes import regex

RESERVED: Final = frozenset(
    {"@@ui_locale", "@@bidi_dir", "@@bidi_reversed_dir", "@@bidi_start_edge", "@@bidi_end_edge"}
)
"""Messages that the browser adds to every catalogue itself."""

_JSON_DEPTH = 200
_NAME = regex("[A-Za-z0-9_@]+")
_KEPT_FAULTS = 5


class Problem(NamedTuple):
    """What is wrong with a catalogue, and where if that is known."""

    detail: str
    line: int | None = None
    column: int | None = None


class Catalogue(NamedTuple):
    """What a messages.json holds."""

    message_count: int = 0
    names: frozenset[str] = frozenset()
    """Of the few messages that the reader was asked for: those that it has, in lower case. The names of all
    messages in all languages would be half of a package."""
    problems: tuple[Problem, ...] = ()
    """Not all of them, if there are very many."""
    texts: Mapping[str, str] = MappingProxyType({})
    """Of the messages in ``names`` that are sound, by name, with placeholders filled in."""


class CatalogueReader:
    """A reader that is asked for some messages. Readers that are asked for the same are equal."""

    __slots__ = ("asked",)

    def __init__(self, asked: frozenset[str] = frozenset()) -> None:
        self.asked = asked
        """Lower-case names."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CatalogueReader) and self.asked == other.asked

    def __hash__(self) -> int:
        return hash(self.asked)

    def __call__(self, data: bytes) -> Catalogue:
        """As ``read_catalogue``."""
        return read_catalogue(data, self.asked)


def read_catalogue(data: bytes, asked: frozenset[str] = frozenset()) -> Catalogue:
    """The catalogue in a file. It may be broken in any way."""
    try:
        value = plain_value(data)
    except ValueError:
        value = None
    if isinstance(value, dict):
        unusual = _unusual(value)
        if not is_deep([value[name] for name in unusual], _JSON_DEPTH) and not any(
            True for name in unusual for _ in _details(name, value[name])
        ):
            return _catalogue(value, (), asked)
    return _closely_read(data, asked)


def _closely_read(data: bytes, asked: frozenset[str]) -> Catalogue:
    """As ``read_catalogue``, for one that is not quite plain: with places, and all the freedom that it has."""
    try:
        parsed = browser_json.parse(data, max_depth=_JSON_DEPTH)
    except NotJson as fault:
        return Catalogue(problems=(Problem(fault.detail, fault.place.line, fault.place.column),))
    if not isinstance(parsed.value, dict):
        # Chromium 156 dies of a list or a string here.
        return Catalogue(problems=(Problem("it must hold one JSON object"),))
    told = [(name, detail) for name, message in parsed.value.items() for detail in _details(name, message)]
    problems = []
    if told:
        places = browser_json.places(parsed.text)
        for name, detail in told[:_KEPT_FAULTS]:
            place = places.find((name,))
            problems.append(Problem(detail) if place is None else Problem(detail, place.line, place.column))
    return _catalogue(parsed.value, tuple(problems), asked)


def _catalogue(messages: dict[str, Any], problems: tuple[Problem, ...], asked: frozenset[str]) -> Catalogue:
    are_asked = map(asked.__contains__, map(str.lower, messages))
    found = {name.lower(): message for name, message in compress(messages.items(), are_asked)}
    texts = ((name, message_text(message)) for name, message in found.items())
    return Catalogue(
        len(messages), frozenset(found), problems, {name: text for name, text in texts if text is not None}
    )


def _unusual(messages: dict[str, Any]) -> list[str]:
    """Names of messages to look at closely: all but those of which nearly all catalogues consist.

    Those hold a text without references and perhaps a description. Asking for no more takes a fraction of the time of
    a close look.
    """
    names = "".join(messages)
    if not _NAME.fullmatch(names) or "@" in names or "" in messages:
        return list(messages)
    try:
        return [
            name
            for name, message in messages.items()
            if type(text := message["message"]) is not str
            or "$" in text
            or not (len(message) == 1 or (len(message) == 2 and type(message.get("description")) is str))
        ]
    except (KeyError, TypeError):  # one has no text, or is no object
        return list(messages)


def undefined(text: str, known: AbstractSet[str], begin: str, end: str) -> Iterator[str]:
    """Names between ``begin`` and ``end`` in a text that are not among the ``known`` ones, in lower case.

    What stands between two delimiters and is no name does not use up the second one.
    """
    at = 0
    while (opening := text.find(begin, at)) >= 0:
        at = opening + len(begin)
        closing = text.find(end, at)
        if closing < 0:
            return
        name = text[at:closing]
        if _NAME.fullmatch(name):
            if name.lower() not in known:
                yield name
            at = closing + len(end)


def _details(name: str, message: Any) -> Iterator[str]:
    """What is wrong with one message."""
    if not _NAME.fullmatch(name):
        yield f'name of a key "{name}" is invalid; only ASCII [a-z], [A-Z], [0-9] and "_" are allowed'
    if name.lower() in RESERVED:
        yield f'"{name}" is reserved for the browser'
    if not isinstance(message, dict):
        yield f"not a valid tree for key {name}"
        return
    text = message.get("message")
    if not isinstance(text, str):
        yield f'there is no "message" element for key {name}'
        return
    placeholders = message.get("placeholders", {})
    if not isinstance(placeholders, dict):
        yield f'not a valid "placeholders" element for key {name}'
        return
    yield from _placeholder_details(name, placeholders)
    if "$" in text:
        for variable in undefined(text, frozenset(map(str.lower, placeholders)), "$", "$"):
            yield f"variable ${variable}$ of key {name} is used but not defined"


def _placeholder_details(name: str, placeholders: dict[str, Any]) -> Iterator[str]:
    for placeholder, value in placeholders.items():
        if not _NAME.fullmatch(placeholder):
            yield f'name of a placeholder "{placeholder}" for key {name} is invalid'
        elif not isinstance(value, dict):
            yield f"invalid placeholder {placeholder} for key {name}"
        elif not isinstance(value.get("content"), str):
            yield f'invalid "content" element for key {name}'
