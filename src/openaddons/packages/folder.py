"""A folder on disk, seen as the archive that it becomes when it is packed; nothing is written to disk."""

import os
import stat
from collections.abc import Callable, Iterator
from functools import partial

from openaddons.packages.archive import (
    PIECE_BYTES,
    Archive,
    ArchiveUnsound,
    CheckCancelled,
    Entry,
    Intolerant,
    never,
)
from openaddons.packages.findings import DEFAULT_LIMITS, Findings, Limits
from openaddons.packages.ignore import IGNORE_NAME, NOTHING, Ignore, IgnoreInvalid, ignore_of
from openaddons.packages.paths import admitted_name, collisions, shown_name
from openaddons.packages.records import STORED
from openaddons.packages.rules import archive as rules

_LONGEST_IGNORE = 1 << 20
# A link put in the place of a file while we look is not followed either. Windows has no such flag.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def read_ignore(path: str | os.PathLike[str]) -> Ignore:
    """What is left out when the folder at ``path`` is packed.

    Raises:
        IgnoreInvalid: its own file cannot be understood.
        OSError: it cannot be read.
    """
    try:
        with open(os.path.join(path, IGNORE_NAME), "rb") as file:
            return ignore_of(file.read(_LONGEST_IGNORE).decode())
    except FileNotFoundError:
        return ignore_of("")
    except UnicodeDecodeError:
        raise IgnoreInvalid("not UTF-8", 1) from None


def open_folder(
    path: str | os.PathLike[str],
    limits: Limits = DEFAULT_LIMITS,
    *,
    ignored: Ignore = NOTHING,
    findings: Findings | None = None,
    cancelled: Callable[[], bool] = never,
) -> Archive:
    """The files of a folder. What ``ignored`` names is not there.

    A single name or file that no package may have goes to ``findings`` and is left out. Without ``findings``
    nothing is tolerated: the first error is raised. Of the limits, those on the package's own size and on
    how well it is compressed say nothing here.

    Raises:
        ArchiveUnsound: no package should be made of it.
        OSError: it cannot be read, or a file changes while it is read.
    """
    collected = findings if findings is not None else Intolerant(limits.findings)
    entries: dict[str, Entry] = {}
    paths: list[bytes] = []
    unpacked = 0
    for raw_name, found in _walk(os.fsencode(path), limits, ignored, cancelled):
        name = _usable(raw_name, found, limits, collected)
        if name is None:
            continue
        size = found.stat(follow_symlinks=False).st_size
        unpacked += size
        if size > limits.file_bytes or unpacked > limits.unpacked_bytes:
            raise ArchiveUnsound(rules.ZIP_BOMB.finding(size=unpacked))
        entries[name] = Entry(
            name, size_bytes=size, compressed_bytes=size, crc32=None, method=STORED, position=len(paths)
        )
        paths.append(found.path)
    if not entries and not collected.total:
        raise ArchiveUnsound(rules.ZIP_EMPTY.finding())
    collected.extend(collisions(entries))
    return Archive(entries, partial(_content, paths), size_bytes=unpacked)


def _walk(
    top: bytes, limits: Limits, ignored: Ignore, cancelled: Callable[[], bool]
) -> Iterator[tuple[bytes, "os.DirEntry[bytes]"]]:
    """Everything in the folder that is no folder, with its path in it."""
    folders = [(top, b"")]
    seen = 0
    while folders:
        folder, inside = folders.pop()
        if cancelled():
            raise CheckCancelled
        with os.scandir(folder) as listing:
            found = sorted(listing, key=lambda each: each.name)
        for each in found:
            raw_name = inside + each.name
            is_folder = each.is_dir(follow_symlinks=False)
            if ignored(os.fsdecode(raw_name), is_folder=is_folder):
                continue
            seen += 1
            if seen > limits.entries:
                raise ArchiveUnsound(rules.ZIP_TOO_MANY_ENTRIES.finding(count=seen, limit=limits.entries))
            # As in an archive: no more is said of a longer one, and no deeper folder is looked into.
            if len(raw_name) > limits.path_bytes:
                raise ArchiveUnsound(rules.ZIP_NAME_TOO_LONG.finding(name=shown_name(raw_name)))
            if is_folder:
                folders.append((each.path, raw_name + b"/"))
            else:
                yield raw_name, each


def _usable(raw_name: bytes, found: "os.DirEntry[bytes]", limits: Limits, findings: Findings) -> str | None:
    """The name of a file that can be packed."""
    name = admitted_name(raw_name, limits, findings)
    shown = shown_name(raw_name)
    if found.is_symlink():
        findings.add(rules.ZIP_SYMLINK.finding(file=shown, name=shown))
        return None
    if not found.is_file(follow_symlinks=False):
        findings.add(rules.ZIP_SPECIAL_FILE.finding(file=shown, name=shown))
        return None
    return name


def _content(paths: list[bytes], entry: Entry) -> Iterator[bytes]:
    descriptor = os.open(paths[entry.position], _OPEN_FLAGS)
    try:
        status = os.fstat(descriptor)
        left = entry.size_bytes
        if not stat.S_ISREG(status.st_mode) or status.st_size != left:
            raise _changed(entry)
        while left:
            piece = os.read(descriptor, min(PIECE_BYTES, left))
            if not piece:
                raise _changed(entry)
            left -= len(piece)
            yield piece
    finally:
        os.close(descriptor)


def _changed(entry: Entry) -> OSError:
    return OSError(f"{entry.name} changed while it was read")
