"""The shape that a manifest's value must have, and where it has another one.

Chromium generates the parsers of many keys from their IDL; this says the same in one line per key::

    CONTENT_SCRIPT = record(required={"matches": STRINGS}, optional={"all_frames": BOOLEAN})

A shape is a function from a value to its misfits, so that a key with special wishes needs only a function.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from openaddons.packages.regexes import regex

Path: TypeAlias = tuple[str | int, ...]
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Misfit(NamedTuple):
    """A value that has not the shape it must have."""

    path: Path
    """From the value that was looked at."""
    problem: str
    """Without a full stop."""

    def below(self, key: str | int) -> "Misfit":
        """The same, seen from the value one level up."""
        return Misfit((key, *self.path), self.problem)

    def told_of(self, key: str) -> str:
        """Which member it is, as ``key[0].matches[1]``."""
        return key + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)


Shape: TypeAlias = Callable[[Any], Iterator[Misfit]]

_KINDS: Final = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "double",
    str: "string",
    list: "list",
    dict: "dictionary",
}


def of_kind(kind: type) -> Shape:
    """A value of one JSON type. True is no integer, and 3.0 is none either."""

    def misfits(value: Any) -> Iterator[Misfit]:
        if type(value) is not kind:
            yield Misfit((), f"expected {_KINDS[kind]}, got {_KINDS[type(value)]}")

    return misfits


STRING: Final = of_kind(str)
BOOLEAN: Final = of_kind(bool)
INTEGER: Final = of_kind(int)
_LIST: Final = of_kind(list)
_DICTIONARY: Final = of_kind(dict)


def such(shape: Shape, wanted: Callable[[Any], Any], problem: str) -> Shape:
    """A value of that shape, of which ``wanted`` says yes."""

    def misfits(value: Any) -> Iterator[Misfit]:
        wrong = tuple(shape(value))
        yield from wrong
        if not wrong and not wanted(value):
            yield Misfit((), problem)

    return misfits


# components/crx_file/id_util.cc takes upper case too.
_EXTENSION_ID: Final = regex("[a-pA-P]{32}")


def is_extension_id(text: str) -> bool:
    """Whether a text is the id of an extension."""
    return _EXTENSION_ID.fullmatch(text) is not None


def one_of(*words: str) -> Shape:
    """One of these strings."""

    def misfits(value: Any) -> Iterator[Misfit]:
        if not isinstance(value, str):
            yield from STRING(value)
        elif value not in words:
            yield Misfit((), "expected " + " or ".join(f'"{word}"' for word in words))

    return misfits


def list_of(shape: Shape) -> Shape:
    """A list, possibly empty, all of whose items have a shape."""

    def misfits(value: Any) -> Iterator[Misfit]:
        if not isinstance(value, list):
            yield from _LIST(value)
            return
        for index, item in enumerate(value):
            for misfit in shape(item):
                yield misfit.below(index)

    return misfits


STRINGS: Final = list_of(STRING)


def record(*, required: Mapping[str, Shape] = _NOTHING, optional: Mapping[str, Shape] = _NOTHING) -> Shape:
    """An object. Members that are not named here may be anything; null is not the same as none."""

    def misfits(value: Any) -> Iterator[Misfit]:
        if not isinstance(value, dict):
            yield from _DICTIONARY(value)
            return
        for key in required:
            if key not in value:
                yield Misfit((), f"'{key}' is required")
        for key, shape in (*required.items(), *optional.items()):
            if key in value:
                for misfit in shape(value[key]):
                    yield misfit.below(key)

    return misfits


def strings_of(value: Any) -> Iterator[tuple[int, str]]:
    """The strings of what should be a list of strings, with their places in it."""
    return (
        (index, item)
        for index, item in enumerate(value if isinstance(value, list) else ())
        if isinstance(item, str)
    )


def objects_of(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of what should be a list of objects, with their places in it."""
    return (
        (index, item)
        for index, item in enumerate(value if isinstance(value, list) else ())
        if isinstance(item, dict)
    )


def member(value: Any, key: str) -> Any:
    """A member of what should be an object, or None."""
    return value.get(key) if isinstance(value, dict) else None
