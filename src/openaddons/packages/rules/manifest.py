"""Rules on manifest.json as a text."""

from collections.abc import Iterator

from openaddons.packages.rules.subject import Fault, Subject, rule


@rule(
    "ManifestComments",
    "warning",
    message="manifest.json contains comments; some tools refuse them.",
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
    fix="Keep one.",
    source="base/json: the last one is kept",
)
def duplicate_key(subject: Subject) -> Iterator[Fault]:
    for path in subject.manifest.parsed.duplicate_keys:
        yield Fault(key=path, facts={"key": ".".join(map(str, path))})
