"""Rules on ``web_accessible_resources``."""

from collections.abc import Iterator
from typing import Any, Final

from openaddons.packages.match_patterns import ANY_PATH, ANY_SCHEME, NotAPattern, parse_match_pattern
from openaddons.packages.rules.shapes import (
    BOOLEAN,
    STRINGS,
    Misfit,
    is_extension_id,
    list_of,
    objects_of,
    record,
    strings_of,
)
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import misfits

_KEY: Final = "web_accessible_resources"
_SHAPE = list_of(
    record(
        required={"resources": STRINGS},
        optional={"matches": STRINGS, "extension_ids": STRINGS, "use_dynamic_url": BOOLEAN},
    )
)
_ANY_EXTENSION: Final = "*"


@rule(
    "WebAccessibleResourcesInvalid",
    "error",
    message="Invalid value for '{where}'. {problem}.",
    about="web_accessible_resources must be a list of objects that name resources and who may load them.",
    why="It opens files of the extension to web pages. Chromium refuses the plain list of Manifest V2, and "
    "entries that do not say to whom.",
    fix='Use [{{"resources": ["img/a.png"], "matches": ["https://*.example.com/*"]}}].',
    source="web_accessible_resources_info.cc",
)
def web_accessible_resources_invalid(subject: Subject) -> Iterator[Fault]:
    is_version_2 = subject.manifest.keys.get("manifest_version") == 2
    yield from misfits(subject, _KEY, shape=STRINGS if is_version_2 else _resources)


def _resources(value: Any) -> Iterator[Misfit]:
    yield from _SHAPE(value)
    for index, entry in objects_of(value):
        yield from _of(index, entry)


def _of(index: int, entry: dict[str, Any]) -> Iterator[Misfit]:
    """What is wrong with an entry besides its members' types."""
    if not ("matches" in entry or "extension_ids" in entry or entry.get("use_dynamic_url") is True):
        yield Misfit((index,), "Entry must at least have resources, and one other valid key")
    for place, text in strings_of(entry.get("matches")):
        problem = _pattern_problem(text)
        if problem:
            yield Misfit((index, "matches", place), f"Invalid match pattern: {problem}")
    ids = entry.get("extension_ids")
    for place, extension_id in strings_of(ids):
        if extension_id == _ANY_EXTENSION:
            if ids != [_ANY_EXTENSION]:
                problem = "If a wildcard entry is present, it must be the only entry"
                yield Misfit((index, "extension_ids", place), problem)
        elif not is_extension_id(extension_id):
            yield Misfit((index, "extension_ids", place), "Invalid extension id: 32 letters from a to p")


def _pattern_problem(text: str) -> str | None:
    try:
        pattern = parse_match_pattern(text, schemes=ANY_SCHEME)
    except NotAPattern as verdict:
        return str(verdict).removesuffix(".")
    return None if pattern.path == ANY_PATH else f"the path must be {ANY_PATH}"
