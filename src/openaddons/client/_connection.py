"""One HTTP/1.1 connection: a socket, requests written to it, and answers parsed by llhttp, as Node.js does (httptools).

The standard library's http.client would do the same; what it imports to read headers with (email, and with it calendar,
datetime and random) is a seventh of all that a publish takes (decision 0011).
"""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING

import httptools

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

LARGEST_HEAD_BYTES = 64 * 1024

_PIECE_BYTES = 64 * 1024
_FRAMED = 8
"""No byte of a body takes more: one in a chunk of its own takes six."""


class AnswerBroken(Exception):  # noqa: N818 - what is wrong with it
    """What came is no answer, or not the whole of one."""


class Connection:
    """A connection to a server, which is opened when it is made. OSError and UnicodeError where that fails."""

    def __init__(
        self, host: str, port: int | None, *, tls: ssl.SSLContext | None, timeout_seconds: float
    ) -> None:
        usual_port = 443 if tls else 80
        name = f"[{host}]" if ":" in host else host.encode("idna").decode()
        self._host = name if port in {None, usual_port} else f"{name}:{port}"
        self._socket = socket.create_connection((host, port or usual_port), timeout_seconds)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        except BaseException:
            self._socket.close()
            raise

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    @property
    def is_silent(self) -> bool:
        """Whether nothing has come since the last answer: what comes then is the end of the connection."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def set_timeout(self, seconds: float) -> None:
        """How long it may be silent from now on, or take nothing."""
        self._socket.settimeout(seconds)

    def send_head(self, method: str, target: str, headers: Mapping[str, str], *, body: bytes = b"") -> None:
        """Send the head of a request, and what is there of its body. ValueError if it were more than one head."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(lines)
        if len(head.splitlines()) != len(lines):
            raise ValueError("a header of the request has more than one line")
        self.send(head.encode("latin-1") + b"\r\n\r\n" + body)

    def send(self, piece: bytes) -> None:
        """Send so much of the body."""
        self._socket.sendall(piece)

    def receive(self, *, limit_bytes: int) -> Received:
        """The answer, or what there is of it with more than ``limit_bytes`` of body.

        Raises:
            AnswerBroken: it is not whole, or none.
            OSError: the connection broke, or was silent for too long (TimeoutError).
        """
        received = Received()
        while not received.is_whole and len(received.body) <= limit_bytes:
            piece = self._socket.recv(_PIECE_BYTES)
            if piece:
                received.feed(piece)
            else:
                received.end()
        return received


class Received:
    """An answer as far as it has come. Names of headers are in lower case; of one that stands twice the last counts."""

    def __init__(self) -> None:
        self.status = 0
        self.reason = ""
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.is_whole = False
        self.may_continue = False
        """Whether the connection can carry another request."""
        self._parser = httptools.HttpResponseParser(self)
        self._received_bytes = 0
        self._has_head = False

    def feed(self, piece: bytes) -> None:
        """Take in what came. AnswerBroken if it is no answer."""
        self._received_bytes += len(piece)
        try:
            self._parser.feed_data(piece)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.may_continue = False  # what comes after a whole answer is none of ours
            if not self.is_whole:
                raise AnswerBroken(f"it is no HTTP ({error})") from None
        if self._received_bytes > LARGEST_HEAD_BYTES + _FRAMED * len(self.body):
            raise AnswerBroken(f"its headers are longer than {LARGEST_HEAD_BYTES} bytes")

    def end(self) -> None:
        """Nothing more comes. AnswerBroken if something should have."""
        if not self._received_bytes:
            raise AnswerBroken("the connection was closed without an answer")
        if not self._has_head or self.headers.keys() & {"content-length", "transfer-encoding"}:
            raise AnswerBroken(f"it ends after {len(self.body)} bytes, before its end")
        self.is_whole = True

    def on_message_begin(self) -> None:
        """Begin anew after an interim answer (RFC 9110, 15.2)."""
        if self.is_whole:
            raise AnswerBroken("another one follows")
        self.reason, self.headers, self._has_head = "", {}, False

    def on_status(self, reason: bytes) -> None:
        """Hear a part of the words behind the status."""
        self.reason += reason.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Hear one header."""
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Hear that the head is whole."""
        self.status = self._parser.get_status_code()
        self._has_head = True

    def on_body(self, piece: bytes) -> None:
        """Hear a part of the body."""
        self.body += piece

    def on_message_complete(self) -> None:
        """Hear that the answer is whole, or that it was an interim one."""
        self._has_head = self.is_whole = self.status >= 200
        self.may_continue = self._parser.should_keep_alive()
