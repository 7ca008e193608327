"""The journal: what was asked of the emulator and what it answered, the last thousand requests; never a secret."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openaddons.clock import Clock, wire_time
from openaddons.surfaces.emulator.endpoints import CONTROL_PATH, what_is_asked
from openaddons.surfaces.http import correlation_id

_LIMIT: Final = 1000
_TEXT_LIMIT: Final = 500
FAULT: Final = "openaddons.fault"
"""In the scope: the fault that happened to the request, as JSON."""

# Headers whose values say what a client is and how it sends. Of every other the name is kept and no more.
_SHOWN: Final = frozenset(
    (
        b"accept",
        b"accept-encoding",
        b"connection",
        b"content-length",
        b"content-type",
        b"expect",
        b"host",
        b"prefer",
        b"range",
        b"transfer-encoding",
        b"user-agent",
        b"x-clientid",
    )
)
_HIDDEN: Final = "[hidden]"


@dataclass(slots=True)
class Entry:
    """A request. What its answer brings stays None until there is one."""

    number: int
    received_time: datetime
    method: str
    path: str
    endpoint: str | None
    product_id: str | None
    headers: dict[str, str]
    correlation_id: str
    body_size_bytes: int = 0
    status: int | None = None
    duration_milliseconds: float | None = None
    fault: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """As ``GET /emulator/journal`` shows it."""
        return {
            "number": self.number,
            "receivedTime": wire_time(self.received_time),
            "method": self.method,
            "path": self.path,
            "endpoint": self.endpoint,
            "productId": self.product_id,
            "headers": self.headers,
            "bodySizeBytes": self.body_size_bytes,
            "status": self.status,
            "durationMilliseconds": self.duration_milliseconds,
            "correlationId": self.correlation_id,
            "fault": self.fault,
        }


@dataclass(slots=True)
class Journal:
    """The newest entries. Belongs to the event loop."""

    clock: Clock
    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=_LIMIT))
    count: int = 0

    def clear(self) -> None:
        """Forget every entry; numbers go on."""
        self.entries.clear()

    def begin(self, scope: Scope) -> Entry:
        """Note a request. It is filled in as it goes on, so that one that is never answered is there too."""
        asked = what_is_asked(scope["method"], scope["path"])
        self.count += 1
        entry = Entry(
            number=self.count,
            received_time=self.clock.now(),
            method=scope["method"],
            path=scope["path"][:_TEXT_LIMIT],
            endpoint=asked.endpoint,
            product_id=asked.product_id,
            headers=_redacted(scope["headers"]),
            correlation_id=correlation_id(scope),
        )
        self.entries.append(entry)
        return entry


class Journaled:
    """An application whose requests are noted in a journal, those to the emulator's controls left out."""

    def __init__(self, app: ASGIApp, journal: Journal) -> None:
        self._app = app
        self._journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_control(scope["path"]):
            await self._app(scope, receive, send)
            return
        entry, started_seconds = self._journal.begin(scope), time.perf_counter()

        async def noted_receive() -> Message:
            message = await receive()
            entry.body_size_bytes += len(message.get("body", b""))
            return message

        async def noted_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                # What is answered from memory has an id of its own.
                sent = dict(message["headers"]).get(b"x-correlation-id", entry.correlation_id.encode())
                entry.correlation_id = sent.decode()
                entry.duration_milliseconds = round((time.perf_counter() - started_seconds) * 1000, 3)
                entry.fault = scope.get(FAULT)
            await send(message)

        try:
            await self._app(scope, noted_receive, noted_send)
        finally:
            entry.fault = scope.get(FAULT)


def is_control(path: str) -> bool:
    """Whether the path is one of the emulator's own controls."""
    return path == CONTROL_PATH or path.startswith(f"{CONTROL_PATH}/")


def _redacted(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    shown = {}
    for name, value in headers:
        text = _HIDDEN
        if name in _SHOWN:
            text = value.decode("latin-1")[:_TEXT_LIMIT]
        elif name == b"authorization":
            scheme = value.partition(b" ")[0].decode("latin-1")
            text = f"{scheme} {_HIDDEN}" if scheme in {"ApiKey", "Bearer", "Basic"} else _HIDDEN
        shown[name.decode("latin-1")[:_TEXT_LIMIT]] = text
    return shown
