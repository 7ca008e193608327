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
    gathered: list[bytes] = []
    gathered_bytes = size_bytes = 0
    incoming: Incoming | None = None
    writing: asyncio.Future[Any] | None = None
    loop = asyncio.get_running_loop()
    try:
        async for piece in pieces:
            size_bytes += len(piece)
            if size_bytes > limit_bytes:
                raise PackageTooLarge(limit_bytes=limit_bytes)
            gathered.append(piece)
            gathered_bytes += len(piece)
            if incoming is None and gathered_bytes >= 4:
                _check_beginning(gathered)
                incoming = objects.begin()
            if incoming is not None and gathered_bytes >= _PIECE_BYTES:
                # The next MiB is received while this one is hashed and written; never more than these two.
                if writing is not None:
                    await writing
                writing = loop.run_in_executor(None, incoming.write, gathered)
                gathered, gathered_bytes = [], 0
        if not size_bytes:
            raise BodyMissing
        if incoming is None:
            raise BodyNotZip
        if writing is not None:
            await writing
        writing = finishing = loop.run_in_executor(None, _finish, incoming, gathered)
        return await asyncio.shield(finishing)
    except BaseException:
        # The thread may still be at it: what it uses is taken away only when it has ended.
        if writing is not None:
            await asyncio.wait({writing})
        if incoming is not None:
            incoming.discard()
        raise


def _check_beginning(gathered: list[bytes]) -> None:
    if not b"".join(gathered)[:4].startswith(_ZIP_BEGINNINGS):
        raise BodyNotZip


def _finish(incoming: Incoming, gathered: list[bytes]) -> StoredObject:
    incoming.write(gathered)
    return incoming.keep()
