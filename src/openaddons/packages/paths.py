"""Which names a file in a package may have, alone and beside the others."""

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from openaddons.packages.findings import Finding, Findings, Limits
from openaddons.packages.regexes import regex
from openaddons.packages.rules import archive as rules
from openaddons.packages.rules.registry import Rule

# C0, DEL and C1: no file manager shows them.
_CONTROL = regex("[\x00-\x1f\x7f-\x9f]")
_DRIVE = regex("[A-Za-z]:")
_NOT_ON_WINDOWS = regex('[<>:"|?*]')
# Windows drops dots and blanks from the end of a name. "." and ".." have rules of their own.
_DROPPED_END = regex(r"(?:\A|/)(?!\.\.?(?:/|\Z))[^/]*[. ](?=/|\Z)")
# Devices, whatever their extension. Superscript digits count: Windows reads COM¹ as a device.
_DEVICE = regex(
    r"(?:\A|/)(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.[^/]*)?(?:/|\Z)",
    re.IGNORECASE,
)

# What nearly every name is. All that is left to ask of such a name is whether a device has it.
_PLAIN = regex(r"(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?:/|\Z))+")

_JUNK_FOLDERS = frozenset({"__MACOSX", ".git", ".svn", ".hg"})
_JUNK_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


def shown_name(raw_name: bytes) -> str:
    """A name for messages, whatever its bytes are."""
    return raw_name[:1024].decode("utf-8", "backslashreplace")


def admitted_name(raw_name: bytes, limits: Limits, findings: Findings) -> str | None:
    """The name that these bytes spell, or None if no file may have it; why goes to the findings."""
    try:
        name = raw_name.decode()
    except UnicodeDecodeError:
        shown = shown_name(raw_name)
        findings.add(rules.ZIP_NAME_ENCODING.finding(file=shown, name=shown))
        return None
    broken = list(path_rules_broken(name, limits))
    findings.extend(rule.finding(file=name, name=name) for rule in broken)
    return None if broken else name


def path_rules_broken(name: str, limits: Limits) -> Iterator[Rule]:
    """The rules that a name as it stands in the archive breaks (APPNOTE 4.4.17)."""
    # No character has more than four bytes.
    may_be_long = 4 * len(name) > min(limits.path_bytes, limits.component_bytes)
    is_too_long = may_be_long and _is_too_long(name.encode(), limits)
    if not is_too_long and _PLAIN.fullmatch(name) and not _DEVICE.search(name):
        return
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
    if is_too_long:
        yield rules.ZIP_NAME_TOO_LONG
    if _NOT_ON_WINDOWS.search(name) or _DROPPED_END.search(name) or _DEVICE.search(name):
        yield rules.ZIP_RESERVED_NAME


def _is_too_long(name: bytes, limits: Limits) -> bool:
    if len(name) <= limits.component_bytes:
        return len(name) > limits.path_bytes
    return len(name) > limits.path_bytes or max(map(len, name.split(b"/"))) > limits.component_bytes


def is_junk(name: str) -> bool:
    """Whether a file is what operating systems and version control leave behind, which no package is made of.

    Nothing that a script could load by accident is in this list: ``node_modules`` is not.
    """
    folders, _, file = name.rpartition("/")
    return file.casefold() in _JUNK_FILES or not _JUNK_FOLDERS.isdisjoint(folders.split("/"))


class _Place(NamedTuple):
    """A name that sorts such that what lies in a folder comes directly behind the folder.

    Its key has NUL for the slash: no name has one, so nothing comes between.
    """

    key: str
    name: str
    is_directory: bool


def collisions(names: Collection[str]) -> Iterator[Finding]:
    """Names that cannot lie beside each other on every file system. A trailing slash makes a folder.

    Sorted neighbours are compared instead of keeping all parent folders in a set: a thousand bytes of
    "a/a/a/…" have 512 parents, and an archive may have twenty thousand such names.
    """
    if not _may_collide(names):
        return
    exact = _places(names, folded=False)
    for first, second in _clashes(exact):
        name = min(first.name, second.name, key=len).removesuffix("/")
        yield rules.ZIP_FILE_DIRECTORY_CONFLICT.finding(file=name, name=name)
    for first, second in _clashes(_places((place.name for place in exact), folded=True)):
        name = first.name.removesuffix("/")
        if second.name.removesuffix("/") != name and not second.name.startswith(name + "/"):
            yield rules.ZIP_CASE_COLLISION.finding(file=second.name, first=first.name, second=second.name)


def _may_collide(names: Iterable[str]) -> bool:
    """Whether there can be collisions: as a rule not, and this is quickly seen.

    It is where two names differ in case alone, or one stands for a file where another needs a folder. The slash of a
    folder stays, as NUL, so what lies in it does not begin with its name and a NUL.
    """
    keys = sorted([name.casefold().replace("/", "\0") for name in names])
    return any(after == before or after.startswith(before + "\0") for before, after in pairwise(keys))


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
