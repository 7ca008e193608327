"""Rules on the keys that say what the add-on is: its name, its version, its kind."""

from collections.abc import Iterator

from openaddons.packages.data.manifest_keys import APPS
from openaddons.packages.rules.localization import FOLDER, known_locales, stores_texts
from openaddons.packages.rules.registry import declare
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import kind_of
from openaddons.packages.version import Version

_SUPPORTED_VERSION = 3

VERSION_NOT_INCREASED = declare(
    "VersionNotIncreased",
    "error",
    message="Version {new} must be greater than the published version {old}.",
    why="Browsers update to a higher version only. With this one, nobody who has the published version "
    "would ever get the update.",
    fix='Increase "version" and upload again.',
    source="Edge, at publish and not at upload: MicrosoftEdge-Extensions#26",
)
"""Not asked of an upload: whoever publishes knows what is published."""


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
    why="It decides how all other keys are read. Chromium takes an integer and nothing else: it refuses "
    "3.0 and a 3 in quotes as it refuses none.",
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
    why="Chromium 156 installs Manifest V2 by no route any more, so its users would get nothing. A version "
    "above 3 is not defined; no browser knows what it asks for.",
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
    why="It is what users see in the store, in the question before an installation and in the list of "
    "extensions. Chromium loads no extension without one.",
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
    why="Updates are ordered by it, and a number that browsers and stores read differently leaves users on "
    "an old version. Chromium refuses what is no number, the stores also leading zeros and parts "
    "above 65535.",
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


@rule(
    "NameTooLong",
    "error",
    message="The name has {count} characters in {locale}; the limit is {limit}.",
    why="The browser takes names of any length, but the Chrome Web Store refuses those above 75 "
    "characters, and menus cut them off long before.",
    fix="Shorten it.",
    source="Chrome Web Store, since February 2024",
)
def name_too_long(subject: Subject) -> Iterator[Fault]:
    yield from _too_long(subject, "name", subject.limits.name_characters)


@rule(
    "DescriptionTooLong",
    "error",
    message="The description has {count} characters in {locale}; the limit is {limit}.",
    why="The browser does not mind, but Edge fails the upload if the description of any one language is "
    "too long. The listing has room for more.",
    fix="Shorten it.",
    source="developer.chrome.com, manifest/description; Edge, in any locale: addons-linter#5436",
)
def description_too_long(subject: Subject) -> Iterator[Fault]:
    yield from _too_long(subject, "description", subject.limits.description_characters)


def _too_long(subject: Subject, key: str, limit: int) -> Iterator[Fault]:
    """The languages in which a text is too long. Characters are counted, not UTF-16 units."""
    manifest = subject.manifest
    default = manifest.default_locale
    text = manifest.localized(key)
    if isinstance(text, str) and len(text) > limit:
        facts = {"count": len(text), "locale": default or "the manifest", "limit": limit}
        yield Fault(key=(key,), facts=facts)
    if not manifest.message_names(key):
        return
    for locale in known_locales(subject):
        count = 0 if locale == default else len(manifest.localized(key, stores_texts(subject, locale)))
        if count > limit:
            facts = {"count": count, "locale": locale, "limit": limit}
            yield Fault(file=f"{FOLDER}{locale}/messages.json", facts=facts)


@rule(
    "InvalidShortName",
    "error",
    message="Invalid value for 'short_name'.",
    why="The browser shows it where the name does not fit. Chromium refuses the extension if there would "
    "be nothing to show.",
    fix="Use a short string or remove the key.",
    source="extension.cc LoadShortName",
)
def invalid_short_name(subject: Subject) -> Iterator[Fault]:
    if "short_name" in subject.manifest.keys:
        name = subject.manifest.localized("short_name")
        if not isinstance(name, str) or not name:
            yield Fault(key=("short_name",))


@rule(
    "InvalidVersionName",
    "error",
    message="Invalid value for 'version_name'.",
    why="Users read it in place of the version, as in 2.0 beta. Chromium refuses the extension if it is no "
    "text.",
    fix="Use a string.",
    source="extension.cc LoadVersion",
)
def invalid_version_name(subject: Subject) -> Iterator[Fault]:
    if not isinstance(subject.manifest.keys.get("version_name", ""), str):
        yield Fault(key=("version_name",))


@rule(
    "InvalidDescription",
    "error",
    message="Invalid value for 'description'.",
    why="Users read it in the list of extensions. Chromium refuses the extension if it is a number, a list "
    "or null.",
    fix="Use a string.",
    source="extension.cc LoadDescription",
)
def invalid_description(subject: Subject) -> Iterator[Fault]:
    if not isinstance(subject.manifest.keys.get("description", ""), str):
        yield Fault(key=("description",))


@rule(
    "DescriptionMissing",
    "warning",
    message="There is no description; the listing needs one.",
    why="The store's listing takes its short description from here. Without one, users are asked to "
    "install what does not say what it does.",
    fix="Add one.",
    source="Edge, Publish an extension: a short description is required for one language",
)
def description_missing(subject: Subject) -> Iterator[Fault]:
    # What is no text is InvalidDescription.
    if "description" not in subject.manifest.keys or subject.manifest.localized("description") == "":
        yield Fault(key=("description",))


@rule(
    "InvalidAuthor",
    "warning",
    message="Invalid value for 'author'.",
    why="The browser ignores an author in any other form. Who looks for an address to write to finds none.",
    fix='Use "author": "me@example.com".',
    source="extensions/common/api/manifest_types",
)
def invalid_author(subject: Subject) -> Iterator[Fault]:
    author = subject.manifest.keys.get("author", "")
    if not isinstance(author.get("email") if isinstance(author, dict) else author, str):
        yield Fault(key=("author",))


@rule(
    "AppsNotSupported",
    "error",
    message="Chrome Apps cannot be published here.",
    why="Chrome Apps are discontinued, and Edge's store takes extensions and themes only. Users would be "
    "offered what their browser may not start.",
    fix="Publish an extension.",
    source="Chrome Apps were discontinued; Edge Add-ons takes extensions and themes",
)
def apps_not_supported(subject: Subject) -> Iterator[Fault]:
    if kind_of(subject.manifest.keys) in APPS:
        yield Fault(key=("app",))
