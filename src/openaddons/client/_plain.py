"""How the synchronous client sends where nothing special is asked for: over sockets of its own.

That is there in a sixth of the time that httpx2 takes to be imported, which is most of a short command's life. It goes
through no proxy, and its trust is the one of OpenSSL; where that is not enough, httpx2 sends (``_http.sender_of``).
"""

from __future__ import annotations

import time
from contextlib import closing
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, urlsplit

from openaddons.client._connection import AnswerBroken, Connection, Received
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

    from openaddons.client._session import Send


class _Idle(NamedTuple):
    """A connection that may be used again, and since when nobody does."""

    place: tuple[str, str]
    connection: Connection
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
        if connection is None:
            tls = self._trust() if address.scheme == "https" else None
            try:
                connection = Connection(
                    address.hostname or "", address.port, tls=tls, timeout_seconds=CONNECT_TIMEOUT_SECONDS
                )
            except (OSError, UnicodeError) as error:  # a host name that is none is an error of its encoding
                return Lost(sent=False, problem=problem_of(error))
        kept = False
        try:
            received, sent_whole = _ask(connection, step, address)
            kept = sent_whole and received.is_whole and received.may_continue
            # Of a body that is longer than any that is of use, nothing is kept.
            body = bytes(received.body) if received.is_whole else b""
            return Answer(received.status, received.headers, body, received.reason)
        except _Broken as broken:
            return Lost(sent=True, problem=broken.problem)
        except BaseException as error:
            raise without_frames(error)  # noqa: B904 - the same exception
        finally:
            self._give_back(address, connection, kept=kept)

    def _take(self, address: SplitResult) -> Connection | None:
        """A connection that was kept and is there still."""
        place, now_seconds = (address.scheme, address.netloc), time.monotonic()
        with self._lock:
            for idle in reversed(self._idle):
                if idle.place == place and now_seconds - idle.since_seconds < IDLE_SECONDS:
                    self._idle.remove(idle)
                    if idle.connection.is_silent:
                        return idle.connection
                    idle.connection.close()
        return None

    def _give_back(self, address: SplitResult, connection: Connection, *, kept: bool) -> None:
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


class _Broken(Exception):  # noqa: N818 - no answer came of it
    """The connection failed after the request was begun."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.problem = problem_of(error)


def _ask(connection: Connection, step: Send, address: SplitResult) -> tuple[Received, bool]:
    """The answer, and whether the whole request was sent: a store may refuse it before."""
    request, whole = step.request, True
    connection.set_timeout(WRITE_TIMEOUT_SECONDS)
    target = f"{address.path or '/'}?{address.query}" if address.query else address.path or "/"
    headers, body = dict(request.headers), request.body if isinstance(request.body, bytes) else b""
    if isinstance(request.body, bytes) and (body or request.method != "GET"):
        headers["Content-Length"] = str(len(body))
    try:
        connection.send_head(request.method, target, headers, body=body)
    except OSError as error:
        raise _Broken(error) from None
    if not isinstance(request.body, bytes):
        with closing(sent_bytes(request.body)) as pieces:
            for piece in pieces:
                try:
                    connection.send(piece)
                except TimeoutError as stalled:
                    raise _Broken(stalled) from None
                except OSError:  # it does not listen any more; perhaps it has said why
                    whole = False
                    break
    connection.set_timeout(step.read_timeout_seconds)
    try:
        return connection.receive(limit_bytes=LARGEST_ANSWER_BYTES), whole
    except (OSError, AnswerBroken) as error:
        raise _Broken(error) from None
