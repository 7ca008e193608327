"""The bytes of an upload on their way to storage: never held, hashed as they come, one thread hop per MiB."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from openaddons.errors import BodyMissing, BodyNotZip, PackageTooLarge
from openaddons.objects import Incoming, Objects, StoredObject

_PIECE_BYTES: Final = 1 << 20
# APPNOTE 4.3.7 local file header, 4.3.16 end of an archive without entries, 8.5.4 spanning marker.
_ZIP_BEGINNINGS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


async def receive_package(
    pieces: AsyncIterator[bytes], objects: Objects, *, limit_bytes: int
) -> StoredObject:
    """Store a package. Durable on return; of anything that is refused nothing is kept.

    Raises `BodyMissing`, `BodyNotZip`, `PackageTooLarge`, and what ``pieces`` raises.
    """
    reception = _Reception(objects, limit_bytes)
    try:
        async for piece in pieces:
            await reception.take(piece)
        return await reception.finish()
    except BaseException:
        await reception.abandon()
        raise


class _Reception:
    """A package that is being received: one MiB is gathered while the one before is hashed and written."""

    def __init__(self, objects: Objects, limit_bytes: int) -> None:
        self._objects = objects
        self._limit_bytes = limit_bytes
        self._loop = asyncio.get_running_loop()
        self._incoming: Incoming | None = None
        self._writing: asyncio.Future[Any] | None = None
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        self._size_bytes = 0

    async def take(self, piece: bytes) -> None:
        """Add a piece; waits when the disk is slower than the network."""
        self._size_bytes += len(piece)
        if self._size_bytes > self._limit_bytes:
            raise PackageTooLarge(limit_bytes=self._limit_bytes)
        self._gathered.append(piece)
        self._gathered_bytes += len(piece)
        if self._incoming is None and self._gathered_bytes >= 4:
            if not b"".join(self._gathered)[:4].startswith(_ZIP_BEGINNINGS):
                raise BodyNotZip
            self._incoming = self._objects.begin()
        if self._incoming is not None and self._gathered_bytes >= _PIECE_BYTES:
            if self._writing is not None:
                await self._writing
            self._writing = self._loop.run_in_executor(None, self._incoming.write, self._gathered)
            self._gathered, self._gathered_bytes = [], 0

    async def finish(self) -> StoredObject:
        """Write the rest and make it durable."""
        if not self._size_bytes:
            raise BodyMissing
        if self._incoming is None:
            raise BodyNotZip
        if self._writing is not None:
            await self._writing
        keeping = self._loop.run_in_executor(None, _keep, self._incoming, self._gathered)
        self._writing = keeping
        return await asyncio.shield(keeping)

    async def abandon(self) -> None:
        """Keep nothing. A thread may still be at it: what it uses is taken away only when it has ended."""
        if self._writing is not None:
            await asyncio.wait({self._writing})
        if self._incoming is not None:
            self._incoming.discard()


def _keep(incoming: Incoming, rest: list[bytes]) -> StoredObject:
    incoming.write(rest)
    return incoming.keep()
