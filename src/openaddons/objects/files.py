"""Objects in a folder.

::

    root/
      incoming/                     uploads that are not complete yet
      00/ … ff/                     objects, by the first two digits of their key

Ours and not obstore's, because obstore's LocalStore does not fsync: a power cut after the 202 would lose the
package.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from openaddons.errors import ObjectMissing, ValueRefused
from openaddons.objects import PIECE_BYTES, ObjectEntry
from openaddons.objects.keys import is_key, read_key
from openaddons.objects.spool import SpoolFile, fsync_directory, make_directory, sweep_spool


def read_root(url: str) -> Path:
    """The folder that a plain path or a ``file://`` URL names; raises `ValueRefused`."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        path = Path(url)
    elif parts.netloc in {"", "localhost"} and parts.path.startswith("/"):
        path = Path(unquote(parts.path))
    else:
        raise ValueRefused(name="objects", problem=f"{url} names no local folder. Write file:///path.")
    if not url or "\0" in str(path):
        raise ValueRefused(name="objects", problem="this is no path.")
    return path.absolute()


class FileObjects:
    """Objects in the folder ``root``; several processes may share it. Files are 0600, directories 0700."""

    opens_at_once = True

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        make_directory(root)
        make_directory(self._incoming)
        _make_fan_out(root)

    def begin(self) -> SpoolFile:
        """A spool file on the same file system, so that keeping it is a rename."""
        return SpoolFile(self._incoming, settle=self._settle, taken=self.exists)

    def _settle(self, spooled: SpoolFile, key: str) -> None:
        # Bytes before name before directory: after a power cut the key is there whole, or not at all.
        os.fsync(spooled.fileno())
        target = self._path(key)
        spooled.path.rename(target)
        fsync_directory(target.parent)

    def open(self, key: str) -> BinaryIO:
        """The file itself. Raises `ObjectMissing`."""
        try:
            return self._path(key).open("rb")
        except FileNotFoundError:
            raise ObjectMissing(key=key) from None

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Bytes ``start`` to before ``end`` in pieces. Raises `ObjectMissing`."""
        pieces = _read_range(self.open(key), start, end)
        # Run to its ``with``: a generator that is dropped before that would not close the file.
        next(pieces)
        return pieces

    def size_bytes(self, key: str) -> int:
        """The object's size. Raises `ObjectMissing`."""
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            raise ObjectMissing(key=key) from None

    def exists(self, key: str) -> bool:
        """Whether the object is there."""
        return self._path(key).exists()

    def delete(self, key: str) -> None:
        """Remove the object, if it is there. A power cut may bring it back for the sweep to find."""
        self._path(key).unlink(missing_ok=True)

    def entries(self) -> Iterator[ObjectEntry]:
        """Every object, with the time of its last write."""
        for directory in _fan_out(self._root):
            with os.scandir(directory) as listed:
                for entry in listed:
                    # Deleted since it was listed: then it is no entry.
                    with contextlib.suppress(FileNotFoundError):
                        if is_key(entry.name):
                            modified = datetime.fromtimestamp(entry.stat().st_mtime, UTC)
                            yield ObjectEntry(key=entry.name, modified=modified)

    def free_bytes(self) -> int:
        """Room on the folder's disk for us: what the system keeps for root does not count."""
        return shutil.disk_usage(self._root).free

    def sweep_incoming(self, older_than: datetime) -> int:
        """Remove spool files last written to before ``older_than``; how many they were."""
        return sweep_spool(self._incoming, older_than)

    def _path(self, key: str) -> Path:
        return self._root / read_key(key)[:2] / key


def _read_range(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    with file:
        yield b""  # taken by read_range
        file.seek(start)
        left = end - start
        while left > 0 and (piece := file.read(min(left, PIECE_BYTES))):
            left -= len(piece)
            yield piece


def _fan_out(root: Path) -> Iterator[Path]:
    return (root / f"{number:02x}" for number in range(256))


def _make_fan_out(root: Path) -> None:
    """Make all 256 directories at once: made on demand, each put would have to fsync the root as well."""
    for directory in _fan_out(root):
        directory.mkdir(mode=0o700, exist_ok=True)
    # Also when all were there: the process that made them may have been killed before this line.
    fsync_directory(root)
