"""Status requests that wait: each costs a future, no thread and no polling of the database."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from starlette.types import Receive

from openaddons.store.session import Changes

STATUS_WAIT_SECONDS_LIMIT: Final = 25.0  # the least patient client gives up after 30 (clients.md section 1)
_PREFER_WAIT: Final = re.compile(r'(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})', re.IGNORECASE)


class Waiting:
    """Wakes the requests that wait for an operation when it ends. Belongs to one event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ends: dict[str, set[asyncio.Future[None]]] = defaultdict(set)
        self._closed = False

    @contextmanager
    def expecting(self, operation_id: str) -> Iterator[asyncio.Future[None]]:
        """A future that is done when the operation ends.

        Enter before the operation is read: an end between the reading and the waiting would go unnoticed.
        """
        end = self._loop.create_future()
        self._ends[operation_id].add(end)
        if self._closed:
            end.set_result(None)
        try:
            yield end
        finally:
            self._ends[operation_id].discard(end)
            if not self._ends[operation_id]:
                del self._ends[operation_id]

    def __len__(self) -> int:
        """How many requests wait."""
        return sum(len(ends) for ends in self._ends.values())

    def on_commit(self, changes: Changes) -> None:
        """Listens to commits, from whatever thread; also after the event loop has ended."""
        if self._closed:
            return
        if changes.restored:
            self._loop.call_soon_threadsafe(self.wake_all)
        for operation_id in changes.operations_ended:
            self._loop.call_soon_threadsafe(self.wake, operation_id)

    def wake(self, operation_id: str) -> None:
        """The operation has ended: in this process, or in another that sent word."""
        for end in self._ends.get(operation_id, ()):
            if not end.done():
                end.set_result(None)

    def wake_all(self) -> None:
        """Word may have been lost: let everybody look again."""
        for operation_id in tuple(self._ends):
            self.wake(operation_id)

    def close(self) -> None:
        """From now on nobody waits: every request is answered with what is true."""
        self._closed = True
        self.wake_all()


async def wait_for_end(end: asyncio.Future[None], receive: Receive, *, seconds: float) -> bool:
    """Wait until the end, the time is up, or the client is gone. False when the client is gone."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    leaving = asyncio.ensure_future(gone())
    try:
        await asyncio.wait({end, leaving}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return not leaving.done()
    finally:
        leaving.cancel()


def preferred_wait(prefer: str, default_seconds: float) -> float:
    """The seconds that a ``Prefer: wait=N`` asks for (RFC 7240 section 4.3), at most 25."""
    found = _PREFER_WAIT.search(prefer)
    return min(float(found.group(1)) if found else default_seconds, STATUS_WAIT_SECONDS_LIMIT)
