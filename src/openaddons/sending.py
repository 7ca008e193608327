"""Files to the socket without a detour through this process: ``sendfile``, below uvicorn (docs/decisions/0004).

uvloop has no ``loop.sendfile``, so the socket is written to beside its transport: only while the transport has
nothing to write, and nobody else has either, for the answer is under way.
"""

import asyncio
import os
from typing import BinaryIO, Final

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from openaddons.surfaces.http import ClientGone

# A piece that is not in memory is waited for, and everybody else with us.
_PIECE_BYTES: Final = 1 << 20
_STALL_SECONDS: Final = 60.0


class FileSender:
    """Sends the body of one answer, whose head was sent, from a file."""

    __slots__ = ("_cycle", "_transport")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._transport: asyncio.Transport = cycle.transport

    async def __call__(self, file: BinaryIO, start: int, end: int) -> None:
        """Send the bytes from ``start`` to before ``end``.

        Raises `ClientGone` when the connection is lost, or when the client reads nothing for a minute;
        `EOFError` when the file is shorter.
        """
        try:
            own = os.dup(self._transport.get_extra_info("socket").fileno())
        except OSError:  # of a transport that is closed
            self._cycle.disconnected = True
            raise ClientGone from None
        try:
            while self._transport.get_write_buffer_size():  # of the head
                await _writable(own)
            while start < end and not self._transport.is_closing():
                start += await _send_piece(own, file.fileno(), start, min(end - start, _PIECE_BYTES))
        except (OSError, TimeoutError):
            self._transport.abort()
        finally:
            os.close(own)
        if start < end:
            self._cycle.disconnected = True
            raise ClientGone
        self._cycle.expected_content_length = 0


async def _send_piece(socket: int, file: int, start: int, size_bytes: int) -> int:
    """Send some of the bytes; how many they were."""
    try:
        sent = os.sendfile(socket, file, start, size_bytes)
    except BlockingIOError:
        await _writable(socket)
        return 0
    if not sent:
        raise EOFError
    await asyncio.sleep(0)
    return sent


async def _writable(socket: int) -> None:
    """Wait for the client to have read something. Raises `TimeoutError`."""
    loop = asyncio.get_running_loop()
    can_write = asyncio.Event()
    loop.add_writer(socket, can_write.set)
    try:
        async with asyncio.timeout(_STALL_SECONDS):
            await can_write.wait()
    finally:
        loop.remove_writer(socket)
