"""uvicorn, told how we want it: limits on request heads, and an end that drains first."""

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import httptools
import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from openaddons.app import Serving, serve_store
from openaddons.errors import AddressTaken
from openaddons.settings import Settings
from openaddons.work.workshop import Workshop

log = structlog.get_logger()

_HEAD_BYTES_LIMIT: Final = 65_536
_HEADERS_LIMIT: Final = 100
_KEEP_ALIVE_SECONDS: Final = 75
_BACKLOG: Final = 2048
# After the drain, what is left are answers on their way out.
_LAST_ANSWERS_SECONDS: Final = 5
# A request with one of these is not answered at once: it may have a body, or want more than an answer.
_UNUSUAL_HEADERS: Final = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))

AnswerAtOnce = Callable[[bytes, list[tuple[bytes, bytes]]], bytes | None]


class HeadTooLarge(Exception):  # noqa: N818 - ends the parse; uvicorn answers 400
    """The request line and headers exceed their limit."""


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's, with limits on what a request head may hold and on how slowly it may come; and see `_decline`.

    What can be answered at once is: with one write, without a task or a scope (docs/decisions/0004).
    """

    header_seconds: float = 30.0
    answer_at_once: AnswerAtOnce | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_bytes = 0
        self._in_head = self._plain = self._answered = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        rest = memoryview(data)
        try:
            while rest:
                rest = self._parse(rest)
        except httptools.HttpParserError:
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("Invalid HTTP request received.")
        if self._in_head:
            self._expect_head()
        elif self._answered:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _parse(self, data: memoryview) -> memoryview:
        """Parse the data as far as it goes; returns what is left after a declined offer."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline()
            return data[offer.args[0] :]
        return data[:0]

    def _should_upgrade(self) -> bool:
        return True  # uvicorn's callbacks then leave the message to `_decline`

    def _decline(self) -> None:
        """Begin a request with an offer to speak another protocol anew, without it (RFC 9110 section 7.8).

        httptools takes the body for that protocol's. Java's and curl's clients offer HTTP/2 on plain connections.
        """
        method = self.scope["method"].encode()
        if method == b"CONNECT":
            raise httptools.HttpParserInvalidMethodError
        head = [b"%s %s HTTP/%s\r\n" % (method, self.url, self.parser.get_http_version().encode())]
        head += [b"%s: %s\r\n" % (name, value) for name, value in self.headers if name != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self.parser.feed_data(b"".join([*head, b"\r\n"]))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        self._in_head = self._plain = True
        self._answered = False

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        if len(self.headers) >= _HEADERS_LIMIT:
            raise HeadTooLarge
        super().on_header(name, value)
        if self.headers[-1][0] in _UNUSUAL_HEADERS:
            self._plain = False

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_came()
        self._answered = self._answer_at_once()
        if not self._answered:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self._answered:
            super().on_message_complete()

    def _answer_at_once(self) -> bool:
        """Answer now if that is all that has to be done: nothing is under way here, and nothing is unusual."""
        if (
            self.answer_at_once is None
            or not self._plain
            or not getattr(self.cycle, "response_complete", True)  # before the first request it is None
            or self.flow.write_paused
            or self.transport.is_closing()
            or self.parser.get_method() != b"GET"
            or self.parser.get_http_version() != "1.1"
            or not self.parser.should_keep_alive()
        ):
            return False
        answer = self.answer_at_once(self.url, self.headers)
        if answer is None:
            return False
        lines = [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
        self.transport.write(b"".join((b"HTTP/1.1 200 OK\r\n", *lines, answer)))
        self.server_state.total_requests += 1
        return True

    def _count(self, size_bytes: int) -> None:
        self._head_bytes += size_bytes
        if self._head_bytes > _HEAD_BYTES_LIMIT:
            raise HeadTooLarge

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.header_seconds, self.transport.close)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class _Server(uvicorn.Server):
    """A server whose signals begin a drain; a second signal ends it at once."""

    def __init__(self, config: uvicorn.Config, stop_asked: asyncio.Event) -> None:
        super().__init__(config)
        self.stop_asked = stop_asked

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.stop_asked.is_set():
            super().handle_exit(sig, frame)
        self.stop_asked.set()


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
) -> bool:
    """Serve until SIGTERM, SIGINT or ``stopping``, then drain. ``on_ready`` hears the URL once it answers.

    Returns whether all work under way had ended in time.
    """
    settings = workshop.tools.settings
    async with serve_store(workshop) as serving:
        server = _Server(_config(serving), stopping or asyncio.Event())
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


def _config(serving: Serving) -> uvicorn.Config:
    settings = serving.settings
    chosen: dict[str, Any] = {"header_seconds": settings.header_seconds}
    if settings.fast_status:
        chosen["answer_at_once"] = staticmethod(serving.application.answer_at_once)
    protocol: Any = type("Protocol", (LimitedProtocol,), chosen)
    return uvicorn.Config(
        serving.application,
        loop="uvloop",
        http=protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
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
