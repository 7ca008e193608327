"""Rules on the keys that say what the add-on is: manifest_version, name, version."""

from collections.abc import Iterator

from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.version import Version

_SUPPORTED_VERSION = 3


def _manifest_version(subject: Subject) -> int | None:
    """The manifest_version that the browser reads, or None if it reads none (extension.cc, manifest.cc).

    True, "3" and 3.0 are no integers to it. Packaged apps came with version 2, so they need not name it.
    """
    keys = subject.manifest.keys
    value = keys.get("manifest_version")
    if type(value) is int:
        return value if value >= 2 else None
    app = keys.get("app")
    if "manifest_version" not in keys and isinstance(app, dict) and "background" in app:
        return 2
    return None


@rule(
    "InvalidManifestVersion",
    "error",
    message="The manifest_version is missing or invalid.",
    fix='Set "manifest_version": 3.',
    source="extension.cc LoadManifestVersion",
)
def invalid_manifest_version(subject: Subject) -> Iterator[Fault]:
    if _manifest_version(subject) is None:
        yield Fault(key=("manifest_version",))


@rule(
    "ManifestVersionUnsupported",
    "error",
    message="Manifest version {version} is not supported; only 3 is.",
    fix="Migrate to Manifest V3.",
    source="Chromium 156, Chrome Web Store; Edge takes no new Manifest V2 since July 2022",
)
def manifest_version_unsupported(subject: Subject) -> Iterator[Fault]:
    version = _manifest_version(subject)
    allowed = {_SUPPORTED_VERSION, 2} if subject.allow_manifest_v2 else {_SUPPORTED_VERSION}
    if version is not None and version not in allowed:
        yield Fault(key=("manifest_version",), facts={"version": version})


@rule(
    "InvalidName",
    "error",
    message="Required value 'name' is missing or invalid.",
    fix="Set a name that is not empty.",
    source="extension.cc LoadName",
)
def invalid_name(subject: Subject) -> Iterator[Fault]:
    name = subject.manifest.localized("name")
    if not isinstance(name, str) or not name:
        yield Fault(key=("name",))


@rule(
    "VersionInvalid",
    "error",
    message="Required value 'version' is missing or invalid: {problem}.",
    fix="Use 1 to 4 integers from 0 to 65535, for example 1.2.0.",
    source="extension.cc LoadVersion; developer.chrome.com, manifest/version",
)
def version_invalid(subject: Subject) -> Iterator[Fault]:
    value = subject.manifest.keys.get("version")
    if not isinstance(value, str):
        problem = "it is not a string" if "version" in subject.manifest.keys else "there is none"
        yield Fault(key=("version",), facts={"problem": problem})
        return
    try:
        Version.parse(value)
    except ValueError as fault:
        yield Fault(key=("version",), facts={"problem": f"{value}: {fault}"})
