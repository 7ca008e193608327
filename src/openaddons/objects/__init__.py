"""Where bytes live: packages as they were uploaded, signed releases, images of listings.

::

    open_objects(url)
    ├── files.FileObjects        a folder; what it keeps is on the disk before keep() returns
    └── remote.RemoteObjects     memory:// and s3://, by obstore

Bytes are written once, under a key that begins with their SHA-256, and never change. Everything here blocks:
call it in a worker thread. docs/decisions/0003-objects.md says why it is as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

PIECE_BYTES = 256 << 10
"""Largest piece that `Objects.read_range` gives out: what a slow download holds in memory."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """Bytes that are durable: a row may name them now."""

    key: str
    """``<SHA-256 in hex>.<8 random hex digits>``: no two calls of `Incoming.keep` give the same key."""
    digest: str
    """SHA-256 of the bytes, 64 lower-case hex digits."""
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ObjectEntry:
    """An object as the orphan sweep sees it."""

    key: str
    modified: datetime
    """When its bytes were written: aware, by the clock of the disk or of the remote store."""


class Incoming(Protocol):
    """Bytes on their way in. Leaving the ``with`` block without `keep` discards them."""

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""
        ...

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Append the pieces; few of about 1 MiB are cheapest. Raises `OSError` when the disk is full."""
        ...

    def keep(self) -> StoredObject:
        """Make the bytes an object: it is durable when this returns.

        Raises `OSError` or `obstore.exceptions.BaseError` when it cannot be: then only `discard` is left.
        """
        ...

    def discard(self) -> None:
        """Leave nothing behind. Does nothing after `keep` or a second time."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Objects(Protocol):
    """An object store. A key that has not the form of one is refused with `ValueRefused` by every method."""

    opens_at_once: bool
    """Whether `open` does no more than to open a file: that takes microseconds, a thread for it twenty times as
    long."""

    def begin(self) -> Incoming:
        """Somewhere to write new bytes to."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The object as a real file (with a ``fileno``), to read and seek. Raises `ObjectMissing`."""
        ...

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Bytes from ``start`` (0 or more) to before ``end`` in pieces of at most `PIECE_BYTES`.

        What lies beyond the object's end is left out. Raises `ObjectMissing` here, not at the first piece, so
        that a 404 can still be answered.
        """
        ...

    def size_bytes(self, key: str) -> int:
        """The object's size. Raises `ObjectMissing`."""
        ...

    def exists(self, key: str) -> bool:
        """Whether the object is there."""
        ...

    def delete(self, key: str) -> None:
        """Remove the object. One that is not there is fine: a delete may be repeated."""
        ...

    def entries(self) -> Iterator[ObjectEntry]:
        """Every object, in no order. Those that come or go meanwhile may be listed or not."""
        ...

    def free_bytes(self) -> int | None:
        """Room for more, as far as it is known: None of a remote store."""
        ...

    def sweep_incoming(self, older_than: datetime) -> int:
        """Remove what a kill left of uploads that were last written to before ``older_than`` (aware).

        Returns how many they were. The time is the disk's, not an emulator's.
        """
        ...


def open_objects(url: str, *, spool_directory: Path) -> Objects:
    """The object store that ``url`` names; `ValueRefused` if it names none.

    ==========================  ============================================================================
    a path or ``file:///path``  a folder; it is created
    ``memory://``               this process's memory: gone when it ends
    ``s3://bucket/prefix?…``    S3 or what speaks like it. The query may hold ``endpoint``, ``region``,
                                ``access_key_id``, ``secret_access_key``, ``session_token`` and
                                ``virtual_hosted_style_request``; what is left out comes from the usual
                                ``AWS_…`` environment. An endpoint with ``http://`` is allowed.
    ==========================  ============================================================================

    Uploads to a remote store wait in ``spool_directory`` until they are complete; a folder store has its own.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "file":
        from openaddons.objects.files import FileObjects, read_root

        return FileObjects(read_root(url))
    from openaddons.objects.remote import RemoteObjects, open_store

    return RemoteObjects(open_store(scheme, rest), spool_directory)
