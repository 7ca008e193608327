"""A connection as uvicorn's httptools protocol serves it, with limits on request heads and two short ways.

What can be answered at once is: with one write, without a task or a scope (docs/decisions/0004). A status request
is as soon as its head is parsed, an update check before that. The answers are those of the long way.
"""

import asyncio
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from openaddons.sending import FileSender
from openaddons.surfaces.http import DROP_CONNECTION, SEND_FILE

_HEAD_BYTES_LIMIT: Final = 65_536
_HEADERS_LIMIT: Final = 100
# A request with one of these is not answered at once: it may have a body, or want more than an answer.
_UNUSUAL_HEADERS: Final = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))
# A whole request as the parser takes it (RFC 9112 sections 3 and 5) is a line, whose target is of these bytes and has
# no fragment, and such headers. The parser takes Proxy-Connection for Connection.
_BEGIN: Final = b"GET /"
_END_OF_LINE: Final = b" HTTP/1.1\r\n"
_IN_TARGETS: Final = bytes(set(range(0x21, 0x7F)) - set(b"#"))
_PLAIN_HEADERS: Final = re.compile(
    rb"(?:(?:(?i:Connection): keep-alive"
    rb"|(?!(?i:Connection|Proxy-Connection|Content-Length|Transfer-Encoding|Expect|Upgrade):)"
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*)\r\n){0,100}\r\n"
)

# Browsers send the same headers every time, and of one kind all send the same.
_KEPT_HEADERS_BYTES: Final = 1024

AnswerAtOnce = Callable[[bytes, list[tuple[bytes, bytes]]], bytes | None]
"""Of the target and the headers of a GET, the headers and the body of its 200; None: the long way."""
AnswerUnparsed = Callable[[bytes], bytes | None]
"""The same, of the target alone."""


@lru_cache(maxsize=1024)
def _are_plain_as_before(headers: bytes) -> bool:
    return _PLAIN_HEADERS.fullmatch(headers) is not None


def _are_plain(headers: bytes) -> bool:
    """Whether these are all the headers of a request, and nothing of them matters to its answer."""
    if len(headers) > _KEPT_HEADERS_BYTES:
        return _PLAIN_HEADERS.fullmatch(headers) is not None
    return _are_plain_as_before(headers)


class _Beginning:
    """How all answers at once begin, and the list of headers that it was made of."""

    of: list[tuple[bytes, bytes]] | None = None
    bytes = b""


_beginning = _Beginning()


class HeadTooLarge(Exception):  # noqa: N818 - ends the parse; uvicorn answers 400
    """The request line and headers exceed their limit."""


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's, with limits on what a request head may hold and on how slowly it may come; and see `_decline`."""

    header_seconds: float = 30.0
    answer_at_once: AnswerAtOnce | None = None
    answer_unparsed: AnswerUnparsed | None = None
    sends_files: bool = False
    drops_connections: bool = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_bytes = 0
        self._in_head = self._plain = self._answered = False
        self._between_messages = True
        self._answered_time = 0.0
        self._head_timer: asyncio.TimerHandle | None = None
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._between_messages and self._answer_unparsed(data):
            return
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
        elif self._between_messages and self._may_write() and self.timeout_keep_alive_task is None:
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
        self._between_messages = self._answered = False

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
            if self.sends_files and self.cycle is not None:
                self.scope[SEND_FILE] = FileSender(self.cycle)  # type: ignore[typeddict-unknown-key]
            if self.drops_connections:
                self.scope[DROP_CONNECTION] = self.transport.close  # type: ignore[typeddict-unknown-key]

    def on_message_complete(self) -> None:
        self._between_messages = True
        if not self._answered:
            super().on_message_complete()

    def _answer_at_once(self) -> bool:
        """Answer now if that is all that has to be done: nothing is under way here, and nothing is unusual."""
        if (
            self.answer_at_once is None
            or not self._plain
            or not self._may_write()
            or self.parser.get_method() != b"GET"
            or self.parser.get_http_version() != "1.1"
            or not self.parser.should_keep_alive()
        ):
            return False
        answer = self.answer_at_once(self.url, self.headers)
        if answer is None:
            return False
        self._write(answer)
        return True

    def _answer_unparsed(self, data: bytes) -> bool:
        """Answer a request that is so plain, and here as a whole, that nothing is left to parse."""
        if self.answer_unparsed is None or len(data) > _HEAD_BYTES_LIMIT or not self._may_write():
            return False
        end = data.find(_END_OF_LINE)
        target = data[len(_BEGIN) - 1 : end]
        if (
            not data.startswith(_BEGIN)
            or end < 0
            or target.translate(None, _IN_TARGETS)
            or not _are_plain(data[end + len(_END_OF_LINE) :])
        ):
            return False
        answer = self.answer_unparsed(target)
        if answer is None:
            return False
        self._write(answer)
        self._head_came()
        # Moving a timer costs as much as all the rest: the one that runs looks at this time when it ends.
        self._answered_time = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        return True

    def timeout_keep_alive_handler(self) -> None:
        left_seconds = self._answered_time + self.timeout_keep_alive - self.loop.time()
        if left_seconds > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left_seconds, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _may_write(self) -> bool:
        """Whether nothing is under way that an answer would have to wait for."""
        return (
            getattr(self.cycle, "response_complete", True)  # before the first request it is None
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )

    def _write(self, answer: bytes) -> None:
        # uvicorn makes a new list every second, with the time in it.
        headers = self.server_state.default_headers
        if _beginning.of is not headers:
            lines = (b"%b: %b\r\n" % header for header in headers)
            _beginning.of, _beginning.bytes = headers, b"".join((b"HTTP/1.1 200 OK\r\n", *lines))
        self.transport.write(_beginning.bytes + answer)
        self.server_state.total_requests += 1

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
