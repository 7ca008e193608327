"""Rules on which files a package holds, and on those it should hold because its manifest names them."""

import re
from collections.abc import Iterator
from typing import Final

from openaddons.packages.references import page_name
from openaddons.packages.resources import is_image_name, resource_name
from openaddons.packages.rules.layout import JUNK_FILE
from openaddons.packages.rules.reach import EVERY, Path, Step, reach_texts
from openaddons.packages.rules.subject import PACKAGE_RULES, Fault, PackageRule, Subject, rule

# file_util.cc CheckForIllegalFilenames. _metadata is the browser's own folder: it removes and writes it.
_RESERVED_AND_KNOWN = frozenset({"_locales", "_platform_specific", "_metadata", "__MACOSX"})
_PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")
# extension.cc ParsePEMKeyBytes reads no longer ones.
_MOST_KEY_BYTES: Final = 100 << 10
_EXECUTABLE = re.compile(r".*\.(?:exe|dll|so|dylib|msi|bat|cmd|sh|jar|class|swf)", re.IGNORECASE | re.DOTALL)
_ARCHIVE = re.compile(r".*\.(?:zip|crx|xpi|jar|7z|rar|gz)", re.IGNORECASE | re.DOTALL)
_LEFT_BEHIND = re.compile(r"(?:.*/)?(?:\.env|[^/]*(?:~|\.orig|\.map))", re.IGNORECASE | re.DOTALL)
_DEPENDENCIES: Final = "node_modules"
# URLs of other sites, and data that is its own URL.
_ELSEWHERE = re.compile("[A-Za-z][A-Za-z0-9+.-]*:|//")

# Content scripts of other types are ignored (content_scripts_handler.cc), as are icons of other types.
_SCRIPT = re.compile(r".*\.m?js", re.IGNORECASE | re.DOTALL)
_STYLE = re.compile(r".*\.css", re.IGNORECASE | re.DOTALL)
_FILES: tuple[tuple[Step, ...], ...] = (
    ("declarative_net_request", "rule_resources", EVERY, "path"),
    ("storage", "managed_schema"),
)
_PAGES: tuple[tuple[Step, ...], ...] = (
    ("devtools_page",),
    ("options_page",),
    ("options_ui", "page"),
    ("sandbox", "pages", EVERY),
    ("side_panel", "default_path"),
)
_OLD_BACKGROUND: tuple[tuple[Step, ...], ...] = (("background", "scripts", EVERY), ("background", "page"))
_BACKGROUND: tuple[tuple[Step, ...], ...] = (("background", "service_worker"),)


def _is_old(subject: Subject) -> bool:
    """Whether it is Manifest V2. Keys of one version are ignored in the other."""
    return bool(subject.manifest.keys.get("manifest_version") == 2)


def _actions(subject: Subject) -> tuple[str, ...]:
    return ("browser_action", "page_action") if _is_old(subject) else ("action",)


def _named_files(subject: Subject) -> Iterator[tuple[Path, str]]:
    """Plain paths of the manifest."""
    keys = subject.manifest.keys
    pictures: list[tuple[Step, ...]] = [("icons", EVERY)]
    for action in _actions(subject):
        pictures += [(action, "default_icon"), (action, "default_icon", EVERY)]
    for steps in pictures:
        yield from ((path, value) for path, value in reach_texts(keys, *steps) if is_image_name(value))
    for kind, pattern in (("js", _SCRIPT), ("css", _STYLE)):
        scripts = reach_texts(keys, "content_scripts", EVERY, kind, EVERY)
        yield from ((path, value) for path, value in scripts if pattern.fullmatch(value))
    for steps in _FILES:
        yield from reach_texts(keys, *steps)


def _named_pages(subject: Subject) -> Iterator[tuple[Path, str]]:
    """URLs of the manifest that stand for one file."""
    keys = subject.manifest.keys
    background = _OLD_BACKGROUND if _is_old(subject) else _BACKGROUND
    popups = [(action, "default_popup") for action in _actions(subject)]
    for steps in (*_PAGES, *background, *popups):
        for path, value in reach_texts(keys, *steps):
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
    for path, value in _named_files(subject):
        if resource_name(value) not in subject.archive.files:
            yield Fault(key=path, facts={"path": value})
    for path, value in _named_pages(subject):
        name = page_name(value)
        # An empty one stands for none, and what is no path is for the rules on that key.
        if name is not None and name not in subject.archive.files:
            yield Fault(key=path, facts={"path": value})
    for path, value in reach_texts(subject.manifest.keys, "chrome_url_overrides", EVERY):
        # Here an empty one stands for the package itself, which is no page.
        if page_name(value) not in subject.archive.files and not _ELSEWHERE.match(value):
            yield Fault(key=path, facts={"path": value or "."})


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
