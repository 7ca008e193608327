"""The emulator's controls, under ``/emulator``: no credentials, JSON in and out. docs/emulator.md describes them."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from openaddons import __version__
from openaddons.clock import wire_time
from openaddons.errors import ControlRefused
from openaddons.surfaces.emulator.endpoints import CONTROL_PATH
from openaddons.surfaces.emulator.reserved import RESERVED
from openaddons.surfaces.emulator.script import wake_work
from openaddons.surfaces.emulator.seed import plant
from openaddons.surfaces.emulator.wire import ClockSetting, FaultRule, Pace, Seed, read
from openaddons.surfaces.http import JSON_TYPE, ClientGone, read_body, respond

if TYPE_CHECKING:
    from openaddons.surfaces.emulator.emulator import Emulator

_BODY_BYTES_LIMIT: Final = 1_000_000
_YEARS: Final = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
# Local callers that send a body slowly are no case that this surface has to live with.
_READ_SECONDS: Final = 30.0

Answer = tuple[int, Any]
Control = Callable[[Scope, bytes], Awaitable[Answer]]


class ControlSurface:
    """Lets tests say how the emulator behaves, and see what was asked of it."""

    def __init__(self, emulator: "Emulator") -> None:
        self._emulator = emulator

    def routes(self) -> list[BaseRoute]:
        """Every control."""
        controls: dict[str, dict[str, Control]] = {
            "": {"GET": self._overview},
            "/reset": {"POST": self._reset},
            "/seed": {"POST": self._seed},
            "/clock": {"GET": self._clock, "PUT": self._set_clock, "DELETE": self._reset_clock},
            "/progress": {"GET": self._progress, "PUT": self._set_progress},
            "/faults": {"GET": self._faults, "POST": self._add_fault, "DELETE": self._clear_faults},
            "/journal": {"GET": self._journal, "DELETE": self._clear_journal},
        }
        return [
            Route(CONTROL_PATH + path, _Controls(by_method), methods=list(by_method))
            for path, by_method in controls.items()
        ]

    async def _overview(self, scope: Scope, body: bytes) -> Answer:
        emulator = self._emulator
        return 200, {
            "version": __version__,
            "clock": self._clock_json(),
            "progress": self._progress_json(),
            "faults": emulator.faults.to_json(),
            "reservedProducts": [{"id": each.id, "name": each.name, "does": each.does} for each in RESERVED],
        }

    async def _reset(self, scope: Scope, body: bytes) -> Answer:
        await asyncio.to_thread(self._emulator.restore)
        self._emulator.faults.clear()
        self._emulator.journal.clear()
        return 204, None

    async def _seed(self, scope: Scope, body: bytes) -> Answer:
        emulator = self._emulator
        accounts = await asyncio.to_thread(plant, emulator.workshop, read(Seed, body))
        base_url = emulator.workshop.tools.settings.base_url
        return 201, {"publishers": [each.to_json(base_url) for each in accounts]}

    async def _clock(self, scope: Scope, body: bytes) -> Answer:
        return 200, self._clock_json()

    async def _set_clock(self, scope: Scope, body: bytes) -> Answer:
        wanted, clock = read(ClockSetting, body), self._emulator.clock
        moment = (wanted.now or clock.now()) + timedelta(seconds=wanted.advance_seconds)
        if not _YEARS[0] <= moment < _YEARS[1]:
            raise ControlRefused(problem="The clock goes from the year 2000 to 2099.")

        def change() -> None:
            if wanted.now is not None:
                clock.set(wanted.now)
            clock.advance(timedelta(seconds=wanted.advance_seconds))
            if wanted.frozen is not None:
                (clock.freeze if wanted.frozen else clock.run)()

        await asyncio.to_thread(self._emulator.change_time, change)
        return 200, self._clock_json()

    async def _reset_clock(self, scope: Scope, body: bytes) -> Answer:
        await asyncio.to_thread(self._emulator.change_time, self._emulator.clock.reset)
        return 204, None

    async def _progress(self, scope: Scope, body: bytes) -> Answer:
        return 200, self._progress_json()

    async def _set_progress(self, scope: Scope, body: bytes) -> Answer:
        self._emulator.script.pace = read(Pace, body)
        await asyncio.to_thread(wake_work, self._emulator.database)
        return 200, self._progress_json()

    async def _faults(self, scope: Scope, body: bytes) -> Answer:
        return 200, {"faults": self._emulator.faults.to_json()}

    async def _add_fault(self, scope: Scope, body: bytes) -> Answer:
        return 201, {"id": self._emulator.faults.add(read(FaultRule, body))}

    async def _clear_faults(self, scope: Scope, body: bytes) -> Answer:
        self._emulator.faults.clear()
        return 204, None

    async def _journal(self, scope: Scope, body: bytes) -> Answer:
        after = _number(scope, "after")
        entries = [each.to_json() for each in self._emulator.journal.entries if each.number > after]
        return 200, {"entries": entries}

    async def _clear_journal(self, scope: Scope, body: bytes) -> Answer:
        self._emulator.journal.clear()
        return 204, None

    def _clock_json(self) -> dict[str, Any]:
        clock = self._emulator.clock
        return {"now": wire_time(clock.now()), "frozen": clock.frozen}

    def _progress_json(self) -> dict[str, Any]:
        return self._emulator.script.pace.model_dump(by_alias=True)


def _number(scope: Scope, name: str) -> int:
    text = parse_qs(scope["query_string"].decode("latin-1")).get(name, ["0"])[0]
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ControlRefused(problem=f"{name}: give a number.")
    return int(text)


class _Controls:
    """What one path does, by method."""

    def __init__(self, by_method: Mapping[str, Control]) -> None:
        self._by_method = by_method

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()
        try:
            async for piece in read_body(receive, idle_seconds=_READ_SECONDS, total_seconds=_READ_SECONDS):
                body += piece
                if len(body) > _BODY_BYTES_LIMIT:
                    raise ControlRefused(problem=f"The body is larger than {_BODY_BYTES_LIMIT} bytes.")
        except ClientGone:
            return
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        status, value = await self._by_method[method](scope, bytes(body))
        if value is None:
            await respond(scope, send, status)
        else:
            await respond(scope, send, status, json.dumps(value).encode(), [JSON_TYPE])
