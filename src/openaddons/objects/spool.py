"""Incoming bytes: a spool file, hashed on the way."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from openaddons.objects import StoredObject
from openaddons.objects.keys import new_key

_PIECES_PER_WRITE = 1024
"""``IOV_MAX`` of Linux and macOS: writev(2) refuses more."""

_SUFFIX = ".incoming"
"""Told from other files by this, should the operator have named a directory that has some."""

_CLOSED = -1


class SpoolFile:
    """An `Incoming` in a file of its own.

    ``settle(spooled, key)`` makes the complete file the object ``key``, durable, and may move it away;
    ``taken(key)`` says whether a key is in use.
    """

    def __init__(
        self, directory: Path, *, settle: Callable[["SpoolFile", str], None], taken: Callable[[str], bool]
    ) -> None:
        self._settle = settle
        self._taken = taken
        self.path = directory / (secrets.token_hex(16) + _SUFFIX)
        self._hash = hashlib.sha256()
        self._size_bytes = 0
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""
        return self._size_bytes

    def fileno(self) -> int:
        """The file's descriptor, until it is kept or discarded."""
        return self._descriptor

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Append the pieces. Raises `OSError` when the disk is full: then only `discard` is left."""
        views = [memoryview(piece).cast("B") for piece in pieces]
        for view in views:
            self._hash.update(view)
            self._size_bytes += view.nbytes
        while views:
            written = os.writev(self._descriptor, views[:_PIECES_PER_WRITE])
            views = _after(views, written)

    def keep(self) -> StoredObject:
        """Make the bytes an object: it is durable when this returns."""
        digest = self._hash.hexdigest()
        key = new_key(digest)
        # 32 random bits collide among some 80,000 copies of the same bytes: a load test keeps that many.
        while self._taken(key):
            key = new_key(digest)
        self._settle(self, key)
        self.discard()
        return StoredObject(key=key, digest=digest, size_bytes=self._size_bytes)

    def discard(self) -> None:
        """Leave nothing behind. Does nothing after `keep` or a second time."""
        if self._descriptor == _CLOSED:
            return
        os.close(self._descriptor)
        self._descriptor = _CLOSED
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


def _after(views: list[memoryview], written: int) -> list[memoryview]:
    """What is left of the views when their first ``written`` bytes are gone."""
    for index, view in enumerate(views):
        if written < view.nbytes:
            return [view[written:], *views[index + 1 :]]
        written -= view.nbytes
    return []


def make_directory(path: Path) -> None:
    """Make a directory, and its parents, that only we can enter. One that is there stays as it is."""
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    fsync_directory(path.parent)


def fsync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep_spool(directory: Path, older_than: datetime) -> int:
    """Remove spool files last written to before ``older_than`` (aware); how many they were."""
    swept = 0
    for path in directory.glob(f"*{_SUFFIX}"):
        # Another process may sweep, or end an upload, at this very moment.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < older_than.timestamp():
                path.unlink()
                swept += 1
    return swept
