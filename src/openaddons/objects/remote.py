"""Objects in memory or in S3, by obstore.

An upload waits in a local spool file until it is complete: so a broken one never shows in the remote store,
and the digest is known before the key is needed.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import parse_qsl

import obstore
from obstore.store import MemoryStore, S3Store

from openaddons.errors import ObjectMissing, ValueRefused
from openaddons.objects import PIECE_BYTES, ObjectEntry
from openaddons.objects.keys import is_key, read_key
from openaddons.objects.spool import SpoolFile, make_directory, sweep_spool

if TYPE_CHECKING:
    from obstore.store import ObjectStore, S3Config

_PART_BYTES = 8 << 20
"""A part of a multipart upload. S3 takes 5 MiB to 5 GiB, and 10,000 of them."""

_PARTS_AT_ONCE = 4

_BLOCK_BYTES = 4 << 20
"""Read by one request. No request stays open while a slow client reads, and S3 would end one that did."""

_RETRY_SECONDS = 30
"""How long a request that fails is repeated. An upload's client waits meanwhile."""

_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}")

_ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")

_OPTIONS = frozenset(
    {
        "access_key_id",
        "endpoint",
        "region",
        "secret_access_key",
        "session_token",
        "virtual_hosted_style_request",
    }
)


def open_store(scheme: str, rest: str) -> "ObjectStore":
    """The obstore store that ``scheme://rest`` names; raises `ValueRefused`. No request is made yet."""
    if scheme == "memory" and not rest:
        return MemoryStore()
    bucket_and_prefix, _, query = rest.partition("?")
    bucket, _, prefix = bucket_and_prefix.partition("/")
    if scheme != "s3" or not _BUCKET.fullmatch(bucket):
        raise ValueRefused(name="objects", problem="give a folder, memory:// or s3://bucket/prefix.")
    config = _read_options(query)
    endpoints = [config.get("endpoint"), *(os.environ.get(name) for name in _ENDPOINT_VARIABLES)]
    endpoint = next(filter(None, endpoints), "")
    return S3Store(
        bucket,
        prefix=prefix.strip("/") or None,
        config=config,
        client_options={"allow_http": True} if endpoint.startswith("http://") else None,
        retry_config={"retry_timeout": timedelta(seconds=_RETRY_SECONDS)},
    )


def _read_options(query: str) -> "S3Config":
    config: S3Config = {}
    # A secret key may hold a plus sign, which the decoding of forms would make a blank.
    for name, value in parse_qsl(query.replace("+", "%2B"), keep_blank_values=True):
        if name not in _OPTIONS:
            known = ", ".join(sorted(_OPTIONS))
            raise ValueRefused(name="objects", problem=f"the option {name} is not known. Known are {known}.")
        config[name] = value  # type: ignore[literal-required]
    return config


class RemoteObjects:
    """Objects in an obstore store; what talks to it raises `obstore.exceptions.BaseError` when that fails."""

    opens_at_once = False

    def __init__(self, store: "ObjectStore", spool_directory: Path) -> None:
        self._store = store
        self._spool_directory = spool_directory
        make_directory(spool_directory)

    def begin(self) -> SpoolFile:
        """A spool file; keeping it sends it."""
        return SpoolFile(self._spool_directory, settle=self._settle, taken=self.exists)

    def _settle(self, spooled: SpoolFile, key: str) -> None:
        obstore.put(self._store, key, spooled.path, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)

    def open(self, key: str) -> BinaryIO:
        """A copy in an unnamed temporary file. Raises `ObjectMissing`."""
        pieces = self._read_range(key, 0, self.size_bytes(key))
        file = tempfile.TemporaryFile(dir=self._spool_directory)  # noqa: SIM115 - the caller closes it
        try:
            file.writelines(pieces)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Bytes ``start`` to before ``end`` in pieces. Raises `ObjectMissing`."""
        return self._read_range(key, start, min(end, self.size_bytes(key)))

    def _read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        for at in range(start, end, _BLOCK_BYTES):
            try:
                block = obstore.get_range(self._store, key, start=at, end=min(end, at + _BLOCK_BYTES))
            except FileNotFoundError:
                raise ObjectMissing(key=key) from None
            view = memoryview(block)
            for piece_at in range(0, len(view), PIECE_BYTES):
                yield bytes(view[piece_at : piece_at + PIECE_BYTES])

    def size_bytes(self, key: str) -> int:
        """The object's size. Raises `ObjectMissing`."""
        try:
            return obstore.head(self._store, read_key(key))["size"]
        except FileNotFoundError:
            raise ObjectMissing(key=key) from None

    def exists(self, key: str) -> bool:
        """Whether the object is there."""
        try:
            self.size_bytes(key)
        except ObjectMissing:
            return False
        return True

    def delete(self, key: str) -> None:
        """Remove the object, if it is there."""
        try:
            obstore.delete(self._store, read_key(key))
        except FileNotFoundError:
            return

    def entries(self) -> Iterator[ObjectEntry]:
        """Every object below the prefix that has a key of ours; what else lies there is not ours to sweep."""
        for page in obstore.list(self._store, chunk_size=1000):
            for meta in page:
                if is_key(meta["path"]):
                    yield ObjectEntry(key=meta["path"], modified=meta["last_modified"])

    def free_bytes(self) -> None:
        """Nobody knows."""

    def sweep_incoming(self, older_than: datetime) -> int:
        """Remove spool files last written to before ``older_than``; how many they were."""
        return sweep_spool(self._spool_directory, older_than)
