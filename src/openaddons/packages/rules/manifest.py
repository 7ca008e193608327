"""Rules on manifest.json as a text, and on which keys it has."""

from collections.abc import Iterator
from typing import Final

from openaddons.packages.data.manifest_keys import KEYS
from openaddons.packages.rules.reach import reach
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import why_unread

_MEMBERS: Final = tuple(tuple(key.split(".")) for key in KEYS if "." in key)
# Of Firefox, and of editors: packages for several browsers have them.
_OF_OTHERS: Final = frozenset({"browser_specific_settings", "$schema"})


@rule(
    "ManifestComments",
    "warning",
    message="manifest.json contains comments; some tools refuse them.",
    why="Browsers skip them. The Chrome Web Store and many tools read strict JSON, and refuse the file.",
    fix="Remove them when you pack.",
    source="developer.chrome.com, manifest; the Web Store refuses them",
)
def comments(subject: Subject) -> Iterator[Fault]:
    if subject.manifest.parsed.has_comments:
        yield Fault(file="manifest.json")


@rule(
    "ManifestDuplicateKey",
    "warning",
    message="Key {key} occurs more than once; the last one counts.",
    why="Every value but the last is dropped without a word. Who reads the manifest from the top sees what "
    "the browser does not do.",
    fix="Keep one.",
    source="base/json: the last one is kept",
)
def duplicate_key(subject: Subject) -> Iterator[Fault]:
    for path in subject.manifest.parsed.duplicate_keys:
        yield Fault(key=path, facts={"key": ".".join(map(str, path))})


@rule(
    "ManifestUnknownKey",
    "warning",
    message="Unrecognized manifest key {key}.",
    why="The browser skips the key with a warning. If it is misspelt, the feature that it was meant for is "
    "absent.",
    fix="Remove it or fix the spelling.",
    source="manifest.cc ValidateManifest",
)
def unknown_key(subject: Subject) -> Iterator[Fault]:
    for key in subject.manifest.keys:
        # The names of members have dots in the table; a key with a dot is none of them.
        if (key not in KEYS or "." in key) and key not in _OF_OTHERS:
            yield Fault(key=(key,), facts={"key": key})


@rule(
    "ManifestKeyUnavailable",
    "warning",
    message="{key} is ignored: {reason}.",
    about="A key has no effect in this kind of package or this manifest version.",
    why="The browser knows the key, but not for this kind of package or manifest version, so it has no "
    "effect here. In manifests that several browsers share this may be on purpose.",
    fix="Remove it, or use its form for Manifest V3.",
    source="features/simple_feature.cc",
)
def key_unavailable(subject: Subject) -> Iterator[Fault]:
    keys = subject.manifest.keys
    paths: list[tuple[str, ...]] = [(key,) for key in keys]
    paths += [path for path in _MEMBERS if path[0] in keys and any(reach(keys, *path))]
    for path in paths:
        key = ".".join(path)
        # A key with a dot is unknown, even if a member has that name.
        reason = None if len(path) == 1 and "." in key else why_unread(keys, key)
        if reason is not None:
            yield Fault(key=path, facts={"key": key, "reason": reason})
