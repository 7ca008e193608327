"""How the synchronous client sends where nothing special is asked for: with the standard library's http.client.

It is there in a third of the time that httpx2 takes to be imported, which is most of a short command's life. It goes
through no proxy, and its trust is the one of OpenSSL; where that is not enough, httpx2 sends (``_http.sender_of``).
"""

from __future__ import annotations

import http.client
import select
import time
from contextlib import closing
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, urlsplit

from openaddons.client._core import Answer, Lost
from openaddons.client._http import (
    CONNECT_TIMEOUT_SECONDS,
    IDLE_SECONDS,
    LARGEST_ANSWER_BYTES,
    WRITE_TIMEOUT_SECONDS,
    problem_of,
    without_frames,
)
from openaddons.client._package import sent_bytes
from openaddons.client.trust import machine_trust, trust_in

if TYPE_CHECKING:
    import os
    import ssl
    from collections.abc import Generator

    from openaddons.client._core import Request
    from openaddons.client._session import Send

_PIECE_BYTES = 64 * 1024


class _Idle(NamedTuple):
    """A connection that may be used again, and since when nobody does."""

    place: tuple[str, str]
    connection: http.client.HTTPConnection
    since_seconds: float


class PlainSender:
    """Sends requests over connections that are kept for a moment. Threads may share one."""

    def __init__(self, ca_file: str | os.PathLike[str] | None) -> None:
        self._idle: list[_Idle] = []
        self._lock = Lock()
        self._tls: ssl.SSLContext | None = None if ca_file is None else trust_in(ca_file)

    def close(self) -> None:
        """Close what is kept."""
        with self._lock:
            while self._idle:
                self._idle.pop().connection.close()

    def send(self, step: Send) -> Answer | Lost:
        """The answer, or why there is none. OSError when the package cannot be read."""
        address = urlsplit(step.request.url)
        connection = self._take(address)
        try:
            if connection.sock is None:
                connection.connect()
        except (OSError, UnicodeError) as error:  # a host name that is none is an error of its encoding
            connection.close()
            return Lost(sent=False, problem=problem_of(error))
        kept = False
        try:
            response, sent_whole = _ask(connection, step, address)
            body, read_whole = _read(response)
            kept = sent_whole and read_whole and not response.will_close
            response.close()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, body, response.reason)
        except _Broken as broken:
            return Lost(sent=True, problem=broken.problem)
        except BaseException as error:
            raise without_frames(error)  # noqa: B904 - the same exception
        finally:
            self._give_back(address, connection, kept=kept)

    def _take(self, address: SplitResult) -> http.client.HTTPConnection:
        place, now_seconds = (address.scheme, address.netloc), time.monotonic()
        with self._lock:
            for idle in reversed(self._idle):
                if idle.place == place and now_seconds - idle.since_seconds < IDLE_SECONDS:
                    self._idle.remove(idle)
                    if _is_silent(idle.connection):
                        return idle.connection
                    idle.connection.close()
        host = address.hostname or ""
        if address.scheme == "https":
            return http.client.HTTPSConnection(
                host, address.port, timeout=CONNECT_TIMEOUT_SECONDS, context=self._trust()
            )
        return http.client.HTTPConnection(host, address.port, timeout=CONNECT_TIMEOUT_SECONDS)

    def _give_back(self, address: SplitResult, connection: http.client.HTTPConnection, *, kept: bool) -> None:
        if not kept:
            connection.close()
            return
        with self._lock:
            now_seconds = time.monotonic()
            stale = [idle for idle in self._idle if now_seconds - idle.since_seconds >= IDLE_SECONDS]
            for idle in stale:
                self._idle.remove(idle)
                idle.connection.close()
            self._idle.append(_Idle((address.scheme, address.netloc), connection, now_seconds))

    def _trust(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = machine_trust()
            return self._tls


def _is_silent(connection: http.client.HTTPConnection) -> bool:
    """Whether nothing has come since the last answer: what comes then is the end of the connection."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return not poll.poll(0)


class _Broken(Exception):  # noqa: N818 - no answer came of it
    """The connection failed after the request was begun."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.problem = problem_of(error)


def _ask(
    connection: http.client.HTTPConnection, step: Send, address: SplitResult
) -> tuple[http.client.HTTPResponse, bool]:
    """The head of the answer, and whether the whole request was sent: a store may refuse it before."""
    request, whole = step.request, True
    connection.sock.settimeout(WRITE_TIMEOUT_SECONDS)
    target = address.path or "/"
    try:
        connection.putrequest(
            request.method,
            f"{target}?{address.query}" if address.query else target,
            skip_accept_encoding=True,
        )
        for name, value in request.headers.items():
            connection.putheader(name, value)
        if isinstance(request.body, bytes) and (request.body or request.method != "GET"):
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders()
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(error) from None
    with closing(_pieces(request)) as pieces:
        for piece in pieces:
            try:
                connection.send(piece)
            except TimeoutError as stalled:
                raise _Broken(stalled) from None
            except OSError:  # it does not listen any more; perhaps it has said why
                whole = False
                break
    try:
        connection.sock.settimeout(step.read_timeout_seconds)
        return connection.getresponse(), whole
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(error) from None


def _pieces(request: Request) -> Generator[bytes]:
    if not isinstance(request.body, bytes):
        yield from sent_bytes(request.body)
    elif request.body:
        yield request.body


def _read(response: http.client.HTTPResponse) -> tuple[bytes, bool]:
    """The body, and whether it is whole: of one that is longer than any that is of use, nothing is kept."""
    body = bytearray()
    try:
        while piece := response.read1(_PIECE_BYTES):
            body += piece
            if len(body) > LARGEST_ANSWER_BYTES:
                return b"", False
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(error) from None
    if response.length:
        raise _Broken(http.client.IncompleteRead(bytes(body), response.length))
    return bytes(body), True
