"""A line to a store that behaves as it is told, on a port of its own: what a client sees of a bad network."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import httpx2

from tests.stores import PATIENCE_SECONDS


class Line:
    """Connections to it, one after another; each is given to ``behave``.

    ``ended`` is set when a client has closed a connection that was left open to it.
    """

    def __init__(self, listening: socket.socket, behave: "Behaviour") -> None:
        self.url = "http://{}:{}".format(*listening.getsockname())
        self.heads: list[bytes] = []
        self.ended = threading.Event()
        self._listening = listening
        self._behave = behave

    def serve(self) -> None:
        """Until the listening socket is shut down."""
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection:
                    connection.settimeout(PATIENCE_SECONDS)
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(ConnectionError):
            head = b""
            while b"\r\n\r\n" not in head:
                received = connection.recv(65_536)
                if not received:
                    return
                head += received
            self.heads.append(head)
            self._behave(self, connection)

    def wait_for_end(self, connection: socket.socket) -> None:
        """Read what comes until the client closes the connection."""
        with contextlib.suppress(ConnectionError):
            while connection.recv(65_536):
                pass
        self.ended.set()


Behaviour = Callable[[Line, socket.socket], None]


@contextlib.contextmanager
def line(behave: Behaviour) -> Iterator[Line]:
    """A line until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        opened = Line(listening, behave)
        thread = threading.Thread(target=opened.serve, name="test-line")
        thread.start()
        try:
            yield opened
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def says(answer: bytes) -> Behaviour:
    """Sends these bytes, whatever was asked, and closes the connection."""

    def behave(opened: Line, connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)
        opened.wait_for_end(connection)

    return behave


def cut(opened: Line, connection: socket.socket) -> None:
    """Closes the connection without an answer."""


def silent_then(act: Callable[[], object], *, first: bytes = b"", hears_bytes: int = 0) -> Behaviour:
    """Hears so much after the head, says no more than ``first``, calls ``act``, and waits for the client to give up."""

    def behave(opened: Line, connection: socket.socket) -> None:
        connection.recv(hears_bytes)
        connection.sendall(first)
        act()
        opened.wait_for_end(connection)

    return behave


def plain() -> httpx2.HTTPTransport:
    """Connections without TLS, for which no certificates are loaded: that takes longer than a test."""
    return httpx2.HTTPTransport(verify=False)


def plain_async() -> httpx2.AsyncHTTPTransport:
    """The same for asyncio."""
    return httpx2.AsyncHTTPTransport(verify=False)
