"""Values of a manifest as the browser's handlers of keys get them.

Before it looks at any key, the browser drops those that a package of this kind and manifest version may not
have (manifest.cc AvailableValuesFilter). So ``"background": {"scripts": 42}`` is no fault in Manifest V3, and
``"oauth2": 42`` is none in a theme.
"""

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any, Final

from openaddons.packages.data.manifest_keys import (
    EXTENSION,
    HOSTED_APP,
    KEYS,
    PACKAGED_APP,
    PLATFORM_APP,
    SHARED_MODULE,
    THEME,
    UNRELEASED,
    Key,
)
from openaddons.packages.rules.reach import Path, Step, reach
from openaddons.packages.rules.shapes import Shape
from openaddons.packages.rules.subject import Fault, Subject


class _Absent:
    """No such key, or none that the browser reads. Null is a value."""

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent()
_NEWEST_VERSION: Final = 3


def given(subject: Subject, *path: str) -> Any:
    """The value that a path of keys leads to, or ``ABSENT``."""
    keys: Any = subject.manifest.keys
    if path[0] not in keys:
        return ABSENT  # as most keys are, and they are asked for a hundred times
    value = keys
    for depth, key in enumerate(path, 1):
        if not isinstance(value, dict) or key not in value:
            return ABSENT
        if not is_read(keys, ".".join(path[:depth])):
            return ABSENT
        value = value[key]
    return value


def given_texts(subject: Subject, *steps: Step) -> Iterator[tuple[Path, str]]:
    """As ``reach_texts``, in what the browser reads."""
    if steps[0] not in subject.manifest.keys:
        return  # nearly always
    names = tuple(str(step) for step in takewhile(lambda step: isinstance(step, str), steps))
    for path, value in reach(given(subject, *names), *steps[len(names) :], path=names):
        if isinstance(value, str):
            yield path, value


def misfits(subject: Subject, *path: str, shape: Shape) -> Iterator[Fault]:
    """Where the value that a path leads to has not its shape, told as ``where`` and ``problem``."""
    value = given(subject, *path)
    for misfit in () if value is ABSENT else shape(value):
        facts = {"where": misfit.told_of(".".join(path)), "problem": misfit.problem}
        yield Fault(key=(*path, *misfit.path), facts=facts)


def kind_of(keys: Mapping[str, Any]) -> str:
    """What kind of package a manifest is for (manifest.cc GetTypeFromManifestValue)."""
    if "theme" in keys:
        return THEME
    if "export" in keys:
        return SHARED_MODULE
    if "app" not in keys:
        return EXTENSION
    app = keys["app"] if isinstance(keys["app"], dict) else {}
    launch = app.get("launch")
    if "urls" in app or (isinstance(launch, dict) and "web_url" in launch):
        return HOSTED_APP
    return PLATFORM_APP if "background" in app else PACKAGED_APP


def version_of(keys: Mapping[str, Any]) -> int:
    """The manifest version by which keys are dropped, whether or not it is one that can be published.

    Of a version that does not exist yet, the browser reads what it knows of the newest.
    """
    version = keys.get("manifest_version")
    if type(version) is int:
        return min(version, _NEWEST_VERSION)
    return 2 if kind_of(keys) == PLATFORM_APP else 1


def why_unread(keys: Mapping[str, Any], key: str) -> str | None:
    """Why the browser does not read a key that it knows, with dots for members; None if it does."""
    known = KEYS.get(key)
    if known is None:
        return None
    kind = kind_of(keys)
    if kind not in known.kinds:
        return f"it is for {_plural(known)}, and this is {'an' if kind == EXTENSION else 'a'} {kind}"
    version = version_of(keys)
    if version > known.last_version:
        return f"it is for Manifest V{known.last_version} and older"
    if version < known.first_version and known.first_version > 2:
        return f"it is for Manifest V{known.first_version}"
    return known.restriction or None


def is_read(keys: Mapping[str, Any], key: str) -> bool:
    """Whether browsers read a key. What is not released, browsers for developers read."""
    return why_unread(keys, key) in {None, UNRELEASED}


def _plural(key: Key) -> str:
    return ", ".join(f"{kind}s" for kind in key.kinds)
