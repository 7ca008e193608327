"""uvicorn, told how we want it: an address taken first, and an end that drains."""

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import structlog
import uvicorn

from openaddons.app import Emulation, Serving, serve_store
from openaddons.connection import LimitedProtocol
from openaddons.errors import AddressTaken
from openaddons.settings import Settings
from openaddons.work.workshop import Workshop

log = structlog.get_logger()

_KEEP_ALIVE_SECONDS: Final = 75
_BACKLOG: Final = 2048
# After the drain, what is left are answers on their way out.
_LAST_ANSWERS_SECONDS: Final = 5


class _Server(uvicorn.Server):
    """A server whose signals begin a drain; a second signal ends it at once."""

    def __init__(self, config: uvicorn.Config, stop_asked: asyncio.Event) -> None:
        super().__init__(config)
        self.stop_asked = stop_asked

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.stop_asked.is_set():
            super().handle_exit(sig, frame)
        # A signal may come between two steps of `Event.wait`: after its look, before it is among those to be woken.
        # Between two callbacks of the loop it cannot.
        asyncio.get_running_loop().call_soon_threadsafe(self.stop_asked.set)


def listen(settings: Settings) -> tuple[Settings, socket.socket]:
    """Take the address to serve on. The settings come back with the port that the system chose.

    Before anything else, for the store's URLs have the port in them. Raises `AddressTaken`.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise AddressTaken(host=settings.host, port=settings.port, reason=error.strerror) from None
    return settings.model_copy(update={"port": listening.getsockname()[1]}), listening


async def serve(
    workshop: Workshop,
    listening: socket.socket,
    *,
    on_ready: Callable[[str], None],
    stopping: asyncio.Event | None = None,
    emulation: Emulation | None = None,
) -> bool:
    """Serve until SIGTERM, SIGINT or ``stopping``, then drain. ``on_ready`` hears the URL once it answers.

    Returns whether all work under way had ended in time.
    """
    settings = workshop.tools.settings
    async with serve_store(workshop, emulation=emulation) as serving:
        config = _config(serving, emulated=emulation is not None)
        server = _Server(config, stopping or asyncio.Event())
        running = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        if running.done():
            await running
            return False
        # uvicorn has taken SIGINT and SIGTERM for itself by now; both come to handle_exit.
        on_ready(settings.base_url)
        asked = asyncio.create_task(server.stop_asked.wait())
        await asyncio.wait({asked, running}, return_when=asyncio.FIRST_COMPLETED)
        log.info("serve.draining")
        ended = await serving.drain()
        server.should_exit = True
        await running
        if not ended:
            log.warning("serve.drain-timed-out", seconds=settings.drain_seconds)
        return ended


def _config(serving: Serving, *, emulated: bool) -> uvicorn.Config:
    settings = serving.settings
    chosen: dict[str, Any] = {
        "header_seconds": settings.header_seconds,
        "drops_connections": emulated,
    }
    if settings.fast_answers:
        chosen["answer_at_once"] = staticmethod(serving.application.answer_at_once)
        chosen["sends_files"] = True
        chosen["answer_unparsed"] = staticmethod(serving.application.answer_unparsed)
    protocol: Any = type("Protocol", (LimitedProtocol,), chosen)
    return uvicorn.Config(
        serving.entrance,
        loop="uvloop",
        http=protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        date_header=not emulated,  # its own has the time of its own clock
        proxy_headers=False,
        log_config=None,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
        backlog=_BACKLOG,
    )


def stop_on_signals(stopping: asyncio.Event) -> None:
    """Set the event on SIGTERM and SIGINT: for processes that serve no requests."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
