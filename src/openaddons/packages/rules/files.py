"""Rules on which files a package holds, and on those it should hold because its manifest names them."""

import re
from collections.abc import Iterator
from typing import Final

from openaddons.packages.references import page_name
from openaddons.packages.regexes import regex
from openaddons.packages.resources import is_image_name, resource_name
from openaddons.packages.rules.action import action_invalid
from openaddons.packages.rules.background import background_invalid, background_missing
from openaddons.packages.rules.content_scripts import SUFFIXES, content_script_missing
from openaddons.packages.rules.dnr import dnr_ruleset_file
from openaddons.packages.rules.icons import icon_missing, icons_invalid
from openaddons.packages.rules.layout import JUNK_FILE
from openaddons.packages.rules.other import storage_schema_invalid
from openaddons.packages.rules.pages import options_missing
from openaddons.packages.rules.reach import EVERY, Path, Step
from openaddons.packages.rules.subject import PACKAGE_RULES, Check, Fault, PackageRule, Subject, rule
from openaddons.packages.rules.values import given_texts

# file_util.cc CheckForIllegalFilenames. _metadata is the browser's own folder: it removes and writes it.
_RESERVED_AND_KNOWN = frozenset({"_locales", "_platform_specific", "_metadata", "__MACOSX"})
_PRIVATE_KEY = regex(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")
# extension.cc ParsePEMKeyBytes reads no longer ones.
_MOST_KEY_BYTES: Final = 100 << 10
# A .jar is an archive too; that it can be run is the more that can be said of it.
_EXECUTABLE = regex(r".*\.(?:exe|dll|so|dylib|msi|bat|cmd|sh|jar|class|swf)", re.IGNORECASE | re.DOTALL)
_ARCHIVE = regex(r".*\.(?:zip|crx|xpi|7z|rar|gz)", re.IGNORECASE | re.DOTALL)
_LEFT_BEHIND = regex(r"(?:.*/)?(?:\.env|[^/]*(?:~|\.orig|\.map))", re.IGNORECASE | re.DOTALL)
_DEPENDENCIES: Final = "node_modules"

_ACTIONS: Final = ("action", "browser_action", "page_action")
_PICTURES: tuple[tuple[Step, ...], ...] = (
    ("icons", EVERY),
    *((action, "default_icon") for action in _ACTIONS),
    *((action, "default_icon", EVERY) for action in _ACTIONS),
)
_FILES: tuple[tuple[Step, ...], ...] = (
    ("declarative_net_request", "rule_resources", EVERY, "path"),
    ("storage", "managed_schema"),
)
_PAGES: tuple[tuple[Step, ...], ...] = (
    ("background", "page"),
    ("background", "scripts", EVERY),
    ("background", "service_worker"),
    ("devtools_page",),
    ("options_page",),
    ("options_ui", "page"),
    ("sandbox", "pages", EVERY),
    ("side_panel", "default_path"),
    *((action, "default_popup") for action in _ACTIONS),
)
# What these find is the same fault as the browser sees it: they say more of it.
_SAID_BY: tuple[Check, ...] = (
    action_invalid,
    background_invalid,
    background_missing,
    content_script_missing,
    dnr_ruleset_file,
    icon_missing,
    icons_invalid,
    options_missing,
    storage_schema_invalid,
)


def _named_files(subject: Subject) -> Iterator[tuple[Path, str]]:
    """Plain paths of the manifest. Pictures and scripts that the browser ignores by their names are left out."""
    for steps in _PICTURES:
        yield from ((path, value) for path, value in given_texts(subject, *steps) if is_image_name(value))
    for kind, suffixes in SUFFIXES.items():
        scripts = given_texts(subject, "content_scripts", EVERY, kind, EVERY)
        yield from ((path, value) for path, value in scripts if value.lower().endswith(suffixes))
    for steps in _FILES:
        yield from given_texts(subject, *steps)


def _named_pages(subject: Subject) -> Iterator[tuple[Path, str]]:
    """URLs of the manifest that stand for one file."""
    for steps in _PAGES:
        for path, value in given_texts(subject, *steps):
            # A star makes a pattern of it.
            if "*" not in value:
                yield path, value


@rule(
    "FileReferenceMissing",
    "error",
    message="Manifest file reference '{path}' does not exist in the zip archive. "
    "(Note: File locations are case-sensitive).",
    why="Users would meet an error page where the popup, the panel or the page should be, and for some "
    "keys Chromium does not load the extension at all. Edge refuses the upload.",
    fix="Add the file or fix the path.",
    source="Edge, exact text: MicrosoftEdge-Extensions#235, #236",
)
def file_reference_missing(subject: Subject) -> Iterator[Fault]:
    missing = dict(_missing(subject))
    if missing:
        said = {fault.key for check in _SAID_BY for fault in check(subject)}
        for path, value in missing.items():
            if path not in said:
                yield Fault(key=path, facts={"path": value})


def _missing(subject: Subject) -> Iterator[tuple[Path, str]]:
    """What the manifest names and the package has not, each with its place."""
    files = subject.archive.files
    for path, value in _named_files(subject):
        if resource_name(value) not in files:
            yield path, value
    for path, value in _named_pages(subject):
        name = page_name(value)
        # An empty one stands for none, and what is no path is for the rules on that key.
        if name is not None and name not in files:
            yield path, value
    for path, value in given_texts(subject, "chrome_url_overrides", EVERY):
        name = page_name(value)
        # Here an empty one stands for the package itself, which is no page.
        if not value or (name is not None and name not in files):
            yield path, value or "."


@rule(
    "ReservedUnderscoreName",
    "error",
    message="Cannot load extension with file or directory name {name}. "
    'Filenames starting with "_" are reserved for use by the system.',
    why="The browser keeps these names to itself: it reads _locales and writes _metadata. It does not load "
    "a folder that has others.",
    fix="Rename it.",
    source="file_util.cc CheckForIllegalFilenames",
)
def reserved_underscore_name(subject: Subject) -> Iterator[Fault]:
    roots = {name.split("/", 1)[0] for name in subject.archive.files if name.startswith("_")}
    for name in sorted(roots - _RESERVED_AND_KNOWN):
        yield Fault(file=name, facts={"name": name})


@rule(
    "PrivateKeyInPackage",
    "error",
    message="This extension includes the key file '{path}'. You probably don't want to do that.",
    why="Everybody who installs the add-on gets the key, and can sign packages as its owner. Chromium "
    "refuses to pack a folder with one.",
    fix="Remove it, and replace the key: it is no secret any more.",
    source="file_util.cc FindPrivateKeyFiles: error when packing, warning when loading",
)
def private_key_in_package(subject: Subject) -> Iterator[Fault]:
    for name in subject.archive.files:
        if name.lower().endswith(".pem") and subject.contents.see(name, _has_key, _MOST_KEY_BYTES):
            yield Fault(file=name, facts={"path": name})


def _has_key(data: bytes) -> bool:
    return _PRIVATE_KEY.search(data) is not None


@rule(
    "BannedFile",
    "warning",
    message="{path}: executables are not served to browsers or need review.",
    why="An extension cannot run it, and Chromium drops .exe files when it installs. To virus scanners and "
    "reviewers it is still a program that comes with the add-on.",
    fix="Leave it out.",
    source="zipfile_installer.cc drops .exe; addons-linter FLAGGED_FILE_EXTENSION",
)
def banned_file(subject: Subject) -> Iterator[Fault]:
    for name in filter(_EXECUTABLE.fullmatch, subject.archive.files):
        yield Fault(file=name, facts={"path": name})


def left_behind(subject: Subject) -> Iterator[Fault]:
    """Junk that is kept all the same, for a script might name it. ``layout`` tells of what is left out."""
    told = set()
    for name in subject.archive.files:
        folders = name.split("/")[:-1]
        if _DEPENDENCIES in folders:
            found = "/".join(folders[: folders.index(_DEPENDENCIES) + 1])
        elif _LEFT_BEHIND.fullmatch(name):
            found = name
        else:
            continue
        if found not in told:
            told.add(found)
            yield Fault(file=found, facts={"name": found})


PACKAGE_RULES.append(PackageRule(JUNK_FILE, left_behind))


@rule(
    "NestedArchive",
    "warning",
    message="{path} is an archive; it is not looked into.",
    why="Neither the check nor a reviewer sees what is in it, and no browser unpacks it. Users download it "
    "all the same.",
    fix="Unpack it or leave it out.",
    source="own rule: never unpack recursively",
)
def nested_archive(subject: Subject) -> Iterator[Fault]:
    for name in filter(_ARCHIVE.fullmatch, subject.archive.files):
        yield Fault(file=name, facts={"path": name})
