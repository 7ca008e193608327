"""The emulator ends when it is told to, at whatever moment that is."""

import asyncio
import signal
import sys
from types import FrameType
from typing import Any

import pytest

from openaddons.emulation import emulate
from openaddons.server import serve
from openaddons.surfaces.emulator.seed import DEFAULT_SEED
from tests.stores import PATIENCE_SECONDS


class _SignalInWait:
    """A trace function: SIGTERM comes before the given line of ``wait`` of one event."""

    def __init__(self, event: asyncio.Event, *, line: int) -> None:
        self._event = event
        self._lines_left = line

    def __call__(self, frame: FrameType, _what: str, _argument: object) -> Any:
        if frame.f_code is asyncio.Event.wait.__code__ and frame.f_locals["self"] is self._event:
            return self._step
        return None

    def _step(self, _frame: FrameType, what: str, _argument: object) -> Any:
        if what == "line":
            self._lines_left -= 1
            if not self._lines_left:
                signal.raise_signal(signal.SIGTERM)
        return self._step


# Its first three: the look at the event, the future to wait for, and putting that among those to be woken.
@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_signal_that_comes_while_the_server_begins_to_wait_for_one_ends_it(line: int) -> None:
    async def serve_until_told() -> bool:
        stopping = asyncio.Event()
        tracer = _SignalInWait(stopping, line=line)
        serving = serve(
            made.workshop,
            listening,
            on_ready=lambda _: sys.settrace(tracer),
            stopping=stopping,
            emulation=made,
        )
        return await asyncio.wait_for(serving, PATIENCE_SECONDS)

    tracing = sys.gettrace()
    try:
        with emulate(DEFAULT_SEED) as (made, listening):
            # Not uvloop, which hangs where a server is cancelled and warnings are errors: a failure is to be told.
            ended = asyncio.run(serve_until_told())
    finally:
        sys.settrace(tracing)

    assert ended
