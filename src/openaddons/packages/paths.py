"""Which names a file in a package may have, alone and beside the others."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from openaddons.packages.findings import Finding, Limits
from openaddons.packages.rules import archive as rules
from openaddons.packages.rules.registry import Rule

# C0, DEL and C1: no file manager shows them.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_DRIVE = re.compile("[A-Za-z]:")
_NOT_ON_WINDOWS = re.compile('[<>:"|?*]')
# Windows drops dots and blanks from the end of a name. "." and ".." have rules of their own.
_DROPPED_END = re.compile(r"(?:\A|/)(?!\.\.?(?:/|\Z))[^/]*[. ](?=/|\Z)")
# Devices, whatever their extension. Superscript digits count: Windows reads COM¹ as a device.
_DEVICE = re.compile(
    r"(?:\A|/)(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.[^/]*)?(?:/|\Z)",
    re.IGNORECASE,
)

_JUNK_FOLDERS = frozenset({"__MACOSX", ".git", ".svn", ".hg"})
_JUNK_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


def path_rules_broken(name: str, limits: Limits) -> Iterator[Rule]:
    """The rules that a name as it stands in the archive breaks (APPNOTE 4.4.17)."""
    components = name.removesuffix("/").split("/")
    if "\\" in name:
        yield rules.ZIP_BACKSLASH_PATH
    if _DRIVE.match(name) or (name.startswith("/") and len(components) > 1):
        yield rules.ZIP_ABSOLUTE_PATH
        components = components[1:] if components[0] == "" else components
    if ".." in components:
        yield rules.ZIP_PATH_TRAVERSAL
    if "" in components or "." in components or _CONTROL.search(name):
        yield rules.ZIP_INVALID_PATH
    path_bytes = len(name.encode())
    if path_bytes > limits.path_bytes or (
        path_bytes > limits.component_bytes
        and any(len(component.encode()) > limits.component_bytes for component in components)
    ):
        yield rules.ZIP_NAME_TOO_LONG
    if _NOT_ON_WINDOWS.search(name) or _DROPPED_END.search(name) or _DEVICE.search(name):
        yield rules.ZIP_RESERVED_NAME


def is_junk(name: str) -> bool:
    """Whether a file is what operating systems and version control leave behind, which no package is made of.

    Nothing that a script could load by accident is in this list: ``node_modules`` is not.
    """
    folders, _, file = name.rpartition("/")
    return file.casefold() in _JUNK_FILES or not _JUNK_FOLDERS.isdisjoint(folders.split("/"))


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """A name that sorts such that what lies in a folder comes directly behind the folder.

    Its key has NUL for the slash: no name has one, so nothing comes between.
    """

    key: str
    name: str
    is_directory: bool


def collisions(names: Iterable[str]) -> Iterator[Finding]:
    """Names that cannot lie beside each other on every file system. A trailing slash makes a folder.

    Sorted neighbours are compared instead of keeping all parent folders in a set: a thousand bytes of
    "a/a/a/…" have 512 parents, and an archive may have twenty thousand such names.
    """
    exact = _places(names, folded=False)
    for first, second in _clashes(exact):
        name = min(first.name, second.name, key=len).removesuffix("/")
        yield rules.ZIP_FILE_DIRECTORY_CONFLICT.finding(file=name, name=name)
    for first, second in _clashes(_places((place.name for place in exact), folded=True)):
        name = first.name.removesuffix("/")
        if second.name.removesuffix("/") != name and not second.name.startswith(name + "/"):
            yield rules.ZIP_CASE_COLLISION.finding(file=second.name, first=first.name, second=second.name)


def _places(names: Iterable[str], *, folded: bool) -> list[_Place]:
    return sorted(
        _Place(
            key=(path.casefold() if folded else path).replace("/", "\0"),
            name=name,
            is_directory=name.endswith("/"),
        )
        for name in names
        for path in (name.removesuffix("/"),)
    )


def _clashes(places: list[_Place]) -> Iterator[tuple[_Place, _Place]]:
    """Pairs of a file and something that needs its place: the same path, or a path that goes through it."""
    file: _Place | None = None
    previous: _Place | None = None
    for place in places:
        if file is not None and place.key.startswith(file.key + "\0"):
            yield file, place
            file = None
        if (
            previous is not None
            and previous.key == place.key
            and not (previous.is_directory and place.is_directory)
        ):
            yield previous, place
        if not place.is_directory:
            file = place
        previous = place
