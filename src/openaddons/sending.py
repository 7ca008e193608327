"""Files to the socket without a detour through this process: ``sendfile``, below uvicorn (docs/decisions/0004).

uvloop has no ``loop.sendfile``, so the socket is written to beside its transport: only while the transport has
nothing to write, and nobody else has either, for the answer is under way.
"""

import asyncio
import os
from typing import BinaryIO, Final

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from openaddons.surfaces.http import ClientGone

# What of it is not in memory is waited for, and everybody else with us.
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
        loop = asyncio.get_running_loop()
        try:
            own = os.dup(self._transport.get_extra_info("socket").fileno())
        except OSError:  # of a transport that is closed
            own = -1
        sending = _Sending(self._transport, own, file.fileno(), start, end)
        if own >= 0:
            loop.add_writer(own, sending.send_some)
            try:
                await sending.until_end()
            finally:
                loop.remove_writer(own)
                os.close(own)
        if sending.start < end:
            self._cycle.disconnected = True
            self._transport.abort()
            raise ClientGone
        self._cycle.expected_content_length = 0


class _Sending:
    """How far a file has been sent."""

    __slots__ = ("_end", "_ended", "_file", "_socket", "_transport", "start")

    def __init__(self, transport: asyncio.Transport, socket: int, file: int, start: int, end: int) -> None:
        self._transport = transport
        self._socket = socket
        self._file = file
        self.start = start
        self._end = end
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def send_some(self) -> None:
        """Called while the socket takes more."""
        if self._ended.done() or self._transport.get_write_buffer_size():  # of the head
            return
        try:
            sent = os.sendfile(
                self._socket, self._file, self.start, min(self._end - self.start, _PIECE_BYTES)
            )
        except BlockingIOError:
            return
        except OSError:  # the client is gone
            self._ended.set_result(None)
            return
        self.start += sent
        if self.start == self._end:
            self._ended.set_result(None)
        elif not sent:
            self._ended.set_exception(EOFError("the file is shorter than it was"))

    async def until_end(self) -> None:
        """Wait for the end of the file, of the connection, or of a minute in which nothing was read."""
        before = -1
        while not self._ended.done() and before < self.start and not self._transport.is_closing():
            before = self.start
            await asyncio.wait({self._ended}, timeout=_STALL_SECONDS)
        if self._ended.done():
            self._ended.result()
